"""Townships or other districts that the user brings: any polygon file with a name a feature."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import geopandas as gpd
import shapely

from minewatch.areas.vector_files import read_features
from minewatch.errors import AoiError
from minewatch.model import WGS84
from minewatch.publishing.frames import GRID_CRS

NAME: Final = "name"
"""The property of each feature that says what the district is called."""
_MOST_OVERLAP: Final = 0.01
"""Share of the smaller of two neighbours that both may claim: outlines drawn by hand."""


def read_townships(path: Path) -> Mapping[str, shapely.Geometry]:
    """Outlines of districts in WGS 84, by name.

    Parameters
    ----------
    path
        Any file of polygons that GDAL reads; each feature has a property `name`. Features of one
        name are parts of one district.

    Raises
    ------
    AoiError
        When the file cannot be read, a feature has no name, or two districts overlap.
    """
    features, _ = read_features(path)
    parts: dict[str, list[shapely.Geometry]] = {}
    for number, feature in enumerate(features, start=1):
        name = feature.properties.get(NAME)
        if not isinstance(name, str) or not name.strip():
            raise AoiError(
                f"{path}: feature {number} has no text in the property {NAME!r}",
                hint="rename the column that holds the names of the districts to `name`",
            )
        parts.setdefault(name.strip(), []).extend(map(shapely.make_valid, feature.polygons))
    outlines = {name: shapely.union_all(shapes) for name, shapes in sorted(parts.items())}
    _check_apart(outlines, path)
    return outlines


def _check_apart(outlines: Mapping[str, shapely.Geometry], path: Path) -> None:
    names = list(outlines)
    metres = gpd.GeoSeries(list(outlines.values()), crs=WGS84).to_crs(GRID_CRS).array
    for one, two in shapely.STRtree(metres).query(metres, predicate="intersects").T:
        smaller = min(metres[one].area, metres[two].area)
        if one < two and metres[one].intersection(metres[two]).area > _MOST_OVERLAP * smaller:
            raise AoiError(
                f"{path}: {names[one]!r} and {names[two]!r} overlap",
                hint="a place must be in one district: mend the outlines in QGIS (Check validity)",
            )
