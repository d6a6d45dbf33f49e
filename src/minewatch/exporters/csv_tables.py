"""Tables for spreadsheets: one CSV a table, with a point inside each outline and its WKT."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import shapely

from minewatch.exporters.column_types import arrow_table
from minewatch.exporters.layer_exporters import LayerExporter
from minewatch.exporters.rfc7946_outlines import COORDINATE_DECIMALS, wgs84_outlines
from minewatch.files import plain_cell, write_bytes_atomic
from minewatch.model import LayerSet, NamedLayer


@LayerExporter
def write_csv(layers: LayerSet, out: Path) -> list[Path]:
    """One CSV a table: UTF-8, a header, ISO days, lists as JSON text, outlines as WKT, last.

    Text that a spreadsheet would take for a formula has an apostrophe before it.

    Parameters
    ----------
    layers
        What to write.
    out
        Folder to write.

    Returns
    -------
    list of Path
        `inventory.csv`, `sites.csv`, `features.csv`, `changes.csv`.
    """
    return [
        _write(layer, out / f"{name}.csv", simulated=layers.simulated)
        for name, layer in layers.layers.items()
    ]


def _write(layer: NamedLayer, path: Path, *, simulated: bool) -> Path:
    table = arrow_table(layer, simulated=simulated)
    outlines = wgs84_outlines(layer.table)
    inside = shapely.point_on_surface(outlines)
    for name, values in (("lon", shapely.get_x(inside)), ("lat", shapely.get_y(inside))):
        table = table.append_column(name, pa.array(values.round(COORDINATE_DECIMALS)))
    for at, column in enumerate(table.schema):
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            cells = [plain_cell(value) for value in table[column.name].to_pylist()]
            table = table.set_column(at, column.name, pa.array(cells, column.type))
    texts = shapely.to_wkt(outlines, rounding_precision=COORDINATE_DECIMALS)
    table = table.append_column("WKT", pa.array(texts, pa.string()))
    content = io.BytesIO()
    pa_csv.write_csv(table, content)
    write_bytes_atomic(path, content.getvalue())
    return path
