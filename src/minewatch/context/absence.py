"""How sure one can be that nothing is there: what was seen, and what would have been found."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import stats

from minewatch.sites.totals import LIKELY

WANTED_RECALL: Final = 0.9
"""How surely a site would have been found."""
CONFIDENCE: Final = 0.95
"""Of the interval of a recall, both sides."""
SMALLEST_HA: Final = 0.1
"""Open ground below which a site counts as none, as in `docs/accuracy.md`."""
LEAST_SITES: Final = 10
"""No recall is claimed from fewer; starting value."""
_COUNTS: Final = ("site_seasons", "found", "sites")


def recall_with_bounds(table: pd.DataFrame) -> pd.DataFrame:
    """Recall of each class with the ends of its 95 % interval.

    The seasons of one site stand or fall together: the interval counts sites, not seasons
    (Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404).

    Parameters
    ----------
    table
        `site_seasons`, `found`, `sites`.

    Returns
    -------
    DataFrame
        With `recall`, `recall_low`, `recall_high`; NaN, 0 and 1 where no site is of a class.
    """
    number = table["sites"].to_numpy(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = table["found"].to_numpy(float) / table["site_seasons"].to_numpy(float)
    hits = np.nan_to_num(share) * number
    side = (1 - CONFIDENCE) / 2
    low = stats.beta.ppf(side, hits, number - hits + 1)
    high = stats.beta.ppf(1 - side, hits + 1, number - hits)
    return table.assign(
        recall=np.round(share, 4),
        recall_low=np.round(np.where(hits > 0, low, 0.0), 4),
        recall_high=np.round(np.where(hits < number - 1e-9, high, 1.0), 4),
    )


def smallest_found(table: pd.DataFrame) -> pd.DataFrame:
    """The size from which sites would have been found, older and new ones apart.

    It is the smallest size from which every class reaches `WANTED_RECALL`. A class without sites
    ends the search, and so does a claim that would rest on fewer than `LEAST_SITES` sites.

    Parameters
    ----------
    table
        Answer of `recall_with_bounds`, with `begun`, `from_ha`; classes from `SMALLEST_HA` on.

    Returns
    -------
    DataFrame
        `begun`, `from_ha` (hectares; NaN: of no size), and of all sites from there on
        `site_seasons`, `found`, `sites`, `recall`, `recall_low`, `recall_high`.
    """
    rows = []
    for begun, classes in table[table["from_ha"] >= SMALLEST_HA].groupby("begun", sort=True):
        found: dict[str, Any] = {"from_ha": np.nan, **dict.fromkeys(_COUNTS, 0)}
        larger = dict.fromkeys(_COUNTS, 0)
        for _, row in classes.sort_values("from_ha", ascending=False).iterrows():
            if row["site_seasons"] == 0 or not row["recall"] >= WANTED_RECALL:
                break
            larger = {name: larger[name] + int(row[name]) for name in _COUNTS}
            if larger["sites"] >= LEAST_SITES:
                found = {"from_ha": float(row["from_ha"]), **larger}
        rows.append({"begun": begun, **found})
    return recall_with_bounds(pd.DataFrame(rows, columns=["begun", "from_ha", *_COUNTS]))


def seen_by_period(inventory: pd.DataFrame, periods: pd.DataFrame) -> pd.DataFrame:
    """What was seen and what was found in each period.

    Parameters
    ----------
    inventory
        Contract `INVENTORY`.
    periods
        `label`, `period_start`, `period_end`, `observed_fraction` of the area, `looks`.

    Returns
    -------
    DataFrame
        With `confirmed`, `provisional`, `candidate`, `rejected` (rows of the inventory in it),
        `not_observed` (of confirmed and provisional ones) and `words`: what may be said.
    """
    rows = []
    for _, period in periods.iterrows():
        here = inventory[inventory["period_start"] == period["period_start"]]
        counts = here["alert"].value_counts()
        likely = here["alert"].isin(LIKELY)
        row: dict[str, Any] = {name: int(counts.get(name, 0))
                               for name in ("confirmed", "provisional", "candidate",
                                            "rejected")}  # fmt: skip
        row["not_observed"] = int((here["state"] == "not_observed")[likely].sum())
        row["words"] = _words(int(likely.sum()), float(period["observed_fraction"]))
        rows.append(row)
    columns = ["confirmed", "provisional", "candidate", "rejected", "not_observed", "words"]
    return periods.join(pd.DataFrame(rows, columns=columns, index=periods.index))


def _words(sites: int, seen: float) -> str:
    if sites:
        are = "site is" if sites == 1 else "sites are"
        return f"not empty: {sites} {are} confirmed or provisional"
    if not seen > 0:
        return "nothing was seen: nothing can be said"
    if seen > 0.995:
        return "no site found; all of the ground was seen"
    return f"no site found on the {100 * seen:.0f} % of the ground that were seen"


def chance_of_missing(recall: pd.DataFrame, observed_fractions: Sequence[float]) -> pd.DataFrame:
    """How likely one site of each class would have been missed in the best season.

    It is found when its ground is seen and it is recognised. Seasons are not multiplied: a site
    that is missed in one is mostly missed in the next, for the same reason.

    Parameters
    ----------
    recall
        Answer of `recall_with_bounds`.
    observed_fractions
        Of the area, by period.

    Returns
    -------
    DataFrame
        With `missed_low`, `missed`, `missed_high`, 0..1; all 1 when nothing was seen.
    """
    seen = float(max(observed_fractions, default=0.0))
    return recall.assign(
        missed_low=(1 - seen * recall["recall_high"]).round(4),
        missed=(1 - seen * recall["recall"]).round(4),
        missed_high=(1 - seen * recall["recall_low"]).round(4),
    )


def first_news(known: Collection[str], sites: pd.DataFrame) -> pd.DataFrame:
    """Sites that are confirmed or provisional, and were not known to be.

    Parameters
    ----------
    known
        Ids of sites that are known.
    sites
        Contract `SITES`.

    Returns
    -------
    DataFrame
        Rows of `sites`. What grew out of known sites (`merged_from`, `split_from`) is no news.
    """
    likely = sites[sites["alert"].isin(LIKELY)]
    is_new = [
        not {site_id, *(merged or ()), *(split or ())} & set(known)
        for site_id, merged, split in zip(
            likely["site_id"], likely["merged_from"], likely["split_from"], strict=True
        )
    ]
    return likely[np.array(is_new, bool)]
