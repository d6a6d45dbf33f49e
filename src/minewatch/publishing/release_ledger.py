"""The ledger of releases: what each said, and why another one may not be made after them.

Every release is one file, `NNNN.json`, which is never changed: it holds the hash of the one before
it, what was said of which cells, and the hashes of the files that were given away. The ledger is
private: it says which cells were hidden to protect others.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

import shapely

from minewatch.errors import OutputError, PublicationError
from minewatch.files import output_error
from minewatch.publishing.disclosure_audit import Disclosure, Finding, audit
from minewatch.publishing.frames import cell_outline
from minewatch.publishing.ground_pieces import LEAST_OVERLAP_M2
from minewatch.publishing.joint_audit import Spoken, read_jointly
from minewatch.publishing.profiles import SCHEME, Span
from minewatch.publishing.releases import Release, span_name

LEDGER_FOLDER: Final = "releases"
"""Folder of the ledger in a run's folder, unless another is named."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A release as the ledger holds it."""

    number: int
    """From 1."""
    sha256: str
    """Of its file: the next one names it."""
    content: Mapping[str, Any]
    """What the file holds."""

    @property
    def profile(self) -> str:
        """For whom it was."""
        return str(self.content["profile"])

    @property
    def files(self) -> Mapping[str, str]:
        """SHA-256 of the files that were given away, by name."""
        files: Mapping[str, str] = self.content["files"]
        return files

    @property
    def grounds(self) -> dict[str, shapely.Geometry]:
        """Where the sites of each region were counted, metres of the grid."""
        parts: Mapping[str, str] = self.content.get("parts", {})
        found = {
            name: shapely.from_wkt(parts[name]) if name in parts else cell_outline(name)
            for name in self.content["regions"]
        }
        return {name: shape for name, shape in found.items() if shape is not None}

    def spoken(self) -> Spoken:
        """What it says and of which ground, for readers of all profiles."""
        return Spoken(profile=self.profile, grounds=self.grounds, disclosure=self.disclosure())

    def disclosure(self) -> Disclosure:
        """What readers of it know, for the audit."""
        shown = {(p, r): (_span(span), groups) for p, r, span, groups in self.content["shown"]}
        hidden = {(p, r): _span(span) for p, r, span in self.content["hidden"]}
        return Disclosure(
            number=self.number,
            spans={**{key: span for key, (span, _) in shown.items()}, **hidden},
            shown=frozenset(shown),
            totals={period: _span(span) for period, span in self.content["totals"].items()},
            groups={
                key: {name: _span(span) for name, span in groups.items()}
                for key, (_, groups) in shown.items()
                if groups
            },
        )


def read_ledger(folder: Path) -> list[Entry]:
    """Every release of a ledger, in order; none when the folder holds none.

    Raises
    ------
    OutputError
        When an entry is missing, damaged or was changed.
    """
    entries: list[Entry] = []
    paths = sorted(folder.glob("[0-9][0-9][0-9][0-9].json"))
    before = ""
    for number, path in enumerate(paths, start=1):
        try:
            raw = path.read_bytes()
            content = json.loads(raw)
            if content["previous"] != before or int(path.stem) != number:
                raise ValueError("it does not follow the one before it")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise OutputError(
                f"the ledger of releases is damaged at {path}: {error}",
                hint="put the folder back from a copy; without it nobody knows what was given away",
            ) from None
        before = hashlib.sha256(raw).hexdigest()
        entries.append(Entry(number=number, sha256=before, content=content))
    return entries


def hidden_before(entries: Sequence[Entry], profile: str) -> frozenset[tuple[str, str]]:
    """Period and region of what earlier releases of a profile hid to protect others."""
    hidden = (e.content["hidden"] for e in entries if e.profile == profile)
    return frozenset((p, r) for p, r, (_, high) in chain.from_iterable(hidden) if high is None)


def check_release(release: Release, entries: Sequence[Entry]) -> None:
    """Raise when a release would narrow a site together with earlier ones, of any profile.

    Parameters
    ----------
    release
        What is about to be given away.
    entries
        The ledger.

    Raises
    ------
    PublicationError
        Names the earlier release, what the two would say, and what to do instead.
    """
    same = [entry for entry in entries if entry.profile == release.profile.name]
    for entry in entries:
        _check_scheme(entry)
        _check_periods(release, entry)
    for entry in same:
        _check_frame(release, entry)
    least = release.profile.least_sites
    said = [*(entry.disclosure() for entry in same), release.disclosure(len(entries) + 1)]
    different = {d.content: d for d in reversed(said)}  # other formats say nothing new
    _refuse(audit(list(reversed(different.values())), least=least), entries)
    together = read_jointly(
        [entry.spoken() for entry in entries], profile=release.profile.name,
        grounds=release.frame.grounds,
    )  # fmt: skip
    if together is not None:
        _refuse(together.findings(said[-1], least=least), entries)


def _refuse(findings: Sequence[Finding], entries: Sequence[Entry]) -> None:
    if not findings:
        return
    others = [n for n in findings[0].releases if n <= len(entries)]
    names = [f"{n} ({entries[n - 1].profile})" for n in others]
    name = f"with release {', '.join(names)} it" if others else "it"
    raise PublicationError(
        f"refused: {name} would give away {findings[0]}",
        hint="leave the totals out (--no-totals), or publish the same area as before, or "
        "wait until a later update changes more",
    )


def ledger_content(release: Release) -> dict[str, Any]:
    """What a release says, as the ledger holds it: plain values.

    Parameters
    ----------
    release
        What is given away.
    """
    disclosure = release.disclosure()
    shown = [
        [period, region, _pair(disclosure.spans[period, region]), {
            name: _pair(span) for name, span in disclosure.groups.get((period, region), {}).items()
        }]
        for period, region in sorted(disclosure.shown)
    ]  # fmt: skip
    hidden = [
        [*key, _pair(span)]
        for key, span in sorted(disclosure.spans.items())
        if key not in disclosure.shown
    ]
    return {
        "profile": release.profile.name,
        "scheme": SCHEME,
        "frame": release.frame.name,
        "regions": {region.id: region.cover for region in release.frame.regions},
        "parts": {
            region.id: _rounded(region.ground)
            for region in release.frame.regions
            if region.part is not None or release.frame.cell_m is None
        },
        "ground": _rounded(release.frame.ground),
        "periods": [span_name(period) for period in release.periods],
        "shown": shown,
        "hidden": hidden,
        "totals": {period: _pair(span) for period, span in disclosure.totals.items()},
    }


def add_entry(
    folder: Path,
    release: Release,
    *,
    files: Mapping[str, str],
    format: str,
    source: str,
    entries: Sequence[Entry],
) -> Path:
    """Write a release into the ledger, after `check_release` and before its files are handed out.

    Parameters
    ----------
    folder
        The ledger.
    release
        What is given away.
    files
        SHA-256 by name.
    format
        What it was written as.
    source
        Mark of the inventory it was made from.
    entries
        The ledger as it was read for the check.

    Raises
    ------
    OutputError
        When it cannot be written, or another release was entered since it was read.
    """
    content = {
        "previous": entries[-1].sha256 if entries else "",
        "format": format,
        "inventory_sha256": source,
        "files": dict(sorted(files.items())),
        **ledger_content(release),
    }
    path = folder / f"{len(entries) + 1:04d}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:  # never replaces one
            json.dump(content, file, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    except FileExistsError:
        raise OutputError(
            f"{path} was written by another export just now", hint="start this export again"
        ) from None
    except OSError as error:
        raise output_error(path, error) from error
    return path


def _check_scheme(entry: Entry) -> None:
    if entry.content["scheme"] != SCHEME:
        raise PublicationError(
            f"refused: release {entry.number} has classes of scheme {entry.content['scheme']}, "
            f"this minewatch writes {SCHEME}: where their ends differ, the two narrow a number",
            hint="use the minewatch that made it",
        )


def _check_frame(release: Release, entry: Entry) -> None:
    """Another grid or other townships over the same ground, or another edge of the same cell."""
    if release.frame.name != entry.content["frame"]:
        ground = shapely.from_wkt(entry.content["ground"])
        if release.frame.ground.intersection(ground).area > LEAST_OVERLAP_M2:
            raise PublicationError(
                f"refused: release {entry.number} shows the same ground by "
                f"{entry.content['frame']}, this one by {release.frame.name}: laid over each "
                "other they place sites more finely than either",
                hint=f"publish by {entry.content['frame']} again (--grid or --townships as then)",
            )
        return
    covers: Mapping[str, str] = entry.content["regions"]
    for region in release.frame.regions:
        if covers.get(region.id, region.cover) != region.cover:
            raise PublicationError(
                f"refused: of {region.id} this area covers another part than that of release "
                f"{entry.number}: the difference would place sites in a strip at the edge",
                hint="publish the same area as then, or one that does not touch that cell",
            )


def _check_periods(release: Release, entry: Entry) -> None:
    for period in release.periods:
        for other in entry.content["periods"]:
            first, last = other.split("/")
            overlap = f"{period.start:%Y-%m}" <= last and first <= f"{period.end:%Y-%m}"
            if overlap and span_name(period) != other:
                raise PublicationError(
                    f"refused: release {entry.number} speaks of {other}, this one of "
                    f"{span_name(period)}: together they date sites more finely than either",
                    hint="publish by the periods of then: minewatch update DIR --period …",
                )


def _rounded(ground: shapely.Geometry) -> str:
    """An outline to the metre."""
    return str(shapely.to_wkt(shapely.set_precision(ground, 1.0), rounding_precision=0))


def _pair(span: Span) -> list[int | None]:
    return [span.low, span.high]


def _span(pair: Sequence[int | None]) -> Span:
    return Span(pair[0] or 0, pair[1])
