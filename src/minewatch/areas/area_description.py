"""What is known of an area, as plain values a program or a person can read."""

from __future__ import annotations

from typing import Any

import shapely

from minewatch.model import AreaOfInterest


def describe(aoi: AreaOfInterest) -> dict[str, Any]:
    """Plain facts of an area, ready for JSON: for `minewatch aoi show` and `check`.

    Parameters
    ----------
    aoi
        An area as `read_aoi` gives it.

    Returns
    -------
    dict
        `id`, `name`, `area_km2`, `bounds` (west, south, east, north), `centre` (lon, lat),
        `parts`, `holes`, `vertices`, `outline_vertices` (what a STAC search sends), `utm_epsg`,
        `sha256`, `control` (list of dicts, ISO dates), `notes`, and `properties` of the file.
    """
    parts = shapely.get_parts(aoi.geometry)
    centre = aoi.geometry.centroid
    return {
        "id": aoi.id,
        "name": aoi.name,
        "area_km2": round(aoi.area_m2 / 1e6, 3),
        "bounds": [round(v, 7) for v in aoi.geometry.bounds],
        "centre": [round(centre.x, 5), round(centre.y, 5)],
        "parts": len(parts),
        "holes": int(shapely.get_num_interior_rings(parts).sum()),
        "vertices": int(shapely.get_num_coordinates(aoi.geometry)),
        "outline_vertices": int(shapely.get_num_coordinates(aoi.outline())),
        "utm_epsg": aoi.utm_epsg,
        "sha256": aoi.sha256,
        "control": [
            {
                "group": c.group,
                "from": c.start.isoformat() if c.start else None,
                "to": c.end.isoformat() if c.end else None,
                "source": c.source,
                "note": c.note,
            }
            for c in aoi.control
        ],
        "notes": list(aoi.notes),
        "properties": dict(aoi.properties),
    }
