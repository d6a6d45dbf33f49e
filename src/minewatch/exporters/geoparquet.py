"""Tables as GeoParquet 1.1, for DuckDB, GeoPandas and the like."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from minewatch.exporters.column_types import Type, TypedTable, typed_table
from minewatch.exporters.layer_exporters import LayerExporter
from minewatch.exporters.rfc7946_outlines import wgs84_outlines
from minewatch.files import write_bytes_atomic
from minewatch.model import WGS84, LayerSet, NamedLayer
from minewatch.parquet_package import check_parquet


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

    Raises
    ------
    SettingsError
        When the extra `parquet` is not installed.

    References
    ----------
    GeoParquet 1.1.0, https://geoparquet.org/releases/v1.1.0/
    """
    check_parquet("the format 'geoparquet'")
    return [_write(layer, out / f"{name}.parquet", layers) for name, layer in layers.layers.items()]


def _write(layer: NamedLayer, path: Path, layers: LayerSet) -> Path:
    table = typed_table(layer, simulated=layers.simulated, lists="lists")
    typed = _arrow_table(table).to_pandas(
        types_mapper=pd.ArrowDtype
    )  # also of columns without a value
    frame = gpd.GeoDataFrame(typed, geometry=list(wgs84_outlines(layer.table)), crs=WGS84)
    content = io.BytesIO()
    frame.to_parquet(
        content, index=False, schema_version="1.1.0", write_covering_bbox=True, compression="zstd"
    )
    write_bytes_atomic(path, _described(content, layer, layers))
    return path


def _arrow_table(table: TypedTable) -> Any:
    import pyarrow as pa

    types: Mapping[Type, Any] = {
        "text": pa.string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_(),
        "date": pa.date32(), "list": pa.list_(pa.string()),
    }  # fmt: skip
    return pa.table(
        {name: pa.array(c.values, type=types[c.type]) for name, c in table.columns.items()}
    )


def _described(content: io.BytesIO, layer: NamedLayer, layers: LayerSet) -> bytes:
    """The file with what it holds, and without pandas' note of types that pandas cannot read."""
    import pyarrow.parquet as pq

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
