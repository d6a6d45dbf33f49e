"""What happened to sites, as the days between which it must have been, and counts beside events.

An opening that was first seen in November may be of June: clouds and seasons decide what is seen
when. So each happening has an earliest and a latest day, and each count a low and a high end.
Counts before and after an event say nothing of why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from minewatch.context.plain_records import records
from minewatch.sites.totals import LIKELY, UNSEEN

WHAT: Final[Mapping[str, str]] = {
    "opened": "the site began",
    "grew": "ground was added since it was seen before",
    "went_quiet": "seen at work before, and not any more",
    "abandoned": "not abandoned when seen before, and abandoned then",
}
"""What can happen to a site, to what it means."""
_QUIET = ("idle", "abandoned_wet", "abandoned_dry", "revegetated")
_LEFT = ("abandoned_wet", "abandoned_dry", "revegetated")
_ONE = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class StatedEvent:
    """Something that a source says happened, as its earliest and latest day."""

    name: str
    """Short name."""
    words: str
    """What happened."""
    first_day: date
    """The earliest that it may have been."""
    last_day: date
    """The latest."""
    source: str
    """Who says so."""


def find_happenings(inventory: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Openings, growth, quiet and abandonment of every confirmed or provisional site.

    Parameters
    ----------
    inventory
        Contract `INVENTORY`, any CRS.

    Returns
    -------
    GeoDataFrame
        `site_id`, `alert`, `what` (of `WHAT`), `earliest`, `latest` (days; no earliest: at any time
        before the archive), `area_m2` (ground added, NaN for others), and the outline. A period in
        which the site was not observed moves the earliest day back to the period before.
    """
    likely = inventory[inventory["alert"].isin(LIKELY)]
    likely = likely.sort_values(["site_id", "period_start"])
    rows: list[dict[str, Any]] = []
    for site_id, site in likely.groupby("site_id", sort=True):
        periods = records(site)
        latest = periods[-1]
        known = {"site_id": site_id, "alert": latest["alert"], "geometry": latest["geometry"]}
        before = _day(latest["last_undisturbed"])
        rows.append(
            {
                **known, "what": "opened", "earliest": before + _ONE if before else None,
                "latest": _day(latest["first_detected"]), "area_m2": np.nan,
            }
        )  # fmt: skip
        seen: dict[str, Any] | None = None
        for row in periods:
            if row["state"] == UNSEEN:
                continue
            if seen is not None:
                rows += [{**known, **what} for what in _between(seen, row)]
            seen = row
    columns = ["site_id", "alert", "what", "earliest", "latest", "area_m2", "geometry"]
    table = pd.DataFrame(rows, columns=columns)
    table[["earliest", "latest"]] = table[["earliest", "latest"]].astype(object)
    table["earliest"] = table["earliest"].where(table["earliest"].notna(), None)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=inventory.crs)


def _between(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What happened between two periods in which a site was seen."""
    end = _day(now["period_end"])
    out: list[dict[str, Any]] = []
    added = now["new_area_m2"]
    if added is not None and not pd.isna(added) and float(added) > 0:
        # on which day of the period before its ground was measured is not known: any of them
        out.append(_happened("grew", _day(before["period_start"]), end, float(added)))
    active = _day(before["last_activity"]) or _day(before["period_start"])
    from_day = active + _ONE if active else None
    if before["state"] == "active" and now["state"] in _QUIET:
        out.append(_happened("went_quiet", from_day, end))
    if before["state"] not in _LEFT and now["state"] in _LEFT:
        out.append(_happened("abandoned", from_day, end))
    return out


def _happened(
    what: str, earliest: date | None, latest: date | None, area_m2: float = np.nan
) -> dict[str, Any]:
    return {"what": what, "earliest": earliest, "latest": latest, "area_m2": area_m2}


def count_between(happenings: pd.DataFrame, first: date, last: date) -> dict[str, float]:
    """How much happened between two days, both included, as a range.

    Parameters
    ----------
    happenings
        Answer of `find_happenings`.
    first, last
        The days.

    Returns
    -------
    dict
        `low`: of confirmed sites, and surely within; `high`: of confirmed and provisional ones,
        what may lie within. What may be of any time before the archive is never in the high end.
    """
    dated = happenings[happenings["earliest"].notna()]
    within = (dated["earliest"] >= first) & (dated["latest"] <= last)
    touches = (dated["earliest"] <= last) & (dated["latest"] >= first)
    return {
        "low": int((within & (dated["alert"] == "confirmed")).sum()),
        "high": int(touches.sum()),
    }


def before_and_after(
    happenings: pd.DataFrame,
    events: Sequence[StatedEvent],
    *,
    months: int,
    placebo_months: int,
    archive: tuple[date, date],
) -> pd.DataFrame:
    """Counts before and after stated events, and the same around a placebo date before each.

    Parameters
    ----------
    happenings
        Answer of `find_happenings`.
    events
        What is said to have happened.
    months
        How long before the event's first day, and after its last.
    placebo_months
        How much earlier the placebo is: whole years keep its season.
    archive
        First and last day of what the run looked at.

    Returns
    -------
    DataFrame
        One row an event, side (`before`, `after`), thing and date (`event`, `placebo`): `first_day`
        and `last_day` of the side, `low`, `high`, and `covered`, the share 0..1 of these days that
        the run looked at. Nothing is counted (NaN) where that is 0.
    """
    rows = []
    for event in events:
        for kind, back in (("event", 0), ("placebo", placebo_months)):
            first, last = add_months(event.first_day, -back), add_months(event.last_day, -back)
            sides = (
                ("before", add_months(first, -months), first - _ONE),
                ("after", last + _ONE, add_months(last, months)),
            )
            for side, begin, end in sides:
                covered = _covered(begin, end, archive)
                for what in WHAT:
                    part = happenings[happenings["what"] == what]
                    counts = count_between(part, begin, end)
                    if not covered:
                        counts = {"low": np.nan, "high": np.nan}
                    rows.append(
                        {
                            "event": event.name, "date": kind, "side": side, "what": what,
                            "first_day": begin, "last_day": end, **counts,
                            "covered": round(covered, 4), "source": event.source,
                        }
                    )  # fmt: skip
    columns = [
        "event", "date", "side", "what", "first_day", "last_day", "low", "high", "covered",
        "source",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _covered(first: date, last: date, archive: tuple[date, date]) -> float:
    days = (min(last, archive[1]) - max(first, archive[0])).days + 1
    return max(days, 0) / ((last - first).days + 1)


def add_months(day: date, months: int) -> date:
    """The same day some months later, or the last of its month.

    Examples
    --------
    >>> str(add_months(date(2024, 10, 31), -1)), str(add_months(date(2021, 2, 1), -12))
    ('2024-09-30', '2020-02-01')
    """
    return (pd.Timestamp(day) + pd.DateOffset(months=months)).date()


def _day(value: Any) -> date | None:
    if value is None or pd.isna(value) or not str(value):
        return None
    return pd.Timestamp(str(value)).date()
