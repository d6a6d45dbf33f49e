"""The XML of a QGIS 3 project: coordinate systems, layers, canvas, time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement

import rasterio
from pyproj import CRS

from minewatch.exporters.qgis_symbols import (
    QGIS_VERSION,
    element,
    raster_pipe,
    vector_renderer,
    xml,
)
from minewatch.model import RunResult

_WGS84: Final = 4326
_STEPS: Final = {"dry-season": (1, "y"), "year": (1, "y"), "quarter": (3, "mon")}
"""Step of the Temporal Controller for each kind of period; any other takes a month. From one dry
season to the next it is a year, so that no step is empty."""
_FROM_EXPRESSIONS: Final = "4"
"""`ModeFeatureDateTimeStartAndEndFromExpressions`. The mode that takes the fields themselves ("2")
lets SQLite compare a day with a moment as text, so that a step also shows the period after it."""
Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class MapLayer:
    """One layer of a project."""

    name: str
    """Name in the run."""
    title: str
    """Name in the legend."""
    source: str
    """Path and layer, relative to the project."""
    provider: str
    """`ogr` or `gdal`."""
    xml: Element
    """The `maplayer` element."""

    @property
    def id(self) -> str:
        """Its id in the project."""
        return _layer_id(self.name)


def vector_layer(name: str, title: str, result: RunResult) -> MapLayer:
    """A layer of the GeoPackage beside the project.

    Parameters
    ----------
    name, title
        Layer of the GeoPackage, and its name in the legend.
    result
        The run.
    """
    source = f"./minewatch.gpkg|layername={name}"
    layer = _map_layer(name, title, source, provider="ogr", epsg=_WGS84, kind="vector")
    layer.set("geometry", "Polygon")
    layer.append(vector_renderer(name))
    if result.why_no_pools:
        layer.append(element("abstract", result.why_no_pools))  # shown with the layer's name
    if name == "inventory":
        layer.append(
            element(
                "temporal", enabled="1", mode=_FROM_EXPRESSIONS, startField="period_start",
                endField="period_end", startExpression='to_datetime("period_start")',
                endExpression='to_datetime("period_end")', durationField="",
                durationUnit="days", fixedDuration="0", accumulate="0", limitMode="1",
            )
        )  # fmt: skip
    for tag, text in (("blendMode", "0"), ("featureBlendMode", "0"), ("layerOpacity", "1")):
        layer.append(element(tag, text))
    return MapLayer(name=name, title=title, source=source, provider="ogr", xml=layer)


def raster_layer(name: str, title: str, result: RunResult, *, source: str) -> MapLayer:
    """A raster of the run.

    Parameters
    ----------
    name, title
        Raster of the run, and its name in the legend.
    result
        The run.
    source
        Its path, relative to the project.
    """
    with rasterio.open(result.rasters[name]) as file:
        bands, epsg = file.count, file.crs.to_epsg()
    layer = _map_layer(name, title, source, provider="gdal", epsg=epsg, kind="raster")
    classes = [
        (int(period["end"].replace("-", "")), str(period["label"]))
        for period in result.manifest["periods"]
    ]
    layer.append(raster_pipe(name, bands=bands, classes=classes))
    layer.append(element("blendMode", "0"))
    return MapLayer(name=name, title=title, source=source, provider="gdal", xml=layer)


def project_xml(result: RunResult, layers: Sequence[MapLayer], *, shown: Collection[str]) -> bytes:
    """A whole project.

    Parameters
    ----------
    result
        The run.
    layers
        From top to bottom.
    shown
        Names of those that are switched on.

    Returns
    -------
    bytes
        Content of a `.qgs` file.
    """
    title = f"minewatch: {result.aoi.name}{' (SIMULATED)' if result.simulated else ''}"
    root = element("qgis", projectname=title, version=QGIS_VERSION)
    root.append(element("title", title))
    root.append(_srs("projectCrs", result.aoi.utm_epsg))
    root.append(_layer_tree(layers, shown))
    root.append(_canvas(result))
    order = SubElement(root, "layerorder")
    store = SubElement(root, "projectlayers")
    for layer in layers:
        order.append(element("layer", id=layer.id))
        store.append(layer.xml)
    root.append(_properties(result.aoi.utm_epsg, simulated=result.simulated))
    for part in _time(result):
        root.append(part)
    text = f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{xml(root)}\n"
    return text.encode()


def _layer_id(name: str) -> str:
    return f"minewatch_{name}"  # QGIS replaces an id of ten letters or fewer


def _map_layer(
    name: str, title: str, source: str, *, provider: str, epsg: int, kind: str
) -> Element:
    layer = element("maplayer", type=kind, autoRefreshEnabled="0", autoRefreshTime="0")
    for tag, text in (("id", _layer_id(name)), ("datasource", source), ("layername", title)):
        layer.append(element(tag, text))
    layer.append(_srs("srs", epsg))
    layer.append(element("provider", provider, encoding="UTF-8"))
    styles = SubElement(layer, "map-layer-style-manager", current="default")
    styles.append(element("map-layer-style", name="default"))
    return layer


def _srs(tag: str, epsg: int) -> Element:
    """A coordinate system as QGIS writes it; it is found again by its EPSG code."""
    crs = CRS.from_epsg(epsg)
    outer = Element(tag)
    inner = SubElement(outer, "spatialrefsys")
    for name, text in {
        "wkt": crs.to_wkt("WKT2_2019"),
        "srsid": str(_srsid(epsg)),
        "srid": str(epsg),
        "authid": f"EPSG:{epsg}",
        "description": crs.name,
        "geographicflag": str(crs.is_geographic).lower(),
    }.items():
        inner.append(element(name, text))
    return outer


def _srsid(epsg: int) -> int:
    """Number of a coordinate system in QGIS's own list: WGS 84, and its UTM zones."""
    zone = epsg % 100
    known = {326: 3084 + zone, 327: 3150 + zone}
    return 3452 if epsg == _WGS84 else known.get(epsg // 100, 0)


def _layer_tree(layers: Sequence[MapLayer], shown: Collection[str]) -> Element:
    tree = Element("layer-tree-group")
    for layer in layers:
        checked = "Qt::Checked" if layer.name in shown else "Qt::Unchecked"
        tree.append(
            element(
                "layer-tree-layer", id=layer.id, name=layer.title, source=layer.source,
                providerKey=layer.provider, checked=checked, expanded="0", legend_exp="",
            )
        )  # fmt: skip
    return tree


def _canvas(result: RunResult) -> Element:
    canvas = element("mapcanvas", name="theMapCanvas", annotationsVisible="1")
    canvas.append(element("units", "meters"))
    canvas.append(_box("extent", _padded(result.aoi.geometry_utm.bounds)))
    canvas.append(element("rotation", "0"))
    canvas.append(_srs("destinationsrs", result.aoi.utm_epsg))
    canvas.append(element("rendermaptile", "0"))
    return canvas


def _padded(box: Box) -> Box:
    west, south, east, north = box
    margin = 0.05 * max(east - west, north - south)
    return west - margin, south - margin, east + margin, north + margin


def _box(tag: str, box: Box) -> Element:
    extent = Element(tag)
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True):
        extent.append(element(name, f"{value:.3f}"))
    return extent


def _properties(epsg: int, *, simulated: bool) -> Element:
    properties = Element("properties")
    reference = SubElement(properties, "SpatialRefSys")
    reference.append(element("ProjectionsEnabled", "1", type="int"))
    reference.append(element("ProjectCRSID", str(_srsid(epsg)), type="int"))
    reference.append(element("ProjectCrs", f"EPSG:{epsg}", type="QString"))
    paths = SubElement(properties, "Paths")
    paths.append(element("Absolute", "false", type="bool"))
    measure = SubElement(properties, "Measurement")
    measure.append(element("DistanceUnits", "meters", type="QString"))
    measure.append(element("AreaUnits", "ha", type="QString"))
    label = SubElement(properties, "TitleLabel")
    label.append(element("Enabled", str(simulated).lower(), type="bool"))
    label.append(element("Label", "SIMULATED: no real place", type="QString"))
    return properties


def _time(result: RunResult) -> list[Element]:
    """The range and step of the Temporal Controller."""
    periods: Sequence[dict[str, Any]] = result.manifest["periods"]
    if not periods:
        return []
    first = min(date.fromisoformat(p["start"]) for p in periods)
    last = max(date.fromisoformat(p["end"]) for p in periods)
    step, unit = _STEPS.get(result.manifest["parameters"]["period"], (1, "mon"))
    settings = element(
        "ProjectTimeSettings", timeStep=str(step), timeStepUnit=unit, frameRate="1",
        cumulativeTemporalRange="0",
    )  # fmt: skip
    span = SubElement(settings, "TemporalRange")
    span.append(element("start", f"{first}T00:00:00Z"))
    span.append(element("end", f"{last}T23:59:59Z"))
    return [settings]
