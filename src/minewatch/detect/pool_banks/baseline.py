"""A pixel's own seasonal baseline, month by month: predict, compare, learn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from minewatch.compiled import kernel, part
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT, BaselineRules

FIT_FIELDS = 11
"""Weighted sums of a least-squares fit (9), squared misses, and months learnt from."""
LANES = 960
"""Pixels followed side by side: what is summed of them stays in the nearest cache (42 KB), and of a
row of months nearly a page is read at once. A power of two would lay all sums of a pixel in one
place of that cache. Sets no answer."""

Float = NDArray[np.float32]
_ONE, _ZERO, _NAN, _LEAST = (np.float32(value) for value in (1, 0, np.nan, 1e-9))

# Divisions by zero give what is thrown away anyway; asking each time would keep pixels from going
# through side by side. Everything is float32, so that where months are cut changes nothing.


def follow_baseline(
    fit: Float,
    greenness: Float,
    angle: Float,
    untouched: NDArray[np.bool_],
    *,
    rules: BaselineRules = DEFAULT.baseline,
) -> Float:
    """How far each month lies below the pixel's baseline, in its robust standard deviations.

    The baseline is a mean and one yearly harmonic. Each month is compared with what the months
    before it let expect, then learnt, by Huber's weight, so that a cloud left in it moves little;
    months from the first loss of vegetation on are not learnt.

    Parameters
    ----------
    fit
        What was learnt so far, dims (pixel, `FIT_FIELDS`); changed in place. Begins with 0.
    greenness
        Dims (month, pixel), as months are kept; NaN where not seen.
    angle
        Season of each month, radians.
    untouched
        Months to learn from, same dims.
    rules
        Thresholds.

    Returns
    -------
    array, dims (month, pixel), float32
        Positive below the baseline; NaN where not seen, or where too little lies before.
    """
    out = np.empty(greenness.shape, np.float32)
    sums = np.empty((FIT_FIELDS, LANES), np.float32)
    _follow(fit, greenness, angle, untouched, limits_of(rules), sums, out)
    return out


def limits_of(rules: BaselineRules) -> Float:
    """The thresholds as kernels take them: single precision, in a fixed order."""
    squares = rules.first_sd_months * rules.first_sd**2
    return np.array(
        [
            rules.min_months, rules.noise_floor, squares, rules.first_sd_months,
            rules.season_months, rules.ridge, rules.huber, rules.most_miss,
        ],
        np.float32,
    )  # fmt: skip


@kernel(
    "float32[:,::1], float32[:,::1], float32[::1], boolean[:,::1], float32[::1], float32[:,::1], "
    "float32[:,::1]"
)
def _follow(
    fit: Float,
    greenness: Float,
    angle: Float,
    untouched: NDArray[np.bool_],
    limits: Float,
    sums: Float,
    out: Float,
) -> None:
    """Follow baselines, `LANES` pixels at a time, whose fields lie side by side in `sums`."""
    months, pixels = greenness.shape
    season = np.empty((months, 2), np.float32)
    for t in range(months):
        season[t, 0], season[t, 1] = np.cos(angle[t]), np.sin(angle[t])
    for first in range(0, pixels, LANES):
        count = min(LANES, pixels - first)
        for lane in range(count):
            for field in range(FIT_FIELDS):
                sums[field, lane] = fit[first + lane, field]
        _follow_lanes(sums, first, count, greenness, untouched, season, limits, out)
        for lane in range(count):
            for field in range(FIT_FIELDS):
                fit[first + lane, field] = sums[field, lane]


@part
def _follow_lanes(
    sums: Float,
    first: int,
    count: int,
    seen: Float,
    untouched: NDArray[np.bool_],
    season: Float,
    limits: Float,
    scores: Float,
) -> None:
    """Compare each month of some pixels with their past, then learn it: no branch, no order."""
    least, floor, first_squares = limits[0], limits[1], limits[2]
    first_months, a_year, ridge = limits[3], limits[4], limits[5]
    huber, most_miss = limits[6], limits[7]
    for t in range(len(season)):
        x, y = season[t, 0], season[t, 1]
        for i in range(count):
            at = np.uintp(first + i)  # with a sign, it would be tested pixel by pixel
            is_seen = seen[t, at] == seen[t, at]
            value = seen[t, at] if is_seen else _ZERO
            mean, cosine, sine = _solve(
                sums[0, i], sums[1, i], sums[2, i], sums[3, i], sums[4, i], sums[5, i],
                sums[6, i], sums[7, i], sums[8, i], ridge,
            )  # fmt: skip
            miss, learnt = mean + cosine * x + sine * y - value, sums[10, i]
            sd = _sd(sums[9, i], learnt, floor, first_squares, first_months, a_year)
            far = abs(miss)
            is_scored, is_taught = is_seen & (learnt >= least), is_seen & untouched[t, at]
            scores[t, at] = miss / sd if is_scored else _NAN
            kept = min(far, most_miss * sd)
            sums[9, i] += kept * kept if is_scored & is_taught & (learnt >= a_year) else _ZERO
            trust = min(_ONE, huber * sd / max(far, _LEAST)) if is_scored else _ONE
            weight = trust if is_taught else _ZERO
            wx, wy = weight * x, weight * y
            sums[0, i] += weight
            sums[1, i] += wx
            sums[2, i] += wy
            sums[3, i] += wx * x
            sums[4, i] += wy * y
            sums[5, i] += wx * y
            sums[6, i] += weight * value
            sums[7, i] += wx * value
            sums[8, i] += wy * value
            sums[10, i] += _ONE if is_taught else _ZERO


@kernel()
def expected_greenness(fit: Float, angle: Float, limits: Float) -> Float:
    """Greenness that a baseline lets expect, and its standard deviation.

    Parameters
    ----------
    fit
        Dims (pixel, `FIT_FIELDS`).
    angle
        Seasons asked for, radians.
    limits
        From `limits_of`.

    Returns
    -------
    array, dims (pixel, season + 1), float32
        The last column is the standard deviation; NaN where too little was learnt.
    """
    out = np.full((len(fit), len(angle) + 1), np.nan, np.float32)
    least, floor, first_squares = limits[0], limits[1], limits[2]
    first_months, a_year, ridge = limits[3], limits[4], limits[5]
    for i in range(len(fit)):
        of = fit[i]
        if of[10] < least:
            continue
        mean, cosine, sine = _solve(
            of[0], of[1], of[2], of[3], of[4], of[5], of[6], of[7], of[8], ridge
        )
        for t in range(len(angle)):
            out[i, t] = mean + cosine * np.cos(angle[t]) + sine * np.sin(angle[t])
        out[i, -1] = _sd(of[9], of[10], floor, first_squares, first_months, a_year)
    return out


@part
def _sd(
    squares: float,
    learnt: float,
    floor: float,
    first_squares: float,
    first_months: float,
    a_year: float,
) -> float:
    more: Any = max(learnt - a_year, _ZERO)
    months = first_months + more
    sd: float = max(np.sqrt((first_squares + squares) / months), floor)
    return sd


@part
def _solve(
    n: Any, c: Any, s: Any, cc: Any, ss: Any, cs: Any, v: Any, vc: Any, vs: Any, ridge: Any
) -> tuple[float, float, float]:
    """Weighted least squares of a mean and two seasonal terms, these drawn towards zero."""
    # the mean is eliminated first: what is left is two by two and, with the ridge, never singular
    of_n = _ONE / n
    c_mean, s_mean = c * of_n, s * of_n
    a, b, d = cc - c * c_mean + ridge, ss - s * s_mean + ridge, cs - c * s_mean
    e, f = vc - v * c_mean, vs - v * s_mean
    of_determinant = _ONE / (a * b - d * d)
    cosine, sine = (e * b - f * d) * of_determinant, (f * a - e * d) * of_determinant
    return v * of_n - cosine * c_mean - sine * s_mean, cosine, sine
