"""Rows of the GeoJSON tables of a run as plain values: what needs no outlines loads no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from minewatch.errors import OutputError
from minewatch.model import SCHEMA_VERSION, Contract

MEMBER: Final = "minewatch"
"""Foreign member (RFC 7946 §6.1) that says where a file is from, and whether it is simulated."""


def read_rows(path: Path, contract: Contract) -> list[dict[str, Any]]:
    """Rows of a table that keeps its contract, without outlines.

    Parameters
    ----------
    path
        A GeoJSON file.
    contract
        The columns it must have. More columns are kept as they are.

    Returns
    -------
    list of dict
        Values as JSON has them, columns of the contract first, the same in every row. Days are ISO
        text; what is missing is None, and so are columns that a later schema than the file's
        brought.

    Raises
    ------
    OutputError
        When it is not there, or is not such a file.
    """
    return parse_rows(read_text(path), contract, path=path)


def read_text(path: Path) -> str:
    """The text of a file of a run.

    Raises
    ------
    OutputError
        When it is not there, or is no text.
    """
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise OutputError(f"{path} is missing", hint="run again with --resume") from None
    except ValueError as error:
        raise no_table(path, error) from None


def parse_rows(text: str, contract: Contract, *, path: Path) -> list[dict[str, Any]]:
    """As `read_rows`, of a text that was read already; `path` is what errors call it."""
    try:
        collection = json.loads(text)
        version = (collection.get(MEMBER) or {}).get("schema_version", 0)
        rows = [dict(f["properties"]) for f in collection["features"] if f["geometry"]["type"]]
        found = dict.fromkeys(name for row in rows for name in row)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise no_table(path, error) from None
    check_schema(version, path)
    absent = [c for c in contract if c not in found] if rows else []
    missing = [c for c in absent if contract[c].since <= version]
    if missing:
        raise incomplete_table(path, f"column {missing[0]!r}")
    columns = dict.fromkeys([*contract, *found])
    return [columns | row for row in rows]


def no_table(path: Path, error: Exception) -> OutputError:
    """The error of a file that is none of a run."""
    return OutputError(
        f"{path} is no GeoJSON table: {str(error)[:200]}", hint="run again with --resume"
    )


def incomplete_table(path: Path, what: str) -> OutputError:
    """The error of a table that lacks something."""
    return OutputError(
        f"{path}: {what} is missing",
        hint="it was edited, or another minewatch wrote it; run again with --resume",
    )


def check_schema(version: object, path: Path) -> None:
    """Raise when a file has columns of a later minewatch.

    Parameters
    ----------
    version
        The version that it names; 0 when it names none.
    path
        The file.

    Raises
    ------
    OutputError
        Names both versions.
    """
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        raise OutputError(
            f"{path} has columns of schema {version}, this minewatch reads up to {SCHEMA_VERSION}",
            hint="install the minewatch that wrote it, or a newer one",
        )
