"""Outlines of items that have none, and of rows of tables."""

from __future__ import annotations

from typing import Any

from shapely.geometry import box, mapping


def box_outline(bounds: Any) -> dict[str, Any] | None:
    """A box as a GeoJSON geometry; None when it is no box in degrees.

    Parameters
    ----------
    bounds
        `bbox` of an item: four numbers, or six with heights.

    Examples
    --------
    >>> box_outline([98, 25, 0, 99, 26, 500])["type"], box_outline([99, 25, 98, 26])
    ('Polygon', None)
    """
    if not isinstance(bounds, list | tuple) or len(bounds) not in (4, 6):
        return None
    try:
        west, south, east, north = map(float, (*bounds[:2], *bounds[len(bounds) // 2 :][:2]))
    except (TypeError, ValueError):
        return None
    is_box = -180 <= west < east <= 180 and -90 <= south < north <= 90
    return dict(mapping(box(west, south, east, north))) if is_box else None
