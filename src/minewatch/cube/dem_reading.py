"""Heights of an elevation model, and how steeply the ground rises."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import numpy as np
import rasterio
import xarray as xr
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from rasterio._err import CPLE_BaseError
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.merge import merge
from rasterio.warp import reproject, transform_bounds
from rasterio.windows import bounds, from_bounds

from minewatch.cube.gdal_reader import open_image
from minewatch.cube.resampling import EXACT_PX
from minewatch.errors import ReadError
from minewatch.model import ElevationModel, Grid
from minewatch.model.raster_coords import raster_coords
from minewatch.redaction import guard_gdal_logs, redact
from minewatch.sensors import gdal_options, gdal_path
from minewatch.settings import Settings

PIXEL_M = 30.0
"""Pixel on which slopes are measured: that of Copernicus DEM GLO-30."""
_MARGIN_PX = 2


def read_gradient(
    model: ElevationModel, grid: Grid, *, settings: Settings | None = None
) -> xr.Dataset:
    """How the ground rises to the east and to the north, over a whole grid.

    Gradients of Horn (1981, Proc. IEEE 69, 14-47): of each pixel from the eight around it.

    Parameters
    ----------
    model
        Tiles of heights, metres, all in one CRS; of finer ones means of whole pixels are taken.
    grid
        What to cover.
    settings
        Timeouts and retries; None: the defaults.

    Returns
    -------
    Dataset
        `gradient_east` and `gradient_north`, metres a metre, float32, dims (y, x) of 30 m in
        the grid's CRS, reaching a little beyond it; NaN where no tile has heights. The attribute
        `simulated`
        says whether every tile says so of itself.

    Raises
    ------
    ReadError
        When a tile could not be read after all retries, or none has heights there.
    """
    guard_gdal_logs()
    west, south, east, north = grid.geobox.boundingbox.bbox
    margin = _MARGIN_PX * PIXEL_M
    box = GeoBox.from_bbox(
        (west - margin, south - margin, east + margin, north + margin),
        crs=grid.geobox.crs, resolution=PIXEL_M,
    )  # fmt: skip
    heights, simulated = _read_heights(model, box, settings or Settings())
    inner = slice(1, -1)  # on the edge, half of the eight are missing
    gradient = {name: (("y", "x"), a[inner, inner]) for name, a in _gradient(heights).items()}
    return xr.Dataset(
        gradient, coords=raster_coords(box[inner, inner]), attrs={"simulated": simulated}
    )


def read_heights(
    model: ElevationModel, box: GeoBox, *, settings: Settings | None = None
) -> tuple[NDArray[np.float32], bool]:
    """Heights over a box, metres, dims (y, x), NaN where there are none; whether all are simulated.

    Parameters
    ----------
    model
        Tiles of heights, all in one CRS.
    box
        North-up grid in metres.
    settings
        Timeouts and retries; None: the defaults.

    Raises
    ------
    ReadError
        When a tile could not be read after all retries, or none has heights there.
    """
    guard_gdal_logs()
    return _read_heights(model, box, settings or Settings())


def _gradient(heights: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    from scipy import ndimage  # a run without heights needs none of it

    east = ndimage.sobel(heights, axis=1, mode="nearest") / (8 * PIXEL_M)
    south = ndimage.sobel(heights, axis=0, mode="nearest") / (8 * PIXEL_M)
    return {"gradient_east": east, "gradient_north": -south}


def _opened(model: ElevationModel, href: str) -> DatasetReader:
    """A tile of heights; a file that the user named may also be a VRT, one of a catalogue not."""
    path = gdal_path(href)
    return rasterio.open(path) if model.is_users_file else open_image(path)


def _read_heights(
    model: ElevationModel, box: GeoBox, settings: Settings
) -> tuple[NDArray[np.float32], bool]:
    """Heights on a grid, NaN where no tile has any, and whether all tiles are simulated.

    Tiles are joined on their own pixels before they are warped: no seam lies between them.
    """
    heights = np.full(tuple(box.shape), np.nan, np.float32)
    options: dict[str, Any] = {**settings.gdal_options, **gdal_options(model.hrefs[0])}
    try:
        with rasterio.Env(**options), ExitStack() as stack:
            tiles = [stack.enter_context(_opened(model, href)) for href in model.hrefs]
            crs = tiles[0].crs
            around = transform_bounds(str(box.crs), crs, *box.pad(_MARGIN_PX).boundingbox.bbox)
            window = from_bounds(*around, transform=tiles[0].transform)
            whole = window.round_offsets().round_lengths(op="ceil")
            step = max(1, int(min(whole.width / box.shape.x, whole.height / box.shape.y)))
            joined, transform = merge(
                tiles, bounds=bounds(whole, tiles[0].transform), dtype="float32", nodata=np.nan,
                res=tuple(step * length for length in tiles[0].res),
                resampling=Resampling.average if step > 1 else Resampling.nearest,
            )  # fmt: skip
            reproject(
                joined[0], heights, src_crs=crs, src_transform=transform, src_nodata=np.nan,
                dst_crs=str(box.crs), dst_transform=box.affine, dst_nodata=np.nan,
                resampling=Resampling.bilinear, tolerance=EXACT_PX,
            )  # fmt: skip
            if np.isnan(heights).all():
                raise ValueError("no heights over the area")
            return heights, all("minewatch_simulated" in tile.tags() for tile in tiles)
    except (RasterioError, CPLE_BaseError, ValueError) as error:
        names = ", ".join(redact(href) for href in model.hrefs)
        raise ReadError(
            f"{names} cannot be read: {redact(str(error))}",
            hint="run again, or with --dem none",
        ) from None
