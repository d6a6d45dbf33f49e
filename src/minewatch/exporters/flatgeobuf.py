"""Layers as FlatGeobuf, for programs and maps that read only the part of a file they show."""

from __future__ import annotations

from pathlib import Path

import pyogrio
from pyogrio.errors import DataSourceError

from minewatch.errors import OutputError
from minewatch.exporters.column_types import typed_table, with_outlines
from minewatch.exporters.layer_exporters import LayerExporter
from minewatch.files import atomic_path
from minewatch.model import WGS84, LayerSet, NamedLayer


@LayerExporter
def write_flatgeobuf(layers: LayerSet, out: Path) -> list[Path]:
    """One FlatGeobuf file a layer, with a spatial index; the area watched last.

    Parameters
    ----------
    layers
        What to write.
    out
        Folder to write.

    Returns
    -------
    list of Path
        `inventory.fgb` and so on. Days are moments at midnight (the format has no days), lists
        JSON text, outlines WGS 84; the rows are in the order of their place.

    Raises
    ------
    OutputError
        When one cannot be written.

    References
    ----------
    https://flatgeobuf.org
    """
    return [
        _write(layer, out / f"{name}.fgb", layers) for name, layer in layers.with_area().items()
    ]


def _write(layer: NamedLayer, path: Path, layers: LayerSet) -> Path:
    table = with_outlines(typed_table(layer, simulated=layers.simulated), layer)
    options = {"TITLE": layers.describe(layer), "DESCRIPTION": layers.attribution}
    try:
        with atomic_path(path) as part:
            pyogrio.write_arrow(
                table, part, layer=layer.name, driver="FlatGeobuf", geometry_name="geometry",
                geometry_type="MultiPolygon", crs=WGS84,
                layer_options={name: words for name, words in options.items() if words},
            )  # fmt: skip
    except DataSourceError as error:
        raise OutputError(
            f"cannot write {path}: {error}", hint="free some disk space, or choose another --out"
        ) from error
    return path
