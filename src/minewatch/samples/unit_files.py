"""Files of the units of a sample: for the review page, QGIS, AcATaMa, Collect Earth Online, CSV.

`units.csv` says what the map has there and is for `assess` alone. All others are blind: their ids
are numbered in random order, and nothing in them gives away a stratum or a class.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from shapely.geometry.base import BaseGeometry

from minewatch.errors import OutputError
from minewatch.files import atomic_path, plain_cell, write_bytes_atomic
from minewatch.model import WGS84
from minewatch.samples.label_entries import BEGUN, CONFIDENCES, LABELS, SITE_LABELS
from minewatch.samples.sample_design import FILE, SampleDesign

UNITS_FILE: Final = "units.csv"
BLIND_FILE: Final = "units.geojson"
QGIS_FILE: Final = "labels.gpkg"
FOREIGN: Final = ("collect-earth-online.csv", "acatama.gpkg", "acatama-frame.tif")
_STYLES: Final = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT(256), f_table_schema TEXT(256),
  f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT,
  styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)"""
_CLOCK: Final = "1970-01-01T00:00:00.000Z"


@dataclass(frozen=True, kw_only=True)
class SampleUnit:
    """One thing that is labelled: a pixel, a block, a pixel of a tile, or a site."""

    unit: str
    """Its id; numbers are in random order."""
    cluster: str
    """Of a two-stage design the tile it is in; else the unit itself."""
    stratum: str
    """Its stratum."""
    row: int
    """First row in the grid; -1 for a site."""
    col: int
    """First column in the grid; -1 for a site."""
    pixels: str
    """Row, column and value in the frame of each pixel, `row/col/value` with a space between."""
    cluster_pixels: int
    """Pixels of its cluster that were seen."""
    lon: float
    """Of its middle, degrees."""
    lat: float
    """Of its middle, degrees."""
    second: bool
    """Whether a second interpreter labels it too."""
    site_id: str = ""
    """Of a site: its id; of a pixel: the confirmed or provisional site within the distance at which
    `assess` calls a mine found, in the first period; empty without one."""

    @property
    def number(self) -> int:
        """Its id as a whole number, for programs that know no other ids."""
        return int(self.unit.lstrip("u"))

    @property
    def cells(self) -> tuple[tuple[int, int, int], ...]:
        """Row, column and value of each pixel."""
        return tuple(
            (int(r), int(c), int(v)) for r, c, v in (p.split("/") for p in self.pixels.split())
        )


def units_bytes(units: Sequence[SampleUnit]) -> bytes:
    """Content of `units.csv`."""
    return _csv([asdict(unit) for unit in units])


def read_units(sample: Path) -> tuple[SampleUnit, ...]:
    """The units of a sample.

    Raises
    ------
    OutputError
        When the file is missing or damaged.
    """
    path = Path(sample) / UNITS_FILE
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        return tuple(_unit(row) for row in table.to_dict("records"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutputError(
            f"{path} cannot be read: {error}", hint="draw the sample again: same seed, same units"
        ) from None


def _unit(row: Mapping[Any, Any]) -> SampleUnit:
    read: dict[str, Any] = {"int": int, "float": float, "bool": lambda text: text == "True"}
    kinds = {field.name: str(field.type) for field in fields(SampleUnit)}
    return SampleUnit(**{name: read.get(kind, str)(row[name]) for name, kind in kinds.items()})


def write_unit_files(
    folder: Path,
    design: SampleDesign,
    units: Sequence[SampleUnit],
    outlines: Sequence[BaseGeometry],
    *,
    frame: Path | None,
) -> list[Path]:
    """Write the design, the units and what others read, into a folder.

    Parameters
    ----------
    folder
        The folder of the sample.
    design
        Its design.
    units
        Its units, in the order of their ids.
    outlines
        Of each unit, in the metres of the grid.
    frame
        Raster of the frame, for AcATaMa; None for a sample of sites.

    Returns
    -------
    list of Path
        The files written. Equal samples give equal bytes.
    """
    epsg = int(design.run["epsg"])
    shapes = gpd.GeoSeries(list(outlines), crs=epsg).to_crs(WGS84)
    written = {FILE: design.as_bytes(), UNITS_FILE: units_bytes(units)}
    written[BLIND_FILE] = _blind_geojson(design, units, shapes)
    rows = [_label_row(unit, period) for unit in units for period in design.periods]
    written["labels.csv"] = _csv(rows)
    written[FOREIGN[0]] = _csv(
        [
            {"LON": unit.lon, "LAT": unit.lat, "PLOTID": unit.number, "UNIT": unit.unit}
            for unit in units
        ]
    )
    for name, content in written.items():
        write_bytes_atomic(folder / name, content)
    _write_gpkg(folder / QGIS_FILE, "labels", rows, [*shapes.repeat(len(design.periods))], design)
    # AcATaMa looks a point up in the raster as it stands: both must have one reference system
    points = gpd.GeoSeries(list(outlines), crs=epsg).representative_point()
    ids = [{"id": unit.number, "unit": unit.unit} for unit in units]
    _write_gpkg(folder / FOREIGN[1], "sampling", ids, [*points], None, crs=epsg)
    paths = [*written, QGIS_FILE, FOREIGN[1]]
    if frame is not None:
        shutil.copyfile(frame, folder / FOREIGN[2])
        paths.append(FOREIGN[2])
    return [folder / name for name in paths]


def _label_row(unit: SampleUnit, period: Mapping[str, str]) -> dict[str, Any]:
    return {
        "unit": unit.unit, "period": period["start"], "period_label": period["label"],
        "second": int(unit.second), "lon": unit.lon, "lat": unit.lat, "interpreter": None,
        "label": None, "confidence": None, "note": None, "third": None, "site_area_m2": None,
        "begun": None, "time": None,
    }  # fmt: skip


def _csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["unit"], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({k: "" if v is None else plain_cell(v) for k, v in row.items()})
    return text.getvalue().encode()


def _blind_geojson(
    design: SampleDesign, units: Sequence[SampleUnit], shapes: gpd.GeoSeries
) -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {
                "unit": unit.unit,
                "second": unit.second,
                "pixels": len(unit.cells) or 1,
                **({"cells": _places_inside(unit)} if design.unit == "block" else {}),
            },
            "geometry": shapely.geometry.mapping(
                shapely.orient_polygons(shapely.set_precision(shape, 1e-7))
            ),
        }
        for unit, shape in zip(units, shapes, strict=True)
    ]
    labels = SITE_LABELS if design.unit == "site" else LABELS
    collection = {
        "type": "FeatureCollection", "minewatch:simulated": bool(design.run["simulated"]),
        "minewatch:sample": design.name, "minewatch:unit": design.unit,
        "minewatch:side": design.side if design.unit == "block" else 1,
        "minewatch:periods": [dict(period) for period in design.periods],
        "minewatch:labels": dict(labels), "features": features,
    }  # fmt: skip
    return (json.dumps(collection, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _places_inside(unit: SampleUnit) -> list[list[int]]:
    """Row and column inside a block of each pixel of it that was seen, in the order of labels."""
    return [[row - unit.row, col - unit.col] for row, col, _ in unit.cells]


def _write_gpkg(
    path: Path, layer: str, rows: Sequence[Mapping[str, Any]], shapes: Sequence[BaseGeometry],
    design: SampleDesign | None, crs: int | str = WGS84,
) -> None:  # fmt: skip
    """A layer of its own, with a form for QGIS when there is something to fill in."""
    table = pd.DataFrame(rows)
    text = {name: "object" for name in table if table[name].isna().all()}
    frame = gpd.GeoDataFrame(table.astype(text), geometry=list(shapes), crs=crs)
    for name in text:
        frame[name] = frame[name].where(frame[name].notna(), None)
    if "site_area_m2" in frame:
        frame["site_area_m2"] = frame["site_area_m2"].astype("float64")
    if "third" in frame:
        frame["third"] = frame["third"].astype("Int32")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _CLOCK})
    try:
        with atomic_path(path) as part:
            pyogrio.write_dataframe(frame, part, layer=layer, driver="GPKG", VERSION="1.2")
            if design is not None:
                _write_form(part, layer, design)
    except (RuntimeError, sqlite3.Error) as error:
        raise OutputError(
            f"cannot write {path}: {error}", hint="free some disk space, or choose another folder"
        ) from None
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _write_form(path: Path, layer: str, design: SampleDesign) -> None:
    """The form of the layer: lists to choose from; what is given cannot be changed."""
    with closing(sqlite3.connect(path)) as base, base:
        base.execute(_STYLES)
        base.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
            "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
            "update_time) VALUES ('', '', ?, 'geom', ?, ?, '', 1, ?, '', ?)",
            (layer, layer, form_qml(design), "form for labels", _CLOCK),
        )
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles', ?)",
            (_CLOCK,),
        )


def form_qml(design: SampleDesign) -> str:
    """Style of the layer of labels for QGIS 3: outlines without fill, and a form."""
    labels = SITE_LABELS if design.unit == "site" else LABELS
    given = ("unit", "period", "period_label", "second", "lon", "lat")
    widgets = {
        "label": {"": "", **{name: f"{name}: {text}" for name, text in labels.items()}},
        "confidence": {"": "", **{name: name for name in CONFIDENCES}},
        "begun": {"": "", **{name: name for name in BEGUN}},
    }  # fmt: skip
    configured = "".join(
        f'<field name="{name}"><editWidget type="ValueMap"><config><Option type="Map">'
        f'<Option name="map" type="List">{_options(values)}</Option></Option></config>'
        "</editWidget></field>"
        for name, values in widgets.items()
    )
    locked = "".join(f'<field name="{name}" editable="0"/>' for name in given)
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        '<qgis version="3.22.0" styleCategories="Symbology|Fields|Forms">'
        '<renderer-v2 type="singleSymbol" enableorderby="0"><symbols>'
        '<symbol type="fill" name="0" alpha="1"><layer class="SimpleLine" enabled="1">'
        '<Option type="Map"><Option name="line_color" type="QString" value="255,255,0,255"/>'
        '<Option name="line_width" type="QString" value="0.5"/></Option></layer></symbol>'
        "</symbols></renderer-v2>"
        f"<fieldConfiguration>{configured}</fieldConfiguration>"
        f"<editable>{locked}</editable></qgis>"
    )


def _options(values: Mapping[str, str]) -> str:
    from xml.sax.saxutils import quoteattr

    return "".join(
        f'<Option type="Map"><Option name={quoteattr(shown or "–")} type="QString" '
        f"value={quoteattr(value)}/></Option>"
        for value, shown in values.items()
    )
