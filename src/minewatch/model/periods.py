"""Periods: the steps in which an inventory is given. All dates are UTC, the last day included."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, Literal, cast, get_args

from minewatch.errors import SettingsError, unknown_name
from minewatch.model.climate import KACHIN, Climate

PeriodKind = Literal["dry-season", "quarter", "month", "year"]
PERIOD_KINDS: tuple[PeriodKind, ...] = get_args(PeriodKind)
CUSTOM: Final = "custom:"
"""Begins a list of periods of one's own: `custom:2020-11-01/2021-01-31,2021-02-01/2021-04-30`."""

_STEP_MONTHS: dict[PeriodKind, int] = {"quarter": 3, "month": 1, "year": 12}


@dataclass(frozen=True, order=True)
class Period:
    """A stretch of days, both ends included."""

    start: date
    """First day."""
    end: date
    """Last day."""
    is_dry_season: bool | None = field(default=None, compare=False)
    """Whether it is the dry season of its area: decides what it is called. None: where the area
    lies is not known, and the seasons of Kachin are meant."""

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise SettingsError(
                f"the period ends ({self.end}) before it starts ({self.start})",
                hint="swap --start and --end",
            )

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    def __str__(self) -> str:
        return f"{self.start}/{self.end}"

    def overlaps(self, other: Period) -> bool:
        """True when the two share a day."""
        return self.start <= other.end and other.start <= self.end


def months_of(period: Period) -> tuple[Period, ...]:
    """The calendar months that touch a period, each whole.

    Examples
    --------
    >>> [str(m.start) for m in months_of(Period(date(2023, 12, 5), date(2024, 1, 2)))]
    ['2023-12-01', '2024-01-01']
    """
    first, months = period.start.replace(day=1), []
    while first <= period.end:
        following = _add_months(first, 1)
        months.append(Period(first, following - timedelta(days=1)))
        first = following
    return tuple(months)


def split_periods(span: Period, kind: str, *, climate: Climate = KACHIN) -> tuple[Period, ...]:
    """The reporting periods of one kind that touch a span of days, each whole.

    The months between two dry seasons belong to none.

    Parameters
    ----------
    span
        The days to cover.
    kind
        One of `PERIOD_KINDS`, or a list as `read_custom_periods` takes it.
    climate
        When the dry season is.

    Returns
    -------
    tuple of Period
        In order of time; cut to calendar boundaries, not to the span.

    Examples
    --------
    >>> [str(p) for p in split_periods(Period(date(2021, 1, 1), date(2022, 1, 1)), "dry-season")]
    ['2020-11-01/2021-04-30', '2021-11-01/2022-04-30']
    >>> from minewatch.model.climate import climate_of
    >>> june = climate_of((5, 10), source="an example")
    >>> [str(p) for p in split_periods(Period(date(2021, 1, 1), date(2022, 1, 1)), "dry-season",
    ...                                climate=june)]
    ['2021-05-01/2021-10-31']
    """
    if kind.startswith(CUSTOM):
        own = (replace(p, is_dry_season=_is_dry(p, climate)) for p in read_custom_periods(kind))
        return tuple(p for p in own if p.overlaps(span))
    if kind not in PERIOD_KINDS:
        known = [*PERIOD_KINDS, f"{CUSTOM}START/END,..."]
        raise SettingsError(unknown_name("period", kind, known), hint="give one of these")
    if kind == "dry-season":
        years: Sequence[int] = range(span.start.year - 1, span.end.year + 1)
        whole = (_dry_season(year, climate) for year in years)
        return tuple(p for p in whole if p.overlaps(span))
    step = _STEP_MONTHS[cast(PeriodKind, kind)]
    first = date(span.start.year, (span.start.month - 1) // step * step + 1, 1)
    periods = []
    while first <= span.end:
        following = _add_months(first, step)
        periods.append(Period(first, following - timedelta(days=1), is_dry_season=False))
        first = following
    return tuple(periods)


def read_custom_periods(text: str) -> tuple[Period, ...]:
    """The periods of a list of one's own.

    Months are the step in which the past is frozen, so each period must be made of whole ones.

    Parameters
    ----------
    text
        `custom:` and, separated by commas, first and last days with a slash between them.

    Returns
    -------
    tuple of Period
        As given: in order of time, without overlap; there may be gaps.

    Raises
    ------
    SettingsError
        Names the period that is no period, cuts a month, or is out of order.

    Examples
    --------
    >>> [str(p) for p in read_custom_periods("custom:2020-11-01/2021-01-31,2021-02-01/2021-04-30")]
    ['2020-11-01/2021-01-31', '2021-02-01/2021-04-30']
    """
    periods = [_read_whole_months(part) for part in text.removeprefix(CUSTOM).split(",")]
    for earlier, later in pairwise(periods):
        if later.start <= earlier.end:
            raise SettingsError(
                f"the period {later} begins before {earlier} has ended",
                hint="give periods in order of time, without overlap",
            )
    return tuple(periods)


def _read_whole_months(text: str) -> Period:
    try:
        start, end = (date.fromisoformat(day.strip()) for day in text.split("/"))
    except ValueError:
        raise SettingsError(
            f"{text!r} is no period", hint="give START/END, such as 2020-11-01/2021-01-31"
        ) from None
    period = Period(start, end)
    months = months_of(period)
    whole = Period(months[0].start, months[-1].end)
    if period != whole:
        raise SettingsError(
            f"the period {period} cuts a month", hint=f"months are the smallest step: take {whole}"
        )
    return period


def period_label(period: Period) -> str:
    """The period as people say it: `2023/24 dry season`, `2023 Q2`, `2023-04`, `2023`, or dates.

    Examples
    --------
    >>> period_label(Period(date(2023, 11, 1), date(2024, 4, 30)))
    '2023/24 dry season'
    >>> period_label(Period(date(2023, 4, 1), date(2023, 6, 30)))
    '2023 Q2'
    >>> period_label(Period(date(2023, 5, 1), date(2023, 10, 31), is_dry_season=True))
    '2023 dry season'
    """
    s, e = period.start, period.end
    is_dry = period.is_dry_season
    if _is_dry(period, KACHIN) if is_dry is None else is_dry:
        years = f"{s.year}/{e.year % 100:02d}" if e.year > s.year else f"{s.year}"
        return f"{years} dry season"
    for kind in ("month", "quarter", "year"):
        if split_periods(period, kind) == (period,):
            if kind == "month":
                return f"{s:%Y-%m}"
            return f"{s.year} Q{(s.month + 2) // 3}" if kind == "quarter" else str(s.year)
    return str(period)


@dataclass(frozen=True)
class Step:
    """Consecutive months that a detector takes in together."""

    period: Period | None
    """The period they complete; None: months after the last period."""
    months: tuple[Period, ...]
    """The months, in order of time."""


def steps_of(span: Period, periods: Sequence[Period]) -> list[Step]:
    """The months of a span in the steps in which a detector takes them in, one step a period."""
    months = months_of(span)
    starts = [month.start for month in months]
    return [Step(period, months[at]) for period, at in split_months(starts, periods)]


def split_months(
    starts: Sequence[date], periods: Sequence[Period]
) -> Iterator[tuple[Period | None, slice]]:
    """The steps in which months are scored: up to the end of each period, and what is left.

    A month belongs to the period that holds its first day; months between two periods are taken
    in with the later one, months after the last with None.

    Parameters
    ----------
    starts
        First day of each month, in order.
    periods
        In order of time, without overlap.

    Examples
    --------
    >>> months = [date(2021, m, 1) for m in range(1, 9)]
    >>> spring = Period(date(2021, 3, 1), date(2021, 5, 31))
    >>> [(str(p), s.start, s.stop) for p, s in split_months(months, [spring])]
    [('2021-03-01/2021-05-31', 0, 5), ('None', 5, 8)]
    """
    done = 0
    for period in periods:
        until = sum(start <= period.end for start in starts)
        yield period, slice(done, until)
        done = until
    if done < len(starts):
        yield None, slice(done, len(starts))


def _dry_season(year: int, climate: Climate) -> Period:
    """The dry season that begins in a year."""
    first, last = climate.dry_season
    begin = date(year, first, 1)
    end = _add_months(begin, (last - first) % 12 + 1) - timedelta(days=1)
    return Period(begin, end, is_dry_season=True)


def _is_dry(period: Period, climate: Climate) -> bool:
    """Whether a period is the dry season of a climate, whole."""
    return period == _dry_season(period.start.year, climate)


def _add_months(first: date, count: int) -> date:
    index = first.year * 12 + first.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)
