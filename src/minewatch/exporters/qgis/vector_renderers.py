"""How vector layers look: outlines near by, markers of a fixed size from far away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from xml.etree.ElementTree import Element

from minewatch.exporters.qgis.context_layers import WET
from minewatch.exporters.qgis.qgis_xml import (
    DOCTYPE,
    QGIS_VERSION,
    element,
    parent,
    xml,
)
from minewatch.exporters.qgis.vector_symbols import (
    DARK,
    by_scale,
    centroid_marker,
    fill,
    line_symbol,
    marker,
    only_near,
)
from minewatch.model import ALERTS, CHANGE_KINDS, STATES, ChangeKind
from minewatch.model.palette import (
    ALERT_COLOURS,
    ALERT_DASHES,
    FEATURE_COLOURS,
    STATE_COLOURS,
    STATE_MARKERS,
)

FAR_SCALE: Final = 15_000
"""Scale beyond which a site of 100 m is narrower than 7 mm: markers take the place of outlines."""
_STATE_MM: Final = 3.6
_ALERT_MM: Final = {"confirmed": 6.6, "provisional": 6.0, "candidate": 5.4, "rejected": 4.6}
_ALERT_WIDTH_MM: Final = {"confirmed": 0.8, "provisional": 0.5, "candidate": 0.5, "rejected": 0.3}
_VERDICTS: Final = {
    "mine": ("#009e73", "a person says: a mine"),
    "not_mine": ("#000000", "a person says: no mine"),
    "unsure": ("#e69f00", "a person is unsure"),
}
_WET: Final = {"surely": "#d55e00", "maybe": "#e69f00", "no": "#2166ac"}
"""Colours of what lies below abandoned sites with water."""
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "context_rivers": WET,
    "context_places": WET,
    "context_slides": {
        "before": "there before the site", "after": "after the site was seen",
        "unknown": "of unknown order",
    },
    "context_claims": {name: f"certainty {name}" for name in ("low", "medium", "high")},
}  # fmt: skip
"""Layer to the words of its legend."""
FEATURE_LAYERS: Final = {"pads": "pad", "pools": "pool", "tracks": "road"}
"""Layer to the kind of feature in it."""


def vector_renderer(layer: str, *, only: str = "") -> Element:
    """The renderer of a vector layer.

    Parameters
    ----------
    layer
        Name of the layer.
    only
        Expression that a row must fulfil to be drawn; empty draws all.
    """
    column, symbols = _symbols(layer)
    if not column and not only:
        return _single(next(iter(symbols.values())))
    value = f'"{column}"' if column else f"'{next(iter(symbols))}'"
    return _categories(f"if({only}, {value}, NULL)" if only else column, layer, symbols)


def layer_style(layer: str) -> str:
    """A vector layer's look as the text of a QML file, for programs that read no project.

    Parameters
    ----------
    layer
        As for `vector_renderer`.
    """
    root = element("qgis", version=QGIS_VERSION, styleCategories="Symbology")
    root.append(vector_renderer(layer))
    root.append(element("layerGeometryType", "0" if layer == "places" else "2"))
    return f"{DOCTYPE}{xml(root)}"


def _symbols(layer: str) -> tuple[str, Mapping[str, Element]]:
    """The column that decides, and the symbol of each of its values; no column for one symbol."""
    if layer == "inventory":
        return "state", {state: _state(state) for state in STATES}
    if layer == "sites":
        return "alert", {alert: _alert(alert) for alert in reversed(ALERTS)}
    if layer == "features":
        return "kind", {kind: fill(colour) for kind, colour in FEATURE_COLOURS.items()}
    if layer == "changes":
        return "kind", {name: _change(kind) for name, kind in CHANGE_KINDS.items()}
    if layer == "verdicts":
        return "verdict", {name: _verdict(colour) for name, (colour, _) in _VERDICTS.items()}
    if layer == "places":
        return "", {"place": marker("star", "#ffffff", size_mm=3.0, line_colour="#000000")}
    if layer == "not_seen":
        return "", {"not seen": fill(STATE_COLOURS["not_observed"], brush="dense5", line="no")}
    if layer.startswith("context_"):
        return _context(layer)
    if layer in FEATURE_LAYERS:
        colour = FEATURE_COLOURS[FEATURE_LAYERS[layer]]
        return "", {layer: only_near(fill(colour, width_mm=0.1), scale=FAR_SCALE)}
    return "", {layer: fill("#000000", brush="no", line="dash", width_mm=0.4)}


def _context(layer: str) -> tuple[str, Mapping[str, Element]]:
    """Rivers and places by what lies above them, slides by order, claims by certainty."""
    if layer == "context_rivers":
        return "below_wet", {
            "surely": line_symbol(_WET["surely"], width_mm=0.9),
            "maybe": line_symbol(_WET["maybe"], width_mm=0.8, line="dash"),
            "no": line_symbol(_WET["no"], width_mm=0.6),
        }
    if layer == "context_places":
        return "below_wet", {
            name: marker("square", colour, size_mm=3.2, line_colour="#000000", width_mm=0.4)
            for name, colour in _WET.items()
        }
    if layer == "context_slides":
        slide = CHANGE_KINDS["landslide"].colour
        brushes = {"before": "no", "after": "solid", "unknown": "b_diagonal"}
        return "order", {
            order: fill(slide, brush=brush, line_colour=slide, width_mm=0.5)
            for order, brush in brushes.items()
        }
    if layer == "context_claims":
        lines = {"low": "dot", "medium": "dash", "high": "solid"}
        return "certainty", {
            name: fill("#7b3294", brush="no", line=line, line_colour="#7b3294", width_mm=0.7)
            for name, line in lines.items()
        }
    return "", {"path": line_symbol("#67a9cf", width_mm=0.35)}


def _state(state: str) -> Element:
    colour, shape = STATE_COLOURS[state], STATE_MARKERS[state]
    is_line = shape == "cross2"
    far = centroid_marker(
        shape, colour, size_mm=_STATE_MM, line_colour=colour if is_line else DARK,
        width_mm=0.7 if is_line else 0.3,
    )  # fmt: skip
    return by_scale(fill(colour, opacity=120), far, scale=FAR_SCALE)


def _alert(alert: str) -> Element:
    colour, line, width = ALERT_COLOURS[alert], ALERT_DASHES[alert], _ALERT_WIDTH_MM[alert]
    far = centroid_marker(
        "circle", colour, size_mm=_ALERT_MM[alert], line_colour=colour, line=line,
        width_mm=width, opacity=0,
    )  # fmt: skip
    near = fill(colour, brush="no", line=line, width_mm=0.8 * width)
    return by_scale(near, far, scale=FAR_SCALE)


def _change(kind: ChangeKind) -> Element:
    far = centroid_marker("square", kind.colour, size_mm=2.0, width_mm=0.2)
    return by_scale(fill(kind.colour, brush=kind.hatch, width_mm=0.2), far, scale=FAR_SCALE)


def _verdict(colour: str) -> Element:
    far = centroid_marker("cross", colour, size_mm=5.0, line_colour=colour, width_mm=0.8)
    near = fill(colour, brush="no", line="dash dot", width_mm=0.8)
    return by_scale(near, far, scale=FAR_SCALE)


def _categories(attribute: str, layer: str, symbols: Mapping[str, Element]) -> Element:
    categories, drawn = Element("categories"), Element("symbols")
    for index, (value, symbol) in enumerate(symbols.items()):
        label = _VERDICTS[value][1] if layer == "verdicts" else value.replace("_", " ")
        label = _WORDS.get(layer, {}).get(value, label)
        categories.append(
            element(
                "category", value=value, label=label, symbol=str(index), render="true",
                type="string",
            )
        )  # fmt: skip
        symbol.set("name", str(index))
        for inner in symbol.findall("layer/symbol"):
            inner.set("name", f"@{index}@1")
        drawn.append(symbol)
    return parent(
        "renderer-v2", categories, drawn, type="categorizedSymbol", attr=attribute,
        symbollevels="0", forceraster="0", referencescale="-1", enableorderby="0",
    )  # fmt: skip


def _single(symbol: Element) -> Element:
    symbol.set("name", "0")
    return parent(
        "renderer-v2", parent("symbols", symbol), type="singleSymbol", symbollevels="0",
        forceraster="0",
    )  # fmt: skip
