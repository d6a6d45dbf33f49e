import numpy as np
import pytest

from minewatch.detect.pool_banks.season_statistics import (
    SWING_BINS,
    YEAR_FIELDS,
    follow_swing,
    follow_years,
    median_share,
    nir_variability,
    upper_share,
    year_shares,
)

RNG = np.random.default_rng(7)


def test_the_median_of_months_is_that_of_numpy_rounded_down() -> None:
    values = RNG.integers(0, 101, (50, 7)).astype("uint8")
    expected = np.floor(np.median(values, axis=1))
    np.testing.assert_array_equal(median_share(values), expected)


def test_months_that_were_not_observed_do_not_count() -> None:
    values = np.array([[10, 255, 30, 255, 255, 50], [255] * 6], "uint8")
    assert median_share(values).tolist() == [30, 255]
    assert upper_share(values).tolist() == [30, 255]


def test_a_single_wet_month_is_taken_for_a_cloud() -> None:
    assert upper_share(np.array([[0, 0, 0, 0, 0, 90]], "uint8")).tolist() == [0]
    assert upper_share(np.array([[0, 0, 60, 60, 60, 90]], "uint8")).tolist() == [60]
    assert upper_share(np.array([[0, 90]], "uint8")).tolist() == [0]


def unrest_of(values: list[int], *, until: int | None = None) -> int:
    months = np.array([values[:until]], "uint16")
    swing = np.zeros((1, SWING_BINS), "uint8")
    follow_swing(swing, months, np.ones(months.shape, bool))
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
    disturbed = np.array([[4 if m == "d" else 0 for m in months]], "uint16")
    days = (np.arange(36) * 30.4).astype("int64")
    years = np.zeros((1, YEAR_FIELDS), "uint16")
    for part in (slice(0, 5), slice(5, 30), slice(30, 36)):  # where it is cut must not matter
        cut = np.ascontiguousarray(disturbed[:, part])
        follow_years(years, np.full_like(cut, 4), cut, days[part], 0, 3)
    assert year_shares(years, min_months=3).item() == expected
