"""Everything that speaks for and against one site, as one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from minewatch.model import Alternative, AreaOfInterest, Period, period_label
from minewatch.reports.raster_pictures import _NOT_SEEN_GREY as NOT_SEEN_GREY
from minewatch.reports.raster_pictures import Box, Picture


@dataclass(frozen=True, kw_only=True)
class Chip:
    """The ground in one period."""

    period: Period
    """When."""
    picture: Picture
    """Natural colour, UTM."""


def make_chip(period: Period, rgb: np.ndarray, *, box: Box) -> Chip:
    """A picture of the ground in one period.

    Parameters
    ----------
    period
        When.
    rgb
        Dims (y, x, colour), uint8; 0 in all colours: not seen, drawn grey.
    box
        Its ground, metres.
    """
    shown = np.where(rgb.any(axis=-1, keepdims=True), rgb, np.uint8(NOT_SEEN_GREY))
    return Chip(period=period, picture=Picture(rgb=shown, box=box, label=period_label(period)))


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """All that speaks for and against one site."""

    aoi: AreaOfInterest
    """The area watched."""
    site: Mapping[str, Any]
    """Its row of `sites.geojson`, without the outline."""
    inventory: gpd.GeoDataFrame
    """Its rows of `inventory.geojson`, in order of time; UTM."""
    detections: pd.DataFrame
    """Its patches: `period_start`, `period_end`, `confidence`, `terms`; in order of time."""
    weights: Mapping[str, float]
    """Log-odds that each evidence term adds when it is 1; empty where terms are no summands."""
    meanings: Mapping[str, str]
    """What each evidence term says about the ground."""
    months: pd.DataFrame
    """Its pixels month by month, see `detect.site_series`."""
    detector: str
    """What judged it, in a line."""
    confidence_basis: str
    """What its confidence rests on: no site of Kachin was visited for it."""
    alternatives: Sequence[Alternative]
    """What it could have been instead, the most open one first."""
    scenes: Sequence[Mapping[str, Any]]
    """The overpasses that bound its start: `id`, `day`, `role`, `offset_dn`, `offset_reason`."""
    chips: Sequence[Chip]
    """The ground by period, in order of time; periods without an overpass are left out."""
    features: gpd.GeoDataFrame
    """Its pads, pools and roads, UTM."""
    simulated: bool
    """Whether the imagery is simulated."""
    source: str
    """SHA-256 of the inventory it explains."""
    why_no_pools: str = ""
    """Why nothing can be said of its pools; empty when they can be seen."""
    notes: Sequence[str] = ()
    """What to know before this is quoted, in sentences."""

    @property
    def title(self) -> str:
        """The verdict in a line."""
        site = self.site
        began = f"began between {site['last_undisturbed']} and {site['first_detected']}"
        if not site["last_undisturbed"]:
            began = f"there from the start of the record (first seen {site['first_detected']})"
        state = str(site["state"]).replace("_", " ")
        sure = f"confidence {site['confidence']:.2f}, {self.confidence_basis}"
        return f"{site['site_id']}: {site['alert']}, {state}; {began}; {sure}"

    @property
    def best(self) -> Mapping[str, float]:
        """Evidence terms of its strongest detection."""
        if self.detections.empty:
            return {}
        strongest = int(self.detections["confidence"].to_numpy().argmax())
        terms: Mapping[str, float] = self.detections["terms"].iloc[strongest]
        return terms


def as_values(explanation: Explanation) -> dict[str, Any]:
    """An explanation as plain values for JSON; what was not seen is null."""
    months = explanation.months.reset_index()
    months["month"] = months["month"].dt.strftime("%Y-%m")
    return {
        "simulated": explanation.simulated,
        "source": explanation.source,
        "title": explanation.title,
        "detector": explanation.detector,
        "site": _plain(dict(explanation.site)),
        "periods": _rows(explanation.inventory.drop(columns="geometry")),
        "detections": _rows(explanation.detections),
        "weights": dict(explanation.weights),
        "meanings": dict(explanation.meanings),
        "months": _rows(months.round(4)),
        "alternatives": [
            {"kind": a.kind, "plausibility": a.plausibility, "reason": a.reason}
            for a in explanation.alternatives
        ],
        "scenes": [dict(scene) for scene in explanation.scenes],
        "why_no_pools": explanation.why_no_pools or None,
        "notes": list(explanation.notes),
    }


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [_plain(row) for row in table.to_dict("records")]


def _plain(values: Mapping[Any, Any]) -> dict[str, Any]:
    """Values that JSON knows; missing ones are None."""
    return {str(name): _value(value) for name, value in values.items()}


def _value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _plain(value)
    if isinstance(value, list | tuple):
        return [_value(v) for v in value]
    if value is None or value is pd.NA or value != value:
        return None
    return value.item() if hasattr(value, "item") else value
