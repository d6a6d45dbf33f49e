"""Mining sites: banks of touching pools on cut benches, pads, camps, roads, and their lives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from minewatch.synthetic.ground import Event, Part, blob, rectangle
from minewatch.synthetic.spec import WorldSpec

MEDIAN_POOLS = 8
POOLS_LOG_SIGMA = 0.62
"""Log spread of pools a site: median 8, 90 % 17.8, most 43 [DOMAIN 2]."""
MEDIAN_SPACING_M = 15.2
SPACING_LOG_SIGMA = 0.25
"""Log spread of the spacing in a bank: 5 % 10.0, median 15.2, 75 % 18.3 m [DOMAIN 2]."""
POOL_SIZE_M = (8.0, 14.0)
MEDIAN_BANK, BANK_LOG_SIGMA, BANK_GAP_M = 5.5, 1.2, 75.0
"""Pools a bank and metres between banks: set so that extents (median 102 m, 90 % 291) and the
largest contiguous bank (400 m2 or more at 61 % of sites, 1,000 at 39) come out [DOMAIN 2]."""
REGROWTH_DAYS = 900
"""Days until abandoned dry ground is green again [D]."""
POOL_MATERIALS = frozenset({"leaching", "idle_water", "white", "drained", "sheeted", "standing"})
BARE_ROLES = frozenset({"bench", "pad", "camp", "track"})


@dataclass(frozen=True, kw_only=True)
class Life:
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


@dataclass(frozen=True, kw_only=True)
class Mine:
    """One site."""

    id: str
    """`SIM_mine_01`, …"""
    x: float
    """Easting of its middle, metres."""
    y: float
    """Northing of its middle, metres."""
    life: Life
    """Its dates."""
    parts: tuple[Part, ...]
    """Its ground, in the order of drawing; without the road that leads to it."""

    @cached_property
    def footprint(self) -> BaseGeometry:
        """Outline of all its parts, EPSG:32647."""
        return shapely.union_all([p.shape for p in self.parts]).buffer(0.5).buffer(-0.5)


def draw_mine(spec: WorldSpec, number: int, x: float, y: float, downhill: float) -> Mine:
    """A site at a place, its life and its parts.

    Parameters
    ----------
    spec
        The world.
    number
        Counts the sites of the world.
    x, y
        Where, metres.
    downhill
        Direction of the slope, radians from east.
    """
    rng, name = spec.random("mine", number), f"SIM_mine_{number:02d}"
    life = _draw_life(spec, rng, preexisting=number < round(spec.preexisting * spec.mines))
    banks = _draw_banks(rng, x, y, downhill)
    pads: list[Part] = []
    pools: list[Part] = []
    cut = life.start
    for k, bank in enumerate(banks):
        cut = cut if k == 0 else _next_working_day(life, cut + int(rng.uniform(25, 110)))
        bench = bank.bench(rng.uniform(4, 10)).buffer(1.5)
        pads.append(_bare(name, "bench", bench, cut, life, rng))
        if k == 0 or rng.random() < 0.4:
            away = rng.choice([-1, 1]) * bank.spacing * (bank.rows + 1) / 2
            px, py = bank.x + away * np.cos(downhill), bank.y + away * np.sin(downhill)
            pad = blob(rng, px, py, area_m2=rng.uniform(300, 1500), stretch=2, angle=bank.angle)
            pads.append(_bare(name, "pad", pad, cut, life, rng))
        if k:
            track = shapely.LineString([(banks[k - 1].x, banks[k - 1].y), (bank.x, bank.y)])
            pads.insert(0, _bare(name, "track", track.buffer(2.5), cut, life, rng))
        pools += _draw_pools(name, rng, life, cut, bank)
    camp = _draw_camp(name, rng, life, x, y, downhill)
    return Mine(id=name, x=x, y=y, life=life, parts=(*pads, *camp, *pools))


def _draw_life(spec: WorldSpec, rng: np.random.Generator, *, preexisting: bool) -> Life:
    first, last = spec.start.toordinal(), spec.end.toordinal()
    if preexisting:
        start = first - int(rng.uniform(120, 1500))
    else:
        start = int(rng.uniform(first + min(365, (last - first) * 0.3), last - 120))
    length = int(np.clip(rng.lognormal(np.log(600), 0.5), 200, 2200))
    end = max(start + length, first - 200)  # what the archive cannot show any more is not drawn
    fate = "active" if end > last else str(rng.choice(["wet", "dry"], p=[0.6, 0.4]))
    prospected = start - int(rng.uniform(25, 120))
    return Life(prospected=prospected, start=start, active=_shifts(rng, start, end), fate=fate)


def _shifts(rng: np.random.Generator, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """Intervals of work with idle months between them; the last one ends with the site."""
    active, day = [], start
    while (stop := day + int(rng.uniform(180, 700))) + 300 < end:
        active.append((day, stop))
        day = stop + int(rng.uniform(60, 240))
    return (*active, (day, end))


def _next_working_day(life: Life, day: int) -> int:
    for a, b in life.active:
        if day <= b:
            return max(a, day)
    return life.active[-1][1]


@dataclass(frozen=True, kw_only=True)
class _Bank:
    """Pools that touch each other on one bench."""

    x: float
    y: float
    angle: float
    """Direction of its rows, radians from east."""
    spacing: float
    """Between pool centres, metres."""
    size: float
    """Edge of its pools, metres."""
    count: int
    rows: int

    @property
    def columns(self) -> int:
        return -(-self.count // self.rows)

    def bench(self, rim_m: float) -> BaseGeometry:
        length, width = self.columns * self.spacing, self.rows * self.spacing
        return rectangle(self.x, self.y, length + rim_m, width + rim_m, self.angle)

    def centres(self) -> Iterator[tuple[float, float]]:
        c, s = np.cos(self.angle), np.sin(self.angle)
        for i in range(self.count):
            u = (i % self.columns - (self.columns - 1) / 2) * self.spacing
            v = (i // self.columns - (self.rows - 1) / 2) * self.spacing
            yield self.x + u * c - v * s, self.y + u * s + v * c


def _draw_banks(rng: np.random.Generator, x: float, y: float, downhill: float) -> list[_Bank]:
    """The banks of a site: the first in its middle, others about it without touching."""
    left = int(np.clip(round(rng.lognormal(np.log(MEDIAN_POOLS), POOLS_LOG_SIGMA)), 1, 43))
    banks: list[_Bank] = []
    while left > 0:
        count = min(left, max(1, round(rng.lognormal(np.log(MEDIAN_BANK), BANK_LOG_SIGMA))))
        bank = _draw_bank(rng, x, y, downhill, count)
        for attempt in range(60):
            if not any(bank.bench(8).intersects(b.bench(8)) for b in banks):
                break
            base = banks[int(rng.integers(len(banks)))]
            reach = rng.lognormal(np.log(BANK_GAP_M), 0.7) * (1 + attempt / 20)
            turn = rng.uniform(0, 2 * np.pi)
            bx, by = base.x + reach * np.cos(turn), base.y + reach * np.sin(turn)
            bank = replace(bank, x=bx, y=by)
        banks.append(bank)
        left -= count
    return banks


def _draw_bank(rng: np.random.Generator, x: float, y: float, downhill: float, count: int) -> _Bank:
    spacing = rng.lognormal(np.log(MEDIAN_SPACING_M), SPACING_LOG_SIGMA)
    spacing = float(np.clip(spacing, 9.2, 26))
    rows = 1 if count < 4 else int(rng.choice([1, 2] if count < 12 else [2, 3]))
    return _Bank(
        x=x, y=y, angle=downhill + np.pi / 2 + rng.normal(0, 0.15), spacing=spacing,
        size=float(np.clip(spacing * 0.92, *POOL_SIZE_M)), count=count, rows=rows,
    )  # fmt: skip


def _tint(rng: np.random.Generator, spread: float) -> tuple[float, ...]:
    common = rng.normal(0, spread)
    return tuple(float(v) for v in np.exp(common + rng.normal(0, spread / 4, 6)))


def _bare(
    owner: str, role: str, shape: BaseGeometry, cut: int, life: Life, rng: np.random.Generator
) -> Part:
    events = [Event(cut, "bare_fresh", 6), Event(cut + 240, "bare_old", 200)]
    if life.ended is not None:
        events = [e for e in events if e.day < life.ended]
        events.append(Event(life.ended + 30, "sparse", 500 if life.fate == "wet" else 250))
        if life.fate == "dry":
            events.append(Event(life.ended + 300, "scrub", REGROWTH_DAYS - 300))
            events.append(Event(life.ended + REGROWTH_DAYS + 30, None, 1200))
    return Part(owner=owner, role=role, shape=shape, events=tuple(events), tint=_tint(rng, 0.15))


def _draw_pools(
    owner: str, rng: np.random.Generator, life: Life, cut: int, bank: _Bank
) -> list[Part]:
    is_round, is_sheeted = rng.random() < 0.3, rng.random() < 0.2
    filled = cut + int(rng.uniform(15, 60))
    parts = []
    for px, py in bank.centres():
        size = float(np.clip(bank.size * rng.normal(1, 0.04), *POOL_SIZE_M))
        square = rectangle(px, py, size, size, bank.angle)
        shape = shapely.Point(px, py).buffer(size / 2) if is_round else square
        events = _pool_events(rng, life, filled, is_sheeted=is_sheeted)
        parts.append(
            Part(owner=owner, role="pool", shape=shape, tint=_tint(rng, 0.15),
                 events=(Event(cut, "bare_fresh", 6), *events))
        )  # fmt: skip
    return parts


def _pool_events(
    rng: np.random.Generator, life: Life, filled: int, *, is_sheeted: bool
) -> list[Event]:
    """The colours of a pool: leaching, precipitate, drained, idle, and what is left of it."""
    events, day = [Event(filled, "sheeted", 2)], filled + int(rng.uniform(4, 20))
    steps = (("leaching", 30, 80), ("white", 8, 25), ("drained", 5, 20), ("idle_water", 10, 45))
    for a, b in life.active:
        day = max(day, a)
        while day < b:
            for material, low, high in steps:
                shown = "sheeted" if is_sheeted and material == "leaching" else material
                events.append(Event(day, shown, 3))
                day += int(rng.uniform(low, high))
        events.append(Event(max(b, events[-1].day + 1), "idle_water", 20))
    if life.fate == "wet":
        events.append(Event(events[-1].day + 30, "standing", 60))
    elif life.fate == "dry":
        left = events[-1].day
        events += [
            Event(left + 15, "drained", 20), Event(left + 100, "bare_old", 150),
            Event(left + 300, "scrub", REGROWTH_DAYS - 300),
            Event(left + REGROWTH_DAYS + 30, None, 1200),
        ]  # fmt: skip
    return events


def _draw_camp(
    owner: str, rng: np.random.Generator, life: Life, x: float, y: float, downhill: float
) -> list[Part]:
    """A yard at the foot of the site with a few small blue roofs."""
    away = rng.uniform(35, 60)
    turn = downhill + rng.normal(0, 0.5)
    cx, cy = x + away * np.cos(turn), y + away * np.sin(turn)
    yard = blob(rng, cx, cy, area_m2=rng.uniform(200, 500), stretch=1.6, angle=turn)
    parts = [_bare(owner, "camp", yard, life.start, life, rng)]
    built = life.start + int(rng.uniform(5, 30))
    for _ in range(int(rng.integers(2, 7))):
        ox, oy = rng.normal(0, 7, 2)
        roof = rectangle(cx + ox, cy + oy, rng.uniform(6, 12), rng.uniform(4, 6), turn)
        events: tuple[Event, ...] = (Event(built, "roof_blue", 2),)
        if life.ended is not None:
            events += (Event(life.ended + int(rng.uniform(20, 200)), "sparse", 200),)
        parts.append(Part(owner=owner, role="roof", shape=roof, events=events))
    return parts


def areas_on(mine: Mine, day: int, area_m2: dict[int, float]) -> dict[str, float]:
    """What there is of a site on a day.

    Parameters
    ----------
    mine
        The site.
    day
        Ordinal of the day.
    area_m2
        Drawn area of each of its parts by `id(part)`, m2.

    Returns
    -------
    dict
        `disturbed_area_m2`, `pad_area_m2`, `pool_area_m2` (m2) and `pool_count`.
    """
    pads = pools = roofs = 0.0
    count = 0
    for part in mine.parts:
        material, area = part.material(day), area_m2[id(part)]
        if material in POOL_MATERIALS and part.role == "pool":
            pools, count = pools + area, count + 1
        elif material in ("bare_fresh", "bare_old", "sparse"):
            pads += area
        elif material == "roof_blue":
            roofs += area
    return {
        "disturbed_area_m2": pads + pools + roofs,
        "pad_area_m2": pads,
        "pool_area_m2": pools,
        "pool_count": count,
    }


def day_of_area(
    mine: Mine, area_m2: dict[int, float], days: Sequence[int], least_m2: float
) -> date | None:
    """First of some days on which a site has that much disturbed ground; None: never."""
    for day in days:
        if areas_on(mine, day, area_m2)["disturbed_area_m2"] >= least_m2:
            return date.fromordinal(day)
    return None
