"""The life of a site period by period, and of all sites of an area together."""

from __future__ import annotations

import difflib

import numpy as np
import pandas as pd

from minewatch.errors import SettingsError
from minewatch.model import RunResult
from minewatch.sites import total_by_period

UNSEEN = "not_observed"
SURE, LIKELY = ("confirmed",), ("confirmed", "provisional")
_KEYS = ["period_start", "period_end"]
_RANGES = {
    "disturbed_area_m2": ("disturbed_area_m2", "disturbed_area_m2"),
    "pool_area_m2": ("pool_area_low_m2", "pool_area_high_m2"),
}


def site_timeline(result: RunResult, site_id: str) -> pd.DataFrame:
    """What the inventory tells of one site, period by period.

    Parameters
    ----------
    result
        A finished run.
    site_id
        A site of it.

    Returns
    -------
    DataFrame
        The rows of the inventory in order of time, without geometry, with `label` (the period for
        people) and `<measure>_low|high` for disturbed ground and pools: low is what was seen; high
        takes what was not seen to be as much as in the site's largest period. Pools are taken at
        the low and the high end of their doubt.

    Raises
    ------
    SettingsError
        When there is no such site; the hint names the nearest.
    """
    rows = result.inventory[result.inventory["site_id"] == site_id]
    if rows.empty:
        raise unknown_site(result, site_id)
    rows = pd.DataFrame(rows.drop(columns="geometry")).sort_values(_KEYS, ignore_index=True)
    labels = {p["start"]: p["label"] for p in result.manifest["periods"]}
    rows.insert(0, "label", rows["period_start"].map(labels))
    for name, (low, high) in _RANGES.items():
        least, most = (rows[end].astype(float).fillna(0.0) for end in (low, high))
        rows[f"{name}_low"] = least
        rows[f"{name}_high"] = most + _unseen(rows) * most.max()
    return rows


def unknown_site(result: RunResult, site_id: str) -> SettingsError:
    """The error of an id that a run does not have."""
    known = sorted(result.sites["site_id"])
    near = difflib.get_close_matches(site_id, known, n=3, cutoff=0) or ["none"]
    return SettingsError(
        f"there is no site {site_id!r} in {result.directory}",
        hint=f"it has {len(known)} sites; nearest: {', '.join(near)}",
    )


def area_timeline(result: RunResult) -> pd.DataFrame:
    """Sites and ground of the whole area, period by period, as intervals.

    Low holds confirmed sites and the ground that was seen; high adds provisional sites, and takes
    what was not seen to be as much as in a site's largest period so far, and at work.

    Parameters
    ----------
    result
        A finished run.

    Returns
    -------
    DataFrame
        One row a period: `label`, `period_start`, `period_end`; `sites_low|high` (known until
        then) and `active_low|high` (at work in it); `ground_m2_low|high` (ever disturbed until
        then) and `active_m2_low|high` (of sites at work in it); `observed_fraction` of the area.
    """
    inventory = pd.DataFrame(result.inventory.drop(columns="geometry")).sort_values(_KEYS)
    totals = total_by_period(result.inventory).set_index("period_start")
    likely = inventory[inventory["alert"].isin(LIKELY)].copy()
    area = likely["disturbed_area_m2"].astype(float)
    likely["largest"] = area.groupby(likely["site_id"]).transform(_largest_so_far)
    likely["unseen"] = _unseen(likely) * likely["largest"]
    rows = []
    for period in result.manifest["periods"]:
        start = period["start"]
        here = likely[likely["period_start"] == start]
        counts = {n: int(totals[n].get(start, 0)) for n in _COUNTS}
        rows.append(
            {
                "label": period["label"], "period_start": start, "period_end": period["end"],
                **counts, **_ground(here), "observed_fraction": period["observed_fraction"],
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


_COUNTS = ("sites_low", "sites_high", "active_low", "active_high")


def _ground(here: pd.DataFrame) -> dict[str, float]:
    sure, active = here["alert"].isin(SURE), here["state"] == "active"
    maybe = active | (here["state"] == UNSEEN)
    area = here["disturbed_area_m2"].astype(float).fillna(0.0)
    return {
        "ground_m2_low": float(here.loc[sure, "largest"].sum()),
        "ground_m2_high": float(np.maximum(here["largest"], area + here["unseen"]).sum()),
        "active_m2_low": float(area[sure & active].sum()),
        "active_m2_high": float((area + here["unseen"])[maybe].sum()),
    }


def _largest_so_far(area: pd.Series) -> pd.Series:
    return area.cummax().ffill().fillna(0.0)


def _unseen(rows: pd.DataFrame) -> pd.Series:
    """Share of each site that was not seen in each period; all of it when not observed."""
    return 1 - rows["observed_fraction"].where(rows["state"] != UNSEEN, 0.0)
