"""A month of real files to medians and counts, over one chunk."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from minewatch.cube import RasterioReader, make_grid, reduce_month, scenes_over
from minewatch.errors import ReadError
from minewatch.model import REFLECTANCE_BANDS, Period, check_month_cube, group_overpasses
from minewatch.sensors import get_sensor

JANUARY = Period(date(2024, 1, 1), date(2024, 1, 31))
CLOUD = 9


def is_bare(bands):
    return bands["red"] > bands["nir"]


class Watched:
    """A reader that remembers what was read, and fails where it is told to."""

    def __init__(self, fails=()):
        self.reader, self.fails, self.reads = RasterioReader(), set(fails), []

    def read(self, asset, geobox, *, band):
        scene_id = asset.href.split("/")[-2]
        self.reads.append((scene_id, band))
        if (scene_id, band) in self.fails:
            raise ReadError(f"{band} is broken")
        return self.reader.read(asset, geobox, band=band)


@pytest.fixture
def chunk(archive):
    return make_grid(archive.aoi()).chunks[0]


@pytest.fixture
def reduce(archive, chunk):
    def go(*scenes, reader=None, bands=REFLECTANCE_BANDS, facts=None, month=JANUARY, **options):
        return reduce_month(
            scenes,
            facts or archive.facts(*scenes),
            chunk,
            month=month,
            bands=bands,
            reader=reader or RasterioReader(),
            is_disturbed=is_bare,
            **options,
        )

    return go


def test_a_clear_month_is_the_median_of_its_overpasses(archive, chunk, reduce):
    reds = (150, 210, 170)
    scenes = [
        archive.scene(f"S{day}", day=f"2024-01-{day:02d}", pixels={"red": red})
        for day, red in zip((5, 10, 15), reds, strict=True)
    ]
    month = reduce(*scenes)
    check_month_cube(month.cube)
    layers = {name: set(np.unique(layer)) for name, layer in month.cube.items()}
    assert layers == {
        **{band: {value} for band, value in archive.forest.items()},
        "red": {170},
        "clear_looks": {3},
        "doubtful_looks": {0},
        "disturbed_looks": {0},
        "last_undisturbed_day": {15},
        "disturbed_since_day": {0},
    }
    assert (month.overpasses, month.failures) == (3, ())
    assert month.bytes_read > 0


def test_the_cube_lies_on_the_pixel_centres_of_its_chunk(archive, chunk, reduce):
    cube = reduce(archive.scene()).cube
    assert cube.sizes == {"time": 1, "y": 160, "x": 160}
    assert cube.time.values.astype("datetime64[D]") == np.datetime64("2024-01-01")
    assert (cube.x[0], cube.x[1] - cube.x[0]) == (archive.west + 5, 10)
    assert (cube.y[0], cube.y[1] - cube.y[0]) == (archive.north - 5, -10)
    assert cube.odc.geobox == chunk.geobox


def test_offsets_of_single_scenes_bring_them_on_one_scale(archive, reduce):
    old = archive.scene("old", day="2024-01-05")
    new = archive.scene("new", day="2024-01-10", add_dn=1000)
    facts = archive.facts(old) | archive.facts(new, offset_dn=-1000)
    cube = reduce(old, new, facts=facts).cube
    assert {band: int(cube[band].max()) for band in archive.forest} == archive.forest
    assert {band: int(cube[band].min()) for band in archive.forest} == archive.forest


def test_clouds_are_left_out_with_their_margin(archive, reduce):
    mask = np.full((80, 80), 4)
    mask[40:42, 40:42] = CLOUD  # 10 m pixels 80..83
    month = reduce(
        archive.scene("a", mask=mask, pixels={"red": 9000}), archive.scene("b", day="2024-01-10")
    )
    overpasses = month.cube["clear_looks"].values[0]
    beyond = np.maximum(np.abs(np.arange(160) - 81.5) - 1.5, 0)  # rows or columns from the cloud
    within_60_m = np.hypot(beyond[:, None], beyond[None, :]) <= 6
    np.testing.assert_array_equal(overpasses, np.where(within_60_m, 1, 2))
    assert set(np.unique(month.cube["red"].values[0][overpasses == 1])) == {180}


def test_where_nothing_is_clear_only_the_mask_is_read(archive, reduce):
    reader = Watched()
    month = reduce(
        archive.scene("clear"), archive.scene("cloudy", day="2024-01-10", mask=CLOUD), reader=reader
    )
    assert [read for read in reader.reads if read[0] == "cloudy"] == [("cloudy", "mask")]
    assert len(reader.reads) == 1 + 7
    assert month.overpasses == 1


def test_a_month_without_clear_ground_is_empty_but_whole(archive, reduce):
    for scenes in ((), (archive.scene(mask=CLOUD),)):
        month = reduce(*scenes)
        check_month_cube(month.cube)
        assert not any(layer.any() for layer in month.cube.values())
        assert month.overpasses == 0


def test_scenes_of_other_months_and_without_facts_are_left_out(archive, reduce):
    january, february = archive.scene("a"), archive.scene("b", day="2024-02-01")
    unopened = archive.scene("c", day="2024-01-20")
    month = reduce(january, february, unopened, facts=archive.facts(january, february))
    assert month.overpasses == 1


def test_tiles_of_one_pass_are_one_overpass(archive, reduce):
    half = np.full((80, 80), 4)
    half[:, 40:] = 0
    left = archive.scene("left", tile="47RLJ", datatake="GS2A_1", mask=half)
    right = archive.scene("right", tile="47RMJ", datatake="GS2A_1", pixels={"red": 500})
    month = reduce(right, left)
    assert month.overpasses == 1
    assert set(np.unique(month.cube["clear_looks"])) == {1}
    red = month.cube["red"].values[0]
    assert (set(np.unique(red[:, :80])), set(np.unique(red[:, 80:]))) == ({180}, {500})


def test_two_passes_of_one_day_are_two_overpasses(archive, reduce):
    first = archive.scene("a", datatake="GS2A_1")
    second = replace(archive.scene("b", datatake="GS2C_1"), platform="sentinel-2c")
    assert reduce(first, second).overpasses == 2


def test_a_cloud_casts_its_margin_across_the_seam_of_tiles(archive, reduce):
    left_half, right_half = np.full((80, 80), 4), np.full((80, 80), CLOUD)
    left_half[:, 40:] = right_half[:, :40] = 0
    month = reduce(
        archive.scene("left", tile="47RLJ", datatake="GS2A_1", mask=left_half),
        archive.scene("right", tile="47RMJ", datatake="GS2A_1", mask=right_half),
    )
    clear = month.cube["clear_looks"].values[0]
    assert clear[:, :74].all()
    assert not clear[:, 74:].any()


@pytest.mark.parametrize("band", ["mask", "red", "swir22"])
def test_an_overpass_that_cannot_be_read_was_not_seen(archive, chunk, reduce, band):
    whole = archive.scene("whole", day="2024-01-10")
    tiles = [archive.scene(tile, tile=tile, datatake="GS2A_1") for tile in ("47RLJ", "47RMJ")]
    reader = Watched(fails=[("47RLJ", band)])
    month = reduce(whole, *tiles, reader=reader)
    assert set(np.unique(month.cube["clear_looks"])) == {1}
    assert set(np.unique(month.cube["last_undisturbed_day"])) == {10}
    (failure,) = month.failures
    assert (failure.scene_id, failure.band, failure.chunk) == ("47RLJ", band, chunk.name)
    assert failure.reason == f"{band} is broken"


def test_a_band_that_no_scene_has_is_absent(archive, reduce):
    core = ("blue", "green", "red", "nir")
    assert set(reduce(archive.scene(bands=core)).cube) & set(REFLECTANCE_BANDS) == set(core)


def test_a_band_that_some_overpasses_lack_is_the_median_of_the_others(archive, reduce):
    four = archive.scene("four", bands=("blue", "green", "red", "nir"))
    six = archive.scene("six", day="2024-01-10", pixels={"swir16": 1700})
    cube = reduce(four, six).cube
    assert set(np.unique(cube["swir16"])) == {1700}
    assert set(np.unique(cube["clear_looks"])) == {2}


def test_bands_not_asked_for_are_not_read(archive, reduce):
    reader = Watched()
    month = reduce(archive.scene(), reader=reader, bands=("blue", "green", "red", "nir"))
    assert {band for _, band in reader.reads} == {"mask", "blue", "green", "red", "nir"}
    assert "swir16" not in month.cube


def test_pixels_without_a_core_band_were_not_seen(archive, reduce):
    nir = np.full((160, 160), 2860)
    nir[:10] = 0
    cube = reduce(archive.scene(pixels={"nir": nir})).cube
    assert not cube["clear_looks"].values[0, :10].any()
    assert not cube["red"].values[0, :10].any()
    assert cube["clear_looks"].values[0, 10:].all()


def test_a_scene_without_a_mask_counts_as_clear(archive, reduce):
    month = reduce(archive.scene(mask=None))
    assert set(np.unique(month.cube["clear_looks"])) == {1}


def test_ground_that_lost_its_vegetation_is_dated(archive, reduce):
    red = np.full((160, 160), 180)
    red[50:60, 50:60] = 4000
    scenes = [
        archive.scene("a", day="2024-01-05"),
        archive.scene("b", day="2024-01-10", pixels={"red": red}),
        archive.scene("c", day="2024-01-15", pixels={"red": red}),
    ]
    cube = reduce(*scenes).cube.isel(time=0)
    pad = cube.isel(y=55, x=55)
    days = ("disturbed_looks", "last_undisturbed_day", "disturbed_since_day")
    assert [int(pad[name]) for name in days] == [2, 5, 10]
    assert [int(cube[name][0, 0]) for name in days] == [0, 15, 0]


def test_a_misplaced_scene_is_read_where_the_ground_shows(archive, reduce):
    red = np.tile(np.arange(160) * 10 + 1000, (160, 1))
    scene = archive.scene(pixels={"red": red})
    straight = reduce(scene).cube["red"].values[0]
    moved = reduce(scene, facts=archive.facts(scene, shift_xy_m=(2.5, 0.0))).cube["red"].values[0]
    assert set(np.unique(straight[:, 5:150] - red[:, 5:150])) == {0}
    assert set(np.unique(moved[:, 5:150].astype(int) - red[:, 5:150])) == {3}  # 2.5, halves up


def test_overpasses_come_in_order_of_time_whatever_order_scenes_come_in(archive):
    scenes = [
        archive.scene(f"{day}{tile}", day=f"2024-01-{day}", tile=tile)
        for day in (25, 10)
        for tile in ("47RMJ", "47RLJ")
    ]
    ids = [[scene.id for scene in overpass] for overpass in group_overpasses(scenes)]
    assert ids == [["1047RLJ", "1047RMJ"], ["2547RLJ", "2547RMJ"]]
    assert group_overpasses(reversed(scenes)) == group_overpasses(scenes)


def test_scenes_over_a_chunk_reach_as_far_as_its_masks_do(archive, chunk):
    near = archive.scene("near", west=archive.west + 1600 + 200)
    far = archive.scene("far", west=archive.west + 1600 + 3000)
    assert scenes_over([near, far], chunk) == [near]
    assert scenes_over([], chunk) == []


def landsat(archive, name, *, day, platform, gaps=None):
    """A simulated scene of 30 m, in digital numbers of Collection 2; 0 in gaps."""
    profile = get_sensor("landsat-c2-l2")
    hidden = np.zeros((60, 60), bool) if gaps is None else gaps
    numbers = {
        band: np.where(hidden, 0, round(value * 1e-4 / profile.scale) + 7273).astype(np.uint16)
        for band, value in archive.forest.items()
    }
    assets = {
        band: archive.cog(f"{name}/{band}.tif", pixels, res=30) for band, pixels in numbers.items()
    }
    quality = np.where(hidden, 1, 21824).astype(np.uint16)
    assets["mask"] = archive.cog(f"{name}/mask.tif", quality, res=30, nodata=1)
    scene = archive.scene(name, day=day, bands=(), mask=None, sensor="landsat-c2-l2")
    return replace(scene, assets=assets, platform=platform, datatake="")


def test_gaps_of_landsat_7_are_not_seen_at_any_grid(archive, reduce):
    gaps = np.zeros((60, 60), bool)
    gaps[10:14] = True
    scene = landsat(archive, "LE07", day="2024-01-05", platform="landsat-7", gaps=gaps)
    known = archive.facts(scene, scale=0.0000275, offset_dn=-7273)
    cube = reduce(scene, facts=known).cube
    seen = cube["clear_looks"].values[0] > 0
    assert not seen[30:42].any()
    assert seen[:30].all()
    assert seen[42:].all()
    assert not cube["red"].values[0][30:42].any()
    assert len(np.unique(cube["red"].values[0][seen])) == 1, "nothing bleeds out of a gap"


def test_gaps_are_filled_by_whatever_else_saw_them(archive, reduce):
    gaps = np.zeros((60, 60), bool)
    gaps[10:14] = True
    scenes = [
        landsat(archive, "LE07", day="2024-01-05", platform="landsat-7", gaps=gaps),
        landsat(archive, "LC08", day="2024-01-13", platform="landsat-8"),
    ]
    cube = reduce(*scenes, facts=archive.facts(*scenes, scale=0.0000275, offset_dn=-7273)).cube
    looks = cube["clear_looks"].values[0]
    assert (looks[30:42] == 1).all()
    assert (looks[:30] == 2).all()


def test_each_landsat_comes_on_the_scale_of_the_newest(archive, reduce):
    found = {}
    for platform in ("landsat-5", "landsat-8"):
        scene = landsat(archive, platform, day="2024-01-05", platform=platform)
        known = archive.facts(scene, scale=0.0000275, offset_dn=-7273)
        found[platform] = int(reduce(scene, facts=known).cube["nir"].values.max())
    assert found["landsat-8"] == pytest.approx(archive.forest["nir"], abs=1)
    assert found["landsat-5"] == pytest.approx(1.0073 * archive.forest["nir"] - 21, abs=1)
