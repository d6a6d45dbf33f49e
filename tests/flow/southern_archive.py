"""A simulated archive moved south of the equator, with its dry season in the middle of the year."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from affine import Affine
from pyproj import Transformer

NORTH, SOUTH = 32647, 32747
UP_M = 7_340_040
"""Added to every northing: over open water of the Indian Ocean, at 12 degrees south."""
LATER = timedelta(days=181)
"""Added to every date: half a year."""
_TO_METRES = Transformer.from_crs(4326, NORTH, always_xy=True).transform
_TO_DEGREES = Transformer.from_crs(SOUTH, 4326, always_xy=True).transform


def move_south(archive: Path, out: Path) -> tuple[Path, Path]:
    """Copy a simulated archive to the other side of the equator, half a year later.

    Parameters
    ----------
    archive
        Folder of `minewatch.synthetic.write_archive`.
    out
        A folder that does not exist.

    Returns
    -------
    aoi, catalog
        The files to give to a run.
    """
    shutil.copytree(archive, out)
    for path in out.glob("items/*/*.tif"):
        with rasterio.open(path, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as file:
            file.transform = Affine.translation(0, UP_M) * file.transform
            file.crs = f"EPSG:{SOUTH}"
    for path in out.glob("items/*/*.json"):
        item = json.loads(path.read_text("utf-8"))
        _move_item(item)
        path.write_text(json.dumps(item), "utf-8")
    area = json.loads((out / "aoi.geojson").read_text("utf-8"))
    for feature in area["features"]:
        feature["geometry"] = _moved(feature["geometry"])
    (out / "aoi.geojson").write_text(json.dumps(area), "utf-8")
    return out / "aoi.geojson", out / "catalog.json"


def _move_item(item: dict[str, Any]) -> None:
    properties = item["properties"]
    item["geometry"] = _moved(item["geometry"])
    item["bbox"] = list(shapely.from_geojson(json.dumps(item["geometry"])).bounds)
    for name in ("datetime", "s2:datatake_sensing_start", "start_datetime", "end_datetime"):
        if name in properties:
            moved = datetime.fromisoformat(properties[name]) + LATER
            properties[name] = moved.isoformat().replace("+00:00", "Z")
    if "proj:epsg" in properties:
        properties["proj:epsg"] = SOUTH
    if "proj:code" in properties:
        properties["proj:code"] = f"EPSG:{SOUTH}"
    for asset in item["assets"].values():
        if "proj:transform" in asset:
            asset["proj:transform"][5] += UP_M


def _moved(geometry: dict[str, Any]) -> dict[str, Any]:
    """A geometry in degrees, the same metres further up and read in the southern zone."""
    shape = shapely.transform(
        shapely.from_geojson(json.dumps(geometry)), _TO_METRES, interleaved=False
    )
    shape = shapely.transform(shape, lambda points: np.add(points, [0, UP_M]))
    degrees = shapely.transform(shape, _TO_DEGREES, interleaved=False)
    moved: dict[str, Any] = json.loads(shapely.to_geojson(degrees))
    return moved
