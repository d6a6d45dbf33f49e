import numpy as np
import pytest

from minewatch.detect.pool_banks.season_statistics import (
    SWING_BINS,
    YEAR_FIELDS,
    follow_swing,
    follow_years,
    median_score,
    median_share,
    nir_variability,
    percent,
    upper_share,
    year_shares,
)

RNG = np.random.default_rng(7)


def columns(*pixels: list[int]) -> np.ndarray:
    """Months of some pixels, dims (month, pixel)."""
    return np.array(pixels, "uint8").T.copy()


def test_the_median_of_months_is_that_of_numpy_rounded_down() -> None:
    values = RNG.integers(0, 101, (7, 50)).astype("uint8")
    expected = np.floor(np.median(values, axis=0))
    np.testing.assert_array_equal(median_share(values), expected)


def test_months_that_were_not_observed_do_not_count() -> None:
    values = columns([10, 255, 30, 255, 255, 50], [255] * 6)
    assert median_share(values).tolist() == [30, 255]
    assert upper_share(values).tolist() == [30, 255]


def test_a_single_wet_month_is_taken_for_a_cloud() -> None:
    assert upper_share(columns([0, 0, 0, 0, 0, 90])).tolist() == [0]
    assert upper_share(columns([0, 0, 60, 60, 60, 90])).tolist() == [60]
    assert upper_share(columns([0, 90])).tolist() == [0]


@pytest.mark.parametrize("months", [1, 2, 5, 6, 13])
def test_what_is_sorted_side_by_side_is_what_is_sorted_pixel_by_pixel(months: int) -> None:
    """More pixels than go through at once, some without any month."""
    values = RNG.integers(0, 101, (months, 2500)).astype("uint8")
    values[RNG.random(values.shape) < 0.4] = 255
    seen = [np.sort(of[of != 255]).astype(int) for of in values.T]
    middle = [(of[(len(of) - 1) // 2] + of[len(of) // 2]) // 2 if len(of) else 255 for of in seen]
    upper = [of[min(len(of) // 2, max(len(of) - 2, 0)) : max(len(of) - 1, 1)] for of in seen]
    assert median_share(values).tolist() == middle
    assert upper_share(values).tolist() == [of.sum() // len(of) if len(of) else 255 for of in upper]


@pytest.mark.parametrize("months", [1, 2, 5, 6])
def test_scores_are_stored_as_the_median_of_what_is_finite(months: int) -> None:
    scores = RNG.normal(0, 60, (months, 2500)).astype("float32")
    scores[RNG.random(scores.shape) < 0.4] = np.nan
    scores[0, :9] = [np.inf, -np.inf, 1e9, -1e9, 327.67, 327.68, 0.005, -0.005, np.nan]
    ordered, count = np.sort(scores, axis=0), np.isfinite(scores).sum(axis=0)
    pixels = np.arange(scores.shape[1])
    middle = (ordered[(count - 1) // 2, pixels] + ordered[count // 2 % months, pixels]) / 2
    with np.errstate(invalid="ignore"):
        stored = np.clip(np.rint(middle * 100), -32767, 32767).astype("int16")
    found = median_score(scores, np.float32(100))
    assert found.tolist() == np.where(count > 0, stored, -32768).tolist()


def test_shares_of_overpasses_are_rounded_and_255_where_there_are_none() -> None:
    part, whole = (RNG.integers(0, most, (3, 2500)).astype("uint16") for most in (3, 4))
    total = whole.sum(axis=0).astype(int)
    share = np.rint(part.sum(axis=0).astype(int) * 100 / np.maximum(total, 1))
    expected = np.where(total > 0, share, 255).astype("uint8")
    np.testing.assert_array_equal(percent(np.minimum(part, 255), whole), expected)


def test_only_months_that_were_seen_and_mostly_disturbed_make_unrest() -> None:
    clear, disturbed = (
        np.array(looks, "uint16")[:, None] for looks in ([0, 3, 4, 4], [0, 1, 2, 4])
    )
    swing = np.zeros((1, SWING_BINS), "uint8")
    follow_swing(swing, np.array([[900], [900], [900], [0]], "uint16"), clear, disturbed)
    assert swing.sum() == 1


def unrest_of(values: list[int], *, until: int | None = None) -> int:
    months = np.array(values[:until], "uint16")[:, None]
    swing = np.zeros((1, SWING_BINS), "uint8")
    looks = np.full_like(months, 2)
    follow_swing(swing, months, looks, looks)
    return int(nir_variability(swing, 6)[0])


def test_unrest_is_half_the_range_of_the_logarithm_so_far() -> None:
    values = [1000] * 6 + [2000] * 6
    assert unrest_of(values, until=4) == 255
    assert unrest_of(values, until=6) == 0
    assert unrest_of(values) == pytest.approx(50 * np.log(2), abs=4)


def test_unrest_agrees_with_the_quantiles_of_the_months() -> None:
    for values in RNG.integers(200, 6000, (40, 30)):
        ordered = np.sort(values)
        exact = 50 * np.log(ordered[26] / ordered[3])
        assert unrest_of(values.tolist()) == pytest.approx(exact, abs=4)


def test_one_odd_month_in_ten_makes_no_unrest() -> None:
    assert unrest_of([1000] * 11 + [9000]) == 0


@pytest.mark.parametrize(
    ("months", "expected"),
    [
        ("ggggddddgggg" * 3, 100),
        ("ddddddddgggg" + "gggggggggggd" + "dddddddddggg", 66),
        ("d" * 36, 0),
        ("g" * 36, 0),
        ("gggg" + "d" * 32, 0),
        ("g" * 20 + "dddd" + "g" * 12, 33),
    ],
)
def test_years_that_turn_green_again_are_counted(months: str, expected: int) -> None:
    """A field does so each year; ground that is opened once and stays open never does."""
    disturbed = np.array([4 if m == "d" else 0 for m in months], "uint16")[:, None]
    days = (np.arange(36) * 30.4).astype("int64")
    years = np.zeros((1, YEAR_FIELDS), "uint16")
    for part in (slice(0, 5), slice(5, 30), slice(30, 36)):  # where it is cut must not matter
        cut = disturbed[part]
        follow_years(years, np.full_like(cut, 4), cut, days[part], 0, 3)
    assert year_shares(years, min_months=3).item() == expected
