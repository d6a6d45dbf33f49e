"""What a run says, in figures: ranges, never bare numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from minewatch.model import STATES, RunResult

UNSEEN: Final = "not_observed"
_REASONS: Final = 3
_CARRIED: Final = ("disturbed_area_m2", "pool_count_high")


@dataclass(frozen=True)
class Range:
    """A figure as the range it may lie in."""

    low: float
    """Least."""
    high: float
    """Most."""

    def text(self, *, digits: int = 0, unit: str = "") -> str:
        """The range for people: `3–5 ha`, or `3 ha` when both ends read the same.

        Examples
        --------
        >>> Range(1.24, 3.36).text(digits=1, unit="ha")
        '1.2–3.4 ha'
        >>> Range(3, 3).text()
        '3'
        """
        low, high = f"{self.low:,.{digits}f}", f"{self.high:,.{digits}f}"
        joined = low if low == high else f"{low}–{high}"
        return f"{joined} {unit}" if unit else joined


@dataclass(frozen=True, kw_only=True)
class PeriodSummary:
    """What the inventory says of one period."""

    label: str
    """The period as people say it."""
    start: str
    """First day, ISO."""
    end: str
    """Last day, ISO."""
    sites: Range
    """From sites confirmed and seen, to every site that is not rejected."""
    area_m2: Range
    """Disturbed ground: over the same two sets; a site not seen counts at its last seen area."""
    pools: Range
    """Pools: from the fewest on confirmed sites, to the most on all that are not rejected."""
    states: Mapping[str, int]
    """How many sites that are not rejected are in each of `STATES`."""
    looks: int
    """Passes of the satellite."""
    clear_fraction: float
    """Mean share of the area that was clear in a pass, 0..1."""
    observed_fraction: float
    """Share of the area seen clear at least once, 0..1."""

    @property
    def hectares(self) -> str:
        """Disturbed ground for people."""
        return hectares(self.area_m2)

    @property
    def unseen(self) -> int:
        """Sites of which nothing is known in the period."""
        return self.states[UNSEEN]


def summarise(result: RunResult) -> tuple[PeriodSummary, ...]:
    """One summary a period, in order of time.

    The range is over the rungs of the alert ladder. It is no confidence interval: that needs a
    reference sample.

    Parameters
    ----------
    result
        A finished run.
    """
    carried = _carry_forward(result.inventory)
    return tuple(
        _summarise_period(carried[carried["period_start"] == period["start"]], period)
        for period in result.manifest.get("periods", ())
    )


def site_rows(result: RunResult) -> list[dict[str, Any]]:
    """Sites as rows of a table for people, the largest first.

    Parameters
    ----------
    result
        A finished run.

    Returns
    -------
    list of dict
        `site_id`, `alert`, `state`, `began` (the window), `last_activity`, `hectares`, `pools` (of
        the last period in which they could be counted), `confidence`, `place` (lon, lat).
    """
    order = ["max_disturbed_area_m2", "site_id"]
    sites = result.sites.sort_values(order, ascending=[False, True])
    counted = result.inventory.dropna(subset=["pool_count_low"]).sort_values("period_start")
    pools = {
        row.site_id: Range(row.pool_count_low, row.pool_count_high).text()
        for row in counted.itertuples()
    }
    rows = []
    for site in sites.itertuples():
        before, inside = site.last_undisturbed, site.geometry.representative_point()
        rows.append(
            {
                "site_id": site.site_id,
                "alert": site.alert,
                "state": site.state,
                "began": f"{before} – {site.first_detected}" if before else "before the archive",
                "last_activity": site.last_activity,
                "hectares": hectares(Range(*[site.max_disturbed_area_m2] * 2)),
                "pools": pools.get(site.site_id, "–"),
                "confidence": site.confidence,
                "place": f"{inside.x:.5f}, {inside.y:.5f}",
            }
        )
    return rows


def hectares(area_m2: Range) -> str:
    """An area for people.

    Parameters
    ----------
    area_m2
        Square metres.

    Examples
    --------
    >>> hectares(Range(12_000, 34_000))
    '1.2–3.4 ha'
    """
    digits = 2 if area_m2.high < 10_000 else 1
    return Range(area_m2.low / 1e4, area_m2.high / 1e4).text(digits=digits, unit="ha")


def count_changes(changes: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Changes that are not mines, kind by kind, the most frequent first.

    Parameters
    ----------
    changes
        Contract `CHANGES`.

    Returns
    -------
    list of dict
        `kind`, `count`, `hectares`, and `reasons`: the few that were given most.
    """
    rows = [
        {
            "kind": kind,
            "count": len(group),
            "hectares": hectares(Range(*[float(group["area_m2"].sum())] * 2)),
            "reasons": _most_given(group["reject_reason"]),
        }
        for kind, group in changes.groupby("kind", sort=True)
    ]
    return sorted(rows, key=lambda row: (-row["count"], row["kind"]))


def _most_given(reasons: pd.Series[str]) -> list[str]:
    counted = Counter(reasons)
    return sorted(counted, key=lambda reason: (-counted[reason], reason))[:_REASONS]


def count_offsets(facts: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """How the reflectance offset of scenes was decided.

    Parameters
    ----------
    facts
        `facts` of a manifest.

    Returns
    -------
    list of dict
        `baseline`, `offset_dn`, `offset_source`, `count`.
    """
    keys = ["baseline", "offset_dn", "offset_source"]
    if not facts:
        return []
    table = pd.DataFrame([{key: fact.get(key, "") for key in keys} for fact in facts])
    counted = table.groupby(keys, sort=True, dropna=False).size().reset_index(name="count")
    return [{str(k): v for k, v in row.items()} for row in counted.to_dict("records")]


def _carry_forward(inventory: gpd.GeoDataFrame) -> pd.DataFrame:
    """The inventory without rejected rows, a site not seen keeping what was last seen of it."""
    rows = pd.DataFrame(inventory.drop(columns=inventory.geometry.name))
    rows = rows[rows["alert"] != "rejected"].sort_values(["site_id", "period_start"])
    for column in _CARRIED:
        filled = rows[column].astype(float).groupby(rows["site_id"]).ffill()
        rows[f"{column}_carried"] = filled.fillna(0.0)
    return rows


def _summarise_period(rows: pd.DataFrame, period: Mapping[str, Any]) -> PeriodSummary:
    sure = rows[(rows["alert"] == "confirmed") & (rows["state"] != UNSEEN)]
    states = rows["state"].value_counts()
    return PeriodSummary(
        label=str(period["label"]),
        start=str(period["start"]),
        end=str(period["end"]),
        sites=Range(len(sure), len(rows)),
        area_m2=Range(
            float(sure["disturbed_area_m2"].astype(float).sum()),
            float(rows["disturbed_area_m2_carried"].sum()),
        ),
        pools=Range(
            float(sure["pool_count_low"].astype(float).sum()),
            float(rows["pool_count_high_carried"].sum()),
        ),
        states={state: int(states.get(state, 0)) for state in STATES},
        looks=int(period.get("looks", 0)),
        clear_fraction=float(period.get("clear_fraction", 0.0)),
        observed_fraction=float(period.get("observed_fraction", 0.0)),
    )
