"""The compiled baseline is that of numpy, bit by bit: how pixels are walked decides nothing."""

import numba
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from minewatch.detect.pool_banks.baseline import FIT_FIELDS, LANES, follow_baseline
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT

RULES = DEFAULT.baseline

Float = NDArray[np.float32]
one, zero, most, huber, least = (np.float32(value) for value in (1, 0, 3, 1.5, 1e-9))
ridge, floor = np.float32(RULES.ridge), np.float32(RULES.noise_floor)
first = np.float32(RULES.first_sd_months * RULES.first_sd**2)


@numba.njit
def season(angle: Float) -> tuple[Float, Float]:
    """As compiled: the last bit of numpy's own cosine depends on the processor."""
    return np.cos(angle), np.sin(angle)


def by_numpy(fit: Float, greenness: Float, angle: Float, untouched: NDArray[np.bool_]) -> Float:
    """`follow_baseline`, a month at a time over all pixels, in the same order of operations."""
    n, c, s, cc, ss, cs, v, vc, vs, squares, learnt = fit.T.copy()
    out = np.empty_like(greenness)
    for t, (x, y) in enumerate(zip(*season(angle), strict=True)):
        seen = ~np.isnan(greenness[t])
        value = np.where(seen, greenness[t], zero)
        of_n = one / n
        c_mean, s_mean = c * of_n, s * of_n
        a, b, d = cc - c * c_mean + ridge, ss - s * s_mean + ridge, cs - c * s_mean
        e, f = vc - v * c_mean, vs - v * s_mean
        of_determinant = one / (a * b - d * d)
        cosine, sine = (e * b - f * d) * of_determinant, (f * a - e * d) * of_determinant
        miss = (v * of_n - cosine * c_mean - sine * s_mean) + cosine * x + sine * y - value
        months = np.float32(RULES.first_sd_months) + np.fmax(
            learnt - np.float32(RULES.season_months), zero
        )
        sd, far = np.maximum(np.sqrt((first + squares) / months), floor), np.abs(miss)
        told, taught = seen & (learnt >= RULES.min_months), seen & untouched[t]
        out[t] = np.where(told, miss / sd, np.float32(np.nan))
        kept = np.minimum(far, most * sd)
        rough = told & taught & (learnt >= RULES.season_months)
        squares = squares + np.where(rough, kept * kept, zero)
        trust = np.where(told, np.minimum(one, huber * sd / np.maximum(far, least)), one)
        weight = np.where(taught, trust, zero)
        wx, wy = weight * x, weight * y
        n, c, s = n + weight, c + wx, s + wy
        cc, ss, cs = cc + wx * x, ss + wy * y, cs + wx * y
        v, vc, vs = v + weight * value, vc + wx * value, vs + wy * value
        learnt = learnt + np.where(taught, one, zero)
    fit[:] = np.stack([n, c, s, cc, ss, cs, v, vc, vs, squares, learnt], axis=1)
    return out


@given(
    seed=st.integers(0, 2**32 - 1),
    months=st.integers(1, 40),
    pixels=st.sampled_from([1, 2, 15, 16, 17, LANES - 1, LANES, LANES + 1, 2 * LANES + 9]),
    unseen=st.sampled_from([0.0, 0.3, 0.95]),
)
@settings(max_examples=40, deadline=None)
def test_the_compiled_baseline_is_that_of_numpy_bit_by_bit(
    seed: int, months: int, pixels: int, unseen: float
) -> None:
    rng = np.random.default_rng(seed)
    greenness = (0.6 + 0.2 * rng.standard_normal((months, pixels))).astype(np.float32)
    greenness[rng.random(greenness.shape) < unseen] = np.nan
    untouched = np.arange(months)[:, None] < rng.integers(0, months + 1, pixels)
    angle = (rng.integers(0, 12) + np.arange(months)).astype(np.float32) * np.float32(np.pi / 6)
    ours, theirs = np.zeros((2, pixels, FIT_FIELDS), np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(2):  # the second time with a past
            told = follow_baseline(ours, greenness, angle, untouched)
            expected = by_numpy(theirs, greenness, angle, untouched)
            np.testing.assert_array_equal(told.view(np.uint32), expected.view(np.uint32))
            np.testing.assert_array_equal(ours.view(np.uint32), theirs.view(np.uint32))
