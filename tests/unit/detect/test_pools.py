"""Banks of pools are kept, broad shade is not."""

from __future__ import annotations

import numpy as np
import pytest

from minewatch.detect.pools import in_banks


@pytest.mark.parametrize(("rows", "cols"), [(1, 9), (4, 20), (20, 4), (6, 6)])
def test_a_block_of_water_up_to_four_rows_of_pools_broad_is_a_bank(rows: int, cols: int) -> None:
    water = np.zeros((40, 40), np.uint8)
    water[10 : 10 + rows, 10 : 10 + cols] = 60
    assert (in_banks(water) == water).all()


@pytest.mark.parametrize(("rows", "cols"), [(5, 7), (7, 5), (9, 30)])
def test_what_is_broader_both_ways_is_shade_or_a_lake(rows: int, cols: int) -> None:
    water = np.zeros((40, 40), np.uint8)
    water[10 : 10 + rows, 10 : 10 + cols] = 60
    assert in_banks(water).max() == 0


def test_pools_in_broad_shade_are_what_they_add_to_it() -> None:
    water = np.full((40, 40), 20, np.uint8)
    water[20, 10:20] = 70
    found = in_banks(water)
    assert found[20, 10:20].tolist() == [50] * 10
    assert found.sum() == 500
