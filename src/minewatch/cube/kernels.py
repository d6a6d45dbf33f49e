"""Per-pixel passes over uint16 that need no float cube, each with a plain numpy twin in the tests.

Everything is integer arithmetic, so that the answer never depends on how the grid is cut.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

UInt16 = NDArray[np.uint16]
Bool = NDArray[np.bool_]

_compiled = numba.njit(cache=True, nogil=True)


@_compiled
def median_of_looks(looks: UInt16) -> UInt16:  # pragma: no cover - compiled
    """Median over looks of what was seen.

    Each row is sorted over looks by a network of compare-exchanges (Batcher's merge exchange),
    so that a processor takes many columns at a time.

    Parameters
    ----------
    looks
        Dims (look, y, x), C-contiguous, 0 = not seen.

    Returns
    -------
    array, dims (y, x), uint16
        For an even count the mean of the two middle values, halves rounded up; 0: never seen.

    References
    ----------
    Knuth, The Art of Computer Programming 3, 5.2.2, algorithm M.
    """
    n, rows, cols = looks.shape
    out = np.zeros((rows, cols), np.uint16)
    block = np.empty((n, cols), np.uint16)
    counts = np.empty(cols, np.uint16)
    for row in range(rows):
        counts[:] = 0
        for look in range(n):
            for col in range(cols):
                value = looks[look, row, col]
                block[look, col] = value - np.uint16(1)  # "not seen" wraps round and sorts last
                counts[col] += np.uint16(value != 0)
        _sort_columns(block)
        for col in range(cols):
            count = np.int64(counts[col])
            if count:
                low = np.uint32(block[(count - 1) // 2, col])
                high = np.uint32(block[count // 2, col])
                out[row, col] = (low + high + np.uint32(3)) // np.uint32(2)
    return out


@_compiled
def _sort_columns(block: UInt16) -> None:  # pragma: no cover - compiled
    n = len(block)
    p = 1
    while p < n:
        k = p
        while k >= 1:
            for j in range(k % p, n - k, 2 * k):
                for i in range(j, min(j + k, n - k)):
                    if i // (2 * p) == (i + k) // (2 * p):
                        _exchange(block[i], block[i + k])
            k //= 2
        p *= 2


@_compiled
def _exchange(low: UInt16, high: UInt16) -> None:  # pragma: no cover - compiled
    for col in range(len(low)):
        a, b = low[col], high[col]
        low[col] = min(b, a)
        high[col] = max(a, b)


@_compiled
def place(out: UInt16, pixels: UInt16, table: UInt16, here: Bool) -> None:  # pragma: no cover
    """Write `table[pixels]` into `out` where `here`; all but the table have dims (y, x)."""
    rows, cols = out.shape
    for row in range(rows):
        for col in range(cols):
            if here[row, col]:
                out[row, col] = table[pixels[row, col]]


@_compiled
def grow(mask: Bool, radius_px: int) -> Bool:  # pragma: no cover - compiled
    """A mask grown by a disc: every pixel within `radius_px` of a true one, centre to centre.

    Parameters
    ----------
    mask
        Dims (y, x).
    radius_px
        Radius of the disc, pixels.

    Returns
    -------
    array, dims (y, x), bool
    """
    rows, cols = mask.shape
    far = radius_px + 1
    beside = np.full((rows, cols), far, np.int32)
    for row in range(rows):
        distance = far
        for col in range(cols):
            distance = 0 if mask[row, col] else min(distance + 1, far)
            beside[row, col] = distance
        distance = far
        for col in range(cols - 1, -1, -1):
            distance = 0 if mask[row, col] else min(distance + 1, far)
            beside[row, col] = min(beside[row, col], distance)
    out = np.zeros((rows, cols), np.bool_)
    for row in range(rows):
        for other in range(max(0, row - radius_px), min(rows, row + radius_px + 1)):
            room = radius_px * radius_px - (other - row) * (other - row)
            for col in range(cols):
                if beside[other, col] * beside[other, col] <= room:
                    out[row, col] = True
    return out


@_compiled
def upsample(pixels: UInt16, factor: int) -> UInt16:  # pragma: no cover - compiled
    """Bilinear pixels `factor` times finer, whose edges coincide with those of the coarse ones.

    A 0 is nodata: it stays 0 under its own coarse pixel and takes no part in its neighbours.

    Parameters
    ----------
    pixels
        Dims (y, x), 0 = nodata.
    factor
        How many fine pixels make a coarse one, each way.

    Returns
    -------
    array, dims (y * factor, x * factor), uint16
        Rounded, halves up.
    """
    rows, cols = pixels.shape
    out = np.zeros((rows * factor, cols * factor), np.uint16)
    whole = 2 * factor
    for y in range(rows * factor):
        towards_y = 2 * (y % factor) + 1 - factor
        row, next_row = y // factor, y // factor + (1 if towards_y > 0 else -1)
        for x in range(cols * factor):
            towards_x = 2 * (x % factor) + 1 - factor
            col, next_col = x // factor, x // factor + (1 if towards_x > 0 else -1)
            if pixels[row, col] == 0:
                continue
            total, weights = np.int64(0), np.int64(0)
            for r, wy in ((row, whole - abs(towards_y)), (next_row, abs(towards_y))):
                for c, wx in ((col, whole - abs(towards_x)), (next_col, abs(towards_x))):
                    if 0 <= r < rows and 0 <= c < cols and pixels[r, c] != 0:
                        total += wy * wx * np.int64(pixels[r, c])
                        weights += wy * wx
            out[y, x] = (2 * total + weights) // (2 * weights)
    return out
