"""One clean outline from whatever polygons a file holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import shapely
from shapely.geometry.base import BaseGeometry

GRID_DEG = 1e-7
"""Coordinates are kept to this step: 7 decimals, about a centimetre (RFC 7946 §11.2)."""


def polygons_of(geometry: BaseGeometry | None) -> list[BaseGeometry]:
    """The non-empty polygons of any geometry, collections taken apart; none for points or lines."""
    if geometry is None or geometry.is_empty:
        return []
    if geometry.geom_type == "Polygon":
        return [geometry]
    if geometry.geom_type in ("MultiPolygon", "GeometryCollection"):
        return [p for part in shapely.get_parts(geometry) for p in polygons_of(part)]
    return []


def unite(geometries: Iterable[BaseGeometry]) -> tuple[BaseGeometry, tuple[str, ...]]:
    """One valid outline over all polygons, and what had to be changed for it.

    The result does not depend on where a ring starts, its direction, repeated vertices or the
    order of the parts.

    Parameters
    ----------
    geometries
        Polygons or MultiPolygons, WGS 84 degrees; may be invalid, overlap, or carry heights.

    Returns
    -------
    geometry
        Polygon or MultiPolygon without heights, valid and normalised; empty when nothing is left.
    notes
        One sentence for each repair.
    """
    parts = list(geometries)
    notes = []
    if any(shapely.has_z(p) for p in parts):
        notes.append("heights left out")
    flat = [shapely.force_2d(part) for part in parts]
    notes += _reasons(flat)
    whole = [p if p.is_valid else _make_valid(p) for p in flat]
    snapped = [shapely.set_precision(part, GRID_DEG) for part in whole]
    united = shapely.union_all(snapped)
    # precision 0: later steps work on it in metres, not on a grid of 1e-7
    clean = shapely.set_precision(_only_polygons(united), 0)
    return shapely.normalize(clean), tuple(notes)


def _reasons(parts: Sequence[BaseGeometry]) -> list[str]:
    reasons = [shapely.is_valid_reason(p) for p in parts if not p.is_valid]
    if len(reasons) > 3:
        reasons = [*reasons[:3], f"and {len(reasons) - 3} more"]
    return [f"outline repaired: {', '.join(reasons)}"] if reasons else []


def _make_valid(part: BaseGeometry) -> BaseGeometry:
    # the default method turns a hole that reaches over the edge into new ground outside it
    return _only_polygons(shapely.make_valid(part, method="structure", keep_collapsed=False))


def _only_polygons(geometry: BaseGeometry) -> BaseGeometry:
    polygons = polygons_of(geometry)
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
