"""The UTM zone of an area: one metre grid for everything that is measured in it."""

from __future__ import annotations

import math
from typing import Any

from shapely.geometry.base import BaseGeometry

UTM_LATITUDES = (-80.0, 84.0)
"""Where UTM is defined (NGA.SIG.0012, 2014)."""
_MAX_FROM_MERIDIAN_DEG = 9.0  # [D] two zones over: scale error of area about 2 %
_NORTH, _SOUTH = 32600, 32700


def find_utm_epsg(geometry: BaseGeometry) -> int:
    """EPSG code of the UTM zone that holds the centroid of a geometry.

    The widened zones of Norway and Svalbard are not followed: areas are right in either zone.

    Parameters
    ----------
    geometry
        WGS 84, (lon, lat).

    Returns
    -------
    int
        326zz north of the equator, 327zz south of it.

    Examples
    --------
    >>> from shapely import Point
    >>> find_utm_epsg(Point(98.3, 25.6)), find_utm_epsg(Point(-55.0, -7.0))
    (32647, 32721)
    """
    centre = geometry.centroid
    return (_NORTH if centre.y >= 0 else _SOUTH) + zone_of(centre.x)


def zone_of(lon: float) -> int:
    """UTM zone number, 1 to 60, of a longitude in degrees."""
    return min(math.floor((lon + 180) / 6), 59) + 1


def choose_utm_epsg(geometry: BaseGeometry, stated: Any) -> tuple[int, tuple[str, ...]]:
    """The zone to use, and notes: the stated one if it is a UTM zone near by, else the centroid's.

    Parameters
    ----------
    geometry
        WGS 84, (lon, lat).
    stated
        The `utm_epsg` the file gives, or None.
    """
    best = find_utm_epsg(geometry)
    epsg, notes = best, []
    if stated is not None:
        if _fits(stated, geometry):
            epsg = int(stated)
        else:
            notes.append(
                f"utm_epsg {stated!r} in the file does not fit the place: EPSG:{best} used"
            )
    west, _, east, _ = geometry.bounds
    zones = sorted({zone_of(west), zone_of(east)})
    if len(zones) > 1:
        notes.append(
            f"lies in UTM zones {zones[0]} to {zones[-1]}: areas and pixels are in EPSG:{epsg}"
        )
    return epsg, tuple(notes)


def _fits(stated: Any, geometry: BaseGeometry) -> bool:
    try:
        base, zone = divmod(int(stated), 100)
    except (TypeError, ValueError):
        return False
    if base * 100 not in (_NORTH, _SOUTH) or not 1 <= zone <= 60:
        return False
    meridian = zone * 6 - 183
    west, _, east, _ = geometry.bounds
    return bool(max(meridian - west, east - meridian) <= _MAX_FROM_MERIDIAN_DEG)
