"""Tables as GeoParquet 1.1, for DuckDB, GeoPandas and the like."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from pyproj import CRS

from minewatch.exporters.column_types import arrow_table
from minewatch.exporters.table_layers import LAYERS, Layer
from minewatch.files import write_bytes_atomic
from minewatch.model import WGS84, RunResult


def write_geoparquet(result: RunResult, out: Path) -> list[Path]:
    """One GeoParquet file a table: days are days, lists are lists, outlines are WKB in WGS 84.

    Parameters
    ----------
    result
        A finished run.
    out
        Folder to write.

    Returns
    -------
    list of Path
        `inventory.parquet`, `sites.parquet`, `features.parquet`, `changes.parquet`.

    References
    ----------
    GeoParquet 1.1.0, https://geoparquet.org/releases/v1.1.0/
    """
    return [_write(result, layer, out / f"{layer.name}.parquet") for layer in LAYERS.values()]


def _write(result: RunResult, layer: Layer, path: Path) -> Path:
    outlines = layer.table(result).geometry.to_numpy()
    table = arrow_table(result, layer, lists="lists").append_column(
        "geometry", pa.array(shapely.to_wkb(outlines), type=pa.binary())
    )
    about = {"simulated": result.simulated, "title": layer.title}
    metadata = {"geo": json.dumps(_geo()), "minewatch": json.dumps(about)}
    content = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(metadata), content, compression="zstd")
    write_bytes_atomic(path, content.getvalue())
    return path


def _geo() -> dict[str, object]:
    """What GeoParquet says of the outlines."""
    column = {
        "encoding": "WKB",
        "geometry_types": [],
        "crs": CRS.from_user_input(WGS84).to_json_dict(),
        "orientation": "counterclockwise",
    }
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
