"""Estimates against what reading the same files really takes, and against arithmetic by hand."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from shapely import Point
from shapely.geometry import box

from minewatch.cube import RasterioReader, estimate_read, make_grid
from minewatch.cube import read_estimate as constants
from minewatch.cube.block_lattice import BLOCK_PX
from minewatch.model import Asset

BANDS = ("blue", "green", "red", "nir", "swir16", "swir22")


def placed(scene, *, west, north, px=10_980, **changes):
    """The scene with pixels placed as an item of a whole tile would tell."""
    side = px * 10.0
    tile = gpd.GeoSeries([box(west, north - side, west + side, north)], crs=32647)
    changes.setdefault("footprint", tile.to_crs(4326)[0])
    assets = {
        band: Asset(
            href=asset.href,
            epsg=32647,
            shape=(px // (2 if res == 20 else 1),) * 2,
            transform=(res, 0, west, 0, -res, north),
        )
        for band, asset in scene.assets.items()
        for res in [20.0 if band in ("swir16", "swir22", "mask") else 10.0]
    }
    return replace(scene, assets=assets, **changes)


@pytest.fixture
def scene(archive):
    return archive.scene()


def test_nothing_is_opened(archive, scene):
    grid = make_grid(archive.aoi())
    for path in (archive.folder / scene.id).iterdir():
        path.unlink()
    assert estimate_read([scene], grid, bands=BANDS).bytes > 0


def test_no_scenes_cost_nothing(archive):
    nothing = estimate_read([], make_grid(archive.aoi()), bands=BANDS)
    assert (nothing.bytes, nothing.requests, nothing.seconds) == (0, 0, 0)


def test_bytes_are_whole_blocks_of_the_bands_that_touch_the_chunk(archive, scene):
    grid = make_grid(archive.aoi(), chunk_px=4096)
    inside_one_block = placed(scene, west=archive.west - 2000, north=archive.north + 2000)
    block = BLOCK_PX**2
    by_hand = block * (6 * constants.BAND_BYTES_PER_PX + constants.MASK_BYTES_PER_PX)
    found = estimate_read([inside_one_block], grid, bands=BANDS)
    assert found.bytes == pytest.approx(by_hand, rel=1e-4)
    assert found.requests == 7 * (constants.OPEN_REQUESTS + 1)
    on_a_seam = placed(scene, west=archive.west - 10_240 + 800, north=archive.north + 2000)
    assert estimate_read([on_a_seam], grid, bands=BANDS).bytes > 1.5 * by_hand


def test_cost_grows_with_scenes_and_falls_with_cloud_and_missing_bands(archive, scene):
    grid = make_grid(archive.aoi())
    one = estimate_read([scene], grid, bands=BANDS)
    two = estimate_read([scene, scene], grid, bands=BANDS)
    cloudy = estimate_read([replace(scene, cloud_cover_pct=95.0)], grid, bands=BANDS)
    four_bands = estimate_read([scene], grid, bands=BANDS[:4])
    assert two.bytes == pytest.approx(2 * one.bytes, rel=1e-6)
    assert cloudy.bytes < one.bytes / 2
    assert four_bands.bytes < one.bytes
    assert two.seconds > one.seconds > 0


def test_scenes_beside_the_area_cost_nothing(archive):
    far = archive.scene("far", west=archive.west + 50_000)
    assert estimate_read([far], make_grid(archive.aoi()), bands=BANDS).bytes == 0


def test_a_chunk_on_the_blocks_of_its_tile_needs_each_block_once(archive):
    """`make_grid` cuts along the tile under the area, so that blocks are not read again."""
    west, north = 499_980, 2_800_020  # the corner of the simulated area's Sentinel-2 tile
    aoi = archive.aoi(30_000, 30_000, west=west + 10_240, north=north - 10_240)
    whole = archive.scene("S", size_px=16, west=west, north=north)
    tile = placed(whole, west=west, north=north, cloud_cover_pct=0.0)
    core = ("blue", "green", "red", "nir")
    aligned = make_grid(aoi, chunk_px=1024)
    pixels = sum(c.geobox.shape[0] * c.geobox.shape[1] for c in aligned.chunks)
    needed = 4 * constants.BAND_BYTES_PER_PX * pixels
    assert estimate_read([tile], aligned, bands=core).bytes < 1.3 * needed
    crossing = placed(tile, west=west + 5_000, north=north - 5_000)
    assert estimate_read([crossing], aligned, bands=core).bytes > 1.5 * needed


def test_ground_beyond_the_edge_of_a_swath_takes_no_bytes(archive, scene):
    grid = make_grid(archive.aoi())
    west, north = archive.west - 2000, archive.north + 2000
    whole = placed(scene, west=west, north=north)
    swath = gpd.GeoSeries([box(west, north - 10_240, west + 5_120, north)], crs=32647)
    half = replace(whole, footprint=swath.to_crs(4326)[0])
    share = 5_120 * 10_240 / 10_240**2
    costs = [estimate_read([s], grid, bands=("red",)).bytes for s in (half, whole)]
    assert costs[0] == pytest.approx(share * costs[1], rel=0.06)  # the mask has larger blocks


def test_the_size_that_an_item_states_for_a_file_is_believed(archive, scene):
    grid = make_grid(archive.aoi())
    plain = placed(scene, west=archive.west - 2000, north=archive.north + 2000)
    per_px = 0.8
    stated = {
        band: replace(asset, file_bytes=round(per_px * asset.shape[0] * asset.shape[1]))
        for band, asset in plain.assets.items()
    }
    found = estimate_read([replace(plain, assets=stated)], grid, bands=BANDS)
    by_hand = 7 * BLOCK_PX**2 * per_px * constants.FULL_SHARE
    assert found.bytes == pytest.approx(by_hand, rel=1e-4)


def test_files_in_the_zone_beside_cost_their_own_blocks(archive, scene):
    """Their pixels are warped; the blocks below are those of their zone, not of ours."""
    grid = make_grid(archive.aoi(8_000, 8_000))
    ours = placed(scene, west=archive.west - 2000, north=archive.north + 2000)
    corner = gpd.GeoSeries([Point(archive.west - 2000, archive.north + 2000)], crs=32647)
    there = corner.to_crs(32646)[0]
    beside = {
        band: replace(
            asset,
            epsg=32646,
            transform=(
                asset.transform[0], 0, there.x - 3000, 0, -asset.transform[0], there.y + 3000
            ),
        )
        for band, asset in ours.assets.items()
    }  # fmt: skip
    both = [
        estimate_read([s], grid, bands=BANDS).bytes for s in (ours, replace(ours, assets=beside))
    ]
    assert 0.5 * both[0] < both[1] < 6 * both[0]


def test_a_first_look_over_the_scenes_is_counted_where_the_area_is_known(archive, scene):
    aoi = archive.aoi()
    grid = make_grid(aoi)
    alone = estimate_read([scene], grid, bands=BANDS)
    assert estimate_read([scene], grid, bands=BANDS, aoi=aoi).bytes > alone.bytes


def test_the_readers_count_of_bytes_is_what_lies_in_the_file(archive):
    noise = np.random.default_rng(0).integers(1, 9999, (256, 256)).astype(np.uint16)
    asset = archive.cog("noise.tif", noise, overviews="none")
    reader = RasterioReader()
    reader.read(asset, archive.geobox(256, 256), band="red")
    size = (archive.folder / "noise.tif").stat().st_size
    assert 0.95 * size < reader.take_bytes() < size
