"""Cells of the tables of the tab `Context`: what makes each of a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from minewatch.reports.run_summary import Range


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One value of a table."""

    text: str
    """What it says."""
    label: str = ""
    """Label of the page that says it; empty: `text` does."""
    site: str = ""
    """The site that it leads to; empty: none."""


MakeCell = Callable[[Mapping[str, Any]], Cell]
"""Makes a cell of a row."""


def plain(column: str, digits: int = 0) -> MakeCell:
    """A value as it is: a number with some decimals, or a word; a dash where there is none.

    Parameters
    ----------
    column
        Its column.
    digits
        Decimals of a number.
    """

    def made(row: Mapping[str, Any]) -> Cell:
        value = row.get(column)
        if is_missing(value):
            return Cell(text="–")
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return Cell(text=f"{value:,.{digits}f}")
        return Cell(text=str(value).replace("_", " ") if column == "kind" else str(value))

    return made


def ends(low: str, high: str, digits: int = 0) -> MakeCell:
    """A range; unknown where one of its ends is.

    Parameters
    ----------
    low, high
        Columns of the ends.
    digits
        Decimals.
    """

    def made(row: Mapping[str, Any]) -> Cell:
        if is_missing(row.get(high)) or is_missing(row.get(low)):
            return Cell(text="unknown", label="unknown")
        return Cell(text=Range(float(row[low]), float(row[high])).text(digits=digits))

    return made


def range_of(measure: str) -> MakeCell:
    """A range whose columns end with `_low` and `_high`.

    Parameters
    ----------
    measure
        What they begin with.
    """
    return ends(f"{measure}_low", f"{measure}_high")


def percent(column: str) -> MakeCell:
    """A share as per cent.

    Parameters
    ----------
    column
        Its column.
    """

    def made(row: Mapping[str, Any]) -> Cell:
        value = row.get(column)
        return Cell(text="–" if is_missing(value) else f"{100 * float(str(value)):.0f} %")

    return made


def window(first: str, last: str) -> MakeCell:
    """Two days; an open end is three dots.

    Parameters
    ----------
    first, last
        Their columns.
    """

    def made(row: Mapping[str, Any]) -> Cell:
        ends = ["…" if is_missing(row.get(k)) else str(row[k])[:10] for k in (first, last)]
        return Cell(text=" – ".join(ends))

    return made


def labelled(column: str, prefix: str) -> MakeCell:
    """A word of a closed list, in the language of the page.

    Parameters
    ----------
    column
        Its column.
    prefix
        What its label begins with.
    """

    def made(row: Mapping[str, Any]) -> Cell:
        word = "" if is_missing(row.get(column)) else str(row[column])
        return Cell(text=word.replace("_", " ") or "–", label=f"{prefix}{word}" if word else "")

    return made


def yes_or_no(column: str) -> MakeCell:
    """Whether something is so.

    Parameters
    ----------
    column
        Its column.
    """

    def made(row: Mapping[str, Any]) -> Cell:
        is_so = str(row.get(column)).lower() == "true"
        return Cell(text="yes" if is_so else "no", label="ctx_yes" if is_so else "ctx_no")

    return made


def period_name(labels: Mapping[str, str]) -> MakeCell:
    """The name of a period, from its first day.

    Parameters
    ----------
    labels
        First day to name.
    """

    def made(row: Mapping[str, Any]) -> Cell:
        start = str(row.get("period_start", "–"))[:10]
        return Cell(text=labels.get(start, start))

    return made


def site_link(row: Mapping[str, Any]) -> Cell:
    """The id of a site, which leads to it.

    Parameters
    ----------
    row
        A row with `site_id`.
    """
    site = str(row.get("site_id", "–"))
    return Cell(text=site, site=site)


def is_missing(value: Any) -> bool:
    """Whether there is no value.

    Parameters
    ----------
    value
        Of a table.
    """
    return value is None or value == "" or bool(pd.isna(value))
