"""Honest worlds: older mines in every state, at everything, under other colours and skies."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import shapely

from minewatch.errors import SettingsError
from minewatch.synthetic import HONEST_KINDS, PRESETS, honest_world, read_truth, write_archive
from minewatch.synthetic.fog_smoke import FOG_MONTHS, SMOKE_MONTHS, draw_air, seen_through_air
from minewatch.synthetic.ground_spectra import (
    LEAFLESS,
    MATERIALS,
    SpectralLibrary,
    material_index,
)
from minewatch.synthetic.hills import make_terrain
from minewatch.synthetic.mine_places import ISOLATED_M
from minewatch.synthetic.mines import Mine, draw_mine
from minewatch.synthetic.overpass_calendar import plan_overpasses
from minewatch.synthetic.render import ground_on, render
from minewatch.synthetic.site_calendars import STANDINGS, draw_older_calendar
from minewatch.synthetic.truth_writer import water_on
from minewatch.synthetic.world import BANK_M, World, make_world

SEEDS = range(2, 8)
STATES_AT_START = {"working": {"active", "idle"}, "wet": {"abandoned_wet"},
                      "dry": {"abandoned_dry"},
                      "regrowing": {"abandoned_dry", "revegetated"}}  # fmt: skip


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    """Six worlds with a mine at everything in each."""
    return [make_world(honest_world("older-mines", seed, preexisting=0.6)) for seed in SEEDS]


def mines_at(worlds: list[World], surroundings: str) -> list[tuple[World, Mine]]:
    return [(w, m) for w in worlds for m in w.mines if m.surroundings == surroundings]


def confusers(world: World, kind: str) -> shapely.Geometry:
    return shapely.union_all([c.footprint for c in world.confusers if c.kind == kind])


@pytest.mark.parametrize("kind", [k for k in HONEST_KINDS if k != "no-mines"])
def test_more_than_half_of_the_mines_are_older_than_the_archive(kind: str) -> None:
    spec = honest_world(kind, 1)
    world = make_world(spec)
    older = [m.calendar.start < spec.start.toordinal() for m in world.mines]
    assert len(older) >= 6
    assert np.mean(older) > 0.5
    assert "older" not in kind or np.mean(older) > 0.8


def test_older_mines_stand_in_every_state_when_the_archive_begins(worlds: list[World]) -> None:
    counts: Counter[str] = Counter()
    for world in worlds:
        first = world.spec.start.toordinal()
        for mine in world.mines:
            if mine.standing:
                assert mine.calendar.start < first
                assert mine.calendar.state(first) in STATES_AT_START[mine.standing]
                counts[mine.standing] += 1
    assert set(counts) == set(STANDINGS)


@pytest.mark.parametrize("standing", STANDINGS)
def test_an_older_calendar_works_before_it_is_left(standing: str) -> None:
    spec = honest_world("older-mines", 1)
    for seed in range(30):
        calendar = draw_older_calendar(spec, np.random.default_rng(seed), standing)
        days = [day for interval in calendar.active for day in interval]
        assert days == sorted(days)
        assert calendar.prospected < calendar.start == days[0] < spec.start.toordinal()
        if standing == "working":
            assert days[-1] > spec.start.toordinal()
        else:
            assert calendar.fate == ("wet" if standing == "wet" else "dry")
            assert calendar.ended == days[-1] < spec.start.toordinal()


def test_mines_at_the_river_lie_nearer_to_it_than_others_ever_did(worlds: list[World]) -> None:
    found = mines_at(worlds, "river")
    assert len(found) >= 4
    for world, mine in found:
        assert confusers(world, "river_bar").distance(shapely.Point(mine.x, mine.y)) < 150
    nearest = [confusers(w, "river_bar").distance(m.footprint) for w, m in found]
    assert BANK_M <= min(nearest) < 15


def test_no_mine_stands_in_the_bed_of_a_river() -> None:
    """Of these worlds two had ten and twelve pools on the water."""
    for seed in (2, 32):
        world = make_world(honest_world("river-mines", seed))
        bed = confusers(world, "river_bar")
        assert min(bed.distance(m.footprint) for m in world.mines) > BANK_M - 0.1
        roads = confusers(world, "road")
        assert all(roads.distance(shapely.Point(m.x, m.y)) < 5 for m in world.mines)


def test_mines_at_a_road_touch_one_that_is_older_than_they_are(worlds: list[World]) -> None:
    found = mines_at(worlds, "road")
    assert len(found) >= 4
    for world, mine in found:
        road = next(c for c in world.confusers if c.id == "SIM_road_hills")
        assert road.start is None
        assert road.footprint.distance(mine.footprint) < 15


def test_mines_at_a_village_have_one_within_a_few_steps(worlds: list[World]) -> None:
    found = mines_at(worlds, "village")
    assert len(found) >= 4
    for world, mine in found:
        assert confusers(world, "village").distance(shapely.Point(mine.x, mine.y)) < 320


def test_mines_at_a_slide_have_its_foot_at_them(worlds: list[World]) -> None:
    found = mines_at(worlds, "slide")
    assert len(found) >= 4
    for world, mine in found:
        assert confusers(world, "landslide").distance(mine.footprint) < 30


def test_isolated_mines_are_far_from_every_other(worlds: list[World]) -> None:
    found = mines_at(worlds, "isolated")
    assert len(found) >= 4
    for world, mine in found:
        others = [np.hypot(mine.x - m.x, mine.y - m.y) for m in world.mines if m is not mine]
        assert min(others) >= ISOLATED_M


def test_pools_of_a_mixed_bank_differ_in_shape_size_and_colour_and_do_not_overlap() -> None:
    spec = replace(PRESETS["mines"], mixed_pools=1.0, seed=5)
    mixed = [draw_mine(spec, i, 300_000, 1_300_000, 0.3) for i in range(40)]
    usual = [draw_mine(replace(spec, mixed_pools=0.0), i, 300_000, 1_300_000, 0.3)
             for i in range(40)]  # fmt: skip

    def spread(mines: list[Mine]) -> float:
        areas = [[p.shape.area for p in m.parts if p.role == "pool"] for m in mines]
        return float(np.median([np.std(a) / np.mean(a) for a in areas if len(a) > 3]))

    assert spread(mixed) > 1.5 * spread(usual)
    for mine in mixed:
        shapes = [p.shape for p in mine.parts if p.role == "pool"]
        assert shapely.union_all(shapes).area > 0.97 * sum(s.area for s in shapes)
    large = max(mixed, key=lambda m: len(m.parts))
    pools = [p for p in large.parts if p.role == "pool"]
    day = large.calendar.active[0][1] - 1
    assert len({p.material(day) for p in pools}) >= 3
    assert {len(p.shape.exterior.coords) > 5 for p in pools} == {True, False}


def test_soils_waters_and_plants_move_by_no_more_than_the_world_allows() -> None:
    usual = SpectralLibrary(PRESETS["mines"]).on(20)
    moved = []
    for seed in range(12):
        spec = replace(PRESETS["mines"], seed=seed)
        before = SpectralLibrary(spec).on(20)
        after = SpectralLibrary(replace(spec, colour_shift=0.2)).on(20)
        factor = after / before
        assert np.abs(factor - 1).max() <= 0.2 * 4 / 3 + 1e-9
        assert factor[material_index("roof_blue")] == pytest.approx(1)
        bare, road, pool = (factor[material_index(m)] for m in ("bare_old", "road", "standing"))
        assert bare == pytest.approx(road)
        assert not np.allclose(bare, pool)
        moved.append(bare.mean())
    assert np.ptp(moved) > 0.15
    assert SpectralLibrary(replace(PRESETS["mines"], colour_shift=0.0)).on(20) == pytest.approx(
        usual
    )


def ndvi_of(ground: np.ndarray) -> np.ndarray:
    return (ground[3] - ground[2]) / (ground[3] + ground[2])


def test_deciduous_slopes_lose_their_leaves_and_grow_them_again() -> None:
    world = make_world(honest_world("deciduous", 1))
    share = sum(world.cover[k] for k in LEAFLESS)
    assert (share > 0.4).mean() > 0.4
    bare = share > 0.75
    dry, wet = (ndvi_of(ground_on(world, date(2021, m, 12).toordinal(), d))[bare]
                for m, d in ((3, 71), (9, 255)))  # fmt: skip
    assert np.median(wet) > 0.75
    assert np.median(dry) < 0.5
    assert not set(LEAFLESS) & set(make_world(PRESETS["demo"]).cover)


def test_stands_lose_their_leaves_at_times_of_their_own_in_every_year() -> None:
    library = SpectralLibrary(honest_world("deciduous", 1))
    early, late = (material_index(f"leafless_{k}") for k in ("early", "late"))
    nir_less_red = library.on(340)[:, 3] - library.on(340)[:, 2]
    assert nir_less_red[early] < nir_less_red[late] - 0.02
    years = [library.on(340, year)[late] for year in (2020, 2021, 2022)]
    assert not np.allclose(years[0], years[1])
    others = [m for m in range(len(MATERIALS)) if MATERIALS[m] not in LEAFLESS]
    assert library.on(340, 2020)[others] == pytest.approx(library.on(340, 2021)[others])


def test_fog_fills_the_low_ground_in_winter_and_smoke_hangs_over_all_before_the_rains() -> None:
    spec = honest_world("fog-and-smoke", 2, fog=1.0, smoke=1.0)
    terrain = make_terrain(spec)
    low, high = (terrain.altitude_m < np.quantile(terrain.altitude_m, 0.2),
                 terrain.altitude_m > np.quantile(terrain.altitude_m, 0.8))  # fmt: skip
    for overpass in plan_overpasses(spec)[:40]:
        air, month = draw_air(spec, terrain, overpass), overpass.day.month
        if month not in FOG_MONTHS | SMOKE_MONTHS:
            assert air is None
            continue
        fog, smoke = air
        assert (fog.max() > 0) == (month in FOG_MONTHS)
        assert (smoke.max() > 0) == (month in SMOKE_MONTHS)
        assert fog[low].mean() >= fog[high].mean()


def test_no_air_is_drawn_where_a_world_has_none() -> None:
    spec = PRESETS["demo"]
    terrain = make_terrain(spec)
    assert all(draw_air(spec, terrain, o) is None for o in plan_overpasses(spec))


def test_fog_lights_dark_forest_up_in_blue_and_not_in_the_near_infrared() -> None:
    forest = np.array([0.016, 0.036, 0.018, 0.286, 0.149, 0.061])[:, None, None]
    dense = np.array([1.0, 0.0])[:, None, None]
    seen = seen_through_air(forest, dense)[:, 0, 0] - forest[:, 0, 0]
    assert seen[0] > 0.09
    assert seen[3] < 0
    assert (np.diff(seen[:3]) < 0).all()


def test_scenes_say_the_same_of_foggy_ground_as_of_clear_one_but_it_is_not_seen() -> None:
    spec = replace(PRESETS["demo"], size_px=128, mines=1, villages=0, quarries=0, cloudiness=0.0,
                   missed_cloud=0.0, fog=1.0, smoke=1.0)  # fmt: skip
    clear = replace(spec, fog=0.0, smoke=0.0)
    foggy, bright = make_world(spec), make_world(clear)
    for overpass in plan_overpasses(spec)[:9]:
        one, other = render(foggy, overpass), render(bright, overpass)
        assert (one.bands["scl"] == other.bands["scl"]).all()
        if one.sky.air is not None and one.sky.air.max() > 0.5:
            seen = one.bands["blue"] > 0
            assert np.percentile(one.bands["blue"][seen], 1) >= np.percentile(
                other.bands["blue"][seen], 1
            )
            assert one.sky.is_clear.mean() < other.sky.is_clear.mean()
            break
    else:
        pytest.fail("no foggy scene")


@pytest.fixture(scope="module")
def honest_truth(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    spec = honest_world("older-mines", 3, size_px=200, mines=5, revisit_days=24, quarries=0,
                        end=date(2021, 4, 30), most_cloud_pct=40.0)  # fmt: skip
    folder = tmp_path_factory.mktemp("honest") / "archive"
    return write_archive(folder, spec).directory, make_world(spec)


def test_the_truth_says_what_each_mine_is_and_what_stands_in_its_pools(
    honest_truth: tuple[Path, World],
) -> None:
    folder, world = honest_truth
    first = world.spec.start
    raw = json.loads((folder / "truth.geojson").read_text("utf-8"))
    rows = [f["properties"] for f in raw["features"] if f["properties"]["kind"] == "mine"]
    assert len(rows) == len(world.mines) >= 3
    for row, mine in zip(rows, world.mines, strict=True):
        assert row["begun"] == ("older" if row["start"] < first.isoformat() else "within")
        assert row["surroundings"] == mine.surroundings
        assert row["state_at_start"] == mine.calendar.state(first.toordinal())
        for season in row["seasons"]:
            assert (season["water_area_least_m2"] <= season["water_area_m2"]
                    <= season["water_area_most_m2"])  # fmt: skip
            if season["state"] == "abandoned_wet" and row["ended"] < season["period_start"]:
                assert season["water_area_m2"] == pytest.approx(season["pool_area_m2"], rel=0.01)
    truth = read_truth(folder / "truth.geojson")
    assert truth.sites["surroundings"].tolist() == [m.surroundings for m in world.mines]
    assert truth.seasons["water_area_m2"].notna().all()


def test_water_is_what_stands_in_pools_and_not_what_was_built(worlds: list[World]) -> None:
    world = worlds[0]
    areas = world.area_by_part()
    mine = next(m for m in world.mines if m.standing == "working")
    days = range(mine.calendar.start + 200, mine.calendar.start + 500, 10)
    waters = [water_on(mine, d, areas) for d in days]
    pools = sum(areas[id(p)] for p in mine.parts if p.role == "pool")
    assert 0 < np.mean(waters) < pools
    assert max(waters) <= pools


def test_scenes_under_more_cloud_than_allowed_are_not_in_the_catalogue(
    honest_truth: tuple[Path, World],
) -> None:
    folder, world = honest_truth
    covers = [json.loads(p.read_text("utf-8"))["properties"]["eo:cloud_cover"]
              for p in folder.glob("items/*/*.json")]  # fmt: skip
    assert 0 < len(covers) < len(plan_overpasses(world.spec))
    assert max(covers) <= world.spec.most_cloud_pct + 5


def test_unknown_kinds_and_surroundings_name_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="older-mines"):
        honest_world("old", 1)
    with pytest.raises(SettingsError, match="village"):
        replace(PRESETS["mines"], surroundings=("moon",))


def test_worlds_of_before_keep_their_truth_and_their_places() -> None:
    spec = PRESETS["demo"]
    assert not spec.has_detailed_truth
    assert all(m.surroundings == "slope" and m.standing is None for m in make_world(spec).mines)
