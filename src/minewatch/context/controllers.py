"""Who held the ground: claims with dates and outlines, joined to what was seen where and when.

A claim says that somebody held some ground for some time. Every date here is the widest that its
source allows, so that claims overlap: whoever may have held the ground is a candidate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import shapely

from minewatch.areas.control import parse_fuzzy_date
from minewatch.context.plain_records import records
from minewatch.errors import SettingsError
from minewatch.model import ControlInterval

CERTAINTIES: Final = ("low", "medium", "high")
UNKNOWN: Final = "nobody named"
"""Where no claim reaches."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """That somebody held some ground for some time."""

    controller: str
    """Short name."""
    valid_from: date | None
    """First day it may have been so; None: open."""
    valid_to: date | None
    """Last day it may have been so; None: open."""
    source: str
    """Who says so."""
    certainty: str
    """One of `CERTAINTIES`."""
    outline: shapely.Geometry | None
    """The ground, metres of the zone; None: all of the area."""

    def reaches(self, first: date, last: date) -> bool:
        """Whether it may hold on a day from the first to the last."""
        return (self.valid_from or date.min) <= last and (self.valid_to or date.max) >= first

    def covers(self, first: date, last: date) -> bool:
        """Whether it may hold on every day from the first to the last."""
        return (self.valid_from or date.min) <= first and (self.valid_to or date.max) >= last


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Who may have held a place in a stretch of days."""

    all: tuple[str, ...]
    """Everybody with a claim to any day of it, by name; empty: nobody is named."""
    sure: str | None
    """The only candidate, with no claim of low certainty, and a claim to every day."""
    likely: str | None
    """The only candidate with a claim that is not of low certainty, and to every day."""


def claims_of(
    control: Sequence[ControlInterval], names: Sequence[Mapping[str, str]]
) -> tuple[Claim, ...]:
    """The claims of an area that comes with them.

    Parameters
    ----------
    control
        Intervals of the area.
    names
        Rows of `controllers.csv` of that area: how a group begins, its short name and certainty.
        A group that is not there keeps its whole name and is of medium certainty.
    """
    claims = []
    for interval in control:
        known = next((n for n in names if interval.group.startswith(n["group_begins"])), None)
        claims.append(
            Claim(
                controller=known["controller"] if known else interval.group,
                valid_from=interval.start, valid_to=interval.end, source=interval.source,
                certainty=known["certainty"] if known else "medium", outline=None,
            )
        )  # fmt: skip
    return tuple(claims)


def claims_from(table: gpd.GeoDataFrame, *, where: str) -> tuple[Claim, ...]:
    """The claims of a layer of the user's own.

    Parameters
    ----------
    table
        `controller`, `valid_from`, `valid_to`, `source`, and outlines, metres of the zone;
        `certainty` where it is not medium. Days as 2024-09-30, 2024-09 or 2024 (the widest that
        they may mean is taken), empty when open.
    where
        What to call the layer in an error.

    Raises
    ------
    SettingsError
        Names the column, the row and the value that cannot be read.
    """
    needed = ("controller", "valid_from", "valid_to", "source")
    if missing := [name for name in needed if name not in table.columns]:
        raise SettingsError(
            f"{where}: column {missing[0]!r} is missing", hint=f"it needs {', '.join(needed)}"
        )
    claims = []
    for number, row in enumerate(records(table), start=1):
        if pd.isna(row["controller"]) or not str(row["controller"]).strip():
            raise SettingsError(f"{where}, row {number}: names no controller", hint="name one")
        if pd.isna(row["source"]) or not str(row["source"]).strip():
            raise SettingsError(
                f"{where}, row {number}: {row['controller']} has no source",
                hint="say who says so: a claim without a source is not used",
            )
        at = f"{where}, row {number}"
        first = _day(row["valid_from"], f"{at}: valid_from", first=True)
        last = _day(row["valid_to"], f"{at}: valid_to", first=False)
        if first and last and last < first:
            raise SettingsError(
                f"{where}, row {number}: ends ({last}) before {first}",
                hint="valid_from is the first day, valid_to the last",
            )
        certainty = row.get("certainty")
        certainty = "medium" if certainty is None or pd.isna(certainty) else str(certainty)
        if certainty not in CERTAINTIES:
            raise SettingsError(
                f"{where}, row {number}: certainty {certainty!r}",
                hint=f"give one of {', '.join(CERTAINTIES)}",
            )
        claims.append(
            Claim(
                controller=str(row["controller"]).strip(), valid_from=first, valid_to=last,
                source=str(row["source"]), certainty=certainty, outline=row["geometry"],
            )
        )  # fmt: skip
    return tuple(claims)


def find_candidates(
    claims: Sequence[Claim], place: shapely.Geometry, first: date, last: date
) -> Candidates:
    """Who may have held a place in a stretch of days.

    Parameters
    ----------
    claims
        Every claim.
    place
        Ground, metres of the zone.
    first, last
        The days, both included.
    """
    here = [
        c
        for c in claims
        if c.reaches(first, last) and (c.outline is None or c.outline.intersects(place))
    ]
    everybody = tuple(sorted({c.controller for c in here}))
    firm = {c.controller for c in here if c.certainty != "low"}
    covering = {c.controller for c in here if c.certainty != "low" and c.covers(first, last)
                and (c.outline is None or c.outline.covers(place))}  # fmt: skip
    likely = next(iter(firm)) if len(firm) == 1 and firm == covering else None
    sure = likely if len(everybody) == 1 and likely else None
    return Candidates(all=everybody, sure=sure, likely=likely)


def with_candidates(happenings: gpd.GeoDataFrame, claims: Sequence[Claim]) -> gpd.GeoDataFrame:
    """Things that happened, with who may have held their place then.

    Parameters
    ----------
    happenings
        `earliest`, `latest` (days; None: before the archive) and outlines, metres of the zone.
    claims
        Every claim.

    Returns
    -------
    GeoDataFrame
        With `candidates` (names joined by ` | `), `sure`, `likely`. What may have happened at any
        time before the archive has the candidates of all that time and nobody is sure.
    """
    found = [
        find_candidates(claims, place, first or date.min, last)
        for place, first, last in zip(
            happenings.geometry, happenings["earliest"], happenings["latest"], strict=True
        )
    ]
    return happenings.assign(
        candidates=[" | ".join(c.all) or UNKNOWN for c in found],
        sure=pd.Series([c.sure for c in found], index=happenings.index, dtype=object),
        likely=pd.Series([c.likely for c in found], index=happenings.index, dtype=object),
    )


def count_by_controller(happenings: pd.DataFrame) -> pd.DataFrame:
    """How often each thing happened on whose ground, as ranges.

    Parameters
    ----------
    happenings
        Answer of `with_candidates`, with `what` and `alert`.

    Returns
    -------
    DataFrame
        One row a controller and thing: `low` (confirmed sites, and the controller is sure),
        `likely` (the controller is likely), `high` (confirmed or provisional, and the controller
        is a candidate); of these `before_archive` may have happened at any time before it.
    """
    rows: list[dict[str, Any]] = []
    names = sorted({n for text in happenings["candidates"] for n in text.split(" | ")})
    for name in names:
        for what, part in happenings.groupby("what", sort=True):
            is_one = part["candidates"].map(lambda text, name=name: name in text.split(" | "))
            is_old = part["earliest"].isna()
            confirmed = part["alert"] == "confirmed"
            if not is_one.any():
                continue
            rows.append(
                {
                    "controller": name, "what": what,
                    "low": int((confirmed & (part["sure"] == name) & ~is_old).sum()),
                    "likely": int(((part["likely"] == name) & ~is_old).sum()),
                    "high": int(is_one.sum()), "before_archive": int((is_one & is_old).sum()),
                }
            )  # fmt: skip
    columns = ["controller", "what", "low", "likely", "high", "before_archive"]
    return pd.DataFrame(rows, columns=columns)


def _day(value: Any, where: str, *, first: bool) -> date | None:
    """The earliest or the latest day that a written date may mean; None: open."""
    if value is None or pd.isna(value) or not str(value).strip():
        return None
    text = value.date().isoformat() if isinstance(value, datetime) else str(value)
    days = parse_fuzzy_date(text)
    if days is None:
        raise SettingsError(
            f"{where} {value!r} is no day", hint="write it as 2024-09-30, 2024-09 or 2024"
        )
    return days[0] if first else days[1]
