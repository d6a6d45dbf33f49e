"""What makes coordinates unusable as an area, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from minewatch.areas.utm import UTM_LATITUDES
from minewatch.errors import AoiError

MAX_AREA_KM2 = 50_000.0
"""Above this a run on one machine is a mistake rather than a wish [D]."""
MIN_AREA_M2 = 10_000.0
"""1 ha, 100 Sentinel-2 pixels: below this nothing stands out from its surroundings [D]."""
MAX_EXTENT_KM = 1_000.0
"""Parts further apart than this do not belong on one UTM grid [D]."""

_GEOD = pyproj.Geod(ellps="WGS84")


def check_finite(geometries: Sequence[BaseGeometry], *, where: str) -> None:
    """Raise AoiError when a coordinate is NaN or infinite."""
    coordinates = shapely.get_coordinates(geometries)
    bad = ~np.isfinite(coordinates).all(axis=1)
    if bad.any():
        x, y = coordinates[bad][0]
        raise AoiError(
            f"{where}: {int(bad.sum())} coordinate(s) are not numbers, the first ({x}, {y})",
            hint="delete those vertices in QGIS, or draw the outline again",
        )


def are_degrees(geometries: Sequence[BaseGeometry]) -> bool:
    """Whether all numbers can be longitudes and latitudes, in this order."""
    west, south, east, north = shapely.total_bounds(geometries)
    return bool(max(abs(west), abs(east)) <= 180 and max(abs(south), abs(north)) <= 90)


def check_degrees(geometries: Sequence[BaseGeometry], *, where: str) -> None:
    """Raise AoiError when numbers that should be (lon, lat) degrees cannot be.

    Distinguishes three mistakes: metres without their CRS, lon and lat swapped, and longitudes
    beyond the antimeridian.
    """
    west, south, east, north = shapely.total_bounds(geometries)
    widest_x, widest_y = max(abs(west), abs(east)), max(abs(south), abs(north))
    box = f"x {west:g} to {east:g}, y {south:g} to {north:g}"
    if are_degrees(geometries):
        return
    if widest_x <= 90 and widest_y <= 180:
        lon, lat = (south + north) / 2, (west + east) / 2
        raise AoiError(
            f"{where}: lon and lat are swapped ({box}; no latitude is beyond 90)",
            hint=f"give lon first, lat second: the centre would then be {place(lon, lat)}",
        )
    if widest_x <= 360 and widest_y <= 90:
        raise AoiError(
            f"{where}: longitudes beyond 180 ({box})",
            hint="use -180 to 180; cut an area that crosses the antimeridian into two files",
        )
    raise AoiError(
        f"{where}: the numbers are not degrees ({box}), though the file says they are",
        hint="they look like metres: reproject to EPSG:4326, or save as GeoPackage with the "
        "right CRS",
    )


def check_metres(geometries: Sequence[BaseGeometry], *, crs: str, where: str) -> None:
    """Raise AoiError when the CRS is projected but the numbers are plainly degrees."""
    west, south, east, north = shapely.total_bounds(geometries)
    if max(abs(west), abs(east)) <= 180 and max(abs(south), abs(north)) <= 180:
        raise AoiError(
            f"{where}: the CRS is {crs} but the numbers are degrees (x {west:g} to {east:g}, "
            f"y {south:g} to {north:g})",
            hint="assign EPSG:4326 in QGIS (Layer > Set CRS, not reproject) and save again",
        )


def check_size(geometry: BaseGeometry, *, where: str) -> None:
    """Raise AoiError for an area too large, too small, or too scattered for one UTM grid."""
    west, south, east, north = geometry.bounds
    if east - west > 180:
        raise AoiError(
            f"{where}: reaches from {west:g} to {east:g} degrees east",
            hint="an area that crosses the antimeridian must be cut there into two files",
        )
    area_m2 = geodesic_area_m2(geometry)
    if area_m2 > MAX_AREA_KM2 * 1e6:
        raise AoiError(
            f"{where}: {area_m2 / 1e6:,.0f} km² is more than the {MAX_AREA_KM2:,.0f} km² one run "
            "takes",
            hint="cut it into smaller areas and run them one by one",
        )
    if area_m2 < MIN_AREA_M2:
        raise AoiError(
            f"{where}: {area_m2:,.0f} m² is less than 1 ha, too small for 10 m pixels",
            hint=f"draw a larger outline; check that {place(west, south)} is the right place and "
            "the CRS the right one",
        )
    extent_km = _GEOD.inv(west, south, east, north)[2] / 1000
    if extent_km > MAX_EXTENT_KM:
        raise AoiError(
            f"{where}: its parts lie up to {extent_km:,.0f} km apart",
            hint="give each part as an area of its own (choose one with feature=)",
        )


def check_coverage(geometry: BaseGeometry, *, where: str) -> None:
    """Raise AoiError when part of the area lies where UTM does not reach.

    What a sensor maps is a fact of its profile, and checked by the search for its scenes.
    """
    _, south, _, north = geometry.bounds
    lowest, highest = UTM_LATITUDES
    if south < lowest or north > highest:
        raise AoiError(
            f"{where}: latitudes {south:g} to {north:g} leave what UTM covers "
            f"({lowest:g} to {highest:g})",
            hint="clip the area to those latitudes; if the place is wrong, lon and lat may be "
            "swapped",
        )


def geodesic_area_m2(geometry: BaseGeometry) -> float:
    """Area on the WGS 84 ellipsoid, square metres, whatever the direction of the rings."""
    rings_outward = shapely.orient_polygons(geometry)
    return abs(float(_GEOD.geometry_area_perimeter(rings_outward)[0]))


def place(lon: float, lat: float) -> str:
    """A position as people read it.

    Examples
    --------
    >>> place(98.3, -25.6)
    '98.300 E 25.600 S'
    """
    east, north = "E" if lon >= 0 else "W", "N" if lat >= 0 else "S"
    return f"{abs(lon):.3f} {east} {abs(lat):.3f} {north}"
