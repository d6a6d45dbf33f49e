"""Pieces of which every project is made: entries of layers, groups, boxes, the base map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from xml.etree.ElementTree import Element

from minewatch.exporters.qgis.qgis_xml import WEB_EPSG, element, layer_id, parent, srs

DEFAULT_STYLE: Final = "default"
Box = tuple[float, float, float, float]
"""West, south, east, north."""
BASEMAP: Final = "basemap"
BASEMAP_TITLE: Final = "OpenStreetMap (asks a server on the internet)"
BASEMAP_SOURCE: Final = (
    "type=xyz&url=https://tile.openstreetmap.org/%7Bz%7D/%7Bx%7D/%7By%7D.png&zmax=19&zmin=0"
)
BASEMAP_NOTE: Final = (
    "Off until it is switched on: its server then learns which places are looked at. "
    "© OpenStreetMap contributors."
)


def basemap() -> Element:
    """The base map: off, since it asks a server."""
    made = map_layer(BASEMAP, BASEMAP_TITLE, BASEMAP_SOURCE, provider="wms", epsg=WEB_EPSG)
    made.set("type", "raster")
    made.append(parent("resourceMetadata", element("abstract", BASEMAP_NOTE)))
    renderer = element(
        "rasterrenderer", type="singlebandcolordata", band="1", alphaBand="-1", opacity="1"
    )
    made.extend([parent("pipe", renderer), element("blendMode", "0"), layer_styles({})])
    return made


def layer_styles(others: Mapping[str, Element]) -> Element:
    """The styles of a layer: the one in use, and others by name.

    Parameters
    ----------
    others
        Name to the element `qgis` of each.
    """
    manager = parent(
        "map-layer-style-manager", element("map-layer-style", name=DEFAULT_STYLE),
        current=DEFAULT_STYLE,
    )  # fmt: skip
    manager.extend(parent("map-layer-style", style, name=name) for name, style in others.items())
    return manager


def map_layer(name: str, title: str, source: str, *, provider: str, epsg: int) -> Element:
    """The entry of a layer, without its look.

    Parameters
    ----------
    name, title
        Of the layer, and in the legend.
    source, provider, epsg
        Where its data are, what reads them, its coordinate system.
    """
    layer = element("maplayer", autoRefreshEnabled="0", autoRefreshTime="0")
    for tag, text in (("id", layer_id(name)), ("datasource", source), ("layername", title)):
        layer.append(element(tag, text))
    layer.append(srs("srs", epsg))
    layer.append(element("provider", provider, encoding="UTF-8"))
    return layer


def tree_group(name: str, *, is_open: bool) -> Element:
    """A group of the legend.

    Parameters
    ----------
    name, is_open
        What it is called; whether its layers are listed.
    """
    return element("layer-tree-group", name=name, expanded=str(int(is_open)), checked="Qt::Checked")


def tree_layer(name: str, title: str, source: str, provider: str, *, is_on: bool) -> Element:
    """A layer in the legend.

    Parameters
    ----------
    name, title, source, provider, is_on
        As for `map_layer`; whether it is drawn.
    """
    return element(
        "layer-tree-layer", id=layer_id(name), name=title, source=source, providerKey=provider,
        checked="Qt::Checked" if is_on else "Qt::Unchecked", expanded="0", legend_exp="",
    )  # fmt: skip


def padded(box: Box) -> Box:
    """A box with a margin.

    Parameters
    ----------
    box
        West, south, east, north.
    """
    west, south, east, north = box
    margin = 0.05 * max(east - west, north - south)
    return west - margin, south - margin, east + margin, north + margin


def box_element(tag: str, box: Box) -> Element:
    """A box as QGIS writes it.

    Parameters
    ----------
    tag, box
        Name of the element; west, south, east, north.
    """
    names = ("xmin", "ymin", "xmax", "ymax")
    return parent(tag, *(element(n, f"{v:.3f}") for n, v in zip(names, box, strict=True)))
