"""The tables of a run with what people say of their rows, and what became of each verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from minewatch.model import VERDICT
from minewatch.model.verdicts import MINE
from minewatch.review.judgement_matching import match_judgements
from minewatch.review.judgements import Judgement, judge
from minewatch.review.verdict_entries import VerdictEntry
from minewatch.review.verdict_log import NOTE

CHANGE: Final = "change"
NOTHING: Final = "none"
DRAWN: Final = "drawn"
_SHOWN: Final = 5


@dataclass(frozen=True, kw_only=True)
class Whereabouts:
    """Where a judgement stands in the tables of a run."""

    judgement: Judgement
    """What people think."""
    way: str
    """`id` or `place`: of which it was found as a site; `change`: it is no site but lies among the
    changes; `drawn`: a person drew it and no site lies there; `none`: nothing is found there."""
    site_id: str | None = None
    """The site that it is about now."""
    note: str = ""
    """What became of it, in words; empty when it is a site."""

    @property
    def is_lost(self) -> bool:
        """Whether people call it a mine, an inventory had it, and this one has it no more."""
        return (
            self.judgement.verdict == MINE
            and not self.judgement.is_drawn
            and self.way in (CHANGE, NOTHING)
        )


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """The tables of a run beside what people say."""

    tables: Mapping[str, gpd.GeoDataFrame]
    """Name to table, with the columns of `VERDICT`."""
    places: tuple[Whereabouts, ...]
    """Every judgement, and where it stands."""

    def manifest_entry(self) -> dict[str, Any]:
        """What the manifest says of verdicts; empty when nobody said anything."""
        if not self.places:
            return {}
        counts = Counter(p.judgement.verdict for p in self.places if p.judgement.verdict)
        return {
            "review": {
                "verdicts": dict(sorted(counts.items())),
                "drawn_by_hand": sum(p.way == DRAWN for p in self.places),
                "counted": "rows, states and totals are the detector's; verdicts stand beside them",
                "without_site": [
                    {"id": p.judgement.subject, "verdict": p.judgement.words, "note": p.note}
                    for p in self.places
                    if p.site_id is None and p.way != DRAWN
                ],
            }
        }

    def warnings(self) -> list[str]:
        """What a reader of the inventory must know of the verdicts."""
        lost = [p for p in self.places if p.is_lost]
        if not lost:
            return []
        named = [f"{p.judgement.subject} ({p.note})" for p in lost[:_SHOWN]]
        more = f" and {len(lost) - _SHOWN} more" if lost[_SHOWN:] else ""
        what = (
            "1 site that people call a mine is"
            if len(lost) == 1
            else (f"{len(lost)} sites that people call mines are")
        )
        return [f"{NOTE}{what} no longer in the inventory: {'; '.join(named)}{more}"]


def add_verdicts(
    tables: Mapping[str, gpd.GeoDataFrame], entries: Sequence[VerdictEntry], *, epsg: int
) -> Reviewed:
    """The tables of a run with the verdicts of people beside the opinion of the detector.

    No row is added, taken away or changed otherwise.

    Parameters
    ----------
    tables
        `inventory`, `sites`, `features`, `changes`, any CRS; verdicts that they have are replaced.
    entries
        The log of the run, in order.
    epsg
        CRS in metres to measure in.
    """
    judgements = judge(entries)
    sites = match_judgements(judgements, tables["sites"], epsg=epsg)
    rest = [j for j in judgements if j.subject not in sites.rows]
    changes = match_judgements(rest, tables["changes"], epsg=epsg)
    ids = list(tables["sites"]["site_id"])
    by_site = {ids[sites.rows[j.subject]]: j for j in judgements if j.subject in sites.rows}
    by_change = {changes.rows[j.subject]: j for j in rest if j.subject in changes.rows}
    kinds = list(tables["changes"]["kind"])
    places = [
        Whereabouts(judgement=j, way=sites.ways[j.subject], site_id=ids[sites.rows[j.subject]])
        if j.subject in sites.rows
        else _elsewhere(
            j,
            kind=kinds[changes.rows[j.subject]] if j.subject in changes.rows else None,
            later=sites.later.get(j.subject),
        )
        for j in judgements
    ]
    found = {
        name: _with_columns(table, [by_site.get(i) for i in table["site_id"]])
        for name, table in tables.items()
        if "site_id" in table
    }
    found["changes"] = _with_columns(
        tables["changes"], [by_change.get(row) for row in range(len(tables["changes"]))]
    )
    return Reviewed(tables={n: found[n] for n in tables}, places=tuple(places))


def _elsewhere(judgement: Judgement, *, kind: str | None, later: str | None) -> Whereabouts:
    """What became of a judgement that is about no site."""
    notes = []
    if kind is not None:
        notes.append(f"it lies among the changes, as {kind}")
    elif not judgement.is_drawn:
        notes.append("nothing is found there")
    if later is not None:
        notes.append(f"a site began there later, on {later}: look at it")
    way = CHANGE if kind is not None else DRAWN if judgement.is_drawn else NOTHING
    return Whereabouts(judgement=judgement, way=way, note="; ".join(notes))


def _with_columns(table: gpd.GeoDataFrame, judged: Sequence[Judgement | None]) -> gpd.GeoDataFrame:
    values = [
        (None, None, None, None)
        if j is None or j.verdict is None
        else (j.verdict, j.reason, j.reviewer, j.time)
        for j in judged
    ]
    columns = {
        name: pd.Series([row[n] for row in values], index=table.index, dtype=object)
        for n, name in enumerate(VERDICT)
    }
    return table.assign(**columns)
