"""Charts of an area through time for the report page, as places of bars in a drawing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from minewatch.reports.run_summary import PeriodSummary, Range

WIDTH: Final = 480
"""Of a drawing, px."""
HEIGHT: Final = 220
"""Of a drawing, px."""
_LEFT, _TOP, _BOTTOM = 52, 12, 190
_MOST_LABELS: Final = 8
COLOURS: Final = 8
"""How many series have a colour of their own: classes `bar-c0` to `bar-c7` of the page."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One figure of one period: solid up to its low end, open from there to its high end."""

    series: str
    """Label of what it counts."""
    x: float
    """Left edge, px."""
    width: float
    """Its width, px."""
    low: float
    """Where its low end is, px from the top."""
    high: float
    """Where its high end is, px from the top."""
    bottom: float
    """Where nothing is, px from the top."""
    text: str
    """Period and figure, for people."""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One drawing."""

    label: str
    """Label of its title."""
    bars: Sequence[Bar]
    """In order of time."""
    ticks: Sequence[tuple[float, str]]
    """Height in px from the top, and figure, of the lines across."""
    periods: Sequence[tuple[float, str]]
    """Place in px, and text, of the periods that are named below it."""
    unknown: bool
    """Whether nothing can be said of it."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What those of its series are called that have no label of the page."""
    gaps: Sequence[float] = ()
    """Places in px of bars of which nothing is known."""

    @property
    def series(self) -> list[str]:
        """Labels of what it counts."""
        return list(dict.fromkeys(bar.series for bar in self.bars))


def area_charts(periods: Sequence[PeriodSummary]) -> list[Chart]:
    """Sites, ground, pools and what was seen, period by period.

    Parameters
    ----------
    periods
        From `run_summary.summarise`.
    """
    return [
        _chart(
            "sites", periods, {"known_then": lambda p: p.sites, "state_active": lambda p: p.active}
        ),
        _chart(
            "chart_ground", periods,
            {
                "known_then": lambda p: _times(p.area_m2, 1e-4),
                "state_active": lambda p: _times(p.active_m2, 1e-4),
            },
        ),
        _chart("pools", periods, {"known_then": lambda p: p.pools}),
        _chart(
            "chart_seen", periods,
            {"seen": lambda p: Range(100 * p.observed_fraction, 100 * p.observed_fraction)},
            most=100.0,
        ),
    ]  # fmt: skip


def _chart(
    label: str,
    periods: Sequence[PeriodSummary],
    series: dict[str, Callable[[PeriodSummary], Range]],
    *,
    most: float | None = None,
) -> Chart:
    figures = {name: [of(period) for period in periods] for name, of in series.items()}
    return range_chart(label, [period.label for period in periods], figures, most=most)


def range_chart(
    label: str,
    groups: Sequence[str],
    figures: Mapping[str, Sequence[Range]],
    *,
    most: float | None = None,
    names: Mapping[str, str] | None = None,
) -> Chart:
    """Bars side by side, group by group.

    Parameters
    ----------
    label
        Label of its title.
    groups
        What stands below the bars: periods, in order of time.
    figures
        Series to its figure in each group; NaN: no bar.
    most
        What the axis reaches at least; None: as far as the largest figure.
    names
        What series are called that have no label of the page.
    """
    known = [r.high for ranges in figures.values() for r in ranges if not math.isnan(r.high)]
    steps = nice_steps(max(most or 0.0, *known, 0.0))
    slot = (WIDTH - _LEFT) / max(len(groups), 1)
    width = 0.8 * slot / max(len(figures), 1)
    bars = [
        Bar(
            series=name, x=round(_LEFT + slot * at + 0.1 * slot + width * number, 1),
            width=round(width, 1), low=height_of(ranges[at].low, steps),
            high=height_of(ranges[at].high, steps), bottom=_BOTTOM,
            text=f"{_named(group, name, names)}: {ranges[at].text(digits=_digits(steps))}",
        )
        for at, group in enumerate(groups)
        for number, (name, ranges) in enumerate(figures.items())
        if not math.isnan(ranges[at].high)
    ]  # fmt: skip
    gaps = [
        round(_LEFT + slot * at + 0.1 * slot + width * (number + 0.5), 1)
        for at in range(len(groups))
        for number, ranges in enumerate(figures.values())
        if math.isnan(ranges[at].high)
    ]
    every = max(1, -(-len(groups) // _MOST_LABELS))
    named = [
        (round(_LEFT + slot * (at + 0.5), 1), group.split(" ")[0])
        for at, group in enumerate(groups)
        if at % every == 0
    ]
    return Chart(
        label=label, bars=bars, ticks=ticks_of(steps), periods=named, unknown=not known,
        names=names or {}, gaps=gaps,
    )  # fmt: skip


def days_chart(
    label: str,
    days: Sequence[tuple[date, date, str, Range]],
    *,
    span: tuple[date, date],
    as_levels: bool = False,
) -> Chart:
    """Bars as long as the days that they are of.

    Parameters
    ----------
    label
        Label of its title.
    days
        First and last day, what is counted (which names the bar), and the figure of each.
    span
        First and last day of the drawing.
    as_levels
        Draw levels instead of bars, thinner from series to series: equal ones all show.
    """
    steps = nice_steps(max((of.high for *_, of in days if not math.isnan(of.high)), default=0.0))
    length = max((span[1] - span[0]).days + 1, 1)

    def x(day: date) -> float:
        return round(_LEFT + (WIDTH - _LEFT) * (day - span[0]).days / length, 1)

    series = {name: f"c{n % COLOURS}" for n, name in enumerate(dict.fromkeys(d[2] for d in days))}
    half = {name: max(6.0 - n, 2.0) if as_levels else 0.0 for n, name in enumerate(series)}
    bars = [
        Bar(
            series=series[name], x=x(first),
            width=max(round(x(last + timedelta(days=1)) - x(first), 1), 1.0),
            low=height_of(of.low, steps) - half[name], high=height_of(of.high, steps) - half[name],
            bottom=height_of(of.low, steps) + half[name] if as_levels else _BOTTOM,
            text=f"{name}, {first} – {last}: {of.text(digits=_digits(steps))}",
        )
        for first, last, name, of in days
        if not math.isnan(of.high)
    ]  # fmt: skip
    years = range(span[0].year + 1, span[1].year + 1)
    every = max(1, -(-len(years) // _MOST_LABELS))
    return Chart(
        label=label, bars=bars, ticks=ticks_of(steps),
        periods=[(x(date(year, 1, 1)), str(year)) for year in years[::every]],
        unknown=not bars, names={of: name for name, of in series.items()},
    )  # fmt: skip


def height_of(value: float, steps: Sequence[float]) -> float:
    """Where a figure stands in a drawing, px from the top."""
    return round(_BOTTOM - (_BOTTOM - _TOP) * value / steps[-1], 1)


def ticks_of(steps: Sequence[float]) -> list[tuple[float, str]]:
    """Lines across a drawing: height in px from the top, and figure."""
    return [(height_of(step, steps), f"{step:,.{_digits(steps)}f}") for step in steps]


def _named(group: str, series: str, names: Mapping[str, str] | None) -> str:
    return f"{names[series]}, {group}" if names and series in names else group


def nice_steps(most: float) -> list[float]:
    """Three to six round figures from nothing to at least the most.

    Examples
    --------
    >>> nice_steps(193)
    [0.0, 50.0, 100.0, 150.0, 200.0]
    >>> nice_steps(0)
    [0.0, 1.0]
    """
    if most <= 0:
        return [0.0, 1.0]
    power = 10.0 ** math.floor(math.log10(most))
    step = next(n * power for n in (0.2, 0.5, 1, 2, 5) if most / (n * power) <= 5)
    return [round(step * n, 10) for n in range(math.ceil(round(most / step, 9)) + 1)]


def _digits(steps: Sequence[float]) -> int:
    return 0 if steps[1] >= 1 else min(3, -math.floor(math.log10(steps[1])))


def _times(of: Range, factor: float) -> Range:
    return Range(of.low * factor, of.high * factor)
