"""Sites counted by region and period: exact, private, and only ever handed to `releases`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import geopandas as gpd
import pandas as pd

from minewatch.model import Period
from minewatch.publishing.frames import Frame

COUNTED: Final = ("provisional", "confirmed")
"""Alerts of sites that are counted; what people call no mine is not."""
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "working": ("active",),
    "not_working": ("idle", "abandoned_dry", "revegetated"),
    "left_with_water": ("abandoned_wet",),
    "not_observed": ("not_observed",),
}
"""What a state is called in a release, where few sites must not stand alone."""


@dataclass(frozen=True)
class CellCount:
    """The sites of one region in one period."""

    sites: int = 0
    """How many are known then, seen or not."""
    groups: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(GROUPS, 0))
    """How many of each of `GROUPS`."""
    ground_m2: float = 0.0
    """Disturbed ground of those that were seen, m2."""
    largest_m2: float = 0.0
    """Disturbed ground of the largest of them, m2."""
    operators: frozenset[str] = frozenset()
    """Who is known to work there; empty when nobody is known."""


Counts = Mapping[tuple[Period, str], CellCount]
"""By period and region; what is missing holds no site."""


def count_sites(inventory: gpd.GeoDataFrame, frame: Frame, periods: Sequence[Period]) -> Counts:
    """The sites of each region in each period.

    A site is where it lay in the first period that has it: growth does not carry it into another
    cell, which would show between two releases.

    Parameters
    ----------
    inventory
        Contract `INVENTORY` and `VERDICT`; a column `operator`, when there is one, says who works
        a site.
    frame
        The regions.
    periods
        Those to count.
    """
    if inventory.empty:
        return {}
    ordered = inventory.sort_values(["period_start", "site_id"], kind="stable")
    counted = ordered["alert"].isin(COUNTED)
    if "verdict" in ordered:
        counted &= ordered["verdict"].astype(object) != "not_mine"
    first, rows = ordered.drop_duplicates("site_id"), ordered[counted]
    places = first.geometry.to_crs(4326).representative_point()
    region_of = dict(zip(first["site_id"], frame.locate(places), strict=True))
    wanted = {str(period.start): period for period in periods}
    table = pd.DataFrame(rows.drop(columns=rows.geometry.name))
    table["region"] = table["site_id"].map(region_of)
    table["period"] = table["period_start"].astype(str).str[:10].map(wanted)
    table = table.dropna(subset=["region", "period"])
    return {
        (part["period"].iloc[0], str(region)): _count(part)
        for (_, region), part in table.groupby(["period_start", "region"], sort=True)
    }


def _count(rows: pd.DataFrame) -> CellCount:
    ground = rows.loc[rows["state"] != "not_observed", "disturbed_area_m2"].astype(float).fillna(0)
    operators = rows["operator"].dropna().astype(str) if "operator" in rows else ()
    return CellCount(
        sites=rows["site_id"].nunique(),
        groups={name: int(rows["state"].isin(states).sum()) for name, states in GROUPS.items()},
        ground_m2=float(ground.sum()),
        largest_m2=float(ground.max()) if len(ground) else 0.0,
        operators=frozenset(operators),
    )
