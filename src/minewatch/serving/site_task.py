"""Sites of a run, judged on a page; every answer is an entry of the run's log of verdicts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, Final

from minewatch import analysis, exporters, reports, review
from minewatch.analysis.report_inputs import ground_pictures, run_evidence
from minewatch.analysis.reviewing import NEW, review_of, subject_of
from minewatch.errors import MinewatchError, SettingsError
from minewatch.model import CHANGE_KINDS, RunResult
from minewatch.model.verdicts import MINE, NOT_MINE, UNSURE, VERDICTS, WITHDRAWN
from minewatch.serving.drawn_outlines import read_drawn_outline
from minewatch.serving.judging_task import JudgingPage, TakenBackError
from minewatch.serving.table_writer import TableWriter
from minewatch.store import open_result

SOURCE: Final = "review serve"
"""How entries of the page came, in the log."""
MOST_NOTE: Final = 2_000
"""Characters of a note."""
_REASON_KEYS: Final = "123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class _Known:
    """The log as it was when it was read last."""

    mark: tuple[int, int]
    """Size and time of its file."""
    all: analysis.Review
    """What everybody says: it decides what an entry is about."""
    shown: analysis.Review
    """What this reviewer may see."""


class SiteTask:
    """Sites as a `JudgingTask`.

    Parameters
    ----------
    directory
        Folder of a finished run.
    reviewer
        Who judges; None: nobody who has a name.
    is_blind
        Whether the detector's opinion, and what other people say, is kept from the page.
    now
        The clock.
    write_tables
        Makes the tables of the run show the log; gives what a person must know, or nothing.

    Raises
    ------
    SettingsError
        When the run has no site, or a blind reviewer has no name.
    """

    def __init__(
        self,
        directory: Path,
        *,
        reviewer: str | None = None,
        is_blind: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        write_tables: Callable[[Path], str] = analysis.show_verdicts,
    ) -> None:
        self.result: RunResult = open_result(directory, verify=False)
        """The run as it was when the page was made: what people look at."""
        self.reviewer, self.is_blind = reviewer, is_blind
        if is_blind and not reviewer:
            raise SettingsError(
                "blind review without a name is like that of anybody",
                hint="give --reviewer NAME",
            )
        if not len(self.result.sites):
            raise SettingsError(
                f"{directory} has no site to judge",
                hint="`minewatch review set DIR new mine --outline FILE` draws one",
            )
        for layer in exporters.LAYERS.values():  # now: an update may replace the files
            layer.table(self.result)
        self._ids = [str(site) for site in self.result.sites["site_id"]]
        self._mark = _inventory_mark(self.result.manifest)
        self._now = now
        self._lock = Lock()
        self._known: _Known | None = None
        self.given = 0
        """Entries that were added by this task."""
        self._tables = TableWriter(lambda: write_tables(self.result.directory))

    @property
    def log(self) -> Path:
        """Where entries are kept."""
        return self.result.directory / review.LOG

    def page(self) -> JudgingPage:
        """The page: with the detector's opinion, or blind with nothing but places and pictures."""
        pictures = ground_pictures(self.result)
        if self.is_blind:
            queue = review.queue_blind(self._ids, salt=str(self.reviewer))
            outlines = dict(zip(self._ids, self.result.sites.geometry, strict=True))
            units = [reports.Unit(id=of.id, outline=outlines[of.id]) for of in queue]
            values = reports.unit_values(self.result, units, pictures=pictures)
        else:
            queue = review.queue_sites(self.result.sites)
            evidence = run_evidence(self.result)
            values = reports.page_values(self.result, pictures=pictures, evidence=evidence)
            for site in values["sites"]:
                site.pop("verdict", None)  # the page asks for what is said by now
        html, policy = reports.render_judging_page(
            values, answers=verdict_answers(), reviewer=self.reviewer, is_blind=self.is_blind,
            queue=[{"id": of.id, "why": ", ".join(of.why)} for of in queue], can_draw=True,
        )  # fmt: skip
        return JudgingPage(html=html, policy=policy)

    def state(self) -> Mapping[str, Any]:
        """What is said so far, of which a blind reviewer sees only the own."""
        with self._lock:
            known = self._read()
        standing = review.standing_entries(known.all.entries)
        own = {s for s, said in standing.items() if self.reviewer in review.last_words(said)}
        about = {p.judgement.subject: p.site_id for p in known.all.places if p.site_id}
        sites = {p.site_id: self._said(p, own) for p in known.shown.places if p.site_id}
        judged = {site for subject, site in about.items() if subject in own}
        anybody = [p for p in known.shown.places if p.site_id and p.judgement.verdict]
        notes = [*known.shown.notes, *([self._tables.note] if self._tables.note else [])]
        if self._is_old():
            notes.append("the run was updated since this page was made: stop, and start it again")
        return {
            "units": sites,
            "drawn": [
                {
                    "id": p.judgement.subject, **self._said(p, own),
                    "paths": reports.svg_paths(p.judgement.place, reports.frame_of(self.result)),
                }
                for p in known.shown.places
                if p.site_id is None
            ],
            "progress": {
                "own": len(judged), "all": None if self.is_blind else len(anybody),
                "count": len(self._ids),
            },
            "last": self._last(known.all.entries, standing, about),
            "notes": notes,
        }  # fmt: skip

    def say(self, said: Mapping[str, Any]) -> Mapping[str, Any]:
        """Add one entry to the log.

        Parameters
        ----------
        said
            `id` (None: a new place), `verdict`, `reason`, `note`, `outline` (rings).
        """
        verdict, reason, note = (_text(said, name) for name in ("verdict", "reason", "note"))
        review.check_verdict(verdict, reason)
        if verdict == WITHDRAWN:
            raise SettingsError("withdrawn is said by undo", hint="press z")
        rings = said.get("outline")
        drawn = None if rings is None else read_drawn_outline(rings, self.result.aoi)
        if verdict is None and drawn is None and not note:
            raise SettingsError("nothing is said", hint="give a verdict, an outline or a note")
        with self._lock:
            known = self._read()
            site = _text(said, "id")
            about = subject_of(known.all, NEW if site is None else site, drawn)
            entry = review.VerdictEntry(
                **about, verdict=verdict, reason=reason, note=note or None,
                reviewer=self.reviewer, time=self._time(known.all.entries, about["subject"]),
                seen_until=known.all.seen_until, source=SOURCE,
            )  # fmt: skip
            review.append_verdicts(self.result.directory, [entry])
            self.given += 1
        self._tables.due()
        return self.state()

    def undo(self, which: Mapping[str, Any]) -> Mapping[str, Any]:
        """Add an entry that takes back one of this reviewer's: `subject` and `time` name it."""
        with self._lock:
            known = self._read()
            standing = review.standing_entries(known.all.entries).get(str(which.get("subject")), [])
            own = [
                e for e in standing if (e.reviewer, e.time) == (self.reviewer, which.get("time"))
            ]
            if not own:
                raise TakenBackError(
                    "that was taken back already, or is not yours", hint="look again"
                )
            taken = own[-1]
            entry = review.VerdictEntry(
                subject=taken.subject, site_id=taken.site_id, verdict=WITHDRAWN,
                takes_back=taken.time, reviewer=self.reviewer, outline=taken.outline,
                time=self._time(known.all.entries, taken.subject),
                first_detected=taken.first_detected, seen_until=taken.seen_until, source=SOURCE,
            )  # fmt: skip
            review.append_verdicts(self.result.directory, [entry])
            self.given += 1
        self._tables.due()
        return self.state()

    def close(self) -> str:
        """Make the tables show what was said."""
        return self._tables.close()

    def _read(self) -> _Known:
        """The log as it is now; read only when its file is another."""
        try:
            at = self.log.stat()
            mark = (at.st_size, at.st_mtime_ns)
        except OSError:
            mark = (0, 0)
        if self._known is None or self._known.mark != mark:
            everything = review_of(self.result)
            shown = everything
            if self.is_blind:
                entries = [e for e in everything.entries if self._may_see(e)]
                shown = analysis.Review(
                    result=self.result, entries=tuple(entries), notes=everything.notes,
                    places=review_of(self.result, entries).places,
                )  # fmt: skip
            self._known = _Known(mark=mark, all=everything, shown=shown)
        return self._known

    def _may_see(self, entry: review.VerdictEntry) -> bool:
        is_for_all = entry.verdict == WITHDRAWN and entry.takes_back is None
        return entry.reviewer == self.reviewer or is_for_all

    def _said(self, place: review.Whereabouts, own: set[str]) -> dict[str, Any]:
        judgement = place.judgement
        frame = reports.frame_of(self.result)
        corrected = judgement.corrected
        return {
            "verdict": judgement.verdict, "reason": judgement.reason, "note": judgement.note,
            "by": judgement.reviewer, "at": judgement.time, "own": judgement.subject in own,
            "others": list(judgement.others),
            "corrected": None if corrected is None else reports.svg_paths(corrected, frame),
        }  # fmt: skip

    def _last(
        self,
        entries: Sequence[review.VerdictEntry],
        standing: Mapping[str, Sequence[review.VerdictEntry]],
        about: Mapping[str, str],
    ) -> dict[str, str] | None:
        """The newest entry of this reviewer that came by a page: what undo takes back."""
        stands = {id(e) for said in standing.values() for e in said}
        own = (e for e in reversed(entries) if e.reviewer == self.reviewer and e.source == SOURCE)
        last = next((e for e in own if id(e) in stands), None)
        if last is None:
            return None
        words = [str(last.verdict).replace("_", " ")] if last.verdict else []
        words += ["outline"] if last.corrected is not None else []
        words += ["note"] if last.note else []
        return {
            "subject": last.subject, "time": last.time, "words": ", ".join(words),
            "id": about.get(last.subject, last.subject),
        }  # fmt: skip

    def _time(self, entries: Sequence[review.VerdictEntry], subject: str) -> str:
        """Now, or the first second after it at which this reviewer said nothing of the place."""
        taken = {e.time for e in entries if (e.subject, e.reviewer) == (subject, self.reviewer)}
        now = self._now()
        while review.moment_text(now) in taken:
            now += timedelta(seconds=1)
        return review.moment_text(now)

    def _is_old(self) -> bool:
        try:
            return _inventory_mark(exporters.read_manifest(self.result.directory)) != self._mark
        except MinewatchError:
            return True


def verdict_answers() -> list[reports.Answer]:
    """Verdicts, and the kinds of change as reasons, each with its key."""
    reasons = tuple(
        reports.Answer(key=key, value=name, label=name.replace("_", " "), meaning=kind.meaning)
        for key, (name, kind) in zip(_REASON_KEYS, CHANGE_KINDS.items(), strict=False)
    )
    return [
        reports.Answer(key=key, value=value, label=label, meaning=VERDICTS[value], reasons=of)
        for key, value, label, of in (
            ("m", MINE, "mine", ()), ("n", NOT_MINE, "not a mine", reasons),
            ("u", UNSURE, "unsure", ()),
        )
    ]  # fmt: skip


def _inventory_mark(manifest: Mapping[str, Any]) -> str:
    """What changes when a run was updated, and not when a verdict came."""
    names = ("parameters", "periods", "scenes", "rules", "rule_versions")
    return json.dumps({name: manifest.get(name) for name in names}, sort_keys=True, default=str)


def _text(said: Mapping[str, Any], name: str) -> str | None:
    value = said.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > MOST_NOTE:
        raise SettingsError(
            f"{name} is no text of at most {MOST_NOTE} characters", hint="write less"
        )
    return value.strip()
