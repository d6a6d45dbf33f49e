"""Rasters as cloud-optimised GeoTIFFs that say what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import rioxarray
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords
from rasterio.errors import RasterioError

from minewatch.errors import OutputError
from minewatch.export.atomic import atomic_path

_BLOCK_PX = 512


def write_cog(
    path: Path,
    array: np.ndarray,
    *,
    geobox: GeoBox,
    tags: Mapping[str, str],
    band_names: Sequence[str],
    nodata: float | None = None,
) -> Path:
    """Write a raster as a COG: deflate, predictor, nearest overviews, atomically.

    Parameters
    ----------
    path
        The file, ending in `.tif`.
    array
        Dims (band, y, x).
    geobox
        Where its pixels lie.
    tags
        At least `meaning` (what a pixel says about the ground) and `unit`.
    band_names
        One a band: periods, colours.
    nodata
        Value of "not seen"; None when every value says something.

    Returns
    -------
    Path
        The file. Equal arrays and tags give equal bytes.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    layer = xr.DataArray(
        array, dims=("band", *geobox.dimensions), coords=xr_coords(geobox)
    ).assign_attrs(long_name=tuple(band_names))
    layer = layer if nodata is None else layer.rio.write_nodata(nodata)
    try:
        with atomic_path(path) as part:
            layer.rio.to_raster(
                part, driver="COG", tags=dict(tags), compress="deflate", level=6, predictor="yes",
                blocksize=_BLOCK_PX, overview_resampling="nearest", bigtiff="if_safer",
            )  # fmt: skip
    except RasterioError as error:
        raise OutputError(f"cannot write {path}: {error}", hint="free some disk space") from error
    return path


def read_cog(path: Path) -> xr.DataArray:
    """A raster in memory, with its CRS, and its tags as attributes.

    Parameters
    ----------
    path
        A file written by `write_cog`.

    Returns
    -------
    DataArray
        Dims (band, y, x); a `nodata` attribute under `.rio.nodata`.
    """
    try:
        lazy = rioxarray.open_rasterio(path, cache=False)
        assert isinstance(lazy, xr.DataArray)  # a list only when a file holds several rasters
        with lazy:
            return lazy.load()
    except (RasterioError, OSError) as error:
        raise OutputError(f"cannot read {path}: {error}", hint="run again with --resume") from error
