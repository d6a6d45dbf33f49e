"""A pixel's own seasonal baseline, and how far each month falls below it."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

MIN_MONTHS = 6
"""Months seen before a change that make a baseline [D]."""
NOISE_FLOOR = 0.03
"""Smallest standard deviation of a month's greenness: months are medians, real stable forest
scatters by 0.065 a look [DOMAIN §2]."""
RIDGE = 0.3
"""Pull of the seasonal terms towards none, in months of data: few months fit no season [D]."""
_HUBER = 1.5
_ROUNDS = 4


@numba.njit(cache=True, nogil=True)
def drop_below_baseline(
    greenness: NDArray[np.float32],
    angle: NDArray[np.float32],
    change_month: NDArray[np.int64],
) -> NDArray[np.float32]:
    """How far each month lies below the pixel's baseline, in its robust standard deviations.

    The baseline is a mean and one yearly harmonic, fitted by Huber weights on the months before
    the change, so that a cloud left in a month does not move it.

    Parameters
    ----------
    greenness
        Dims (pixel, month), NaN where not seen.
    angle
        Season of each month, radians.
    change_month
        Index of the month in which each pixel changed; the number of months where it never did.

    Returns
    -------
    array, dims (pixel, month), float32
        Positive below the baseline; NaN where not seen, or where too little lies before the change.
    """
    pixels, months = greenness.shape
    out = np.full((pixels, months), np.nan, np.float32)
    rows = np.ones((months, 3))
    for t in range(months):
        rows[t, 1], rows[t, 2] = np.cos(angle[t]), np.sin(angle[t])
    weight, deviation = np.empty(months), np.empty(months)
    for i in range(pixels):
        seen = 0
        for t in range(months):
            usable = t < change_month[i] and not np.isnan(greenness[i, t])
            weight[t] = 1.0 if usable else 0.0
            seen += usable
        if seen < MIN_MONTHS:
            continue
        for _ in range(_ROUNDS):
            fit = _solve(rows, greenness[i], weight)
            count = 0
            for t in range(months):
                if weight[t] > 0:
                    deviation[count] = abs(greenness[i, t] - _value(fit, rows[t]))
                    count += 1
            sd = max(1.4826 * np.median(deviation[:count]), NOISE_FLOOR)
            for t in range(months):
                if weight[t] > 0:
                    off = abs(greenness[i, t] - _value(fit, rows[t]))
                    weight[t] = min(1.0, _HUBER * sd / max(off, 1e-9))
        for t in range(months):
            if not np.isnan(greenness[i, t]):
                out[i, t] = (_value(fit, rows[t]) - greenness[i, t]) / sd
    return out


@numba.njit(cache=True, nogil=True)
def _value(fit: tuple[float, float, float], row: NDArray[np.float64]) -> float:
    return float(fit[0] * row[0] + fit[1] * row[1] + fit[2] * row[2])


@numba.njit(cache=True, nogil=True)
def _solve(
    rows: NDArray[np.float64], values: NDArray[np.float32], weight: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Weighted least squares of a mean and two seasonal terms, these drawn towards zero."""
    n = c = s = cc = ss = cs = v = vc = vs = 0.0
    for t in range(len(weight)):
        w = weight[t]
        if w > 0:
            x, y, z = rows[t, 1], rows[t, 2], values[t]
            n, c, s = n + w, c + w * x, s + w * y
            cc, ss, cs = cc + w * x * x, ss + w * y * y, cs + w * x * y
            v, vc, vs = v + w * z, vc + w * x * z, vs + w * y * z
    # the mean is eliminated first: what is left is two by two and, with the ridge, never singular
    cc, ss, cs = cc - c * c / n + RIDGE, ss - s * s / n + RIDGE, cs - c * s / n
    vc, vs = vc - v * c / n, vs - v * s / n
    determinant = cc * ss - cs * cs
    cosine, sine = (vc * ss - vs * cs) / determinant, (vs * cc - vc * cs) / determinant
    return (v - cosine * c - sine * s) / n, cosine, sine
