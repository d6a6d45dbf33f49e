"""Areas that a sample estimates beside those that the map has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from matplotlib.figure import Figure

from minewatch.reports.pictures import _png

_ESTIMATED: Final = "#0072b2"
_MAPPED: Final = "#d55e00"


def assessment_picture(rows: Sequence[Mapping[str, Any]], *, title: str, simulated: bool) -> bytes:
    """Estimated areas with their intervals, and the mapped ones, class by class.

    Parameters
    ----------
    rows
        `period`, `class`, `value`, `low`, `high` and `mapped`, in hectares; `mapped` may be None.
    title
        What it is of.
    simulated
        Write so, large.

    Returns
    -------
    bytes
        A PNG file; the same bytes for equal input.
    """

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for n, row in enumerate(rows):
            axes.plot([row["low"], row["high"]], [n, n], color=_ESTIMATED, linewidth=2)
            axes.plot(row["value"], n, "o", color=_ESTIMATED, label="" if n else "estimated, 95 %")
            if row["mapped"] is not None:
                axes.plot(row["mapped"], n, "|", color=_MAPPED, markersize=16, markeredgewidth=2,
                          label="" if n else "mapped")  # fmt: skip
        axes.set_yticks(range(len(rows)), [f"{row['class']}, {row['period']}" for row in rows])
        axes.invert_yaxis()
        axes.set_xlim(left=0)
        axes.set_xlabel("ha")
        axes.set_title(title, fontsize="medium")
        axes.legend(loc="best", fontsize="small")

    return _png(draw, size=(8.5, 1.6 + 0.5 * max(len(rows), 2)), simulated=simulated)
