"""Days as whole numbers, as layers hold them: days since 1970-01-01."""

from __future__ import annotations

from datetime import date, timedelta

_EPOCH = date(1970, 1, 1)


def to_day(number: int) -> str:
    """ISO date of days since 1970-01-01.

    Examples
    --------
    >>> to_day(19000)
    '2022-01-08'
    """
    return (_EPOCH + timedelta(days=int(number))).isoformat()


def from_day(day: date) -> int:
    """Days since 1970-01-01.

    Examples
    --------
    >>> from_day(date(2022, 1, 8))
    19000
    """
    return (day - _EPOCH).days
