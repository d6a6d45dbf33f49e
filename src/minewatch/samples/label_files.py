"""Labels in and out: the append-only log of a sample, and files that people filled in elsewhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from minewatch.errors import MinewatchError, OutputError, SettingsError
from minewatch.files import append_bytes
from minewatch.samples.label_entries import LabelEntry

LOG: Final = "labels.jsonl"
"""The log, in the folder of a sample."""


@dataclass(frozen=True, kw_only=True)
class ReadLabels:
    """What a file of labels holds."""

    entries: tuple[LabelEntry, ...] = ()
    """In the order in which they stand there."""
    notes: tuple[str, ...] = ()
    """Lines that were not read, in words."""


def append_labels(sample: Path, entries: Sequence[LabelEntry]) -> None:
    """Add labels to the log of a sample, all or none, safe on the disk when this returns.

    Parameters
    ----------
    sample
        Folder of the sample.
    entries
        What is added, in order. Several writers wait for each other.

    Raises
    ------
    OutputError
        When it cannot be written; the log is then as it was.
    """
    if entries:
        content = "".join(f"{entry.as_line()}\n" for entry in entries)
        append_bytes(Path(sample) / LOG, content.encode())


def read_label_log(sample: Path) -> ReadLabels:
    """Every label in the log of a sample; none when there is no log.

    A line that cannot be read costs no other: it is named.

    Raises
    ------
    OutputError
        When the log is there and cannot be opened.
    """
    path = Path(sample) / LOG
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ReadLabels()
    except OSError as error:
        raise OutputError(
            f"cannot read {path}: {error.strerror}", hint="labels lie there: mend its rights"
        ) from None
    return _entries_of_lines(content, path.name)


def read_labels(path: Path) -> ReadLabels:
    """Labels out of a file: the log of another copy, a CSV, or a GeoPackage edited in QGIS.

    Parameters
    ----------
    path
        Rows with `unit`, `period`, `interpreter` and `label`; rows without a label are not filled
        in yet. Of a GeoPackage the layer `labels` is read.

    Raises
    ------
    SettingsError
        When it cannot be read, or has no such columns.
    """
    path = Path(path)
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        try:
            return _entries_of_lines(path.read_bytes(), path.name)
        except OSError as error:
            raise _unreadable(path, error) from None
    rows = _rows(path)
    if rows and not {"unit", "period", "label"} <= set(rows[0]):
        raise SettingsError(
            f"{path} has no columns unit, period and label: it has {', '.join(rows[0])}",
            hint="give labels.csv or labels.gpkg of the sample, filled in",
        )
    entries, notes = list[LabelEntry](), list[str]()
    for number, row in enumerate(rows, start=1):
        if row.get("label") in (None, "") or row["label"] != row["label"]:
            continue
        try:
            entries.append(LabelEntry.from_values(row))
        except (MinewatchError, ValueError, TypeError) as error:
            notes.append(f"row {number} of {path.name} is not counted: {_first_line(error)}")
    return ReadLabels(entries=tuple(entries), notes=tuple(notes))


def _entries_of_lines(content: bytes, name: str) -> ReadLabels:
    entries, notes = list[LabelEntry](), list[str]()
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line.decode("utf-8"))
            entries.append(LabelEntry.from_values(values))
        except (MinewatchError, ValueError, TypeError, AttributeError) as error:
            notes.append(f"line {number} of {name} is not counted: {_first_line(error)}")
    return ReadLabels(entries=tuple(entries), notes=tuple(notes))


def _rows(path: Path) -> list[dict[str, Any]]:
    import pandas as pd
    import pyogrio

    try:
        if path.suffix.lower() == ".csv":
            table = pd.read_csv(path, dtype=str, encoding="utf-8-sig")
        else:
            names = [str(name) for name, _ in pyogrio.list_layers(path)]
            layer = "labels" if "labels" in names else names[0]
            table = pyogrio.read_dataframe(path, layer=layer, read_geometry=False)
    except (OSError, ValueError, RuntimeError, IndexError) as error:
        raise _unreadable(path, error) from None
    plain = table.astype(object).where(table.notna(), None)
    return [{str(k): v for k, v in row.items()} for row in plain.to_dict("records")]


def _unreadable(path: Path, error: Exception) -> SettingsError:
    return SettingsError(
        f"{path} cannot be read as a file of labels: {_first_line(error)}",
        hint="give labels.jsonl, a CSV in UTF-8, or a GeoPackage with the layer labels",
    )


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__
