"""Mistakes of interpreters are taken out of areas, and what cannot be known is not invented."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from minewatch.errors import ContractError
from minewatch.estimates import DrawnUnits, hypergeometric, share, share_without_mistakes

FRAME = [10_000.0, 990_000.0]


def two_strata(first: int, second: int) -> DrawnUnits:
    return DrawnUnits.of_pixels(np.repeat([0, 1], [first, second]), FRAME)


def test_labels_on_which_all_agree_give_the_limits_of_plain_labels() -> None:
    units = two_strata(100, 200)
    there = np.concatenate([np.repeat([1.0, 0.0], [80, 20]), np.repeat([1.0, 0.0], [1, 199])])
    found = share_without_mistakes(units, np.full(300, 3.0), 3 * there)
    plain = share(units, there)
    assert found.invents == pytest.approx(0, abs=1e-6)
    assert found.share.value == pytest.approx(plain.value, rel=1e-6)
    assert found.share.low == pytest.approx(plain.low, rel=0.02)
    assert found.share.high == pytest.approx(plain.high, rel=0.02)


def test_what_no_second_look_confirms_is_a_mistake() -> None:
    units = two_strata(100, 400)
    yes = np.concatenate(
        [np.repeat([2.0, 1.0, 0.0], [81, 9, 10]), np.repeat([1.0, 0.0], [40, 360])]
    )
    found = share_without_mistakes(units, np.full(500, 2.0), yes)
    assert found.invents == pytest.approx(0.05, abs=0.01)
    assert found.sees == pytest.approx(0.95, abs=0.02)
    assert found.share.value < 0.0105
    assert share(units, yes / 2).low > 0.03, "the mean of two takes mistakes for mines"
    assert found.share.high > 0.015, "a mine that one of them missed may be among them"


def test_one_look_at_most_units_says_less_than_two_at_all() -> None:
    units = two_strata(100, 200)
    looks = np.full(300, 2.0)
    yes = np.concatenate([np.repeat([2.0, 0.0], [90, 10]), np.repeat([1.0, 0.0], [20, 180])])
    every = share_without_mistakes(units, looks, yes).share
    few = np.arange(300) % 10 == 0
    some = share_without_mistakes(units, np.where(few, 2.0, 1.0), np.where(few, yes, yes > 0)).share
    assert some.high - some.low > 2 * (every.high - every.low)


def test_what_may_all_be_mistakes_may_be_nothing() -> None:
    units = two_strata(100, 150)
    yes = np.concatenate(
        [np.repeat([2.0, 1.0], [90, 10]), np.repeat([2.0, 1.0, 0.0], [1, 15, 134])]
    )
    found = share_without_mistakes(units, np.full(250, 2.0), yes)
    assert found.share.value > 0.011, "the one that both call there most likely is"
    assert found.share.low < 0.01 * 0.99, "but two mistakes on one of 150 are no wonder"


def test_shares_of_strata_are_those_of_the_example_of_hui_and_walter() -> None:
    """Two tests for tuberculosis in two populations: 2.7 and 71.7 % are ill (Hui & Walter 1980)."""
    both = {0: (14, 13, 528), 1: (887, 68, 367)}  # both, one, none of two
    stratum = np.concatenate([np.full(sum(of), h) for h, of in both.items()])
    yes = np.concatenate([np.repeat([2.0, 1.0, 0.0], of) for of in both.values()])
    for only, share_of_ill in ((0, 0.0268), (1, 0.7168)):
        frame = [1e9, 1.0 * len(stratum)] if only == 0 else [1.0 * len(stratum), 1e9]
        units = DrawnUnits.of_pixels(stratum, frame)
        found = share_without_mistakes(units, np.full(len(yes), 2.0), yes)
        assert found.share.value == pytest.approx(share_of_ill, abs=0.003)
        assert found.share.low < share_of_ill < found.share.high
        assert found.sees == pytest.approx(0.967, abs=0.003)


def test_estimates_are_those_of_a_plain_search_for_the_likeliest() -> None:
    counts = {0: {2: 40, 1: 12, 0: 8}, 1: {2: 3, 1: 14, 0: 120}}
    stratum = np.concatenate([np.full(sum(of.values()), h) for h, of in counts.items()])
    yes = np.concatenate([np.repeat([*map(float, of)], [*of.values()]) for of in counts.values()])

    def misfit(x: np.ndarray) -> float:
        p, sees, invents, chance = x[:2], x[2], x[3], stats.binom.pmf
        return -sum(
            n * np.log(p[h] * chance(k, 2, sees) + (1 - p[h]) * chance(k, 2, invents))
            for h, of in counts.items() for k, n in of.items()
        )  # fmt: skip

    best = optimize.minimize(misfit, [0.6, 0.05, 0.9, 0.1], bounds=[(1e-6, 1 - 1e-6)] * 4).x
    units = DrawnUnits.of_pixels(stratum, FRAME)
    found = share_without_mistakes(units, np.full(len(yes), 2.0), yes)
    assert found.share.value == pytest.approx(0.01 * best[0] + 0.99 * best[1], abs=2e-4)
    assert (found.sees, found.invents) == pytest.approx((best[2], best[3]), abs=0.01)


def test_one_look_cannot_be_corrected_and_blocks_are_refused() -> None:
    units = two_strata(3, 3)
    with pytest.raises(ContractError, match="nothing was looked at twice"):
        share_without_mistakes(units, np.ones(6), np.ones(6))
    blocks = DrawnUnits(
        stratum=np.zeros(1, "int64"), size=np.array([2.0]), unit=np.zeros(2, "int64"),
        frame_units=np.array([9.0]), frame_size=np.array([18.0]),
    )  # fmt: skip
    with pytest.raises(ContractError, match="single elements"):
        share_without_mistakes(blocks, np.full(2, 2.0), np.ones(2))


@pytest.mark.parametrize(("drawn", "frame"), [(20, 40), (7, 12), (50, 200)])
def test_limits_of_a_short_list_hold_whatever_is_on_it(drawn: int, frame: int) -> None:
    limits = [hypergeometric(x, drawn, frame) for x in range(drawn + 1)]
    for there in range(frame + 1):
        chance = stats.hypergeom.pmf(np.arange(drawn + 1), frame, there, drawn)
        held = sum(
            p for p, (low, high) in zip(chance, limits, strict=True)
            if low <= there / frame <= high
        )  # fmt: skip
        assert held >= 0.95 - 1e-9, there
