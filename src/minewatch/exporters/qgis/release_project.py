"""A project of a release: cells by class, the clock, a page a period; nothing of a run is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from math import gcd
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, SubElement

import geopandas as gpd
import shapely

from minewatch.exporters.column_types import column_order
from minewatch.exporters.gpkg import FILENAME as GPKG
from minewatch.exporters.gpkg import write_geopackage
from minewatch.exporters.qgis.attribute_forms import alias, form
from minewatch.exporters.qgis.layer_labels import labelling
from minewatch.exporters.qgis.layer_metadata import SIMULATED, UNVERIFIED
from minewatch.exporters.qgis.layer_time import controller_on
from minewatch.exporters.qgis.project_parts import (
    BASEMAP,
    BASEMAP_SOURCE,
    BASEMAP_TITLE,
    DEFAULT_STYLE,
    Box,
    basemap,
    box_element,
    layer_styles,
    map_layer,
    padded,
    tree_group,
    tree_layer,
)
from minewatch.exporters.qgis.qgis_xml import (
    DOCTYPE,
    QGIS_VERSION,
    WGS84_EPSG,
    element,
    layer_id,
    parent,
    spatial_reference,
    srs,
    srsid,
    utc,
    xml,
)
from minewatch.exporters.qgis.release_layout import release_layouts
from minewatch.exporters.qgis.vector_symbols import fill
from minewatch.exporters.release_rows import (
    CELLS,
    TOTALS,
    check_release_layers,
    first_day,
    last_day,
    release_ground,
    release_periods,
    release_words,
)
from minewatch.model import WGS84, Column, Contract, LayerSet, NamedLayer

PERIODS: Final = "periods"
"""A row a period, the ground of the release: what the pages of the layout go by."""
_PERIODS: Final[Contract] = {
    "period": Column("text", "the season or months"),
    "first_month": Column("text", "its first month, YYYY-MM"),
    "last_month": Column("text", "its last month, YYYY-MM"),
}
GRID_EPSG: Final = 6933
"""Equal areas, in which cells of the grid are squares."""
_TITLES: Final = {
    CELLS: "Sites by cell (class)",
    TOTALS: "All cells together",
    PERIODS: "Ground counted (blank: not shown, or none)",
}
_SHADES: Final = {3: "#deebf7", 6: "#9ecae1", 11: "#4292c6", 21: "#08519c", 51: "#08306b"}
"""Low end of a class to the colour from there on: light to dark, for the colour-blind too."""
_FIRST: Final = "to_datetime(\"first_month\" || '-01')"
_LAST: Final = (
    "to_datetime(\"last_month\" || '-01') + to_interval('1 month') - to_interval('1 day')"
)


def release_project(layers: LayerSet, out: Path) -> tuple[bytes, Path]:
    """The project of a release as text, and its GeoPackage, which is written.

    Parameters
    ----------
    layers
        `cells` and `totals` of a release.
    out
        Folder to write.

    Returns
    -------
    bytes, Path
        Content of a `.qgs` file, and the GeoPackage that it refers to as lying beside it.
    """
    check_release_layers(layers)
    shown = {name: layer for name, layer in layers.layers.items() if name in (CELLS, TOTALS)}
    shown[PERIODS] = _periods(layers)
    whole = replace(layers, layers=shown, area=None)
    styles = {name: _qml(whole, name) for name in shown}
    path = write_geopackage(whole, out / GPKG, styles=styles)
    return _project(whole), path


def _periods(layers: LayerSet) -> NamedLayer:
    spans, ground = release_periods(layers), release_ground(layers)
    rows = [
        {"period": name, "first_month": first, "last_month": last}
        for (first, last), name in spans.items()
    ]
    table = gpd.GeoDataFrame(
        rows, columns=None if rows else list(_PERIODS), geometry=[ground] * len(rows), crs=WGS84
    )
    return NamedLayer(name=PERIODS, title=_TITLES[PERIODS], contract=_PERIODS, table=table)


def _project(layers: LayerSet) -> bytes:
    title = f"minewatch: {layers.title}"
    ground = gpd.GeoSeries([release_ground(layers)], crs=WGS84).to_crs(GRID_EPSG).iloc[0]
    box: Box = ground.bounds if not ground.is_empty else (-1e6, -1e6, 1e6, 1e6)
    root = element("qgis", projectname=title, version=QGIS_VERSION)
    root.append(element("title", title))
    root.append(srs("projectCrs", GRID_EPSG))
    root.append(_tree(layers))
    root.append(_canvas(box))
    order, store = SubElement(root, "layerorder"), SubElement(root, "projectlayers")
    for layer in [*(_layer(layers, name) for name in layers.layers), basemap()]:
        order.append(element("layer", id=layer.findtext("id") or ""))
        store.append(layer)
    root.append(_properties(layers))
    names = [*layers.layers]
    on = (element("layer", id=layer_id(n), visible="1", style=DEFAULT_STYLE) for n in names)
    root.append(parent("visibility-presets", parent("visibility-preset", *on, name="Release")))
    root.append(
        parent(
            "projectMetadata", element("identifier"), element("language", "en"),
            element("type", "dataset"), element("title", title),
            element("abstract", _abstract(layers)), parent("links"),
        )
    )  # fmt: skip
    entries = {name: (_TITLES[name], _source(name)) for name in (CELLS, PERIODS)}
    if len(layers.layers[PERIODS].table):
        root.append(
            release_layouts(
                layers, box, entries=entries, coverage=(PERIODS, *entries[PERIODS]),
                caution=_caution(layers),
            )
        )  # fmt: skip
        root.append(parent("Bookmarks", _bookmark(layers)))
    root.extend(_clock(list(release_periods(layers))))
    return f"{DOCTYPE}{xml(root)}\n".encode()


def _source(name: str) -> str:
    return f"./{GPKG}|layername={name}"


def _caution(layers: LayerSet) -> str:
    return SIMULATED if layers.simulated else UNVERIFIED


def _abstract(layers: LayerSet) -> str:
    return " ".join([_caution(layers), *release_words(layers)])


def _tree(layers: LayerSet) -> Element:
    tree = Element("layer-tree-group")
    profile = layers.about.get("profile", "")
    group = tree_group(f"Release for: {profile}", is_open=True)
    for name in layers.layers:
        group.append(tree_layer(name, _TITLES[name], _source(name), "ogr", is_on=name != TOTALS))
    background = tree_group("Background", is_open=False)
    background.append(tree_layer(BASEMAP, BASEMAP_TITLE, BASEMAP_SOURCE, "wms", is_on=False))
    tree.extend([group, background])
    return tree


def _layer(layers: LayerSet, name: str) -> Element:
    made = map_layer(name, _TITLES[name], _source(name), provider="ogr", epsg=WGS84_EPSG)
    made.set("type", "vector")
    made.set("geometry", "Polygon")
    made.set("labelsEnabled", "1" if labelling(name) else "0")
    made.append(_metadata(layers, name))
    made.extend(_style(layers, name))
    made.append(layer_styles({}))
    return made


def _style(layers: LayerSet, name: str) -> list[Element]:
    layer = layers.layers[name]
    columns = ["fid", *column_order(layer.table, layer.contract), "simulated"]
    display = '"period"' if name != CELLS else '"cell" || \', \' || "period"'
    return [
        _time(),
        _renderer(layer),
        *labelling(name),
        *(element(t, v) for t, v in (("blendMode", "0"), ("featureBlendMode", "0"))),
        element("layerOpacity", "1"),
        *form(layer, columns, with_relations=False),
        element("previewExpression", display),
        element("mapTip", _tip(layer, display, simulated=layers.simulated)),
    ]


def _qml(layers: LayerSet, name: str) -> str:
    layer = layers.layers[name]
    root = parent(
        "qgis", _renderer(layer), *labelling(name), element("layerGeometryType", "2"),
        version=QGIS_VERSION, styleCategories="Symbology|Labeling",
        labelsEnabled="1" if labelling(name) else "0",
    )  # fmt: skip
    return f"{DOCTYPE}{xml(root)}"


def _time() -> Element:
    """A row is shown during its months."""
    return element(
        "temporal", enabled="1", mode="4", startField="", endField="", startExpression=_FIRST,
        endExpression=_LAST, durationField="", durationUnit="days", fixedDuration="0",
        accumulate="0", limitMode="1",
    )  # fmt: skip


def _renderer(layer: NamedLayer) -> Element:
    if layer.name != CELLS:
        symbol = fill("#000000", brush="no", line="dash", width_mm=0.4)
        symbol.set("name", "0")
        return parent("renderer-v2", parent("symbols", symbol), type="singleSymbol",
                      symbollevels="0", forceraster="0")  # fmt: skip
    rows = layer.table[["sites_low", "sites"]].to_dict("records")
    classes = sorted({(int(row["sites_low"]), str(row["sites"])) for row in rows})
    categories, symbols = Element("categories"), Element("symbols")
    for number, (low, label) in enumerate(classes):
        categories.append(
            element("category", value=label, label=f"{label} sites", symbol=str(number),
                    render="true", type="string")
        )  # fmt: skip
        symbol = fill(_shade(low), line_colour="#555555", width_mm=0.2, opacity=220)
        symbol.set("name", str(number))
        symbols.append(symbol)
    return parent(
        "renderer-v2", categories, symbols, type="categorizedSymbol", attr="sites",
        symbollevels="0", forceraster="0", referencescale="-1", enableorderby="0",
    )  # fmt: skip


def _shade(low: int) -> str:
    return _SHADES[max((edge for edge in _SHADES if edge <= low), default=min(_SHADES))]


def _tip(layer: NamedLayer, display: str, *, simulated: bool) -> str:
    head = '<p style="color:#b00020"><b>SIMULATED: no real place</b></p>' if simulated else ""
    names = [n for n in layer.contract if n not in ("cell", "period") and "_low" not in n
             and "_high" not in n and not n.endswith("month")]  # fmt: skip
    rows = "".join(f'<tr><td>{alias(n)}</td><td>[% "{n}" %]</td></tr>' for n in names)
    return f"<b>[% {display} %]</b>{head}<table>{rows}</table>"


def _metadata(layers: LayerSet, name: str) -> Element:
    contract = layers.layers[name].contract
    columns = "\n".join(f"{column}: {of.meaning}" for column, of in contract.items())
    return parent(
        "resourceMetadata",
        element("identifier"), element("parentidentifier"), element("language", "en"),
        element("type", "dataset"), element("title", f"{_TITLES[name]}, {layers.title}"),
        element("abstract", "\n\n".join([_abstract(layers), columns])), parent("links"),
        element("fees"), element("rights", layers.about.get("licence", "")), element("encoding"),
        parent("crs"), parent("extent"),
    )  # fmt: skip


def _canvas(box: Box) -> Element:
    return parent(
        "mapcanvas", element("units", "meters"), box_element("extent", padded(box)),
        element("rotation", "0"), srs("destinationsrs", GRID_EPSG), element("rendermaptile", "0"),
        name="theMapCanvas", annotationsVisible="1",
    )  # fmt: skip


def _properties(layers: LayerSet) -> Element:
    label = f"{layers.about.get('profile', '')} release"
    periods = [{"start": first} for first, _ in release_periods(layers)]
    return parent(
        "properties",
        parent(
            "SpatialRefSys", element("ProjectionsEnabled", "1", type="int"),
            element("ProjectCRSID", str(srsid(GRID_EPSG)), type="int"),
            element("ProjectCrs", f"EPSG:{GRID_EPSG}", type="QString"),
        ),
        parent("Paths", element("Absolute", "false", type="bool")),
        parent(
            "Measurement", element("DistanceUnits", "meters", type="QString"),
            element("AreaUnits", "ha", type="QString"),
        ),
        parent(
            "TitleLabel", element("Enabled", "true", type="bool"),
            element("Label", f"{'SIMULATED, ' if layers.simulated else ''}{label}", type="QString"),
        ),
        *controller_on(periods),
    )  # fmt: skip


def _bookmark(layers: LayerSet) -> Element:
    ground = release_ground(layers)
    extent = shapely.to_wkt(shapely.box(*ground.bounds), rounding_precision=6)
    return parent(
        "Bookmark", spatial_reference(WGS84_EPSG), id="release", name=layers.title,
        group="minewatch", extent=extent,
    )  # fmt: skip


def _clock(spans: Sequence[tuple[str, str]]) -> list[Element]:
    """Range and step of the Temporal Controller: as many months as from one period to the next."""
    if not spans:
        return []
    starts = [first_day(first) for first, _ in spans]
    months = [(two.year - one.year) * 12 + two.month - one.month for one, two in pairwise(starts)]
    step = gcd(*months) or 12
    unit = {"timeStep": str(step // 12), "timeStepUnit": "y"} if step % 12 == 0 else {
        "timeStep": str(step), "timeStepUnit": "mon",
    }  # fmt: skip
    last = max(last_day(month) for _, month in spans)
    span = parent(
        "TemporalRange", element("start", utc(str(starts[0]))),
        element("end", utc(str(last), last=True)),
    )  # fmt: skip
    settings: Mapping[str, str] = {**unit, "frameRate": "1", "cumulativeTemporalRange": "0"}
    return [parent("ProjectTimeSettings", span, **settings)]
