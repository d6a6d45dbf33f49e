"""The histories of mining sites as calendars: work, rest, abandonment, regrowth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from minewatch.synthetic.ground_parts import Event
from minewatch.synthetic.spec import WorldSpec

REGROWTH_DAYS = 900
"""Days until abandoned dry ground is green again [D]."""
POOL_MATERIALS = frozenset({"leaching", "idle_water", "white", "drained", "sheeted", "standing"})
"""What a pool shows while it is one."""
_CYCLE = (("leaching", 30, 80), ("white", 8, 25), ("drained", 5, 20), ("idle_water", 10, 45))
"""Colours of a working pool with the fewest and most days of each [order DOMAIN 2; days D]."""


@dataclass(frozen=True, kw_only=True)
class SiteCalendar:
    """When a site was worked and how it ended; days are ordinals."""

    prospected: int
    """Day on which its road was cut."""
    start: int
    """First ground cleared on the site itself."""
    active: tuple[tuple[int, int], ...]
    """Intervals of work, first and last day; the last may reach beyond the archive."""
    fate: str
    """`wet`: waste water left standing; `dry`: drained, left to regrow; `active`: still worked."""

    @property
    def ended(self) -> int | None:
        """Day after which nobody worked; None while work goes on."""
        return None if self.fate == "active" else self.active[-1][1]

    def state(self, day: int) -> str:
        """State of the site on a day, in the words of `minewatch.model.STATES` and `prospected`."""
        if day < self.start:
            return "prospected" if day >= self.prospected else "none"
        if any(a <= day <= b for a, b in self.active):
            return "active"
        if self.ended is None or day <= self.ended:
            return "idle"
        if self.fate == "wet":
            return "abandoned_wet"
        regrown = day - self.ended > REGROWTH_DAYS * 0.75
        return "revegetated" if regrown else "abandoned_dry"


def draw_calendar(spec: WorldSpec, rng: np.random.Generator, *, preexisting: bool) -> SiteCalendar:
    """A calendar that begins in the archive, or before it.

    Parameters
    ----------
    spec
        The world.
    rng
        Source of randomness.
    preexisting
        Whether it began before the archive; it then still shows in its first year.
    """
    first, last = spec.start.toordinal(), spec.end.toordinal()
    if preexisting:
        start = first - int(rng.uniform(120, 1500))
    else:
        start = int(rng.uniform(first + min(365, (last - first) * 0.3), last - 120))
    length = int(np.clip(rng.lognormal(np.log(600), 0.5), 200, 2200))
    end = max(start + length, first - 200)  # what the archive cannot show any more is not drawn
    fate = "active" if end > last else str(rng.choice(["wet", "dry"], p=[0.6, 0.4]))
    prospected = start - int(rng.uniform(25, 120))
    return SiteCalendar(
        prospected=prospected, start=start, active=_shifts(rng, start, end), fate=fate
    )


STANDINGS: Final = ("working", "wet", "dry", "working", "wet", "regrowing", "working")
"""How older mines stand when an archive begins, by turns [shares D]."""
_LEFT_BEFORE_DAYS: Final = {"wet": (30, 900), "dry": (60, 400), "regrowing": (400, 900)}
"""Days between the end of work and the archive."""


def draw_older_calendar(spec: WorldSpec, rng: np.random.Generator, standing: str) -> SiteCalendar:
    """A calendar that began before the archive and stands in a given way when that begins.

    Parameters
    ----------
    spec
        The world.
    rng
        Source of randomness.
    standing
        One of `STANDINGS`: `working`, left `wet`, left `dry`, or left dry so long ago that it is
        `regrowing`.
    """
    first, last = spec.start.toordinal(), spec.end.toordinal()
    if standing == "working":
        start = first - int(rng.uniform(120, 1500))
        end = first + int(rng.uniform(150, 1.3 * (last - first)))
        fate = "active" if end > last else str(rng.choice(["wet", "dry"], p=[0.6, 0.4]))
    else:
        end = first - int(rng.uniform(*_LEFT_BEFORE_DAYS[standing]))
        start = end - int(rng.uniform(300, 1500))
        fate = "wet" if standing == "wet" else "dry"
    prospected = start - int(rng.uniform(25, 120))
    return SiteCalendar(
        prospected=prospected, start=start, active=_shifts(rng, start, end), fate=fate
    )


def _shifts(rng: np.random.Generator, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """Intervals of work with idle months between them; the last one ends with the site."""
    active, day = [], start
    while (stop := day + int(rng.uniform(180, 700))) + 300 < end:
        active.append((day, stop))
        day = stop + int(rng.uniform(60, 240))
    return (*active, (day, end))


def next_working_day(calendar: SiteCalendar, day: int) -> int:
    """The day itself when people work on it, else the next on which they do."""
    for a, b in calendar.active:
        if day <= b:
            return max(a, day)
    return calendar.active[-1][1]


def bare_events(calendar: SiteCalendar, cut: int) -> tuple[Event, ...]:
    """Ground that is cut, ages, and is left to grass (wet sites) or to forest (dry ones)."""
    events = [Event(cut, "bare_fresh", 6), Event(cut + 240, "bare_old", 200)]
    if calendar.ended is not None:
        events = [e for e in events if e.day <= max(cut, calendar.ended)]
        events.append(Event(calendar.ended + 30, "sparse", 500 if calendar.fate == "wet" else 250))
        events += _regrowth(calendar, calendar.ended)
    return tuple(events)


def roof_events(calendar: SiteCalendar, built: int, left_after: int) -> tuple[Event, ...]:
    """A blue roof until it is taken down some days after work stopped."""
    events = [Event(built, "roof_blue", 2)]
    if calendar.ended is not None:
        events.append(Event(calendar.ended + left_after, "sparse", 90))
        events += _regrowth(calendar, calendar.ended)
    return tuple(events)


def _regrowth(calendar: SiteCalendar, left: int) -> list[Event]:
    """Scrub, then forest, where a site was left dry."""
    if calendar.fate != "dry":
        return []
    return [
        Event(left + 300, "scrub", REGROWTH_DAYS - 300),
        Event(left + REGROWTH_DAYS + 30, None, 1200),
    ]


POOL_STYLES: Final[Mapping[str, tuple[tuple[str, int, int], ...]]] = {
    "cycle": _CYCLE,
    "sheeted": (("sheeted", 30, 80), *_CYCLE[1:]),
    "full": (("leaching", 60, 160), ("idle_water", 20, 90)),
    "white": (("leaching", 10, 30), ("white", 25, 70), ("drained", 5, 20)),
    "drained": (("leaching", 15, 40), ("white", 8, 25), ("drained", 60, 200)),
}
"""Colours of working pools that are used otherwise than their neighbours [D]: always full, mostly
white with precipitate, mostly drained, covered with sheets."""


def pool_events(
    rng: np.random.Generator, calendar: SiteCalendar, cut: int, filled: int, *, style: str = "cycle"
) -> tuple[Event, ...]:
    """The colours of a pool through its cycles, and what is left of it.

    Parameters
    ----------
    rng
        Source of randomness: every pool keeps its own time.
    calendar
        Of its site.
    cut, filled
        Days on which its bench was cut and its sheet laid.
    style
        One of `POOL_STYLES`.
    """
    events = [Event(cut, "bare_fresh", 6), Event(filled, "sheeted", 2)]
    cycle = POOL_STYLES[style]
    day = filled + int(rng.uniform(4, 20))
    for start, stop in calendar.active:
        day, step = max(day, start), 0
        while day < stop:
            material, low, high = cycle[step % len(cycle)]
            events.append(Event(day, material, 3))
            day, step = day + int(rng.uniform(low, high)), step + 1
        events.append(Event(max(stop, events[-1].day + 1), "idle_water", 20))
    left = events[-1].day
    if calendar.fate == "wet":
        events.append(Event(left + 30, "standing", 60))
    elif calendar.fate == "dry":
        events += [Event(left + 15, "drained", 20), Event(left + 100, "bare_old", 150)]
        events += _regrowth(calendar, left)
    return tuple(events)
