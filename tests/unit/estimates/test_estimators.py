"""Estimates held against other libraries, and against the faults of other tools."""

from __future__ import annotations

import math
from itertools import combinations, product

import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.proportion import proportion_confint

from minewatch.errors import ContractError
from minewatch.estimates import (
    DrawnUnits,
    assess_accuracy,
    clopper_pearson,
    cohen_kappa,
    difference,
    mid_p,
    ratio,
    share,
    total,
    wilson,
)

RNG = np.random.default_rng(7)


@pytest.mark.parametrize(("found", "of"), [(0, 10), (1, 10), (7, 10), (10, 10), (3, 1000)])
def test_limits_of_a_proportion_are_those_of_statsmodels(found: int, of: int) -> None:
    for ours, method in ((wilson, "wilson"), (clopper_pearson, "beta")):
        expected = proportion_confint(found, of, alpha=0.05, method=method)
        assert np.allclose([float(v) for v in ours(found, of)], expected, atol=1e-9)


def test_mid_p_lies_within_the_exact_limits_and_halves_what_was_seen() -> None:
    found, of = np.arange(11), np.full(11, 10)
    low, high = mid_p(found, of)
    exact_low, exact_high = clopper_pearson(found, of)
    assert ((low >= exact_low) & (high <= exact_high)).all()
    assert float(high[0]) == pytest.approx(1 - 0.05 ** (1 / 10))
    from scipy.stats import binom

    for x in range(1, 10):
        upper = float(high[x])
        assert binom.cdf(x - 1, 10, upper) + binom.pmf(x, 10, upper) / 2 == pytest.approx(0.025)


def test_kappa_and_its_error_are_those_of_statsmodels() -> None:
    first = RNG.choice(list("abc"), 200)
    second = np.where(RNG.random(200) < 0.7, first, RNG.choice(list("abc"), 200))
    table = np.array([[np.sum((first == i) & (second == j)) for j in "abc"] for i in "abc"])
    expected, ours = cohens_kappa(table), cohen_kappa(list(first), list(second))
    assert ours.kappa == pytest.approx(expected.kappa)
    assert ours.kappa_low == pytest.approx(expected.kappa_low)
    assert ours.kappa_high == pytest.approx(expected.kappa_upp)
    assert ours.units == 200


def test_kappa_of_nothing_and_of_one_label_is_unknown() -> None:
    assert math.isnan(cohen_kappa([], []).kappa)
    alike = cohen_kappa(["a"] * 5, ["a"] * 5)
    assert alike.agreed == 1
    assert math.isnan(alike.kappa)


def test_over_all_samples_that_can_be_drawn_share_and_variance_are_unbiased() -> None:
    """Every stratified sample of a small population: no formula is believed."""
    population = [np.array([1.0, 0, 1, 1, 0]), np.array([0.0, 0, 1, 0])]
    truth = (3 + 1) / 9
    found = []
    for pair in product(*(combinations(range(len(of)), 2) for of in population)):
        value = np.concatenate([of[list(at)] for of, at in zip(population, pair, strict=True)])
        found.append(share(DrawnUnits.of_pixels(np.array([0, 0, 1, 1]), [5.0, 4.0]), value))
    values = np.array([one.value for one in found])
    assert len(found) == 60
    assert values.mean() == pytest.approx(truth)
    assert np.mean([one.standard_error**2 for one in found]) == pytest.approx(values.var())


def test_over_all_two_stage_samples_share_and_variance_are_unbiased() -> None:
    tiles = np.array([[1.0, 0, 1], [0, 0, 1], [1, 1, 1], [0, 0, 0]])
    pairs = list(combinations(range(3), 2))
    found = []
    for first, second in combinations(range(4), 2):
        for one, other in product(pairs, pairs):
            value = np.concatenate([tiles[first, list(one)], tiles[second, list(other)]])
            units = DrawnUnits(
                stratum=np.zeros(2, "int64"), size=np.full(2, 3.0), unit=np.array([0, 0, 1, 1]),
                frame_units=np.array([4.0]), frame_size=np.array([12.0]),
            )  # fmt: skip
            found.append(share(units, value))
    values = np.array([one.value for one in found])
    assert values.mean() == pytest.approx(tiles.mean())
    assert np.mean([one.standard_error**2 for one in found]) == pytest.approx(values.var())


def test_two_stages_have_the_variance_of_cochran() -> None:
    """Cochran (1977), 11.24: between tiles of equal size, and within them."""
    inside = np.array([[1, 0, 0, 1], [0, 0, 0, 0], [1, 1, 1, 0]], float)
    units = DrawnUnits(
        stratum=np.zeros(3, "int64"), size=np.full(3, 100.0), unit=np.repeat(np.arange(3), 4),
        frame_units=np.array([30.0]), frame_size=np.array([3_000.0]),
    )  # fmt: skip
    found = share(units, inside.ravel())
    between = inside.mean(axis=1).var(ddof=1)
    within = inside.var(axis=1, ddof=1).mean()
    f1, f2 = 3 / 30, 4 / 100
    expected = (1 - f1) / 3 * between + f1 * (1 - f2) / (3 * 4) * within
    assert found.standard_error == pytest.approx(math.sqrt(expected))


def test_post_strata_have_a_variance_of_their_own() -> None:
    """AcATaMa (pull request 32) left the failures out of the variance of a stratum."""
    frame = np.array([2_000.0, 8_000.0])
    stratum = np.repeat([0, 1], [25, 75])
    value = np.concatenate([np.ones(20), np.zeros(5), np.ones(2), np.zeros(73)])
    after = share(DrawnUnits.of_pixels(stratum, frame, post_stratified=True), value)
    n, weight = 100, frame / frame.sum()
    spread = np.array([np.var(value[stratum == h], ddof=1) for h in (0, 1)])
    expected = (1 - n / 10_000) / n * (weight @ spread) + ((1 - weight) @ spread) / n**2
    assert after.standard_error == pytest.approx(math.sqrt(expected))
    p = np.array([20 / 25, 2 / 75])
    wrong = np.array([20, 2]) * (1 - p) ** 2 / (np.array([25, 75]) - 1)
    assert after.standard_error > 1.1 * math.sqrt(float(weight @ wrong) / n)


def test_no_interval_has_zero_width_where_nothing_was_found() -> None:
    units = DrawnUnits.of_pixels(np.repeat([0, 1], [50, 100]), [1_000.0, 99_000.0])
    never = share(units, np.zeros(150))
    assert never.standard_error == 0
    assert never.low == 0
    assert never.high > 0.02
    always = share(units, np.ones(150))
    assert always.low < 0.98
    assert always.high == 1


def test_one_unit_in_a_stratum_is_no_certainty() -> None:
    found = share(DrawnUnits.of_pixels(np.array([0]), [100.0]), np.array([1.0]))
    assert found.standard_error > 0.4
    assert found.low < 0.1


def test_a_stratum_that_was_drawn_whole_leaves_no_chance() -> None:
    value = np.array([1.0, 0.0, 1.0])
    found = share(DrawnUnits.of_pixels(np.zeros(3, "int64"), [3.0]), value)
    assert (found.low, found.value, found.high) == pytest.approx((2 / 3, 2 / 3, 2 / 3))


def test_strata_are_not_taken_for_map_classes() -> None:
    stratum = np.repeat([0, 1], 20)
    mapped = np.array([0] * 15 + [1] * 5 + [0] * 2 + [1] * 18)
    seen = np.eye(2)[np.array([0] * 12 + [1] * 8 + [1] * 2 + [1] * 17 + [0])]
    units = DrawnUnits.of_pixels(stratum, [1_000.0, 9_000.0])
    found = assess_accuracy(units, mapped, seen, classes=("pool", "other"))
    by_hand = (0.1 * 12 / 20) / (0.1 * 15 / 20 + 0.9 * 2 / 20)
    assert found.users["pool"].value == pytest.approx(by_hand)
    assert found.users["pool"].value != pytest.approx(12 / 17)


def test_pixels_of_one_block_are_not_taken_for_independent() -> None:
    value = np.repeat([1.0] * 6 + [0.0] * 14, 9)
    frame = np.array([5_000.0])
    blocks = DrawnUnits(
        stratum=np.zeros(20, "int64"), size=np.full(20, 9.0), unit=np.repeat(np.arange(20), 9),
        frame_units=frame, frame_size=9 * frame,
    )  # fmt: skip
    pixels = DrawnUnits.of_pixels(np.zeros(180, "int64"), 9 * frame)
    right, wrong = share(blocks, value), share(pixels, value)
    assert right.standard_error > 2.5 * wrong.standard_error
    assert right.high - right.low > 2.5 * (wrong.high - wrong.low)


def test_what_cannot_be_told_is_no_nothing() -> None:
    stratum = np.zeros(100, "int64")
    seen = np.zeros((100, 3))
    seen[:40, 0], seen[40:70, 1], seen[70:, 2] = 1, 1, 1
    units = DrawnUnits.of_pixels(stratum, [10_000.0])
    found = assess_accuracy(
        units, np.repeat([0, 1], 50), seen, classes=("pool", "other"), others=("unsure",)
    )
    assert found.areas["unsure"].value == pytest.approx(0.3)
    assert found.areas["other"].value == pytest.approx(0.3)
    assert found.overall.value == pytest.approx((40 + 20) / 70)


def test_a_change_keeps_the_covariance_of_the_pairs() -> None:
    stratum = np.zeros(400, "int64")
    before = (np.arange(400) < 200).astype(float)
    after = (np.arange(400) < 210).astype(float)
    units = DrawnUnits.of_pixels(stratum, [1e6])
    gain, loss = np.maximum(after - before, 0), np.maximum(before - after, 0)
    paired = difference(units, gain, loss)
    assert paired.value == pytest.approx(10 / 400)
    apart = math.hypot(share(units, before).standard_error, share(units, after).standard_error)
    assert paired.standard_error < 0.3 * apart
    assert paired.low > 0
    same = difference(units, np.zeros(400), np.zeros(400))
    assert same.low < 0 < same.high


def test_knowing_the_most_of_a_unit_narrows_an_interval_and_never_cuts_what_was_seen() -> None:
    frame = np.array([2_000.0])
    value = np.zeros(100 * 9)
    units = DrawnUnits(
        stratum=np.zeros(100, "int64"), size=np.full(100, 9.0), unit=np.repeat(np.arange(100), 9),
        frame_units=frame, frame_size=9 * frame,
    )  # fmt: skip
    assert share(units, value, largest=0.1).high == pytest.approx(share(units, value).high / 10)
    value[:9] = 1
    assert share(units, value, largest=0.1) == share(units, value)


def test_a_total_is_the_share_of_the_frame() -> None:
    units = DrawnUnits.of_pixels(np.zeros(4, "int64"), [1_000.0])
    assert total(units, np.array([1.0, 0, 0, 0])).value == pytest.approx(250)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ContractError, match="no labelled unit"):
        DrawnUnits.of_pixels(np.array([0, 0]), [10.0, 10.0])
    with pytest.raises(ContractError, match="out of"):
        DrawnUnits.of_pixels(np.array([0, 0, 0]), [2.0])
    with pytest.raises(ContractError, match="more than its whole"):
        ratio(DrawnUnits.of_pixels(np.array([0, 0]), [9.0]), np.ones(2), np.zeros(2))
