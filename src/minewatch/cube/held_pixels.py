"""Pixels of a scene that were read once, for whoever asks for a part of them again."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from minewatch.model import Asset, Band, PixelReader

UInt16 = NDArray[np.uint16]

MOST_AROUND_PX = 512
"""Side of a grid that is read whole for parts of it [D]."""


class HeldPixels:
    """A `PixelReader` that cuts parts of what it gave before out of it, and reads all else.

    A pixel has one value whatever window it is read in, so the answer is the same.

    Parameters
    ----------
    reader
        Who reads.
    around
        A grid that is read whole when a part of it is wanted first, unless it is large.
    """

    def __init__(self, reader: PixelReader, *, around: GeoBox | None = None) -> None:
        self._reader = reader
        is_small = around is not None and max(around.shape) <= MOST_AROUND_PX
        self._around = around if is_small else None
        self._held: dict[tuple[str, Band], tuple[GeoBox, UInt16]] = {}

    def read(self, asset: Asset, geobox: GeoBox, *, band: Band) -> UInt16:
        """Digital numbers on the grid; the contract is `minewatch.model.PixelReader.read`."""
        key = (asset.href, band)
        if key not in self._held:
            is_part = self._around is not None and _rows_and_columns(self._around, geobox)
            box = self._around if self._around is not None and is_part else geobox
            self._held[key] = box, np.asarray(self._reader.read(asset, box, band=band))
        box, pixels = self._held[key]
        place = _rows_and_columns(box, geobox)
        if place is None:
            return np.asarray(self._reader.read(asset, geobox, band=band))
        return pixels if box is geobox else np.ascontiguousarray(pixels[place])


def _rows_and_columns(held: GeoBox, wanted: GeoBox) -> tuple[slice, slice] | None:
    """Where a grid lies in another of the same pixels; None when it does not."""
    corner = _place_in(held.affine, wanted.affine)
    if corner is None or held.crs != wanted.crs:
        return None
    (top, left), (rows, cols) = corner, wanted.shape
    if min(corner) < 0 or top + rows > held.shape[0] or left + cols > held.shape[1]:
        return None
    return np.s_[top : top + rows, left : left + cols]


@lru_cache(maxsize=1024)
def _place_in(held: Affine, wanted: Affine) -> tuple[int, int] | None:
    """Row and column of one grid's first pixel in another of the same pixels; else None."""
    across = ~held * wanted
    row, col = round(across.f), round(across.c)
    is_whole = across.almost_equals(Affine(1, 0, col, 0, 1, row), 1e-6)
    return (row, col) if is_whole else None
