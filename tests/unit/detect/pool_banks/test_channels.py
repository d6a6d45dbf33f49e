"""Rivers are taken out along their courses, and what lies beside them is not."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
import xarray as xr

from minewatch.detect.morphology import spread
from minewatch.detect.pool_banks.channels import find_channels, find_strips
from minewatch.detect.pool_banks.evidence_layers import NDWI_ZERO, NO_SHARE
from minewatch.detect.pool_banks.lost_ground import Ground
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT
from minewatch.model import Evidence, Period

SEED_PCT = DEFAULT.water.seed_pct
PERIODS = (Period(date(2020, 1, 1), date(2020, 12, 31)),)


WET_NDWI, DRY_NDWI = 0, -40


def strips(
    wet: np.ndarray,
    hidden: np.ndarray | None = None,
    ndwi: int | np.ndarray = WET_NDWI,
    unseen: np.ndarray | None = None,
) -> np.ndarray:
    """Mask of the strips, dims (y, x)."""
    nowhere = np.zeros_like(wet)
    found = find_strips(
        np.flatnonzero(wet), nowhere if hidden is None else hidden,
        unseen=nowhere if unseen is None else unseen, ndwi=np.where(wet, ndwi, np.nan),
        pixel_m=10.0, rules=DEFAULT.water,
    )  # fmt: skip
    assert (np.diff(found) > 0).all()
    return spread(found, wet.shape)


def river_along(centre: np.ndarray, width: int = 3, rows: int = 60) -> np.ndarray:
    """Water round a row for each column."""
    wet = np.zeros((rows, len(centre)), bool)
    for col, row in enumerate(centre.round().astype(int)):
        wet[row - width // 2 : row + width // 2 + 1, col] = True
    return wet


BEND = 30 + 14 * np.sin(np.linspace(0, 2 * np.pi, 90))


@pytest.mark.parametrize(("length_px", "is_river"), [(39, False), (40, True)])
def test_old_water_is_a_river_from_its_length_on(length_px: int, is_river: bool) -> None:
    wet = np.zeros((30, 80), bool)
    wet[14:16, 10 : 10 + length_px] = True
    for given in (wet, wet.T.copy()):
        found = strips(given)
        assert found[given].all() if is_river else not found.any()


def test_a_strip_holds_the_river_and_its_banks_and_no_more() -> None:
    wet = river_along(np.full(90, 30.0))
    found = strips(wet)
    assert found[28:33].all()
    assert not found[:26].any()
    assert not found[35:].any()


def test_a_strip_holds_the_outer_bank_of_every_bend() -> None:
    wet = river_along(BEND, width=5)
    assert strips(wet)[wet].all()


@pytest.mark.parametrize("gap_px", [2, 3, 6])
def test_pools_beside_a_river_are_not_of_it(gap_px: int) -> None:
    """Once all that lay within 60 m of a river's water was taken out with it: most mines there."""
    wet = river_along(np.full(90, 30.0))
    pools = np.zeros_like(wet)
    pools[32 + gap_px : 35 + gap_px, 57:64] = True
    found = strips(wet | pools)
    assert found[wet].all()
    assert not found[pools].any()


def test_banks_of_pools_in_a_long_row_are_no_river() -> None:
    wet = np.zeros((30, 90), bool)
    for col in range(5, 85, 9):
        wet[14:16, col : col + 4] = True  # 40 m of pools every 90 m
    assert not strips(wet).any()


def test_a_dark_way_that_has_not_the_colour_of_water_is_no_river() -> None:
    """Shaded roads and slides are as dark; once mines at the road were taken out with them."""
    wet = river_along(BEND)
    assert strips(wet).any()
    assert not strips(wet, ndwi=DRY_NDWI).any()


def test_a_branch_is_a_river_of_its_own_and_so_is_a_branch_of_it() -> None:
    wet = np.zeros((120, 120), bool)
    wet[110:113, :] = True
    wet[5:110, 60:62] = True
    wet[50:52, 2:60] = True
    assert strips(wet)[wet].all()


def test_a_net_of_rivers_is_taken_out_course_by_course() -> None:
    wet = np.zeros((180, 180), bool)
    for at in (10, 60, 110, 160):
        wet[at : at + 2, :] = wet[:, at : at + 2] = True
    assert strips(wet)[wet].mean() > 0.9


@pytest.mark.parametrize("edge", [90, 80])
def test_a_river_flows_on_out_of_what_is_seen(edge: int) -> None:
    """What is left of it between its course and the edge is its own, however short.

    Once the last 100 m of a river above ground that no overpass showed were a mine for five years.
    """
    wet = river_along(np.full(90, 30.0))
    wet[31:55, edge - 6] = wet[54, edge - 6 : edge + 10] = True  # an arm that reaches further
    wet[:50, edge:] = False
    unseen = np.zeros_like(wet)
    unseen[25:35, edge:] = True
    found = strips(wet, unseen=unseen)
    assert found[30, edge - 6 : edge].all()


def test_an_arm_of_shade_is_not_the_end_of_a_river() -> None:
    """In fog and on steep slopes dark ground beside a river reads as water, without its colour."""
    wet = river_along(np.full(90, 30.0))
    wet[2:30, 8] = wet[2, 3:9] = True
    ndwi = np.full(wet.shape, WET_NDWI)
    ndwi[:28] = DRY_NDWI
    found = strips(wet, ndwi=ndwi)
    assert found[28:33].all()
    assert not found[:20].any()


def test_a_course_runs_in_the_middle_round_a_bend() -> None:
    """Across bends it took the mines on the inner banks, and left the outer ones of the river."""
    wet = river_along(30 + 14 * np.sin(np.linspace(0, 4 * np.pi, 110)), width=9)
    assert strips(wet)[wet].all()


@pytest.mark.parametrize(("reach_px", "is_river"), [(5, False), (20, True)])
def test_hidden_bars_join_waters_but_make_none(reach_px: int, is_river: bool) -> None:
    wet, hidden = np.zeros((30, 120), bool), np.zeros((30, 120), bool)
    wet[14:16, 10:25] = wet[14:16, 45:60] = True
    hidden[14:16, 26 : 26 + reach_px] = True  # from bank to bank, or not
    hidden[20:25, 70:118] = True  # by itself
    found = strips(wet, hidden)
    assert found[14:16, 10:25].all() == is_river
    assert not found[20:25, 80:110].any()


def test_a_little_water_at_the_edge_of_much_that_is_hidden_is_no_river() -> None:
    wet, hidden = np.zeros((40, 120), bool), np.zeros((40, 120), bool)
    wet[18:20, 8:12] = hidden[2:38, 14:118] = True
    assert not strips(wet, hidden).any()


def channels(layers: xr.Dataset, grounds: list[Ground]) -> np.ndarray:
    whole = Evidence(layers, PERIODS)
    return find_channels(whole, grounds, pixel_m=10.0, rules=DEFAULT.water)


def river(**layers: np.ndarray) -> xr.Dataset:
    """A grid of 20 x 90 pixels, green from the start and seen all the time."""
    zeros, some = np.zeros((20, 90), "uint8"), np.ones((20, 90), "uint16")
    base = {"start_disturbed_pct": zeros, "seasonal_pct": zeros, "run_before": some}
    of = {name: layers.get(name, values) for name, values in base.items()}
    overpasses = layers.get("clear_looks", np.full((20, 90), 20, "uint8"))
    return xr.Dataset(
        {
            "start_disturbed_pct": (("y", "x"), of["start_disturbed_pct"]),
            "seasonal_pct": (("y", "x"), of["seasonal_pct"]),
            "run_before": (("run", "y", "x"), np.stack([of["run_before"], some])),
            "clear_looks": (("period", "y", "x"), overpasses[None]),
            "ndwi": (("period", "y", "x"), np.full((1, 20, 90), NDWI_ZERO, "uint8")),
        }
    )


def water(*spans: tuple[int, int], pct: int = SEED_PCT, is_lost: bool = True) -> Ground:
    """Water along the tenth row."""
    at = 10 * 90 + np.concatenate([np.arange(*span) for span in spans])
    share = np.full(len(at), pct, "uint8")
    return Ground(
        step=0, period=PERIODS[0], shape=(20, 90), lost_at=at if is_lost else at[:0],
        wet_at=at, water_pct=share, pool_pct=share,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "is_old"),
    [
        ("start_disturbed_pct", 49, False),
        ("start_disturbed_pct", 50, True),
        ("start_disturbed_pct", NO_SHARE, False),
        ("seasonal_pct", 39, False),
        ("seasonal_pct", 40, True),
        ("seasonal_pct", NO_SHARE, False),
        ("run_before", 1, False),
        ("run_before", 0, True),
    ],
)
def test_long_water_is_a_channel_where_it_is_old(name: str, value: int, is_old: bool) -> None:
    here = river(**{name: np.full((20, 90), value, "uint8")})
    found = channels(here, [water((20, 70))])
    assert (len(found) > 0) == is_old


@pytest.mark.parametrize(("overpasses", "is_old"), [(6, True), (7, False)])
def test_water_that_is_seldom_seen_and_was_not_in_the_first_year_may_be_a_channel(
    overpasses: int, is_old: bool
) -> None:
    start, seen = np.zeros((20, 90), "uint8"), np.full((20, 90), 20, "uint8")
    start[8:13, 20:70], seen[8:13, 20:70] = NO_SHARE, overpasses
    here = river(start_disturbed_pct=start, clear_looks=seen)
    assert (len(channels(here, [water((20, 70))])) > 0) == is_old


OLD = np.zeros((20, 90), "uint8")


def test_a_channel_is_of_lost_ground_with_enough_water_in_it() -> None:
    here = river(run_before=OLD)
    for ground in (water((20, 70), pct=SEED_PCT - 1), water((20, 70), is_lost=False)):
        assert len(channels(here, [ground])) == 0


def test_channels_of_all_periods_come_once_and_in_order() -> None:
    grounds = [water((50, 90)), water((20, 70)), water((1, 5))]
    found = channels(river(run_before=OLD), grounds)
    assert (np.diff(found) > 0).all()
    assert set(grounds[1].wet_at) <= set(found)


@pytest.mark.parametrize(("overpasses", "joins"), [(0, False), (6, True), (7, False)])
def test_waters_are_joined_by_what_was_seen_seldom_not_by_what_was_never_seen(
    overpasses: int, joins: bool
) -> None:
    seen = np.full((20, 90), 20, "uint8")
    seen[9:12, 36:54] = overpasses
    here = river(run_before=OLD, clear_looks=seen)
    found = channels(here, [water((20, 35), (55, 70))])
    assert (len(found) > 0) == joins
