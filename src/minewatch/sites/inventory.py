"""Sites and what was measured over them, period by period."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
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
from minewatch.sites.linking import Links
from minewatch.sites.row_context import find_coverage
from minewatch.sites.site_features import stands_alone
from minewatch.sites.site_rows import KEPT, Measures, Patches, RowBuilder, Track, key_of
from minewatch.sites.site_rules import AlertRules, StateRules, without_pools

HISTORY = (
    "alert", "state", "disturbed_area_m2", "pool_area_m2", "water_area_m2", "observed_fraction",
)  # fmt: skip
"""Columns of the inventory that `sites` repeats for each period."""


def build_inventory(
    links: Links,
    observations: pd.DataFrame,
    *,
    aoi: AreaOfInterest,
    scenes: SceneList,
    periods: Sequence[Period],
    sees_pools: bool = True,
    features: gpd.GeoDataFrame | None = None,
    state_rules: StateRules | None = None,
    alert_rules: AlertRules | None = None,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """One row per site and period, and one row per site.

    A site has a row in every period from its start on, also when nobody works there any more and
    when nobody saw it (`not_observed`, areas null). `alert` is what is known now, for all periods
    by whose end the site was seen to be there, because later overpasses overturn early verdicts;
    `alert_then` is what could be said by the end of the period.

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
    sees_pools
        Whether pixels can show pools: without them no site is more than `provisional`.
    features
        From `assign`: roads that lead to sites; None: nothing is known of them.
    state_rules, alert_rules
        Thresholds; None takes the defaults.

    Returns
    -------
    inventory : GeoDataFrame
        Contract `INVENTORY`; outline: the site as far as it was found up to the period, metres.
    sites : GeoDataFrame
        Contract `SITES`, with the history as columns `<period>_<column of HISTORY>`, null before
        the start. `state` is the latest that was seen, `not_observed` when none was.

    Raises
    ------
    ContractError
        When a site lacks a period in the observations.
    """
    check_columns(observations, OBSERVATIONS, name="observations")
    tracks = links.tracks
    epsg = int(tracks.crs.to_epsg())
    if tracks.empty or not periods:
        return empty_table(INVENTORY, epsg=epsg), empty_table(SITES, epsg=epsg)
    rules = alert_rules or AlertRules()
    alone: frozenset[str] = frozenset()
    if features is not None:
        alone = stands_alone(features, tracks, alone_m=rules.alone_m)
    builder = RowBuilder(
        aoi=aoi,
        periods=tuple(sorted(periods)),
        coverage=find_coverage(tracks, scenes),
        state_rules=state_rules or StateRules(),
        alert_rules=rules if sees_pools else without_pools(rules),
        alone=alone,
    )
    measured = _measured(observations, tracks["site_id"], builder.periods)
    patches = _patches(links.members)
    rows: list[dict[str, Any]] = []
    summaries: list[dict[str, Any]] = []
    for number, track in enumerate(tracks.to_dict("records")):
        seen = {name: values[number] for name, values in measured.items()}
        own = builder.rows_of(number, track, seen, patches[track["site_id"]])
        rows += own
        summaries.append(_summary(track, own))
    inventory = _table(rows, INVENTORY, epsg).sort_values(
        ["period_start", "period_end", "site_id"], ignore_index=True
    )
    sites = _table(summaries, SITES, epsg)
    return inventory, _with_history(sites, inventory, builder.periods)


def period_column(period: Period) -> str:
    """How columns of `sites` name a period.

    Examples
    --------
    >>> from datetime import date
    >>> period_column(Period(date(2023, 11, 1), date(2024, 4, 30)))
    '2023_24_dry_season'
    """
    return re.sub(r"\W+", "_", period_label(period)).lower()


def _summary(track: Track, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The row of a site, from its rows by period."""
    latest = rows[-1]
    kept = ("aoi", *KEPT, "alert", "confidence", "last_activity", "water_last_seen")
    states = [row["state"] for row in rows if row["state"] != "not_observed"]
    return {
        **{name: latest[name] for name in kept},
        "state": states[-1] if states else "not_observed",
        "max_disturbed_area_m2": max(row["disturbed_area_m2"] or 0.0 for row in rows),
        "max_pool_area_m2": _largest(row["pool_area_m2"] for row in rows),
        "geometry": track["geometry"],
    }


def _largest(values: Iterable[float | None]) -> float | None:
    """The largest of what is known; None when nothing is."""
    return max((value for value in values if value is not None), default=None)


def _with_history(
    sites: gpd.GeoDataFrame, inventory: gpd.GeoDataFrame, periods: tuple[Period, ...]
) -> gpd.GeoDataFrame:
    """Sites with the columns of `HISTORY` for each period."""
    keys = zip(*(inventory[n] for n in ("site_id", "period_start", "period_end")), strict=True)
    place = {key: at for at, key in enumerate(keys)}
    values = {name: inventory[name].array for name in HISTORY}
    columns = {}
    for period in periods:
        at = np.array([place.get((site, *key_of(period)), -1) for site in sites["site_id"]])
        for name, of_all in values.items():
            columns[f"{period_column(period)}_{name}"] = of_all.take(at, allow_fill=True)
    return gpd.GeoDataFrame(
        pd.concat([sites, pd.DataFrame(columns, index=sites.index)], axis=1), crs=sites.crs
    )


def _table(rows: list[dict[str, Any]], contract: Contract, epsg: int) -> gpd.GeoDataFrame:
    """Rows as a table with the contract's columns first and its kinds of value."""
    if missing := [name for name in contract if name not in rows[0]]:
        raise ContractError(
            f"rows of sites: column {missing[0]!r} is missing",
            hint="sites/site_rows.py or sites/inventory.py must give it a value",
        )
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


def _measured(
    observations: pd.DataFrame, names: pd.Series, periods: tuple[Period, ...]
) -> Measures:
    """Figures of each site in each period, dims (site, period)."""
    keys = ["site_id", "period_start", "period_end"]
    wanted = pd.MultiIndex.from_tuples(
        [(n, *key_of(p)) for n in names for p in periods], names=keys
    )
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


def _patches(members: gpd.GeoDataFrame) -> dict[str, Patches]:
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
    return {n: Patches(confidence=confidence[n], shapes=shapes[n]) for n in shapes}
