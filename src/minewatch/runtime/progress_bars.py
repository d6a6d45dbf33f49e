"""Progress drawn where somebody looks: bars in a terminal, a line in a notebook, else nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

from minewatch.model.progress import Progress, ProgressListener, silent

DRAWN_A_SECOND = 4
"""How often bars are drawn: each time takes milliseconds in which no thread may run Python."""


@contextmanager
def progress_listener(wanted: bool | None = None) -> Iterator[ProgressListener]:
    """A listener that draws progress.

    Parameters
    ----------
    wanted
        True draws, False draws nothing; None draws in a notebook and in a terminal.
    """
    display = _notebook_display() if wanted is not False else None
    if display is not None:
        yield _NotebookLine(display).hear
    elif wanted or (wanted is None and sys.stderr.isatty()):
        with terminal_bars() as listener:
            yield listener
    else:
        yield silent


@contextmanager
def terminal_bars() -> Iterator[ProgressListener]:
    """A listener that draws one bar a stage on standard error: steps, megabytes, time left."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description:<22}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[size]}"), TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[detail]}"),
    )  # fmt: skip
    console = Console(stderr=True, soft_wrap=True)
    bars = Bars(
        *columns, console=console, refresh_per_second=DRAWN_A_SECOND,
        auto_refresh=console.is_terminal,
    )  # fmt: skip
    with bars:
        tasks: dict[str, Any] = {}

        def hear(step: Progress) -> None:
            if step.stage not in tasks:
                tasks[step.stage] = bars.add_task(step.stage, total=None, size="", detail="")
            bars.update(
                tasks[step.stage], completed=step.done, total=step.total, size=_size(step),
                detail="" if step.done >= step.total else step.detail,
            )  # fmt: skip

        yield hear


class _NotebookLine:
    """A bar a stage in the output of a cell."""

    def __init__(self, handle: Any) -> None:
        self.handle = handle
        self.stages: dict[str, Progress] = {}

    def hear(self, step: Progress) -> None:
        self.stages[step.stage] = step
        rows = "".join(_row(one) for one in self.stages.values())
        self.handle.update({"text/html": f"<table>{rows}</table>"}, raw=True)


def _row(step: Progress) -> str:
    bar = f'<progress value="{step.done}" max="{max(step.total, 1)}"></progress>'
    cells = (escape(step.stage), bar, f"{step.done}/{step.total}", _size(step))
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _size(step: Progress) -> str:
    return f"{step.bytes_read / 1e6:.0f} MB" if step.bytes_read else ""


def _notebook_display() -> Any:
    """A place in the output of a notebook cell; None outside of one."""
    shell = sys.modules.get("IPython")
    kernel = shell.get_ipython() if shell else None
    if kernel is None or not hasattr(kernel, "kernel"):
        return None
    show: Any = shell.display.display if shell else None
    return show({"text/html": ""}, raw=True, display_id=True)
