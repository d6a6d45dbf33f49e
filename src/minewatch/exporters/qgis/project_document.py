"""The project itself: layers with everything that belongs to them, canvas, tree, time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, SubElement

import rasterio
import shapely

from minewatch.exporters.qgis.attribute_forms import form
from minewatch.exporters.qgis.layer_labels import labelling
from minewatch.exporters.qgis.layer_metadata import caution, metadata, sources
from minewatch.exporters.qgis.layer_relations import relations
from minewatch.exporters.qgis.layer_time import (
    clock,
    controller_on,
    no_time,
    raster_time,
    vector_time,
)
from minewatch.exporters.qgis.map_themes import (
    ALWAYS,
    ONE_PERIOD,
    make_themes,
    period_styles,
    theme_elements,
)
from minewatch.exporters.qgis.map_tips import map_tip
from minewatch.exporters.qgis.print_layout import layouts
from minewatch.exporters.qgis.project_layers import VECTORS
from minewatch.exporters.qgis.project_parts import (
    BASEMAP,
    BASEMAP_SOURCE,
    BASEMAP_TITLE,
    Box,
    basemap,
    box_element,
    layer_styles,
    map_layer,
    padded,
    tree_group,
    tree_layer,
)
from minewatch.exporters.qgis.project_rasters import (
    MOST_PERIODS,
    NATURAL_COLOUR,
    STACKS,
    ProjectRaster,
)
from minewatch.exporters.qgis.qgis_xml import (
    DOCTYPE,
    QGIS_VERSION,
    WGS84_EPSG,
    element,
    parent,
    spatial_reference,
    srs,
    srsid,
    xml,
)
from minewatch.exporters.qgis.raster_renderers import raster_pipe
from minewatch.exporters.qgis.vector_renderers import vector_renderer
from minewatch.model import NamedLayer, RunResult

_RASTER_GROUPS: Final[Mapping[str, str]] = {
    NATURAL_COLOUR: "Natural colour by period",
    **{kind: f"{title} by period" for kind, title in STACKS.items()},
}
_MOST_BOOKMARKS: Final = 300


@dataclass(frozen=True, kw_only=True)
class ProjectContent:
    """All that a project shows."""

    result: RunResult
    """The run."""
    layers: Mapping[str, NamedLayer]
    """Its vector layers, from top to bottom."""
    fields: Mapping[str, Sequence[str]]
    """Their fields in the GeoPackage, `fid` first."""
    rasters: Sequence[ProjectRaster]
    """Its rasters, from top to bottom."""
    chips: tuple[str, ...]
    """What the picture of a site shows, from left to right; empty: there are none."""
    gpkg: str
    """Name of the GeoPackage beside the project."""

    def source(self, name: str) -> str:
        """Source of a vector layer, relative to the project."""
        return f"./{self.gpkg}|layername={name}"


def project_xml(content: ProjectContent) -> bytes:
    """A whole project.

    Parameters
    ----------
    content
        What it shows.

    Returns
    -------
    bytes
        Content of a `.qgs` file.
    """
    result, periods = content.result, content.result.manifest["periods"]
    title = f"minewatch: {result.name}{' (SIMULATED)' if result.simulated else ''}"
    themes = make_themes(periods, content.layers, content.rasters)
    root = element("qgis", projectname=title, version=QGIS_VERSION)
    root.append(element("title", title))
    root.append(srs("projectCrs", result.aoi.utm_epsg))
    root.append(_layer_tree(content))
    root.append(relations(content.layers))
    root.append(_canvas(result))
    order, store = SubElement(root, "layerorder"), SubElement(root, "projectlayers")
    maps = [
        *(_vector(content, name) for name in content.layers),
        *(_raster(content, raster) for raster in content.rasters),
        basemap(),
    ]
    for layer in maps:
        order.append(element("layer", id=layer.findtext("id") or ""))
        store.append(layer)
    root.append(_properties(result))
    root.append(theme_elements(themes))
    root.append(
        parent(
            "projectMetadata", element("identifier"), element("language", "en"),
            element("type", "dataset"), element("title", title),
            element("abstract", f"{caution(result)} {sources(result)}"), parent("links"),
        )
    )  # fmt: skip
    if "sites" in content.layers and len(content.layers["sites"].table):
        places = {name: content.source(name) for name in content.layers}
        root.append(layouts(result, content.layers, themes, places))
    root.append(_bookmarks(result, content.layers))
    root.extend(clock(periods, result.manifest["parameters"]["period"]))
    return f"{DOCTYPE}{xml(root)}\n".encode()


def vector_style(content: ProjectContent, name: str, *, only: str | None = None) -> list[Element]:
    """Everything of a vector layer that belongs to its style.

    Parameters
    ----------
    content, name
        The project, and the layer.
    only
        None goes by the clock. Otherwise an expression that rows must fulfil, whatever the clock
        says; an empty one shows all.
    """
    layer, place = content.layers[name], VECTORS[name]
    by_clock = only is None and place.is_dated
    tip = map_tip(
        layer, display=place.display, chips=content.chips, simulated=content.result.simulated
    )
    return [
        vector_time() if by_clock else no_time(),
        vector_renderer(name, only=only or ""),
        *labelling(name, only=only or ""),
        *(element(t, v) for t, v in (("blendMode", "0"), ("featureBlendMode", "0"))),
        element("layerOpacity", "1"),
        *form(layer, content.fields[name]),
        element("previewExpression", place.display),
        element("mapTip", tip),
    ]


def layer_qml(content: ProjectContent, name: str) -> str:
    """The style of a layer as the text of a QML file: for programs that read no project.

    Parameters
    ----------
    content, name
        As for `vector_style`.
    """
    layer, place = content.layers[name], VECTORS[name]
    root = parent(
        "qgis", vector_renderer(name), *labelling(name),
        *form(layer, content.fields[name], with_relations=False),
        element("previewExpression", place.display),
        element("layerGeometryType", "0" if place.is_point else "1" if place.is_line else "2"),
        version=QGIS_VERSION, styleCategories="Symbology|Labeling|Fields|Forms|AttributeTable",
        labelsEnabled=_has_labels(name),
    )  # fmt: skip
    return f"{DOCTYPE}{xml(root)}"


def _has_labels(name: str) -> str:
    return "1" if labelling(name) else "0"


def _vector(content: ProjectContent, name: str) -> Element:
    layer, place, result = content.layers[name], VECTORS[name], content.result
    made = map_layer(name, place.title, content.source(name), provider="ogr", epsg=WGS84_EPSG)
    made.set("type", "vector")
    made.set("geometry", "Point" if place.is_point else "Line" if place.is_line else "Polygon")
    made.set("labelsEnabled", _has_labels(name))
    if layer.note:
        made.append(element("abstract", layer.note))  # shown with the layer's name
    made.append(metadata(place.title, layer.note, layer.contract, result))
    made.extend(vector_style(content, name))
    styles = {}
    if place.is_dated:
        styles[ALWAYS] = ""
    if name in ONE_PERIOD:
        styles |= period_styles(result.manifest["periods"])
    made.append(
        layer_styles({
            style: parent(
                "qgis", *vector_style(content, name, only=only), version=QGIS_VERSION,
                styleCategories="AllStyleCategories", labelsEnabled=_has_labels(name),
            )
            for style, only in styles.items()
        })
    )  # fmt: skip
    return made


def _raster(content: ProjectContent, raster: ProjectRaster) -> Element:
    result = content.result
    with rasterio.open(raster.path) as file:
        epsg = file.crs.to_epsg()
        meaning = file.tags().get("meaning", "")
    made = map_layer(raster.name, raster.title, raster.source, provider="gdal", epsg=epsg)
    made.set("type", "raster")
    made.append(metadata(raster.title, meaning, {}, result))
    classes = [
        (int(str(period["end"]).replace("-", "")), str(period["label"]))
        for period in result.manifest["periods"]
    ]

    def look() -> list[Element]:
        pipe = raster_pipe(raster.kind, band=raster.band, classes=classes)
        return [pipe, element("blendMode", "0")]

    if raster.span is None:
        made.extend([no_time(), *look(), layer_styles({})])
        return made
    made.extend([raster_time(raster.span), *look()])
    always = parent(
        "qgis", no_time(), *look(), version=QGIS_VERSION, styleCategories="AllStyleCategories"
    )
    made.append(layer_styles({ALWAYS: always}))
    return made


def _layer_tree(content: ProjectContent) -> Element:
    """Groups and layers from top to bottom."""
    tree = Element("layer-tree-group")
    groups: dict[str, Element] = {}
    for name in content.layers:
        place = VECTORS[name]
        group = groups.setdefault(place.group, tree_group(place.group, is_open=place.is_shown))
        group.append(
            tree_layer(name, place.title, content.source(name), "ogr", is_on=place.is_shown)
        )
    for raster in content.rasters:
        title = _raster_group(raster, count=len(content.result.manifest["periods"]))
        group = groups.setdefault(title, tree_group(title, is_open=False))
        is_on = raster.kind == NATURAL_COLOUR
        group.append(tree_layer(raster.name, raster.title, raster.source, "gdal", is_on=is_on))
    background = groups.setdefault("Background", tree_group("Background", is_open=False))
    background.append(tree_layer(BASEMAP, BASEMAP_TITLE, BASEMAP_SOURCE, "wms", is_on=False))
    tree.extend(groups.values())
    return tree


def _raster_group(raster: ProjectRaster, *, count: int) -> str:
    """Title of the group of a raster; it says when not every period is in it."""
    title = _RASTER_GROUPS.get(raster.kind, "Whole run")
    if raster.span is None or count <= MOST_PERIODS:
        return title
    return f"{title} (latest {MOST_PERIODS} of {count})"


def _canvas(result: RunResult) -> Element:
    extent = padded(result.aoi.geometry_utm.bounds)
    return parent(
        "mapcanvas", element("units", "meters"), box_element("extent", extent),
        element("rotation", "0"),
        srs("destinationsrs", result.aoi.utm_epsg), element("rendermaptile", "0"),
        name="theMapCanvas", annotationsVisible="1",
    )  # fmt: skip


def _properties(result: RunResult) -> Element:
    epsg, periods = result.aoi.utm_epsg, result.manifest["periods"]
    return parent(
        "properties",
        parent(
            "SpatialRefSys",
            element("ProjectionsEnabled", "1", type="int"),
            element("ProjectCRSID", str(srsid(epsg)), type="int"),
            element("ProjectCrs", f"EPSG:{epsg}", type="QString"),
        ),
        parent("Paths", element("Absolute", "false", type="bool")),
        parent(
            "Measurement",
            element("DistanceUnits", "meters", type="QString"),
            element("AreaUnits", "ha", type="QString"),
        ),
        parent(
            "TitleLabel",
            element("Enabled", str(result.simulated).lower(), type="bool"),
            element("Label", "SIMULATED: no real place", type="QString"),
        ),
        *controller_on(periods),
    )


def _bookmarks(result: RunResult, layers: Mapping[str, NamedLayer]) -> Element:
    """The area, and every site of the first few hundred."""
    made = [_bookmark("area", result.name, "minewatch", result.aoi.geometry.bounds)]
    if "sites" in layers:
        table = layers["sites"].table.head(_MOST_BOOKMARKS)
        boxes = zip(table["site_id"], table.geometry.bounds.to_numpy().tolist(), strict=True)
        for site, (west, south, east, north) in boxes:
            grown = west - 0.003, south - 0.003, east + 0.003, north + 0.003
            made.append(_bookmark(str(site), str(site), "Sites", grown))
    return parent("Bookmarks", *made)


def _bookmark(key: str, name: str, group: str, box: Box) -> Element:
    extent = shapely.to_wkt(shapely.box(*box), rounding_precision=6)
    return parent(
        "Bookmark", spatial_reference(WGS84_EPSG), id=key, name=name, group=group, extent=extent
    )
