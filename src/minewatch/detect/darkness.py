"""Water by its darkness: how much less near-infrared a pixel sends back than its surroundings.

Soil and leaves reflect about the same near-infrared (0.25 to 0.32), water and black sheeting
hardly any, and the light on a slope is shared with the neighbours. So the missing share of light is
the share of dark pool in the pixel, whatever its colour, slope and season.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from minewatch.compiled import kernel, part
from minewatch.detect.evidence import NIR_SCALE, NO_SHARE

WINDOW_PX = 9
"""Edge of the surroundings: wider than a bank of pools, narrower than a slope [D]."""
LAND_QUANTILE = 0.75
"""Rank of the surroundings' light that counts as land without water [D]."""
WATER_NIR = 0.045
"""Near-infrared reflectance of pools: 0.03 idle or sheeted, 0.07 milky [D]."""
_LEAST_LAND_NIR = 0.10
_LEAST_SEEN = 20


@kernel("uint8[:,::1], boolean[:,::1]")
def dark_share(nir: NDArray[np.uint8], where: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Share of dark water in each pixel, per cent.

    Parameters
    ----------
    nir
        Near-infrared reflectance x `NIR_SCALE`, dims (y, x), 255 not observed.
    where
        Pixels to work out.

    Returns
    -------
    array, dims (y, x), uint8
        0 elsewhere; 255 where it or most of its surroundings were not observed, or where all
        surroundings lie in deep shade and nothing can be said.
    """
    rows, cols = nir.shape
    half = WINDOW_PX // 2
    out = np.zeros((rows, cols), np.uint8)
    counts = np.zeros(256, np.uint8)
    water = WATER_NIR * NIR_SCALE
    for r in range(rows):
        top, bottom = max(r - half, 0), min(r + half + 1, rows)
        left = right = -WINDOW_PX  # columns that are counted: none
        for c in range(cols):
            if not where[r, c]:
                continue
            out[r, c] = NO_SHARE
            if nir[r, c] == NO_SHARE:
                continue
            if right <= c - half:  # nothing in common with the window before
                counts[:] = 0
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
                out[r, c] = np.uint8(min(max(share, 0.0), 100.0))
    return out


@part
def _value_of(counts: NDArray[np.uint8], rank: int) -> int:
    """The value of a rank, from 0, among values told by how often each occurs."""
    below, value = int(counts[0]), 0
    while below <= rank:
        value += 1
        below += counts[value]
    return value
