"""Banks of pools are kept; broad shade and channels are not."""

from __future__ import annotations

import numpy as np
import pytest

from minewatch.detect.morphology import spread, values_at
from minewatch.detect.pools import find_channels, in_banks


def banks_of(water: np.ndarray) -> np.ndarray:
    """`in_banks` of a whole grid."""
    at = np.flatnonzero(water)
    found = in_banks(at, water.ravel()[at], water.shape)
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


@pytest.mark.parametrize(("length_px", "is_channel"), [(39, False), (40, True)])
def test_old_water_is_a_channel_from_its_length_on(length_px: int, is_channel: bool) -> None:
    for turned in (False, True):
        wet = np.zeros((30, 80), bool)
        wet[14:16, 10 : 10 + length_px] = True
        expected = np.zeros_like(wet)
        expected[8:22, 4 : 16 + length_px] = is_channel  # its gap of 3 pixels and its banks of 3
        given = wet.T if turned else wet
        hidden = np.zeros_like(given)
        found = find_channels(np.flatnonzero(given), hidden, resolution_m=10.0)
        assert np.array_equal(spread(found, given.shape), expected.T if turned else expected)


@pytest.mark.parametrize(("reach_px", "is_channel"), [(5, False), (20, True)])
def test_hidden_bars_join_waters_but_make_none(reach_px: int, is_channel: bool) -> None:
    wet, hidden = np.zeros((30, 120), bool), np.zeros((30, 120), bool)
    wet[14:16, 10:25] = wet[14:16, 45:60] = True
    hidden[14:16, 26 : 26 + reach_px] = True  # from bank to bank, or not
    hidden[20:25, 70:118] = True  # by itself
    found = spread(find_channels(np.flatnonzero(wet), hidden, resolution_m=10.0), wet.shape)
    assert found[14:16, 10:25].all() == is_channel
    assert not found[20:25, 80:110].any()
