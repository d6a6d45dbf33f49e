"""Masks of few pixels, held as the flat indices of the true ones in order, grown and opened.

The same as `scipy.ndimage` does to whole grids, at a cost that follows the pixels and not the grid:
what every period of a record goes through must cost next to nothing.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.intp]
"""Flat indices of the true pixels of a mask, in order."""
Shape = tuple[int, ...]
"""Rows and columns of a grid."""
Bool = NDArray[np.bool_]
UInt8 = NDArray[np.uint8]


def is_among(at: Pixels, others: Pixels) -> Bool:
    """Which pixels are among some others.

    Examples
    --------
    >>> is_among(np.array([2, 5, 9]), np.array([1, 5])).tolist()
    [False, True, False]
    """
    return values_at(at, others, np.ones(len(others), bool))


def values_at(
    at: Pixels, known: Pixels, values: NDArray[Any], *, missing: float = 0
) -> NDArray[Any]:
    """Values of pixels, of which some are known.

    Examples
    --------
    >>> values_at(np.array([2, 5, 9]), np.array([1, 5]), np.array([7, 8])).tolist()
    [0, 8, 0]
    """
    found = np.full(len(at), missing, values.dtype)
    if len(known):
        place = np.minimum(np.searchsorted(known, at), len(known) - 1)
        is_known = known[place] == at
        found[is_known] = values[place[is_known]]
    return found


def spread(at: Pixels, shape: Shape) -> Bool:
    """The mask itself, dims (y, x)."""
    mask = np.zeros(shape, bool)
    mask.reshape(-1)[at] = True
    return mask


def grown(at: Pixels, shape: Shape, px: int = 1) -> Pixels:
    """A mask with all that lies within some pixels of it, corners included.

    Parameters
    ----------
    at, shape
        The mask, and rows and columns of its grid.
    px
        How far.

    Examples
    --------
    >>> grown(np.array([3]), (2, 4)).tolist()
    [2, 3, 6, 7]
    """
    rows, cols = shape
    return np.sort(_grown(at, rows, cols, px))


def opened(at: Pixels, shape: Shape) -> Pixels:
    """A mask without what is narrower than three pixels; what lies outside the grid is none of it.

    Parameters as for `grown`.
    """
    rows, cols = shape
    return np.sort(_grown(_shrunk(at, rows, cols), rows, cols, 1))


def reached(at: Pixels, ground: Bool, px: int) -> Pixels:
    """A mask grown step by step over some ground only.

    Parameters
    ----------
    at
        The mask.
    ground
        Where it may grow, dims (y, x).
    px
        How many steps.
    """
    return np.sort(_reached(at, ground, px, len(at) + int(np.count_nonzero(ground))))


@numba.njit(cache=True, nogil=True)
def _grown(at: Pixels, rows: int, cols: int, px: int) -> Pixels:
    is_in = np.zeros(rows * cols, np.bool_)
    out = np.empty(len(at) * (2 * px + 1) ** 2, np.int64)
    count = 0
    for pixel in at:
        r, c = pixel // cols, pixel % cols
        for i in range(max(r - px, 0), min(r + px + 1, rows)):
            for j in range(max(c - px, 0), min(c + px + 1, cols)):
                if not is_in[i * cols + j]:
                    is_in[i * cols + j] = True
                    out[count] = i * cols + j
                    count += 1
    return out[:count]


@numba.njit(cache=True, nogil=True)
def _shrunk(at: Pixels, rows: int, cols: int) -> Pixels:
    is_in = np.zeros(rows * cols, np.bool_)
    for pixel in at:
        is_in[pixel] = True
    out = np.empty(len(at), np.int64)
    count = 0
    for pixel in at:
        r, c = pixel // cols, pixel % cols
        if not (0 < r < rows - 1 and 0 < c < cols - 1):
            continue
        is_inside = True
        for first in (pixel - cols - 1, pixel - 1, pixel + cols - 1):
            is_inside &= is_in[first] and is_in[first + 1] and is_in[first + 2]
        if is_inside:
            out[count] = pixel
            count += 1
    return out[:count]


@numba.njit(cache=True, nogil=True)
def _reached(at: Pixels, ground: Bool, px: int, most: int) -> Pixels:
    rows, cols = ground.shape
    is_in = np.zeros(rows * cols, np.bool_)
    out = np.empty(most, np.int64)
    count = 0
    for pixel in at:
        is_in[pixel] = True
        out[count] = pixel
        count += 1
    begin = 0
    for _ in range(px):
        end = count
        for k in range(begin, end):
            r, c = out[k] // cols, out[k] % cols
            for i in range(max(r - 1, 0), min(r + 2, rows)):
                for j in range(max(c - 1, 0), min(c + 2, cols)):
                    if ground[i, j] and not is_in[i * cols + j]:
                        is_in[i * cols + j] = True
                        out[count] = i * cols + j
                        count += 1
        if count == end:
            break
        begin = end
    return out[:count]


@numba.njit(cache=True, nogil=True)
def opened_values(at: Pixels, values: UInt8, shape: Shape, rows: int, cols: int) -> UInt8:
    """Values without peaks narrower than a window of `rows` by `cols` pixels, odd numbers.

    Parameters
    ----------
    at, values
        The pixels that may be other than 0, and their values.
    shape
        Rows and columns of the grid.
    rows, cols
        Of the window.

    Returns
    -------
    array, dims (pixel,)
        Of the same pixels.

    Examples
    --------
    >>> row = np.array([9, 2, 2, 7, 7, 7, 2], np.uint8)
    >>> opened_values(np.arange(7), row, (1, 7), 1, 3).tolist()
    [2, 2, 2, 7, 7, 7, 2]
    """
    height, width = shape
    up, left = rows // 2, cols // 2
    grid, out = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    for k in range(len(at)):
        grid[at[k] // width, at[k] % width] = values[k]
    for pixel in at:
        r, c = pixel // width, pixel % width
        least = _least(grid[max(r - up, 0) : r + up + 1, max(c - left, 0) : c + left + 1])
        if least:
            for i in range(max(r - up, 0), min(r + up + 1, height)):
                for j in range(max(c - left, 0), min(c + left + 1, width)):
                    out[i, j] = max(out[i, j], least)
    told = np.empty(len(at), np.uint8)
    for k in range(len(at)):
        told[k] = out[at[k] // width, at[k] % width]
    return told


@numba.njit(cache=True, nogil=True)
def _least(values: UInt8) -> int:
    """The least of some values; 0 ends the search."""
    least = 255
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            least = min(least, int(values[i, j]))
            if least == 0:
                return 0
    return least
