"""One KMZ for Google Earth: every layer with its time, styles by state and alert, balloons."""

from __future__ import annotations

import html
import re
import zipfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, tostring

import shapely

from minewatch.exporters.column_types import Type, multipolygons, typed_table
from minewatch.exporters.layer_exporters import LayerExporter
from minewatch.files import atomic_path
from minewatch.model import CHANGE_KINDS, LayerSet, NamedLayer
from minewatch.model.palette import ALERT_COLOURS, FEATURE_COLOURS, STATE_COLOURS

FILENAME: Final = "minewatch.kmz"
_KML: Final = "http://www.opengis.net/kml/2.2"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SHOWN: Final = ("inventory", "aoi")
"""Layers that are switched on when the file is opened."""
_ALERT_WIDTHS: Final = {"confirmed": "4", "provisional": "3", "candidate": "2", "rejected": "1"}
"""KML has no dashes: the rung of the ladder shows in the width of the outline."""
_STYLES: Final[Mapping[str, str]] = {
    **{f"state-{name}": colour for name, colour in STATE_COLOURS.items()},
    **{f"kind-{name}": colour for name, colour in FEATURE_COLOURS.items()},
    **{f"kind-{name}": kind.colour for name, kind in CHANGE_KINDS.items()},
    "plain": "#000000",
}
"""Name of a style to its colour."""
_DAY: Final = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_SPANS: Final = (
    ("period_start", "period_end"),
    ("first_month", "last_month"),
    ("first_detected", "last_seen"),
)
"""Columns that say from when to when a row holds; the first that a layer has."""
_TYPES: Final[Mapping[Type, str]] = {"int": "int", "float": "double", "bool": "bool"}


@LayerExporter
def write_kml(layers: LayerSet, out: Path) -> list[Path]:
    """One KMZ: a folder a layer, below it one a period; the time slider steps through them.

    Parameters
    ----------
    layers
        What to write.
    out
        Folder to write.

    Returns
    -------
    list of Path
        `minewatch.kmz`. Every column is in the data of a placemark, those without a value left
        out; its balloon shows them as text. Nothing is fetched from anywhere.

    References
    ----------
    OGC KML 2.2, 07-147r2
    """
    path = out / FILENAME
    with atomic_path(path) as part, zipfile.ZipFile(part, "w") as archive:
        entry = zipfile.ZipInfo("doc.kml", date_time=_EPOCH)
        entry.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(entry, "w") as document:
            for piece in _pieces(layers):
                document.write(piece.encode())
    return [path]


def _pieces(layers: LayerSet) -> Iterator[str]:
    """The KML, a placemark at a time: a whole tree of ten thousand sites takes a gigabyte."""
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="{_KML}">\n<Document>\n'
    head = Element("Document")
    _text(head, "name", layers.title)
    _text(head, "open", "1")
    _text(head, "description", _about(layers))
    shown = layers.with_area()
    head.extend(_styles(_used_styles(shown.values(), layers)))
    head.extend(_schema(layer, layers) for layer in shown.values())
    for part in head:
        yield _xml(part)
    if "sites" in layers.layers:
        yield from _markers(layers.layers["sites"], layers)
    for layer in shown.values():
        yield from _folder(layer, layers)
    yield "</Document>\n</kml>\n"


def _used_styles(shown: Iterable[NamedLayer], layers: LayerSet) -> set[str]:
    """Styles that placemarks name: no other is written, so that a file says what it shows."""
    return {f"#{_style_of(row)}" for layer in shown for row in _rows(layer, layers)}


def _rows(layer: NamedLayer, layers: LayerSet) -> Iterator[Mapping[str, Any]]:
    return typed_table(layer, simulated=layers.simulated).iter_rows()


def _in_folder(name: str, pieces: Iterable[str], *, is_shown: bool) -> Iterator[str]:
    head = Element("Folder")
    _text(head, "name", name)
    _text(head, "visibility", str(int(is_shown)))
    yield "<Folder>\n"
    for part in head:
        yield _xml(part)
    yield from pieces
    yield "</Folder>\n"


def _xml(part: Element) -> str:
    text: str = tostring(part, encoding="unicode")
    return f"{text}\n"


def _about(layers: LayerSet) -> str:
    words = "SIMULATED DATA: no real place." if layers.simulated else ""
    lines = [words, layers.attribution, *(f"{k}: {v}" for k, v in layers.about.items())]
    return "<br/>".join(_html(line) for line in lines if line)


def _styles(used: Collection[str]) -> Iterator[Element]:
    for name, colour in _STYLES.items():
        if f"#{name}" in used:
            yield _style(name, colour)
    for alert, colour in ALERT_COLOURS.items():
        if f"#alert-{alert}" in used:
            yield _style(f"alert-{alert}", colour, width=_ALERT_WIDTHS[alert], fill="00")


def _style(name: str, colour: str, *, width: str = "2", fill: str = "66") -> Element:
    """A style of lines, areas and balloons."""
    red, green, blue = colour[1:3], colour[3:5], colour[5:7]
    style = Element("Style", id=name)
    _text(SubElement(style, "IconStyle"), "color", f"ff{blue}{green}{red}")
    line = SubElement(style, "LineStyle")
    _text(line, "color", f"ff{blue}{green}{red}")
    _text(line, "width", width)
    _text(SubElement(style, "PolyStyle"), "color", f"{fill}{blue}{green}{red}")
    _text(SubElement(style, "BalloonStyle"), "text", "$[description]")
    return style


def _schema(layer: NamedLayer, layers: LayerSet) -> Element:
    """The types of a layer's columns."""
    schema = Element("Schema", name=layer.name, id=f"columns-{layer.name}")
    for name, column in typed_table(layer, simulated=layers.simulated).columns.items():
        SubElement(schema, "SimpleField", type=_TYPES.get(column.type, "string"), name=name)
    return schema


def _folder(layer: NamedLayer, layers: LayerSet) -> Iterator[str]:
    """A layer: its placemarks, in a folder of their own for each period."""
    is_shown = layer.name in _SHOWN
    outlines = multipolygons(layer)
    periods: dict[str, list[int]] = defaultdict(list)
    table = typed_table(layer, simulated=layers.simulated)
    if {"period_start", "period_end"} <= set(table.columns):
        ends = zip(
            *(table.columns[name].values for name in ("period_start", "period_end")), strict=True
        )
        for at, (first, last) in enumerate(ends):
            periods[f"{first} to {last}"].append(at)

    def marks(rows: Iterable[int]) -> Iterator[str]:
        for at in rows:
            mark = _placemark(table.row(at), outlines[at], layer=layer, is_shown=is_shown)
            yield _xml(mark)

    def by_period() -> Iterator[str]:
        for label, at in sorted(periods.items()):
            yield from _in_folder(label, marks(at), is_shown=is_shown)

    pieces = by_period() if periods else marks(range(table.rows))
    yield from _in_folder(layers.describe(layer), pieces, is_shown=is_shown)


def _markers(sites: NamedLayer, layers: LayerSet) -> Iterator[str]:
    """A point for each site: outlines of mines cannot be seen from afar."""
    inside = shapely.point_on_surface(multipolygons(sites))

    def marks() -> Iterator[str]:
        for row, point in zip(_rows(sites, layers), inside, strict=True):
            mark = _dated(row, title=sites.title, is_shown=True)
            _text(SubElement(mark, "Point"), "coordinates", "".join(_pairs([(point.x, point.y)])))
            yield _xml(mark)

    yield from _in_folder(f"{layers.describe(sites)}: markers", marks(), is_shown=True)


def _dated(row: Mapping[str, Any], *, title: str, is_shown: bool) -> Element:
    """A placemark with its name, balloon, time and style."""
    mark = Element("Placemark")
    names = (row.get("site_id"), row.get("name"), row.get("kind"), title)
    name = next(str(name) for name in names if name)
    _text(mark, "name", name)
    _text(mark, "visibility", str(int(is_shown)))
    _text(mark, "description", f"<h3>{_html(name)}</h3>{_balloon(row)}")
    if (span := _span(row)) is not None:
        mark.append(span)
    _text(mark, "styleUrl", f"#{_style_of(row)}")
    return mark


def _placemark(
    row: Mapping[str, Any],
    outline: shapely.MultiPolygon | None,
    *,
    layer: NamedLayer,
    is_shown: bool,
) -> Element:
    mark = _dated(row, title=layer.title, is_shown=is_shown)
    data = SubElement(SubElement(mark, "ExtendedData"), "SchemaData")
    data.set("schemaUrl", f"#columns-{layer.name}")
    for name, value in row.items():
        if value is not None:
            _text(data, "SimpleData", _plain(value)).set("name", name)
    if outline is not None:
        mark.append(_geometry(outline))
    return mark


def _balloon(row: Mapping[str, Any]) -> str:
    """A table of all values, as HTML that holds nothing but text."""
    cells = (
        f"<tr><td>{_html(name)}</td><td>{_html(_plain(value))}</td></tr>"
        for name, value in row.items()
        if value is not None
    )
    return f"<table>{''.join(cells)}</table>"


def _span(row: Mapping[str, Any]) -> Element | None:
    """From when to when a row holds; open where that is not known."""
    for begin, end in _SPANS:
        first = _plain(row.get(begin) or "")
        if _DAY.fullmatch(first):
            span = Element("TimeSpan")
            _text(span, "begin", first)
            if _DAY.fullmatch(last := _plain(row.get(end) or "")):
                _text(span, "end", last)
            return span
    return None


def _style_of(row: Mapping[str, Any]) -> str:
    """By state where there is a period, else by the rung of the alert ladder, else by kind."""
    first, second = ("state", "alert") if "period_start" in row else ("alert", "state")
    names = (f"{column}-{row[column]}" for column in (first, second, "kind") if row.get(column))
    known = (*_STYLES, *(f"alert-{alert}" for alert in ALERT_COLOURS))
    return next((name for name in names if name in known), "plain")


def _geometry(outline: shapely.MultiPolygon) -> Element:
    parts = Element("MultiGeometry")
    for polygon in outline.geoms:
        area = SubElement(parts, "Polygon")
        _ring(SubElement(area, "outerBoundaryIs"), polygon.exterior)
        for ring in polygon.interiors:
            _ring(SubElement(area, "innerBoundaryIs"), ring)
    return parts


def _ring(parent: Element, ring: shapely.LinearRing) -> None:
    line = SubElement(parent, "LinearRing")
    _text(line, "coordinates", " ".join(_pairs(ring.coords)))


def _pairs(coordinates: Sequence[Sequence[float]]) -> Iterator[str]:
    return (f"{x:.7f},{y:.7f}" for x, y in coordinates)


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _html(text: str) -> str:
    """Text as HTML that shows it and does nothing; `$[` would name another value."""
    return html.escape(text).replace("$[", "&#36;[")


def _text(parent: Element, tag: str, text: str) -> Element:
    made = SubElement(parent, tag)
    made.text = _NOT_XML.sub("\ufffd", text)
    return made
