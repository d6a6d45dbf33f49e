"""Sites and areas of each period as intervals: what was not seen is not nothing."""

from __future__ import annotations

import math

import pandas as pd

SURE = ("confirmed",)
LIKELY = ("confirmed", "provisional")


def total_by_period(inventory: pd.DataFrame) -> pd.DataFrame:
    """Count and area of every period, each as a low and a high number.

    Low holds confirmed sites and the ground that was seen, pools at the low end of their doubt.
    High adds provisional sites, takes pools at the high end, and takes
    the unseen part of a site, or all of it in a period that was not observed, to be as much as it
    was in its largest period. Candidates are counted apart, rejected sites nowhere.

    Parameters
    ----------
    inventory
        Contract `INVENTORY`, any CRS.

    Returns
    -------
    DataFrame
        One row a period, in order of time: `period_start`, `period_end`; `sites_low|high`,
        `active_low|high`, `disturbed_area_m2_low|high`, `pool_area_m2_low|high`,
        `pool_count_low|high`; `candidates`, `not_observed` (likely sites not observed),
        `observed_fraction` (mean over likely sites, 0..1; NaN without any).
    """
    likely = inventory[inventory["alert"].isin(LIKELY)]
    keys = ["period_start", "period_end"]
    rows = []
    for (start, end), part in pd.DataFrame(inventory).groupby(keys, sort=True):
        sites = likely[(likely["period_start"] == start) & (likely["period_end"] == end)]
        rows.append(
            {
                "period_start": start,
                "period_end": end,
                **_counts(sites),
                **_areas(sites, likely),
                "candidates": int((part["alert"] == "candidate").sum()),
                "not_observed": int((sites["state"] == "not_observed").sum()),
                "observed_fraction": float(sites["observed_fraction"].mean()),
            }
        )
    return pd.DataFrame(rows, columns=_COLUMNS)


_MEASURES = {
    "disturbed_area_m2": ("disturbed_area_m2", "disturbed_area_m2"),
    "pool_area_m2": ("pool_area_low_m2", "pool_area_high_m2"),
    "pool_count": ("pool_count_low", "pool_count_high"),
}
_COLUMNS = [
    "period_start", "period_end",
    *(f"{n}_{end}" for n in ("sites", "active", *_MEASURES) for end in ("low", "high")),
    "candidates", "not_observed", "observed_fraction",
]  # fmt: skip


def _counts(sites: pd.DataFrame) -> dict[str, int]:
    sure = sites["alert"].isin(SURE)
    is_seen = sites["state"] != "not_observed"
    is_active = sites["state"] == "active"
    return {
        "sites_low": int((sure & is_seen).sum()),
        "sites_high": len(sites),
        "active_low": int((sure & is_active).sum()),
        "active_high": int((is_active | ~is_seen).sum()),
    }


def _areas(sites: pd.DataFrame, likely: pd.DataFrame) -> dict[str, float]:
    """Low and high of each measure."""
    sure = sites[sites["alert"].isin(SURE)]
    unseen = 1 - sites["observed_fraction"].where(sites["state"] != "not_observed", 0.0)
    out = {}
    for name, (low, high) in _MEASURES.items():
        largest = likely.groupby("site_id")[high].max().astype(float).fillna(0.0)
        most = largest.reindex(sites["site_id"]).to_numpy()
        out[f"{name}_low"] = float(sure[low].sum())
        out[f"{name}_high"] = float((sites[high].astype(float).fillna(0.0) + unseen * most).sum())
    out["pool_count_high"] = math.ceil(out["pool_count_high"])
    return out
