"""Sites and what was measured over them, told period by period."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import Geometry

from minewatch.errors import ContractError
from minewatch.model import (
    INVENTORY,
    OBSERVATIONS,
    SITES,
    AreaOfInterest,
    Contract,
    Period,
    SceneList,
    check_columns,
    empty_table,
    period_label,
)
from minewatch.sites.alerts import Signs, Standing, climb, hindsight
from minewatch.sites.context import Coverage, find_coverage, name_control
from minewatch.sites.ground import united
from minewatch.sites.linking import Links
from minewatch.sites.rules import AlertRules, StateRules
from minewatch.sites.states import Flags, Numbers, Record, Story, tell_story

AREAS = ("disturbed_area_m2", "pad_area_m2", "pool_area_m2", "pool_count_low", "pool_count_high")
HISTORY = ("alert", "state", "disturbed_area_m2", "pool_area_m2", "observed_fraction")
"""Columns of the inventory that `sites` repeats for each period."""


def build_inventory(
    links: Links,
    observations: pd.DataFrame,
    *,
    aoi: AreaOfInterest,
    scenes: SceneList,
    periods: Sequence[Period],
    state_rules: StateRules | None = None,
    alert_rules: AlertRules | None = None,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """One row per site and period, and one row per site.

    A site is told in every period from its start on, also when nobody works there any more and when
    nobody saw it (`not_observed`, areas null). `alert` is what is known now, the same for all
    periods of a site, because later looks overturn early verdicts; `alert_then` is what could be
    said by the end of the period.

    Parameters
    ----------
    links
        From `link`.
    observations
        Contract `OBSERVATIONS`: every site in every period.
    aoi
        The area: names, and who held it when.
    scenes
        The scenes of the run.
    periods
        The periods, in order of time.
    state_rules, alert_rules
        Thresholds; None takes the defaults.

    Returns
    -------
    inventory : GeoDataFrame
        Contract `INVENTORY`, with `alert_then` and `water_last_seen`; outline: the site as far as
        it was found up to the period, metres.
    sites : GeoDataFrame
        Contract `SITES`, with `water_last_seen` and the history as columns
        `<period>_<column of HISTORY>`, null before the start.

    Raises
    ------
    ContractError
        When a site lacks a period in the observations.
    """
    check_columns(observations, OBSERVATIONS, name="observations")
    tracks = links.tracks
    epsg = int(tracks.crs.to_epsg())
    if tracks.empty or not periods:
        extra = {"water_last_seen": pd.Series(dtype=object)}
        inventory = empty_table(INVENTORY, epsg=epsg).assign(
            **extra, alert_then=extra["water_last_seen"]
        )
        return inventory, empty_table(SITES, epsg=epsg).assign(**extra)
    teller = _Teller(
        aoi=aoi,
        periods=tuple(sorted(periods)),
        coverage=find_coverage(tracks, scenes),
        state_rules=state_rules or StateRules(),
        alert_rules=alert_rules or AlertRules(),
    )
    measured = _measured(observations, tracks["site_id"], teller.periods)
    patches = _patches(links.members)
    rows: list[dict[str, Any]] = []
    summaries: list[dict[str, Any]] = []
    for number, track in enumerate(tracks.to_dict("records")):
        seen = {name: values[number] for name, values in measured.items()}
        told = teller.tell(number, track, seen, patches[track["site_id"]])
        rows += told
        summaries.append(_summary(track, told))
    inventory = _table(rows, INVENTORY, epsg).sort_values(
        ["period_start", "period_end", "site_id"], ignore_index=True
    )
    sites = _table(summaries, SITES, epsg)
    return inventory, _with_history(sites, inventory, teller.periods)


def period_column(period: Period) -> str:
    """How columns of `sites` name a period.

    Examples
    --------
    >>> period_column(Period(date(2023, 11, 1), date(2024, 4, 30)))
    '2023_24_dry_season'
    """
    return re.sub(r"\W+", "_", period_label(period)).lower()


Track = Mapping[str, Any]
Measures = Mapping[str, Numbers]


@dataclass(frozen=True, kw_only=True)
class _Patches:
    """What was found of one site."""

    confidence: Mapping[tuple[str, str], float]
    """Largest confidence of a period's patches."""
    shapes: Mapping[str, list[Geometry]]
    """Patches by the first day of their period."""


@dataclass(frozen=True, kw_only=True)
class _Teller:
    """What is the same for all sites."""

    aoi: AreaOfInterest
    periods: tuple[Period, ...]
    coverage: Coverage
    state_rules: StateRules
    alert_rules: AlertRules

    @cached_property
    def control(self) -> dict[Period, str | None]:
        """Who held the area in each period."""
        return {p: name_control(self.aoi.control, p) for p in self.periods}

    def tell(
        self, number: int, track: Track, measured: Measures, patches: _Patches
    ) -> list[dict[str, Any]]:
        """Rows of one site."""
        first = _first_told(track, self.periods)
        periods = self.periods[first:]
        seen = {name: values[first:] for name, values in measured.items()}
        record = Record(
            disturbed_m2=seen["disturbed_area_m2"],
            pool_m2=seen["pool_area_m2"],
            green=seen["vegetated_fraction"],
            observed_fraction=seen["observed_fraction"],
            clear_looks=seen["clear_looks"].astype("int64"),
            last_look=tuple(self.coverage.last_look(number, p) for p in periods),
        )
        began = date.fromisoformat(track["first_detected"])
        is_new = track["last_undisturbed"] is not None
        story = tell_story(record, began=began if is_new else None, rules=self.state_rules)
        found = np.array([patches.confidence.get(_key(p), np.nan) for p in periods])
        standing = self._climb(record, story, began, found)
        alerts = hindsight(standing.rungs, found)
        grounds = _grounds(patches, periods)
        is_seen = record.seen(self.state_rules)
        evidence = self._evidence(number, track)
        return [
            {
                "aoi": self.aoi.id,
                **{k: track[k] for k in _KEPT},
                "period_start": period.start.isoformat(),
                "period_end": period.end.isoformat(),
                "alert": alerts[k],
                "alert_then": standing.rungs[k],
                "state": story.states[k],
                **_areas(seen, is_seen, k, is_new=is_new),
                "confidence": standing.confidence[k],
                "clear_looks": int(record.clear_looks[k]),
                "observed_fraction": float(record.observed_fraction[k]),
                "last_activity": _iso(story.last_activity[k]),
                "water_last_seen": _iso(story.water_last_seen[k]),
                "controlling_group": self.control[period],
                "evidence": evidence,
                "geometry": grounds[k],
            }
            for k, period in enumerate(periods)
        ]

    def _climb(self, record: Record, story: Story, began: date, confidence: Numbers) -> Standing:
        signs = Signs(
            confidence=confidence,
            clear_looks=record.clear_looks,
            is_green=story.is_green,
            is_seen=record.seen(self.state_rules),
            was_wet=np.array([day is not None for day in story.water_last_seen], dtype=bool),
            last_look=record.last_look,
            began=began,
        )
        return climb(signs, rules=self.alert_rules)

    def _evidence(self, number: int, track: Track) -> list[str]:
        days = [track["last_undisturbed"], track["first_detected"]]
        return self.coverage.on(number, [date.fromisoformat(d) for d in days if d])


_KEPT = ("site_id", "first_detected", "last_undisturbed", "merged_from", "split_from")


def _first_told(track: Track, periods: tuple[Period, ...]) -> int:
    """Number of the first period a site is told in.

    That is the one that ends on or after the first look that shows it, or begins after the last
    that does not: there it may have begun unseen. One that was there from the start is told from
    the first period on.
    """
    if not track["last_undisturbed"]:
        return 0
    first = date.fromisoformat(track["first_detected"])
    before = date.fromisoformat(track["last_undisturbed"])
    may = [k for k, p in enumerate(periods) if p.end >= first or p.start > before]
    return may[0] if may else len(periods) - 1


def _measured(
    observations: pd.DataFrame, names: pd.Series, periods: tuple[Period, ...]
) -> Measures:
    """Figures of each site in each period, dims (site, period)."""
    keys = ["site_id", "period_start", "period_end"]
    wanted = pd.MultiIndex.from_tuples([(n, *_key(p)) for n in names for p in periods], names=keys)
    table = pd.DataFrame(observations).set_index(keys)
    missing = wanted[~wanted.isin(table.index)]
    if len(missing):
        raise ContractError(
            f"observations: site {missing[0][0]!r} has no row for {missing[0][1]}/{missing[0][2]}",
            hint="measure every site in every period, seen or not",
        )
    columns = table.loc[wanted, [c for c in OBSERVATIONS if c not in keys]]
    return {
        str(name): values.to_numpy(float, na_value=np.nan).reshape(len(names), len(periods))
        for name, values in columns.items()
    }


def _patches(members: gpd.GeoDataFrame) -> dict[str, _Patches]:
    """What was found of each site, by period."""
    keys = ["site_id", "period_start", "period_end"]
    best = members.groupby(keys, sort=True)["confidence"].max()
    confidence: dict[str, dict[tuple[str, str], float]] = {}
    for (name, start, end), value in best.items():
        confidence.setdefault(name, {})[start, end] = float(value)
    shapes: dict[str, dict[str, list[Geometry]]] = {}
    columns = (members["site_id"], members["period_start"], members.geometry)
    for name, start, shape in zip(*columns, strict=True):
        shapes.setdefault(name, {}).setdefault(start, []).append(shape)
    return {n: _Patches(confidence=confidence[n], shapes=shapes[n]) for n in shapes}


def _grounds(patches: _Patches, periods: tuple[Period, ...]) -> list[Geometry]:
    """The site as far as it was found up to each period; before that, as first found."""
    until: dict[str, Geometry] = {}
    ground: list[Geometry] = []
    for start in sorted(patches.shapes):
        ground = [united([*ground, *patches.shapes[start]])]
        until[start] = ground[0]
    first = min(until)
    return [until[max((s for s in until if s <= _key(p)[0]), default=first)] for p in periods]


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
    return {**{name: float(seen[name][k]) for name in AREAS}, "new_area_m2": new}


def _summary(track: dict[str, Any], told: list[dict[str, Any]]) -> dict[str, Any]:
    """The row of a site, from its rows by period."""
    latest = told[-1]
    kept = ("aoi", *_KEPT, "alert", "confidence", "last_activity", "water_last_seen")
    states = [row["state"] for row in told if row["state"] != "not_observed"]
    return {
        **{name: latest[name] for name in kept},
        "state": states[-1] if states else "not_observed",
        "max_disturbed_area_m2": max(row["disturbed_area_m2"] or 0.0 for row in told),
        "max_pool_area_m2": max(row["pool_area_m2"] or 0.0 for row in told),
        "geometry": track["geometry"],
    }


def _with_history(
    sites: gpd.GeoDataFrame, inventory: gpd.GeoDataFrame, periods: tuple[Period, ...]
) -> gpd.GeoDataFrame:
    """Sites with the columns of `HISTORY` for each period."""
    columns = {}
    for period in periods:
        rows = inventory[inventory["period_start"] == period.start.isoformat()]
        rows = rows[rows["period_end"] == period.end.isoformat()].set_index("site_id")
        for name in HISTORY:
            values = rows[name].reindex(sites["site_id"]).to_numpy()
            columns[f"{period_column(period)}_{name}"] = values
    return gpd.GeoDataFrame(
        pd.concat([sites, pd.DataFrame(columns, index=sites.index)], axis=1), crs=sites.crs
    )


def _table(rows: list[dict[str, Any]], contract: Contract, epsg: int) -> gpd.GeoDataFrame:
    """Rows as a table with the contract's columns first and its kinds of value."""
    names = [*contract, *(n for n in rows[0] if n not in contract and n != "geometry")]
    dtypes = {"float": "float64", "int": "Int64"}
    data = {
        name: pd.Series(
            [row[name] for row in rows],
            dtype=dtypes.get(contract[name].kind, "object") if name in contract else "object",
        )
        for name in names
    }
    return gpd.GeoDataFrame(data, geometry=[row["geometry"] for row in rows], crs=epsg)


def _key(period: Period) -> tuple[str, str]:
    return period.start.isoformat(), period.end.isoformat()


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
