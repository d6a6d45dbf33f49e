"""Water by its darkness: how much less near-infrared a pixel sends back than its surroundings.

Soil and leaves reflect about the same near-infrared (0.25 to 0.32), water and black sheeting
hardly any, and the light on a slope is shared with the neighbours. So the missing share of light is
the share of dark pool in the pixel, whatever its colour, slope and season.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from minewatch.compiled import kernel, part
from minewatch.detect.pool_banks.evidence_layers import NIR_SCALE, NO_SHARE

WINDOW_PX = 9
"""Edge of the surroundings: wider than a bank of pools, narrower than a slope [D]."""
LAND_QUANTILE = 0.75
"""Rank of the surroundings' light that counts as land without water [D]."""
WATER_NIR = 0.045
"""Near-infrared reflectance of pools: 0.03 idle or sheeted, 0.07 milky [D]."""
_LEAST_LAND_NIR = 0.10
_LEAST_SEEN = 20


def nir_deficit_share(nir: NDArray[np.uint8], at: NDArray[np.intp]) -> NDArray[np.uint8]:
    """Share of dark water in some pixels, per cent.

    Parameters
    ----------
    nir
        Near-infrared reflectance x `NIR_SCALE`, dims (y, x), 255 not observed.
    at
        Flat indices of the pixels, in order.

    Returns
    -------
    array, dims (pixel,), uint8
        255 where it or most of its surroundings were not observed, or where all surroundings lie
        in deep shade and nothing can be said.
    """
    out = np.full(len(at), NO_SHARE, np.uint8)
    _write_dark_share(nir, at, np.zeros(256, np.uint8), out)
    return out


@kernel("uint8[:,::1], int64[::1], uint8[::1], uint8[::1]")
def _write_dark_share(
    nir: NDArray[np.uint8],
    at: NDArray[np.intp],
    counts: NDArray[np.uint8],
    out: NDArray[np.uint8],
) -> None:
    """Write what can be said into `out`; `counts` holds how often each value occurs around."""
    rows, cols = nir.shape
    half = WINDOW_PX // 2
    water = WATER_NIR * NIR_SCALE
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
        if n < _LEAST_SEEN:
            continue
        land = float(_value_of(counts, int(LAND_QUANTILE * (n - 1))))
        if land >= _LEAST_LAND_NIR * NIR_SCALE:
            share = 100.0 * (land - float(nir[r, c])) / (land - water)
            out[k] = np.uint8(min(max(share, 0.0), 100.0))


@part
def _value_of(counts: NDArray[np.uint8], rank: int) -> int:
    """The value of a rank, from 0, among values told by how often each occurs."""
    below, value = int(counts[0]), 0
    while below <= rank:
        value += 1
        below += counts[value]
    return value
