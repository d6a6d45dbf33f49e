"""The layers of a project: what they are called, where they stand, and what is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import shapely

from minewatch.areas.gazetteer import read_places
from minewatch.exporters.layer_exporters import layers_of
from minewatch.exporters.qgis.context_layers import GROUP, context_layers
from minewatch.exporters.qgis.layer_time import VALID_FROM, VALID_TO, Span, shown_during
from minewatch.exporters.qgis.unseen_ground import unseen_ground
from minewatch.exporters.qgis.vector_renderers import FEATURE_LAYERS
from minewatch.model import (
    VERDICT,
    VERDICT_LAYER,
    WGS84,
    Column,
    ContextAnswer,
    Contract,
    NamedLayer,
    RunResult,
)

VALID: Final[Contract] = {
    VALID_FROM: Column(
        "date", "first day on which it is shown: of the period that counts it first"
    ),
    VALID_TO: Column("date", "last day on which it is shown: of the period that counts it last"),
}
"""Columns of every dated layer: what the Temporal Controller goes by."""
PERIOD: Final[Contract] = {"period": Column("text", "the period, as people say it")}
CHIP: Final[Contract] = {
    "chip": Column(
        "text",
        "picture of its ground in the first and the last period that was seen, path from the "
        "folder of the project",
        optional=True,
    )
}
PLACES: Final[Contract] = {
    "name": Column("text", "its name, with other spellings"),
    "kind": Column("text", "town, village, crossing"),
    "source": Column("text", "where its position is from"),
    "uncertainty_km": Column("float", "how far off that may be, km", optional=True),
}
NEAR_DEG: Final = 0.2
"""Places that far from the area are shown too: about 20 km."""


@dataclass(frozen=True, kw_only=True)
class LayerPlace:
    """Where a vector layer stands in a project."""

    title: str
    """Its name in the legend."""
    group: str
    """The group it is in."""
    is_shown: bool = True
    """Whether it is on when the project opens."""
    is_dated: bool = True
    """Whether the Temporal Controller steps through it."""
    is_point: bool = False
    """Whether its rows are points."""
    is_line: bool = False
    """Whether they are lines; neither: areas."""
    display: str = '"site_id"'
    """Expression that names a row."""


VECTORS: Final[Mapping[str, LayerPlace]] = {
    "verdicts": LayerPlace(
        title="Verdicts of people (edit here)", group="Review", is_shown=False, is_dated=False
    ),
    "sites": LayerPlace(title="Sites (ring by alert)", group="Sites"),
    "pools": LayerPlace(title="Pools", group="Sites", display="\"site_id\" || ', pool'"),
    "tracks": LayerPlace(title="Tracks", group="Sites", display="\"site_id\" || ', track'"),
    "inventory": LayerPlace(
        title="Sites by period (colour by state)", group="Sites",
        display="\"site_id\" || ', ' || \"period\"",
    ),
    "pads": LayerPlace(title="Pads", group="Sites", display="\"site_id\" || ', pad'"),
    "context_places": LayerPlace(
        title="Places downstream", group=GROUP, is_point=True, display='"name"'
    ),
    "context_rivers": LayerPlace(
        title="Rivers below sites", group=GROUP, is_line=True, display='"name"'
    ),
    "context_paths": LayerPlace(
        title="Paths of water", group=GROUP, is_shown=False, is_dated=False, is_line=True,
        display="\"site_id\" || ', path'",
    ),
    "context_slides": LayerPlace(
        title="Slides near sites", group=GROUP, display="\"site_id\" || ', slide'"
    ),
    "context_claims": LayerPlace(
        title="Who is said to have held the ground", group=GROUP, is_shown=False,
        display='"controller"',
    ),
    "changes": LayerPlace(
        title="Other changes", group="Elsewhere", is_shown=False,
        display="\"kind\" || ', ' || to_string(\"first_detected\")",
    ),
    "not_seen": LayerPlace(
        title="Ground not seen", group="Elsewhere", is_shown=False, display='"period"'
    ),
    "places": LayerPlace(
        title="Places", group="Area", is_dated=False, is_point=True, display='"name"'
    ),
    "aoi": LayerPlace(title="Area of interest", group="Area", is_dated=False, display='"name"'),
}  # fmt: skip
"""Layers of the GeoPackage from top to bottom."""


def project_layers(
    result: RunResult,
    *,
    verdicts: gpd.GeoDataFrame | None,
    chips: Mapping[str, str],
    answers: Mapping[str, ContextAnswer] | None = None,
) -> dict[str, NamedLayer]:
    """The tables of a project by name, in the order of `VECTORS`.

    Parameters
    ----------
    result
        A finished run.
    verdicts
        What people say of each site and of what they drew, as `review export` gives it; None takes
        what the sites carry.
    chips
        Site to its picture, a path from the folder of the project.
    answers
        What was asked of what it stands beside: the group `Context`.
    """
    run, periods = layers_of(result), result.manifest["periods"]
    sites, inventory = run.layers["sites"], run.layers["inventory"]
    spans = _spans(inventory.table)
    labels = {str(p["start"]): str(p["label"]) for p in periods}
    starts = [str(day) for day in inventory.table["period_start"]]
    ids = list(sites.table["site_id"])
    made = {
        "verdicts": _verdicts(sites.table if verdicts is None else verdicts),
        "sites": _with(
            _dated(sites, [spans.get(i) or _seen(row, periods) for i, row in _rows(sites)]),
            CHIP, chip=[chips.get(site) for site in ids],
        ),
        "inventory": _with(
            _dated(inventory, list(zip(starts, inventory.table["period_end"], strict=True))),
            PERIOD, period=[labels.get(start, start) for start in starts],
        ),
        **_parts(run.layers["features"], spans, periods),
        "changes": _dated(
            run.layers["changes"], [_seen(row, periods) for _, row in _rows(run.layers["changes"])]
        ),
        **context_layers(answers or {}, periods),
        "not_seen": unseen_ground(result),
        "places": _places(result),
    }  # fmt: skip
    if run.area is not None:
        made["aoi"] = run.area
    return {
        name: replace(made[name], name=name, title=VECTORS[name].title, note=made[name].note)
        for name in VECTORS
        if name in made
    }


def _rows(layer: NamedLayer) -> list[tuple[str, Mapping[str, Any]]]:
    """Id of the site of each row, and the row."""
    rows = layer.table.drop(columns=layer.table.geometry.name).to_dict("records")
    return [(str(row.get("site_id")), row) for row in rows]


def _spans(inventory: gpd.GeoDataFrame) -> Mapping[str, Span]:
    """First and last day of each site in the inventory."""
    by_site = inventory.groupby("site_id")
    firsts, lasts = by_site["period_start"].min(), by_site["period_end"].max()
    return {str(i): (str(firsts[i]), str(lasts[i])) for i in firsts.index}


def _seen(row: Mapping[str, Any], periods: Sequence[Mapping[str, Any]]) -> Span:
    last = row.get("last_seen") or (periods[-1]["end"] if periods else row["first_detected"])
    return shown_during(str(row["first_detected"]), str(last), periods)


def _parts(
    features: NamedLayer, spans: Mapping[str, Span], periods: Sequence[Mapping[str, Any]]
) -> dict[str, NamedLayer]:
    """Pads, pools and tracks, each a layer; none is shown when its site is not."""
    shown = []
    for site, row in _rows(features):
        first, last = _seen(row, periods)
        begin, end = spans.get(site, (first, last))
        shown.append((min(max(first, begin), end), max(min(last, end), begin)))
    dated = _dated(features, shown)
    of_kind = {
        name: dated.table[dated.table["kind"] == kind].reset_index(drop=True)
        for name, kind in FEATURE_LAYERS.items()
    }
    return {name: replace(dated, table=table) for name, table in of_kind.items()}


def _dated(layer: NamedLayer, spans: Sequence[Span]) -> NamedLayer:
    firsts, lasts = [span[0] for span in spans], [span[1] for span in spans]
    return _with(layer, VALID, **{VALID_FROM: firsts, VALID_TO: lasts})


def _with(layer: NamedLayer, contract: Contract, **columns: Sequence[Any]) -> NamedLayer:
    """A layer with more columns."""
    values = {
        name: pd.Series(list(of_rows), index=layer.table.index, dtype=object)
        for name, of_rows in columns.items()
    }
    table = layer.table.assign(**values)
    return replace(layer, table=table, contract={**layer.contract, **contract})


def _verdicts(table: gpd.GeoDataFrame) -> NamedLayer:
    """What people say; without the log of the run, what its sites carry."""
    known = table.drop(columns="simulated", errors="ignore")  # said of every layer
    if "note" not in known:
        known = known[["site_id", *VERDICT, known.geometry.name]]
    rows = known.assign(**{name: None for name in VERDICT_LAYER if name not in known})
    return NamedLayer(name="verdicts", title="", contract=VERDICT_LAYER, table=rows)


def _places(result: RunResult) -> NamedLayer:
    """Places of the gazetteer in the area and round it."""
    near = result.aoi.geometry.buffer(NEAR_DEG)
    found = [place for place in read_places() if near.intersects(_point(place.lon, place.lat))]
    columns = {
        name: pd.Series(
            [getattr(place, name) for place in found],
            dtype="float64" if c.kind == "float" else object,
        )
        for name, c in PLACES.items()
    }
    points = gpd.GeoSeries([_point(place.lon, place.lat) for place in found], crs=WGS84)
    table = gpd.GeoDataFrame(columns, geometry=points, crs=WGS84)
    return NamedLayer(name="places", title="", contract=PLACES, table=table)


def _point(lon: float, lat: float) -> shapely.Point:
    return shapely.Point(lon, lat)
