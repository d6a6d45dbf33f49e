"""The log of verdicts: lines of JSON that are only ever added to, never changed.

A line that cannot be read costs no other one: it is named, and left as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from minewatch.errors import OutputError
from minewatch.files import append_bytes
from minewatch.review.verdict_entries import VerdictEntry

LOG: Final = "review/verdicts.jsonl"
"""Path of the log in the folder of a run."""
NOTE: Final = "review: "
"""How every sentence begins that a manifest says of verdicts."""


@dataclass(frozen=True, kw_only=True)
class VerdictLog:
    """What a log holds."""

    entries: tuple[VerdictEntry, ...] = ()
    """In the order in which they came."""
    notes: tuple[str, ...] = ()
    """Lines that could not be read, in words."""


def read_verdicts(directory: Path) -> VerdictLog:
    """Every verdict in the folder of a run; none when there is no log.

    Parameters
    ----------
    directory
        The run's folder.

    Raises
    ------
    OutputError
        When the log is there and cannot be opened.
    """
    path = Path(directory) / LOG
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return VerdictLog()
    except OSError as error:
        raise OutputError(
            f"cannot read {path}: {error.strerror}", hint="verdicts lie there: mend its rights"
        ) from None
    entries, notes = list[VerdictEntry](), list[str]()
    lines = content.split(b"\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entries.append(VerdictEntry.from_line(line.decode("utf-8")))
        except ValueError as error:
            why = "is torn: writing it was cut" if number == len(lines) else f"is none: {error}"
            notes.append(f"{NOTE}line {number} of {LOG} {why}; it is left as it is and not counted")
    return VerdictLog(entries=tuple(entries), notes=tuple(notes))


def append_verdicts(directory: Path, entries: Sequence[VerdictEntry]) -> None:
    """Add entries to the log, all of them or none, safe on the disk when this returns.

    Parameters
    ----------
    directory
        The run's folder.
    entries
        What is added, in order. Several writers wait for each other.

    Raises
    ------
    OutputError
        When it cannot be written, the disk being full or so; the log is then as it was.
    """
    if not entries:
        return
    path = Path(directory) / LOG
    content = "".join(f"{entry.as_line()}\n" for entry in entries).encode()
    try:
        append_bytes(path, content)
    except OutputError as error:
        raise OutputError(
            f"{error.problem}; nothing was added",
            hint="free some disk space or mend the rights of that folder, then say it again",
        ) from None
