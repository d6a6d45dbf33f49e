"""The ground: geometry as measured, calendars as known, pixels that agree with the truth."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import shapely
from scipy.spatial import cKDTree

from minewatch.model import STATES, Period
from minewatch.synthetic import PRESETS
from minewatch.synthetic.ground_parts import Event, Ground, Part, rectangle
from minewatch.synthetic.ground_spectra import MATERIALS, SpectralLibrary, material_index
from minewatch.synthetic.hills import make_terrain, sun_position
from minewatch.synthetic.lookalikes import KINDS, LANDSLIDE_SLOPE_DEG
from minewatch.synthetic.mine_places import MinePlaces
from minewatch.synthetic.mines import draw_mine
from minewatch.synthetic.overpass_calendar import plan_overpasses
from minewatch.synthetic.render import ground_on, render
from minewatch.synthetic.site_calendars import POOL_MATERIALS
from minewatch.synthetic.spec import PIXEL_M
from minewatch.synthetic.truth_writer import season_periods
from minewatch.synthetic.world import World, make_world

WORLD = replace(PRESETS["mines"], size_px=256, mines=5, swidden_per_km2_year=0.6)
ORIGIN_XY = WORLD.place.origin_xy


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(WORLD)


@pytest.fixture(scope="module")
def drawn() -> list:
    spec = replace(PRESETS["mines"], seed=5)
    return [draw_mine(spec, i, 300_000, 1_300_000, 0.3) for i in range(250)]


def pools_of(mine) -> np.ndarray:
    shapes = [p.shape for p in mine.parts if p.role == "pool"]
    return np.array([(s.centroid.x, s.centroid.y) for s in shapes])


def test_sites_have_as_many_pools_as_measured(drawn: list) -> None:
    counts = [len(pools_of(m)) for m in drawn]
    assert np.median(counts) == pytest.approx(8, abs=1)
    assert np.percentile(counts, 90) == pytest.approx(17.8, abs=3)
    assert max(counts) <= 43


def test_pools_lie_as_close_as_measured_and_do_not_overlap(drawn: list) -> None:
    gaps = []
    for mine in drawn:
        xy = pools_of(mine)
        if len(xy) > 1:
            gaps += list(cKDTree(xy).query(xy, 2)[0][:, 1])
        shapes = [p.shape for p in mine.parts if p.role == "pool"]
        assert shapely.union_all(shapes).area > 0.97 * sum(s.area for s in shapes)
    assert np.percentile(gaps, [5, 50, 75]) == pytest.approx([10.0, 15.2, 18.3], abs=1.0)


def test_a_pool_is_about_one_pixel_wide(drawn: list) -> None:
    for mine in drawn:
        for part in mine.parts:
            if part.role == "pool":
                assert 45 < part.shape.area < 14.3**2


def test_a_world_may_build_its_sites_otherwise() -> None:
    specs = PRESETS["mines"], replace(PRESETS["mines"], pool_scale=0.8, scatter=1.5)
    usual, other = ([draw_mine(s, i, 300_000, 1_300_000, 0.3) for i in range(20)] for s in specs)
    area, small = (
        sum(p.shape.area for m in mines for p in m.parts if p.role == "pool")
        for mines in (usual, other)
    )
    spread, wide = (sum(np.ptp(pools_of(m), axis=0).max() for m in ms) for ms in (usual, other))
    assert small == pytest.approx(area * 0.8**2)
    assert wide > 1.15 * spread


def test_sites_extend_as_far_as_measured(drawn: list) -> None:
    extents = [np.ptp(xy, axis=0).max() + 12 for m in drawn if len(xy := pools_of(m)) > 1]
    assert np.median(extents) == pytest.approx(102, abs=25)
    assert np.percentile(extents, 90) == pytest.approx(291, abs=60)


def test_neighbouring_sites_lie_as_far_apart_as_measured() -> None:
    gaps = []
    for seed in range(8):
        spec = replace(PRESETS["dense"], seed=seed, mines=20)
        xy = np.array([site[:2] for site in MinePlaces(spec, make_terrain(spec)).mines])
        gaps += list(cKDTree(xy).query(xy, 2)[0][:, 1])
    assert np.median(gaps) == pytest.approx(409, abs=60)
    assert np.percentile(gaps, 5) == pytest.approx(250, abs=50)


def test_mines_are_worked_before_they_are_abandoned(drawn: list) -> None:
    for mine in drawn:
        calendar = mine.calendar
        assert calendar.prospected < calendar.start == calendar.active[0][0]
        flat = [day for interval in calendar.active for day in interval]
        assert flat == sorted(flat)
        assert calendar.state(calendar.prospected) == "prospected"
        assert calendar.state(calendar.start) == "active"
        if calendar.fate == "wet":
            assert (
                calendar.state(calendar.ended + 1)
                == calendar.state(calendar.ended + 4000)
                == "abandoned_wet"
            )
        if calendar.fate == "dry":
            assert calendar.state(calendar.ended + 1) == "abandoned_dry"
            assert calendar.state(calendar.ended + 4000) == "revegetated"
        assert {calendar.state(d) for d in range(calendar.start, calendar.start + 3000, 50)} <= set(
            STATES
        )


def test_all_fates_occur(drawn: list) -> None:
    assert {m.calendar.fate for m in drawn} == {"wet", "dry", "active"}


def test_pools_keep_their_water_where_abandoned_wet_and_lose_it_where_dry(drawn: list) -> None:
    for mine in drawn:
        if mine.calendar.ended is None:
            continue
        later = [p.material(mine.calendar.ended + 800) for p in mine.parts if p.role == "pool"]
        if mine.calendar.fate == "wet":
            assert set(later) == {"standing"}
        else:
            assert not set(later) & POOL_MATERIALS


def test_pools_leach_only_while_people_work(drawn: list) -> None:
    for mine in drawn[:60]:
        for part in mine.parts:
            days = [e.day for e in part.events]
            assert days == sorted(days)
            for event in part.events:
                if event.material in ("leaching", "white"):
                    assert any(a <= event.day <= b for a, b in mine.calendar.active)


def test_the_road_is_there_before_the_pools(world: World) -> None:
    for mine in world.mines:
        road = next(c for c in world.confusers if c.id == f"SIM_road_{mine.id[-2:]}_mine")
        first_pool = min(
            e.day for p in mine.parts if p.role == "pool" for e in p.events
            if e.material in POOL_MATERIALS
        )  # fmt: skip
        assert road.parts[0].events[0].day < mine.calendar.start <= first_pool
        assert road.footprint.distance(mine.footprint) == 0


def test_mixtures_add_up_to_the_drawn_area() -> None:
    west, north = ORIGIN_XY
    spec = replace(PRESETS["none"], size_px=64)
    shape = rectangle(west + 300, north - 300, 20, 13, 0.4)
    part = Part(owner="x", role="pool", shape=shape, events=(Event(1, "white"),))
    ground = Ground(spec, [part])
    assert ground.mixture.sum() * PIXEL_M**2 == pytest.approx(ground.area_m2[0], rel=0.01)
    assert ground.area_m2[0] == pytest.approx(260, rel=0.1)
    assert ground.mixture.max() <= 1.0001


def test_later_parts_lie_on_earlier_ones_and_fade_in() -> None:
    west, north = ORIGIN_XY
    spec = replace(PRESETS["none"], size_px=64)
    big = rectangle(west + 320, north - 320, 200, 200, 0)
    small = rectangle(west + 320, north - 320, 80, 80, 0)
    parts = [
        Part(owner="x", role="pad", shape=big, events=(Event(0, "bar"),)),
        Part(
            owner="x", role="pool", shape=small, events=(Event(100, "white", 10), Event(200, None))
        ),
    ]
    ground = Ground(spec, parts)
    library = np.zeros((len(MATERIALS), 6))
    library[material_index("bar")], library[material_index("white")] = 0.2, 0.4
    nature = np.full((6, 64, 64), 0.05, "float32")
    middle = [float(ground.apply(nature, day, library)[0, 32, 32]) for day in (50, 104, 150, 300)]
    assert middle == pytest.approx([0.05, 0.225, 0.4, 0.05], abs=1e-4)
    assert float(ground.apply(nature, 150, library)[0, 25, 25]) == pytest.approx(0.2, abs=1e-3)


def test_ndvi_falls_where_a_site_is_cut_and_not_where_nothing_is(world: World) -> None:
    first, last = WORLD.start.toordinal(), WORLD.end.toordinal()
    new = [m for m in world.mines if first < m.calendar.start < last - 150]
    assert new

    def ndvi(day: int) -> np.ndarray:
        image = ground_on(world, day, date.fromordinal(day).timetuple().tm_yday)
        return (image[3] - image[2]) / (image[3] + image[2])

    untouched = np.asarray(world.ground.mixture.sum(axis=1)).reshape(256, 256) == 0
    for mine in new:
        before, after = ndvi(mine.calendar.start - 265), ndvi(mine.calendar.start + 100)
        season = np.median((after - before)[untouched])
        bench = next(p for p in mine.parts if p.role == "bench").shape.centroid
        row, col = int((ORIGIN_XY[1] - bench.y) // 10), int((bench.x - ORIGIN_XY[0]) // 10)
        assert (after - before)[row, col] - season < -0.3
    assert np.quantile(np.abs(ndvi(last) - ndvi(last - 365))[untouched], 0.99) < 0.05


def test_true_areas_are_those_drawn(world: World) -> None:
    area = world.area_by_part()
    for mine in world.mines:
        total = sum(area[id(p)] for p in mine.parts)
        assert total == pytest.approx(mine.footprint.area, rel=0.03)


def test_confusers_keep_their_calendars() -> None:
    spec = replace(PRESETS["steep"], villages=1, swidden_per_km2_year=0.5, river=True)
    steep = make_world(replace(spec, steepness_deg=22.0))
    kinds = {c.kind for c in steep.confusers}
    assert kinds == set(KINDS)
    first = spec.start
    for confuser in steep.confusers:
        materials = [e.material for e in confuser.parts[0].events]
        months = {e.material: date.fromordinal(e.day).month for e in confuser.parts[0].events}
        if confuser.kind == "swidden":
            assert materials[:4] == ["slash", "char", "bare_old", "crop"]
            assert confuser.start.month in (1, 2, 3)
            assert months["char"] in (3, 4)
            assert months["crop"] in (5, 6)
            assert 2900 <= confuser.footprint.area <= 30_100
        if confuser.kind == "landslide":
            x, y = confuser.footprint.centroid.coords[0]
            row, col = int((ORIGIN_XY[1] - y) // 10), int((x - ORIGIN_XY[0]) // 10)
            around = steep.terrain.slope_deg[row - 4 : row + 5, col - 4 : col + 5]
            assert around.max() >= LANDSLIDE_SLOPE_DEG
            assert 6 <= confuser.start.month <= 10
        if confuser.kind in ("fish_pond", "village", "paddy", "river_bar"):
            assert confuser.start is None
            assert min(p.events[0].day for p in confuser.parts) < first.toordinal()
        if confuser.kind == "paddy":
            assert months["paddy_flooded"] in (6, 7)


def test_landslides_point_downhill() -> None:
    spec = replace(PRESETS["steep"], landslides_per_km2_year=0.5, mines=0)
    world = make_world(spec)
    slides = [c for c in world.confusers if c.kind == "landslide"]
    assert len(slides) > 10
    for slide in slides:
        x, y = slide.footprint.centroid.coords[0]
        row, col = int((ORIGIN_XY[1] - y) // 10), int((x - ORIGIN_XY[0]) // 10)
        corners = np.array(slide.footprint.minimum_rotated_rectangle.exterior.coords)
        edges = np.diff(corners, axis=0)
        long = edges[np.hypot(*edges.T).argmax()]
        down = np.array([world.terrain.east[row, col], world.terrain.north[row, col]])
        cosine = abs(long @ down) / np.linalg.norm(long) / np.linalg.norm(down)
        sizes = sorted(np.hypot(*edges.T))
        if sizes[-1] > 2.5 * sizes[0]:
            assert cosine > 0.6


def test_a_world_without_mines_has_none() -> None:
    assert make_world(replace(PRESETS["none"], size_px=128)).mines == ()


def test_slopes_towards_the_sun_are_brighter() -> None:
    terrain = make_terrain(replace(WORLD, steepness_deg=20.0))
    zenith, azimuth = sun_position(355)
    light = terrain.illumination(zenith, azimuth)[2]
    falls_south = -np.gradient(terrain.altitude_m, PIXEL_M, axis=0)  # rows run south
    towards, away = falls_south > 0.3, falls_south < -0.3
    falls_east = -np.gradient(terrain.altitude_m, PIXEL_M, axis=1)
    assert np.corrcoef(falls_east.ravel(), terrain.east.ravel())[0, 1] > 0.9
    assert 140 < azimuth < 180
    assert light[towards].mean() > 1.15
    assert light[away].mean() < 0.85


def test_worlds_differ_in_their_spectra_unless_asked_not_to() -> None:
    one, two = (SpectralLibrary(replace(WORLD, seed=s)).on(20) for s in (1, 2))
    assert not np.allclose(one, two, rtol=0.02)
    plain = [SpectralLibrary(replace(WORLD, seed=s, spectra_variation=0.0)).on(20) for s in (1, 2)]
    assert (plain[0] == plain[1]).all()
    assert plain[0][material_index("evergreen")][3] == pytest.approx(0.27, abs=0.02)


def test_deciduous_forest_browns_in_march_and_evergreen_does_not() -> None:
    library = SpectralLibrary(replace(WORLD, spectra_variation=0.0))

    def ndvi(name: str, day: int) -> float:
        row = library.on(day)[material_index(name)]
        return float((row[3] - row[2]) / (row[3] + row[2]))

    assert ndvi("deciduous", 257) - ndvi("deciduous", 74) > 0.25
    assert ndvi("evergreen", 257) - ndvi("evergreen", 74) < 0.06


def test_the_seasons_of_an_archive_are_those_it_touches() -> None:
    spec = replace(WORLD, start=date(2020, 5, 5), end=date(2021, 11, 2))
    assert season_periods(spec) == (
        Period(date(2020, 11, 1), date(2021, 4, 30)),
        Period(date(2021, 11, 1), date(2022, 4, 30)),
    )


@pytest.fixture(scope="module")
def rendered(world: World) -> list:
    return [(overpass, render(world, overpass)) for overpass in plan_overpasses(WORLD)[::6]]


def test_the_monsoon_hides_the_ground_and_the_dry_season_shows_it(rendered: list) -> None:
    def clear(months: set[int]) -> float:
        return float(np.mean([i.sky.is_clear.mean() for k, i in rendered if k.day.month in months]))

    assert clear({6, 7, 8}) < 0.3
    assert clear({11, 12, 1}) > 0.45


def test_a_little_thin_cloud_stays_unseen_by_scl(rendered: list) -> None:
    share = np.mean([(i.sky.missed > 0.05).mean() for _, i in rendered])
    assert 0.01 < share < 0.06


def test_noise_over_stable_forest_is_that_of_a_real_stack(world: World, rendered: list) -> None:
    touched = np.asarray(world.ground.mixture.sum(axis=1)).reshape(256, 256) > 0.001
    stable = ~touched & (world.cover["evergreen"] > 0.8)
    series = []
    for overpass, image in rendered:
        red, nir = (image.bands[b].astype(float) - overpass.offset_dn for b in ("red", "nir"))
        keep = np.isin(np.kron(image.bands["scl"], np.ones((2, 2))), (4, 5, 6, 7)) & stable
        series.append(np.where(keep, (nir - red) / np.maximum(nir + red, 1), np.nan)[stable])
    stack = np.array(series)[:, np.sum(~np.isnan(series), axis=0) > 5]
    middle = np.nanmedian(stack, axis=0)
    spread = 1.4826 * np.nanmedian(np.abs(stack - middle), axis=0)
    assert 0.03 < np.median(spread) < 0.08  # real: 0.065 [DOMAIN 2]
    low = (stack - middle)[~np.isnan(stack)] < -4 * 0.065
    assert 0.01 < low.mean() < 0.06  # real: 3 %


def test_scl_is_wrong_on_bright_pads_only_when_asked() -> None:
    spec = replace(WORLD, cloudiness=0.0, missed_cloud=0.0, partial_swaths=0.0)
    days = [k for k in plan_overpasses(spec) if k.day.month in (12, 1)][:6]

    def called_cloud(wrong_scl: float) -> int:
        world = make_world(replace(spec, wrong_scl=wrong_scl))
        return sum(int(np.isin(render(world, k).bands["scl"], (8, 9)).sum()) for k in days)

    assert called_cloud(1.0) > 0
    assert called_cloud(0.0) == 0


def test_a_misplaced_overpass_is_moved_by_its_true_shift() -> None:
    spec = replace(WORLD, cloudiness=0.0, missed_cloud=0.0, haze=0.0, jitter_px=0.0,
                   partial_swaths=0.0)  # fmt: skip
    world = make_world(spec)
    overpass = plan_overpasses(spec)[0]
    still = render(world, replace(overpass, shift_px=(0.0, 0.0))).bands["red"].astype(int)
    moved = render(world, replace(overpass, shift_px=(2.0, 1.0))).bands["red"].astype(int)
    inner = moved[20:-20, 20:-20] - still[19:-21, 18:-22]
    assert np.abs(inner).max() <= 1


def test_snow_lies_high_up_in_january_only() -> None:
    spec = replace(PRESETS["steep"], size_px=128, base_altitude_m=2450.0, mines=0)
    world = make_world(spec)

    def snow(day: date) -> float:
        image = ground_on(world, day.toordinal(), day.timetuple().tm_yday)
        return float(((image[1] - image[4]) / (image[1] + image[4]) > 0.4).mean())

    assert snow(date(2021, 1, 28)) > 0.05
    assert snow(date(2021, 7, 1)) < 0.01
