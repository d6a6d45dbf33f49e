"""Pixels of a scene that were read once, for whoever asks for a part of them again."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from minewatch.model import Asset, Band, PixelReader

UInt16 = NDArray[np.uint16]


class HeldPixels:
    """A `PixelReader` that cuts parts of what it gave before out of it, and reads all else.

    A pixel has one value whatever window it is read in, so the answer is the same.

    Parameters
    ----------
    reader
        Who reads.
    """

    def __init__(self, reader: PixelReader) -> None:
        self._reader = reader
        self._held: dict[tuple[str, Band], tuple[GeoBox, UInt16]] = {}

    def read(self, asset: Asset, geobox: GeoBox, *, band: Band) -> UInt16:
        """Digital numbers on the grid; the contract is `minewatch.model.PixelReader.read`."""
        key = (asset.href, band)
        if key in self._held:
            box, pixels = self._held[key]
            place = _place_in(box.affine, geobox.affine)
            if place and box.crs == geobox.crs:
                top, left = place
                rows, cols = geobox.shape
                if min(place) >= 0 and top + rows <= box.shape[0] and left + cols <= box.shape[1]:
                    return np.ascontiguousarray(pixels[top : top + rows, left : left + cols])
            return np.asarray(self._reader.read(asset, geobox, band=band))
        found = np.asarray(self._reader.read(asset, geobox, band=band))
        self._held[key] = geobox, found
        return found


@lru_cache(maxsize=1024)
def _place_in(held: Affine, wanted: Affine) -> tuple[int, int] | None:
    """Row and column of one grid's first pixel in another of the same pixels; else None."""
    across = ~held * wanted
    row, col = round(across.f), round(across.c)
    is_whole = across.almost_equals(Affine(1, 0, col, 0, 1, row), 1e-6)
    return (row, col) if is_whole else None
