"""A pixel's own seasonal baseline, month by month: predict, compare, learn."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

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
_HUBER = 1.5


@numba.njit(cache=True, nogil=True)
def follow_baseline(
    fit: NDArray[np.float32],
    greenness: NDArray[np.float32],
    angle: NDArray[np.float32],
    untouched: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """How far each month lies below the pixel's baseline, in its robust standard deviations.

    The baseline is a mean and one yearly harmonic. Each month is compared with what the months
    before it let expect, then learnt, by Huber's weight, so that a cloud left in it moves little;
    months from the first loss of vegetation on are not learnt.

    Parameters
    ----------
    fit
        What was learnt so far, dims (pixel, `FIT_FIELDS`); changed in place. Begins with 0.
    greenness
        Dims (pixel, month), NaN where not seen.
    angle
        Season of each month, radians.
    untouched
        Months to learn from, same dims.

    Returns
    -------
    array, dims (pixel, month), float32
        Positive below the baseline; NaN where not seen, or where too little lies before.
    """
    pixels, months = greenness.shape
    out = np.full((pixels, months), np.nan, np.float32)
    cosines, sines = np.cos(angle), np.sin(angle)
    for i in range(pixels):
        sums = fit[i]  # float32 all along, so that where months are cut changes nothing
        for t in range(months):
            value = greenness[i, t]
            if np.isnan(value):
                continue
            x, y = cosines[t], sines[t]
            weight = 1.0
            if sums[10] >= MIN_MONTHS:
                mean, cosine, sine = _solve(sums)
                miss = mean + cosine * x + sine * y - value
                sd = _sd(sums)
                out[i, t] = miss / sd
                weight = min(1.0, _HUBER * sd / max(abs(miss), 1e-9))
                if untouched[i, t] and sums[10] >= SEASON_MONTHS:
                    sums[9] += min(abs(miss), 2 * _HUBER * sd) ** 2
            if untouched[i, t]:
                sums[0] += weight
                sums[1] += weight * x
                sums[2] += weight * y
                sums[3] += weight * x * x
                sums[4] += weight * y * y
                sums[5] += weight * x * y
                sums[6] += weight * value
                sums[7] += weight * x * value
                sums[8] += weight * y * value
                sums[10] += 1
    return out


@numba.njit(cache=True, nogil=True)
def expected_greenness(fit: NDArray[np.float32], angle: NDArray[np.float32]) -> NDArray[np.float32]:
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
        sums = fit[i]
        if sums[10] < MIN_MONTHS:
            continue
        mean, cosine, sine = _solve(sums)
        for t in range(len(angle)):
            out[i, t] = mean + cosine * np.cos(angle[t]) + sine * np.sin(angle[t])
        out[i, -1] = _sd(sums)
    return out


@numba.njit(cache=True, nogil=True)
def _sd(sums: NDArray[np.float32]) -> float:
    own = max(float(sums[10]) - SEASON_MONTHS, 0.0)
    squares = FIRST_SD_MONTHS * FIRST_SD**2 + sums[9]
    return float(max(np.sqrt(squares / (FIRST_SD_MONTHS + own)), NOISE_FLOOR))


@numba.njit(cache=True, nogil=True)
def _solve(sums: NDArray[np.float32]) -> tuple[float, float, float]:
    """Weighted least squares of a mean and two seasonal terms, these drawn towards zero."""
    n, c, s, v = float(sums[0]), float(sums[1]), float(sums[2]), float(sums[6])
    # the mean is eliminated first: what is left is two by two and, with the ridge, never singular
    cc, ss = sums[3] - c * c / n + RIDGE, sums[4] - s * s / n + RIDGE
    cs = sums[5] - c * s / n
    vc, vs = sums[7] - v * c / n, sums[8] - v * s / n
    determinant = cc * ss - cs * cs
    cosine, sine = (vc * ss - vs * cs) / determinant, (vs * cc - vc * cs) / determinant
    return (v - cosine * c - sine * s) / n, cosine, sine
