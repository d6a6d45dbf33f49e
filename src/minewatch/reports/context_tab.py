"""The tab `Context` of the report page: what context commands have written, as tables and drawings.

One part an answer, in the order in which they are given. Labels are keys of `labels.json`; names of
rivers, places and controllers are values, and escaped as all others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pandas as pd

from minewatch.model import ContextAnswer
from minewatch.reports.context_cells import (
    Cell,
    MakeCell,
    ends,
    labelled,
    percent,
    period_name,
    plain,
    range_of,
    site_link,
    window,
    yes_or_no,
)
from minewatch.reports.context_map import ContextMap, downstream_drawing
from minewatch.reports.page_charts import COLOURS, Chart, days_chart, range_chart
from minewatch.reports.run_summary import Range

WHAT: Final = ("opened", "grew", "went_quiet", "abandoned")
"""What can happen to a site, in the order in which it is drawn."""
MOST_ROWS: Final = 60
"""Rows of a table on the page, of each period where it has periods; its file has them all."""
MOST_NAMES: Final = 6
"""Rivers or places in a chart: the first ones, those with most abandoned wet sites above."""
_BY_PERIOD: Final = ("places_by_period", "rivers_by_period", "counts")
"""Tables of which one period is shown at a time; shorter ones are shown whole."""
_MILLION: Final = 1e6
_LEAST_COUNT: Final = 5.0
"""Axes of counts reach so far at least: else they would name half sites."""


@dataclass(frozen=True, kw_only=True)
class TabTable:
    """A table of the tab."""

    label: str
    """Label of its heading."""
    columns: Sequence[tuple[str, bool]]
    """Label of each column, and whether it holds numbers."""
    rows: Sequence[tuple[str, Sequence[Cell]]]
    """First day of its period (empty: none), and its cells."""
    file: str
    """The file with all of its rows."""
    left_off: int = 0
    """Rows that are only there."""


@dataclass(frozen=True, kw_only=True)
class TabPart:
    """One answer as a part of the tab."""

    label: str
    """Label of its heading."""
    name: str
    """What was asked."""
    answer: ContextAnswer
    """The answer."""
    tables: Sequence[TabTable]
    """Its tables."""
    charts: Sequence[Chart]
    """Its charts."""
    drawing: ContextMap | None = None
    """Its map."""


Column = tuple[str, bool, MakeCell]
"""Label, whether it holds numbers, and what makes a cell of a row."""


def context_parts(
    answers: Mapping[str, ContextAnswer], *, labels: Mapping[str, str]
) -> list[TabPart]:
    """The parts of the tab.

    Parameters
    ----------
    answers
        What was asked to its answer, in order.
    labels
        First day of each period, to what people call it.
    """
    makers = {
        "downstream": _downstream, "slopes": _slopes, "control": _control, "absence": _absence,
        "trade": _trade, "people": _people,
    }  # fmt: skip
    return [makers[name](answer, labels) for name, answer in answers.items() if name in makers]


def _downstream(answer: ContextAnswer, labels: Mapping[str, str]) -> TabPart:
    counts: list[Column] = [
        ("period", False, period_name(labels)),
        ("ctx_wet_sites", True, range_of("abandoned_wet")),
        ("ctx_wet_water", True, range_of("abandoned_wet_water_m2")),
        ("ctx_all_sites", True, range_of("sites")),
        ("ctx_all_pools", True, range_of("pool_count")),
        ("ctx_unseen_sites", True, plain("not_observed")),
    ]
    named = ("ctx_name", False, plain("name"))
    height = ("ctx_above_stream", True, plain("above_stream_m"))
    touched: list[Column] = [
        ("ctx_river_from", True, plain("river_from_km2")),
        ("ctx_rivers_touched", True, plain("rivers_touched")),
        ("ctx_reach_none", True, plain("sites_that_reach_none")),
    ]
    paths: list[Column] = [
        ("site", False, site_link),
        ("ctx_first_river", False, plain("river_name")),
        ("ctx_share", True, plain("river_share", 2)),
        ("ctx_other_rivers", False, plain("other_rivers")),
        ("ctx_to_river", True, plain("metres_to_river")),
        ("ctx_path_ends", False, plain("words")),
    ]
    return _part(
        "downstream", answer,
        [
            _table(answer, "places_by_period", "ctx_places",
                   [named, ("ctx_kind", False, plain("kind")), *counts, height]),
            _table(answer, "rivers_by_period", "ctx_rivers", [named, *counts]),
            _table(answer, "rivers_touched", "ctx_touched", touched),
            _table(answer, "paths", "ctx_paths", paths),
        ],
        [
            chart
            for table, label in (("rivers_by_period", "ctx_wet_by_river"),
                                 ("places_by_period", "ctx_wet_by_place"))
            for chart in _by_name(answer.table(table), label, labels)
        ],
        downstream_drawing(answer),
    )  # fmt: skip


def _by_name(table: pd.DataFrame, label: str, labels: Mapping[str, str]) -> list[Chart]:
    """Abandoned wet sites above the first few names, period by period."""
    if table.empty:
        return []
    names = list(table.drop_duplicates("name")["name"][:MOST_NAMES])
    starts = sorted(set(table["period_start"].astype(str)))
    figures = {}
    for n, name in enumerate(names):
        rows = table[table["name"] == name]
        rows = rows.set_index(rows["period_start"].astype(str))
        rows = rows[~rows.index.duplicated()]
        figures[f"c{n}"] = [
            Range(float(rows["abandoned_wet_low"].get(s, math.nan)),
                  float(rows["abandoned_wet_high"].get(s, math.nan)))
            for s in starts
        ]  # fmt: skip
    called = {f"c{n}": str(name) for n, name in enumerate(names)}
    groups = [labels.get(s, s) for s in starts]
    return [range_chart(label, groups, figures, most=_LEAST_COUNT, names=called)]


def _slopes(answer: ContextAnswer, labels: Mapping[str, str]) -> TabPart:
    screen: list[Column] = [
        ("ctx_rank", True, plain("rank")),
        ("site", False, site_link),
        ("ctx_score", True, plain("score", 2)),
        ("ctx_slope", True, plain("slope_deg")),
        ("ctx_cut", True, plain("cut_m2")),
        ("pool_area", True, plain("pool_area_m2")),
        ("ctx_wet_seasons", True, plain("wet_seasons")),
        ("ctx_earlier_slides", True, plain("earlier_slides")),
    ]
    slides: list[Column] = [
        ("site", False, site_link),
        ("ctx_distance", True, plain("distance_m")),
        ("ctx_upslope", False, yes_or_no("is_upslope")),
        ("ctx_order", False, labelled("order", "ctx_order_")),
        ("ctx_slide_window", False, window("slide_after", "slide_by")),
        ("ctx_slide_area", True, plain("area_m2")),
    ]
    return _part(
        "slopes", answer,
        [
            _table(answer, "slides_beside", "ctx_slides", slides),
            _table(answer, "screen", "ctx_screen", screen),
        ],
        [],
    )  # fmt: skip


def _control(answer: ContextAnswer, labels: Mapping[str, str]) -> TabPart:
    counts: list[Column] = [
        ("ctx_controller", False, plain("controller")),
        ("ctx_what", False, labelled("what", "ctx_what_")),
        ("ctx_low", True, plain("low")),
        ("ctx_likely", True, plain("likely")),
        ("ctx_high", True, plain("high")),
        ("before_archive", True, plain("before_archive")),
    ]
    sides: list[Column] = [
        ("ctx_event", False, plain("event")),
        ("ctx_date", False, labelled("date", "ctx_date_")),
        ("ctx_side", False, labelled("side", "ctx_side_")),
        ("ctx_what", False, labelled("what", "ctx_what_")),
        ("ctx_days", False, window("first_day", "last_day")),
        ("ctx_count", True, ends("low", "high")),
        ("ctx_covered", True, percent("covered")),
    ]
    held: list[Column] = [
        ("ctx_controller", False, plain("controller")),
        ("ctx_held", False, window("valid_from", "valid_to")),
        ("ctx_certainty", False, labelled("certainty", "ctx_certainty_")),
        ("ctx_source", False, plain("source")),
    ]
    return _part(
        "control", answer,
        [
            _table(answer, "by_controller", "ctx_by_controller", counts),
            _table(answer, "before_after", "ctx_before_after", sides),
            _table(answer, "claims", "ctx_claims", held),
        ],
        [*_by_controller(answer.table("by_controller")), *_openings(answer.table("before_after"))],
    )  # fmt: skip


def _by_controller(table: pd.DataFrame) -> list[Chart]:
    """Openings, growth, quiet and abandonment by who may have held the ground."""
    if table.empty:
        return []
    kinds = [what for what in WHAT if what in set(table["what"])]
    figures, names = {}, {}
    for n, controller in enumerate(dict.fromkeys(table["controller"])):
        rows = table[table["controller"] == controller].set_index("what")
        figures[f"c{n % COLOURS}"] = [
            Range(float(rows["low"].get(k, 0)), float(rows["high"].get(k, 0))) for k in kinds
        ]
        names[f"c{n % COLOURS}"] = str(controller)
    return [
        range_chart("ctx_by_controller", [kind.split("_")[-1] for kind in kinds], figures,
                    most=_LEAST_COUNT, names=names)
    ]  # fmt: skip


def _openings(table: pd.DataFrame) -> list[Chart]:
    """Openings before and after each event, a placebo beside it."""
    if table.empty:
        return []
    opened = table[table["what"] == "opened"]
    events = list(dict.fromkeys(opened["event"]))
    figures: dict[str, list[Range]] = {}
    for kind in ("placebo", "event"):
        for side in ("before", "after"):
            rows = opened[(opened["date"] == kind) & (opened["side"] == side)].set_index("event")
            figures[f"ctx_{kind}_{side}"] = [
                Range(float(rows["low"].get(e, math.nan)), float(rows["high"].get(e, math.nan)))
                for e in events
            ]
    return [range_chart("ctx_openings", events, figures, most=_LEAST_COUNT)]


def _absence(answer: ContextAnswer, labels: Mapping[str, str]) -> TabPart:
    periods: list[Column] = [
        ("period", False, plain("label")),
        ("headline_seen", True, percent("observed_fraction")),
        ("ctx_passes", True, plain("looks")),
        *((f"alert_{name}", True, plain(name))
          for name in ("confirmed", "provisional", "candidate", "rejected")),
        ("headline_unseen", True, plain("not_observed")),
        ("ctx_may_be_said", False, plain("words")),
    ]  # fmt: skip
    sizes: list[Column] = [
        ("ctx_begun", False, labelled("begun", "ctx_begun_")),
        ("ctx_from_ha", True, plain("from_ha", 2)),
        ("ctx_recall", True, plain("recall", 2)),
        ("ctx_recall_range", True, ends("recall_low", "recall_high", 2)),
        ("ctx_sites_of_recall", True, plain("sites")),
    ]
    rejected: list[Column] = [
        ("ctx_kind", False, plain("kind")),
        ("ctx_reason", False, plain("reject_reason")),
        ("ctx_number", True, plain("changes")),
        ("ctx_slide_area", True, plain("area_m2")),
    ]
    table = answer.table("periods")
    charts = []
    if not table.empty:
        seen = [Range(100 * float(v), 100 * float(v)) for v in table["observed_fraction"]]
        charts = [range_chart("chart_seen", list(map(str, table["label"])), {"seen": seen},
                              most=100.0)]  # fmt: skip
    missed = ("ctx_missed", True, ends("missed_low", "missed_high", 2))
    return _part(
        "absence", answer,
        [
            _table(answer, "periods", "ctx_seen_and_found", periods),
            _table(answer, "smallest_found", "ctx_smallest", sizes),
            _table(answer, "recall_by_size", "ctx_recall_by_size", [*sizes, missed]),
            _table(answer, "rejected", "ctx_rejected", rejected),
        ],
        charts,
    )  # fmt: skip


def _trade(answer: ContextAnswer, labels: Mapping[str, str]) -> TabPart:
    figures: list[Column] = [
        ("ctx_figure", False, plain("figure")),
        ("ctx_days", False, window("first_day", "last_day")),
        ("ctx_value", True, plain("value")),
        ("ctx_unit", False, plain("unit")),
        ("ctx_commodity", False, plain("commodity")),
        ("ctx_codes", False, plain("hs_codes")),
        ("ctx_reporter", False, plain("reporter")),
        ("ctx_source", False, plain("source")),
    ]
    activity: list[Column] = [
        ("period", False, window("period_start", "period_end")),
        ("ctx_new_ground", True, range_of("new_area_m2")),
        ("pool_area", True, range_of("pool_area_m2")),
        ("ctx_unseen_sites", True, plain("not_observed")),
    ]
    refused: list[Column] = [
        ("ctx_first", False, plain("first")),
        ("ctx_second", False, plain("second")),
        ("ctx_refused", False, plain("refused_because")),
        ("ctx_mend", False, plain("mend")),
    ]
    alike: list[Column] = [
        *refused[:2],
        ("ctx_ratio", True, plain("ratio", 2)),
        ("ctx_note", False, plain("note")),
    ]
    steps: list[Column] = [
        ("ctx_basis", False, plain("basis")),
        ("ctx_lag", True, plain("lag_quarters")),
        ("ctx_measure", False, labelled("measure", "ctx_measure_")),
        ("ctx_points", True, plain("points")),
        ("ctx_same", True, plain("same")),
        ("ctx_opposite", True, plain("opposite")),
        ("ctx_unclear", True, plain("unclear")),
    ]
    comparisons = answer.table("comparisons")
    if not comparisons.empty:
        comparisons = comparisons[comparisons["ratio"].isna()]
    return _part(
        "trade", answer,
        [
            _table(answer, "activity", "ctx_activity", activity),
            _table(answer, "figures", "ctx_figures", figures),
            _table(answer, "directions", "ctx_directions", steps),
            _table(answer, "alike", "ctx_alike", alike),
            _table(answer, "comparisons", "ctx_not_alike", refused, rows=comparisons),
        ],
        _trade_charts(answer.table("figures"), answer.table("activity")),
    )  # fmt: skip


def _trade_charts(figures: pd.DataFrame, activity: pd.DataFrame) -> list[Chart]:
    """Activity over its days, and the figures of each unit over theirs, on one axis of days."""
    if activity.empty:
        return []
    rows = activity.to_dict("records")
    grown = [
        (_day(r["period_start"]), _day(r["period_end"]), "",
         Range(r["new_area_m2_low"] / 1e4, r["new_area_m2_high"] / 1e4))
        for r in rows
    ]  # fmt: skip
    stated: dict[str, list[tuple[date, date, str, Range]]] = {}
    for r in figures.to_dict("records"):
        first, last = _day(r["first_day"]), _day(r["last_day"])
        per_month = r["value"] / max(((last - first).days + 1) / 30.44, 1)
        per_month /= _MILLION if r["unit"] == "USD" else 1
        basis = f"{r['commodity']} ({r['reporter']})"
        stated.setdefault(str(r["unit"]), []).append(
            (first, last, basis, Range(per_month, per_month))
        )
    every = [day for part in (grown, *stated.values()) for r in part for day in r[:2]]
    span = (date(min(every).year, 1, 1), date(max(every).year, 12, 31))
    charts = [days_chart("ctx_chart_ground", grown, span=span)]
    charts += [
        days_chart(f"ctx_chart_{unit.lower()}", stated[unit], span=span, as_levels=True)
        for unit in sorted(stated)
        if unit in ("USD", "t")
    ]
    return charts


def _people(answer: ContextAnswer, labels: Mapping[str, str]) -> TabPart:
    counts: list[Column] = [
        ("period", False, period_name(labels)),
        ("ctx_kind", False, plain("kind")),
        ("ctx_within", True, plain("within_m")),
        ("ctx_features", True, plain("features")),
        ("ctx_near_sites", True, ends("low", "high")),
        ("ctx_unseen_sites", True, plain("not_observed")),
    ]
    return _part("people", answer, [_table(answer, "counts", "ctx_near", counts)], [])


def _part(
    name: str,
    answer: ContextAnswer,
    tables: Sequence[TabTable],
    charts: Sequence[Chart],
    drawing: ContextMap | None = None,
) -> TabPart:
    return TabPart(
        label=f"ctx_{name}", name=name, answer=answer,
        tables=[table for table in tables if table.rows or table.file in answer.tables],
        charts=charts, drawing=drawing,
    )  # fmt: skip


def _table(
    answer: ContextAnswer,
    name: str,
    label: str,
    columns: Sequence[Column],
    *,
    rows: pd.DataFrame | None = None,
) -> TabTable:
    """A table of an answer, as far as it has the columns; at most `MOST_ROWS` of each period."""
    table = answer.table(name) if rows is None else rows
    dated = name in _BY_PERIOD and "period_start" in table.columns
    starts = table["period_start"].astype(str) if dated else pd.Series("", index=table.index)
    kept = table.groupby(starts, sort=False).head(MOST_ROWS)
    made = [
        ("" if not dated else str(row["period_start"])[:10], [cell(row) for *_, cell in columns])
        for row in ({str(k): v for k, v in of.items()} for of in kept.to_dict("records"))
    ]
    return TabTable(
        label=label, columns=[(key, number) for key, number, _ in columns], rows=made, file=name,
        left_off=len(table) - len(kept),
    )  # fmt: skip


def _day(value: Any) -> date:
    return date.fromisoformat(str(value)[:10])


def series_colours() -> str:
    """Rules of style for the series of charts that have no label of the page."""
    colours = (
        "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#b8a800", "#888888",
    )  # fmt: skip
    named = {
        "ctx_placebo_before": "#9fc5e0", "ctx_placebo_after": "#f3d08f",
        "ctx_event_before": colours[0], "ctx_event_after": colours[1],
    }  # fmt: skip
    rules = {f"c{n}": colour for n, colour in enumerate(colours[:COLOURS])} | named
    return "".join(f".bar-{name} {{ --bar: {colour}; }}\n" for name, colour in rules.items())
