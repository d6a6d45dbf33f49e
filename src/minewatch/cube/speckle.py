"""Speckle of radar out of one overpass, without blurring edges more than it must."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from minewatch.model import backscatter_numbers, backscatter_power

RADIUS_M = 20.0
"""How far the window reaches from its middle, metres [D]: five pixels of 10 m, three of 20 m."""
LOOKS = 4.4
"""Equivalent number of looks of what Sentinel-1 IW GRDH resolves, 20 m by 22 m: ESA, product
definition. Pixels of 10 m hold parts of one such cell, so their mean has hardly more."""


def filter_speckle(numbers: NDArray[np.uint16], *, pixel_m: float) -> NDArray[np.uint16]:
    """Backscatter with its speckle filtered, by the local statistics of Lee.

    Where a window varies no more than speckle does, its mean; where it varies more, the nearer to
    the pixel's own value the more. Right `RADIUS_M`, and at least a pixel, away from the edges. The
    answer of a pixel does not depend on where the window that was read begins.

    Parameters
    ----------
    numbers
        Digital numbers of backscatter, dims (y, x), 0 = not seen: such pixels take no part.
    pixel_m
        Pixel of the grid, metres.

    Returns
    -------
    array, dims (y, x), uint16
        0 where `numbers` is.

    References
    ----------
    Lee 1980, doi:10.1109/TPAMI.1980.4766994.
    """
    reach = max(1, round(RADIUS_M / pixel_m))
    power = backscatter_power(numbers)
    seen = np.isfinite(power)
    values = np.where(seen, power, 0.0)
    count = np.maximum(_box_sum(seen.astype(np.float64), reach), 1.0)
    mean = _box_sum(values, reach) / count
    variance = np.maximum(_box_sum(values**2, reach) / count - mean**2, 0.0)
    noise = mean**2 / LOOKS
    signal = np.maximum(variance - noise, 0.0) / (1 + 1 / LOOKS)
    share = signal / np.maximum(signal + noise, np.finfo(np.float64).tiny)
    return np.where(seen, backscatter_numbers(mean + share * (values - mean)), 0).astype(np.uint16)


def _box_sum(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Sums over windows, each added up in the same order wherever it lies."""
    from scipy import ndimage  # only radar needs it

    ones = np.ones(2 * reach + 1)
    rows = ndimage.correlate1d(values, ones, axis=0, mode="constant")
    return np.asarray(ndimage.correlate1d(rows, ones, axis=1, mode="constant"))
