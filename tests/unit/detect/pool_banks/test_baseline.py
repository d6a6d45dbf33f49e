import numpy as np

from minewatch.detect.pool_banks.baseline import (
    FIT_FIELDS,
    LANES,
    expected_greenness,
    follow_baseline,
    limits_of,
)
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT

MONTHS = 48
ANGLE = (np.arange(MONTHS) % 12 * 2 * np.pi / 12).astype("float32")
RNG = np.random.default_rng(3)
NEVER = MONTHS
LIMITS = limits_of(DEFAULT.baseline)


def drop_of(values: np.ndarray, change: int = NEVER) -> np.ndarray:
    """Drops of one pixel that changed in a month."""
    untouched = (np.arange(MONTHS) < change)[:, None]
    fit = np.zeros((1, FIT_FIELDS), "float32")
    return follow_baseline(fit, values, ANGLE, untouched)[:, 0]


def seasonal(noise: float) -> np.ndarray:
    values = 0.7 + 0.12 * np.cos(ANGLE - 1) + RNG.normal(0, noise, MONTHS)
    return values.astype("float32")[:, None]


def test_leaves_that_fall_every_year_are_no_change() -> None:
    drop = drop_of(seasonal(0.02))
    assert np.isnan(drop[:6]).all()
    assert np.abs(drop[12:]).max() < 3


def test_a_loss_is_told_in_the_pixels_own_deviations() -> None:
    calm, rough = seasonal(0.01), seasonal(0.08)
    for values in (calm, rough):
        values[36:] -= 0.4
    calm_drop = np.median(drop_of(calm, 36)[36:])
    rough_drop = np.median(drop_of(rough, 36)[36:])
    assert calm_drop > 8 > rough_drop > 3


def test_clouds_left_in_the_past_do_not_move_the_baseline() -> None:
    clean = seasonal(0.02)
    cloudy = clean.copy()
    cloudy[[15, 17, 26]] = 0.1
    shift = drop_of(cloudy) - drop_of(clean)
    assert np.abs(np.delete(shift, [15, 17, 26])[36:]).max() < 1.5


def test_too_short_a_past_gives_no_score() -> None:
    assert np.isnan(drop_of(seasonal(0.02), 5)).all()


def test_unseen_months_stay_unseen() -> None:
    values = seasonal(0.02)
    values[10:14] = np.nan
    drop = drop_of(values)
    assert np.isnan(drop[10:14]).all()
    assert np.isfinite(drop[14:]).all()


def test_what_comes_after_the_change_is_not_learnt() -> None:
    values = seasonal(0.02)
    values[36:] -= 0.4
    fit = np.zeros((1, FIT_FIELDS), "float32")
    follow_baseline(fit, values, ANGLE, (np.arange(MONTHS) < 36)[:, None])
    told = expected_greenness(fit, ANGLE[:12], LIMITS)[0]
    assert np.abs(told[:12] - (0.7 + 0.12 * np.cos(ANGLE[:12] - 1))).max() < 0.04
    assert 0.02 < told[12] < 0.07


def test_the_baseline_is_that_of_least_squares_when_nothing_is_odd() -> None:
    values = seasonal(0.004)
    fit = np.zeros((1, FIT_FIELDS), "float32")
    follow_baseline(fit, values, ANGLE, np.ones((MONTHS, 1), bool))
    rows = np.stack([np.ones(MONTHS), np.cos(ANGLE), np.sin(ANGLE)], axis=1)
    solved, *_ = np.linalg.lstsq(rows, values[:, 0], rcond=None)
    np.testing.assert_allclose(
        expected_greenness(fit, ANGLE, LIMITS)[0, :MONTHS], rows @ solved, atol=0.005
    )


def test_a_pixel_is_told_the_same_whoever_lies_beside_it_and_wherever_months_are_cut() -> None:
    rng, pixels = np.random.default_rng(5), LANES + 7
    level = 0.7 + 0.1 * np.cos(ANGLE)[:, None]
    values = (level + rng.normal(0, 0.1, (MONTHS, pixels))).astype("float32")
    values[rng.random(values.shape) < 0.3] = np.nan
    untouched = np.arange(MONTHS)[:, None] < rng.integers(10, MONTHS + 1, pixels)
    whole = np.zeros((pixels, FIT_FIELDS), "float32")
    told = follow_baseline(whole, values, ANGLE, untouched)
    apart = np.zeros_like(whole)
    for pixel in range(pixels):
        for months in (slice(0, 17), slice(17, MONTHS)):
            at = months, slice(pixel, pixel + 1)
            alone = follow_baseline(apart[at[1]], values[at], ANGLE[months], untouched[at])
            np.testing.assert_array_equal(alone, told[at])
    np.testing.assert_array_equal(apart, whole)
