"""Water by its NIR deficit: how much less near-infrared a pixel sends back than its surroundings.

Soil and leaves reflect about the same near-infrared (0.25 to 0.32), water and black sheeting
hardly any, and the light on a slope is shared with the neighbours. So the missing share of light is
the share of dark pool in the pixel, whatever its colour, slope and season.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from minewatch.compiled import kernel, part
from minewatch.detect.pixel_sizes import odd_pixels
from minewatch.detect.pool_banks.evidence_layers import NIR_SCALE, NO_SHARE
from minewatch.detect.pool_banks.pool_bank_rules import WaterRules


def nir_deficit_share(
    nir: NDArray[np.uint8], at: NDArray[np.intp], *, pixel_m: float, rules: WaterRules
) -> NDArray[np.uint8]:
    """Share of dark water in some pixels by their NIR deficit, per cent.

    Parameters
    ----------
    nir
        Near-infrared reflectance x `NIR_SCALE`, dims (y, x), 255 not observed.
    at
        Flat indices of the pixels, in order.
    pixel_m, rules
        Pixel size, and thresholds.

    Returns
    -------
    array, dims (pixel,), uint8
        255 where it or most of its surroundings were not observed, or where all surroundings lie
        in deep shade and nothing can be said.
    """
    out = np.full(len(at), NO_SHARE, np.uint8)
    window = odd_pixels(rules.window_m, pixel_m)
    limits = np.array(
        [rules.land_quantile, rules.water_nir * NIR_SCALE, rules.least_land_nir * NIR_SCALE]
    )
    least = round(rules.least_seen * window**2)
    _write_share(nir, at, window // 2, least, limits, np.zeros(256, np.uint8), out)
    return out


@kernel("uint8[:,::1], int64[::1], int64, int64, float64[::1], uint8[::1], uint8[::1]")
def _write_share(
    nir: NDArray[np.uint8],
    at: NDArray[np.intp],
    half: int,
    least: int,
    limits: NDArray[np.float64],
    counts: NDArray[np.uint8],
    out: NDArray[np.uint8],
) -> None:
    """Write what can be said into `out`; `counts` holds how often each value occurs around."""
    rows, cols = nir.shape
    quantile, water, least_land = limits[0], limits[1], limits[2]
    row, top, bottom, left, right = -1, 0, 0, 0, 0  # the window that is counted: none
    for k in range(len(at)):
        r, c = at[k] // cols, at[k] % cols
        if nir[r, c] == NO_SHARE:
            continue
        if r != row or right <= c - half:  # nothing in common with the window before
            counts[:] = 0
            row, top, bottom = r, max(r - half, 0), min(r + half + 1, rows)
            left = right = max(c - half, 0)
        while right < min(c + half + 1, cols):
            for i in range(top, bottom):
                counts[nir[i, right]] += 1
            right += 1
        while left < c - half:
            for i in range(top, bottom):
                counts[nir[i, left]] -= 1
            left += 1
        n = (right - left) * (bottom - top) - int(counts[NO_SHARE])
        if n < least:
            continue
        land = float(_value_of(counts, int(quantile * (n - 1))))
        if land >= least_land:
            share = 100.0 * (land - float(nir[r, c])) / (land - water)
            out[k] = np.uint8(min(max(share, 0.0), 100.0))


@part
def _value_of(counts: NDArray[np.uint8], rank: int) -> int:
    """The value of a rank, from 0, among values given by how often each occurs."""
    below, value = int(counts[0]), 0
    while below <= rank:
        value += 1
        below += counts[value]
    return value
