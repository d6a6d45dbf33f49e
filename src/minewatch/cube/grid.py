"""The one snapped grid of a run, its chunks, and the area of interest drawn on it."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry
from rasterio.features import rasterize

from minewatch.errors import SettingsError
from minewatch.model import AreaOfInterest, Chunk, Grid

TILE_M = 100_000
"""Spacing of Sentinel-2's tiles."""
TILE_PIXEL_M = 60
"""Coarsest pixel of Sentinel-2, which the corners of its tiles are multiples of."""
BLOCK_M = 10_240
"""Side of a block of 1,024 pixels of 10 m, as Earth Search's COGs have them."""


def make_grid(
    aoi: AreaOfInterest,
    *,
    resolution_m: float = 10.0,
    chunk_px: int = 512,
    along_all_blocks: bool = False,
) -> Grid:
    """The grid over an area of interest: north-up, UTM, edges on multiples of the resolution.

    Two areas in one zone, and Sentinel-2 tiles at 10 m, share their edges. Chunks are cut
    along the blocks of the Sentinel-2 tile under the middle of the area, so that a chunk of 1024
    pixels needs one block of a public COG where any other cut needs four; an axis that fits into
    one chunk is not cut. Those that do not touch the area are left out.

    Parameters
    ----------
    aoi
        The area.
    resolution_m
        Pixel size, metres.
    chunk_px
        Side of a chunk, pixels; chunks at the edges of the grid are smaller.
    along_all_blocks
        Cut an axis that fits into one chunk too, as runs before decision 36 were.

    Returns
    -------
    Grid
        In `aoi.utm_epsg`, chunks row by row.
    """
    if resolution_m <= 0 or chunk_px <= 0:
        raise SettingsError(
            f"a grid of {resolution_m} m in chunks of {chunk_px} px cannot be made",
            hint="give a resolution and a chunk size above zero",
        )
    geobox = snapped_geobox(aoi, resolution_m)
    west, north = _tile_corner(aoi)
    places = (north - geobox.affine.f) / resolution_m, (geobox.affine.c - west) / resolution_m
    rows, cols = (
        [0, count]
        if count <= chunk_px and not along_all_blocks
        else _edges(before, count, chunk_px)
        for before, count in zip(places, geobox.shape, strict=True)
    )
    shapely.prepare(ground := aoi.geometry_utm)
    chunks = (
        Chunk(row=top, col=left, geobox=geobox[top:bottom, left:right])
        for top, bottom in pairwise(rows)
        for left, right in pairwise(cols)
    )
    touched = tuple(c for c in chunks if shapely.intersects(ground, c.geobox.extent.geom))
    return Grid(geobox=geobox, chunks=touched)


def in_reading_order(grid: Grid) -> list[Chunk]:
    """The chunks so that those which share blocks of the files follow one another.

    First all under one block of 20 m bands, within it all under one of 10 m bands: a reader that
    keeps blocks then fetches each about once.
    """

    def place(chunk: Chunk) -> tuple[int, ...]:
        wide, fine = (block_of(grid, chunk, 2 * BLOCK_M), block_of(grid, chunk, BLOCK_M))
        return (*wide, *fine, chunk.row, chunk.col)

    return sorted(grid.chunks, key=place)


def tile_corner_under(grid: Grid) -> tuple[float, float]:
    """North-west corner of the Sentinel-2 tile under the middle of a grid, metres."""
    west, south, east, north = grid.geobox.boundingbox.bbox
    return _corner_of((west + east) / 2, (south + north) / 2)


def block_of(grid: Grid, chunk: Chunk, block_m: float) -> tuple[int, int]:
    """Row and column of the block under a chunk's first pixel, counted on the tile below."""
    corner = tile_corner_under(grid)
    left, top = chunk.geobox.boundingbox.left, chunk.geobox.boundingbox.top
    return math.floor((corner[1] - top) / block_m), math.floor((left - corner[0]) / block_m)


def _edges(before: float, count: int, step: int) -> list[int]:
    """First pixels of the chunks of an axis, and its end; `before` pixels lie since the corner."""
    return [0, *range(step - round(before) % step, count, step), count]


def _tile_corner(aoi: AreaOfInterest) -> tuple[float, float]:
    """North-west corner of the Sentinel-2 tile under the middle of an area, metres.

    Tiles begin at multiples of 100 km, pushed outwards to multiples of their 60 m pixel.
    """
    middle = aoi.geometry_utm.centroid
    return _corner_of(middle.x, middle.y)


def _corner_of(x: float, y: float) -> tuple[float, float]:
    west = math.floor(math.floor(x / TILE_M) * TILE_M / TILE_PIXEL_M) * TILE_PIXEL_M
    north = math.ceil(math.ceil(y / TILE_M) * TILE_M / TILE_PIXEL_M) * TILE_PIXEL_M
    return west, north


def snapped_geobox(aoi: AreaOfInterest, resolution_m: float) -> GeoBox:
    """The smallest box of whole pixels over an area, edges on multiples of the resolution."""
    extent = Geometry(aoi.geometry_utm, crs=f"EPSG:{aoi.utm_epsg}")
    return GeoBox.from_geopolygon(extent, resolution=resolution_m)


def coarse_geobox(aoi: AreaOfInterest, *, max_px: int, native_m: float = 10.0) -> GeoBox:
    """A snapped box over an area with at most `max_px` pixels a side.

    The pixel is the native one doubled until it fits, so that overviews of files can serve it.
    """
    west, south, east, north = aoi.geometry_utm.bounds
    across = max(east - west, north - south)
    doublings = max(0, math.ceil(math.log2(across / (native_m * (max_px - 2)))))
    return snapped_geobox(aoi, native_m * 2**doublings)


def aoi_mask(aoi: AreaOfInterest, grid: Grid | GeoBox) -> NDArray[np.bool_]:
    """Where the area of interest is.

    Parameters
    ----------
    aoi
        The area.
    grid
        A grid, or the geobox of one of its chunks, in `aoi.utm_epsg`.

    Returns
    -------
    array, dims (y, x), bool
        True where the pixel's centre lies in the area.
    """
    geobox = grid.geobox if isinstance(grid, Grid) else grid
    burnt = rasterize(
        [aoi.geometry_utm], out_shape=tuple(geobox.shape), transform=geobox.affine, dtype="uint8"
    )
    return np.asarray(burnt, bool)
