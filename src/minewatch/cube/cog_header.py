"""The header of a plain cloud-optimised GeoTIFF: where blocks lie, and how they are packed.

Only what public archives of digital numbers are made of is known here; whatever is unusual raises
`OnlyGdalError`, and GDAL reads it. What no image can begin with raises `GarbageError`.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.errors import CRSError

from minewatch.cube.resampling import COARSER_FROM, OnlyGdalError, crs_named


class _Field(NamedTuple):
    """What a tag holds, as it lies in the header."""

    kind: str
    """Its numbers, as `struct` names them."""
    data: bytes


Tags = Mapping[int, _Field]

SUBFILE = 254
WIDTH, HEIGHT, BITS, PACKED, FILL_ORDER, SAMPLES = 256, 257, 258, 259, 266, 277
PREDICTOR, BLOCK_WIDTH, BLOCK_HEIGHT, OFFSETS, COUNTS = 317, 322, 323, 324, 325
SAMPLE_KIND, PIXEL_SCALE, TIE_POINT, GEO_KEYS, NODATA = 339, 33550, 33922, 34735, 42113
WANTED = frozenset({
    SUBFILE, WIDTH, HEIGHT, BITS, PACKED, FILL_ORDER, SAMPLES, PREDICTOR, BLOCK_WIDTH, BLOCK_HEIGHT,
    OFFSETS, COUNTS, SAMPLE_KIND, PIXEL_SCALE, TIE_POINT, GEO_KEYS, NODATA,
})  # fmt: skip
KINDS = {1: "B", 2: "B", 3: "H", 4: "I", 12: "d", 16: "Q"}
"""Number of a TIFF field type to its name for `struct`; the types that the tags above come in."""
SIZES = {kind: struct.calcsize(f"<{kind}") for kind in KINDS.values()}
"""Bytes of a number of each."""
UNPACKED, DEFLATED = (1,), (8, 32946)
PIXEL_KINDS = {(8, 1): "u1", (16, 1): "u2", (16, 2): "i2"}
"""Bits and sample format to what numpy calls it."""
REDUCED = 1
"""`NewSubfileType` of an overview."""
MOST_IMAGES = 16
"""Of a file that are looked at: an image and more overviews than halve it to a pixel [D]."""
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
class BlockLayout:
    """An image of a file: where its blocks lie, and how they are packed."""

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
    offsets: NDArray[np.int64]
    """First byte of each block, dims (row of blocks, column of blocks); 0 where there is none."""
    counts: NDArray[np.int64]
    """Bytes of each block; 0 where there is none."""

    @property
    def block_bytes(self) -> int:
        """Bytes of a block when unpacked."""
        return self.block[0] * self.block[1] * np.dtype(self.kind).itemsize


@dataclass(frozen=True, kw_only=True)
class CogHeader:
    """The images of a plain COG, and where it lies."""

    image: BlockLayout
    """Its full image."""
    overviews: tuple[BlockLayout, ...] | None
    """Coarser ones; none when the header says anything of them that is not plain; None: nobody
    asked for them."""
    crs: Any
    """CRS as rasterio has it."""
    transform: Affine
    """Pixel to coordinates."""
    nodata: float | None
    """Value of "no pixel"."""

    def overview(self, step: int) -> BlockLayout | None:
        """The overview of which a pixel is exactly so many of the image; None: there is none."""
        rows, cols = self.image.shape
        wanted = (rows // step, cols // step)
        if (wanted[0] * step, wanted[1] * step) != (rows, cols):
            return None
        return next((one for one in self.overviews or () if one.shape == wanted), None)


def parse_cog(head: bytes, *, grid_px: float = 0.0) -> CogHeader:
    """What the first bytes of a file say of its images.

    Parameters
    ----------
    head
        The file from its first byte on.
    grid_px
        Pixel of the grid that is asked for, in units of the file: overviews are looked for when it
        is coarser than the file's.

    Raises
    ------
    OnlyGdalError
        It is something else than a plain COG; with the reason.
    BeyondHeaderError
        More of the file is needed.
    GarbageError
        It is no TIFF and no JPEG 2000, or says what cannot be.
    """
    images = _read_images(head)
    tags = next(images)
    image = _layout(tags)
    transform = _transform(tags.get(PIXEL_SCALE), tags.get(TIE_POINT))
    is_coarser = is_coarse(transform, grid_px)
    return CogHeader(
        image=image,
        overviews=_overviews(images, image.kind) if is_coarser else None,
        crs=_crs(tags.get(GEO_KEYS)),
        transform=transform,
        nodata=_nodata(tags.get(NODATA), image.kind),
    )


def is_coarse(transform: Affine, grid_px: float) -> bool:
    """Whether pixels of a grid are so much larger than those of a file that these are averaged."""
    return bool(grid_px >= COARSER_FROM * abs(transform.a))


def _layout(tags: Tags) -> BlockLayout:
    one = {tag: _first(field) for tag, field in tags.items() if field.kind != "d" and field.data}
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
    places = [np.frombuffer(tags[tag].data, f"<{tags[tag].kind}") for tag in (OFFSETS, COUNTS)]
    _need(all(len(of) == blocks[0] * blocks[1] for of in places), "blocks are missing")
    _can_be(max(int(of.max()) for of in places) <= MOST_BYTES, "has blocks beyond any file")
    offsets, counts = (of.astype(np.int64).reshape(blocks) for of in places)
    return BlockLayout(
        shape=(one[HEIGHT], one[WIDTH]),
        block=block,
        kind=str(kind),
        is_deflated=packed in DEFLATED,
        has_differences=predictor == 2 and packed in DEFLATED,
        offsets=offsets,
        counts=counts,
    )


def _overviews(images: Iterator[Tags], kind: str) -> tuple[BlockLayout, ...]:
    """Images behind the first; none where one is no overview, as of a file with a mask."""
    found = []
    try:
        for tags in images:
            _need(SUBFILE in tags and _first(tags[SUBFILE]) == REDUCED, "it is no overview")
            found.append(_layout(tags))
            _need(found[-1].kind == kind, "its pixels are of another kind")
    except (OnlyGdalError, BeyondHeaderError, GarbageError):
        return ()
    return tuple(found)


def _read_images(head: bytes) -> Iterator[Tags]:
    """The tags of each image of a file, the first ones."""
    if len(head) < len(JPEG_2000[0]):
        raise BeyondHeaderError
    _need(not head.startswith(BIG_ENDIAN), "it is no little-endian TIFF")
    _need(not head.startswith(JPEG_2000), "it is a JPEG 2000")
    big = head[:4] == b"II+\0"
    _can_be(big or head[:4] == b"II*\0", "is not recognized as a TIFF or JPEG 2000")
    word, number, start, entry = ("Q", "Q", 8, "HHQ8s") if big else ("I", "H", 4, "HHI4s")
    at = _numbers(head, word, 1, start)[0]
    for _ in range(MOST_IMAGES):
        entries = _numbers(head, number, 1, at)[0]
        first, size = at + SIZES[number], struct.calcsize(f"<{entry}")
        listed = _take(head, entries * size, first)
        yield {
            tag: _Field(KINDS[kind], _data(head, count * SIZES[KINDS[kind]], value))
            for tag, kind, count, value in struct.iter_unpack(f"<{entry}", listed)
            if tag in WANTED and kind in KINDS
        }
        at = _numbers(head, word, 1, first + entries * size)[0]
        if not at:
            return


def _data(head: bytes, size: int, value: bytes) -> bytes:
    """What a tag holds: beside its name when it is short, else where that says."""
    return (
        value[:size] if size <= len(value) else _take(head, size, int.from_bytes(value, "little"))
    )


def _take(head: bytes, size: int, at: int) -> bytes:
    if at + size > len(head):
        raise BeyondHeaderError
    return head[at : at + size]


def _numbers(head: bytes, kind: str, count: int, at: int) -> tuple[Any, ...]:
    return struct.unpack(f"<{count}{kind}", _take(head, count * SIZES[kind], at))


def _first(field: _Field) -> int:
    return int.from_bytes(field.data[: SIZES[field.kind]], "little")


def _values(field: _Field | None) -> tuple[Any, ...]:
    """All numbers of a tag; none when it is not there."""
    if field is None:
        return ()
    return _numbers(field.data, field.kind, len(field.data) // SIZES[field.kind], 0)


@lru_cache(maxsize=256)
def _crs(keys: _Field | None) -> Any:
    """The CRS when the file names it by an EPSG code alone."""
    numbers = _values(keys)[4:]
    _can_be(
        len(numbers) % 4 == 0 and (not keys or keys.kind != "d"), "has keys of a CRS that are cut"
    )
    rows = list(zip(*(numbers[at::4] for at in range(4)), strict=True))
    plain = {key: value for key, place, _, value in rows if place == 0}
    _need(plain.get(MODEL_KEY) == PROJECTED, "it is not in a projected CRS")
    _need(plain.get(RASTER_KEY, PIXEL_IS_AREA) == PIXEL_IS_AREA, "its pixels are points")
    others = {row[0] for row in rows} - {MODEL_KEY, RASTER_KEY, EPSG_KEY} - TALKED_KEYS
    _need(plain.get(EPSG_KEY) in EPSG_CODES and not others, "its CRS has no EPSG code")
    return crs_of(plain[EPSG_KEY])


def crs_of(epsg: int) -> Any:
    """The CRS of an EPSG code, as rasterio has it.

    Raises
    ------
    GarbageError
        There is no CRS of that code.
    """
    try:
        return crs_named(f"EPSG:{epsg}")
    except CRSError:
        raise GarbageError(f"is in a CRS that is not known, EPSG:{epsg}") from None


@lru_cache(maxsize=4096)
def _transform(pixel: _Field | None, corner: _Field | None) -> Affine:
    scale, tie = _values(pixel), _values(corner)
    _need(len(scale) >= 2 and len(tie) == 6, "it lies askew")
    (wide, high), (col, row, _, x, y, _) = map(float, scale[:2]), map(float, tie)
    _can_be(all(abs(value) <= FARTHEST for value in (col, row, x, y)), "lies nowhere")
    _can_be(
        all(SMALLEST <= abs(value) <= FARTHEST for value in (wide, high)),
        "has pixels of no size that can be",
    )
    return Affine(wide, 0.0, x - col * wide, 0.0, -abs(high), y + row * abs(high))


@lru_cache(maxsize=256)
def _nodata(field: _Field | None, kind: str) -> float | None:
    text = field.data.strip(b"\0 ").decode("latin-1") if field else ""
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
