"""Units of a probability sample, labelled on a page: blind to the map and to other interpreters."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final

import shapely
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from minewatch import reports, review, samples
from minewatch.analysis import sample_folder
from minewatch.analysis.report_inputs import ground_pictures
from minewatch.errors import OutputError, SettingsError
from minewatch.samples.label_entries import BEGUN
from minewatch.serving.judging_task import JudgingPage, TakenBackError
from minewatch.store import open_result

_BLIND_FILE: Final = "units.geojson"
_TAKEN_KEYS: Final = "sz"
"""Keys of the page itself."""
_MOST_NOTE: Final = 2_000
_PARTS_OF_MINES: Final = {"pool", "pad"}


@dataclass(frozen=True, kw_only=True)
class _Place:
    """One unit in one period."""

    id: str
    unit: str
    period: str
    """First day, ISO."""
    number: int
    """Which period of the run it is, from 0."""
    label: str
    """The period in words."""
    outline: BaseGeometry
    pixels: int
    """How many pixels of it are labelled."""
    side: int
    """Side of a block, pixels; 1 for anything else."""
    is_drawn: bool
    """Whether it was drawn for a second interpreter."""
    cells: tuple[tuple[int, int], ...]
    """Of a block: row and column inside of each pixel, in the order of labels."""


class SampleTask:
    """Units of a sample as a `JudgingTask`.

    Of the sample it reads `units.geojson` alone, which has neither strata nor classes: what is not
    read cannot reach the browser. Labels are lines of the sample's own log; a later one replaces an
    earlier.

    Parameters
    ----------
    directory
        Folder of a finished run.
    sample
        Name of a sample of it, or the folder of one.
    interpreter
        Who labels.
    is_second
        Whether only the units that were drawn for a second interpreter are shown, and those that
        somebody else calls part of a mine now, in one order: which is which is not to be known.
    is_third
        Whether only those are shown on which two interpreters differ now and nobody else decided,
        without what they said; labels are third looks, which decide.
    now
        The clock.

    Raises
    ------
    SettingsError
        When there is no such sample, it has no such unit, or the interpreter has no name; or when
        units are asked for a second and for a third interpreter.
    OutputError
        When its file is damaged.
    """

    def __init__(
        self,
        directory: Path,
        sample: str,
        *,
        interpreter: str | None,
        is_second: bool = False,
        is_third: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if not interpreter:
            raise SettingsError("a label needs an interpreter", hint="give --reviewer NAME")
        if is_second and is_third:
            raise SettingsError("--second and --third at once", hint="give one of them")
        self.result = open_result(directory, verify=False)
        self.interpreter, self._now, self._lock = interpreter, now, Lock()
        self._is_third = is_third
        self.folder = sample_folder(self.result.directory, sample)
        raw = _read_blind(self.folder / _BLIND_FILE)
        self.labels: Mapping[str, str] = raw["minewatch:labels"]
        """What can be said, to what it means."""
        starts = [period["start"] for period in self.result.manifest["periods"]]
        mines = self._mines() if is_second else set[tuple[str, str]]()
        self._places = {
            place.id: place
            for place in _places(raw, starts=starts)
            if not is_second or place.is_drawn or (place.unit, place.period) in mines
        }
        if not self._places:
            raise SettingsError(f"{self.folder} has no unit for you", hint="leave out --second")
        if is_third:
            disputed = self._disputed()
            self._places = {
                id: of for id, of in self._places.items() if (of.unit, of.period) in disputed
            }
            if not self._places:
                raise SettingsError(
                    f"{self.folder}: two interpreters differ on no unit that is undecided",
                    hint="leave out --third",
                )
        self.given = 0
        """Labels that were added by this task."""

    @property
    def log(self) -> Path:
        """Where labels are kept."""
        return self.folder / "labels.jsonl"

    def _disputed(self) -> set[tuple[str, str]]:
        """Unit and period of labels that differ, but for those that somebody else decided."""
        entries = samples.read_label_log(self.folder).entries
        decided = {
            (e.unit, e.period) for e in entries if e.third and e.interpreter != self.interpreter
        }
        merged = samples.merge_labels([e for e in entries if not e.third])
        return set(merged.disputed) - decided

    def _mines(self) -> set[tuple[str, str]]:
        """Unit and period of what somebody else calls part of a mine, at a first look."""
        return {
            (e.unit, e.period)
            for e in samples.read_label_log(self.folder).entries
            if not e.third
            and e.interpreter != self.interpreter
            and {*(e.counts or e.labels)} & _PARTS_OF_MINES
        }

    def page(self) -> JudgingPage:
        """The page: places and pictures, in an order of this interpreter's own."""
        queue = review.queue_blind(list(self._places), salt=self.interpreter)
        chosen = [self._places[of.id] for of in queue]
        units = [reports.Unit(id=place.id, outline=place.outline) for place in chosen]
        values = reports.unit_values(self.result, units, pictures=ground_pictures(self.result))
        html, policy = reports.render_judging_page(
            values, answers=label_answers(self.labels), reviewer=self.interpreter, is_blind=True,
            queue=[_queued(place) for place in chosen],
            can_draw=False, confidences=samples.CONFIDENCES,
            begun=() if "mine" in self.labels else BEGUN,
        )  # fmt: skip
        return JudgingPage(html=html, policy=policy)

    def state(self) -> Mapping[str, Any]:
        """What this interpreter said so far, and nothing of any other."""
        read = samples.read_label_log(self.folder)
        by_key = {(place.unit, place.period): place.id for place in self._places.values()}
        own: dict[str, dict[str, Any]] = {}
        for entry in read.entries:
            place = by_key.get((entry.unit, entry.period))
            is_own = entry.interpreter == self.interpreter and entry.third == self._is_third
            if place is not None and is_own:
                own[place] = {
                    "verdict": mixed_words(entry), "reason": None, "note": entry.note, "by": None,
                    "at": entry.time, "own": True, "corrected": None, "others": [],
                    "confidence": entry.confidence,
                    "labels": list(entry.labels) if len(entry.labels) > 1 else None,
                    "counts": entry.counts or None,
                }  # fmt: skip
        return {
            "units": own, "drawn": [], "last": None, "notes": list(read.notes),
            "progress": {"own": len(own), "all": None, "count": len(self._places)},
        }  # fmt: skip

    def say(self, said: Mapping[str, Any]) -> Mapping[str, Any]:
        """Add one label to the log of the sample.

        Parameters
        ----------
        said
            `id`, `verdict` (a label), `note`, `confidence` (`high`, `medium`, `low`, or none). Of a
            block also what is not the verdict in it: `cells`, a label or none of each pixel, or
            `counts`, how many pixels there are of other labels; of a pixel on a mine `site_area_ha`
            and `begun` (`older` or `within`).
        """
        place = self._places.get(str(said.get("id")))
        label, note = said.get("verdict"), said.get("note")
        if place is None:
            raise SettingsError(f"no unit {said.get('id')!r} here", hint="load the page again")
        if not isinstance(label, str) or label not in self.labels:
            raise SettingsError(
                f"no label {label!r}; known: {', '.join(self.labels)}", hint="give one"
            )
        if note is not None and (not isinstance(note, str) or len(note) > _MOST_NOTE):
            raise SettingsError(
                f"note is no text of at most {_MOST_NOTE} characters", hint="write less"
            )
        label = label_inside(
            label, pixels=place.pixels, cells=said.get("cells"), counts=said.get("counts"),
            known=self.labels,
        )  # fmt: skip
        confidence = said.get("confidence")
        if confidence is not None and not isinstance(confidence, str):
            raise SettingsError(f"confidence is no text: {confidence!r}", hint="or none")
        entry = samples.LabelEntry(
            unit=place.unit, period=place.period, interpreter=self.interpreter, label=label,
            time=review.moment_text(self._now()), note=note or None, confidence=confidence,
            third=self._is_third, site_area_m2=_square_metres(said.get("site_area_ha")),
            begun=said.get("begun") or None,
        )  # fmt: skip
        with self._lock:
            samples.append_labels(self.folder, [entry])
            self.given += 1
        return self.state()

    def undo(self, which: Mapping[str, Any]) -> Mapping[str, Any]:
        """Nothing: a label is replaced by another one."""
        raise TakenBackError(
            "labels are not taken back", hint="go to the unit and give another label"
        )

    def close(self) -> str:
        """Nothing is left to be written."""
        return ""


def label_answers(labels: Mapping[str, str]) -> list[reports.Answer]:
    """Labels, each with the first of its letters that is free as its key.

    Examples
    --------
    >>> [a.key for a in label_answers({"pool": "", "pad": "", "other": "", "unsure": ""})]
    ['p', 'a', 'o', 'u']
    """
    taken = set(_TAKEN_KEYS)
    answers = []
    for value, meaning in labels.items():
        key = next(letter for letter in value if letter not in taken and letter.isalpha())
        taken.add(key)
        answers.append(
            reports.Answer(key=key, value=value, label=value.replace("_", " "), meaning=meaning)
        )
    return answers


def label_inside(
    label: str, *, pixels: int, cells: Any, counts: Any, known: Mapping[str, str]
) -> str:
    """The label of a block, pixel by pixel or counted, where it is not all one.

    Parameters
    ----------
    label
        What all is of which nothing else is said.
    pixels
        Pixels of the block that are labelled.
    cells
        Label of each pixel, or None where it is `label`; None: all are.
    counts
        Label to how many pixels have it; None: all are `label`.
    known
        What can be said.

    Raises
    ------
    SettingsError
        When it fits the block or the labels not.

    Examples
    --------
    >>> known = {"pool": "", "other": ""}
    >>> label_inside("other", pixels=3, cells=[None, "pool", None], counts=None, known=known)
    'other;pool;other'
    >>> label_inside("other", pixels=256, cells=None, counts={"pool": 12}, known=known)
    'pool=12;other=244'
    """
    if cells is not None:
        if not isinstance(cells, list) or len(cells) != pixels:
            raise SettingsError(f"a block of {pixels} pixels has other cells", hint="load it again")
        names = [label if cell is None else cell for cell in cells]
        _check_known(names, known)
        return label if set(names) == {label} else ";".join(names)
    if not counts:
        return label
    if not isinstance(counts, dict) or not all(
        isinstance(n, int) and n >= 0 for n in counts.values()
    ):
        raise SettingsError(f"{counts!r} counts no pixels", hint="give whole numbers of 0 or more")
    _check_known(list(counts), known)
    others = {name: n for name, n in counts.items() if n and name != label}
    rest = pixels - sum(others.values())
    if rest < 0:
        raise SettingsError(
            f"{sum(others.values())} pixels in a block of {pixels}", hint="count again"
        )
    return ";".join(f"{k}={n}" for k, n in {**others, label: rest}.items()) if others else label


def _square_metres(hectares: Any) -> float | None:
    if hectares is None:
        return None
    if not isinstance(hectares, int | float) or not 0 < hectares < 1e6:
        raise SettingsError(f"a mine of {hectares!r} ha", hint="give its ground, more than 0")
    return round(hectares * 10_000, 2)


def _check_known(names: list[Any], known: Mapping[str, str]) -> None:
    for name in names:
        if not isinstance(name, str) or name not in known:
            raise SettingsError(f"no label {name!r}; known: {', '.join(known)}", hint="give one")


def mixed_words(entry: samples.LabelEntry) -> str:
    """The label of a unit; of a mixed block how many pixels have which.

    Examples
    --------
    >>> mixed_words(
    ...     samples.LabelEntry(unit="u1", period="2022", interpreter="A", label="pool;pad;pad")
    ... )
    'pad 2, pool 1'
    """
    counts = entry.counts or (Counter(entry.labels) if len(entry.labels) > 1 else {})
    shown = sorted(counts.items(), key=lambda of: (-of[1], of[0]))
    return ", ".join(f"{name} {n:g}" for name, n in shown) or entry.label


def _queued(place: _Place) -> dict[str, Any]:
    queued: dict[str, Any] = {"id": place.id, "why": place.label, "period": place.number}
    if place.side > 1:
        queued |= {"side": place.side, "cells": place.cells}
    return queued


def _read_blind(path: Path) -> dict[str, Any]:
    try:
        raw = json.loads(path.read_text("utf-8"))
        if not {"minewatch:labels", "minewatch:periods", "features"} <= set(raw):
            raise ValueError("it is no file of units")
    except (OSError, ValueError, TypeError) as error:
        raise OutputError(
            f"{path} cannot be read: {error}", hint="draw the sample again: same seed, same units"
        ) from None
    return dict(raw)


def _places(raw: Mapping[str, Any], *, starts: list[str]) -> list[_Place]:
    periods = raw["minewatch:periods"]
    unknown = [period["start"] for period in periods if period["start"] not in starts]
    if unknown:
        raise SettingsError(
            f"the run has no period that starts on {unknown[0]}",
            hint="give the run that the sample was drawn of, with the same --period",
        )
    try:
        side = int(raw.get("minewatch:side", 1))
        units = [
            (
                str(of["properties"]["unit"]),
                shapely.from_geojson(json.dumps(of["geometry"])),
                int(of["properties"]["pixels"]),
                bool(of["properties"].get("second")),
                tuple((int(r), int(c)) for r, c in of["properties"].get("cells", ())),
            )
            for of in raw["features"]
        ]
    except (KeyError, TypeError, ValueError, ShapelyError) as error:
        raise OutputError(
            f"a unit cannot be read: {error}", hint="draw the sample again: same seed, same units"
        ) from None
    return [
        _Place(
            id=unit if len(periods) == 1 else f"{unit} {period['start']}", unit=unit,
            period=period["start"], number=starts.index(period["start"]), label=period["label"],
            outline=outline, pixels=pixels, side=side if cells else 1, is_drawn=is_drawn,
            cells=cells,
        )
        for unit, outline, pixels, is_drawn, cells in units
        for period in periods
    ]  # fmt: skip
