"""One site's rows of the inventory: what was measured, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from shapely import Geometry

from minewatch.model import AreaOfInterest, Period
from minewatch.sites.alerts import Signs, Standing, climb, hindsight
from minewatch.sites.disjoint_ground import united
from minewatch.sites.row_context import Coverage, name_control
from minewatch.sites.site_rules import AlertRules, StateRules
from minewatch.sites.states import Flags, Numbers, Record, Timeline, build_timeline

AREAS = (
    "disturbed_area_m2", "pad_area_m2", "pool_area_m2", "pool_area_low_m2", "pool_area_high_m2",
    "pool_count_low", "pool_count_high", "water_area_m2", "water_area_low_m2", "water_area_high_m2",
)  # fmt: skip
KEPT = ("site_id", "first_detected", "last_undisturbed", "merged_from", "split_from")
"""Columns of a track that every row repeats."""

Track = Mapping[str, Any]
"""A row of `TRACKS`."""
Measures = Mapping[str, Numbers]
"""Columns of `OBSERVATIONS`, dims (period), or (site, period) for all sites."""


@dataclass(frozen=True, kw_only=True)
class Patches:
    """What was found of one site."""

    confidence: Mapping[tuple[str, str], float]
    """Largest confidence of a period's patches."""
    shapes: Mapping[str, list[Geometry]]
    """Patches by the first day of their period."""


@dataclass(frozen=True, kw_only=True)
class RowBuilder:
    """What is the same for all sites."""

    aoi: AreaOfInterest
    """The area."""
    periods: tuple[Period, ...]
    """All periods, in order of time."""
    coverage: Coverage
    """Which scenes reach which site."""
    state_rules: StateRules
    """Thresholds of states."""
    alert_rules: AlertRules
    """Thresholds of alerts."""
    alone: frozenset[str] = frozenset()
    """Ids of the sites that stand alone without a track."""

    @cached_property
    def control(self) -> dict[Period, str | None]:
        """Who held the area in each period."""
        return {p: name_control(self.aoi.control, p) for p in self.periods}

    def rows_of(
        self, number: int, track: Track, measured: Measures, patches: Patches
    ) -> list[dict[str, Any]]:
        """Rows of one site.

        Parameters
        ----------
        number
            Which site of `coverage`.
        track
            Its row of `TRACKS`.
        measured
            Its figures in each of `periods`.
        patches
            What was found of it.
        """
        first = _first_period(track, self.periods)
        periods = self.periods[first:]
        seen = {name: values[first:] for name, values in measured.items()}
        record = Record(
            disturbed_m2=seen["disturbed_area_m2"],
            pool_m2=seen["pool_area_m2"],
            water_m2=seen["water_area_m2"],
            water_green=seen["water_green"],
            green=seen["vegetated_fraction"],
            observed_fraction=seen["observed_fraction"],
            clear_looks=seen["clear_looks"].astype("int64"),
            last_overpass=tuple(self.coverage.last_overpass(number, p) for p in periods),
        )
        began = date.fromisoformat(track["first_detected"])
        is_new = not _is_preexisting(track)
        timeline = build_timeline(record, began=began if is_new else None, rules=self.state_rules)
        found = np.array([patches.confidence.get(key_of(p), np.nan) for p in periods])
        alone = track["site_id"] in self.alone
        standing = self._climb(record, timeline, began, found, stands_alone=alone)
        alerts = hindsight(standing.rungs, [p.end >= began for p in periods])
        grounds = _grounds(patches, periods)
        is_seen = record.seen(self.state_rules)
        evidence = self._evidence(number, track)
        return [
            {
                "aoi": self.aoi.id,
                **{k: track[k] for k in KEPT},
                "period_start": period.start.isoformat(),
                "period_end": period.end.isoformat(),
                "alert": alerts[k],
                "alert_then": standing.rungs[k],
                "state": timeline.states[k],
                **_areas(seen, is_seen, k, is_new=is_new),
                "confidence": standing.confidence[k],
                "clear_looks": int(record.clear_looks[k]),
                "observed_fraction": float(record.observed_fraction[k]),
                "last_activity": _iso(timeline.last_activity[k]),
                "water_last_seen": _iso(timeline.water_last_seen[k]),
                "controlling_group": self.control[period],
                "evidence": evidence,
                "geometry": grounds[k],
            }
            for k, period in enumerate(periods)
        ]

    def _climb(
        self, record: Record, timeline: Timeline, began: date, confidence: Numbers,
        *, stands_alone: bool,
    ) -> Standing:  # fmt: skip
        signs = Signs(
            confidence=confidence,
            clear_looks=record.clear_looks,
            is_green=timeline.is_green,
            is_seen=record.seen(self.state_rules),
            was_wet=np.array([day is not None for day in timeline.water_last_seen], dtype=bool),
            last_overpass=record.last_overpass,
            began=began,
            stands_alone=stands_alone,
        )
        return climb(signs, rules=self.alert_rules)

    def _evidence(self, number: int, track: Track) -> list[str]:
        days = [track["last_undisturbed"], track["first_detected"]]
        return self.coverage.on(number, [date.fromisoformat(d) for d in days if not pd.isna(d)])


def _first_period(track: Track, periods: tuple[Period, ...]) -> int:
    """Number of the first period in which a site has a row.

    That is the one that ends on or after the first overpass that shows it, or begins after the last
    that does not: there it may have begun unseen. One that was there from the start has a row
    in every period.
    """
    if _is_preexisting(track):
        return 0
    first = date.fromisoformat(track["first_detected"])
    before = date.fromisoformat(track["last_undisturbed"])
    may = [k for k, p in enumerate(periods) if p.end >= first or p.start > before]
    return may[0] if may else len(periods) - 1


def _grounds(patches: Patches, periods: tuple[Period, ...]) -> list[Geometry]:
    """The site as far as it was found up to each period; before that, as first found."""
    until: dict[str, Geometry] = {}
    ground: list[Geometry] = []
    for start in sorted(patches.shapes):
        ground = [united([*ground, *patches.shapes[start]])]
        until[start] = ground[0]
    first = min(until)
    return [until[max((s for s in until if s <= key_of(p)[0]), default=first)] for p in periods]


def _areas(seen: Measures, is_seen: Flags, k: int, *, is_new: bool) -> dict[str, Any]:
    """Areas of a period, null when it was not seen; growth since the period seen before."""
    if not is_seen[k]:
        return dict.fromkeys([*AREAS, "new_area_m2"])
    disturbed = seen["disturbed_area_m2"]
    earlier = np.flatnonzero(is_seen[:k])
    before = 0.0 if is_new else None
    if len(earlier):
        before = float(disturbed[earlier[-1]])
    new = None if before is None else max(0.0, float(disturbed[k]) - before)
    values = {name: float(seen[name][k]) for name in AREAS}
    known = {name: None if np.isnan(value) else value for name, value in values.items()}
    return {**known, "new_area_m2": new}


def key_of(period: Period) -> tuple[str, str]:
    """First and last day as the tables write them."""
    return period.start.isoformat(), period.end.isoformat()


def _is_preexisting(track: Track) -> bool:
    return bool(pd.isna(track["last_undisturbed"]))


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
