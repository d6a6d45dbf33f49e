"""Sites and ground of each period as intervals: the one place where they are added up.

What was not seen is not nothing, and what cannot be seen is not zero.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

SURE = ("confirmed",)
LIKELY = ("confirmed", "provisional")
UNSEEN = "not_observed"
POOL_MEASURES = ("pool_", "water_")
"""How the names of measures begin that are unknown where pixels cannot show pools."""
_MEASURES = {
    "disturbed_area_m2": ("disturbed_area_m2", "disturbed_area_m2"),
    "pool_area_m2": ("pool_area_low_m2", "pool_area_high_m2"),
    "pool_count": ("pool_count_low", "pool_count_high"),
    "water_area_m2": ("water_area_low_m2", "water_area_high_m2"),
}
_RANGES = ("sites", "active", *_MEASURES, "ever_disturbed_m2", "active_m2")
_COLUMNS = [
    "period_start", "period_end", *(f"{n}_{end}" for n in _RANGES for end in ("low", "high")),
    "candidates", "not_observed", "observed_fraction",
]  # fmt: skip


def total_by_period(inventory: pd.DataFrame, *, sees_pools: bool = True) -> pd.DataFrame:
    """Count and area of every period, each as a low and a high number.

    Low holds confirmed sites; high adds provisional ones. Candidates are counted apart, rejected
    sites nowhere. A site is known from its first period on, whether it was seen in this one or not.
    Of ground, pools and water, low is what was seen, the last two at the low end of their range;
    high takes the unseen part of a site, or all of it in a period that was not observed, to be as
    much as in its largest period. Where nothing can be said of the pools of a site, both ends are
    NaN: unknown.

    Parameters
    ----------
    inventory
        Contract `INVENTORY`, any CRS.
    sees_pools
        Whether its pixels can show pools: without, all that is said of pools is NaN, also in a
        period without a site.

    Returns
    -------
    DataFrame
        One row a period, in order of time: `period_start`, `period_end`; as `…_low|high`: `sites`
        (known until then), `active` (at work in it; unseen sites may be), `disturbed_area_m2`,
        `pool_area_m2`, `pool_count`, `water_area_m2`, `ever_disturbed_m2` (largest until then) and
        `active_m2` (of sites at work in it); `candidates`, `not_observed` (likely sites not
        observed), `observed_fraction` (mean over likely sites, 0..1; NaN without any).
    """
    keys = ["period_start", "period_end"]
    table = pd.DataFrame(inventory.drop(columns="geometry", errors="ignore"))
    table = table.sort_values([*keys, "site_id"], ignore_index=True)
    likely = table[table["alert"].isin(LIKELY)].copy()
    area = likely["disturbed_area_m2"].astype(float)
    likely["ever"] = area.groupby(likely["site_id"]).transform(_largest_so_far)
    likely["unseen"] = 1 - likely["observed_fraction"].where(likely["state"] != UNSEEN, 0.0)
    rows = []
    for (start, end), part in table.groupby(keys, sort=True):
        sites = likely[(likely["period_start"] == start) & (likely["period_end"] == end)]
        rows.append(
            {
                "period_start": start,
                "period_end": end,
                **_counts(sites),
                **_measures(sites, likely, sees_pools=sees_pools),
                **_ground(sites, likely),
                "candidates": int((part["alert"] == "candidate").sum()),
                "not_observed": int((sites["state"] == UNSEEN).sum()),
                "observed_fraction": float(sites["observed_fraction"].mean()),
            }
        )
    return pd.DataFrame(rows, columns=_COLUMNS)


def _counts(sites: pd.DataFrame) -> dict[str, int]:
    sure, active = sites["alert"].isin(SURE), sites["state"] == "active"
    return {
        "sites_low": int(sure.sum()),
        "sites_high": len(sites),
        "active_low": int((sure & active).sum()),
        "active_high": int((active | (sites["state"] == UNSEEN)).sum()),
    }


def _measures(sites: pd.DataFrame, likely: pd.DataFrame, *, sees_pools: bool) -> dict[str, float]:
    """Low and high of each measure."""
    sure = sites[sites["alert"].isin(SURE)]
    out: dict[str, float] = {}
    for name, (low, high) in _MEASURES.items():
        is_blind = likely["disturbed_area_m2"].notna() & likely[high].isna()
        is_hidden = name.startswith(POOL_MEASURES) and not sees_pools
        if is_hidden or sites["site_id"].isin(likely.loc[is_blind, "site_id"]).any():
            out |= {f"{name}_low": math.nan, f"{name}_high": math.nan}
            continue
        out[f"{name}_low"] = float(sure[low].astype(float).sum())
        out[f"{name}_high"] = float(_at_most(sites, likely, high).sum())
    if not math.isnan(out["pool_count_high"]):
        out["pool_count_high"] = math.ceil(out["pool_count_high"])
    return out


def _ground(sites: pd.DataFrame, likely: pd.DataFrame) -> dict[str, float]:
    """Ground ever disturbed until then, and that of sites at work."""
    sure, active = sites["alert"].isin(SURE), sites["state"] == "active"
    seen = sites["disturbed_area_m2"].astype(float).fillna(0.0)
    most = _at_most(sites, likely, "disturbed_area_m2")
    return {
        "ever_disturbed_m2_low": float(sites.loc[sure, "ever"].sum()),
        "ever_disturbed_m2_high": float(np.maximum(sites["ever"], most).sum()),
        "active_m2_low": float(seen[sure & active].sum()),
        "active_m2_high": float(most[active | (sites["state"] == UNSEEN)].sum()),
    }


def _at_most(sites: pd.DataFrame, likely: pd.DataFrame, name: str) -> pd.Series:
    """A measure of each site, its unseen part as large as in the site's largest period."""
    largest = likely[name].astype(float).groupby(likely["site_id"]).max().fillna(0.0)
    most = largest.reindex(sites["site_id"]).set_axis(sites.index)
    return sites[name].astype(float).fillna(0.0) + sites["unseen"] * most


def _largest_so_far(area: pd.Series) -> pd.Series:
    return area.cummax().ffill().fillna(0.0)
