"""The area a run watches, kept in the run's folder so that the run stands on its own."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import mapping, shape

from minewatch.errors import OutputError
from minewatch.files import write_bytes_atomic
from minewatch.model import AreaOfInterest, ControlInterval


def write_aoi(aoi: AreaOfInterest, path: Path) -> Path:
    """Write an area as a GeoJSON file of one feature that loses nothing.

    Parameters
    ----------
    aoi
        The area. Its coordinates are kept to the last bit.
    path
        The file.
    """
    properties = {
        "id": aoi.id,
        "name": aoi.name,
        "utm_epsg": aoi.utm_epsg,
        "control": [asdict(interval) for interval in aoi.control],
        "notes": list(aoi.notes),
        "properties": dict(aoi.properties),
    }
    outline = shapely.orient_polygons(aoi.geometry)
    feature = {"type": "Feature", "properties": properties, "geometry": mapping(outline)}
    collection = {"type": "FeatureCollection", "features": [feature]}
    text = json.dumps(collection, indent=1, ensure_ascii=False, default=_plain)
    write_bytes_atomic(path, f"{text}\n".encode())
    return path


def read_aoi_snapshot(path: Path) -> AreaOfInterest:
    """The area that `write_aoi` wrote.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    OutputError
        When it is missing or damaged.
    """
    try:
        feature = json.loads(path.read_text("utf-8"))["features"][0]
        values = feature["properties"]
        return AreaOfInterest(
            id=values["id"],
            name=values["name"],
            geometry=shape(feature["geometry"]),
            utm_epsg=values["utm_epsg"],
            control=tuple(_interval(row) for row in values["control"]),
            properties=values["properties"],
            notes=tuple(values["notes"]),
        )
    except FileNotFoundError:
        raise OutputError(f"{path} is missing", hint="run again with --resume") from None
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise OutputError(
            f"{path} is no area written by minewatch: {error}", hint="run again with --resume"
        ) from None


def _interval(row: dict[str, Any]) -> ControlInterval:
    days = {end: date.fromisoformat(row[end]) if row[end] else None for end in ("start", "end")}
    return ControlInterval(**{**row, **days})


def _plain(value: Any) -> Any:
    """What JSON has no word for: days as ISO text, numbers of numpy as numbers."""
    if isinstance(value, date):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else str(value)
