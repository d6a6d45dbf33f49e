"""Control intervals from dates as sources write them: "2024-09 (late September)", "<=2023"."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from typing import Any

from minewatch.model import ControlInterval

_DATE = r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?"
_FUZZY = re.compile(
    rf"(?P<bound><=?|>=?|before|after|by|since)?\s*(?P<first>{_DATE})"
    rf"(?:\s*/\s*(?P<second>{_DATE}|\d{{1,2}}))?\s*(?:\((?P<remark>.*)\))?"
)
_EARLIER = ("<", "<=", "before", "by")
_LATER = (">", ">=", "after", "since")


def parse_control(value: Any) -> tuple[tuple[ControlInterval, ...], tuple[str, ...]]:
    """Control intervals of a `controlling_group` property, and notes on what was not understood.

    Dates in the sources are years, months or ranges. An interval here is the widest its source
    allows: `start` is the first day control may have begun, `end` the last day it may have ended,
    and the source's own words go into the interval's note.

    Parameters
    ----------
    value
        A list of mappings with `group`, `from`, `to`, `source`, `note`, `date_note`; or one such
        mapping; or a bare name; or None.

    Returns
    -------
    intervals
        In order of the source.
    notes
        One sentence for each entry or date that could not be read; such a date is left open.

    Examples
    --------
    >>> (interval,), _ = parse_control([{"group": "KIO", "from": "2014/2015", "to": "2024-09"}])
    >>> str(interval.start), str(interval.end), interval.note
    ('2014-01-01', '2024-09-30', 'from "2014/2015"; to "2024-09"')
    """
    entries = [value] if isinstance(value, str | Mapping) else value
    if entries is None:
        return (), ()
    if not isinstance(entries, list | tuple):
        return (), (f"controlling_group {value!r} is not a list of intervals: left out",)
    intervals: list[ControlInterval] = []
    notes: list[str] = []
    for entry in entries:
        if isinstance(entry, str):
            entry = {"group": entry}
        if not isinstance(entry, Mapping) or not entry.get("group"):
            notes.append(f"controlling_group entry {entry!r} names no group: left out")
            continue
        interval, unread = _interval(entry)
        intervals.append(interval)
        notes.extend(unread)
    return tuple(intervals), tuple(notes)


def parse_fuzzy_date(text: str) -> tuple[date | None, date | None] | None:
    """First and last day a written date may mean; None on a side that is open; None if unreadable.

    Examples
    --------
    >>> [str(day) for day in parse_fuzzy_date("2024-06/07")]
    ['2024-06-01', '2024-07-31']
    >>> [str(day) for day in parse_fuzzy_date("<=2023")]
    ['None', '2023-12-31']
    """
    match = _FUZZY.fullmatch(text.strip())
    if match is None:
        return None
    first, second = match["first"], match["second"] or match["first"]
    if len(second) <= 2:  # "2024-06/07": the second month of the same year
        second = f"{first[:4]}-{second}"
    try:
        start, end = _first_day(first), _last_day(second)
    except ValueError:
        return None
    if end < start:
        return None
    if match["bound"] in _EARLIER:
        return None, end
    return (start, None) if match["bound"] in _LATER else (start, end)


def _interval(entry: Mapping[str, Any]) -> tuple[ControlInterval, list[str]]:
    start, start_words, unread_start = _edge(entry.get("from"), "from")
    end, end_words, unread_end = _edge(entry.get("to"), "to")
    unread = [*unread_start, *unread_end]
    if start and end and end < start:
        unread.append(f"controlling_group of {entry['group']!r}: ends ({end}) before {start}")
        start = end = None
    remarks = (start_words, end_words, entry.get("note"), entry.get("date_note"))
    interval = ControlInterval(
        group=str(entry["group"]),
        start=start,
        end=end,
        source=str(entry.get("source") or "not stated"),
        note="; ".join(str(r) for r in remarks if r),
    )
    return interval, unread


def _edge(value: Any, side: str) -> tuple[date | None, str, list[str]]:
    """Day, the source's words when it is no exact day, and a note when it cannot be read."""
    if value is None or not str(value).strip():
        return None, "", []
    text = str(value).strip()
    days = parse_fuzzy_date(text)
    words = f'{side} "{text}"'
    if days is None:
        return None, words, [f"controlling_group date {words} not understood: left open"]
    exact = days[0] == days[1]
    return days[0] if side == "from" else days[1], "" if exact else words, []


def _first_day(text: str) -> date:
    year, month, day = (*map(int, text.split("-")), 1, 1)[:3]
    return date(year, month, day)


def _last_day(text: str) -> date:
    parts = [int(part) for part in text.split("-")]
    year, month = parts[0], parts[1] if len(parts) > 1 else 12
    first = date(year, month, 1)
    return date(year, month, parts[2] if len(parts) > 2 else monthrange(year, first.month)[1])
