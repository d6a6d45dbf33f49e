"""A release as one page to publish: tables and drawings by cell, without a script or a picture."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import Any, Final

import numpy as np
import shapely
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from minewatch.model import LayerSet
from minewatch.publishing.profiles import Profile
from minewatch.publishing.releases import TITLE, Release, season_name

_SHADES: Final = (1, 6, 11, 21, 51)
"""Low end of the classes that have a colour each."""
_DRAWING: Final = 100.0
"""Longer side of a map."""


def render_release(release: Release, layers: LayerSet) -> str:
    """The page as HTML; every value from outside is escaped.

    Parameters
    ----------
    release
        What is given away.
    layers
        `release_layers` of it: the page says nothing that the layers do not say.
    """
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    css = _part("release_page.css")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    tables = {name: layer.table.to_dict("records") for name, layer in layers.layers.items()}
    draw, box = _drawing(release)
    return environment.from_string(_part("release_page.html.j2")).render(
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
        "form-action 'none'",
        css=Markup(css), title=TITLE, simulated=layers.simulated, profile=release.profile,
        about=layers.about, attribution=layers.attribution, totals=_with_bars(tables["totals"]),
        cells=tables["cells"], legend=_legend(release.profile), box=box,
        maps=[
            {
                "period": season_name(period),
                "shapes": [
                    {"path": path, **_look(release, period, region)}
                    for region, path in draw.items()
                ],
            }
            for period in release.periods
        ],
    )  # fmt: skip


def _part(name: str) -> str:
    return (files("minewatch.publishing") / "page" / name).read_text("utf-8")


def _drawing(release: Release) -> tuple[dict[str, str], str]:
    """A path of each region, and the box of all: places in the drawing, not on the ground."""
    if not release.frame.regions:
        return {}, "0 0 1 1"
    west, south, east, north = release.frame.ground.bounds
    scale = _DRAWING / max(east - west, north - south)

    def place(xy: np.ndarray) -> np.ndarray:
        return np.asarray(np.round((xy - [west, north]) * [scale, -scale], 1))

    paths = {}
    for region in release.frame.regions:
        drawn = shapely.transform(region.outline.simplify(0.2 / scale), place)
        rings = [ring for part in shapely.get_parts(drawn) for ring in shapely.get_rings(part)]
        paths[region.id] = "".join(_path(shapely.get_coordinates(ring)) for ring in rings)
    box = f"0 0 {(east - west) * scale:.1f} {(north - south) * scale:.1f}"
    return paths, box


def _path(xy: np.ndarray) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in xy[:-1].tolist()) + "Z"


def _look(release: Release, period: Any, region: str) -> dict[str, str]:
    value = release.shown.get((period, region))
    if value is None:
        return {"css": "hidden", "text": f"{region}: not shown"}
    return {"css": _shade(value.sites.low), "text": f"{region}: {value.sites} sites"}


def _shade(low: int) -> str:
    return f"c{max(i for i, edge in enumerate(_SHADES) if edge <= low)}"


def _legend(profile: Profile) -> list[dict[str, str]]:
    edges = [max(edge, profile.least_sites) for edge in _SHADES]
    texts = [
        f"{low}-{high - 1}" if high else f"{low} or more"
        for low, high in zip(edges, [*edges[1:], 0], strict=True)
    ]
    keys = [{"css": f"c{i}", "text": f"{text} sites"} for i, text in enumerate(texts)]
    none = "none" if profile.least_sites == 1 else f"fewer than {profile.least_sites}, or not shown"
    return [*keys, {"css": "hidden", "text": none}]


def _with_bars(totals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Totals with the lengths of their bars, percent of the longest."""
    ends = [row["sites_low"] if row["sites_high"] is None else row["sites_high"] for row in totals]
    most = max(ends, default=1) or 1
    return [
        {**row, "low": round(100 * row["sites_low"] / most, 1),
         "more": round(100 * (end - row["sites_low"]) / most, 1)}
        for row, end in zip(totals, ends, strict=True)
    ]  # fmt: skip
