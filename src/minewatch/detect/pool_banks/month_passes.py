"""Passes over the months of some pixels: greenness, shares of lit ground, and which months count.

All arrays have dims (month, pixel), as months are kept, so that pixels go through side by side.
What is plain in numpy takes a dozen arrays of its own there, each fetched from memory anew.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from minewatch.compiled import kernel
from minewatch.detect.overpass_thresholds import OverpassRules
from minewatch.detect.pool_banks.evidence_layers import NIR_SCALE, NO_SHARE
from minewatch.detect.pool_banks.pool_bank_rules import ShareRules
from minewatch.model import REFLECTANCE_SCALE

Looks = NDArray[np.uint16]
SHARES = ("vegetation", "soil", "pool", "nir", "ndwi")
"""What `see_ground` says of each pixel and month, in this order."""

_ZERO, _ONE, _HUNDRED, _NAN = (np.float32(value) for value in (0, 1, 100, np.nan))
_BRIGHTEST = np.float32(NO_SHARE - 1)


Limits = tuple[np.float32, np.float32, np.float32, np.float32, int, int, int]
"""Thresholds as `see_ground` takes them: from `limits_of`."""


def limits_of(rules: ShareRules, overpass: OverpassRules, *, has_swir: bool) -> Limits:
    """The thresholds of shares and snow: in single precision, as the arrays are.

    Without SWIR no pixel has the index of snow.
    """
    return (
        np.float32(rules.green_none),
        np.float32(rules.green_full - rules.green_none),
        np.float32(rules.green_unmixed),
        np.float32(NIR_SCALE / REFLECTANCE_SCALE),
        overpass.snow_blue_dn,
        round(10 * overpass.snow_ndsi) if has_swir else 10,  # no index is above 1
        overpass.snow_green_dn,
    )


@kernel("uint16[:,::1], uint16[:,::1], int64")
def months_greenness(red: Looks, nir: Looks, path_light: int) -> NDArray[np.float32]:
    """`overpass_rules.greenness` of months.

    Parameters
    ----------
    red, nir
        Reflectance x 10,000, 0 where not seen.
    path_light
        `OverpassRules.path_light_dn`.

    Returns
    -------
    array, same dims, float32
        -1 to 1; NaN where not seen.
    """
    months, pixels = red.shape
    out = np.empty((months, pixels), np.float32)
    light = np.float32(path_light)
    for t in range(months):
        for i in range(pixels):
            bright, lit = np.float32(nir[t, i]), max(np.float32(red[t, i]) - light, _ZERO)
            value = (bright - lit) / max(bright + lit, _ONE)
            out[t, i] = value if (red[t, i] > 0) & (nir[t, i] > 0) else _NAN
    return out


@kernel(
    "uint8[:,:,::1], boolean[:,::1], float32[:,::1], int64[::1], "
    "UniTuple(uint16[:,::1], 4), Tuple((float32, float32, float32, float32, int64, int64, int64))"
)
def see_ground(
    shares: NDArray[np.uint8],
    lost: NDArray[np.bool_],
    greenness: NDArray[np.float32],
    wanted: NDArray[np.int64],
    bands: tuple[Looks, Looks, Looks, Looks],
    limits: Limits,
) -> None:
    """Write what some months show of each pixel as far as its greenness says, and where it is lost.

    Parameters
    ----------
    shares
        Written: `SHARES`, dims (share, wanted month, pixel), 255 where not seen. Ground is
        vegetation and soil by its greenness.
    lost
        Written: where a third of the pixel or more is without vegetation, dims (wanted month,
        pixel): its shares are better unmixed.
    greenness
        From `months_greenness`.
    wanted
        Which months.
    bands
        Blue, green, near-infrared and SWIR, reflectance x 10,000; without SWIR any other again.
    limits
        From `limits_of`.
    """
    blue, green, nir, swir = bands
    none, span, unmixed, scale, snow_blue, snow_tenths, snow_green = limits
    for w in range(len(wanted)):
        t = wanted[w]
        for i in range(greenness.shape[1]):
            g, s, n = np.int32(green[t, i]), np.int32(swir[t, i]), np.float32(nir[t, i])
            flat = (s > 0) & (10 * (g - s) > snow_tenths * (g + s)) & (g > snow_green)
            value = greenness[t, i]
            seen = (value == value) & (blue[t, i] <= snow_blue) & ~flat
            share = np.rint(min(max((value - none) / span, _ZERO), _ONE) * _HUNDRED)
            plants = np.uint8(share) if seen else np.uint8(NO_SHARE)
            shares[0, w, i] = plants
            shares[1, w, i] = np.uint8(100) - plants if seen else np.uint8(NO_SHARE)
            shares[2, w, i] = np.uint8(0) if seen else np.uint8(NO_SHARE)
            lost[w, i] = seen & (value < unmixed)
            is_lit, leaf = nir[t, i] > 0, np.float32(g)
            light = min(np.rint(n * scale), _BRIGHTEST)
            ndwi = np.rint(_HUNDRED + _HUNDRED * (leaf - n) / max(leaf + n, _ONE))
            shares[3, w, i] = np.uint8(light) if is_lit else np.uint8(NO_SHARE)
            shares[4, w, i] = np.uint8(ndwi) if is_lit else np.uint8(NO_SHARE)


@kernel("uint16[:,:,::1], uint16[:,::1], uint16[:,::1], int64[::1], int64, int64, int64")
def months_since_begun(
    runs: Looks,
    under_way: Looks,
    clear: Looks,
    days: NDArray[np.int64],
    start: int,
    end: int,
    open_days: int,
) -> NDArray[np.bool_]:
    """Months of a period that show its last state.

    Where ground was opened within the period, the months before it are left out: the figures of a
    period are those of its end. A run counts before it is confirmed.

    Parameters
    ----------
    runs, under_way
        As `disturbed_runs.follow_runs` leaves them.
    clear
        Overpasses in each month of the period.
    days
        First day of each.
    start, end
        First and last day of the period, days since 1970-01-01.
    open_days
        Days before its end up to which a run must last.
    """
    months, pixels = clear.shape
    kept = np.ones((months, pixels), np.bool_)
    known = runs.shape[1]
    for i in range(pixels):
        for k in range(known + 1):
            run = runs[i, k] if k < known else under_way[i]
            begins, lasts = int(run[0]), int(run[2])
            if not (start <= begins <= end and lasts >= end - open_days):
                continue
            is_seen = False
            for t in range(months):
                is_seen |= (days[t] + 31 > begins) & (clear[t, i] > 0)
            for t in range(months):
                kept[t, i] = (days[t] + 31 > begins) | (not is_seen)
    return kept
