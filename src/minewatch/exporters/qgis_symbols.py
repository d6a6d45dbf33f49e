"""How layers look in QGIS: renderers as the XML of QGIS 3, made without QGIS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from minewatch.model import ALERTS, CHANGE_KINDS, STATES, ChangeKind
from minewatch.model.palette import ALERT_COLOURS, ALERT_DASHES, FEATURE_COLOURS, STATE_COLOURS

QGIS_VERSION: Final = "3.22.16-Białowieża"
"""The format written is that of Debian 12; newer versions read it."""
Brush = str
"""A pattern of Qt: solid, no, b_diagonal, cross, dense6 …"""
RampEntry = tuple[float, str, str, int]
"""Value, label, colour, opacity 0..255."""


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


def vector_renderer(layer: str) -> Element:
    """The renderer of a vector layer.

    Parameters
    ----------
    layer
        `inventory`, `sites`, `features`, `changes` or `aoi`.
    """
    if layer == "inventory":
        return _categories("state", {s: _fill(STATE_COLOURS[s], opacity=190) for s in STATES})
    if layer == "sites":
        outlines = {
            a: _fill(ALERT_COLOURS[a], brush="no", line=ALERT_DASHES[a], width_mm=0.6)
            for a in reversed(ALERTS)
        }
        return _categories("alert", outlines)
    if layer == "features":
        return _categories("kind", {k: _fill(c) for k, c in FEATURE_COLOURS.items()})
    if layer == "changes":
        return _categories("kind", {name: _hatch(kind) for name, kind in CHANGE_KINDS.items()})
    return _single(_fill("#000000", brush="no", line="dash", width_mm=0.4))


def raster_pipe(raster: str, *, bands: int, classes: Sequence[tuple[int, str]]) -> Element:
    """The pipe of a raster layer: its renderer and what goes with it.

    Parameters
    ----------
    raster
        Name of the raster in the run.
    bands
        How many it has; of several the last, the latest period, is shown.
    classes
        For `first_detected`: last day of a period as YYYYMMDD, and what the period is called.
    """
    pipe = Element("pipe")
    if raster.startswith("rgb"):
        pipe.append(_natural_colour())
    else:
        kind, entries = _ramp(raster, classes)
        pipe.append(_pseudocolour(entries, kind=kind, band=bands))
    pipe.append(element("brightnesscontrast", brightness="0", contrast="0", gamma="1"))
    pipe.append(element("huesaturation", saturation="0", grayscaleMode="0", colorizeOn="0"))
    pipe.append(element("rasterresampler", maxOversampling="2"))
    return pipe


def layer_style(layer: str) -> str:
    """A vector layer's style as the text of a QML file.

    Parameters
    ----------
    layer
        As for `vector_renderer`.
    """
    root = element("qgis", version=QGIS_VERSION, styleCategories="Symbology")
    root.append(vector_renderer(layer))
    root.append(element("layerGeometryType", "2"))
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{xml(root)}"


def xml(root: Element) -> str:
    """An element as text.

    Parameters
    ----------
    root
        The element.
    """
    return tostring(root, encoding="unicode")


def _natural_colour() -> Element:
    """Red, green and blue as they are; 0 in all three was not seen, and lets through."""
    renderer = element(
        "rasterrenderer", type="multibandcolor", alphaBand="-1", opacity="1",
        redBand="1", greenBand="2", blueBand="3",
    )  # fmt: skip
    pixels = SubElement(SubElement(renderer, "rasterTransparency"), "threeValuePixelList")
    pixels.append(element("pixelListEntry", red="0", green="0", blue="0", percentTransparent="100"))
    return renderer


def _ramp(raster: str, classes: Sequence[tuple[int, str]]) -> tuple[str, list[RampEntry]]:
    """Kind of ramp (`EXACT`, `DISCRETE`, `INTERPOLATED`) and its entries, by name of the raster."""
    if raster == "observed":
        return "EXACT", [(0, "not seen", "#777777", 150), (1, "seen", "#ffffff", 0)]
    if raster == "first_detected":
        dated = [
            (float(last), name, _VIRIDIS[i * (len(_VIRIDIS) - 1) // max(len(classes) - 1, 1)], 255)
            for i, (last, name) in enumerate(classes)
        ]
        return "DISCRETE", [(0, "none", "#ffffff", 0), *dated]
    if raster == "clear_looks":
        steps = ((0, "#777777"), (2, "#deebf7"), (5, "#9ecae1"), (10, "#4292c6"), (999, "#084594"))
        labels = ("none", "1-2", "3-5", "6-10", "more than 10")
        return "DISCRETE", [(v, n, c, 200) for (v, c), n in zip(steps, labels, strict=True)]
    # [D] the rungs of the alert ladder, 2.5 and 4.5 standard deviations, in 0.01 sd
    ramp = ((0, "#ffffff", 0), (250, "#fdae61", 160), (450, "#d7191c", 220), (1000, "#7f0000", 255))
    return "INTERPOLATED", [(v, f"{v / 100:g} sd", colour, a) for v, colour, a in ramp]


_VIRIDIS: Final = (
    "#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30",
    "#fde725",
)  # fmt: skip


def _pseudocolour(entries: Iterable[RampEntry], *, kind: str, band: int) -> Element:
    rows = list(entries)
    low, high = f"{rows[0][0]:g}", f"{rows[-1][0]:.0f}"
    renderer = element(
        "rasterrenderer", type="singlebandpseudocolor", band=str(band), opacity="1",
        alphaBand="-1", classificationMin=low, classificationMax=high, nodataColor="",
    )  # fmt: skip
    shader = SubElement(renderer, "rastershader")
    ramp = SubElement(
        shader, "colorrampshader", colorRampType=kind, classificationMode="1", clip="0",
        minimumValue=low, maximumValue=high, labelPrecision="0",
    )  # fmt: skip
    for value, label, colour, opacity in rows:
        ramp.append(
            element("item", value=f"{value:.0f}", label=label, color=colour, alpha=str(opacity))
        )
    return renderer


def _single(symbol: Element) -> Element:
    renderer = element("renderer-v2", type="singleSymbol", symbollevels="0", forceraster="0")
    symbols = SubElement(renderer, "symbols")
    symbol.set("name", "0")
    symbols.append(symbol)
    return renderer


def _categories(field: str, symbols: Mapping[str, Element]) -> Element:
    renderer = element(
        "renderer-v2", type="categorizedSymbol", attr=field, symbollevels="0", forceraster="0"
    )
    categories = SubElement(renderer, "categories")
    drawn = SubElement(renderer, "symbols")
    for index, (value, symbol) in enumerate(symbols.items()):
        label = value.replace("_", " ")
        categories.append(
            element("category", value=value, label=label, symbol=str(index), render="true")
        )
        symbol.set("name", str(index))
        drawn.append(symbol)
    return renderer


def _hatch(kind: ChangeKind) -> Element:
    return _fill(kind.colour, brush=kind.hatch, width_mm=0.2)


def _fill(
    colour: str,
    *,
    brush: Brush = "solid",
    line: str = "solid",
    width_mm: float = 0.26,
    opacity: int = 255,
) -> Element:
    outline = colour if brush != "solid" else "#333333"
    symbol = element("symbol", type="fill", alpha="1", clip_to_extent="1", force_rhr="0")
    layer = element("layer", class_="SimpleFill", enabled="1", locked="0", pass_="0")
    options = SubElement(layer, "Option", type="Map")
    for name, value in {
        "color": _rgba(colour, opacity),
        "style": brush,
        "outline_color": _rgba(outline, 255),
        "outline_style": line,
        "outline_width": f"{width_mm:g}",
        "outline_width_unit": "MM",
        "joinstyle": "miter",
    }.items():
        options.append(element("Option", name=name, type="QString", value=value))
        layer.append(element("prop", k=name, v=value))
    symbol.append(layer)
    return symbol


def _rgba(colour: str, opacity: int) -> str:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return f"{red},{green},{blue},{opacity}"
