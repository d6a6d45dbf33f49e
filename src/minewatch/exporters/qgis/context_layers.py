"""The group `Context` of a project: what context commands have written of a run, as layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import shapely

from minewatch.exporters.qgis.layer_time import VALID_FROM, VALID_TO, Span, shown_during
from minewatch.model import WGS84, Column, ContextAnswer, Contract, NamedLayer

GROUP: Final = "Context"
WET: Final[Mapping[str, str]] = {
    "surely": "surely below abandoned sites with water",
    "maybe": "may be below abandoned sites with water",
    "no": "below other sites only",
}
"""What `below_wet` says, to the words of the legend."""
_BELOW: Final[Contract] = {
    "name": Column("text", "its name, or its number"),
    "period": Column("text", "the period, as people say it"),
    "below_wet": Column(
        "text", "whether abandoned sites with water lie above it: surely, maybe, no"
    ),
    "abandoned_wet_low": Column("int", "abandoned sites with water surely above it", optional=True),
    "abandoned_wet_high": Column("int", "those that may be above it", optional=True),
    "abandoned_wet_water_low_m2": Column("float", "their water, low end", optional=True),
    "abandoned_wet_water_high_m2": Column("float", "their water, high end", optional=True),
    "sites_low": Column("int", "all sites surely above it", optional=True),
    "sites_high": Column("int", "all sites that may be above it", optional=True),
    "not_observed": Column("int", "of these, not observed in the period", optional=True),
}
_RIVERS: Final[Contract] = {
    **_BELOW,
    "catchment_km2": Column("float", "ground that drains through its mouth", optional=True),
}
_PLACES: Final[Contract] = {
    **_BELOW,
    "place_kind": Column("text", "village, field, intake, town …", optional=True),
    "uncertainty_m": Column("float", "how far off its position may be", optional=True),
    "above_stream_m": Column(
        "float", "how high it stands above the largest stream within reach", optional=True
    ),
}
_PATHS: Final[Contract] = {
    "site_id": Column("text", "the site"),
    "river_name": Column("text", "the first river that its water comes to", optional=True),
    "river_share": Column("float", "share of the draws of the heights that agree", optional=True),
    "other_rivers": Column("text", "first rivers of the other draws, with shares", optional=True),
    "metres_to_river": Column("float", "along the path to that river", optional=True),
    "path_m": Column("float", "length of the path, to where the heights end", optional=True),
    "words": Column("text", "where the path leaves the heights", optional=True),
}
_SLIDES: Final[Contract] = {
    "site_id": Column("text", "the site beside or below it"),
    "order": Column("text", "before the site began, after it was seen, or unknown"),
    "distance_m": Column("float", "from the site", optional=True),
    "is_upslope": Column("text", "whether it lies higher and falls towards the site: yes, no"),
    "slide_after": Column("date", "last day on which the slope was seen whole", optional=True),
    "slide_by": Column("date", "first day on which the slide was seen", optional=True),
    "area_m2": Column("float", "its ground", optional=True),
}
_CLAIMS: Final[Contract] = {
    "controller": Column("text", "who is said to have held the ground"),
    "certainty": Column("text", "of the claim: low, medium, high"),
    "held_from": Column("date", "first day that the source allows; empty: open", optional=True),
    "held_to": Column("date", "last day that it allows; empty: open", optional=True),
    "source": Column("text", "who says so"),
    "ground": Column("text", "all of the area, or a part of the user's layer", optional=True),
}
_CLOCK: Final[Contract] = {
    VALID_FROM: Column("date", "first day on which it is shown"),
    VALID_TO: Column("date", "last day on which it is shown"),
}
Periods = Sequence[Mapping[str, Any]]


def context_layers(answers: Mapping[str, ContextAnswer], periods: Periods) -> dict[str, NamedLayer]:
    """The layers of the group, by the names that they have in `VECTORS`.

    Parameters
    ----------
    answers
        What was asked of the run, to the answer; those without rows give no layer.
    periods
        Of the manifest.
    """
    made = {}
    for name, (asked, table, build, contract) in _MAKERS.items():
        answer = answers.get(asked)
        layer = answer.layers.get(table) if answer is not None else None
        if answer is None or layer is None or layer.empty:
            continue
        rows = build(gpd.GeoDataFrame(layer.to_crs(WGS84)), periods)
        kept = [c for c in contract if c in rows.columns]
        rows = gpd.GeoDataFrame(
            {c: _typed(rows[c], contract[c].kind) for c in kept},
            geometry=rows.geometry.to_numpy(), crs=WGS84,
        )  # fmt: skip
        made[name] = NamedLayer(
            name=name, title="", contract={c: contract[c] for c in kept}, table=rows,
            note=_note(answer),
        )  # fmt: skip
    return made


def _note(answer: ContextAnswer) -> str:
    """What a reader of a layer must know, beside that it is private."""
    words = ["SIMULATED"] if answer.simulated else []
    words += [] if answer.is_current else ["made from an earlier inventory: ask again"]
    return ". ".join([*words, "Private: publish nothing of it", *answer.notes])


def _typed(values: pd.Series, kind: str) -> pd.Series:
    if kind in ("int", "float"):
        numbers = pd.to_numeric(values, errors="coerce")
        return numbers.astype("float64") if kind == "float" else numbers.round().astype("Int64")
    texts = values.astype(object)
    texts = texts.where(texts.notna() & (texts.astype(str) != ""), None)
    return texts.map(lambda v: None if v is None else str(v)[:10] if kind == "date" else str(v))


def _by_period(layer: gpd.GeoDataFrame, periods: Periods) -> gpd.GeoDataFrame:
    """Rows of one period each: shown while it lasts."""
    labels = {str(p["start"]): str(p["label"]) for p in periods}
    starts = layer["period_start"].astype(str).str[:10]
    low, high = (layer[f"abandoned_wet_{end}"].astype(float) for end in ("low", "high"))
    below = pd.Series("no", index=layer.index).mask(high > 0, "maybe").mask(low > 0, "surely")
    return layer.rename(
        columns={f"abandoned_wet_water_m2_{e}": f"abandoned_wet_water_{e}_m2"
                 for e in ("low", "high")}
    ).assign(
        period=[labels.get(s, s) for s in starts], below_wet=below,
        **{VALID_FROM: starts, VALID_TO: layer["period_end"].astype(str).str[:10]},
    )  # fmt: skip


def _places(layer: gpd.GeoDataFrame, periods: Periods) -> gpd.GeoDataFrame:
    """Places as points, whatever the user's layer had."""
    points = layer.rename(columns={"kind": "place_kind"})
    return _by_period(points.set_geometry(points.geometry.representative_point()), periods)


def _paths(layer: gpd.GeoDataFrame, periods: Periods) -> gpd.GeoDataFrame:
    return layer


def _slides(layer: gpd.GeoDataFrame, periods: Periods) -> gpd.GeoDataFrame:
    """Slides from the period on that counts them first, until the last one."""
    last = str(periods[-1]["end"]) if periods else "9999-12-31"
    shown: list[Span] = [shown_during(str(day)[:10], last, periods) for day in layer["slide_by"]]
    upslope = layer["is_upslope"].astype(str).str.lower().map({"true": "yes", "1": "yes"})
    return layer.assign(
        is_upslope=upslope.fillna("no"),
        **{VALID_FROM: [s[0] for s in shown], VALID_TO: [s[1] for s in shown]},
    )


def _claims(layer: gpd.GeoDataFrame, periods: Periods) -> gpd.GeoDataFrame:
    """Claims while they may hold; an open end is that of what the run looked at."""
    first = str(periods[0]["start"]) if periods else "1900-01-01"
    last = str(periods[-1]["end"]) if periods else "9999-12-31"
    ends = {}
    for column, held, shown, open_end in (
        ("valid_from", "held_from", VALID_FROM, first), ("valid_to", "held_to", VALID_TO, last),
    ):  # fmt: skip
        days = layer[column].astype(object)
        ends[held] = days.where(days.notna(), None)
        ends[shown] = [open_end if day is None else str(day)[:10] for day in ends[held]]
    outlines = [_polygons(outline) for outline in layer.geometry]
    return layer.assign(**ends).set_geometry(gpd.GeoSeries(outlines, layer.index, crs=layer.crs))


def _polygons(outline: shapely.Geometry) -> shapely.Geometry:
    """The areas of a geometry."""
    parts = shapely.get_parts(outline)
    return shapely.MultiPolygon([p for p in parts if p.geom_type == "Polygon"])


Build = Callable[[gpd.GeoDataFrame, Periods], gpd.GeoDataFrame]
_MAKERS: Final[Mapping[str, tuple[str, str, Build, Contract]]] = {
    "context_places": ("downstream", "places_by_period", _places, {**_PLACES, **_CLOCK}),
    "context_rivers": ("downstream", "rivers_by_period", _by_period, {**_RIVERS, **_CLOCK}),
    "context_paths": ("downstream", "paths", _paths, _PATHS),
    "context_slides": ("slopes", "slides_beside", _slides, {**_SLIDES, **_CLOCK}),
    "context_claims": ("control", "claims", _claims, {**_CLAIMS, **_CLOCK}),
}
"""Layer to the answer and the table it is made of, how, and its columns."""
CONTEXT: Final = tuple(_MAKERS)
"""Layers of the group, from top to bottom."""
