"""Per-pixel passes over uint16 that need no float cube, each with a plain numpy twin in the tests.

Everything is integer arithmetic, so that the answer never depends on how the grid is cut.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minewatch.compiled import kernel, part

UInt8 = NDArray[np.uint8]
UInt16 = NDArray[np.uint16]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

FINE = 1024
"""Positions between pixels are whole numbers of this part of a pixel (1 cm at 10 m)."""


_ALL = np.zeros((0, 0, 0), np.bool_)


def median_of_overpasses(overpasses: UInt16, counted: Bool = _ALL) -> UInt16:
    """Median over overpasses of what was seen.

    Each row is sorted over overpasses, as far as the median needs it, by a network of
    compare-exchanges (Batcher's merge exchange), so that a processor takes many columns at a time.

    Parameters
    ----------
    overpasses
        Dims (overpass, y, x), C-contiguous, 0 = not seen.
    counted
        Where an overpass counts, of the same dims; empty: wherever it was seen.

    Returns
    -------
    array, dims (y, x), uint16
        For an even count the mean of the two middle values, halves rounded up; 0: never seen.

    References
    ----------
    Knuth, The Art of Computer Programming 3, 5.2.2, algorithm M.
    """
    out = np.zeros(overpasses.shape[1:], np.uint16)
    _median(out, overpasses, counted, _exchanges(len(overpasses)))
    return out


@kernel("uint16[:,::1], uint16[:,:,::1], boolean[:,:,::1], int64[:,::1]")
def _median(
    out: UInt16, overpasses: UInt16, counted: Bool, exchanges: Int64
) -> None:  # pragma: no cover - compiled
    """Write the median into `out`, all 0 before."""
    n, rows, cols = overpasses.shape
    block = np.empty((n, cols), np.uint16)
    counts = np.empty(cols, np.uint16)
    for row in range(rows):
        for col in range(cols):
            counts[col] = 0
        for overpass in range(n):
            for col in range(cols):
                value = overpasses[overpass, row, col]
                if counted.size:
                    value *= np.uint16(counted[overpass, row, col])
                block[overpass, col] = value - np.uint16(1)  # "not seen" wraps round and sorts last
                counts[col] += np.uint16(value != 0)
        for at in range(len(exchanges)):
            lows, highs = block[exchanges[at, 0]], block[exchanges[at, 1]]
            for col in range(cols):
                low, high = lows[col], highs[col]
                lows[col], highs[col] = min(low, high), max(low, high)
        for col in range(cols):
            count = np.int64(counts[col])
            if count:
                lower = np.uint32(block[(count - 1) // 2, col])
                upper = np.uint32(block[count // 2, col])
                out[row, col] = (lower + upper + np.uint32(3)) // np.uint32(2)


@lru_cache(maxsize=64)
def _exchanges(n: int) -> Int64:
    """Pairs of values to compare and exchange in turn so that the lower half of `n` is in order.

    What was not seen sorts last, so the median of what was seen lies in the lower half. Dims
    (exchange, 2): where the smaller and the larger value go.
    """
    pairs: list[tuple[int, int]] = []
    p = 1
    while p < n:
        k = p
        while k >= 1:
            lows = (i for j in range(k % p, n - k, 2 * k) for i in range(j, min(j + k, n - k)))
            pairs.extend((i, i + k) for i in lows if i // (2 * p) == (i + k) // (2 * p))
            k //= 2
        p *= 2
    wanted = set(range(n // 2 + 1))
    needed = []
    for pair in reversed(pairs):
        if not wanted.isdisjoint(pair):
            wanted.update(pair)
            needed.append(pair)
    return np.array(needed[::-1], np.int64).reshape(-1, 2)


@kernel(
    "uint16[:,::1], uint16[:,::1], Array(uint16, 1, 'C', readonly=True), boolean[:,::1], "
    "uint8[:,::1], int64"
)
def place(
    out: UInt16, pixels: UInt16, table: UInt16, shown: Bool, tile: UInt8, number: int
) -> None:  # pragma: no cover - compiled
    """Write `table[pixels]` where an overpass is shown and a tile of this number is what shows it.

    Parameters
    ----------
    out, pixels, shown, tile
        Dims (y, x).
    table
        Digital number to what is written.
    number
        Of the tile.
    """
    rows, cols = out.shape
    for row in range(rows):
        for col in range(cols):
            if shown[row, col] and tile[row, col] == number:
                out[row, col] = table[pixels[row, col]]


@kernel("uint16[:,:,:,::1], boolean[:,:,::1], int64[::1]")
def keep_whole(stacks: UInt16, shown: Bool, core: Int64) -> None:  # pragma: no cover - compiled
    """Take pixels out of overpasses that lack one of the bands that no pixel may lack.

    Parameters
    ----------
    stacks
        Dims (band, overpass, y, x), 0 = not seen.
    shown
        Where an overpass is shown, dims (overpass, y, x).
    core
        Numbers of these bands.
    """
    bands, overpasses, rows, cols = stacks.shape
    lacks = np.empty(cols, np.bool_)
    for at in range(overpasses):
        for row in range(rows):
            is_shown = shown[at, row]
            lacks[:] = False
            for band in core:
                line = stacks[band, at, row]
                for col in range(cols):
                    lacks[col] |= line[col] == 0
            some = False
            for col in range(cols):
                lacks[col] &= is_shown[col]
                some |= lacks[col]
            if some:
                for col in range(cols):
                    is_shown[col] &= not lacks[col]
                for band in range(bands):
                    for col in range(cols):
                        if lacks[col]:
                            stacks[band, at, row, col] = 0


@kernel(
    "uint8[:,::1], uint8[:,::1], int64, int64, boolean",
    "uint16[:,::1], uint16[:,::1], int64, int64, boolean",
)
def place_block(
    out: NDArray[Any], block: NDArray[Any], row: int, col: int, has_differences: bool
) -> None:  # pragma: no cover - compiled
    """Write the part of a file's block that lies in a window into the window.

    Parameters
    ----------
    out
        The window, dims (y, x), unsigned.
    block
        The block, dims (y, x), of the same kind.
    row, col
        Where the block's first pixel lies in the window; may be negative.
    has_differences
        Each pixel of the block is the difference from its left neighbour, modulo its kind.
    """
    rows, cols = out.shape
    first = max(0, -col)
    last = min(block.shape[1], cols - col)
    for at in range(max(0, -row), min(block.shape[0], rows - row)):
        line, there, value = block[at], out[row + at, col + first :], np.uint64(0)
        for left in range(first if has_differences else 0):
            value += line[left]
        shown = line[first:last]
        for left in range(len(shown)):
            value = value + shown[left] if has_differences else np.uint64(shown[left])
            there[left] = value


@kernel("uint16[:,::1], int64, int64, int64")
def average_between(
    pixels: UInt16, down: int, right: int, step: int
) -> UInt16:  # pragma: no cover - compiled
    """Averages of pixels of the same size that lie a part of a pixel further down and right.

    Parameters
    ----------
    pixels
        Dims (y, x), 0 = nodata, which takes no part.
    down, right
        How far, in parts of a pixel.
    step
        How many parts it has.

    Returns
    -------
    array, dims (y, x), uint16
        A row and column less; rounded, halves up; 0 where there is no pixel below.
    """
    rows, cols = pixels.shape[0] - 1, pixels.shape[1] - 1
    out = np.zeros((rows, cols), np.uint16)
    for i in range(rows):
        for j in range(cols):
            total, weights = np.int64(0), np.int64(0)
            for row, tall in ((i, step - down), (i + 1, down)):
                for col, wide in ((j, step - right), (j + 1, right)):
                    if pixels[row, col]:
                        total += tall * wide * np.int64(pixels[row, col])
                        weights += tall * wide
            if weights:
                out[i, j] = (2 * total + weights) // (2 * weights)
    return out


@kernel("uint16[:,::1], int64[::1], int64[::1]")
def pick(pixels: UInt16, rows: Int64, cols: Int64) -> UInt16:  # pragma: no cover - compiled
    """Pixels at some rows and columns, dims (row, column)."""
    out = np.empty((len(rows), len(cols)), np.uint16)
    for i in range(len(rows)):
        if i and rows[i] == rows[i - 1]:
            out[i] = out[i - 1]
            continue
        for j in range(len(cols)):
            out[i, j] = pixels[rows[i], cols[j]]
    return out


@kernel("uint16[:,::1], boolean[:,::1]")
def count_numbers(pixels: UInt16, here: Bool) -> Int64:  # pragma: no cover - compiled
    """How often each number stands in an image where `here`, dims (number,); zeros count not."""
    highest = np.uint16(0)
    for row in range(pixels.shape[0]):
        for col in range(pixels.shape[1]):
            highest = max(highest, pixels[row, col])
    counts = np.zeros(int(highest) + 1, np.int64)
    for row in range(pixels.shape[0]):
        for col in range(pixels.shape[1]):
            if here[row, col]:
                counts[pixels[row, col]] += 1
    counts[0] = 0
    return counts


@kernel("uint16[:,::1], int64[::1], int64[::1]")
def resample(pixels: UInt16, ys: Int64, xs: Int64) -> UInt16:  # pragma: no cover - compiled
    """Bilinear values between pixels, in integer arithmetic.

    A 0 is nodata: it takes no part in its neighbours, and where the nearest pixel is 0, so is the
    value.

    Parameters
    ----------
    pixels
        Dims (y, x), 0 = nodata.
    ys, xs
        Where to take values, dims (row,) and (column,), in `1 / FINE` pixels; 0 is the centre of
        the first pixel. Beyond the pixels there is nodata.

    Returns
    -------
    array, dims (row, column), uint16
        Rounded, halves up.
    """
    rows, cols = pixels.shape
    out = np.zeros((len(ys), len(xs)), np.uint16)
    if not out.size:
        return out
    line = np.empty(cols, np.uint64)
    left, right = np.empty(len(xs), np.int64), np.empty(len(xs), np.uint64)
    for j in range(len(xs)):
        left[j], right[j] = xs[j] // FINE, xs[j] % FINE
    first, last = 0, len(xs)
    while first < last and left[first] < 0:
        first += 1
    while last > first and left[last - 1] + 1 >= cols:
        last -= 1
    half = FINE // 2
    is_twice = xs[0] % _EIGHT_BITS == 0 and ys[0] % _EIGHT_BITS == 0
    for j in range(1, len(xs)):
        is_twice &= xs[j] - xs[j - 1] == half
    for i in range(1, len(ys)):
        is_twice &= ys[i] - ys[i - 1] == half
    if is_twice and first < last:
        first += int(xs[first] % FINE >= half)
        last -= (last - first) % 2
    is_full = np.zeros(rows, np.bool_)
    for row in range(rows if first < last else 0):
        is_full[row] = True
        for col in range(left[first], left[last - 1] + 2):
            is_full[row] &= pixels[row, col] != 0
    for i in range(len(ys)):
        top, down = ys[i] // FINE, ys[i] % FINE
        below = top + 1 if down else top
        is_whole = top >= 0 and below < rows and is_full[top] and is_full[below]
        if is_whole:
            upper = pixels[top, left[first] : left[last - 1] + 2]
            lower = pixels[below, left[first] : left[last - 1] + 2]
            if is_twice:
                _resample_twice(out[i, first:last], upper, lower, down, xs[first] % FINE)
            else:
                tall, low = np.uint64(FINE - down), np.uint64(down)
                for col in range(len(upper)):
                    line[col] = tall * upper[col] + low * lower[col]
                for j in range(first, last):
                    at, wide = left[j] - left[first], np.uint64(FINE) - right[j]
                    total = wide * line[at] + right[j] * line[at + 1]
                    out[i, j] = (total + _HALF) >> _WHOLE
        _resample_some(out, pixels, ys, xs, i, first if is_whole else len(xs), last)
    return out


_WHOLE = np.uint64(20)
_HALF = np.uint64(FINE * FINE // 2)
_EIGHT_BITS = FINE // 256
"""Positions that are multiples of this have weights of eight bits: sums of four fit 32."""


@part
def _resample_twice(
    out: UInt16, upper: UInt16, lower: UInt16, down: int, right: int
) -> None:  # pragma: no cover - compiled
    """Two values between each pixel of a row and the next, half a pixel apart.

    `down` and `right` say where the first lies, in `1 / FINE` pixels; as 20 m pixels on 10 m.
    """
    one, half, bits = np.uint32(256), np.uint32(1 << 15), np.uint32(16)
    low, near = np.uint32(down // _EIGHT_BITS), np.uint32(right // _EIGHT_BITS)
    tall, far = np.uint32(one - low), np.uint32(near + one // np.uint32(2))
    line = np.empty(len(upper), np.uint32)
    for col in range(len(upper)):
        line[col] = np.uint32(tall * upper[col]) + np.uint32(low * lower[col])
    here, beside = line[:-1], line[1:]
    for col in range(len(out) // 2):
        first = np.uint32((one - near) * here[col]) + np.uint32(near * beside[col])
        second = np.uint32((one - far) * here[col]) + np.uint32(far * beside[col])
        out[2 * col] = np.uint32(first + half) >> bits
        out[2 * col + 1] = np.uint32(second + half) >> bits


@part
def _resample_some(
    out: UInt16, pixels: UInt16, ys: Int64, xs: Int64, i: int, end: int, start: int
) -> None:  # pragma: no cover - compiled
    """A row of `resample` up to `end` and from `start`, whatever lies about its pixels."""
    rows, cols = pixels.shape
    top, down = ys[i] // FINE, ys[i] % FINE
    nearest_row = top + (1 if 2 * down >= FINE else 0)
    if not 0 <= nearest_row < rows:
        return
    for first, last in ((0, end), (max(start, end), len(xs))):
        for j in range(first, last):
            left, right = xs[j] // FINE, xs[j] % FINE
            nearest_col = left + (1 if 2 * right >= FINE else 0)
            if not 0 <= nearest_col < cols or pixels[nearest_row, nearest_col] == 0:
                continue
            total, weights = np.int64(0), np.int64(0)
            for row, tall in ((top, FINE - down), (top + 1, down)):
                for col, wide in ((left, FINE - right), (left + 1, right)):
                    weight = tall * wide
                    if weight and 0 <= row < rows and 0 <= col < cols and pixels[row, col] != 0:
                        total += weight * np.int64(pixels[row, col])
                        weights += weight
            out[i, j] = (2 * total + weights) // (2 * weights)
