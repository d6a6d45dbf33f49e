"""Outlines that a person drew on the page, checked before they are believed."""

from __future__ import annotations

import math
from typing import Any, Final

import geopandas as gpd
import shapely
from shapely.geometry.base import BaseGeometry

from minewatch.errors import SettingsError
from minewatch.model import WGS84, AreaOfInterest

MOST_CORNERS: Final = 5_000
"""Of one outline."""
LEAST_M2: Final = 25.0
"""Of one outline: a quarter of the smallest pixel; less is a slip of the hand."""
MARGIN: Final = 0.05
"""How far beyond the area one may draw, as a part of its larger side."""


def read_drawn_outline(rings: Any, aoi: AreaOfInterest) -> BaseGeometry:
    """The ground inside some rings, valid, WGS 84.

    Parameters
    ----------
    rings
        As the page sends them: lists of lists of lon and lat, each ring with three corners or more.
        Where rings cross, all of what they enclose counts.
    aoi
        The area: nobody draws far outside it.

    Raises
    ------
    SettingsError
        When they are none.
    """
    points = _numbers(rings)
    parts = [shapely.make_valid(shapely.Polygon(ring)) for ring in points]
    pieces = [p for part in parts for p in shapely.get_parts(part) if p.geom_type == "Polygon"]
    outline: BaseGeometry = shapely.union_all(pieces)
    west, south, east, north = aoi.geometry.bounds
    margin = MARGIN * max(east - west, north - south)
    if not outline.is_empty and not shapely.box(
        west - margin, south - margin, east + margin, north + margin
    ).covers(outline):
        raise SettingsError(
            f"the outline leaves the area {aoi.id}", hint="draw within the map, or run that area"
        )
    area = float(gpd.GeoSeries([outline], crs=WGS84).to_crs(aoi.utm_epsg).area.iloc[0])
    if area < LEAST_M2:
        raise SettingsError(
            f"the outline encloses {area:.1f} m²", hint=f"draw one of at least {LEAST_M2:g} m²"
        )
    return outline


def _numbers(rings: Any) -> list[list[tuple[float, float]]]:
    try:
        points = [[(float(x), float(y)) for x, y in ring] for ring in rings]
    except (TypeError, ValueError):
        points = []
    count = sum(map(len, points))
    if not points or min(map(len, points)) < 3 or count > MOST_CORNERS:
        raise SettingsError(
            f"that is no outline: {len(points)} rings, {count} corners",
            hint=f"give rings of three corners or more, at most {MOST_CORNERS} in all",
        )
    if not all(math.isfinite(value) for ring in points for point in ring for value in point):
        raise SettingsError("a corner is no number", hint="give lon and lat in degrees")
    return points
