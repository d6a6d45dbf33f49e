from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import Polygon, box

from minewatch.cube import aoi_mask, in_reading_order, make_grid
from minewatch.cube.grid import BLOCK_M, block_of, coarse_geobox
from minewatch.errors import SettingsError
from minewatch.model import AreaOfInterest

EPSG = 32647


def area(geometry_utm) -> AreaOfInterest:
    geometry = gpd.GeoSeries([geometry_utm], crs=EPSG).to_crs(4326).iloc[0]
    return AreaOfInterest(id="simulated", name="Simulated", geometry=geometry, utm_epsg=EPSG)


L_SHAPE = Polygon(
    [(503, 7), (503, 3003), (1007, 3003), (1007, 1001), (3001, 1001), (3001, 7)]
)  # a corner is missing: 2 x 2 of 3 x 3 chunks of 1 km


@pytest.mark.parametrize("resolution_m", [10, 20, 15, 120])
def test_edges_are_multiples_of_the_resolution_and_cover_the_area(resolution_m):
    grid = make_grid(area(L_SHAPE), resolution_m=resolution_m)
    west, south, east, north = grid.geobox.boundingbox
    assert {edge % resolution_m for edge in (west, south, east, north)} == {0}
    covered = grid.geobox.boundingbox.polygon.geom.buffer(resolution_m / 100)
    assert covered.covers(L_SHAPE)
    assert (grid.resolution_m, grid.epsg) == (resolution_m, EPSG)
    assert grid.geobox.affine.e == -resolution_m


def test_chunks_meet_without_gap_and_leave_out_what_lies_off_the_area():
    grid = make_grid(area(L_SHAPE), chunk_px=100)
    times = np.zeros(grid.geobox.shape, int)
    for chunk in grid.chunks:
        times[chunk.window] += 1
        assert times[chunk.window].shape == tuple(chunk.geobox.shape)
        rows, cols = chunk.window
        assert grid.geobox[rows, cols] == chunk.geobox
    mask = aoi_mask(area(L_SHAPE), grid)
    assert times.max() == 1
    assert times[mask].min() == 1
    assert times.min() == 0
    assert [c.name for c in grid.chunks] == sorted(c.name for c in grid.chunks)


def test_chunks_of_any_size_cover_the_same_grid():
    boxes = {make_grid(area(L_SHAPE), chunk_px=px).geobox for px in (32, 100, 4096)}
    assert len(boxes) == 1


def test_the_mask_is_true_where_the_centre_of_a_pixel_lies_inside():
    square = area(box(1004, 1006, 1036, 1034))
    grid = make_grid(square)
    assert grid.geobox.boundingbox.bbox == (1000, 1000, 1040, 1040)
    centre_inside = np.zeros((4, 4), bool)
    centre_inside[1:3, 0:4] = True  # x 1005..1035 inside; y 1005 and 1035 outside
    np.testing.assert_array_equal(aoi_mask(square, grid), centre_inside)


def test_the_mask_of_a_chunk_is_its_part_of_the_whole():
    grid = make_grid(area(L_SHAPE), chunk_px=70)
    whole = aoi_mask(area(L_SHAPE), grid)
    for chunk in grid.chunks:
        np.testing.assert_array_equal(aoi_mask(area(L_SHAPE), chunk.geobox), whole[chunk.window])


@pytest.mark.parametrize("across_m", [500, 1_280, 5_000, 60_000])
def test_the_overview_fits_its_limit_with_a_pixel_that_halves_to_the_native_one(across_m):
    coarse = coarse_geobox(area(box(5, 5, across_m + 5, across_m / 3)), max_px=128)
    assert max(coarse.shape) <= 128
    assert np.log2(coarse.resolution.x / 10) % 1 == 0
    assert across_m < 128 * 10 or max(coarse.shape) > 40


@pytest.mark.parametrize(
    ("ground", "corner"),
    [
        (box(404_660, 2_825_810, 473_630, 2_902_360), (399_960, 2_900_040)),  # 47RMJ
        (box(540_000, 5_110_000, 560_000, 5_130_000), (499_980, 5_200_020)),  # 33TWM
        (box(605_000, 5_020_000, 625_000, 5_040_000), (600_000, 5_100_000)),
    ],
)
def test_chunks_are_cut_along_the_blocks_of_a_sentinel_2_tile(ground, corner):
    grid = make_grid(area(ground), chunk_px=512)
    west, _, _, north = grid.geobox.boundingbox
    starts = {
        (chunk.geobox.affine.c - corner[0], corner[1] - chunk.geobox.affine.f)
        for chunk in grid.chunks
        if chunk.geobox.affine.c > west and chunk.geobox.affine.f < north
    }
    assert len(starts) > 3
    assert {start % 5120 for pair in starts for start in pair} == {0}


def test_an_axis_that_fits_into_a_chunk_is_not_cut():
    west, south = 500_000 + 5_000, 2_800_000 - 9_000  # across an edge of blocks of the tile
    small = make_grid(area(box(west, south, west + 5_120, south + 11_000)), chunk_px=512)
    assert {chunk.col for chunk in small.chunks} == {0}
    assert len(small.chunks) > 2


@pytest.mark.parametrize(("resolution_m", "chunk_px"), [(0, 512), (-10, 512), (10, 0)])
def test_a_grid_without_size_is_refused(resolution_m, chunk_px):
    with pytest.raises(SettingsError, match="cannot be made"):
        make_grid(area(L_SHAPE), resolution_m=resolution_m, chunk_px=chunk_px)


def test_chunks_that_share_a_block_follow_one_another():
    grid = make_grid(area(box(0, 0, 40_000, 30_000)), chunk_px=256)
    order = in_reading_order(grid)
    assert sorted(order, key=lambda c: (c.row, c.col)) == list(grid.chunks)
    for block_m in (BLOCK_M, 2 * BLOCK_M):
        blocks = [block_of(grid, chunk, block_m) for chunk in order]
        changes = sum(a != b for a, b in pairwise(blocks))
        assert changes == len(set(blocks)) - 1
        assert len(set(blocks)) < len(blocks) / 8


def test_the_grid_of_an_area_south_of_the_equator_lies_in_its_zone_with_north_up():
    outline = box(250_123, 7_780_456, 252_345, 7_783_210)  # 20 degrees south
    geometry = gpd.GeoSeries([outline], crs=32747).to_crs(4326).iloc[0]
    south = AreaOfInterest(id="s", name="S", geometry=geometry, utm_epsg=32747)
    grid = make_grid(south, chunk_px=100)
    assert grid.epsg == 32747
    assert grid.geobox.affine.e == -10
    assert grid.geobox.affine.f == 7_783_210
    assert aoi_mask(south, grid).sum() * 100 == pytest.approx(outline.area, rel=0.01)
