"""What every part of a project is made of: elements, options, coordinate systems, identifiers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final
from uuid import UUID, uuid5
from xml.etree.ElementTree import Element, tostring

from pyproj import CRS

QGIS_VERSION: Final = "3.22.16-Białowieża"
"""The format written is that of Debian 12; newer versions read it."""
DOCTYPE: Final = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
WGS84_EPSG: Final = 4326
WEB_EPSG: Final = 3857
_SPACE: Final = UUID("6f3c1d5e-4a0b-5c0e-9d43-0a1f7b2c8e55")
"""Namespace of identifiers: the same name gives the same one, in every export."""


def element(tag: str, text: str = "", **attributes: str) -> Element:
    """An element with attributes and text.

    Parameters
    ----------
    tag, text, attributes
        What it holds. A trailing underscore of an attribute's name is dropped (`class_`).
    """
    made = Element(tag, {name.rstrip("_"): value for name, value in attributes.items()})
    made.text = text or None
    return made


def parent(tag: str, *children: Element, **attributes: str) -> Element:
    """An element with children.

    Parameters
    ----------
    tag, children, attributes
        What it holds, as for `element`.
    """
    made = element(tag, **attributes)
    made.extend(children)
    return made


def option(name: str, value: object) -> Element:
    """A named value as QGIS stores it: text, number, switch, list or map.

    Parameters
    ----------
    name
        Its name; empty for none.
    value
        str, bool, int, float, a list, or a mapping of such values.
    """
    named = {"name": name} if name else {}
    if isinstance(value, Mapping):
        inner = [option(str(n), v) for n, v in value.items()]
        return parent("Option", *inner, **named, type="Map")
    if isinstance(value, list | tuple):
        return parent("Option", *(option("", v) for v in value), **named, type="List")
    if isinstance(value, bool):
        return element("Option", **named, type="bool", value=str(value).lower())
    if isinstance(value, int):
        return element("Option", **named, type="int", value=str(value))
    if isinstance(value, float):
        return element("Option", **named, type="double", value=f"{value:g}")
    return element("Option", **named, type="QString", value=str(value))


def expression_properties(properties: Mapping[str, str], *, tag: str) -> Element:
    """Properties that follow from expressions.

    Parameters
    ----------
    properties
        Name of a property to its expression.
    tag
        Name of the element, which differs from part to part.
    """
    made = {
        name: {"active": True, "expression": text, "type": 3} for name, text in properties.items()
    }
    return parent(tag, option("", {"name": "", "properties": made, "type": "collection"}))


def make_uuid(*names: str) -> str:
    """An identifier in braces; equal names give equal ones.

    Parameters
    ----------
    names
        What it is of.
    """
    return "{" + str(uuid5(_SPACE, "/".join(names))) + "}"


def layer_id(name: str) -> str:
    """Id of a layer in the project.

    Parameters
    ----------
    name
        Name of the layer in the GeoPackage, or of the raster.
    """
    return f"minewatch_{name}"  # QGIS replaces an id of ten letters or fewer


def xml(root: Element) -> str:
    """An element as text.

    Parameters
    ----------
    root
        The element.
    """
    return tostring(root, encoding="unicode")


def srs(tag: str, epsg: int) -> Element:
    """A coordinate system as QGIS writes it; it is found again by its EPSG code.

    Parameters
    ----------
    tag
        Name of the element.
    epsg
        Code of the system.
    """
    return parent(tag, spatial_reference(epsg))


def spatial_reference(epsg: int) -> Element:
    """A coordinate system without what it is of.

    Parameters
    ----------
    epsg
        Code of the system.
    """
    return parent("spatialrefsys", *(element(n, text) for n, text in _words_of(epsg).items()))


@cache
def _words_of(epsg: int) -> Mapping[str, str]:
    crs = CRS.from_epsg(epsg)
    return {
        "wkt": crs.to_wkt("WKT2_2019"),
        "srsid": str(srsid(epsg)),
        "srid": str(epsg),
        "authid": f"EPSG:{epsg}",
        "description": crs.name,
        "geographicflag": str(crs.is_geographic).lower(),
    }


def srsid(epsg: int) -> int:
    """Number of a coordinate system in QGIS's own list: WGS 84, its UTM zones, the web's.

    Parameters
    ----------
    epsg
        Code of the system.
    """
    zone = epsg % 100
    utm = {326: 3084 + zone, 327: 3150 + zone}
    return {WGS84_EPSG: 3452, WEB_EPSG: 3857}.get(epsg, utm.get(epsg // 100, 0))


def utc(day: str, *, last: bool = False) -> str:
    """The first or the last second of a day, as QGIS writes moments.

    Parameters
    ----------
    day
        ISO day.
    last
        Whether the end of the day is meant.
    """
    return f"{day}T{'23:59:59' if last else '00:00:00'}Z"
