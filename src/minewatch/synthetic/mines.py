"""Mining sites: banks of touching pools on cut benches, pads, camps, roads, and their histories."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from minewatch.synthetic.ground_parts import Part, blob, rectangle
from minewatch.synthetic.site_calendars import (
    POOL_STYLES,
    STANDINGS,
    SiteCalendar,
    bare_events,
    draw_calendar,
    draw_older_calendar,
    next_working_day,
    pool_events,
    roof_events,
)
from minewatch.synthetic.spec import Surroundings, WorldSpec

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


@dataclass(frozen=True, kw_only=True)
class Mine:
    """One site."""

    id: str
    """`SIM_mine_01`, …"""
    x: float
    """Easting of its middle, metres."""
    y: float
    """Northing of its middle, metres."""
    calendar: SiteCalendar
    """Its dates."""
    parts: tuple[Part, ...]
    """Its ground, in the order of drawing; without the road that leads to it."""
    surroundings: Surroundings = "slope"
    """What it lies at."""
    standing: str | None = None
    """How it stood when the archive began, one of `STANDINGS`; None: it was not drawn that way."""

    @cached_property
    def footprint(self) -> BaseGeometry:
        """Outline of all its parts, metres."""
        return shapely.union_all([p.shape for p in self.parts]).buffer(0.5).buffer(-0.5)


def draw_mine(
    spec: WorldSpec, number: int, x: float, y: float, downhill: float,
    *, surroundings: Surroundings = "slope",
) -> Mine:  # fmt: skip
    """A site at a place, its calendar and its parts.

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
    surroundings
        What it lies at.
    """
    rng, name = spec.random("mine", number), f"SIM_mine_{number:02d}"
    standing, calendar = _draw_history(spec, rng, number)
    banks = [bank.stretched(spec, x, y) for bank in _draw_banks(rng, x, y, downhill)]
    pads: list[Part] = []
    pools: list[Part] = []
    cut = calendar.start
    for k, bank in enumerate(banks):
        cut = cut if k == 0 else next_working_day(calendar, cut + int(rng.uniform(25, 110)))
        bench = bank.bench(rng.uniform(4, 10)).buffer(1.5)
        pads.append(_bare(name, "bench", bench, cut, calendar, rng))
        if k == 0 or rng.random() < 0.4:
            away = rng.choice([-1, 1]) * bank.spacing * (bank.rows + 1) / 2
            px, py = bank.x + away * np.cos(downhill), bank.y + away * np.sin(downhill)
            pad = blob(rng, px, py, area_m2=rng.uniform(300, 1500), stretch=2, angle=bank.angle)
            pads.append(_bare(name, "pad", pad, cut, calendar, rng))
        if k:
            track = shapely.LineString([(banks[k - 1].x, banks[k - 1].y), (bank.x, bank.y)])
            pads.insert(0, _bare(name, "track", track.buffer(2.5), cut, calendar, rng))
        is_mixed = spec.random("mixed", number, k).random() < spec.mixed_pools
        draw = _draw_mixed_pools if is_mixed else _draw_pools
        pools += draw(name, rng, calendar, cut, bank)
    camp = _draw_camp(name, rng, calendar, x, y, downhill)
    return Mine(
        id=name, x=x, y=y, calendar=calendar, parts=(*pads, *camp, *pools),
        surroundings=surroundings, standing=standing,
    )  # fmt: skip


def _draw_history(
    spec: WorldSpec, rng: np.random.Generator, number: int
) -> tuple[str | None, SiteCalendar]:
    """How a site stands when the archive begins, where that is drawn, and its calendar."""
    is_older = number < round(spec.preexisting * spec.mines)
    if not (is_older and spec.older_in_every_state):
        return None, draw_calendar(spec, rng, preexisting=is_older)
    # other steps than those of the surroundings, so that each state comes to lie at everything
    standing = STANDINGS[(number + 3 * spec.seed) % len(STANDINGS)]
    return standing, draw_older_calendar(spec, rng, standing)


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
    """Edge of its pools before scaling, metres."""
    count: int
    rows: int
    scale: float = 1.0
    """Multiplies the size of its pools."""

    @property
    def columns(self) -> int:
        return -(-self.count // self.rows)

    def stretched(self, spec: WorldSpec, x: float, y: float) -> _Bank:
        """The bank of a world whose sites, with their middle at x and y, are built otherwise."""
        return replace(
            self, x=x + (self.x - x) * spec.scatter, y=y + (self.y - y) * spec.scatter,
            spacing=self.spacing * spec.pool_scale, scale=spec.pool_scale,
        )  # fmt: skip

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
    owner: str,
    role: str,
    shape: BaseGeometry,
    cut: int,
    calendar: SiteCalendar,
    rng: np.random.Generator,
) -> Part:
    return Part(
        owner=owner,
        role=role,
        shape=shape,
        events=bare_events(calendar, cut),
        tint=_tint(rng, 0.22),
    )


def _draw_pools(
    owner: str, rng: np.random.Generator, calendar: SiteCalendar, cut: int, bank: _Bank
) -> list[Part]:
    is_round, is_sheeted = rng.random() < 0.3, rng.random() < 0.2
    filled = cut + int(rng.uniform(15, 60))
    parts = []
    for px, py in bank.centres():
        size = float(np.clip(bank.size * rng.normal(1, 0.04), *POOL_SIZE_M)) * bank.scale
        square = rectangle(px, py, size, size, bank.angle)
        shape = shapely.Point(px, py).buffer(size / 2) if is_round else square
        style = "sheeted" if is_sheeted else "cycle"
        events = pool_events(rng, calendar, cut, filled, style=style)
        tint = _tint(rng, 0.2)
        parts.append(Part(owner=owner, role="pool", shape=shape, events=events, tint=tint))
    return parts


def _draw_mixed_pools(
    owner: str, rng: np.random.Generator, calendar: SiteCalendar, cut: int, bank: _Bank
) -> list[Part]:
    """Pools of one bank of every shape, size, colour and age; none overlaps its neighbour."""
    parts = []
    largest = min(POOL_SIZE_M[1], bank.spacing / bank.scale * 0.98)
    for px, py in bank.centres():
        size = rng.uniform(POOL_SIZE_M[0], max(largest, POOL_SIZE_M[0])) * bank.scale
        is_round, style = rng.random() < 0.4, str(rng.choice(list(POOL_STYLES)))
        square = rectangle(px, py, size, size * rng.uniform(0.8, 1.0), bank.angle)
        shape = shapely.Point(px, py).buffer(size / 2) if is_round else square
        filled = cut + int(rng.uniform(15, 150))
        events = pool_events(rng, calendar, cut, filled, style=style)
        tint = _tint(rng, 0.2)
        parts.append(Part(owner=owner, role="pool", shape=shape, events=events, tint=tint))
    return parts


def _draw_camp(
    owner: str,
    rng: np.random.Generator,
    calendar: SiteCalendar,
    x: float,
    y: float,
    downhill: float,
) -> list[Part]:
    """A yard at the foot of the site with a few small blue roofs."""
    away = rng.uniform(35, 60)
    turn = downhill + rng.normal(0, 0.5)
    cx, cy = x + away * np.cos(turn), y + away * np.sin(turn)
    yard = blob(rng, cx, cy, area_m2=rng.uniform(200, 500), stretch=1.6, angle=turn)
    parts = [_bare(owner, "camp", yard, calendar.start, calendar, rng)]
    built = calendar.start + int(rng.uniform(5, 30))
    for _ in range(int(rng.integers(2, 7))):
        ox, oy = rng.normal(0, 7, 2)
        roof = rectangle(cx + ox, cy + oy, rng.uniform(6, 12), rng.uniform(4, 6), turn)
        events = roof_events(calendar, built, int(rng.uniform(20, 200)))
        parts.append(Part(owner=owner, role="roof", shape=roof, events=events))
    return parts
