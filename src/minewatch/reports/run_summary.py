"""What a run says, in figures: ranges, never bare numbers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from minewatch.model import STATES, RunResult

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

UNSEEN: Final = "not_observed"
_REASONS: Final = 3


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
        >>> Range(3, 3).text(), Range(math.nan, math.nan).text()
        ('3', 'unknown')
        """
        if self.high != self.high:
            return "unknown"
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
    """Known until then: from those confirmed, to the provisional ones with them."""
    active: Range
    """Those at work, likewise."""
    area_m2: Range
    """Disturbed ground, as `sites.total_by_period` says it."""
    active_m2: Range
    """Disturbed ground of sites at work, likewise."""
    pools: Range
    """Pools, likewise; unknown where pixels are too large for them."""
    candidates: int
    """Sites that are no more than candidates: in none of the ranges."""
    states: Mapping[str, int]
    """How many sites that are not rejected are in each of `STATES`."""
    overpasses: int
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


def summarise(result: RunResult, totals: pd.DataFrame) -> tuple[PeriodSummary, ...]:
    """One summary a period, in order of time.

    The ranges are over the rungs of the alert ladder and what was not seen. They are no confidence
    intervals: these need a reference sample.

    Parameters
    ----------
    result
        A finished run.
    totals
        `sites.total_by_period` of its inventory.
    """
    rows = {row["period_start"]: row for row in totals.to_dict("records")}
    kept = [row for row in result.read_rows("inventory") if row["alert"] != "rejected"]
    return tuple(
        _summarise_period(
            rows.get(period["start"], {}),
            Counter(row["state"] for row in kept if row["period_start"] == period["start"]),
            period,
            sees_pools=not result.why_no_pools,
        )
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
        `site_id`, `alert`, `state`, `began` (the window), `last_activity`, `latest` (disturbed
        ground of the last period), `hectares` (the most of any), `pools` (of the last period in
        which they could be counted; `unknown` where they cannot be seen), `confidence`; `verdict`
        when the table has one.
    """
    inventory = sorted(result.read_rows("inventory"), key=itemgetter("period_start"))
    pools = {
        row["site_id"]: Range(row["pool_count_low"], row["pool_count_high"]).text()
        for row in inventory
        if row["pool_count_low"] is not None
    }
    last = max((row["period_start"] for row in inventory), default="")
    ground = {
        row["site_id"]: "not seen"
        if row["disturbed_area_m2"] is None
        else hectares(Range(*[row["disturbed_area_m2"]] * 2))
        for row in inventory
        if row["period_start"] == last
    }
    sites = result.read_rows("sites")
    sites.sort(key=lambda site: (-site["max_disturbed_area_m2"], site["site_id"]))
    return [
        {
            "site_id": site["site_id"],
            "alert": site["alert"],
            "state": site["state"],
            "began": (
                f"{site['last_undisturbed']} – {site['first_detected']}"
                if site["last_undisturbed"]
                else "before the archive"
            ),
            "last_activity": site["last_activity"],
            "latest": ground.get(site["site_id"], "–"),
            "hectares": hectares(Range(*[site["max_disturbed_area_m2"]] * 2)),
            "pools": pools.get(site["site_id"], "unknown" if result.why_no_pools else "–"),
            "confidence": site["confidence"],
            **({"verdict": site["verdict"]} if "verdict" in site else {}),
        }
        for site in sites
    ]


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


def count_offsets(scene_quality: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """How the reflectance offset of scenes was decided.

    Parameters
    ----------
    scene_quality
        `facts` of a manifest.

    Returns
    -------
    list of dict
        `baseline`, `offset_dn`, `offset_source`, `count`.
    """
    import pandas as pd

    keys = ["baseline", "offset_dn", "offset_source"]
    if not scene_quality:
        return []
    table = pd.DataFrame([{key: scene.get(key, "") for key in keys} for scene in scene_quality])
    counted = table.groupby(keys, sort=True, dropna=False).size().reset_index(name="count")
    return [{str(k): v for k, v in row.items()} for row in counted.to_dict("records")]


def _summarise_period(
    totals: Mapping[Hashable, Any],
    states: Mapping[str, int],
    period: Mapping[str, Any],
    *,
    sees_pools: bool,
) -> PeriodSummary:
    def between(name: str) -> Range:
        return Range(float(totals.get(f"{name}_low", 0)), float(totals.get(f"{name}_high", 0)))

    return PeriodSummary(
        label=str(period["label"]),
        start=str(period["start"]),
        end=str(period["end"]),
        sites=between("sites"),
        active=between("active"),
        active_m2=between("active_m2"),
        area_m2=between("disturbed_area_m2"),
        pools=between("pool_count") if sees_pools else Range(math.nan, math.nan),
        candidates=int(totals.get("candidates", 0)),
        states={state: states.get(state, 0) for state in STATES},
        overpasses=int(period.get("looks", 0)),
        clear_fraction=float(period.get("clear_fraction", 0.0)),
        observed_fraction=float(period.get("observed_fraction", 0.0)),
    )
