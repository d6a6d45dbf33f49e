"""Scores of worlds, alone and laid side by side as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from minewatch.synthetic import Score, Truth, read_truth, score_inventory

from .harness import Ran

APART_M = 20_000.0
"""Simulated worlds are laid this far apart, so that no outline of one meets another's."""


def score_world(ran: Ran) -> Score:
    """The score of one run."""
    return score_inventory(ran.result.inventory, ran.result.sites, read_truth(ran.archive.truth))


def score_together(worlds: Sequence[Ran]) -> Score:
    """One score over all worlds, as if they lay side by side in one archive.

    The lag in days of usable overpasses is left out unless all worlds have one revisit.
    """
    parts = [_moved(ran, number) for number, ran in enumerate(worlds)]
    truths = [truth for truth, _, _ in parts]
    revisits = {t.revisit_days for t in truths}
    overpasses = _stacked([t.clear_days for t in truths])
    truth = Truth(
        sites=_stacked([t.sites for t in truths]),
        seasons=_stacked([t.seasons for t in truths]),
        confusers=_stacked([t.confusers for t in truths]),
        periods=tuple(sorted({end for t in truths for end in t.periods})),
        area_km2=sum(t.area_km2 for t in truths),
        start=min(t.start for t in truths),
        end=max(t.end for t in truths),
        clear_days=overpasses if len(revisits) == 1 else overpasses.iloc[:0],
        revisit_days=max(revisits),
    )
    inventory, sites = (_stacked([part[k] for part in parts]) for k in (1, 2))
    return score_inventory(inventory, sites, truth)


def left_dry_before(ran: Ran, score: Score) -> int:
    """How many missed rows are of sites left without water before the archive begins.

    Their pools are gone in every overpass: no pixel sets them apart from an old clearing.
    """
    truth = read_truth(ran.archive.truth)
    sites = truth.sites
    is_over = sites["ended"].astype("string").fillna("9999") < truth.start
    gone = sites.loc[is_over & (sites["fate"] == "dry"), "id"]
    matches = score.matches
    if not len(matches):
        return 0
    return int((matches["site_id"].isin(gone) & matches["found_id"].isna()).sum())


def overlap_of_hits(ran: Ran, score: Score) -> pd.Series:
    """Intersection over union of the footprints of every found site with the true one."""
    if not len(score.matches):
        return pd.Series(dtype=float)
    pairs = score.matches.dropna(subset="found_id").drop_duplicates(["site_id", "found_id"])
    truth = read_truth(ran.archive.truth).sites
    true = truth.set_index("id").geometry
    said = ran.result.sites.to_crs(truth.crs).set_index("site_id").geometry
    a = true.loc[pairs["site_id"]].reset_index(drop=True)
    b = said.loc[pairs["found_id"]].reset_index(drop=True)
    return a.intersection(b).area / a.union(b).area


def _moved(ran: Ran, number: int) -> tuple[Truth, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Truth, inventory and sites of a world, moved east and named after it."""
    truth, crs, name = read_truth(ran.archive.truth), ran.result.aoi.utm_epsg, ran.spec.name

    def move(table: gpd.GeoDataFrame, column: str) -> gpd.GeoDataFrame:
        table = table.to_crs(crs) if table.crs else table.set_crs(crs)
        shifted = table.set_geometry(table.geometry.translate(xoff=number * APART_M))
        return shifted.assign(**{column: _renamed(shifted[column], name)})

    moved = replace(
        truth,
        sites=move(truth.sites, "id"),
        seasons=truth.seasons.assign(site_id=_renamed(truth.seasons["site_id"], name)),
        confusers=move(truth.confusers, "id"),
        clear_days=truth.clear_days.assign(site_id=_renamed(truth.clear_days["site_id"], name)),
    )
    return moved, move(ran.result.inventory, "site_id"), move(ran.result.sites, "site_id")


def _renamed(names: pd.Series, world: str) -> pd.Series:
    return pd.Series([f"{world}/{n}" for n in names], index=names.index, dtype=object)


def _stacked(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all tables; those of the first when none has any."""
    full = [t for t in tables if len(t)]
    return pd.concat(full, ignore_index=True) if full else tables[0]


def mean_or_nan(values: pd.Series) -> float:
    """Mean; NaN of nothing."""
    return float(values.mean()) if len(values) else float(np.nan)
