"""What is shown when the pointer rests on a row, as HTML."""

from __future__ import annotations

from typing import Final

from minewatch.exporters.qgis.attribute_forms import alias
from minewatch.model import NamedLayer

_SHOWN: Final = (
    "period", "kind", "state", "alert", "confidence", "first_detected", "last_undisturbed",
    "last_seen", "disturbed_area_m2", "max_disturbed_area_m2", "pool_area_m2", "area_m2",
    "water_area_m2", "observed_fraction", "reject_reason", "verdict", "verdict_reason", "note",
    "source", "below_wet", "abandoned_wet_low", "abandoned_wet_high", "sites_low", "sites_high",
    "not_observed", "river_name", "river_share", "metres_to_river", "other_rivers", "order",
    "distance_m", "is_upslope", "slide_after", "slide_by", "certainty", "held_from", "held_to",
    "words",
)  # fmt: skip
"""Columns in a tip, as far as a layer has them; empty ones are left out."""
_DAYS: Final = "format_date({0}, 'yyyy-MM-dd')"


def map_tip(layer: NamedLayer, *, display: str, chips: tuple[str, ...], simulated: bool) -> str:
    """The tip of a layer: its name, a picture where there is one, and what is known.

    Parameters
    ----------
    layer
        The layer.
    display
        Expression that names a row.
    chips
        What the picture of a site shows, from left to right; empty: there are no pictures.
    simulated
        Whether to say that nothing of it is real.
    """
    rows = "".join(_row(layer, name) for name in _SHOWN if name in layer.contract)
    head = '<p style="color:#b00020"><b>SIMULATED: no real place</b></p>' if simulated else ""
    return f"<b>[% {display} %]</b>{head}{_picture(layer, chips)}<table>{rows}</table>"


def _picture(layer: NamedLayer, chips: tuple[str, ...]) -> str:
    """The chip of the site; relative to the project, wherever that lies."""
    if not chips or "site_id" not in layer.contract:
        return ""
    folder = "'file:///' || regexp_replace(@project_folder, '^/+', '')"
    path = f"{folder} || '/chips/' || \"site_id\" || '.png'"
    return f'<div><img src="[% {path} %]"/><br/><small>{" | ".join(chips)}</small></div>'


def _row(layer: NamedLayer, name: str) -> str:
    """A line of the table, made by an expression: none where there is no value."""
    value = f'"{name}"'
    if layer.contract[name].kind == "date":
        value = _DAYS.format(value)
    elif layer.contract[name].kind == "float":
        value = f"format_number({value}, {0 if name.endswith('_m2') else 2})"
    elif name in ("kind", "state", "verdict", "verdict_reason"):
        value = f"replace({value}, '_', ' ')"
    if layer.contract[name].kind == "text":
        value = f"replace(replace({value}, '&', '&amp;'), '<', '&lt;')"
    text = f"'<tr><td>{alias(name)}</td><td>' || {value} || '</td></tr>'"
    return f"[% coalesce({text}, '') %]"
