"""What is known of an area, as plain values a program or a person can read."""

from __future__ import annotations

from typing import Any

import pyproj
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
        "area_km2": round(geodesic_km2(aoi), 3),
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


def geodesic_km2(aoi: AreaOfInterest) -> float:
    """Area on the ellipsoid, km²: what lists and descriptions show.

    Fractions of an area that were seen are of `AreaOfInterest.area_m2`, in its UTM zone: 0.1 % less
    in Kachin.

    Parameters
    ----------
    aoi
        An area; the orientation of its rings does not matter.
    """
    rings = shapely.orient_polygons(aoi.geometry)
    return float(pyproj.Geod(ellps="WGS84").geometry_area_perimeter(rings)[0]) / 1e6
