"""Rasters as cloud-optimised GeoTIFFs that say what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import rasterio
import xarray as xr
from affine import Affine
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError

from minewatch.errors import ContractError, OutputError
from minewatch.files import atomic_path

_BLOCK_PX = 512
_LEVEL = 1
"""Level 6 takes twice as long, for files two hundredths smaller."""
_CACHE_MB = 64
"""Blocks that GDAL holds while it writes; by itself it takes a twentieth of the machine."""


def write_cog(
    layer: xr.DataArray,
    path: Path,
    *,
    meaning: str,
    unit: str,
    band_names: Sequence[str] = (),
    nodata: float | None = None,
    simulated: bool = False,
) -> Path:
    """Write a raster as a COG: deflate, predictor, nearest overviews, atomically.

    Parameters
    ----------
    layer
        Dims (y, x) or (band, y, x), with a CRS (`.rio.write_crs` or an odc-geo `geobox`).
    path
        The file, ending in `.tif`.
    meaning
        What a pixel says about the ground; goes into the description and a tag.
    unit
        Unit of a pixel, `1` for a ratio.
    band_names
        What each band is, such as a period; empty takes `meaning` for all.
    nodata
        Value of "not seen"; None when every value is one.
    simulated
        Say so in a tag.

    Returns
    -------
    Path
        The file. Equal arrays give equal bytes.

    Raises
    ------
    ContractError
        When the array has no CRS.
    OutputError
        When the file cannot be written.
    """
    crs = (
        layer.coords["spatial_ref"].attrs.get("crs_wkt") if "spatial_ref" in layer.coords else None
    )
    if crs is None:
        raise ContractError(f"{path.name}: the array has no CRS", hint="set it with rio.write_crs")
    values = layer.to_numpy()
    values = values.view("uint8") if values.dtype == bool else values
    bands, rows, cols = values.shape if values.ndim == 3 else (1, *values.shape)
    profile = {
        "driver": "COG", "count": bands, "height": rows, "width": cols, "dtype": values.dtype,
        "crs": crs, "transform": _transform(layer), "nodata": nodata,
        "compress": "deflate", "level": _LEVEL, "predictor": "yes", "blocksize": _BLOCK_PX,
        "overview_resampling": "nearest", "bigtiff": "if_safer",
    }  # fmt: skip
    tags = {"meaning": meaning, "unit": unit} | ({"simulated": "true"} if simulated else {})
    try:
        with (
            atomic_path(path) as part,
            rasterio.Env(GDAL_CACHEMAX=_CACHE_MB),
            rasterio.open(part, "w", **profile) as file,  # rioxarray would copy it all twice
        ):
            file.write(values.reshape(bands, rows, cols))
            file.update_tags(**tags)
            file.descriptions = tuple(band_names) or (meaning,) * bands
    except (RasterioError, CPLE_BaseError) as error:  # a full disk is one of GDAL's own
        raise OutputError(f"cannot write {path}: {error}", hint="free some disk space") from error
    return path


def _transform(layer: xr.DataArray) -> Affine:
    """Pixel to coordinates, from the centres of the outermost pixels."""
    (left, right), (top, bottom) = (layer[axis].to_numpy()[[0, -1]] for axis in ("x", "y"))
    rows, cols = layer.shape[-2:]
    wide, high = (right - left) / (cols - 1), (bottom - top) / (rows - 1)
    corner = Affine.translation(left - wide / 2, top - high / 2)
    return corner * Affine.scale(wide, high)


def read_cog(path: Path) -> xr.DataArray:
    """A raster in memory, with its CRS, its `meaning` and its `unit` as attributes.

    Parameters
    ----------
    path
        A file written by `write_cog`.

    Returns
    -------
    DataArray
        Dims (band, y, x); a `nodata` attribute under `.rio.nodata`.
    """
    import rioxarray  # brings dask, which no run needs

    try:
        lazy = rioxarray.open_rasterio(path, cache=False)
        assert isinstance(lazy, xr.DataArray)  # a list only when a file holds several rasters
        with lazy:
            return lazy.load()
    except (RasterioError, OSError) as error:
        raise OutputError(f"cannot read {path}: {error}", hint="run again with --resume") from error
