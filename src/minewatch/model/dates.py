"""Days as people write them: a day, a month or a year."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime
from typing import Any

from minewatch.errors import SettingsError

_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


def parse_day(day: Any, *, end: bool = False, name: str = "date") -> date:
    """A day, from a date or from text: of a month or a year the first day, or the last.

    Parameters
    ----------
    day
        `2023-11-05`, `2023-11`, `2023`, or a date or timestamp.
    end
        Take the last day of a month or a year.
    name
        What to call it in an error.

    Raises
    ------
    SettingsError
        When it is no day; names it.

    Examples
    --------
    >>> str(parse_day("2023-11")), str(parse_day("2023-11", end=True)), str(parse_day("2023"))
    ('2023-11-01', '2023-11-30', '2023-01-01')
    """
    if hasattr(day, "to_pydatetime"):
        day = day.to_pydatetime()
    if isinstance(day, datetime):
        return day.date()
    if isinstance(day, date):
        return day
    match = _DATE.fullmatch(str(day).strip())
    try:
        if match is None:
            raise ValueError(day)
        year, month = int(match[1]), int(match[2] or (12 if end else 1))
        return date(year, month, int(match[3] or (monthrange(year, month)[1] if end else 1)))
    except ValueError:
        raise SettingsError(
            f"{name} {day!r} is no day",
            hint="write 2023-11-05, or 2023-11 or 2023 for a whole month or year",
        ) from None
