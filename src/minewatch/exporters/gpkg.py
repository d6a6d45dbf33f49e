"""One GeoPackage for a GIS: every table as a styled layer, with real days."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import pyogrio
from pyogrio.errors import DataSourceError

from minewatch.errors import OutputError
from minewatch.exporters.column_types import TypedTable, typed_table, with_outlines
from minewatch.exporters.layer_exporters import LayerExporter
from minewatch.exporters.qgis.vector_renderers import layer_style
from minewatch.files import atomic_path
from minewatch.model import WGS84, LayerSet

FILENAME: Final = "minewatch.gpkg"
_VERSION: Final = "1.2"  # older GDALs warn of newer ones each time they open the file
_STYLES: Final = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT(256), f_table_schema TEXT(256),
  f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT,
  styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)"""


@LayerExporter
def write_gpkg(layers: LayerSet, out: Path) -> list[Path]:
    """One GeoPackage with every layer, the area watched last.

    Parameters
    ----------
    layers
        What to write.
    out
        Folder to write.

    Returns
    -------
    list of Path
        `minewatch.gpkg`. Days are of type DATE, lists JSON text, outlines WGS 84; a style for QGIS
        lies in the table `layer_styles`.

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    styles = {name: layer_style(name) for name in layers.with_area()}
    return [write_geopackage(layers, out / FILENAME, styles=styles)]


def write_geopackage(
    layers: LayerSet,
    path: Path,
    *,
    styles: Mapping[str, str],
    points: Collection[str] = (),
    lines: Collection[str] = (),
) -> Path:
    """Write layers into one GeoPackage, atomically; the same bytes for the same layers.

    Parameters
    ----------
    layers
        What to write, the area watched last.
    path
        The file.
    styles
        Style of each layer as the text of a QML file.
    points, lines
        Names of layers whose rows are points, or lines; all others are polygons.

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    moment = f"{layers.last_day.isoformat()}T00:00:00.000Z"
    try:
        with atomic_path(path) as part, _gdal_options(moment):
            for name, layer in layers.with_area().items():
                table = with_outlines(typed_table(layer, simulated=layers.simulated), layer)
                kind = "LineString" if name in lines else "MultiPolygon"
                kind = "Point" if name in points else kind
                about = layers.describe(layer)
                _write_layer(table, part, name=name, about=about, kind=kind)
            _write_styles(part, styles, moment=moment)
    except (DataSourceError, sqlite3.Error) as error:
        raise OutputError(
            f"cannot write {path}: {error}", hint="free some disk space, or choose another --out"
        ) from error
    return path


@contextmanager
def _gdal_options(moment: str) -> Iterator[None]:
    """A fixed clock, and no flush after each step: the whole file is flushed once, at the end."""
    options = {"OGR_CURRENT_DATE": moment, "OGR_SQLITE_SYNCHRONOUS": "OFF"}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(options))


def _write_layer(table: TypedTable, path: Path, *, name: str, about: str, kind: str) -> None:
    pyogrio.write_arrow(
        table, path, layer=name, driver="GPKG", append=path.exists(),
        geometry_name="geometry", geometry_type=kind, crs=WGS84,
        dataset_options={} if path.exists() else {"VERSION": _VERSION},
        layer_options={"IDENTIFIER": name, "DESCRIPTION": about},
    )  # fmt: skip


def _write_styles(path: Path, styles: Mapping[str, str], *, moment: str) -> None:
    """Add the table of styles that QGIS reads."""
    rows: list[Mapping[str, str]] = [
        {"name": name, "style": style, "moment": moment} for name, style in styles.items()
    ]
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("PRAGMA synchronous = OFF")
        base.execute(_STYLES)
        base.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name,"
            " f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner,"
            " ui, update_time) VALUES ('', '', :name, 'geom', 'minewatch', :style, '', 1,"
            " 'minewatch', '', NULL, :moment)",
            rows,
        )
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change)"
            " VALUES ('layer_styles', 'attributes', 'layer_styles', ?)",
            [moment],
        )
