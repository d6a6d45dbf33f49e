"""Lost ground is where a run is under way in a period that saw it; round pools it is cut free."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
import xarray as xr

from minewatch.detect.days import from_day
from minewatch.detect.labels import Patches
from minewatch.detect.pool_banks.evidence_layers import NO_SHARE
from minewatch.detect.pool_banks.patch_cutting import cut_patches, lost_ground, run_of
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT
from minewatch.model import Evidence, Period, PeriodEvidence

PERIOD = Period(date(2020, 11, 1), date(2021, 4, 30))
FIRST, LAST = from_day(PERIOD.start), from_day(PERIOD.end)


def evidence(share: int, *runs: tuple[int, int]) -> PeriodEvidence:
    """One pixel with a share of disturbed overpasses and two runs."""
    starts, ends = np.array([*runs, (0, 0)][:2], "uint16").T[:, :, None, None]
    layers = xr.Dataset(
        {
            "disturbed_pct": (("period", "y", "x"), np.full((1, 1, 1), share, "uint8")),
            "run_start": (("run", "y", "x"), starts),
            "run_end": (("run", "y", "x"), ends),
        }
    )
    return Evidence(layers, (PERIOD,)).of(0)


def lost(here: PeriodEvidence) -> np.ndarray:
    return lost_ground(here, rules=DEFAULT.patches)


def cut(*ground: object) -> Patches:
    return cut_patches(*ground, pixel_m=10.0, rules=DEFAULT.patches)


@pytest.mark.parametrize(("share", "is_lost"), [(49, False), (50, True), (NO_SHARE, False)])
def test_ground_is_lost_when_half_of_the_overpasses_of_a_period_say_so(share: int, is_lost) -> None:
    found = lost(evidence(share, (FIRST, LAST)))
    assert found.tolist() == [0] * is_lost


@pytest.mark.parametrize(
    ("run", "found"),
    [
        ((LAST, LAST + 90), 0),
        ((LAST + 1, LAST + 90), -1),
        ((FIRST - 90, FIRST), 0),
        ((FIRST - 90, FIRST - 1), -1),
        ((0, LAST), -1),
    ],
)
def test_a_run_is_under_way_on_the_first_and_the_last_day_of_a_period(run, found: int) -> None:
    here = evidence(100, run)
    assert run_of(here).tolist() == [[found]]
    assert len(lost(here)) == (found == 0)


def test_of_two_runs_in_a_period_the_first_is_told() -> None:
    assert run_of(evidence(100, (FIRST, FIRST + 9), (LAST - 9, LAST))).item() == 0
    assert run_of(evidence(100, (FIRST - 9, FIRST - 1), (LAST - 9, LAST))).item() == 1


def test_ground_that_is_narrow_belongs_to_a_pool_only_right_beside_it() -> None:
    road = np.arange(20, 30)  # along the middle row of 5 x 10
    patches = cut(road, road[4:5], (5, 10))
    assert (patches.at.tolist(), patches.label.tolist()) == ([23, 24, 25], [1, 1, 1])


def test_ground_belongs_to_a_pool_as_far_as_it_reaches() -> None:
    field = np.arange(3 * 20)
    patches = cut(field, np.array([0]), (3, 20))
    assert patches.at.tolist() == [
        20 * row + col for row in range(3) for col in range(round(DEFAULT.patches.reach_m / 10) + 1)
    ]


def test_without_pools_there_is_no_patch() -> None:
    none = np.empty(0, np.intp)
    for ground in (np.arange(60), none):
        patches = cut(ground, none, (3, 20))
        assert (len(patches.at), len(patches.label), patches.count) == (0, 0, 0)
