"""Distances and overlaps between sites and what people have there: villages, fields, forest, camps.

A distance is no harm and no consent: see docs/context.md for what may not be inferred.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from minewatch.sites.totals import LIKELY, SURE, UNSEEN

WITHIN_M: Final = (250.0, 1000.0, 5000.0)
"""Distances at which features are counted; starting values."""


def distances(inventory: gpd.GeoDataFrame, features: gpd.GeoDataFrame) -> pd.DataFrame:
    """The nearest feature of each kind to each site in each period, and the ground they share.

    Parameters
    ----------
    inventory
        Contract `INVENTORY`, metres of the zone.
    features
        `name`, `kind` and outlines, likewise.

    Returns
    -------
    DataFrame
        `site_id`, `period_start`, `period_end`, `alert`, `state`, `kind`, `nearest`, `distance_m`,
        `overlap_m2` (NaN: the site was not observed then, and its outline is an older one).
    """
    likely = inventory[inventory["alert"].isin(LIKELY)].reset_index(drop=True)
    rows: list[dict[str, Any]] = []
    for kind, part in features.groupby("kind", sort=True):
        outlines = part.geometry.to_numpy()
        tree = shapely.STRtree(outlines)
        areas = shapely.union_all(shapely.buffer(outlines[shapely.area(outlines) > 0], 0))
        nearest = tree.nearest(likely.geometry.to_numpy()) if len(likely) else []
        for (_, row), n in zip(likely.iterrows(), nearest, strict=True):
            overlap = float(row.geometry.intersection(areas).area)
            rows.append(
                {
                    **{c: row[c] for c in ("site_id", "period_start", "period_end", "alert",
                                           "state")},
                    "kind": kind, "nearest": part["name"].iloc[n],
                    "distance_m": round(float(row.geometry.distance(outlines[n])), 1),
                    "overlap_m2": np.nan if row["state"] == UNSEEN else round(overlap, 1),
                }
            )  # fmt: skip
    columns = [
        "site_id", "period_start", "period_end", "alert", "state", "kind", "nearest", "distance_m",
        "overlap_m2",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def count_by_class(
    inventory: gpd.GeoDataFrame,
    features: gpd.GeoDataFrame,
    *,
    within_m: Sequence[float] = WITHIN_M,
) -> pd.DataFrame:
    """How many features of each kind have a site within some distances, period by period.

    Parameters
    ----------
    inventory, features
        As `distances` takes them.
    within_m
        Distances, metres.

    Returns
    -------
    DataFrame
        `period_start`, `period_end`, `kind`, `within_m`, `features` (all there are), `low` (near a
        confirmed site), `high` (near a confirmed or provisional one), `not_observed` (of the
        latter sites: they are where they were last seen).
    """
    likely = inventory[inventory["alert"].isin(LIKELY)]
    rows = []
    for (start, end), here in likely.groupby(["period_start", "period_end"], sort=True):
        ends = {"low": here[here["alert"].isin(SURE)], "high": here}
        trees = {name: shapely.STRtree(part.geometry.to_numpy()) for name, part in ends.items()}
        for kind, part in features.groupby("kind", sort=True):
            outlines = part.geometry.to_numpy()
            for distance in within_m:
                counts = {
                    name: len(set(tree.query(outlines, "dwithin", distance=distance)[0].tolist()))
                    for name, tree in trees.items()
                }
                rows.append(
                    {
                        "period_start": start, "period_end": end, "kind": kind,
                        "within_m": distance, "features": len(part), **counts,
                        "not_observed": int((here["state"] == UNSEEN).sum()),
                    }
                )  # fmt: skip
    columns = [
        "period_start", "period_end", "kind", "within_m", "features", "low", "high", "not_observed",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)
