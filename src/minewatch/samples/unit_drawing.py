"""Which units are drawn: by hashes of the seed, so that anyone draws the same again.

The k-th draw of a stratum is SHA-256 of `seed/stratum/k`, as a number, modulo the units of the
stratum; one that was drawn before is passed over. A larger sample of the same seed begins with the
smaller one. Units of a stratum are numbered row by row from the north-west.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window

from minewatch.samples.frame_raster import OUTSIDE, STRIP_ROWS, UNSEEN

Codes = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class FrameCount:
    """What a frame holds."""

    units: tuple[int, ...]
    """Units in each stratum."""
    pixels: tuple[int, ...]
    """Pixels in these units that were seen."""
    by_code: tuple[Mapping[int, int], ...]
    """Of each stratum: value of a pixel to how many of its pixels have it."""
    not_seen: int
    """Pixels in the area that were not seen."""


@dataclass(frozen=True, kw_only=True)
class DrawnCell:
    """A pixel, block or tile that was drawn."""

    stratum: int
    """Number of its stratum."""
    row: int
    """First row in the grid."""
    col: int
    """First column in the grid."""
    pixels: tuple[tuple[int, int, int], ...]
    """Row, column and value of the pixels that are labelled, row by row."""
    size: int
    """Pixels of it that were seen."""


def number(*words: object) -> int:
    """A number out of words, the same everywhere.

    Examples
    --------
    >>> number("a", 1) == number("a", 1), number("a", 1) == number("a", 2)
    (True, False)
    """
    return int.from_bytes(hashlib.sha256("/".join(map(str, words)).encode()).digest(), "big")


def random_ranks(seed: str, stratum: str, units: int, count: int) -> list[int]:
    """Ranks of a simple random sample without replacement, in the order of drawing.

    Parameters
    ----------
    seed, stratum
        What the hashes are of.
    units
        How many there are.
    count
        How many are drawn, at most as many.

    Examples
    --------
    >>> random_ranks("1", "pool", 10, 3) == random_ranks("1", "pool", 10, 5)[:3]
    True
    """
    drawn: dict[int, None] = {}
    k = 0
    while len(drawn) < min(count, units):
        drawn[number(seed, stratum, k) % units] = None
        k += 1
    return list(drawn)


def even_ranks(seed: str, stratum: str, units: int, count: int) -> list[int]:
    """Ranks of a systematic sample: even steps, whole or not, from a random start.

    Parameters
    ----------
    seed, stratum, units, count
        As for `random_ranks`.
    """
    count = min(count, units)
    start = number(seed, stratum, "start") / 2**256
    return [min(int((k + start) * units / count), units - 1) for k in range(count)]


def count_frame(frame: Path, *, side: int, stratum_of: Mapping[int, int]) -> FrameCount:
    """Units and pixels of each stratum, read strip by strip.

    Parameters
    ----------
    frame
        Raster of `write_frame`.
    side
        Side of a unit, pixels.
    stratum_of
        Value of a pixel to the number of its stratum. A unit belongs to the first stratum that
        one of its pixels belongs to.
    """
    strata = max(stratum_of.values(), default=-1) + 1
    units, counts = np.zeros(strata, "int64"), np.zeros((strata, 256), "int64")
    unseen = 0
    for _, codes, stratum, _ in _cells(frame, side, stratum_of):
        units += np.bincount(stratum[stratum >= 0], minlength=strata)[:strata]
        unseen += int(np.count_nonzero(codes == UNSEEN))
        owner = np.broadcast_to(stratum[..., None], codes.shape)
        seen = (codes != OUTSIDE) & (codes != UNSEEN) & (owner >= 0)
        both = owner[seen].astype("int64") * 256 + codes[seen]
        counts += np.bincount(both, minlength=strata * 256).reshape(strata, 256)
    return FrameCount(
        units=tuple(int(n) for n in units),
        pixels=tuple(int(n) for n in counts.sum(axis=1)),
        by_code=tuple(
            {int(code): int(row[code]) for code in np.flatnonzero(row)} for row in counts
        ),
        not_seen=unseen,
    )


def draw_cells(
    frame: Path,
    *,
    side: int,
    stratum_of: Mapping[int, int],
    ranks: Sequence[Sequence[int]],
    inside: int = 0,
    seed: str = "",
) -> list[DrawnCell]:
    """The units of some ranks in each stratum, read strip by strip.

    Parameters
    ----------
    frame, side, stratum_of
        As for `count_frame`.
    ranks
        Of each stratum: ranks of the units that are drawn.
    inside
        Pixels to draw in each unit, for two stages; 0 takes all that were seen.
    seed
        What the draws inside a unit hash.

    Returns
    -------
    list of DrawnCell
        Row by row.
    """
    wanted = [np.sort(np.asarray(of, "int64")) for of in ranks]
    passed = [0] * len(wanted)
    drawn = []
    for first_row, codes, stratum, size in _cells(frame, side, stratum_of):
        for h, of in enumerate(wanted):
            places = np.flatnonzero(stratum == h)
            low, high = np.searchsorted(of, [passed[h], passed[h] + len(places)])
            for place in places[of[low:high] - passed[h]]:
                r, c = divmod(int(place), stratum.shape[1])
                row, col = first_row + r * side, c * side
                pixels = _pixels(codes[r, c], row, col, side)
                if inside:
                    chosen = random_ranks(seed, f"{row}/{col}", len(pixels), inside)
                    pixels = tuple(pixels[n] for n in sorted(chosen))
                drawn.append(
                    DrawnCell(stratum=h, row=row, col=col, pixels=pixels, size=int(size[r, c]))
                )
            passed[h] += len(places)
    return sorted(drawn, key=lambda cell: (cell.row, cell.col))


def _pixels(codes: Codes, row: int, col: int, side: int) -> tuple[tuple[int, int, int], ...]:
    seen = np.flatnonzero((codes != OUTSIDE) & (codes != UNSEEN))
    return tuple((row + int(n) // side, col + int(n) % side, int(codes[n])) for n in seen)


def _cells(
    frame: Path, side: int, stratum_of: Mapping[int, int]
) -> Iterator[tuple[int, Codes, NDArray[np.int16], NDArray[np.int32]]]:
    """First row of a strip; dims (row, col, pixel) of its units; their stratum, -1: none; size."""
    none = np.int16(32_000)
    table = np.full(256, none, "int16")
    for code, stratum in stratum_of.items():
        table[code] = stratum
    rows = max(STRIP_ROWS // side, 1) * side
    with rasterio.open(frame) as file:
        width = -(-file.width // side) * side
        for row in range(0, file.height, rows):
            height = min(rows, file.height - row)
            full = np.zeros((-(-height // side) * side, width), "uint8")
            full[:height, : file.width] = file.read(1, window=Window(0, row, file.width, height))
            shape = (full.shape[0] // side, side, width // side, side)
            codes = full.reshape(shape).transpose(0, 2, 1, 3).reshape(shape[0], shape[2], -1)
            stratum = table[codes].min(axis=2)
            size = np.count_nonzero((codes != OUTSIDE) & (codes != UNSEEN), axis=2)
            yield row, codes, np.where(stratum == none, -1, stratum).astype("int16"), size
