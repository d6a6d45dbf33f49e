"""Tables for spreadsheets: one CSV a table, a point inside each outline instead of the outline."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import shapely

from minewatch.exporters.column_types import arrow_table
from minewatch.exporters.rfc7946_outlines import COORDINATE_DECIMALS
from minewatch.exporters.table_layers import LAYERS, Layer
from minewatch.files import plain_cell, write_bytes_atomic
from minewatch.model import RunResult


def write_csv(result: RunResult, out: Path) -> list[Path]:
    """One CSV a table: UTF-8, a header, ISO days, lists as JSON text.

    Text that a spreadsheet would take for a formula has an apostrophe before it.

    Parameters
    ----------
    result
        A finished run.
    out
        Folder to write.

    Returns
    -------
    list of Path
        `inventory.csv`, `sites.csv`, `features.csv`, `changes.csv`.
    """
    return [_write(result, layer, out / f"{layer.name}.csv") for layer in LAYERS.values()]


def _write(result: RunResult, layer: Layer, path: Path) -> Path:
    table = arrow_table(result, layer)
    inside = shapely.point_on_surface(layer.table(result).geometry.to_numpy())
    for name, values in (("lon", shapely.get_x(inside)), ("lat", shapely.get_y(inside))):
        table = table.append_column(name, pa.array(values.round(COORDINATE_DECIMALS)))
    for at, column in enumerate(table.schema):
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            cells = [plain_cell(value) for value in table[column.name].to_pylist()]
            table = table.set_column(at, column.name, pa.array(cells, column.type))
    content = io.BytesIO()
    pa_csv.write_csv(table, content)
    write_bytes_atomic(path, content.getvalue())
    return path
