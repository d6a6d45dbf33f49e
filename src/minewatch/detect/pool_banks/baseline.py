"""A pixel's own seasonal baseline, month by month: predict, compare, learn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from minewatch.compiled import kernel, part

MIN_MONTHS = 6
"""Months seen before a change that make a baseline [D]."""
NOISE_FLOOR = 0.03
"""Smallest standard deviation of a month's greenness: months are medians, real stable forest
scatters by 0.065 a look [DOMAIN §2]."""
FIRST_SD = 0.065
"""Standard deviation taken while a pixel's own is not known [DOMAIN §2]."""
FIRST_SD_MONTHS = 4
"""Months of data that `FIRST_SD` is worth [D]."""
SEASON_MONTHS = 12
"""Months seen from which misses tell the pixel's own scatter: before, the season is not known."""
RIDGE = 0.3
"""Pull of the seasonal terms towards none, in months of data: few months fit no season [D]."""
FIT_FIELDS = 11
"""Weighted sums of a least-squares fit (9), squared misses, and months learnt from."""
LANES = 960
"""Pixels followed side by side: what is summed of them stays in the nearest cache (42 KB), and of a
row of months nearly a page is read at once. A power of two would lay all sums of a pixel in one
place of that cache. Sets no answer."""

Float = NDArray[np.float32]
_ONE, _ZERO, _NAN, _LEAST = (np.float32(value) for value in (1, 0, np.nan, 1e-9))
_HUBER, _MOST_MISS, _RIDGE = np.float32(1.5), np.float32(3.0), np.float32(RIDGE)
_FLOOR, _FIRST_MONTHS = np.float32(NOISE_FLOOR), np.float32(FIRST_SD_MONTHS)
_FIRST_SQUARES = np.float32(FIRST_SD_MONTHS * FIRST_SD**2)
_MIN, _SEASON = np.float32(MIN_MONTHS), np.float32(SEASON_MONTHS)

# Divisions by zero give what is thrown away anyway; asking each time would keep pixels from going
# through side by side. Everything is float32, so that where months are cut changes nothing.


def follow_baseline(
    fit: Float, greenness: Float, angle: Float, untouched: NDArray[np.bool_]
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

    Returns
    -------
    array, dims (month, pixel), float32
        Positive below the baseline; NaN where not seen, or where too little lies before.
    """
    out = np.empty(greenness.shape, np.float32)
    _follow(fit, greenness, angle, untouched, np.empty((FIT_FIELDS, LANES), np.float32), out)
    return out


@kernel(
    "float32[:,::1], float32[:,::1], float32[::1], boolean[:,::1], float32[:,::1], float32[:,::1]"
)
def _follow(
    fit: Float,
    greenness: Float,
    angle: Float,
    untouched: NDArray[np.bool_],
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
        _follow_lanes(sums, first, count, greenness, untouched, season, out)
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
    told: Float,
) -> None:
    """Compare each month of some pixels with their past, then learn it: no branch, no order."""
    for t in range(len(season)):
        x, y = season[t, 0], season[t, 1]
        for i in range(count):
            at = np.uintp(first + i)  # with a sign, it would be tested pixel by pixel
            is_seen = seen[t, at] == seen[t, at]
            value = seen[t, at] if is_seen else _ZERO
            mean, cosine, sine = _solve(
                sums[0, i], sums[1, i], sums[2, i], sums[3, i], sums[4, i], sums[5, i],
                sums[6, i], sums[7, i], sums[8, i],
            )  # fmt: skip
            miss, learnt = mean + cosine * x + sine * y - value, sums[10, i]
            sd, far = _sd(sums[9, i], learnt), abs(miss)
            is_told, is_taught = is_seen & (learnt >= _MIN), is_seen & untouched[t, at]
            told[t, at] = miss / sd if is_told else _NAN
            kept = min(far, _MOST_MISS * sd)
            sums[9, i] += kept * kept if is_told & is_taught & (learnt >= _SEASON) else _ZERO
            trust = min(_ONE, _HUBER * sd / max(far, _LEAST)) if is_told else _ONE
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
def expected_greenness(fit: Float, angle: Float) -> Float:
    """Greenness that a baseline lets expect, and its standard deviation.

    Parameters
    ----------
    fit
        Dims (pixel, `FIT_FIELDS`).
    angle
        Seasons asked for, radians.

    Returns
    -------
    array, dims (pixel, season + 1), float32
        The last column is the standard deviation; NaN where too little was learnt.
    """
    out = np.full((len(fit), len(angle) + 1), np.nan, np.float32)
    for i in range(len(fit)):
        of = fit[i]
        if of[10] < MIN_MONTHS:
            continue
        mean, cosine, sine = _solve(of[0], of[1], of[2], of[3], of[4], of[5], of[6], of[7], of[8])
        for t in range(len(angle)):
            out[i, t] = mean + cosine * np.cos(angle[t]) + sine * np.sin(angle[t])
        out[i, -1] = _sd(of[9], of[10])
    return out


@part
def _sd(squares: float, learnt: float) -> float:
    months = _FIRST_MONTHS + max(learnt - _SEASON, _ZERO)
    sd: float = max(np.sqrt((_FIRST_SQUARES + squares) / months), _FLOOR)
    return sd


@part
def _solve(
    n: Any, c: Any, s: Any, cc: Any, ss: Any, cs: Any, v: Any, vc: Any, vs: Any
) -> tuple[float, float, float]:
    """Weighted least squares of a mean and two seasonal terms, these drawn towards zero."""
    # the mean is eliminated first: what is left is two by two and, with the ridge, never singular
    of_n = _ONE / n
    c_mean, s_mean = c * of_n, s * of_n
    a, b, d = cc - c * c_mean + _RIDGE, ss - s * s_mean + _RIDGE, cs - c * s_mean
    e, f = vc - v * c_mean, vs - v * s_mean
    of_determinant = _ONE / (a * b - d * d)
    cosine, sine = (e * b - f * d) * of_determinant, (f * a - e * d) * of_determinant
    return v * of_n - cosine * c_mean - sine * s_mean, cosine, sine
