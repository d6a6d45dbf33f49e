"""Pixels of a file onto a grid: the arithmetic of resampling, whichever way the pixels come."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from rasterio.enums import Resampling
from rasterio.io import DatasetReader
from rasterio.transform import array_bounds
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform as transform_coordinates
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from minewatch.cube.pixel_kernels import FINE, pick, resample
from minewatch.model import RADAR_BANDS, ZERO_CLASS, Band, backscatter_numbers

COARSER_FROM = 1.5
"""Pixels of the file to one of the target from which values are averaged, not interpolated."""
EXACT_PX = 1e-9
"""GDAL's tolerance of a warp. Its default, 1/8 pixel, makes pixels depend on their window."""


SAME_SCALE = 0.01
"""Units of a CRS this near to metres are metres: what a map projection stretches is less [D]."""


class OnlyGdalError(Exception):
    """What is asked of a file is left to GDAL."""


class Source(Protocol):
    """An open raster of one band: a dataset of rasterio, or whatever gives the same pixels."""

    @property
    def crs(self) -> Any:
        """Its CRS as rasterio has it, or None."""

    @property
    def transform(self) -> Affine:
        """Pixel to coordinates."""

    @property
    def width(self) -> int:
        """Columns."""

    @property
    def height(self) -> int:
        """Rows."""

    @property
    def nodata(self) -> float | None:
        """Value of "no pixel"."""

    def read(
        self, band: int, *, window: Window, out_shape: tuple[int, int], resampling: Resampling
    ) -> NDArray[Any]:
        """Pixels of a window, resampled to a shape; `OnlyGdalError` when it cannot."""


def read_onto(
    file: Source, geobox: GeoBox, *, band: Band, nodata: float | None = None, index: int = 1
) -> tuple[NDArray[np.uint16], Window | None, float]:
    """One band of an open file on a grid.

    Parameters
    ----------
    file
        An open raster.
    geobox
        Target grid; may reach beyond the file.
    band
        Our name of the band; decides the resampling rule.
    nodata
        Value of "no pixel" when the file itself does not say; None: 0. Of a mask: a number below
        zero says that the file has none, and that its zeros are a class.
    index
        Which band of the file is read, counted from 1.

    Returns
    -------
    pixels
        Dims (y, x), uint16, 0 where the file has no pixel.
    window
        Pixels of the file that were needed; None when it lies elsewhere.
    step
        Pixels of the file to one of the grid, 1 when not coarser.

    Raises
    ------
    OnlyGdalError
        When the source is no dataset of rasterio and cannot give these pixels.
    """
    if file.crs is None:
        raise ValueError("the file has no CRS")
    band_of = _Band(index, band, _empty(file, band, nodata))
    named = crs_named(str(geobox.crs))
    if file.crs is named or file.crs == named:
        step, corner, is_between = _relation(file.transform, geobox.affine)
        is_blended = (
            step > 1 and band_of.empty and file.nodata != band_of.empty
        )  # GDAL would not know it
        if step and not is_blended:
            return _cut(file, (geobox.shape.y, geobox.shape.x), corner, step, band_of)
        if is_between and not is_blended:
            return _between(file, geobox, band_of)
    return _warp(file, geobox, band_of)


class _Band(NamedTuple):
    """What is read of a file."""

    number: int
    """Which of its bands, counted from 1."""
    name: Band
    """Our name of the band."""
    empty: float
    """Value of "no pixel"; below zero where a file of unsigned numbers has none."""


def _empty(file: Source, band: Band, nodata: float | None) -> float:
    if band == "mask" and nodata is not None and nodata < 0:
        return nodata
    return file.nodata if file.nodata is not None else (nodata or 0)


@lru_cache(maxsize=4096)
def _relation(file: Affine, grid: Affine) -> tuple[int, tuple[int, int], bool]:
    """How a grid lies in a file of its CRS: the same for all bands and scenes of a tile.

    Returns whole pixels of the file to one of the grid, 0: none; row and column of the grid's first
    pixel in the file; and whether values can be taken between its pixels.
    """
    to_file = ~file * grid
    step, corner = round(to_file.a), (round(to_file.f), round(to_file.c))
    is_whole = to_file.almost_equals(Affine(step, 0, corner[1], 0, step, corner[0]), 1e-6)
    is_between = to_file.is_rectilinear and 0 < to_file.a < COARSER_FROM and to_file.e > 0
    return step if is_whole else 0, corner, bool(is_between)


@lru_cache(maxsize=64)
def crs_named(name: str) -> Any:
    """A CRS as rasterio has it, the same object for the same name: comparing two takes long."""
    return rasterio.CRS.from_user_input(name)


def _cut(
    file: Source, shape: tuple[int, int], corner: tuple[int, int], step: int, band: _Band
) -> tuple[NDArray[np.uint16], Window | None, float]:
    """Pixels of the file as they are, or whole blocks of them made one."""
    (rows, cols), (top, left) = shape, corner
    first_row, first_col = max(0, -(top // step)), max(0, -(left // step))
    last_row = min(rows, (file.height - top) // step)
    last_col = min(cols, (file.width - left) // step)
    if first_row >= last_row or first_col >= last_col:
        return np.zeros((rows, cols), np.uint16), None, step
    window = Window(
        left + first_col * step,
        top + first_row * step,
        (last_col - first_col) * step,
        (last_row - first_row) * step,
    )
    there = (last_row - first_row, last_col - first_col)
    how = Resampling.nearest if step == 1 else _coarser(band.name)
    found = file.read(band.number, window=window, out_shape=there, resampling=how)
    pixels = _digital(found, band)
    if there == (rows, cols):
        return pixels, window, step
    out = np.zeros((rows, cols), np.uint16)
    out[first_row:last_row, first_col:last_col] = pixels
    return out, window, step


def _between(
    file: Source, geobox: GeoBox, band: _Band
) -> tuple[NDArray[np.uint16], Window | None, float]:
    """Values between the pixels of a file in the same CRS: finer, or shifted."""
    ys = _positions(
        geobox.affine.f, geobox.affine.e, geobox.shape[0], file.transform.f, file.transform.e
    )
    xs = _positions(
        geobox.affine.c, geobox.affine.a, geobox.shape[1], file.transform.c, file.transform.a
    )
    row, col = int(ys[0]) // FINE, int(xs[0]) // FINE
    size = (int(ys[-1]) // FINE + 2 - row, int(xs[-1]) // FINE + 2 - col)
    pixels, window, _ = _cut(file, size, (row, col), 1, band)
    ys, xs = ys - row * FINE, xs - col * FINE
    if band.name == "mask":
        rows, cols = (ys + FINE // 2) // FINE, (xs + FINE // 2) // FINE
        return pick(pixels, rows, cols), window, 1
    return resample(pixels, ys, xs), window, 1


FARTHEST_PLACE = float(1 << 62)
"""Places beyond are not numbers any more."""


@lru_cache(maxsize=1024)
def _positions(
    start: float, step: float, count: int, file_start: float, file_step: float
) -> NDArray[np.int64]:
    """Where pixel centres of a target axis lie on a file's, in `1 / FINE` of its pixels.

    Rounded, so that a centre has one position whatever window it is read in.
    """
    centres = start + (np.arange(count) + 0.5) * step
    places = np.rint(FINE * ((centres - file_start) / file_step - 0.5))
    if not (np.abs(places) < FARTHEST_PLACE).all():
        raise ValueError("the file says that it lies nowhere near")
    return np.asarray(places, np.int64)


def _warp(
    file: Source, geobox: GeoBox, band: _Band
) -> tuple[NDArray[np.uint16], Window | None, float]:
    """Pixels of a file in another CRS or between the pixels of the grid."""
    if not isinstance(file, DatasetReader):
        raise OnlyGdalError("it must be warped")
    rows, cols = geobox.shape
    step, step_down = _steps(file, geobox)
    if step >= COARSER_FROM:
        how = _coarser(band.name)
    else:
        how = Resampling.nearest if band.name == "mask" else Resampling.bilinear
    # A fixed scale: GDAL would otherwise guess one a window, and pixels would depend on chunks.
    scale = {"XSCALE": str(1 / step), "YSCALE": str(1 / step_down)}
    kind = np.dtype(file.dtypes[band.number - 1])
    has_empty = kind.kind == "f" or np.iinfo(kind).min <= band.empty <= np.iinfo(kind).max
    hole = band.empty if has_empty else float(np.iinfo(np.uint16).max)
    with WarpedVRT(
        file,
        crs=str(geobox.crs),
        transform=geobox.affine,
        width=cols,
        height=rows,
        resampling=how,
        src_nodata=hole,
        nodata=hole,
        dtype=None if has_empty else "uint16",
        tolerance=EXACT_PX,
        **scale,
    ) as warped:
        pixels = _digital(warped.read(band.number), band, hole=hole)
    return pixels, _source_window(file, geobox), max(1.0, step)


@lru_cache(maxsize=4096)
def _bounds_in(
    file_crs: Any, crs: str, bounds: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """A box in another CRS: the same for all bands and scenes of a tile."""
    west, south, east, north = transform_bounds(crs, file_crs, *bounds)
    return west, south, east, north


def _steps(file: DatasetReader, geobox: GeoBox) -> tuple[float, float]:
    """Pixels of a file to one of a grid of another CRS, to the right and down."""
    naive = abs(geobox.resolution.x) / abs(file.transform.a)
    wide, high = _pixel_m(str(file.crs), file.transform, (file.height, file.width), str(geobox.crs))
    step, step_down = abs(geobox.resolution.x) / wide, abs(geobox.resolution.y) / high
    is_metric = abs(step / naive - 1) < SAME_SCALE and abs(step_down / naive - 1) < SAME_SCALE
    return (naive, naive) if is_metric else (step, step_down)


@lru_cache(maxsize=1024)
def _pixel_m(
    crs: str, transform: Affine, shape: tuple[int, int], target: str
) -> tuple[float, float]:
    """Width and height of the pixel in the middle of a file, in a projected CRS."""
    row, col = shape[0] / 2, shape[1] / 2
    corners = [transform * at for at in ((col, row), (col + 1, row), (col, row + 1))]
    xs, ys = transform_coordinates(crs, target, *map(list, zip(*corners, strict=True)))
    return (
        math.hypot(xs[1] - xs[0], ys[1] - ys[0]),
        math.hypot(xs[2] - xs[0], ys[2] - ys[0]),
    )


def _source_window(file: DatasetReader, geobox: GeoBox) -> Window | None:
    """Pixels of the file under a grid of another CRS."""
    bounds = array_bounds(*geobox.shape, geobox.affine)
    west, south, east, north = _bounds_in(file.crs, str(geobox.crs), bounds)
    left, top = ~file.transform * (west, north)
    right, bottom = ~file.transform * (east, south)
    left, top = max(0.0, left), max(0.0, top)
    right, bottom = min(file.width, right), min(file.height, bottom)
    return Window(left, top, right - left, bottom - top) if right > left and bottom > top else None


def _digital(pixels: NDArray[Any], band: _Band, *, hole: float | None = None) -> NDArray[np.uint16]:
    """Digital numbers as uint16, with 0 for "no pixel"."""
    empty = band.empty if hole is None else hole
    if band.name in RADAR_BANDS:
        return backscatter_numbers(pixels)  # "no pixel" is no power, whatever number it has
    if not empty:
        digital = np.where(pixels < 0, 0, pixels) if pixels.dtype.kind == "i" else pixels
        return digital.astype(np.uint16, copy=False)
    lowest = ZERO_CLASS if band.name == "mask" else 1
    digital = np.where(pixels <= 0, np.int32(lowest), pixels)
    return np.where(pixels == empty, 0, digital).astype(np.uint16)


def _coarser(band: Band) -> Resampling:
    return Resampling.mode if band == "mask" else Resampling.average
