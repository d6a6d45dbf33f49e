"""Small HTML for notebooks: a title and a few rows."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any


def summary_table(title: str, values: Mapping[str, Any], *, simulated: bool = False) -> str:
    """A table of a few values; everything in it is escaped.

    Parameters
    ----------
    title
        What they are of.
    values
        Name to value.
    simulated
        Say so, first.
    """
    mark = "<p><strong>SIMULATED: no real place</strong></p>" if simulated else ""
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(str(name))}</th>"
        f"<td style='text-align:left'>{escape(str(value))}</td></tr>"
        for name, value in values.items()
    )
    return f"{mark}<p><strong>{escape(title)}</strong></p><table>{rows}</table>"


def summary_lines(title: str, values: Mapping[str, Any], *, simulated: bool = False) -> str:
    """The same as a few lines of text."""
    mark = "SIMULATED, no real place: " if simulated else ""
    width = max((len(name) for name in values), default=0)
    return "\n".join([f"{mark}{title}", *(f"  {n:<{width}}  {v}" for n, v in values.items())])
