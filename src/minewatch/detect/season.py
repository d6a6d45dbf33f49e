"""Statistics over the months of a season: one date proves nothing."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

NO_SHARE = 255
MIN_UNREST_MONTHS = 6
"""Months without vegetation that `unrest` needs [D]."""


@numba.njit(cache=True, nogil=True)
def median_share(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Median over months, the mean of the middle two rounded down.

    Parameters
    ----------
    values
        Per cent, dims (pixel, month), 255 not observed.

    Returns
    -------
    array, dims (pixel,), uint8
        255 where no month was observed.
    """
    return _mean_of_ranks(values, False)


@numba.njit(cache=True, nogil=True)
def upper_share(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mean of the upper half of the months without the uppermost one.

    The odd month is among them; of two months the lower one counts.

    Parameters and result as for `median_share`.
    """
    return _mean_of_ranks(values, True)


@numba.njit(cache=True, nogil=True)
def _mean_of_ranks(values: NDArray[np.uint8], is_upper: bool) -> NDArray[np.uint8]:
    pixels, months = values.shape
    out = np.full(pixels, NO_SHARE, np.uint8)
    kept = np.empty(months, np.uint8)
    for i in range(pixels):
        n = 0
        for t in range(months):
            value = values[i, t]
            if value == NO_SHARE:
                continue
            place = n
            while place > 0 and kept[place - 1] > value:
                kept[place] = kept[place - 1]
                place -= 1
            kept[place] = value
            n += 1
        if n == 0:
            continue
        low, high = (n - 1) // 2, n // 2
        if is_upper:
            high = max(n - 2, 0)
            low = min(n // 2, high)
        total = 0
        for k in range(low, high + 1):
            total += kept[k]
        out[i] = total // (high - low + 1)
    return out


@numba.njit(cache=True, nogil=True)
def year_shares(
    clear: NDArray[np.uint16], disturbed: NDArray[np.uint16], month_day: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """Per cent of years in which a pixel is at times green and at times not.

    Paddy, bars and floods come back every year; a mine is bare all year round.

    Parameters
    ----------
    clear, disturbed
        Looks and disturbed looks, dims (pixel, month).
    month_day
        First day of each month, days since 1970-01-01.

    Returns
    -------
    array, dims (pixel,), uint8
        Of the years (from the cube's first month) with at least three months seen; 255 when none.
    """
    pixels, months = clear.shape
    out = np.full(pixels, NO_SHARE, np.uint8)
    for i in range(pixels):
        years = both = 0
        year = np.int64(-1)
        seen = green = bare = 0
        for t in range(months + 1):
            at = (month_day[t] - month_day[0]) // 365 if t < months else np.int64(-2)
            if at != year:
                if seen >= 3:
                    years += 1
                    both += green > 0 and bare > 0
                year, seen, green, bare = at, 0, 0, 0
            if t < months and clear[i, t] > 0:
                seen += 1
                bare += 4 * disturbed[i, t] >= 3 * clear[i, t]
                green += 4 * disturbed[i, t] <= clear[i, t]
        if years:
            out[i] = (100 * both) // years
    return out


@numba.njit(cache=True, nogil=True)
def unrest(
    values: NDArray[np.uint16], counted: NDArray[np.bool_], ends: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """Half the 10-90 % range of the natural logarithm over months, in hundredths.

    Parameters
    ----------
    values
        Positive numbers, dims (pixel, month).
    counted
        Months that count, same dims.
    ends
        For each period the number of months up to its end, ascending.

    Returns
    -------
    array, dims (period, pixel), uint8
        At most 254; 255 where fewer than six months count.
    """
    pixels, months = values.shape
    out = np.full((len(ends), pixels), NO_SHARE, np.uint8)
    kept = np.empty(months, np.float64)
    for i in range(pixels):
        t = n = 0
        for p in range(len(ends)):
            while t < ends[p]:
                if counted[i, t]:
                    kept[n] = values[i, t]
                    n += 1
                t += 1
            if n >= MIN_UNREST_MONTHS:
                ordered = np.sort(kept[:n])
                low, high = ordered[n // 10], ordered[n - 1 - n // 10]
                out[p, i] = np.uint8(min(50.0 * np.log(high / low), 254.0))
    return out
