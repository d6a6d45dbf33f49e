import numpy as np

from minewatch.detect.baseline import drop_below_baseline

MONTHS = 48
ANGLE = (np.arange(MONTHS) % 12 * 2 * np.pi / 12).astype("float32")
RNG = np.random.default_rng(3)
NEVER = np.array([MONTHS])


def seasonal(noise: float) -> np.ndarray:
    values = 0.7 + 0.12 * np.cos(ANGLE - 1) + RNG.normal(0, noise, MONTHS)
    return values.astype("float32")[None]


def test_leaves_that_fall_every_year_are_no_change() -> None:
    drop = drop_below_baseline(seasonal(0.02), ANGLE, NEVER)
    assert np.abs(drop).max() < 3


def test_a_loss_is_told_in_the_pixels_own_deviations() -> None:
    calm, rough = seasonal(0.01), seasonal(0.08)
    for values in (calm, rough):
        values[0, 36:] -= 0.4
    change = np.array([36])
    calm_drop = np.median(drop_below_baseline(calm, ANGLE, change)[0, 36:])
    rough_drop = np.median(drop_below_baseline(rough, ANGLE, change)[0, 36:])
    assert calm_drop > 10 > rough_drop > 3


def test_clouds_left_in_the_past_do_not_move_the_baseline() -> None:
    clean = seasonal(0.02)
    cloudy = clean.copy()
    cloudy[0, [3, 17, 26]] = 0.1
    shift = drop_below_baseline(cloudy, ANGLE, NEVER) - drop_below_baseline(clean, ANGLE, NEVER)
    kept = np.delete(shift[0], [3, 17, 26])
    assert np.abs(kept).max() < 1.5


def test_too_short_a_past_gives_no_score() -> None:
    drop = drop_below_baseline(seasonal(0.02), ANGLE, np.array([5]))
    assert np.isnan(drop).all()


def test_unseen_months_stay_unseen() -> None:
    values = seasonal(0.02)
    values[0, 10:14] = np.nan
    drop = drop_below_baseline(values, ANGLE, NEVER)
    assert np.isnan(drop[0, 10:14]).all()
    assert np.isfinite(drop[0, 14:]).all()
