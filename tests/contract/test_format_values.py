"""Every value of every layer comes back from every format that holds values."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring, parse

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from tests.made_layers import ODD_TEXTS, many_layers

from minewatch.exporters import EXPORTERS, DatabaseExporter, LayerExporter
from minewatch.exporters.vector_tiles import MAX_ZOOM
from minewatch.model import Column, LayerSet

Rows = list[dict[str, Any]]
KML = "{http://www.opengis.net/kml/2.2}"
SITES = 9
BEYOND = {"beyond": Column("text", ""), "measured": Column("float", "", optional=True)}
LAYER_FORMATS = sorted(n for n in EXPORTERS if isinstance(EXPORTERS[n], LayerExporter))
MEMORY_MIB = 500
"""What ten thousand sites in two periods may take on top of themselves."""


def read_geojson(folder: Path, layer: str) -> Rows:
    collection = json.loads((folder / f"{layer}.geojson").read_text("utf-8"))
    return [
        {**f["properties"], "geometry": shapely.from_geojson(json.dumps(f["geometry"]))}
        for f in collection["features"]
    ]


def read_gdal(path: Path, layer: str, **options: Any) -> Rows:
    _, table = pyogrio.read_arrow(path, layer=layer, **options)
    at = next(n for n in ("geometry", "geom", "wkb_geometry") if n in table.column_names)
    return [{**row, "geometry": shapely.from_wkb(row[at])} for row in pa.table(table).to_pylist()]


def read_parquet(folder: Path, layer: str) -> Rows:
    rows = pq.read_table(folder / f"{layer}.parquet").to_pylist()
    for row in rows:
        row["geometry"] = shapely.from_wkb(row["geometry"])
        box = row.pop("bbox")
        covered = (box["xmin"], box["ymin"], box["xmax"], box["ymax"])
        assert covered == pytest.approx(row["geometry"].bounds)
    return rows


def read_csv(folder: Path, layer: str) -> Rows:
    options = pa_csv.ConvertOptions(strings_can_be_null=True, quoted_strings_can_be_null=False)
    parsing = pa_csv.ParseOptions(newlines_in_values=True)
    table = pa_csv.read_csv(folder / f"{layer}.csv", convert_options=options, parse_options=parsing)
    rows = table.to_pylist()
    for row in rows:
        row["geometry"] = shapely.from_wkt(row["WKT"])
        assert row["geometry"].contains(shapely.Point(row["lon"], row["lat"]))
    return rows


def read_kml(folder: Path, layer: str) -> Rows:
    with zipfile.ZipFile(folder / "minewatch.kmz") as archive, archive.open("doc.kml") as file:
        root = parse(file).getroot()
    schema = next(s for s in root.iter(f"{KML}Schema") if s.get("name") == layer)
    columns = {field.get("name"): field.get("type") for field in schema}
    read = {"int": int, "double": float, "bool": lambda t: t == "true", "string": str}
    rows = []
    for mark in root.iter(f"{KML}Placemark"):
        data = mark.find(f"{KML}ExtendedData/{KML}SchemaData")
        if data is None or data.get("schemaUrl") != f"#columns-{layer}":
            continue
        row: dict[str, Any] = dict.fromkeys(columns)
        row |= {of.get("name"): read[columns[of.get("name")]](of.text or "") for of in data}
        parts = [
            shapely.Polygon(ring_of(area, "outer")[0], ring_of(area, "inner"))
            for area in mark.iter(f"{KML}Polygon")
        ]
        rows.append({**row, "geometry": shapely.MultiPolygon(parts)})
    return rows


def ring_of(area: Any, side: str) -> list[list[tuple[float, ...]]]:
    paths = area.findall(f"{KML}{side}BoundaryIs/{KML}LinearRing/{KML}coordinates")
    return [[tuple(map(float, pair.split(","))) for pair in p.text.split()] for p in paths]


def read_tiles(folder: Path, layer: str) -> Rows:
    rows = read_gdal(folder / "minewatch.pmtiles", layer, ZOOM_LEVEL=MAX_ZOOM)
    return list({json.dumps(row, default=str, sort_keys=True): row for row in rows}.values())


READERS: Mapping[str, Callable[[Path, str], Rows]] = {
    "geojson": read_geojson,
    "gpkg": lambda folder, layer: read_gdal(folder / "minewatch.gpkg", layer),
    "geoparquet": read_parquet,
    "flatgeobuf": lambda folder, layer: read_gdal(folder / f"{layer}.fgb", layer),
    "csv": read_csv,
    "kml": read_kml,
    "pmtiles": read_tiles,
}
"""Formats of layers that hold every value; `smart` keeps them elsewhere."""


def plain(value: Any, kind: str) -> Any:
    """A value as all formats can be compared: days as text, lists as lists."""
    if value is None or value != value:
        return None
    if isinstance(value, date | datetime):
        return value.isoformat()[:10]
    if kind == "list":
        return json.loads(value) if isinstance(value, str) else list(value)
    if kind == "float":
        return pytest.approx(value, abs=5e-5)
    return value


def written(layers: LayerSet, name: str, folder: Path) -> list[Path]:
    exporter = EXPORTERS[name]
    assert isinstance(exporter, LayerExporter)
    return exporter.write_layers(layers, folder)


def test_every_format_of_layers_is_read_back() -> None:
    assert set(LAYER_FORMATS) == {*READERS, "smart"}
    assert [n for n in EXPORTERS if isinstance(EXPORTERS[n], DatabaseExporter)] == ["postgis"]


@pytest.mark.parametrize("layer", ["inventory", "sites", "features", "changes"])
@pytest.mark.parametrize("name", READERS)
def test_every_column_null_and_outline_comes_back(name: str, layer: str, tmp_path: Path) -> None:
    layers = many_layers(SITES, odd=True)
    written(layers, name, tmp_path)
    given = layers.layers[layer]
    contract = {**given.contract, **BEYOND}
    back = READERS[name](tmp_path, layer)
    expected = given.table.to_dict("records")
    assert len(back) == len(expected)
    keys = [c for c in ("site_id", "period_start", "first_detected", "area_m2") if c in contract]

    def order(row: dict[str, Any]) -> list[Any]:
        return [plain(row[key], "text") for key in keys]

    for found, was in zip(sorted(back, key=order), sorted(expected, key=order), strict=True):
        assert name == "geojson" or found["simulated"] in (True, 1)  # it says so at its head
        for column, rule in contract.items():
            value = found.get(column) if name == "pmtiles" else found[column]
            if name in ("kml", "pmtiles") and was[column] == "" and value in ("", None):
                continue  # no text and an empty one are the same there
            exact = rule.kind if rule.kind == "list" else "text"
            assert plain(value, exact) == plain(was[column], rule.kind), column
        if name != "pmtiles":  # cut to tiles, in steps of 2.4 m
            assert found["geometry"].symmetric_difference(was["geometry"]).area < 1e-14


@pytest.mark.parametrize("name", LAYER_FORMATS)
def test_rows_of_all_nulls_are_written(name: str, tmp_path: Path) -> None:
    layers = many_layers(3)
    given = layers.layers["inventory"]
    table = given.table.copy()
    for column, rule in given.contract.items():
        if rule.optional:
            table[column] = None
    nulls = {**layers.layers, "inventory": replace(given, table=table)}
    assert written(replace(layers, layers=nulls), name, tmp_path)


@pytest.mark.parametrize("name", LAYER_FORMATS)
def test_nothing_found_is_written_too(name: str, tmp_path: Path) -> None:
    layers = many_layers(2)
    none = {n: replace(of, table=of.table.iloc[:0]) for n, of in layers.layers.items()}
    for path in written(replace(layers, layers=none), name, tmp_path):
        assert path.stat().st_size


def resident_kib(which: str) -> int:
    """Memory of this process: `VmRSS` now, `VmHWM` at most since it was forgotten."""
    text = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(which))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forgets what a process took most")
@pytest.mark.parametrize("name", LAYER_FORMATS)
def test_ten_thousand_sites_fit_into_memory(name: str, tmp_path: Path) -> None:
    layers = many_layers(10_000)
    before = resident_kib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    assert written(layers, name, tmp_path)
    assert resident_kib("VmHWM") - before < MEMORY_MIB * 1024


def test_a_balloon_is_text_whatever_the_values_hold(tmp_path: Path) -> None:
    (path,) = written(many_layers(SITES, odd=True), "kml", tmp_path)
    with zipfile.ZipFile(path) as archive:
        text = archive.read("doc.kml").decode()
    root = fromstring(text)
    shown = [d.text or "" for d in root.iter(f"{KML}description")]
    assert any("&lt;script&gt;" in words for words in shown)
    assert not any("<script>" in words for words in shown)
    assert not any("$[" in words for words in shown)
    assert "http" not in text.replace("http://www.opengis.net/kml/2.2", "")
    assert any(ODD_TEXTS[0] in words for words in shown)


def test_a_kml_has_the_time_of_every_period(tmp_path: Path) -> None:
    written(many_layers(4), "kml", tmp_path)
    with zipfile.ZipFile(tmp_path / "minewatch.kmz") as archive, archive.open("doc.kml") as file:
        root = parse(file).getroot()
    spans = [
        (span.findtext(f"{KML}begin"), span.findtext(f"{KML}end"))
        for span in root.iter(f"{KML}TimeSpan")
    ]
    assert spans.count(("2021-11-01", "2022-04-30")) == 4
    assert spans.count(("2022-11-01", "2023-04-30")) == 4
    styles = {style.get("id") for style in root.iter(f"{KML}Style")}
    assert {url.text[1:] for url in root.iter(f"{KML}styleUrl")} == styles
    assert "state-active" in styles


def test_tiles_show_every_site_at_every_zoom(tmp_path: Path) -> None:
    (path,) = written(many_layers(50), "pmtiles", tmp_path)
    for zoom in range(MAX_ZOOM + 1):
        rows = read_gdal(path, "site_points", ZOOM_LEVEL=zoom)
        assert len({row["site_id"] for row in rows}) == 50
    assert len({row["site_id"] for row in read_gdal(path, "sites", ZOOM_LEVEL=8)}) == 50
