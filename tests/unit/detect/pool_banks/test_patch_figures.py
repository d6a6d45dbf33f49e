"""What is measured of a patch is what the table of figures says, and does not follow the grid."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox

from minewatch.detect.labels import label_pixels
from minewatch.detect.pool_banks.find import find
from minewatch.detect.pool_banks.patch_figures import (
    FIGURES,
    _at_pools,
    _own_ground,
    describe,
    pool_ndwi,
)
from minewatch.detect.pool_banks.patch_slope import SLOPE_COLUMNS
from minewatch.detect.pool_banks.pool_bank_evidence import score
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT
from minewatch.model import Chunk, Evidence, Findings, Grid


def test_every_figure_is_in_the_table_with_unit_and_meaning(world, periods) -> None:
    months = world.mine(5, 6, since="2020-12-01").months()
    evidence = Evidence(score(months, periods=periods), tuple(periods))
    patches = label_pixels(np.array([5 * 40 + 6, 5 * 40 + 7]), 40)
    here, pools = evidence.of(len(periods) - 1), np.zeros(2, np.uint8)
    variability = evidence.latest("nir_variability")
    table = describe(patches, here, variability=variability, pools=pools, pixel_m=10, rules=DEFAULT)
    named = {*table.columns, "area_m2", "channel_pct", *SLOPE_COLUMNS}
    assert named == set(FIGURES)
    assert all(figure.unit and figure.meaning for figure in FIGURES.values())


def finer(evidence: xr.Dataset) -> xr.Dataset:
    """The same evidence of every piece of ground, in pixels half as wide."""
    return xr.Dataset(
        {n: (v.dims, v.to_numpy().repeat(2, -1).repeat(2, -2)) for n, v in evidence.items()}
    )


def found_on(evidence: xr.Dataset, grid: Grid, periods) -> Findings:
    return find(Evidence(evidence, tuple(periods)), grid=grid, pixel_m=10)


def test_lengths_are_in_metres_so_a_finer_grid_of_the_same_evidence_says_the_same(
    world, periods, grid
) -> None:
    world.mine(5, 6, since="2020-12-01")
    world.paint("bare", slice(13, 15), slice(2, 38), 1.0, since="2020-12-01")
    world.paint("bare", slice(25, 35), slice(10, 20), 1.0, since="2020-03-01", until="2020-07-01")
    evidence = score(world.months(), periods=periods)
    box = GeoBox.from_bbox(grid.geobox.boundingbox.bbox, "EPSG:32647", resolution=5)
    fine_grid = Grid(geobox=box, chunks=(Chunk(row=0, col=0, geobox=box),))
    as_is, fine = found_on(evidence, grid, periods), found_on(finer(evidence), fine_grid, periods)
    for name in ("detections", "features", "changes"):
        one, other = getattr(as_is, name), getattr(fine, name)
        assert len(one) == len(other) > 0, name
        if "kind" in one:
            assert one["kind"].tolist() == other["kind"].tolist()
        assert other.geometry.area.tolist() == pytest.approx(one.geometry.area.tolist(), rel=0.1)


def large_patch_with_two_pools() -> pd.DataFrame:
    """Sixty pixels of soil that is a little dark, and two of them pools."""
    rows = pd.DataFrame({"label": 1, "pool_pct": [10.0] * 60, "ndwi": -40.0, "seasonal_pct": 80.0})
    rows.loc[[7, 30], ["pool_pct", "ndwi", "seasonal_pct"]] = 60.0, 20.0, 0.0
    return rows


def test_the_colour_of_pools_is_not_that_of_the_soil_around_them() -> None:
    """Once a sixth of the patch counted as its wettest pixels, soil among them."""
    turn = pool_ndwi(large_patch_with_two_pools(), pool_share=DEFAULT.patches.pool_share)
    assert turn.loc[1] == 60.0


def test_how_often_pools_are_green_is_not_how_often_the_ground_around_them_is() -> None:
    assert _at_pools(large_patch_with_two_pools(), "seasonal_pct", DEFAULT).loc[1] == 0.0


def begun(start_pct: list[int], before: list[int]) -> set[int]:
    """Rows of the pixels that date one patch."""
    pixels = pd.DataFrame(
        {"label": 1, "row": range(len(before)), "start_disturbed_pct": start_pct,
         "run_before": before}
    )  # fmt: skip
    return set(_own_ground(pixels, DEFAULT.patches)["row"])


def test_a_patch_is_dated_by_the_ground_that_was_green_at_first() -> None:
    """A mine grew into a road, a slide and a wood without leaves that were open years before it."""
    own = DEFAULT.patches.own_pct
    assert begun([own - 1, own, 0, 0], [1, 1, 0, 1]) == {0, 3}


def test_where_hardly_any_ground_was_green_all_of_it_dates_a_patch() -> None:
    enough = round(10 * DEFAULT.patches.new_share)
    for green, dating in ((enough, enough), (enough - 1, 10)):
        assert len(begun([0] * green + [100] * (10 - green), [1] * 10)) == dating
