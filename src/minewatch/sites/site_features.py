"""Pads, pools and roads to the sites they belong to."""

from __future__ import annotations

import logging

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from minewatch.model import FEATURES, TRACKS, check_columns
from minewatch.sites.site_rules import LinkRules

log = logging.getLogger(__name__)


def assign(
    features: gpd.GeoDataFrame, tracks: gpd.GeoDataFrame, *, rules: LinkRules | None = None
) -> gpd.GeoDataFrame:
    """Features with the `site_id` of the nearest site; those that reach no site are left out.

    A road that passes no mine is no part of one. Of several sites at one distance, the one that
    shares most ground is taken, then the first by name.

    Parameters
    ----------
    features
        Contract `FEATURES`, metres.
    tracks
        Contract `TRACKS`, same CRS.
    rules
        Distances; None takes `LinkRules()`.

    Returns
    -------
    GeoDataFrame
        The columns given and `site_id`, in the order given, index 0..n-1.
    """
    check_columns(features, FEATURES, name="features")
    check_columns(tracks, TRACKS, name="tracks", epsg=features.crs.to_epsg())
    rules = rules or LinkRules()
    shapes, grounds = features.geometry.to_numpy(), tracks.geometry.to_numpy()
    feature, track = shapely.STRtree(grounds).query_nearest(shapes, max_distance=rules.reach_m)
    pairs = pd.DataFrame({"feature": feature, "track": track})
    pairs["shared"] = -shapely.area(shapely.intersection(shapes[feature], grounds[track]))
    pairs["site_id"] = tracks["site_id"].to_numpy()[track]
    best = pairs.sort_values(["feature", "shared", "site_id"]).drop_duplicates("feature")
    log.info("%d of %d features belong to a site", len(best), len(features))
    out = features.iloc[np.asarray(best["feature"])].reset_index(drop=True)
    out["site_id"] = pd.Series(best["site_id"].tolist(), dtype=object)
    return out


def stands_alone(
    features: gpd.GeoDataFrame, tracks: gpd.GeoDataFrame, *, alone_m: float
) -> frozenset[str]:
    """Ids of the sites with no other site near, and no road that leads to them.

    Where no road was drawn at all (some detectors draw none), nothing is known of roads, and no
    site counts.

    Parameters
    ----------
    features
        From `assign`.
    tracks
        Contract `TRACKS`, same CRS.
    alone_m
        A site within this distance is near.
    """
    reached = set(features.loc[features["kind"] == "road", "site_id"])
    if not reached:
        return frozenset()
    shapes, names = tracks.geometry.to_numpy(), tracks["site_id"].to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=alone_m)
    has_near = set(names[one[one != other]])
    return frozenset(set(names) - has_near - reached)
