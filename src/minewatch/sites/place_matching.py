"""Which sites of one run are those of another: by place, with the distances that link sites."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from minewatch.sites.site_rules import LinkRules


def match_places(
    known: gpd.GeoDataFrame, others: gpd.GeoDataFrame, *, rules: LinkRules | None = None
) -> dict[str, list[str]]:
    """Sites of another run at the place of each site that is known.

    A site belongs to every known site whose footprint it overlaps: two benches that large pixels
    see as one are both seen. One that overlaps none belongs to the nearest within
    `LinkRules.link_m`, so that a shift of a pixel or two does not part them.

    Parameters
    ----------
    known, others
        Columns `site_id` and outlines, in the same metric CRS.
    rules
        Distances; None takes `LinkRules()`.

    Returns
    -------
    dict
        Id of each known site that is matched to ids of `others`, both sorted.
    """
    rules = rules or LinkRules()
    left, right = known.sindex.query(others.geometry, predicate="dwithin", distance=rules.link_m)
    pairs = pd.DataFrame(
        {
            "known": known["site_id"].to_numpy()[right],
            "other": others["site_id"].to_numpy()[left],
            "away_m": others.geometry.iloc[left].distance(known.geometry.iloc[right], align=False)
            .to_numpy(),
        }
    ).sort_values(["other", "away_m", "known"])  # fmt: skip
    overlaps = pairs["away_m"].to_numpy() == 0
    touching = set(pairs.loc[overlaps, "other"])
    is_nearest = ~pairs.duplicated("other").to_numpy()
    is_alone = ~np.isin(pairs["other"], list(touching))
    kept = pairs[overlaps | (is_alone & is_nearest)]
    return {str(name): sorted(rows["other"]) for name, rows in kept.groupby("known")}
