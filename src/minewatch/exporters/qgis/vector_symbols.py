"""Fills, lines and markers of QGIS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from xml.etree.ElementTree import Element

from minewatch.exporters.qgis.qgis_xml import (
    element,
    expression_properties,
    option,
    parent,
)

Brush = str
"""A pattern of Qt: solid, no, b_diagonal, cross, dense6 …"""
DARK: Final = "#333333"


def fill(
    colour: str,
    *,
    brush: Brush = "solid",
    line: str = "solid",
    line_colour: str | None = None,
    width_mm: float = 0.26,
    opacity: int = 255,
) -> Element:
    """A filled outline.

    Parameters
    ----------
    colour, brush, opacity
        Of the fill; opacity 0..255.
    line, line_colour, width_mm
        Of the outline: a pen of Qt; dark round a solid fill, else in the colour of the fill.
    """
    outline = line_colour or (colour if brush != "solid" else DARK)
    values = {
        "color": rgba(colour, opacity), "style": brush, "outline_color": rgba(outline),
        "outline_style": line, "outline_width": f"{width_mm:g}", "outline_width_unit": "MM",
        "joinstyle": "miter",
    }  # fmt: skip
    return _symbol("fill", _layer("SimpleFill", values))


def centroid_marker(
    shape: str,
    colour: str,
    *,
    size_mm: float,
    line_colour: str = DARK,
    line: str = "solid",
    width_mm: float = 0.3,
    opacity: int = 255,
) -> Element:
    """A marker in the middle of an outline, of the same size at every scale.

    Parameters
    ----------
    shape
        A marker of QGIS: circle, square, triangle, cross2 …
    colour, opacity
        Of its inside; opacity 0..255.
    size_mm
        On paper or screen.
    line_colour, line, width_mm
        Of its outline.
    """
    inner = marker(
        shape, colour, size_mm=size_mm, line_colour=line_colour, line=line, width_mm=width_mm,
        opacity=opacity,
    )  # fmt: skip
    inner.set("name", "@0@0")
    values = {
        "point_on_surface": "0", "point_on_all_parts": "0", "clip_points": "0",
        "clip_on_current_part_only": "0",
    }  # fmt: skip
    layer = _layer("CentroidFill", values)
    layer.append(inner)
    return _symbol("fill", layer)


def marker(
    shape: str,
    colour: str,
    *,
    size_mm: float,
    line_colour: str = DARK,
    line: str = "solid",
    width_mm: float = 0.3,
    opacity: int = 255,
) -> Element:
    """A marker, for points.

    Parameters
    ----------
    shape, colour, size_mm, line_colour, line, width_mm, opacity
        As for `centroid_marker`.
    """
    values = {
        "name": shape, "color": rgba(colour, opacity), "size": f"{size_mm:g}", "size_unit": "MM",
        "outline_color": rgba(line_colour), "outline_style": line,
        "outline_width": f"{width_mm:g}", "outline_width_unit": "MM", "joinstyle": "bevel",
        "scale_method": "diameter", "horizontal_anchor_point": "1", "vertical_anchor_point": "1",
    }  # fmt: skip
    return _symbol("marker", _layer("SimpleMarker", values))


def line_symbol(colour: str, *, width_mm: float, line: str = "solid") -> Element:
    """A line.

    Parameters
    ----------
    colour, width_mm, line
        Of the line; a pen of Qt.
    """
    values = {"line_color": rgba(colour), "line_style": line, "line_width": f"{width_mm:g}",
              "line_width_unit": "MM", "joinstyle": "miter", "capstyle": "square"}  # fmt: skip
    return _symbol("line", _layer("SimpleLine", values))


def rgba(colour: str, opacity: int = 255) -> str:
    """A colour as QGIS writes it.

    Parameters
    ----------
    colour
        As `#rrggbb`.
    opacity
        0..255.
    """
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return f"{red},{green},{blue},{opacity}"


def by_scale(near: Element, far: Element, *, scale: int) -> Element:
    """One symbol that looks otherwise from far away.

    Parameters
    ----------
    near, far
        Symbols of one kind; they become parts of the new one.
    scale
        Denominator beyond which `far` is drawn.
    """
    for part, test in ((near, f"@map_scale <= {scale}"), (far, f"@map_scale > {scale}")):
        for layer in part.findall("layer"):
            layer.append(expression_properties({"enabled": test}, tag="data_defined_properties"))
    near.extend(far.findall("layer"))
    for number, layer in enumerate(near.findall("layer")):
        for inner in layer.findall("symbol"):
            inner.set("name", f"@{near.get('name', '0')}@{number}")
    return near


def only_near(near: Element, *, scale: int) -> Element:
    """A symbol that is not drawn from far away.

    Parameters
    ----------
    near, scale
        As for `by_scale`.
    """
    for layer in near.findall("layer"):
        test = f"@map_scale <= {scale}"
        layer.append(expression_properties({"enabled": test}, tag="data_defined_properties"))
    return near


def _symbol(kind: str, layer: Element) -> Element:
    return parent("symbol", layer, type=kind, alpha="1", clip_to_extent="1", force_rhr="0")


def _layer(kind: str, values: Mapping[str, str]) -> Element:
    layer = parent("layer", option("", values), class_=kind, enabled="1", locked="0", pass_="0")
    layer.extend(element("prop", k=name, v=value) for name, value in values.items())
    return layer
