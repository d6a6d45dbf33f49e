"""Tables for spreadsheets: one CSV a table, with a point inside each outline and its WKT."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import shapely

from minewatch.exporters.column_types import typed_table
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
    table = typed_table(layer, simulated=simulated)
    for name, column in table.columns.items():
        if column.type == "text":
            table = table.with_column(name, "text", [plain_cell(v) for v in column.values])
    outlines = wgs84_outlines(layer.table)
    inside = shapely.point_on_surface(outlines)
    for name, values in (("lon", shapely.get_x(inside)), ("lat", shapely.get_y(inside))):
        table = table.with_column(name, "float", values.round(COORDINATE_DECIMALS).tolist())
    texts = shapely.to_wkt(outlines, rounding_precision=COORDINATE_DECIMALS)
    table = table.with_column("WKT", "text", texts)
    lines = [map(_cell, table.columns), *(map(_cell, row.values()) for row in table.iter_rows())]
    write_bytes_atomic(path, "".join(f"{','.join(line)}\n" for line in lines).encode())
    return path


def _cell(value: Any) -> str:
    """Texts in quotation marks, so that an empty one is none that is missing; others plain."""
    if value is None:
        return ""
    if isinstance(value, str):
        return '"{}"'.format(value.replace('"', '""'))
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)
