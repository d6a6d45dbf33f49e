"""Pixels that were read once are cut, and are those that a read of their own gives."""

import numpy as np
import pytest
from odc.geo.geobox import GeoBox
from tests.unit.cube.conftest import NORTH, WEST

from minewatch.cube import RangeReader
from minewatch.cube.held_pixels import HeldPixels


class Counting:
    """A reader that counts what it is asked for."""

    def __init__(self) -> None:
        self.reader, self.reads = RangeReader(), 0

    def read(self, asset, geobox, *, band):
        self.reads += 1
        return self.reader.read(asset, geobox, band=band)


@pytest.fixture
def asset(archive):
    pixels = np.random.default_rng(1).integers(1, 9000, (160, 160)).astype(np.uint16)
    return archive.cog("a.tif", pixels)


@pytest.fixture
def wide(archive) -> GeoBox:
    return archive.geobox(120, 140, west=WEST + 100, north=NORTH - 50)


def test_a_part_is_cut_and_not_read_again(asset, wide):
    source = Counting()
    held = HeldPixels(source)
    held.read(asset, wide, band="red")
    for part in (wide[10:42, 5:77], wide[:1, :1], wide):
        cut = held.read(asset, part, band="red")
        np.testing.assert_array_equal(cut, RangeReader().read(asset, part, band="red"))
        assert cut.flags.c_contiguous
    assert source.reads == 1


@pytest.mark.parametrize(
    "other", ["beyond", "coarser", "between pixels", "another band", "another file"]
)
def test_all_else_is_read(archive, asset, wide, other):
    source = Counting()
    held = HeldPixels(source)
    held.read(asset, wide, band="red")
    box, band, file = wide[10:42, 5:77], "red", asset
    if other == "beyond":
        box = wide.pad(3)
    elif other == "coarser":
        box = archive.geobox(20, 20, west=WEST + 200, north=NORTH - 200, res=20)
    elif other == "between pixels":
        box = archive.geobox(20, 20, west=WEST + 205, north=NORTH - 205)
    elif other == "another band":
        band = "nir"
    else:
        file = archive.cog("b.tif", np.full((160, 160), 7, np.uint16))
    expected = RangeReader().read(file, box, band=band)
    np.testing.assert_array_equal(held.read(file, box, band=band), expected)
    assert source.reads == 2


def test_what_lies_around_is_read_once_for_its_parts(asset, wide):
    source = Counting()
    held = HeldPixels(source, around=wide)
    for part in (wide[10:42, 5:77], wide[90:, 100:], wide):
        cut = held.read(asset, part, band="red")
        np.testing.assert_array_equal(cut, RangeReader().read(asset, part, band="red"))
    assert source.reads == 1
    held.read(asset, wide.pad(3), band="red")
    assert source.reads == 2
