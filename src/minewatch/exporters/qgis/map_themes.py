"""Map themes: the whole run, each period by itself, before and after, what is to be reviewed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from minewatch.exporters.qgis.context_layers import CONTEXT
from minewatch.exporters.qgis.project_layers import VECTORS
from minewatch.exporters.qgis.project_parts import DEFAULT_STYLE
from minewatch.exporters.qgis.project_rasters import MOST_PERIODS, NATURAL_COLOUR, ProjectRaster
from minewatch.exporters.qgis.qgis_xml import element, layer_id, parent

OVERVIEW: Final = "Overview"
BEFORE: Final = "Before"
AFTER: Final = "After"
REVIEW: Final = "Review"
BESIDE: Final = "Context"
ALWAYS: Final = "at any time"
"""Style of a layer that does not go by the clock."""
ONE_PERIOD: Final = ("sites", "inventory", "pools", "pads", "tracks")
"""Dated layers that a theme of one period shows, each in a style for it."""


@dataclass(frozen=True, kw_only=True)
class Theme:
    """One theme."""

    name: str
    """What it is called."""
    styles: Mapping[str, str]
    """Layer that is on, to the style it is shown in."""


def period_styles(periods: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Styles that show one period whatever the clock says: name to what a row must fulfil.

    Parameters
    ----------
    periods
        Of the manifest.
    """
    return {
        str(p["label"]): f"\"valid_from\" <= '{p['start']}' AND \"valid_to\" >= '{p['start']}'"
        for p in periods[-MOST_PERIODS:]
    }


def make_themes(
    periods: Sequence[Mapping[str, str]],
    layers: Collection[str],
    rasters: Sequence[ProjectRaster],
) -> list[Theme]:
    """The themes of a project.

    Parameters
    ----------
    periods
        Of the manifest.
    layers
        Names of its vector layers.
    rasters
        Its raster layers.
    """
    area = {name: DEFAULT_STYLE for name in ("places", "aoi") if name in layers}
    pictures = {r.span[0]: r for r in rasters if r.kind == NATURAL_COLOUR and r.span}
    shown = {name: DEFAULT_STYLE for name in layers if VECTORS[name].is_shown}
    overview = shown | {raster.name: DEFAULT_STYLE for raster in pictures.values()}
    themes = [Theme(name=OVERVIEW, styles=overview)]
    by_period = []
    for period in periods[-MOST_PERIODS:]:
        label, start = str(period["label"]), str(period["start"])
        styles = {name: label for name in ONE_PERIOD if name in layers} | area
        if start in pictures:
            styles[pictures[start].name] = ALWAYS
        by_period.append(Theme(name=label, styles=styles))
    themes += by_period
    if by_period:
        outlines = {"sites": by_period[-1].name} if "sites" in layers else {}
        for name, start in (
            (BEFORE, min(pictures, default="")),
            (AFTER, max(pictures, default="")),
        ):
            styles = dict(by_period[-1].styles) if name == AFTER else outlines | area
            styles |= {pictures[start].name: ALWAYS} if start else {}
            themes.append(Theme(name=name, styles=styles))
    review = {
        name: ALWAYS if VECTORS[name].is_dated else DEFAULT_STYLE
        for name in ("verdicts", "sites", "changes")
        if name in layers
    }
    if context := {name: DEFAULT_STYLE for name in CONTEXT if name in layers}:
        outlines = {"sites": DEFAULT_STYLE} if "sites" in layers else {}
        themes.append(Theme(name=BESIDE, styles=outlines | context | area))
    newest = {pictures[max(pictures)].name: ALWAYS} if pictures else {}
    themes.append(Theme(name=REVIEW, styles=review | area | newest))
    return themes


def theme_elements(themes: Sequence[Theme]) -> Element:
    """The themes as a part of a project.

    Parameters
    ----------
    themes
        From `make_themes`.
    """
    return parent(
        "visibility-presets",
        *(
            parent(
                "visibility-preset",
                *(
                    element("layer", id=layer_id(name), visible="1", style=style)
                    for name, style in theme.styles.items()
                ),
                name=theme.name,
            )
            for theme in themes
        ),
    )
