"""Ground that no clear look showed in a period, as outlines: where nothing can be said."""

from __future__ import annotations

from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from affine import Affine
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.features import shapes
from shapely.geometry import shape

from minewatch.errors import OutputError
from minewatch.model import WGS84, Column, Contract, NamedLayer, RunResult

UNSEEN: Final[Contract] = {
    "period": Column("text", "the period, as people say it"),
    "period_start": Column("date", "its first day"),
    "period_end": Column("date", "its last day, included"),
    "observed_fraction": Column("float", "0..1 of the area seen clear in the period"),
    "valid_from": Column("date", "first day on which it is shown"),
    "valid_to": Column("date", "last day on which it is shown"),
}
MOST_PX: Final = 400
"""Longest side of the grid that outlines are drawn from: a map of the whole area shows no more."""


def unseen_ground(result: RunResult) -> NamedLayer:
    """One row a period in which part of the area was not seen clear.

    Parameters
    ----------
    result
        A finished run. Without its raster `observed` there are no rows.
    """
    rows = _rows(result) if "observed" in result.rasters else []
    outlines = gpd.GeoSeries([row.pop("geometry") for row in rows], crs=result.aoi.utm_epsg)
    columns = {
        name: pd.Series([row[name] for row in rows], dtype=float if c.kind == "float" else object)
        for name, c in UNSEEN.items()
    }
    table = gpd.GeoDataFrame(columns, geometry=outlines.to_crs(WGS84), crs=WGS84)
    note = f"outlines are drawn on a grid of at most {MOST_PX} pixels a side"
    return NamedLayer(name="not_seen", title="", contract=UNSEEN, table=table, note=note)


def _rows(result: RunResult) -> list[dict[str, Any]]:
    path, area, rows = result.rasters["observed"], result.aoi.geometry_utm, []
    try:
        with rasterio.open(path) as file:
            shrink = max(1.0, max(file.height, file.width) / MOST_PX)
            size = max(1, round(file.height / shrink)), max(1, round(file.width / shrink))
            larger = Affine.scale(file.width / size[1], file.height / size[0])
            transform = file.transform * larger
            for band, period in enumerate(result.manifest["periods"], start=1):
                seen = file.read(band, out_shape=size, resampling=Resampling.nearest)
                outline = _outline(seen == 0, transform, area)
                if outline is not None:
                    start, end = str(period["start"]), str(period["end"])
                    rows.append({
                        "period": str(period["label"]), "period_start": start, "period_end": end,
                        "observed_fraction": period.get("observed_fraction"),
                        "valid_from": start, "valid_to": end, "geometry": outline,
                    })  # fmt: skip
    except (RasterioError, OSError, IndexError) as error:
        raise OutputError(f"cannot read {path}: {error}", hint="run again with --resume") from error
    return rows


def _outline(
    unseen: np.ndarray, transform: Affine, area: shapely.Geometry
) -> shapely.Geometry | None:
    """The part of the area under the pixels that are set; None when there is none."""
    found = shapes(unseen.astype("uint8"), mask=unseen, transform=transform)
    pieces = shapely.union_all([shape(outline) for outline, _ in found])
    inside = shapely.get_parts(shapely.intersection(pieces, area))
    polygons = [part for part in inside if part.geom_type == "Polygon" and part.area > 0]
    return shapely.multipolygons(polygons) if polygons else None
