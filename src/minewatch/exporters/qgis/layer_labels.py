"""Names on the map, by scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from minewatch.exporters.qgis.qgis_xml import element, parent

NAME_SCALE: Final = 60_000
"""Scale from which sites bear their ids."""
MORE_SCALE: Final = 10_000
"""Scale from which their state and area stand below it."""
FONT: Final = "DejaVu Sans"
FALLBACKS: Final = ("Arial", "Helvetica", "Liberation Sans")
"""Fonts that systems have. Newer versions of QGIS ask a server for some that are missing, such as
Open Sans: no such font may be named."""
_OVER_POINT: Final = "1"


@dataclass(frozen=True, kw_only=True)
class _Label:
    """What is written at the rows of a layer."""

    expression: str
    """What."""
    scale: int
    """From which scale on; 0: at every scale."""
    size_pt: float = 8.0
    below: bool = False
    """Below the row instead of above it."""
    is_bold: bool = False


_LABELS: Final = {
    "sites": _Label(expression='"site_id"', scale=NAME_SCALE, is_bold=True),
    "inventory": _Label(
        expression="replace(\"state\", '_', ' ') || coalesce('\\n' || "
        "format_number(\"disturbed_area_m2\" / 10000, 2) || ' ha', '')",
        scale=MORE_SCALE, below=True,
    ),
    "cells": _Label(expression='"sites"', scale=0, size_pt=7.0),
    "context_places": _Label(expression='"name"', scale=200_000, is_bold=True),
    "context_rivers": _Label(expression='"name"', scale=200_000, size_pt=7.0),
    "context_claims": _Label(expression='"controller"', scale=0, is_bold=True),
    "places": _Label(expression='"name"', scale=0, size_pt=9.0, is_bold=True),
    "changes": _Label(
        expression="replace(\"kind\", '_', ' ')", scale=MORE_SCALE, size_pt=7.0
    ),
}  # fmt: skip


def labelling(layer: str, *, only: str = "") -> list[Element]:
    """The labels of a layer; nothing when it has none.

    Parameters
    ----------
    layer
        Its name.
    only
        Expression that a row must fulfil to be labelled; empty labels all.
    """
    label = _LABELS.get(layer)
    if label is None:
        return []
    text = f"if({only}, {label.expression}, NULL)" if only else label.expression
    return [parent("labeling", _settings(label, text), type="simple")]


def text_style(*, size_pt: float = 8.0, is_bold: bool = False, buffer_mm: float = 0) -> Element:
    """How text is written.

    Parameters
    ----------
    size_pt, is_bold
        Of the letters.
    buffer_mm
        Width of a white rim round them; 0 for none.
    """
    style = element(
        "text-style", fontFamily=FONT, fontSize=f"{size_pt:g}", fontSizeUnit="Point",
        fontWeight="75" if is_bold else "50", fontItalic="0", fontStrikeout="0", fontUnderline="0",
        textColor="0,0,0,255", textOpacity="1", blendMode="0", multilineHeight="1",
        textOrientation="horizontal", namedStyle="Bold" if is_bold else "Regular",
        capitalization="0",
    )  # fmt: skip
    names = FALLBACKS
    style.append(parent("families", *(element("family", name=name) for name in names)))
    style.append(
        element(
            "text-buffer", bufferDraw="1" if buffer_mm else "0", bufferSize=f"{buffer_mm:g}",
            bufferSizeUnits="MM", bufferColor="255,255,255,255", bufferOpacity="1",
            bufferJoinStyle="128", bufferNoFill="1", bufferBlendMode="0",
        )
    )  # fmt: skip
    return style


def _settings(label: _Label, text: str) -> Element:
    style = text_style(size_pt=label.size_pt, is_bold=label.is_bold, buffer_mm=0.8)
    style.set("fieldName", text)
    style.set("isExpression", "1")
    quadrant = "7" if label.below else "1"  # below, above
    placement = element(
        "placement", placement=_OVER_POINT, quadOffset=quadrant, dist="0", distUnits="MM",
        xOffset="0", yOffset="2.5" if label.below else "-2.5", offsetUnits="MM", priority="5",
        centroidWhole="1", centroidInside="0", fitInPolygonOnly="0", offsetType="0",
    )  # fmt: skip
    rendering = element(
        "rendering", drawLabels="1", scaleVisibility="1" if label.scale else "0",
        scaleMin="1", scaleMax=str(label.scale), obstacle="0", displayAll="0",
        limitNumLabels="0", maxNumLabels="2000", zIndex="0", minFeatureSize="0",
    )  # fmt: skip
    return parent(
        "settings", style, element("text-format", multilineAlign="1", wrapChar=""), placement,
        rendering, calloutType="simple",
    )  # fmt: skip
