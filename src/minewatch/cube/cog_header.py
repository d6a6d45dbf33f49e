"""The header of a plain cloud-optimised GeoTIFF: where its blocks lie, and how they are packed.

Only what public archives of digital numbers are made of is known here; whatever is unusual raises
`OnlyGdalError`, and GDAL reads it. What no image can begin with raises `GarbageError`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.errors import CRSError

from minewatch.cube.resampling import OnlyGdalError

Tags = Mapping[int, NDArray[Any]]

WIDTH, HEIGHT, BITS, PACKED, FILL_ORDER, SAMPLES = 256, 257, 258, 259, 266, 277
PREDICTOR, BLOCK_WIDTH, BLOCK_HEIGHT, OFFSETS, COUNTS = 317, 322, 323, 324, 325
SAMPLE_KIND, PIXEL_SCALE, TIE_POINT, GEO_KEYS, NODATA = 339, 33550, 33922, 34735, 42113
WANTED = frozenset({
    WIDTH, HEIGHT, BITS, PACKED, FILL_ORDER, SAMPLES, PREDICTOR, BLOCK_WIDTH, BLOCK_HEIGHT,
    OFFSETS, COUNTS, SAMPLE_KIND, PIXEL_SCALE, TIE_POINT, GEO_KEYS, NODATA,
})  # fmt: skip
KINDS = {1: "u1", 2: "u1", 3: "<u2", 4: "<u4", 12: "<f8", 16: "<u8"}
"""Number of a TIFF field type to its numpy name; the types that the tags above come in."""
UNPACKED, DEFLATED = (1,), (8, 32946)
PIXEL_KINDS = {(8, 1): "u1", (16, 1): "u2", (16, 2): "i2"}
"""Bits and sample format to what numpy calls it."""
MODEL_KEY, RASTER_KEY, EPSG_KEY = 1024, 1025, 3072
PROJECTED, PIXEL_IS_AREA = 1, 1
TALKED_KEYS = frozenset({1026, 2049, 2054, 3073, 3076})
"""GeoKeys that only say in words or units what the EPSG code says."""
EPSG_CODES = range(1024, 32767)
MOST_PIXELS, MOST_BLOCK_PX = 1 << 34, 1 << 26
"""Of a file, and of one of its blocks: more of them are garbage, not imagery [D]."""
MOST_BYTES = 1 << 48
"""Of a file: an offset beyond is garbage [D]."""
FARTHEST, SMALLEST = 1e9, 1e-4
"""Metres or pixels; and smallest pixel, metres: beyond is garbage [D]."""
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}")
BIG_ENDIAN = (b"MM\0*", b"MM\0+")
TIFF = (b"II*\0", b"II+\0", *BIG_ENDIAN)
JPEG_2000 = (b"\0\0\0\x0cjP  ", b"\xffO\xffQ")


class BeyondHeaderError(Exception):
    """The header is longer than the bytes at hand."""


class GarbageError(Exception):
    """No image begins like this: a page of a portal, say, or bytes that were damaged."""


@dataclass(frozen=True, kw_only=True)
class CogHeader:
    """The full image of a plain COG."""

    shape: tuple[int, int]
    """Rows and columns."""
    block: tuple[int, int]
    """Rows and columns of a block."""
    kind: str
    """Kind of its pixels, as numpy names it: `u1`, `u2` or `i2`."""
    is_deflated: bool
    """Blocks are zlib streams; else plain pixels."""
    has_differences: bool
    """Pixels are differences from their left neighbour (predictor 2)."""
    crs: Any
    """CRS as rasterio has it."""
    transform: Affine
    """Pixel to coordinates."""
    nodata: float | None
    """Value of "no pixel"."""
    offsets: NDArray[np.int64]
    """First byte of each block, dims (row of blocks, column of blocks); 0 where there is none."""
    counts: NDArray[np.int64]
    """Bytes of each block; 0 where there is none."""

    @property
    def block_bytes(self) -> int:
        """Bytes of a block when unpacked."""
        return self.block[0] * self.block[1] * np.dtype(self.kind).itemsize


def parse_cog(head: bytes) -> CogHeader:
    """What the first bytes of a file say of its full image.

    Parameters
    ----------
    head
        The file from its first byte on.

    Raises
    ------
    OnlyGdalError
        It is something else than a plain COG; with the reason.
    BeyondHeaderError
        More of the file is needed.
    GarbageError
        It is no TIFF and no JPEG 2000, or says what cannot be.
    """
    tags = _read_tags(head)
    one = {tag: int(v[0]) for tag, v in tags.items() if len(v) and v.dtype.kind == "u"}
    missing = {WIDTH, HEIGHT, BITS, BLOCK_WIDTH, BLOCK_HEIGHT, OFFSETS, COUNTS} - one.keys()
    _need(not missing, f"TIFF tags {sorted(missing)} are missing")
    _need(one.get(SAMPLES, 1) == 1, "it has several bands")
    _need(one.get(FILL_ORDER, 1) == 1, "its bits are reversed")
    packed, predictor = one.get(PACKED, 1), one.get(PREDICTOR, 1)
    _need(packed in UNPACKED + DEFLATED, f"its compression is {packed}")
    _need(predictor in (1, 2), f"its predictor is {predictor}")
    kind = PIXEL_KINDS.get((one[BITS], one.get(SAMPLE_KIND, 1)))
    _need(kind is not None, f"its pixels have {one[BITS]} bits")
    block = (one[BLOCK_HEIGHT], one[BLOCK_WIDTH])
    _can_be(0 < one[HEIGHT] * one[WIDTH] <= MOST_PIXELS, "has no size that can be")
    _can_be(0 < block[0] * block[1] <= MOST_BLOCK_PX, "has blocks of no size that can be")
    blocks = (-(-one[HEIGHT] // block[0]), -(-one[WIDTH] // block[1]))
    _need(len(tags[OFFSETS]) == len(tags[COUNTS]) == blocks[0] * blocks[1], "blocks are missing")
    for places in (tags[OFFSETS], tags[COUNTS]):
        _can_be(int(places.max()) <= MOST_BYTES, "has blocks beyond any file")
    return CogHeader(
        shape=(one[HEIGHT], one[WIDTH]),
        block=block,
        kind=str(kind),
        is_deflated=packed in DEFLATED,
        has_differences=predictor == 2 and packed in DEFLATED,
        crs=_crs(tags),
        transform=_transform(tags),
        nodata=_nodata(tags, str(kind)),
        offsets=tags[OFFSETS].astype(np.int64).reshape(blocks),
        counts=tags[COUNTS].astype(np.int64).reshape(blocks),
    )


def _read_tags(head: bytes) -> dict[int, NDArray[Any]]:
    """The tags of the first image."""
    if len(head) < len(JPEG_2000[0]):
        raise BeyondHeaderError
    _need(not head.startswith(BIG_ENDIAN), "it is no little-endian TIFF")
    _need(not head.startswith(JPEG_2000), "it is a JPEG 2000")
    big = head[:4] == b"II+\0"
    _can_be(big or head[:4] == b"II*\0", "is not recognized as a TIFF or JPEG 2000")
    word, start = ("<u8", 8) if big else ("<u4", 4)
    entry = np.dtype([("tag", "<u2"), ("kind", "<u2"), ("count", word), ("value", word)])
    first = int(_take(head, word, 1, start)[0])
    length = _take(head, "<u8" if big else "<u2", 1, first)
    first += length.itemsize
    entries = _take(head, entry, int(length[0]), first)
    tags = {}
    for number, (tag, kind, count, value) in enumerate(entries.tolist()):
        if tag in WANTED and kind in KINDS:
            inline = count * np.dtype(KINDS[kind]).itemsize <= np.dtype(word).itemsize
            end_of_entry = first + (number + 1) * entry.itemsize
            at = end_of_entry - np.dtype(word).itemsize if inline else value
            tags[tag] = _take(head, KINDS[kind], count, at)
    return tags


def _take(head: bytes, kind: str | np.dtype[Any], count: int, at: int) -> NDArray[Any]:
    if at + count * np.dtype(kind).itemsize > len(head):
        raise BeyondHeaderError
    return np.frombuffer(head, kind, count, at)


def _crs(tags: Tags) -> Any:
    """The CRS when the file names it by an EPSG code alone."""
    keys = tags.get(GEO_KEYS, np.zeros(0, np.uint16))[4:]
    _can_be(len(keys) % 4 == 0 and keys.dtype.kind == "u", "has keys of a CRS that are cut")
    rows = keys.reshape(-1, 4).tolist()
    plain = {key: value for key, place, _, value in rows if place == 0}
    _need(plain.get(MODEL_KEY) == PROJECTED, "it is not in a projected CRS")
    _need(plain.get(RASTER_KEY, PIXEL_IS_AREA) == PIXEL_IS_AREA, "its pixels are points")
    others = {row[0] for row in rows} - {MODEL_KEY, RASTER_KEY, EPSG_KEY} - TALKED_KEYS
    _need(plain.get(EPSG_KEY) in EPSG_CODES and not others, "its CRS has no EPSG code")
    return crs_of(plain[EPSG_KEY])


@lru_cache(maxsize=64)
def crs_of(epsg: int) -> Any:
    """The CRS of an EPSG code, as rasterio has it.

    Raises
    ------
    GarbageError
        There is no CRS of that code.
    """
    try:
        return rasterio.CRS.from_epsg(epsg)
    except CRSError:
        raise GarbageError(f"is in a CRS that is not known, EPSG:{epsg}") from None


def _transform(tags: Tags) -> Affine:
    scale, tie = tags.get(PIXEL_SCALE, ()), tags.get(TIE_POINT, ())
    _need(len(scale) >= 2 and len(tie) == 6, "it lies askew")
    (wide, high), (col, row, _, x, y, _) = map(float, scale[:2]), map(float, tie)
    _can_be(all(abs(value) <= FARTHEST for value in (col, row, x, y)), "lies nowhere")
    _can_be(
        all(SMALLEST <= abs(value) <= FARTHEST for value in (wide, high)),
        "has pixels of no size that can be",
    )
    return Affine(wide, 0.0, x - col * wide, 0.0, -abs(high), y + row * abs(high))


def _nodata(tags: Tags, kind: str) -> float | None:
    text = tags[NODATA].tobytes().strip(b"\0 ").decode("latin-1") if NODATA in tags else ""
    if not text:
        return None
    span = np.iinfo(kind)
    is_whole = WHOLE_NUMBER.fullmatch(text) and span.min <= int(text) <= span.max
    _need(bool(is_whole), f"its nodata is {text[:20]!r}")
    return float(text)


def _can_be(fulfilled: bool, otherwise: str) -> None:
    if not fulfilled:
        raise GarbageError(otherwise)


def _need(fulfilled: bool, reason: str) -> None:
    if not fulfilled:
        raise OnlyGdalError(reason)


def spans_of(blocks: Iterable[tuple[int, int]], *, gap_bytes: int) -> list[tuple[int, int]]:
    """Few stretches of a file that hold all of its blocks.

    Parameters
    ----------
    blocks
        First byte and number of bytes of each.
    gap_bytes
        Largest gap that is fetched along rather than asked around.

    Returns
    -------
    list of (first byte, first byte after), in order

    Examples
    --------
    >>> spans_of([(900, 50), (0, 100), (110, 20)], gap_bytes=10)
    [(0, 130), (900, 950)]
    """
    spans: list[tuple[int, int]] = []
    for start, size in sorted(blocks):
        if spans and start - spans[-1][1] <= gap_bytes:
            spans[-1] = (spans[-1][0], max(spans[-1][1], start + size))
        else:
            spans.append((start, start + size))
    return spans
