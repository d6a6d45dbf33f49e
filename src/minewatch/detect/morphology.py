"""Masks of few pixels, held as the flat indices of the true ones in order, grown and opened.

The same as `scipy.ndimage` does to whole grids, at a cost that follows the pixels and not the grid:
what every period of a record goes through must cost next to nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from minewatch.compiled import kernel, part

Pixels = NDArray[np.intp]
"""Flat indices of the true pixels of a mask, in order."""
Shape = tuple[int, ...]
"""Rows and columns of a grid."""
Bool = NDArray[np.bool_]
UInt8 = NDArray[np.uint8]


def is_among(at: Pixels, others: Pixels) -> Bool:
    """Which pixels are among some others, dims (pixel,).

    Parameters
    ----------
    at
        Flat indices, in any order.
    others
        Flat indices, in order.

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

    Parameters
    ----------
    at
        The pixels: flat indices, in any order.
    known, values
        Flat indices in order, and the value of each.
    missing
        What the others become.

    Returns
    -------
    array, dims (pixel,)
        Of the pixels `at`, dtype that of `values`.

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
    """The mask itself, dims (y, x); its pixels may come in any order and more than once."""
    mask = np.zeros(shape, bool)
    mask.reshape(-1)[at] = True
    return mask


def grown(at: Pixels, shape: Shape, px: int = 1) -> Pixels:
    """A mask with all that lies within some pixels of it, corners included.

    Parameters
    ----------
    at, shape
        The mask, its pixels in any order, and rows and columns of its grid.
    px
        How far.

    Returns
    -------
    array, dims (pixel,)
        Flat indices, in order.

    Examples
    --------
    >>> grown(np.array([3]), (2, 4)).tolist()
    [2, 3, 6, 7]
    """
    out = np.empty(min(len(at) * (2 * px + 1) ** 2, shape[0] * shape[1]), np.int64)
    count = _grow(at, np.zeros(shape, bool), px, out)
    return np.sort(out[:count])


def opened(at: Pixels, shape: Shape, width: int = 3) -> Pixels:
    """A mask without what is narrower than some pixels; what lies outside the grid is none of it.

    Parameters
    ----------
    at, shape
        As for `grown`.
    width
        How narrow, an odd number.

    Returns
    -------
    array, dims (pixel,)
        Flat indices, in order.
    """
    kept, px = at, width // 2
    for _ in range(px):
        out = np.empty(len(kept), np.int64)
        count = _shrink(kept, spread(kept, shape), out)
        kept = out[:count]
    return grown(kept, shape, px)


def reached(at: Pixels, ground: Bool, px: int) -> Pixels:
    """A mask grown step by step over some ground only.

    Parameters
    ----------
    at
        The mask; it stays also where it lies on no such ground.
    ground
        Where it may grow, dims (y, x).
    px
        How many steps.

    Returns
    -------
    array, dims (pixel,)
        Flat indices, in order.
    """
    out = np.empty(len(at) + int(np.count_nonzero(ground)), np.int64)
    out[: len(at)] = at
    count = _reach(spread(at, ground.shape), ground, px, len(at), out)
    return np.sort(out[:count])


@kernel("int64[::1], boolean[:,::1], int64, int64[::1]")
def _grow(at: Pixels, known: Bool, px: int, out: Pixels) -> int:
    """Write all pixels near some others into `out`, and into `known`; how many they are."""
    rows, cols = known.shape
    count = 0
    for pixel in at:
        r, c = pixel // cols, pixel % cols
        for i in range(max(r - px, 0), min(r + px + 1, rows)):
            for j in range(max(c - px, 0), min(c + px + 1, cols)):
                if not known[i, j]:
                    known[i, j] = True
                    out[count] = i * cols + j
                    count += 1
    return count


@kernel("int64[::1], boolean[:,::1], int64[::1]")
def _shrink(at: Pixels, mask: Bool, out: Pixels) -> int:
    """Write the pixels of a mask into `out` whose eight neighbours are in it; how many they are."""
    rows, cols = mask.shape
    count = 0
    for pixel in at:
        r, c = pixel // cols, pixel % cols
        is_inside = 0 < r < rows - 1 and 0 < c < cols - 1
        for i in range(r - 1, r + 2):
            for j in range(c - 1, c + 2):
                is_inside = is_inside and mask[i, j]
        if is_inside:
            out[count] = pixel
            count += 1
    return count


@kernel("boolean[:,::1], boolean[:,::1], int64, int64, int64[::1]")
def _reach(known: Bool, ground: Bool, px: int, count: int, out: Pixels) -> int:
    """Add to the first pixels in `out`, which are `known`, what is reached; how many all are."""
    rows, cols = ground.shape
    begin = 0
    for _ in range(px):
        end = count
        for k in range(begin, end):
            r, c = out[k] // cols, out[k] % cols
            for i in range(max(r - 1, 0), min(r + 2, rows)):
                for j in range(max(c - 1, 0), min(c + 2, cols)):
                    if ground[i, j] and not known[i, j]:
                        known[i, j] = True
                        out[count] = i * cols + j
                        count += 1
        if count == end:
            break
        begin = end
    return count


def opened_values(at: Pixels, values: UInt8, shape: Shape, rows: int, cols: int) -> UInt8:
    """Values without peaks narrower than a window of `rows` by `cols` pixels, odd numbers.

    Parameters
    ----------
    at, values
        The pixels that may be other than 0, in any order, and their values.
    shape
        Rows and columns of the grid.
    rows, cols
        Of the window.

    Returns
    -------
    array, dims (pixel,), uint8
        Of the same pixels.

    Examples
    --------
    >>> row = np.array([9, 2, 2, 7, 7, 7, 2], np.uint8)
    >>> opened_values(np.arange(7), row, (1, 7), 1, 3).tolist()
    [2, 2, 2, 7, 7, 7, 2]
    """
    given, out = np.zeros((2, *shape), np.uint8)
    given.reshape(-1)[at] = values
    _open_values(out, given, at, rows, cols)
    return np.asarray(out.reshape(-1)[at])


@kernel("uint8[:,::1], uint8[:,::1], int64[::1], int64, int64")
def _open_values(out: UInt8, values: UInt8, at: Pixels, rows: int, cols: int) -> None:
    """Write values without narrow peaks into `out`, all 0 before; `at` may be other than 0."""
    height, width = values.shape
    up, left = rows // 2, cols // 2
    for place in at:
        r, c = place // width, place % width
        top, bottom = max(r - up, 0), min(r + up + 1, height)
        first, last = max(c - left, 0), min(c + left + 1, width)
        least = _least(values, top, bottom, first, last)
        if least:
            for i in range(top, bottom):
                for j in range(first, last):
                    out[i, j] = max(out[i, j], least)


@part
def _least(values: UInt8, top: int, bottom: int, first: int, last: int) -> int:
    """The least of the values in a box; 0 ends the search."""
    least = 255
    for i in range(top, bottom):
        for j in range(first, last):
            least = min(least, int(values[i, j]))
            if least == 0:
                return 0
    return least
