"""Digital numbers of any mission and baseline to one scale: reflectance x 10,000."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from minewatch.model import REFLECTANCE_SCALE
from minewatch.sensors import UNCHANGED, Line

UInt16 = NDArray[np.uint16]
_MOST = np.iinfo(np.uint16).max


@lru_cache(maxsize=64)
def reflectance_table(scale: float, offset_dn: int, line: Line = UNCHANGED) -> UInt16:
    """Reflectance x 10,000 of each of the 65,536 digital numbers: index it with pixels.

    Nodata is set aside before the offset; ground darker than black, which over-corrected shadow
    is, becomes 1, because 0 means "not seen"; what does not fit becomes 65535.

    Parameters
    ----------
    scale
        Reflectance per digital number.
    offset_dn
        Added to a digital number before scaling.
    line
        What then brings reflectance to that of another sensor.

    Returns
    -------
    array, dims (digital number,), uint16
        0 = not seen.
    """
    numbers = np.arange(_MOST + 1, dtype=np.float64) + offset_dn
    reflectance = numbers * scale * line.slope + line.intercept
    table = np.clip(np.rint(reflectance * REFLECTANCE_SCALE), 1, _MOST).astype(np.uint16)
    table[0] = 0
    table.flags.writeable = False
    return table
