"""What a file that people edited adds to the log, and what it must not overwrite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal
from uuid import uuid4

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from minewatch.errors import SettingsError
from minewatch.model import WGS84
from minewatch.model.verdicts import MINE, WITHDRAWN
from minewatch.review.edited_files import EditedFile, EditedRow
from minewatch.review.judgement_matching import LEAST_SHARE
from minewatch.review.judgements import Judgement
from minewatch.review.verdict_columns import Whereabouts
from minewatch.review.verdict_entries import VerdictEntry, check_verdict

Prefer = Literal["file", "log"]
NEAR_POINT_M: Final = 50.0
"""A point is about a site at most this far away; starting value: five pixels."""
EDITED_M2: Final = 1.0
"""Least difference of two outlines that somebody made on purpose: coordinates are rounded to
centimetres, and programs reorder vertices."""
HAND: Final = "hand-"
"""How ids of places begin that a person drew."""


@dataclass(frozen=True, kw_only=True)
class ImportPlan:
    """What is to be written, and what is not."""

    entries: tuple[VerdictEntry, ...]
    """To be added to the log."""
    conflicts: tuple[str, ...]
    """Rows that say something else than the log, where their editor had not seen what it says."""
    left_out: tuple[str, ...]
    """Rows that cannot be taken, and why."""
    notes: tuple[str, ...]
    """What else is to know."""
    unchanged: int
    """Rows that say what the log says, or nothing."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the file was left behind."""
        return not self.conflicts and not self.left_out


@dataclass(frozen=True, kw_only=True)
class _Target:
    """What a row is about."""

    subject: str | None
    """None: something new."""
    site_id: str | None = None
    judgement: Judgement | None = None
    detected: BaseGeometry | None = None
    """Outline of the site."""
    site: Any = None
    """Row of the site."""


def hand_id() -> str:
    """An id for a place that a person drew: never the same twice."""
    return f"{HAND}{uuid4().hex[:10]}"


def plan_import(
    file: EditedFile,
    sites: gpd.GeoDataFrame,
    places: Sequence[Whereabouts],
    entries: Sequence[VerdictEntry],
    *,
    epsg: int,
    seen_until: str,
    reviewer: str | None,
    time: str,
    source: str,
    prefer: Prefer | None = None,
) -> ImportPlan:
    """What the rows of a file add to the log: matched by id, else by place.

    A verdict is taken when there was none, or when the row still carries the time of the one that
    counts: its editor saw it, and changed it. Otherwise it is a conflict. A row that repeats what
    the log has said before, at the same time, was not edited.

    Parameters
    ----------
    file
        What people edited.
    sites
        Contract `SITES`, WGS 84.
    places
        Every judgement so far and where it stands.
    entries
        The log so far.
    epsg
        CRS in metres to measure in.
    seen_until
        Last day of the inventory.
    reviewer
        Who edited the file, for rows that do not say.
    time
        When it is read.
    source
        Name of the file.
    prefer
        Who is right in a conflict: `file` or `log`; None writes neither and lists them.
    """
    finder = _Finder(sites, places, epsg=epsg)
    planned = _Planned(said={(e.subject, e.verdict, e.reason, e.time) for e in entries})
    for row in file.rows:
        target = finder.find(row)
        if planned.is_usable(row, target):
            corrected = planned.outline_of(row, target, finder)
            is_said = planned.is_said(row, target, prefer)
            planned.add(
                row, target, corrected=corrected, is_said=is_said, seen_until=seen_until,
                reviewer=reviewer, time=time, source=source,
            )  # fmt: skip
    return ImportPlan(
        entries=tuple(e for e, _ in planned.entries.values() if e.subject not in planned.disputed),
        conflicts=tuple(dict.fromkeys(planned.conflicts)),
        left_out=tuple(planned.left_out),
        notes=(*file.notes, *planned.notes),
        unchanged=planned.unchanged,
    )


@dataclass
class _Planned:
    """What the rows read so far come to."""

    said: set[tuple[str, str | None, str | None, str]]
    """Subject, verdict, reason and time of every entry of the log."""
    entries: dict[str, tuple[VerdictEntry, str]] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)
    disputed: set[str] = field(default_factory=set)
    """Subjects of conflicts: nothing is written of them."""
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unchanged: int = 0

    def is_usable(self, row: EditedRow, target: _Target) -> bool:
        """Whether a row can be about something; counts or names it when not."""
        try:
            check_verdict(row.verdict, row.reason)
        except SettingsError as error:
            self.left_out.append(f"{row.where}: {error.problem} ({error.hint})")
            return False
        is_known = target.subject is not None
        if not is_known and row.verdict in (None, WITHDRAWN):
            is_drawn = row.verdict is None and row.outline is not None
            if not is_drawn or row.site_id is not None or row.is_change:
                self.unchanged += 1
                return False
        if not is_known and row.outline is None:
            what = f"the id {row.site_id}" if row.site_id else "its place"
            self.left_out.append(
                f"{row.where}: no site for {what} here, and no outline to draw it by"
            )
            return False
        return True

    def outline_of(self, row: EditedRow, target: _Target, finder: _Finder) -> BaseGeometry | None:
        """The outline that a row corrects, when it does."""
        corrected = None if row.is_change else finder.edited_outline(row, target)
        if corrected is None or not finder.is_of_other_inventory(row, target):
            return corrected
        self.left_out.append(
            f"{row.where}: the outline of {target.subject} is not that of this inventory: the file "
            "is of an earlier one, and the site was measured anew since"
        )
        return None

    def is_said(self, row: EditedRow, target: _Target, prefer: Prefer | None) -> bool:
        """Whether the verdict of a row is news that may be written."""
        known = target.judgement
        if row.verdict is None:
            return False
        if known is None or known.verdict is None:
            return row.verdict != WITHDRAWN
        if (row.verdict, row.reason) == (known.verdict, known.reason):
            return False
        if row.time == known.time or prefer == "file":
            return True
        is_old = (known.subject, row.verdict, row.reason, row.time) in self.said
        if prefer is None and not is_old:
            self.conflicts.append(
                f"{row.where}: {target.subject} is {row.verdict} there, and {known.words} by "
                f"{known.reviewer or 'somebody'} on {known.time} here, which its editor did not see"
            )
            self.disputed.add(known.subject)
        return False

    def add(
        self,
        row: EditedRow,
        target: _Target,
        *,
        corrected: BaseGeometry | None,
        is_said: bool,
        seen_until: str,
        reviewer: str | None,
        time: str,
        source: str,
    ) -> None:
        """Plan the entry of a row, together with what another row said of the same place."""
        known = target.judgement
        note = None if known is not None and row.note == known.note else row.note
        verdict, reason = (row.verdict, row.reason) if is_said else (None, None)
        if target.subject is None and verdict is None:
            verdict = MINE
            self.notes.append(f"{row.where}: drawn by hand without a verdict: taken as a mine")
        if verdict is None and note is None and corrected is None:
            self.unchanged += 1
            return
        by_row = None if known is not None and row.reviewer == known.reviewer else row.reviewer
        entry = VerdictEntry(
            subject=target.subject or hand_id(), site_id=target.site_id, verdict=verdict,
            reason=reason, note=note, reviewer=by_row or reviewer, time=time,
            outline=_where(row, target), corrected=corrected,
            first_detected=None if target.site is None else target.site["first_detected"],
            seen_until=seen_until, source=source,
        )  # fmt: skip
        before, where = self.entries.get(entry.subject, (None, row.where))
        merged = entry if before is None else _together(before, entry)
        if merged is not None:
            self.entries[entry.subject] = merged, where
            return
        self.disputed.add(entry.subject)
        self.conflicts.append(
            f"{row.where}: {entry.subject} is {entry.verdict} there, and "
            f"{before.verdict if before else None} in {where}"
        )


def _together(one: VerdictEntry, two: VerdictEntry) -> VerdictEntry | None:
    """What two rows say of one place; None when they do not agree."""
    verdicts = {(e.verdict, e.reason) for e in (one, two) if e.verdict is not None}
    if len(verdicts) > 1:
        return None
    verdict, reason = verdicts.pop() if verdicts else (None, None)
    corrected = one.corrected if one.corrected is not None else two.corrected
    return replace(
        one, verdict=verdict, reason=reason, corrected=corrected, note=one.note or two.note
    )


def _where(row: EditedRow, target: _Target) -> BaseGeometry:
    """Where the place is that a row is about."""
    for outline in (target.detected, target.judgement and target.judgement.place, row.outline):
        if outline is not None:
            return outline
    raise SettingsError(f"{row.where} has no outline", hint="draw one")


class _Finder:
    """Finds what rows are about; built once for a file."""

    def __init__(
        self, sites: gpd.GeoDataFrame, places: Sequence[Whereabouts], *, epsg: int
    ) -> None:
        self.epsg = epsg
        about = {p.site_id: p.judgement for p in places if p.site_id is not None}
        targets = [
            _Target(
                subject=judged.subject if (judged := about.get(row["site_id"])) else row["site_id"],
                site_id=row["site_id"], judgement=judged,
                detected=row[sites.geometry.name], site=row,
            )
            for row in sites.to_dict("records")
        ]  # fmt: skip
        targets += [
            _Target(subject=p.judgement.subject, judgement=p.judgement)
            for p in places
            if p.site_id is None
        ]
        self.targets = targets
        self.by_id: dict[str, _Target] = {}
        for target in targets:
            judgement = target.judgement
            names = (judgement.subject, *judgement.site_ids) if judgement else ()
            for name in (target.site_id, *names):
                if name is not None:
                    self.by_id.setdefault(name, target)
        for target in targets:  # an id of today comes before one that a place once bore
            if target.site_id is not None:
                self.by_id[target.site_id] = target
        outlines = [
            t.judgement.place if t.detected is None and t.judgement else t.detected for t in targets
        ]
        self.outlines = self._metres(outlines)
        self.tree = shapely.STRtree(self.outlines)

    def find(self, row: EditedRow) -> _Target:
        """What a row is about: by id, else by place, else nothing that is known."""
        if row.site_id is not None and row.site_id in self.by_id:
            return self.by_id[row.site_id]
        if row.outline is not None:
            drawn = self._metres([row.outline])[0]
            near = self.tree.query(drawn, predicate="intersects")
            shared = shapely.area(shapely.intersection(self.outlines[near], drawn))
            smaller = np.minimum(shapely.area(self.outlines[near]), drawn.area)
            enough = shared >= LEAST_SHARE * smaller
            if enough.any():
                return self.targets[int(near[np.argmax(np.where(enough, shared, -1.0))])]
        elif row.point is not None and len(self.outlines):
            point = self._metres([row.point])[0]
            nearest = int(self.tree.nearest(point))
            if shapely.distance(self.outlines[nearest], point) <= NEAR_POINT_M:
                return self.targets[nearest]
        return _Target(subject=None)

    def edited_outline(self, row: EditedRow, target: _Target) -> BaseGeometry | None:
        """The outline of a row when it is neither the detected nor the corrected one."""
        if row.outline is None or target.subject is None:
            return None
        judged = target.judgement
        known = [target.detected, *((judged.outline, judged.corrected) if judged else ())]
        same = [outline for outline in known if outline is not None]
        drawn, *others = self._metres([row.outline, *same])
        apart = shapely.area(shapely.symmetric_difference(drawn, np.array(others, dtype=object)))
        return None if (apart < EDITED_M2).any() else row.outline

    def is_of_other_inventory(self, row: EditedRow, target: _Target) -> bool:
        """Whether the detector's columns of a row are not those of its site now."""
        if target.site is None or row.site_id is None:
            return False
        return any(_differs(value, target.site[name]) for name, value in row.stamp.items())

    def _metres(self, outlines: Sequence[BaseGeometry | None]) -> np.ndarray:
        moved = gpd.GeoSeries(list(outlines), crs=WGS84).to_crs(self.epsg)
        valid: np.ndarray = shapely.make_valid(np.asarray(moved.array, dtype=object))
        return valid


def _differs(one: Any, two: Any) -> bool:
    try:
        return abs(float(one) - float(two)) > 0.01
    except (TypeError, ValueError):
        return str(one)[:10] != str(two)[:10]
