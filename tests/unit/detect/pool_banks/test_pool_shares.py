"""Banks of pools are kept; broad shade is not."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
import xarray as xr

from minewatch.detect.morphology import values_at
from minewatch.detect.pool_banks.evidence_layers import NO_SHARE
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT
from minewatch.detect.pool_banks.pool_shares import in_banks, water_share
from minewatch.model import Evidence, Period, PeriodEvidence

WATER = {"pixel_m": 10.0, "rules": DEFAULT.water}
SEED_PCT = DEFAULT.water.seed_pct
OLD, BARE = DEFAULT.water.channel_old_pct, DEFAULT.water.milky_plants_pct
SOIL_NDWI = 70
WHITE_NDWI = SOIL_NDWI + DEFAULT.water.milky_ndwi


def banks_of(water: np.ndarray) -> np.ndarray:
    """`in_banks` of a whole grid."""
    at = np.flatnonzero(water)
    found = in_banks(at, water.ravel()[at], water.shape, **WATER)
    return values_at(np.arange(water.size), at, found).reshape(water.shape)


@pytest.mark.parametrize(("rows", "cols"), [(1, 9), (4, 20), (20, 4), (6, 6)])
def test_a_block_of_water_up_to_four_rows_of_pools_broad_is_a_bank(rows: int, cols: int) -> None:
    water = np.zeros((40, 40), np.uint8)
    water[10 : 10 + rows, 10 : 10 + cols] = 60
    assert (banks_of(water) == water).all()


@pytest.mark.parametrize(("rows", "cols"), [(5, 7), (7, 5), (9, 30)])
def test_what_is_broader_both_ways_is_shade_or_a_lake(rows: int, cols: int) -> None:
    water = np.zeros((40, 40), np.uint8)
    water[10 : 10 + rows, 10 : 10 + cols] = 60
    assert banks_of(water).max() == 0


def test_pools_in_broad_shade_are_what_they_add_to_it() -> None:
    water = np.full((40, 40), 20, np.uint8)
    water[20, 10:20] = 70
    found = banks_of(water)
    assert found[20, 10:20].tolist() == [50] * 10
    assert found.sum() == 500


def light(*, start: int = 100, before: int = 1, plants: int = 0, **dark: int) -> PeriodEvidence:
    """A grid of 21 x 21 pixels in land of one brightness; pixels of the tenth row by name."""
    layers = {
        name: np.full((1, 21, 21), value, "uint8")
        for name, value in (
            ("nir", 112), ("milky", NO_SHARE), ("ndwi", SOIL_NDWI), ("vegetation", plants)
        )
    }  # fmt: skip
    for name, value in dark.items():
        layer, col = name.split("_")
        layers[layer][0, 10, int(col)] = value
    names = {"milky": "pool_pct", "vegetation": "vegetation_pct"}
    cube = xr.Dataset(
        {names.get(n, n): (("period", "y", "x"), values) for n, values in layers.items()}
    )
    cube["start_disturbed_pct"] = ("y", "x"), np.full((21, 21), start, "uint8")
    cube["run_before"] = ("run", "y", "x"), np.full((2, 21, 21), before, "uint16")
    return Evidence(cube, (Period(date(2020, 1, 1), date(2020, 12, 31)),)).of(0)


def shares(evidence: PeriodEvidence) -> list[int]:
    """Of the tenth row."""
    found = water_share(evidence, np.arange(21 * 21), **WATER).reshape(21, 21)
    assert found[:10].max() == found[11:].max() == 0
    return found[10].tolist()


def test_a_little_darkness_counts_beside_a_pool_only() -> None:
    pool, alone, faint = shares(light(nir_10=60, nir_11=90)), 17 * [0], shares(light(nir_11=90))
    assert pool[10] > 45 > SEED_PCT > pool[11] > 8
    assert pool[:10] + pool[12:] == [*alone, 0, 0]
    assert max(faint) == 0


def test_water_of_a_seeds_share_makes_a_pool() -> None:
    assert shares(light(nir_10=90, milky_10=SEED_PCT))[10] == SEED_PCT
    assert shares(light(nir_10=90, milky_10=SEED_PCT - 1))[10] == 0


def test_milky_water_is_believed_up_to_twice_its_darkness() -> None:
    milky = [shares(light(nir_10=nir, milky_10=90))[10] for nir in (112, 90, 60)]
    dark = shares(light(nir_10=60))[10]
    assert milky[0] == 0
    assert SEED_PCT < milky[1] < 40
    assert milky[2] == min(90, 2 * dark)


@pytest.mark.parametrize(
    ("ground", "is_pool"),
    [
        ({}, True), ({"start": OLD}, False), ({"before": 0}, False), ({"plants": BARE}, False),
        ({"ndwi_10": WHITE_NDWI - 1}, False), ({"start": NO_SHARE}, False),
        ({"ndwi_10": NO_SHARE}, False),
    ],
)  # fmt: skip
def test_white_pools_on_new_bare_ground_are_told_by_their_colour(
    ground: dict[str, int], is_pool: bool
) -> None:
    """They are no darker than soil; roofs are old, and rock has one colour."""
    white = {"start": OLD - 1, "plants": BARE - 1, "ndwi_10": WHITE_NDWI, "milky_10": 60}
    assert shares(light(**white | ground))[10] == (60 if is_pool else 0)


def test_rock_of_one_colour_does_not_stand_out_from_itself() -> None:
    rock = {f"{layer}_{col}": value for col in range(3, 18)
            for layer, value in (("ndwi", WHITE_NDWI), ("milky", 60))}  # fmt: skip
    ground = light(start=0, **(rock | {"ndwi_3": SOIL_NDWI}))  # its edge
    assert max(water_share(ground, np.arange(213, 228), **WATER)) == 0
