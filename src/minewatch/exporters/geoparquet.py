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
from minewatch.exporters.layer_exporters import LayerExporter
from minewatch.files import write_bytes_atomic
from minewatch.model import WGS84, LayerSet, NamedLayer


@LayerExporter
def write_geoparquet(layers: LayerSet, out: Path) -> list[Path]:
    """One GeoParquet file a table: days are days, lists are lists, outlines are WKB in WGS 84.

    Parameters
    ----------
    layers
        What to write.
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
    return [_write(layer, out / f"{name}.parquet", layers) for name, layer in layers.layers.items()]


def _write(layer: NamedLayer, path: Path, layers: LayerSet) -> Path:
    outlines = layer.table.geometry.to_numpy()
    table = arrow_table(layer, simulated=layers.simulated, lists="lists").append_column(
        "geometry", pa.array(shapely.to_wkb(outlines), type=pa.binary())
    )
    about = {"simulated": layers.simulated, "title": layer.title}
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
