"""A header of foreign bytes is parsed, or ends in one of three agreed errors; never in another."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.cube.conftest import Archive

from minewatch.cube.cog_header import BeyondHeaderError, CogHeader, GarbageError, parse_cog
from minewatch.cube.resampling import OnlyGdalError

AGREED = (BeyondHeaderError, GarbageError, OnlyGdalError)
NASTY = (0, 1, 3, 0xFF, 0xFFFF, 0x7FF0, 0xFFFFFFFF, 1 << 31)


@pytest.fixture(scope="module")
def heads(tmp_path_factory):
    archive = Archive(tmp_path_factory.mktemp("heads"))
    noise = np.random.default_rng(0).integers(1, 9999, (400, 400)).astype(np.uint16)
    made = []
    for big in ("no", "yes"):
        archive.cog("a.tif", noise, bigtiff=big)
        made.append((archive.folder / "a.tif").read_bytes()[:1500])
    return made


def parsed(head: bytes) -> CogHeader | None:
    """The header, which can be used as it is; None after an agreed error."""
    try:
        header = parse_cog(head)
    except AGREED:
        return None
    assert header.image.block_bytes > 0
    assert (~header.transform * header.transform).almost_equals(type(header.transform).identity())
    assert header.image.offsets.min() >= 0
    assert header.image.counts.min() >= 0
    return header


@given(st.integers(0, 1), st.lists(st.tuples(st.integers(0, 1499), st.integers(0, 255))))
@settings(max_examples=2000, deadline=None)
def test_changed_bytes_end_in_an_agreed_error(heads, which, changes):
    head = bytearray(heads[which])
    for at, value in changes:
        head[at] = value
    parsed(bytes(head))


@given(st.integers(0, 1), st.integers(0, 60), st.integers(0, 3), st.sampled_from(NASTY))
@settings(max_examples=2000, deadline=None)
def test_nasty_fields_end_in_an_agreed_error(heads, which, entry, field, value):
    head = bytearray(heads[which])
    big = which == 1
    start, size = (int.from_bytes(head[8:16], "little") + 8, 20) if big else (
        int.from_bytes(head[4:8], "little") + 2, 12)  # fmt: skip
    at = start + entry * size + (0, 2, 4, size - (8 if big else 4))[field]
    kind = "<H" if field < 2 else ("<Q" if big else "<I")
    packed = struct.pack(kind, value & (0xFFFF if field < 2 else 0xFFFFFFFF))
    head[at : at + len(packed)] = packed
    parsed(bytes(head[:1500]))


@given(st.binary(max_size=400), st.sampled_from([b"", b"II*\0", b"II+\0\x08\0\0\0", b"MM\0*"]))
@settings(max_examples=1000, deadline=None)
def test_any_bytes_end_in_an_agreed_error(start, rest):
    parsed(rest + start)


def floats(head: bytes, count: int, *values: float) -> bytes:
    """The header with the first `count` doubles that are 10.0 or a corner put to another value."""
    at = head.index(struct.pack("<2d", 10.0, 10.0))
    return head[:at] + struct.pack(f"<{len(values)}d", *values) + head[at + 8 * count :]


@pytest.mark.parametrize("scale", [0.0, float("inf"), float("nan"), 1e-320, 1e300])
def test_pixels_of_no_size_are_garbage(heads, scale):
    with pytest.raises(GarbageError):
        parse_cog(floats(heads[0], 2, scale, scale))


def test_a_crs_nobody_knows_is_garbage(heads):
    at = heads[0].index(struct.pack("<4H", 3072, 0, 1, 32647))
    head = heads[0][: at + 6] + struct.pack("<H", 1025) + heads[0][at + 8 :]
    with pytest.raises(GarbageError, match="EPSG:1025"):
        parse_cog(head)


def test_a_block_of_no_size_is_garbage(heads):
    head = heads[0].replace(
        struct.pack("<2HI2H", 322, 3, 1, 128, 0), struct.pack("<2HIQ", 322, 3, 1, 0)[:12]
    )
    with pytest.raises(GarbageError, match="blocks of no size"):
        parse_cog(head)
