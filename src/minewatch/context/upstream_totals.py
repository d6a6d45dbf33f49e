"""What lies above each place, reach or river, period by period, as ranges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from minewatch.context.downstream import MAYBE_SHARE, SURE_SHARE
from minewatch.sites.totals import LIKELY, POOL_MEASURES, SURE, UNSEEN, total_by_period

_KEYS: Final = ["period_start", "period_end"]


def totals_below(
    pairs: pd.DataFrame,
    sites: Sequence[str],
    inventory: pd.DataFrame,
    periods: Sequence[tuple[str, str]],
    *,
    sees_pools: bool = True,
) -> pd.DataFrame:
    """What lies above each place, reach or river, period by period, as ranges.

    Parameters
    ----------
    pairs
        `site` (number), `target`, `share`.
    sites
        Ids of the sites by number.
    inventory
        Contract `INVENTORY`.
    periods
        First and last days of every period, in order.
    sees_pools
        Whether its pixels can show pools.

    Returns
    -------
    DataFrame
        One row a target and period: `target`, `period_start`, `period_end`, and what
        `sites.total_by_period` says of the sites above it: the low ends of those surely above it,
        the high ends of those that may be; then `abandoned_wet_low|high` and
        `abandoned_wet_water_m2_low|high`. A site that was not observed may be abandoned and wet.
        `not_observed` counts these sites.
    """
    likely = inventory[inventory["alert"].isin(LIKELY)]
    rows = []
    for target, group in pairs[pairs["share"] >= MAYBE_SHARE].groupby("target", sort=True):
        maybe = {sites[n] for n in group["site"]}
        sure = {sites[n] for n in group.loc[group["share"] >= SURE_SHARE, "site"]}
        most = total_upstream(likely, maybe, sure, periods, sees_pools=sees_pools)
        most.insert(0, "target", target)
        rows.append(most)
    if rows:
        return pd.concat(rows, ignore_index=True)
    columns = total_upstream(likely, set(), set(), periods, sees_pools=sees_pools).columns
    return pd.DataFrame(columns=["target", *columns])


def total_upstream(
    likely: pd.DataFrame,
    maybe: set[str],
    sure: set[str],
    periods: Sequence[tuple[str, str]],
    *,
    sees_pools: bool,
) -> pd.DataFrame:
    """Totals of some sites in every period, as `totals_below` has them.

    Parameters
    ----------
    likely
        Rows of the inventory that are confirmed or provisional.
    maybe, sure
        Ids of sites that may be above, and of those that surely are.
    periods, sees_pools
        As there.
    """
    every = pd.DataFrame(list(periods), columns=_KEYS)
    unknown = () if sees_pools else (*POOL_MEASURES, "abandoned_wet_water")
    out = every.copy()
    for end, names in (("low", sure), ("high", maybe)):
        rows = likely[likely["site_id"].isin(names)]
        table = total_by_period(rows, sees_pools=sees_pools)
        table = table.merge(_abandoned_wet(rows), on=_KEYS, how="left")
        table = every.merge(table, on=_KEYS, how="left", indicator="found")
        nothing = table["found"] == "left_only"
        for column in table.columns[table.columns.str.endswith(f"_{end}")]:
            values = table[column].astype(float).mask(nothing, 0.0)
            out[column] = np.nan if unknown and column.startswith(unknown) else values
    out["not_observed"] = table["not_observed"].fillna(0).astype(int)
    ends = [c.removesuffix("_low") for c in out.columns if c.endswith("_low")]
    ends = sorted(ends, key=lambda name: not name.startswith("abandoned"))
    return out[[*_KEYS, *(f"{n}_{end}" for n in ends for end in ("low", "high")), "not_observed"]]


def _abandoned_wet(rows: pd.DataFrame) -> pd.DataFrame:
    """Sites left with water in their pools, and that water, by period."""
    is_wet, unseen = rows["state"] == "abandoned_wet", rows["state"] == UNSEEN
    sure = rows["alert"].isin(SURE)
    low = rows["water_area_low_m2"].astype(float)
    high = rows["water_area_high_m2"].astype(float)
    largest = high.groupby(rows["site_id"]).transform("max").fillna(0.0)
    table = pd.DataFrame(
        {
            **{key: rows[key] for key in _KEYS},
            "abandoned_wet_low": (sure & is_wet).astype(int),
            "abandoned_wet_high": (is_wet | unseen).astype(int),
            "abandoned_wet_water_m2_low": low.where(sure & is_wet, 0.0).fillna(0.0),
            "abandoned_wet_water_m2_high": high.where(is_wet, 0.0).fillna(0.0)
            + largest.where(unseen, 0.0),
            "unknown": is_wet & high.isna(),
        }
    )
    out = table.groupby(_KEYS, as_index=False).sum()
    is_unknown = out.pop("unknown") > 0  # wet, and an older run that did not measure its water
    out["abandoned_wet_water_m2_high"] = out["abandoned_wet_water_m2_high"].mask(is_unknown)
    return out
