"""Tables as GeoParquet 1.1, for DuckDB, GeoPandas and the like."""

from __future__ import annotations

import io
import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq

from minewatch.exporters.column_types import arrow_table
from minewatch.exporters.layer_exporters import LayerExporter
from minewatch.exporters.rfc7946_outlines import wgs84_outlines
from minewatch.files import write_bytes_atomic
from minewatch.model import WGS84, LayerSet, NamedLayer


@LayerExporter
def write_geoparquet(layers: LayerSet, out: Path) -> list[Path]:
    """One GeoParquet file a table: days are days, lists are lists, outlines are WKB in WGS 84.

    The column `bbox` covers each outline, so that a reader skips what lies elsewhere.

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
    table = arrow_table(layer, simulated=layers.simulated, lists="lists")
    typed = table.to_pandas(types_mapper=pd.ArrowDtype)  # also of columns without a value
    frame = gpd.GeoDataFrame(typed, geometry=list(wgs84_outlines(layer.table)), crs=WGS84)
    content = io.BytesIO()
    frame.to_parquet(
        content, index=False, schema_version="1.1.0", write_covering_bbox=True, compression="zstd"
    )
    write_bytes_atomic(path, _described(content, layer, layers))
    return path


def _described(content: io.BytesIO, layer: NamedLayer, layers: LayerSet) -> bytes:
    """The file with what it holds, and without pandas' note of types that pandas cannot read."""
    whole = pq.read_table(content)
    about = {
        "simulated": layers.simulated,
        "title": layers.describe(layer),
        "attribution": layers.attribution,
        **layers.about,
    }
    metadata = {"geo": whole.schema.metadata[b"geo"], "minewatch": json.dumps(about)}
    described = io.BytesIO()
    pq.write_table(whole.replace_schema_metadata(metadata), described, compression="zstd")
    return described.getvalue()
