"""Ground that was opened in one season and is a mine in the next was a mine's beginning."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from minewatch.detect.days import from_day
from minewatch.detect.pool_banks.evidence_layers import NO_SHARE
from minewatch.detect.pool_banks.lost_ground import Ground, find_ground
from minewatch.detect.pool_banks.period_patches import (
    Judge,
    Season,
    _begun,
    _better,
    _cut,
    _cut_turning,
    _joined,
    _odds_at,
    _reconsider,
    find_seasons,
)
from minewatch.detect.pool_banks.pool_bank_evidence import score
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT
from minewatch.model import Evidence, Period

BEGUN_DAYS, LIKELY = DEFAULT.periods.begun_days, DEFAULT.periods.likely
BARE = DEFAULT.periods.bare_plants_pct

PERIOD = Period(date(2020, 11, 1), date(2021, 4, 30))
END = from_day(PERIOD.end)
SHAPE = (10, 10)
NONE = np.empty(0, np.intp)


def season(patches: dict[float, list[int]]) -> Season:
    """Patches by their confidence."""
    pixels = sorted((at, n) for n, of in enumerate(patches.values(), start=1) for at in of)
    where, label = np.array(pixels, np.intp).reshape(-1, 2).T
    table = pd.DataFrame({"confidence": list(patches)}, index=range(1, len(patches) + 1))
    return Season(0, PERIOD, where, label.astype("int32"), table)


def block(row: int, col: int) -> list[int]:
    """Flat indices of 3 x 3 pixels."""
    return [10 * r + c for r in range(row, row + 3) for c in range(col, col + 3)]


def begun(
    before: Season, after: Season, *, start: int = END, lost: list[int] | None = None, plants=0
):
    """Patches carried back, all ground lost and bare and begun on one day when not said."""
    starts, ends = np.zeros((2, 2, *SHAPE), "uint16")
    starts[0], ends[0] = start, END
    runs = {"run_start": starts, "run_end": ends}
    evidence = xr.Dataset({name: (("run", "y", "x"), days) for name, days in runs.items()})
    evidence["vegetation_pct"] = ("period", "y", "x"), np.full((1, *SHAPE), plants, "uint8")
    at = np.arange(100) if lost is None else np.array(lost)
    ground = Ground(
        step=0, period=PERIOD, shape=SHAPE, lost_at=at,
        wet_at=NONE, water_pct=NONE.astype("uint8"), pool_pct=NONE.astype("uint8"),
    )  # fmt: skip
    judge = Judge(Evidence(evidence, (PERIOD,)), 10.0, DEFAULT)
    return _begun(before, after, ground, np.arange(100, dtype="uint8").reshape(SHAPE), judge)


def test_ground_of_a_mine_that_is_likely_later_is_carried_back() -> None:
    after = season({LIKELY: block(1, 1), LIKELY - 0.01: block(6, 6)})
    cut = begun(season({}), after)
    assert cut.patches.at.tolist() == cut.pools.tolist() == block(1, 1)
    assert cut.patches.count == 1
    assert begun(season({}), after, lost=[11, 12, 99]).patches.at.tolist() == [11, 12]
    assert len(begun(season({}), season({})).patches.at) == 0


@pytest.mark.parametrize(("days", "is_carried"), [(BEGUN_DAYS, True), (BEGUN_DAYS + 1, False)])
def test_ground_opened_long_before_is_not(days: int, is_carried: bool) -> None:
    cut = begun(season({}), season({0.9: block(1, 1)}), start=END - days)
    assert (len(cut.patches.at) > 0) == is_carried


@pytest.mark.parametrize(("plants", "is_carried"), [(BARE - 1, True), (BARE, False)])
def test_only_plainly_bare_ground_is_carried_back(plants: int, is_carried: bool) -> None:
    """A wood without leaves, in which a mine was opened a year later, dated it too early."""
    cut = begun(season({}), season({0.9: block(1, 1)}), plants=plants)
    assert (len(cut.patches.at) > 0) == is_carried


def test_ground_in_a_likely_mine_or_right_beside_it_is_told_already() -> None:
    after = season({0.9: block(1, 1) + block(1, 4)})
    assert begun(season({0.9: block(1, 1)}), after).patches.at.tolist() == [
        10 * row + col for row in (1, 2, 3) for col in (5, 6)
    ]
    assert len(begun(season({0.4: block(1, 1)}), after).patches.at) == 18


def test_patches_carried_back_take_the_place_of_those_they_overlap() -> None:
    now = season({0.4: block(6, 6), 0.3: block(1, 1), 0.8: block(6, 0)})
    more = season({0.9: block(2, 2), 0.7: block(6, 3)})
    joined = _joined(now, more)
    assert joined.table["confidence"].tolist() == [0.4, 0.8, 0.9, 0.7]
    assert (np.diff(joined.where) > 0).all()
    told = {n: joined.pixels_of(pd.Index([n]))[0].tolist() for n in joined.table.index}
    assert list(told.values()) == [block(6, 6), block(6, 0), block(2, 2), block(6, 3)]
    at, label = joined.pixels_of(joined.table.index)
    assert at.tolist() == sorted(pixel for of in told.values() for pixel in of)
    assert [told[n].count(pixel) for pixel, n in zip(at, label, strict=True)] == [1] * len(at)


def test_a_season_without_patches_takes_those_of_the_next() -> None:
    joined = _joined(season({}), season({0.9: block(2, 2)}))
    assert (joined.where.tolist(), joined.label.tolist()) == (block(2, 2), [1] * 9)


def test_a_pixel_outside_all_patches_has_no_odds() -> None:
    now = season({0.5: block(1, 1), 0.9: block(6, 6)})
    odds = _odds_at(np.array([66, 0, 11]), now)
    assert odds == pytest.approx([np.log(9), np.nan, 0], abs=1e-6, nan_ok=True)


def cut(seasonal: np.ndarray) -> list[int]:
    """Pixels of the patches round a pool in the middle of lost ground."""
    layers = {"seasonal_pct": (("y", "x"), seasonal), "nir": (("period", "y", "x"), NIR)}
    judge = Judge(Evidence(xr.Dataset(layers), (PERIOD,)), 10.0, DEFAULT)
    pool, share = np.array([44]), np.array([60], "uint8")
    ground = Ground(
        step=0, period=PERIOD, shape=SHAPE, lost_at=np.arange(100),
        wet_at=pool, water_pct=share, pool_pct=share,
    )  # fmt: skip
    (found,) = _cut([ground], NONE, judge)
    return found.patches.at.tolist()


NIR = np.zeros((1, *SHAPE), "uint8")
TURNING = DEFAULT.patches.turning_pct


@pytest.mark.parametrize(
    ("pct", "stays"), [(TURNING - 1, True), (TURNING, False), (NO_SHARE, True)]
)
def test_ground_that_is_green_by_turns_is_no_ground_of_a_mine(pct: int, stays: bool) -> None:
    """Trees that drop their leaves joined mines to the wood around them."""
    seasonal = np.zeros(SHAPE, "uint8")
    seasonal[:, 7:] = pct
    assert ({at % 10 for at in cut(seasonal)} == set(range(10))) == stays
    assert {at % 10 for at in cut(seasonal)} >= set(range(7))


def test_ground_right_beside_a_pool_stays_and_a_pool_that_greens_begins_no_mine() -> None:
    seasonal = np.full(SHAPE, 100, "uint8")
    seasonal[4, 4] = 0
    assert cut(seasonal) == [33, 34, 35, 43, 44, 45, 53, 54, 55]
    seasonal[4, 4] = 100
    assert cut(seasonal) == []


PLANTS = DEFAULT.patches.turning_plants_pct
OLD = DEFAULT.patches.old_pct


def cut_turning(*, plants: int = 0, start: int = 0, seasonal: int = 100) -> list[int]:
    """Pixels of patches round a pool in a wood that drops its leaves; its left part never does."""
    turning = np.full(SHAPE, seasonal, "uint8")
    turning[:, :3] = 0
    layers = {
        "seasonal_pct": (("y", "x"), turning),
        "start_disturbed_pct": (("y", "x"), np.full(SHAPE, start, "uint8")),
        "nir": (("period", "y", "x"), NIR),
        "vegetation_pct": (("period", "y", "x"), np.full((1, *SHAPE), plants, "uint8")),
    }
    judge = Judge(Evidence(xr.Dataset(layers), (PERIOD,)), 10.0, DEFAULT)
    pool, share = np.array([46]), np.array([60], "uint8")
    ground = Ground(
        step=0, period=PERIOD, shape=SHAPE, lost_at=np.arange(100),
        wet_at=pool, water_pct=share, pool_pct=share,
    )  # fmt: skip
    (found,) = _cut_turning([ground], NONE, judge)
    assert len(found.pools) == len(found.patches.at)
    return found.patches.at.tolist()


@pytest.mark.parametrize(("plants", "start", "is_mine"), [
    (PLANTS - 1, OLD - 1, True), (PLANTS, OLD - 1, False), (PLANTS - 1, OLD, False),
])  # fmt: skip
def test_a_mine_opened_in_a_wood_that_drops_its_leaves_is_plainly_bare_and_was_green(
    plants: int, start: int, is_mine: bool
) -> None:
    """It has the seasons of the wood before it; ponds that are drained and filled are old."""
    assert cut_turning(plants=plants, start=start) == (list(range(100)) if is_mine else [])


def test_patches_that_hold_no_turning_ground_are_not_read_a_second_time() -> None:
    assert cut_turning(seasonal=0) == []


def test_a_second_reading_counts_where_it_is_likelier_than_all_it_overlaps() -> None:
    first = season({0.3: block(0, 0), 0.6: block(0, 5)})
    likelier = _better(season({0.5: [0, 1], 0.55: block(0, 4), 0.01: block(6, 6)}), first)
    assert likelier.table["confidence"].tolist() == [0.5, 0.01]
    assert likelier.where.tolist() == [0, 1, *block(6, 6)]


@pytest.mark.parametrize(
    ("later", "stays_bare", "plants", "raised"),
    [
        (0.9, True, BARE - 1, True), (0.9, True, BARE, False), (0.9, False, 0, False),
        (0.01, False, 0, None),
    ],
)  # fmt: skip
def test_a_wood_that_lost_its_leaves_was_no_mine_because_it_is_one_now(
    later: float, stays_bare: bool, plants: int, raised: bool | None
) -> None:
    """A later season makes a patch likelier on ground that stayed bare, and unlikelier on any."""
    after = Period(date(2021, 11, 1), date(2022, 4, 30))
    starts, ends = np.zeros((2, 2, *SHAPE), "uint16")
    starts[0], ends[0] = END - 50, from_day(after.end) if stays_bare else END
    starts[1], ends[1] = (0, 0) if stays_bare else (from_day(after.start), from_day(after.end))
    runs = {"run_start": starts, "run_end": ends}
    layers = {name: (("run", "y", "x"), days) for name, days in runs.items()}
    layers["nir"] = (("period", "y", "x"), np.zeros((2, *SHAPE), "uint8"))
    layers["vegetation_pct"] = (("period", "y", "x"), np.full((2, *SHAPE), plants, "uint8"))
    now, then = (
        replace(season({chance: block(0, 0)}), step=step, period=period)
        for step, (chance, period) in enumerate([(0.2, PERIOD), (later, after)])
    )
    evidence = Evidence(xr.Dataset(layers), (PERIOD, after))
    first, _ = _reconsider([now, then], evidence, DEFAULT.periods)
    chance = first.table["confidence"].item()
    assert (
        (chance > 0.5)
        if raised
        else (chance == pytest.approx(0.2))
        if raised is False
        else (chance < 0.1)
    )


def test_the_largest_share_of_pools_of_any_period_is_told(world, periods) -> None:
    world.mine(5, 6, since="2019-12-01", until="2020-11-01")
    world.paint("bare", slice(5, 13), slice(6, 14), 1.0, since="2020-11-01")
    evidence = Evidence(score(world.months(), periods=periods), tuple(periods))
    most = np.zeros(world.shape[1:], np.uint8)
    for ground in find_ground(evidence, pixel_m=10.0, rules=DEFAULT):
        most.reshape(-1)[ground.wet_at] = np.maximum(most.ravel()[ground.wet_at], ground.pool_pct)
    _, pools, _ = find_seasons(Judge(evidence, 10.0, DEFAULT))
    assert most.max() > 40
    np.testing.assert_array_equal(pools, most)
