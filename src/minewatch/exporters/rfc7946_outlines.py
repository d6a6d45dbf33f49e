"""Outlines as RFC 7946 wants them: WGS 84, right-hand rule, cut at the antimeridian, rounded."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import shapely

from minewatch.errors import ContractError
from minewatch.model import WGS84

COORDINATE_DECIMALS: Final = 7
"""About 1 cm on the ground; RFC 7946 §11.2 holds 6 for enough."""


def wgs84_outlines(table: gpd.GeoDataFrame | gpd.GeoSeries) -> np.ndarray:
    """Outlines in longitude and latitude, of which equal ones are equal vertex by vertex.

    Parameters
    ----------
    table
        Any CRS, metres or degrees.

    Returns
    -------
    array of shapely geometries, dims (row,)
        Rounded to `COORDINATE_DECIMALS`, exterior rings counter-clockwise, rings and parts in one
        order, without height. None where the table has none.

    Raises
    ------
    ContractError
        When there is no CRS, or an outline leaves the world.
    """
    if table.crs is None:
        raise ContractError("a table without CRS cannot be written", hint="set it with set_crs")
    flat = shapely.force_2d(np.asarray(table.geometry.to_crs(WGS84).array, dtype=object))
    bounds = shapely.bounds(flat)
    nothing = shapely.is_missing(flat) | shapely.is_empty(flat)
    if not np.isfinite(bounds[~nothing]).all():
        raise ContractError("an outline lies outside the world", hint="is its CRS right?")
    for index in np.flatnonzero(bounds[:, 2] - bounds[:, 0] > 180):
        flat[index] = cut_at_antimeridian(flat[index])
    rounded = _round(flat)
    for index in np.flatnonzero(~shapely.is_valid(rounded)):
        if shapely.is_valid(flat[index]):
            snapped = shapely.set_precision(flat[index], 10.0**-COORDINATE_DECIMALS)
            rounded[index] = _round(snapped)
    oriented: np.ndarray = shapely.orient_polygons(shapely.normalize(rounded))
    return oriented


def cut_at_antimeridian(geometry: shapely.Geometry) -> shapely.Geometry:
    """Parts on both sides of 180°, of an outline whose longitudes jump (RFC 7946 §3.1.9).

    Parameters
    ----------
    geometry
        Longitudes -180..180 and latitudes, crossing 180° by the short way.

    Returns
    -------
    shapely geometry
        Of many parts, none of which crosses.
    """
    whole = shapely.transform(geometry, lambda xy: xy + np.where(xy[:, :1] < 0, [360, 0], 0))
    west = shapely.intersection(whole, shapely.box(0, -90, 180, 90))
    east = shapely.intersection(whole, shapely.box(180, -90, 360, 90))
    east = shapely.transform(east, lambda xy: xy - [360, 0])
    parts = shapely.get_parts([west, east])
    dimension = int(shapely.get_dimensions(whole))
    collect = (shapely.multipoints, shapely.multilinestrings, shapely.multipolygons)[dimension]
    return collect(parts[shapely.get_dimensions(parts) == dimension])


def _round(geometry: np.ndarray) -> np.ndarray:
    rounded: np.ndarray = shapely.transform(
        geometry,
        lambda xy: np.round(xy, COORDINATE_DECIMALS) + 0.0,  # no minus zero
    )
    return rounded
