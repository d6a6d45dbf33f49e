"""A site period by period, and all sites of an area together."""

from __future__ import annotations

import difflib
from typing import Final, Literal

import numpy as np
import pandas as pd

from minewatch.errors import SettingsError, unknown_name
from minewatch.exporters import LAYERS
from minewatch.model import RunResult, typed_table
from minewatch.review import by_people
from minewatch.sites import POOL_MEASURES, total_by_period

UNSEEN = "not_observed"
Counted = Literal["detector", "people"]
COUNTED: Final = {
    "detector": "the detector's opinion; verdicts of people are not counted",
    "people": "what people call a mine as confirmed, nothing of what they reject, and the "
    "detector's opinion of all others",
}
"""Whose opinion totals count, to what that means."""
_KEYS = ["period_start", "period_end"]
_RANGES = {
    "disturbed_area_m2": ("disturbed_area_m2", "disturbed_area_m2"),
    "pool_area_m2": ("pool_area_low_m2", "pool_area_high_m2"),
    "water_area_m2": ("water_area_low_m2", "water_area_high_m2"),
}


def site_timeline(result: RunResult, site_id: str) -> pd.DataFrame:
    """What the inventory says of one site, period by period.

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
        people) and `<measure>_low|high` for disturbed ground, pools and water: low is what was
        seen; high takes what was not seen to be as much as in the site's largest period. Pools and
        water are taken at the low and the high end of their range; NaN where they cannot be seen,
        water also in runs of an earlier minewatch.

    Raises
    ------
    SettingsError
        When there is no such site; the hint names the nearest.
    """
    found = [row for row in result.read_rows("inventory") if row["site_id"] == site_id]
    if not found:
        raise unknown_site(result, site_id)
    rows = typed_table(found, LAYERS["inventory"].contract).sort_values(_KEYS, ignore_index=True)
    labels = {p["start"]: p["label"] for p in result.manifest["periods"]}
    rows.insert(0, "label", rows["period_start"].map(labels))
    for name, (low, high) in _RANGES.items():
        is_blind = rows["disturbed_area_m2"].notna() & rows[high].isna()
        if is_blind.any() or (name.startswith(POOL_MEASURES) and result.why_no_pools):
            rows[f"{name}_low"] = rows[f"{name}_high"] = np.nan
            continue
        least, most = (rows[end].astype(float).fillna(0.0) for end in (low, high))
        rows[f"{name}_low"] = least
        rows[f"{name}_high"] = most + _unseen(rows) * most.max()
    return rows


def unknown_site(result: RunResult, site_id: str) -> SettingsError:
    """The error of an id that a run does not have."""
    known = sorted(row["site_id"] for row in result.read_rows("sites"))
    near = difflib.get_close_matches(site_id, known, n=3, cutoff=0) or ["none"]
    return SettingsError(
        f"there is no site {site_id!r} in {result.directory}",
        hint=f"it has {len(known)} sites; nearest: {', '.join(near)}",
    )


def area_timeline(result: RunResult, *, counted: Counted = "detector") -> pd.DataFrame:
    """Sites and ground of the whole area, period by period, as intervals: `sites.total_by_period`.

    Parameters
    ----------
    result
        A finished run.
    counted
        Whose opinion is counted: a key of `COUNTED`.

    Returns
    -------
    DataFrame
        One row a period, also of those without a site: `label`, `period_start`, `period_end`, the
        columns of `sites.total_by_period`, and `observed_fraction`, here the share of the area that
        was seen. What is said of pools is NaN where they cannot be seen.
    """
    periods = pd.DataFrame(
        {
            "label": [period["label"] for period in result.manifest["periods"]],
            "period_start": [period["start"] for period in result.manifest["periods"]],
            "period_end": [period["end"] for period in result.manifest["periods"]],
            "observed_fraction": [p["observed_fraction"] for p in result.manifest["periods"]],
        }
    )
    inventory = typed_table(result.read_rows("inventory"), LAYERS["inventory"].contract)
    if counted == "people":
        inventory = by_people(inventory)
    elif counted not in COUNTED:
        raise SettingsError(unknown_name("opinion", counted, list(COUNTED)), hint="give one")
    totals = total_by_period(inventory, sees_pools=not result.why_no_pools)
    totals = totals.drop(columns="observed_fraction")
    table = periods.merge(totals, on=_KEYS, how="left")
    none = table["sites_high"].isna()
    measures = [str(name) for name in totals if name not in _KEYS]
    table.loc[none, measures] = 0
    if result.why_no_pools:
        table[[name for name in measures if name.startswith(POOL_MEASURES)]] = np.nan
    counts = [
        n for n in measures if n.startswith(("sites", "active_l", "active_h", "cand", "not_"))
    ]
    return table.astype(dict.fromkeys(counts, "int64"))


def _unseen(rows: pd.DataFrame) -> pd.Series:
    """Share of each site that was not seen in each period; all of it when not observed."""
    return 1 - rows["observed_fraction"].where(rows["state"] != UNSEEN, 0.0)
