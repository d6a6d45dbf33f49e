"""Generalised layers as formats with a clock or a place of their own take them: rows and months."""

from __future__ import annotations

import calendar
import hashlib
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import shapely

from minewatch.errors import OutputError
from minewatch.exporters.column_types import typed_table
from minewatch.exporters.rfc7946_outlines import wgs84_outlines
from minewatch.model import LayerSet

CELLS: Final = "cells"
"""The layer of sites by cell and period."""
TOTALS: Final = "totals"
"""The layer of all cells together, by period."""
Row = dict[str, Any]
Months = tuple[str, str]
"""First and last month of a period, YYYY-MM."""


def is_release(layers: LayerSet) -> bool:
    """Whether layers are generalised ones, by cell, and not those of a run.

    Parameters
    ----------
    layers
        Any.
    """
    return "first_month" in getattr(layers.layers.get(CELLS), "contract", {})


def check_release_layers(layers: LayerSet) -> None:
    """Raise when layers are not generalised ones.

    Parameters
    ----------
    layers
        Any.

    Raises
    ------
    OutputError
        They are those of a run, or others.
    """
    if not is_release(layers):
        names = ", ".join(layers.layers) or "none"
        raise OutputError(
            f"these layers ({names}) are not those of a release, and there is no run with them",
            hint="export a run, or give --profile public",
        )


def release_rows(layers: LayerSet, name: str) -> list[Row]:
    """Rows of a layer with their outline in WGS 84 as `outline`, in the layer's order.

    Parameters
    ----------
    layers
        Of a release.
    name
        `CELLS` or `TOTALS`.
    """
    if name not in layers.layers:
        return []
    layer = layers.layers[name]
    plain = typed_table(layer, simulated=layers.simulated).iter_rows()
    shapes = wgs84_outlines(layer.table)
    return [{**row, "outline": of} for row, of in zip(plain, shapes, strict=True)]


def release_periods(layers: LayerSet) -> dict[Months, str]:
    """First and last month of each period of a release to what it is called, in order of time.

    Parameters
    ----------
    layers
        Of a release.
    """
    rows = [
        row
        for name in (CELLS, TOTALS)
        if name in layers.layers
        for row in layers.layers[name].table.to_dict("records")
    ]
    named = {(row["first_month"], row["last_month"]): row["period"] for row in rows}
    return dict(sorted(named.items()))


def release_ground(layers: LayerSet) -> shapely.Geometry:
    """The ground of a release, WGS 84: of all cells, or of those shown when nothing is said of all.

    Parameters
    ----------
    layers
        Of a release.
    """
    for name in (TOTALS, CELLS):
        rows = release_rows(layers, name)
        if rows:
            return shapely.union_all([row["outline"] for row in rows])
    return shapely.Polygon()


def release_words(layers: LayerSet) -> list[str]:
    """What every reader must know of a release, a sentence or two a line.

    Parameters
    ----------
    layers
        Of a release.
    """
    about: Mapping[str, str] = layers.about
    whom = f"{about.get('profile', '')} release, {about.get('audience', '')}.".capitalize()
    said = [whom, *(about.get(name, "") for name in ("frame_words", "how", "delay", "note"))]
    licence, sources = about.get("licence", ""), layers.attribution or "not stated"
    return [*(words for words in said if words), f"Licence: {licence}.", f"Sources: {sources}."]


def cell_file_name(cell: str) -> str:
    """A name for files: that of a cell of the grid as it is, of a district made plain.

    Examples
    --------
    >>> cell_file_name("10km-E00949N00310"), cell_file_name("Nam Kham")
    ('10km-E00949N00310', 'Nam-Kham-63cff777')
    """
    plain = re.sub(r"[^\w.-]+", "-", cell, flags=re.ASCII).strip("-.")
    return plain if plain == cell else f"{plain}-{hashlib.sha256(cell.encode()).hexdigest()[:8]}"


def first_day(month: str) -> date:
    """The first day of a month, YYYY-MM."""
    return date.fromisoformat(f"{month}-01")


def last_day(month: str) -> date:
    """The last day of a month, YYYY-MM.

    Examples
    --------
    >>> last_day("2024-02")
    datetime.date(2024, 2, 29)
    """
    start = first_day(month)
    return start.replace(day=calendar.monthrange(start.year, start.month)[1])
