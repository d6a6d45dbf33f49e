"""How a file is cut into blocks, and which of them some windows need."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from shapely.geometry.base import BaseGeometry

from minewatch.cube.grid import tile_corner_under
from minewatch.model import Asset, Grid

BLOCK_PX = 1024
"""Side of a block of the public COGs [D]: Earth Search has 1024, Planetary Computer 512."""

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Needs:
    """Blocks of a file that some windows need."""

    matrix: Float
    """Dims (window, block): 1.0 where the window needs the block."""
    rows: Float
    """Rows of blocks that each window meets, dims (window,)."""
    boxes: NDArray[np.object_]
    """Outline of each block, metres, cut at the edge of the file, dims (block,)."""


@dataclass(frozen=True)
class Lattice:
    """The blocks of a file; equal for all files that are cut alike."""

    epsg: int
    """CRS of its pixels."""
    left: float
    """West edge, metres."""
    top: float
    """North edge, metres."""
    pixel_m: float
    """Pixel, metres."""
    shape: tuple[float, float]
    """Rows and columns of pixels; infinite where the item does not say."""

    def needs(self, windows: Sequence[GeoBox], *, epsg: int) -> Needs:
        """The blocks that each of some windows needs.

        Parameters
        ----------
        windows
            Pixels wanted.
        epsg
            Their CRS.
        """
        boxes = gpd.GeoSeries([shapely.box(*w.boundingbox.bbox) for w in windows], crs=epsg)
        spans = [self._span(*bounds) for bounds in boxes.to_crs(self.epsg).bounds.to_numpy()]
        wanted = sorted({(row, col) for rows, cols in spans for row in rows for col in cols})
        number = {place: at for at, place in enumerate(wanted)}
        matrix = np.zeros((len(spans), len(wanted)))
        for at, (rows, cols) in enumerate(spans):
            matrix[at, [number[row, col] for row in rows for col in cols]] = 1
        met = np.array([len(rows) if len(cols) else 0 for rows, cols in spans], float)
        outlines = np.array([self._box(row, col) for row, col in wanted], dtype=object)
        return Needs(matrix, met, outlines)

    def held_px(self, footprint: BaseGeometry) -> float:
        """Pixels of the file that lie in a footprint, in its CRS; 0 where its size is unknown."""
        if math.inf in self.shape:
            return 0.0
        down, across = (side * self.pixel_m for side in self.shape)
        file = shapely.box(self.left, self.top - down, self.left + across, self.top)
        return float(shapely.intersection(file, footprint).area) / self.pixel_m**2

    def _span(self, west: float, south: float, east: float, north: float) -> tuple[range, range]:
        """Rows and columns of the blocks under a box."""
        block_m = BLOCK_PX * self.pixel_m
        down = (self.top - north) / block_m, (self.top - south) / block_m, self.shape[0]
        along = (west - self.left) / block_m, (east - self.left) / block_m, self.shape[1]
        rows, cols = (
            range(
                max(0, math.floor(start)) if size < math.inf else math.floor(start),
                math.ceil(min(end, size / BLOCK_PX)),
            )
            for start, end, size in (down, along)
        )
        return rows, cols

    def _box(self, row: int, col: int) -> BaseGeometry:
        block_m = BLOCK_PX * self.pixel_m
        bottom, right = (
            min((at + 1) * BLOCK_PX, side) * self.pixel_m
            for at, side in zip((row, col), self.shape, strict=True)
        )
        return shapely.box(
            self.left + col * block_m,
            self.top - bottom,
            self.left + right,
            self.top - row * block_m,
        )


def lattice_of(asset: Asset, grid: Grid, native_pixel_m: float) -> Lattice:
    """How the file of an asset is cut: where its item states it, else as tiles usually are.

    Parameters
    ----------
    asset
        One band of a scene.
    grid
        The grid of the run: gives the tile below where the item says nothing.
    native_pixel_m
        Pixel of the band by the sensor's profile.
    """
    if asset.transform is None or asset.epsg is None:
        west, north = tile_corner_under(grid)
        return Lattice(grid.epsg, west, north, native_pixel_m, (math.inf, math.inf))
    pixel_m, _, left, _, _, top = asset.transform[:6]
    return Lattice(asset.epsg, left, top, pixel_m, asset.shape or (math.inf, math.inf))


def covered_px(
    needs: Needs, footprints: NDArray[np.object_], wanted: Bool, pixel_m: float
) -> Float:
    """Pixels of wanted blocks that hold anything, dims (scene, block).

    Parameters
    ----------
    needs
        The blocks.
    footprints
        Outlines of the valid pixels of each scene, in the CRS of the file.
    wanted
        Which blocks are read of which scene, dims (scene, block).
    pixel_m
        Pixel of the file, metres.
    """
    covered = np.zeros(wanted.shape)
    scene, block = np.nonzero(wanted)
    shared = shapely.intersection(footprints[scene], needs.boxes[block])
    covered[scene, block] = shapely.area(shared) / pixel_m**2
    return covered
