"""Coordinates of a raster for xarray, as rioxarray reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from odc.geo.geobox import GeoBox


def raster_coords(box: GeoBox) -> dict[str, tuple[Any, ...]]:
    """Middles of pixels, metres or degrees, and the CRS, as `coords` of an `xarray.DataArray`.

    `odc.geo.xr.xr_coords` gives the same, and wants dask, which a run does not need.

    Parameters
    ----------
    box
        Pixels of a north-up raster with a CRS.

    Returns
    -------
    dict of str to tuple
        `y`, `x` and `spatial_ref`: dims, values and attributes.

    Examples
    --------
    >>> from odc.geo.geobox import GeoBox
    >>> coords = raster_coords(GeoBox.from_bbox((0, 0, 20, 30), crs="EPSG:32647", resolution=10))
    >>> coords["y"][1].tolist(), coords["x"][1].tolist()
    ([25.0, 15.0, 5.0], [5.0, 15.0])
    """
    crs = box.crs
    if crs is None:
        raise ValueError("the raster has no CRS")
    coords: dict[str, tuple[Any, ...]] = {}
    for name, of in box.coordinates.items():
        about = {"units": of.units, "resolution": of.resolution, "crs": str(crs)}
        coords[name] = (name, of.values, about)
    there = " ".join(f"{value:.24g}" for value in _transform(box))
    about_crs = {"spatial_ref": crs.wkt, **crs.proj.to_cf(), "GeoTransform": there}
    coords["spatial_ref"] = ((), np.int32(crs.epsg or 0), about_crs)
    return coords


def _transform(box: GeoBox) -> tuple[float, ...]:
    """As GDAL orders it."""
    a, b, c, d, e, f, *_ = box.affine
    return (c, a, b, f, d, e)
