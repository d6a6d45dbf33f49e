"""Statistics over the months of a season: one date proves nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from minewatch.compiled import kernel, part
from minewatch.detect.pool_banks.evidence_layers import NO_SCORE, NO_SHARE

LANES = 1024
"""Pixels whose months are sorted side by side: they stay in the nearest cache. Sets no answer."""


def median_share(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Median over months, the mean of the middle two rounded down.

    Parameters
    ----------
    values
        Per cent, dims (month, pixel), 255 not observed.

    Returns
    -------
    array, dims (pixel,), uint8
        255 where no month was observed.
    """
    return _mean_of_ranks(values, False)


def upper_share(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mean of the upper half of the months without the uppermost one.

    The odd month is among them; of two months the lower one counts.

    Parameters and result as for `median_share`.
    """
    return _mean_of_ranks(values, True)


@kernel("uint8[:,::1], boolean")
def _mean_of_ranks(values: NDArray[np.uint8], is_upper: bool) -> NDArray[np.uint8]:
    months, pixels = values.shape
    out = np.empty(pixels, np.uint8)
    ordered = np.empty((months, LANES), np.uint8)
    seen = np.empty(LANES, np.uint16)
    for begin in range(0, pixels, LANES):
        count = min(LANES, pixels - begin)
        seen[:] = 0
        for t in range(months):
            row, given = ordered[t], values[t, begin : begin + count]
            for i in range(count):
                row[i] = given[i]
                seen[i] += np.uint16(given[i] != NO_SHARE)
        for last in range(months - 1, 0, -1):  # what was not observed comes last
            for t in range(last):
                lows, highs = ordered[t], ordered[t + 1]
                for i in range(count):
                    low, high = lows[i], highs[i]
                    lows[i], highs[i] = min(low, high), max(low, high)
        for i in range(count):
            n = int(seen[i])
            if n == 0:
                out[begin + i] = NO_SHARE
            elif not is_upper:
                lower, upper = ordered[(n - 1) >> 1, i], ordered[n >> 1, i]
                out[begin + i] = (np.uint32(lower) + np.uint32(upper)) >> np.uint32(1)
            else:
                high = max(n - 2, 0)
                low = min(n >> 1, high)
                total = 0
                for k in range(low, high + 1):
                    total += ordered[k, i]
                out[begin + i] = total // (high - low + 1)
    return out


@kernel("float32[:,::1], float32")
def median_score(scores: NDArray[np.float32], scale: Any) -> NDArray[np.int16]:
    """Median over months of what is finite, as it is stored.

    Parameters
    ----------
    scores
        Dims (month, pixel), NaN where there is none.
    scale
        Stored units in one of theirs.

    Returns
    -------
    array, dims (pixel,), int16
        `NO_SCORE` where there is none, else at most 32767 on either side.
    """
    months, pixels = scores.shape
    most = np.float32(32767)
    out = np.empty(pixels, np.int16)
    ordered = np.empty((months, LANES), np.float32)
    seen = np.empty(LANES, np.uint16)
    for begin in range(0, pixels, LANES):
        count = min(LANES, pixels - begin)
        seen[:] = 0
        for t in range(months):
            row, given = ordered[t], scores[t, begin : begin + count]
            for i in range(count):
                score = given[i]
                row[i] = score if score == score else np.float32(np.inf)
                seen[i] += np.uint16(abs(score) < np.float32(np.inf))
        for last in range(months - 1, 0, -1):
            for t in range(last):
                lows, highs = ordered[t], ordered[t + 1]
                for i in range(count):
                    low, high = lows[i], highs[i]
                    lows[i], highs[i] = min(low, high), max(low, high)
        for i in range(count):
            n = int(seen[i])
            if n == 0:
                out[begin + i] = NO_SCORE
                continue
            middle = (ordered[(n - 1) >> 1, i] + ordered[n >> 1, i]) / np.float32(2)
            out[begin + i] = np.int16(min(max(np.rint(middle * scale), -most), most))
    return out


@kernel("uint16[:,::1], uint16[:,::1]")
def percent(part: NDArray[np.uint16], whole: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Share of some overpasses in others, per cent.

    Parameters
    ----------
    part, whole
        Overpasses, dims (month, pixel).

    Returns
    -------
    array, dims (pixel,), uint8
        255 where there are none.
    """
    months, pixels = whole.shape
    sums = np.zeros((2, pixels), np.int64)
    out = np.empty(pixels, np.uint8)
    for t in range(months):
        for i in range(pixels):
            sums[0, i] += part[t, i]
            sums[1, i] += whole[t, i]
    for i in range(pixels):
        total = sums[1, i]
        out[i] = np.uint8(np.rint(sums[0, i] * 100 / total)) if total > 0 else NO_SHARE
    return out


YEAR_FIELDS = 6
"""Year under way, years seen, years that turned green again; months seen in this one, whether it
turned green again, and whether the pixel was without vegetation when last seen."""


@kernel("uint16[:,::1], uint16[:,::1], uint16[:,::1], int64[::1], int64, int64")
def follow_years(
    years: NDArray[np.uint16],
    clear: NDArray[np.uint16],
    disturbed: NDArray[np.uint16],
    month_day: NDArray[np.int64],
    first_day: int,
    min_months: int,
) -> None:
    """Count, through some more months, the years in which a bare pixel turns green again.

    Paddy, bars and floods do so every year; a mine goes bare once, and stays so.

    Parameters
    ----------
    years
        `YEAR_FIELDS` of each pixel, changed in place. Begins with 0.
    clear, disturbed
        Overpasses and disturbed overpasses, dims (month, pixel).
    month_day
        First day of each month, days since 1970-01-01.
    first_day
        First day of the record: years are counted from it.
    min_months
        Months that must be seen in a year for it to count.
    """
    months, pixels = clear.shape
    for t in range(months):
        at = (month_day[t] - first_day) // 365
        for i in range(pixels):
            of = years[i]
            if at != of[0]:
                if of[3] >= min_months:
                    of[1] += 1
                    of[2] += of[4]
                of[0], of[3], of[4] = at, 0, 0
            if clear[t, i] == 0:
                continue
            of[3] += 1
            if 4 * disturbed[t, i] >= 3 * clear[t, i]:
                of[5] = 1
            elif 4 * disturbed[t, i] <= clear[t, i]:
                of[4] |= of[5]
                of[5] = 0


def year_shares(years: NDArray[np.uint16], *, min_months: int) -> NDArray[np.uint8]:
    """Per cent of years in which a bare pixel turns green again.

    Parameters
    ----------
    years
        `YEAR_FIELDS` of each pixel.
    min_months
        As for `follow_years`.

    Returns
    -------
    array, dims (pixel,), uint8
        Of the years that count; 255 when there are none.
    """
    is_counted = years[:, 3] >= min_months
    seen = years[:, 1] + is_counted
    turned = years[:, 2] + (is_counted & (years[:, 4] > 0))
    share = 100 * turned.astype(np.int64) // np.maximum(seen, 1)
    return np.where(seen > 0, share, NO_SHARE).astype(np.uint8)


SWING_BINS = 64
"""Steps of brightness that the variability is read from."""
_BIN_HUNDREDTHS = 4
"""Hundredths of variability in a step: half the natural logarithm of 1.08 in brightness."""
_DARKEST = 100
"""Reflectance x 10,000 of the first step; the last one is at 1.6."""


@kernel("uint8[:,::1], uint16[:,::1], uint16[:,::1], uint16[:,::1]")
def follow_swing(
    swing: NDArray[np.uint8],
    values: NDArray[np.uint16],
    clear: NDArray[np.uint16],
    disturbed: NDArray[np.uint16],
) -> None:
    """Count, through some more months, how often a pixel without vegetation had each brightness.

    Parameters
    ----------
    swing
        Months at each of `SWING_BINS` steps, dims (pixel, step), 255 at most; changed in place.
    values
        Reflectance x 10,000, dims (month, pixel).
    clear, disturbed
        Overpasses and disturbed overpasses, same dims: months count in which half are disturbed.
    """
    months, pixels = values.shape
    scale = 50.0 / _BIN_HUNDREDTHS
    for t in range(months):
        for i in range(pixels):
            if 2 * disturbed[t, i] >= clear[t, i] > 0 and values[t, i] > 0:
                place = int(scale * np.log(values[t, i] / _DARKEST))
                place = min(max(place, 0), SWING_BINS - 1)
                if swing[i, place] < 255:
                    swing[i, place] += 1


@kernel("uint8[:,::1], int64")
def nir_variability(swing: NDArray[np.uint8], min_months: int) -> NDArray[np.uint8]:
    """Half the 10-90 % range of the natural logarithm of brightness, in hundredths.

    Parameters
    ----------
    swing
        Months at each step, dims (pixel, step).
    min_months
        Months that it needs.

    Returns
    -------
    array, dims (pixel,), uint8
        At most 254; 255 where fewer months count.
    """
    pixels, steps = swing.shape
    out = np.empty(pixels, np.uint8)
    for i in range(pixels):
        n = 0
        for k in range(steps):
            n += swing[i, k]
        if n < min_months:
            out[i] = NO_SHARE
            continue
        low = _step_of(swing[i], n // 10)
        high = _step_of(swing[i], n - 1 - n // 10)
        out[i] = min(_BIN_HUNDREDTHS * (high - low), 254)
    return out


@part
def _step_of(swing: NDArray[np.uint8], rank: int) -> int:
    """Step of the month of a rank, from 0."""
    below = 0
    for k in range(len(swing)):
        below += swing[k]
        if below > rank:
            return k
    return len(swing) - 1
