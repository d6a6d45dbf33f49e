"""Charts of an area through time for the report page, as places of bars in a drawing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from minewatch.reports.run_summary import PeriodSummary, Range

WIDTH: Final = 480
"""Of a drawing, px."""
HEIGHT: Final = 220
"""Of a drawing, px."""
_LEFT, _TOP, _BOTTOM = 52, 12, 190
_MOST_LABELS: Final = 8


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
    known = [r.high for ranges in figures.values() for r in ranges if not math.isnan(r.high)]
    steps = nice_steps(most or max(known, default=0.0))
    slot = (WIDTH - _LEFT) / max(len(periods), 1)
    width = 0.8 * slot / len(series)

    def height(value: float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * value / steps[-1], 1)

    bars = [
        Bar(
            series=name, x=round(_LEFT + slot * at + 0.1 * slot + width * number, 1),
            width=round(width, 1), low=height(ranges[at].low), high=height(ranges[at].high),
            bottom=_BOTTOM, text=f"{period.label}: {ranges[at].text(digits=_digits(steps))}",
        )
        for at, period in enumerate(periods)
        for number, (name, ranges) in enumerate(figures.items())
        if not math.isnan(ranges[at].high)
    ]  # fmt: skip
    every = max(1, -(-len(periods) // _MOST_LABELS))
    named = [
        (round(_LEFT + slot * (at + 0.5), 1), period.label.split(" ")[0])
        for at, period in enumerate(periods)
        if at % every == 0
    ]
    ticks = [(height(step), f"{step:,.{_digits(steps)}f}") for step in steps]
    return Chart(label=label, bars=bars, ticks=ticks, periods=named, unknown=not known)


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
