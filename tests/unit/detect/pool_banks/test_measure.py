import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from minewatch.detect.pool_banks.measure import measure
from minewatch.detect.pool_banks.pool_bank_evidence import score
from minewatch.detect.pool_ranges import count_range
from minewatch.model import OBSERVATIONS, Evidence, check_columns


def rasterise(geometries, grid):
    """Pixel centres within boxes, without rasterio."""
    ys, xs = (grid.geobox.coordinates[n].values for n in ("y", "x"))
    out = np.zeros(grid.geobox.shape, "int32")
    for number, geometry in enumerate(geometries, start=1):
        out[shapely.contains_xy(geometry, *np.meshgrid(xs, ys))] = number
    return out


def tracks_at(grid, *places: tuple[int, int]) -> gpd.GeoDataFrame:
    west, _, _, north = grid.geobox.boundingbox.bbox
    shapes = [
        shapely.box(west + 10 * c, north - 10 * r - 80, west + 10 * c + 80, north - 10 * r)
        for r, c in places
    ]
    rows = {"site_id": [f"s{k}" for k in range(len(places))], "first_detected": "2020-12-05",
            "last_undisturbed": None, "merged_from": [[] for _ in places],
            "split_from": [[] for _ in places]}  # fmt: skip
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=grid.epsg)


def measured(world, periods, grid, *places):
    evidence = score(world.months(), periods=periods)
    tracks = tracks_at(grid, *places)
    whole = Evidence(evidence, tuple(periods))
    return measure(whole, tracks, grid=grid, pixel_m=grid.resolution_m, rasterise=rasterise)


def test_every_site_has_a_row_for_every_period(world, periods, grid) -> None:
    table = measured(world.mine(5, 6, since="2020-12-01"), periods, grid, (5, 6), (25, 20))
    check_columns(table, OBSERVATIONS, name="observations")
    assert len(table) == 2 * len(periods)
    assert (table.loc[table["site_id"] == "s1", "disturbed_area_m2"] == 0).all()


def test_areas_are_those_of_the_ground(world, periods, grid) -> None:
    table = measured(world.mine(5, 6, since="2020-12-01"), periods, grid, (5, 6))
    assert table["disturbed_area_m2"].tolist()[:2] == [0, 0]
    for area in table["disturbed_area_m2"].tolist()[2:]:
        assert area == pytest.approx(6400, rel=0.1)
    last = table.iloc[-1]
    assert last["water_area_m2"] == pytest.approx(600, rel=0.25)
    assert last["water_area_m2"] <= last["pool_area_m2"] == pytest.approx(600, rel=0.35)
    assert table["vegetated_fraction"].tolist()[0] == 1
    assert table["vegetated_fraction"].tolist()[-1] == 0


def test_the_ring_of_a_site_counts_where_no_other_site_lies(world, periods, grid) -> None:
    plain = measured(world.mine(5, 6, since="2019-12-01"), periods, grid, (5, 6)).iloc[-1]
    world.paint("bare", slice(5, 13), slice(5, 6), 1.0, since="2019-12-01")
    table = measured(world, periods, grid, (5, 6), (5, 14))
    mine, beside = (of.iloc[-1]["disturbed_area_m2"] for _, of in table.groupby("site_id"))
    assert mine - plain["disturbed_area_m2"] == pytest.approx(800, rel=0.1)
    assert beside == 0


def test_a_period_that_saw_nothing_says_so(world, periods, grid) -> None:
    world.mine(5, 6, since="2019-12-01")
    world.clear[world.times >= "2021-11-01"] = 0
    last = measured(world, periods, grid, (5, 6)).iloc[-1]
    assert last["observed_fraction"] == 0
    assert last["clear_looks"] == 0
    assert np.isnan(last["vegetated_fraction"])


def test_half_seen_is_half_observed(world, periods, grid) -> None:
    world.mine(5, 6, since="2019-12-01")
    world.clear[:, 5:9] = 0
    table = measured(world, periods, grid, (5, 6))
    assert table["observed_fraction"].tolist() == [0.5] * len(periods)


def test_dark_pools_are_still_measured_when_the_pad_is_green_again(world, periods, grid) -> None:
    world.mine(5, 6, since="2018-12-01", until="2020-11-01")
    world.paint("water", slice(8, 10), slice(7, 13), 0.5, since="2020-11-01")
    table = measured(world, periods, grid, (5, 6))
    assert table["pool_area_m2"].iloc[-1] == pytest.approx(600, rel=0.3)
    assert table["vegetated_fraction"].iloc[-1] > 0.7


def test_a_drained_bank_is_built_without_water_until_it_is_left_to_grass(
    world, periods, grid
) -> None:
    world.mine(5, 6, since="2018-12-01", until="2019-10-01")
    world.paint("bare", slice(5, 13), slice(6, 14), 1.0, since="2019-10-01")
    table = measured(world, periods, grid, (5, 6))
    assert table["water_area_m2"].iloc[0] > 300
    assert table["water_area_m2"].tolist()[1:] == pytest.approx([0, 0, 0], abs=20)
    pools = table["pool_area_m2"].tolist()
    assert pools[1] == pools[0] >= table["water_area_m2"].iloc[0]
    assert pools[2:] == pytest.approx([0, 0], abs=20)
    assert (table["disturbed_area_m2"] == table["pad_area_m2"] + table["pool_area_m2"]).all()


def test_dark_soil_and_shade_over_the_whole_site_are_no_water(world, periods, grid) -> None:
    world.mine(5, 6, since="2018-12-01")
    lit = measured(world, periods, grid, (5, 6))
    world.rng = np.random.default_rng(1)
    world.light[5:13, 6:14] = 0.7
    dim = measured(world, periods, grid, (5, 6))
    assert dim["water_area_m2"].tolist() == pytest.approx(lit["water_area_m2"].tolist(), rel=0.15)


def test_how_many_periods_are_measured_at_once_changes_nothing(
    world, periods, grid, monkeypatch
) -> None:
    world.mine(5, 6, since="2020-12-01").mine(25, 20, since="2019-12-01", until="2021-02-01")
    at_once = measured(world, periods, grid, (5, 6), (25, 20))
    world.rng = np.random.default_rng(1)
    monkeypatch.setattr(sys.modules[measure.__module__], "BLOCK_PIXELS", 1)
    one_by_one = measured(world, periods, grid, (5, 6), (25, 20))
    pd.testing.assert_frame_equal(at_once, one_by_one, check_exact=True)


def test_no_site_gives_no_row(world, periods, grid) -> None:
    assert len(measured(world, periods, grid)) == 0


def test_a_count_of_pools_is_a_range_that_holds_what_explains_the_area() -> None:
    for pools in (1, 8, 43):
        for size in (9.0, 11.0, 13.0):
            low, high = count_range([pools * size**2])[0]
            assert low <= pools <= high
    assert count_range([0.0]).tolist() == [[0, 0]]


def test_a_pool_area_lies_within_its_doubt_and_the_count_follows_from_it(
    world, periods, grid
) -> None:
    world.mine(5, 6, since="2019-12-01")
    table = measured(world, periods, grid, (5, 6))
    wet = table[table["pool_area_m2"] > 0]
    assert len(wet)
    area, low, high = (wet[f"pool_area{end}_m2"] for end in ("", "_low", "_high"))
    assert (high - area).tolist() == pytest.approx((0.9 * area + 150).tolist())
    assert (area - low).tolist() == pytest.approx((0.35 * area + 150).tolist())
    assert ((low >= 0) & (low < area)).all()
    assert (wet["pool_count_low"] * 175 >= low).all()
    assert (wet["pool_count_high"] * 90 <= high).all()


def test_what_is_dark_without_the_colour_of_water_is_no_pool(world, periods, grid) -> None:
    world.paint("bare", slice(5, 13), slice(6, 14), 1.0, since="2019-12-01")
    world.light[8:10, 7:13] = 0.5
    table = measured(world, periods, grid, (5, 6))
    assert (table["pool_area_m2"] == 0).all()
    wet = measured(type(world)().mine(5, 6, since="2019-12-01"), periods, grid, (5, 6))
    assert wet["pool_area_m2"].max() > 300
