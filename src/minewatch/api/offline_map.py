"""An interactive map that asks no network: MapLibre and all it shows lie inside one page."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from minewatch.errors import SettingsError

SHOWN = (
    "site_id", "state", "alert", "disturbed_area_m2", "pool_area_m2", "pool_count_low",
    "pool_count_high", "water_area_m2", "confidence", "first_detected", "last_undisturbed",
)  # fmt: skip
"""Columns in the popup of a site."""


@dataclass(frozen=True)
class OfflineMap:
    """A page with a map in it; shows itself in a notebook."""

    page: str
    """The whole page."""
    height_px: int = 520
    """Height in a notebook."""

    def _repr_html_(self) -> str:
        style = f"width:100%;height:{self.height_px}px;border:0"
        page = escape(self.page, quote=True)
        return f'<iframe sandbox="allow-scripts" style="{style}" srcdoc="{page}"></iframe>'


def draw_map(
    *,
    title: str,
    area: Mapping[str, Any],
    bounds: Sequence[float],
    periods: Sequence[tuple[str, Mapping[str, Any]]],
    colours: Mapping[str, str],
    attribution: str,
    picture: tuple[bytes, Sequence[Sequence[float]]] | None = None,
    simulated: bool = False,
) -> OfflineMap:
    """A map of sites by period over a picture of the ground.

    Parameters
    ----------
    title
        What it is of.
    area
        GeoJSON of the area.
    bounds
        (west, south, east, north), degrees.
    periods
        Label of each period, and its sites as GeoJSON with the columns `SHOWN`.
    colours
        State to colour.
    attribution
        Whose data it is.
    picture
        PNG, and its corners (lon, lat) from the upper left clockwise; None: plain ground.
    simulated
        Say so, first.

    Raises
    ------
    SettingsError
        When the package with MapLibre is not installed.
    """
    source, sheet = _maplibre()
    own = files("minewatch.api")
    script = (own / "explore.js").read_text("utf-8")
    data = {
        "area": area, "bounds": list(bounds), "attribution": attribution, "shown": SHOWN,
        "labels": [label for label, _ in periods], "layers": [layer for _, layer in periods],
        "colours": list(colours.items()), "empty": {"type": "FeatureCollection", "features": []},
        "picture": None,
    }  # fmt: skip
    if picture:
        url = f"data:image/png;base64,{base64.b64encode(picture[0]).decode()}"
        data["picture"] = {"url": url, "corners": [list(corner) for corner in picture[1]]}
    css = sheet + (own / "explore.css").read_text("utf-8")
    hashes = " ".join(_hash(text) for text in (source, script))
    policy = (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "worker-src blob:; child-src blob:; connect-src data: blob:; base-uri 'none'"
    )
    body = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    page = (own / "explore.html").read_text("utf-8").format(
        policy=escape(policy, quote=True), title=escape(title), css=css, maplibre=source, data=body,
        script=script, last=max(len(periods) - 1, 0),
        banner="SIMULATED, no real place: " if simulated else "",
    )  # fmt: skip
    return OfflineMap(page)


def _maplibre() -> tuple[str, str]:
    """The script and the style sheet of MapLibre, from the installed package."""
    found = find_spec("maplibre")  # not imported: only two of its files are wanted
    try:
        folder = Path(((found and found.submodule_search_locations) or [""])[0]) / "srcjs"
        script = (folder / "maplibre-gl.js").read_text("utf-8")
        sheet = (folder / "maplibre-gl.css").read_text("utf-8")
    except FileNotFoundError:
        raise SettingsError(
            "explore() needs the package maplibre", hint="pip install 'minewatch[notebook]'"
        ) from None
    return script.replace("</script", "<\\/script"), sheet


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
