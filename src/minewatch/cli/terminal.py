"""How things look in a terminal: tables, bars, JSON and errors."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minewatch.errors import MinewatchError, StoppedError
from minewatch.model.progress import ProgressListener
from minewatch.runtime.progress_bars import progress_listener

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console


@cache
def out() -> Console:
    """Standard output."""
    from rich.console import Console

    return Console(soft_wrap=True)


@cache
def err() -> Console:
    """Standard error."""
    from rich.console import Console

    return Console(stderr=True, soft_wrap=True)


def error(problem: MinewatchError) -> None:
    """Two lines on standard error: what is wrong, and what to try."""
    err().print("[red]error:[/red] ", end="")
    err().print(problem.problem, markup=False, highlight=False)
    if problem.hint:
        err().print("[yellow]try:[/yellow] ", end="")
        err().print(problem.hint, markup=False, highlight=False)


def as_json(value: Any) -> None:
    """A value a program can read, on standard output."""
    sys.stdout.write(json.dumps(value, indent=1, ensure_ascii=False, default=str) + "\n")


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as plain values, null where there is none."""
    rows: list[dict[str, Any]] = json.loads(table.to_json(orient="records"))
    return rows


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table that fits into 80 characters if words can: none is cut, the first column stays whole.

    Numbers stand right.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown = Table(
        title=title, title_justify="left", header_style="bold",
        box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False,
    )  # fmt: skip
    for index, name in enumerate(columns):
        numeric = bool(rows) and all(isinstance(r[index], int | float) for r in rows)
        words = [word for text in (name, *(r[index] for r in rows)) for word in str(text).split()]
        shown.add_column(
            name, justify="right" if numeric else "left", no_wrap=index == 0,
            min_width=max(map(len, words)),
        )  # fmt: skip
    for row in rows:
        # as Text: [notebook] is a word, not markup
        shown.add_row(*(Text("" if value is None else str(value)) for value in row))
    out().print(shown, width=max(out().width - 2, 20))  # rich counts no padding of the last column


def line(text: str) -> None:
    """A plain line on standard output."""
    out().print(text, markup=False, highlight=False)


def command() -> str:
    """The word that calls this program again: its path, where the name alone finds nothing."""
    called = sys.argv[0]
    by_path = Path(called).name == "minewatch" and shutil.which("minewatch") is None
    return shlex.quote(called) if by_path else "minewatch"


def note(text: str) -> None:
    """A plain line on standard error, beside what a program reads."""
    err().print(text, markup=False, highlight=False)


@contextmanager
def status(text: str, *, quiet: bool) -> Iterator[None]:
    """A sign of life on standard error while something of a few seconds is done."""
    if quiet or not err().is_terminal:
        yield
        return
    with err().status(text):
        yield


@contextmanager
def progress(*, quiet: bool) -> Iterator[ProgressListener]:
    """A listener that draws one bar a stage: steps, megabytes, time left."""
    try:
        with progress_listener(not quiet) as listener:
            yield listener
    except KeyboardInterrupt:
        raise StoppedError(
            "stopped", hint="what was read is kept: go on with the same command and --resume"
        ) from None
