"""What looks like a mine and is not: each with its own calendar [DOMAIN 3]."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from minewatch.synthetic.ground_parts import Event, Part, blob, rectangle
from minewatch.synthetic.hills import Terrain
from minewatch.synthetic.spec import PIXEL_M, WorldSpec

KINDS = (
    "swidden", "landslide", "other_clearing", "quarry", "village", "paddy", "fish_pond",
    "river_bar", "road",
)  # fmt: skip
"""Kinds of confuser in the truth; hill shade, snow and misplacement have no outline."""
_LANES, _LANE_M = 11, 7.0
LANDSLIDE_SLOPE_DEG = 27.0
"""Landslides start on slopes above 25-30 degrees [DOMAIN 3]."""

Site = tuple[float, float, float]
"""Easting, northing (metres) and direction downhill (radians from east)."""
FindSite = Callable[..., Site | None]
"""Finds free ground: keywords `radius_m`, `slope_deg`, `river_m` (ranges)."""


@dataclass(frozen=True, kw_only=True)
class Confuser:
    """One thing that is not a mine."""

    id: str
    """`SIM_swidden_03`, …"""
    kind: str
    """One of `KINDS`."""
    start: date | None
    """When it appeared; None: it was there from the start."""
    parts: tuple[Part, ...]
    """Its ground."""

    @property
    def footprint(self) -> BaseGeometry:
        """Outline, metres."""
        return shapely.union_all([p.shape for p in self.parts])


def draw_confusers(
    spec: WorldSpec, terrain: Terrain, find: FindSite,
    *, villages_at: Sequence[Site] = (), slides_at: Sequence[Site] = (),
) -> list[Confuser]:  # fmt: skip
    """Every confuser of a world, in the order of drawing.

    Parameters
    ----------
    spec
        The world.
    terrain
        Its hills.
    find
        Finds free ground.
    villages_at
        Ground kept for the first villages; further ones find their own.
    slides_at
        Places that a slide comes down to, beside all slides that find their own ground.
    """
    found: list[Confuser] = []
    if spec.river:
        found.append(_river(spec, terrain))
    for number in range(max(spec.villages, len(villages_at))):
        kept = villages_at[number] if number < len(villages_at) else None
        found += _village(spec, number, find, kept)
    for number in range(spec.quarries):
        found += _quarry(spec, number, find)
    found += [_slide_to(spec, number, place) for number, place in enumerate(slides_at)]
    span = spec.area_km2 * (spec.years + 1)
    for kind, rate, draw in (
        ("landslide", spec.landslides_per_km2_year, _landslide),
        ("other_clearing", spec.clearings_per_km2_year, _clearing),
        ("swidden", spec.swidden_per_km2_year, _swidden),
    ):
        count = int(spec.random(kind, "count").poisson(rate * span))
        for number in range(count):
            found += draw(spec, number, find)
    return found


def _day(
    spec: WorldSpec, year: int, first: tuple[int, int], last: tuple[int, int],
    rng: np.random.Generator,
) -> int:  # fmt: skip
    """A random day between two days of a year in Kachin, moved to the seasons of the world."""
    low, high = (spec.season_day(year, *day).toordinal() for day in (first, last))
    return int(rng.integers(low, high + 1))


def _year(spec: WorldSpec, rng: np.random.Generator) -> int:
    return int(rng.integers(spec.start.year - 1, spec.end.year + 1))


def _tint(rng: np.random.Generator, spread: float = 0.12) -> tuple[float, ...]:
    return tuple(float(v) for v in np.exp(rng.normal(0, spread) + rng.normal(0, spread / 4, 6)))


def _swidden(spec: WorldSpec, number: int, find: FindSite) -> Iterator[Confuser]:
    """Cut in February, burnt in March or April, green within the monsoon, then fallow."""
    rng = spec.random("swidden", number)
    area = float(np.clip(rng.lognormal(np.log(9000), 0.6), 3000, 30_000))
    place = find(rng, radius_m=np.sqrt(area / np.pi) + 25, slope_deg=(5, 32), river_m=(120, 1e9))
    if place is None:
        return
    x, y, downhill = place
    shape = blob(rng, x, y, area_m2=area, stretch=rng.uniform(1, 2), angle=downhill + np.pi / 2)
    year = _year(spec, rng)
    cut, burn = _day(spec, year, (1, 25), (3, 5), rng), _day(spec, year, (3, 10), (4, 25), rng)
    green = _day(spec, year, (5, 10), (6, 5), rng)
    events = [
        Event(cut, "slash", 12), Event(burn, "char", 2), Event(burn + 12, "bare_old", 20),
        Event(green, "crop", 60),
        Event(spec.season_day(year, 11, 1).toordinal(), "grass", 40),
    ]  # fmt: skip
    if rng.random() < 0.35:  # a second crop on the same plot
        burn = _day(spec, year + 1, (3, 10), (4, 25), rng)
        events += [
            Event(burn, "char", 2), Event(burn + 12, "bare_old", 20),
            Event(_day(spec, year + 1, (5, 10), (6, 5), rng), "crop", 60),
            Event(spec.season_day(year + 1, 11, 1).toordinal(), "grass", 40),
        ]  # fmt: skip
    last = events[-1].day
    events += [Event(last + 200, "scrub", 300), Event(last + 700, None, 1500)]
    part = Part(owner=f"SIM_swidden_{number:02d}", role="field", shape=shape,
                events=tuple(events), tint=_tint(rng))  # fmt: skip
    yield Confuser(id=part.owner, kind="swidden", start=date.fromordinal(cut), parts=(part,))


def _landslide(spec: WorldSpec, number: int, find: FindSite) -> Iterator[Confuser]:
    """A scar down a steep slope in the rains, green again over years."""
    rng = spec.random("landslide", number)
    length, width = rng.uniform(60, 260), rng.uniform(15, 45)
    place = find(
        rng, radius_m=length / 2 + 20, slope_deg=(LANDSLIDE_SLOPE_DEG, 90), river_m=(60, 1e9)
    )
    if place is None:
        return
    yield _slide(spec, rng, f"SIM_landslide_{number:02d}", place, length, width)


def _slide_to(spec: WorldSpec, number: int, toe: Site) -> Confuser:
    """A slide that ends at a place, such as a mine."""
    rng = spec.random("slide at mine", number)
    length, width = rng.uniform(80, 220), rng.uniform(18, 45)
    up = length / 2 + rng.uniform(0, 45)
    x, y, downhill = toe
    middle = (x - up * float(np.cos(downhill)), y - up * float(np.sin(downhill)), downhill)
    return _slide(spec, rng, f"SIM_landslide_mine_{number:02d}", middle, length, width)


def _slide(
    spec: WorldSpec, rng: np.random.Generator, name: str, middle: Site, length: float, width: float
) -> Confuser:
    x, y, downhill = middle
    shape = blob(rng, x, y, area_m2=length * width * 0.8, stretch=length / width, angle=downhill)
    year = _year(spec, rng)
    fell = _day(spec, year, (6, 1), (10, 10), rng)
    events = (
        Event(fell, "landslide", 1), Event(fell + 300, "sparse", 400),
        Event(fell + 800, "scrub", 500), Event(fell + 1500, None, 1200),
    )  # fmt: skip
    part = Part(owner=name, role="scar", shape=shape, events=events, tint=_tint(rng, 0.2))
    return Confuser(id=part.owner, kind="landslide", start=date.fromordinal(fell), parts=(part,))


def _clearing(spec: WorldSpec, number: int, find: FindSite) -> Iterator[Confuser]:
    """Forest cut for good: a plantation or a building ground."""
    rng = spec.random("other_clearing", number)
    area = float(np.clip(rng.lognormal(np.log(4000), 0.7), 1000, 15_000))
    place = find(rng, radius_m=np.sqrt(area / np.pi) + 25, slope_deg=(2, 25), river_m=(80, 1e9))
    if place is None:
        return
    x, y, downhill = place
    shape = blob(rng, x, y, area_m2=area, stretch=rng.uniform(1, 2.5), angle=downhill)
    cut = _day(spec, _year(spec, rng), (1, 1), (12, 28), rng)
    events = [Event(cut, "slash", 10), Event(cut + 20, "bare_fresh", 20)]
    if rng.random() < 0.6:
        events += [Event(cut + 300, "grass", 200), Event(cut + 600, "scrub", 600)]
    else:
        events.append(Event(cut + 300, "bare_old", 100))
    part = Part(owner=f"SIM_other_clearing_{number:02d}", role="field", shape=shape,
                events=tuple(events), tint=_tint(rng, 0.2))  # fmt: skip
    yield Confuser(id=part.owner, kind="other_clearing", start=date.fromordinal(cut), parts=(part,))


def _quarry(spec: WorldSpec, number: int, find: FindSite) -> Iterator[Confuser]:
    """Bright rock that grows from year to year; no pool banks."""
    rng = spec.random("quarry", number)
    place = find(rng, radius_m=90, slope_deg=(5, 35), river_m=(100, 1e9))
    if place is None:
        return
    x, y, downhill = place
    name, opened = f"SIM_quarry_{number:02d}", spec.start.toordinal() - 400
    if rng.random() < 0.5:
        opened = int(rng.uniform(spec.start.toordinal() + 365, spec.end.toordinal() - 200))
    parts: list[Part] = []
    area = rng.uniform(2500, 6000)
    for year in range(4):
        shape = blob(rng, x, y, area_m2=area * (1 + 0.5 * year), stretch=1.3, angle=downhill)
        shape = shapely.union_all([shape, *(p.shape for p in parts)])
        events = (Event(opened + 365 * year, "quarry", 30),)
        parts.append(Part(owner=name, role="pit", shape=shape, events=events, tint=_tint(rng)))
    start = date.fromordinal(opened) if opened >= spec.start.toordinal() else None
    yield Confuser(id=name, kind="quarry", start=start, parts=tuple(reversed(parts)))


def _village(
    spec: WorldSpec, number: int, find: FindSite, kept: Site | None = None
) -> Iterator[Confuser]:
    """Houses, paddies that flood in June and July, fish ponds: all there from the start."""
    rng = spec.random("village", number)
    place = kept or find(rng, radius_m=170, slope_deg=(0, 14), river_m=(90, 700))
    if place is None:
        return
    x, y, _ = place
    before, name = spec.start.toordinal() - 2000, f"SIM_village_{number:02d}"
    yards = blob(rng, x, y + 60, area_m2=rng.uniform(3000, 7000), stretch=1.8)
    parts = [Part(owner=name, role="yard", shape=yards, events=(Event(before, "sparse"),))]
    for _ in range(int(rng.integers(12, 30))):
        hx, hy = x + rng.normal(0, 32), y + 60 + rng.normal(0, 20)
        house = rectangle(hx, hy, rng.uniform(7, 12), rng.uniform(6, 9), rng.uniform(0, 3))
        roof = str(rng.choice(["roof_grey", "roof_grey", "roof_blue", "village"]))
        parts.append(Part(owner=name, role="roof", shape=house, events=(Event(before, roof),)))
    yield Confuser(id=name, kind="village", start=None, parts=tuple(parts))
    yield _paddies(spec, rng, number, x - 40, y - 70)
    yield _fish_ponds(spec, rng, number, x + 110, y + 10)


def _paddies(
    spec: WorldSpec, rng: np.random.Generator, number: int, x: float, y: float
) -> Confuser:
    name, turn, parts = f"SIM_paddy_{number:02d}", rng.uniform(-0.3, 0.3), []
    for row in range(3):
        for col in range(5):
            px, py = x + (col - 2) * 38, y + (row - 1) * 27
            events: list[Event] = []
            for year in range(spec.start.year - 1, spec.end.year + 1):
                events += [
                    Event(_day(spec, year, (6, 8), (7, 5), rng), "paddy_flooded", 6),
                    Event(_day(spec, year, (7, 20), (8, 10), rng), "paddy_green", 30),
                    Event(_day(spec, year, (10, 25), (11, 20), rng), "stubble", 10),
                ]  # fmt: skip
            shape = rectangle(px, py, 36, 25, turn)
            parts.append(
                Part(owner=name, role="field", shape=shape, events=tuple(events), tint=_tint(rng))
            )
    return Confuser(id=name, kind="paddy", start=None, parts=tuple(parts))


def _fish_ponds(
    spec: WorldSpec, rng: np.random.Generator, number: int, x: float, y: float
) -> Confuser:
    name, before = f"SIM_fish_pond_{number:02d}", spec.start.toordinal() - 2000
    size = rng.uniform(14, 26)
    bank = rectangle(x, y, size * 2.6, size * 1.9, 0.1)
    parts = [Part(owner=name, role="bank", shape=bank, events=(Event(before, "grass"),))]
    for i in range(int(rng.integers(3, 7))):
        px, py = x + (i % 3 - 1) * (size + 3), y + (i // 3) * (size + 3) - size / 2
        pond = rectangle(px, py, size, size * 0.8, 0.1)
        parts.append(
            Part(owner=name, role="pond", shape=pond, events=(Event(before, "fish_pond"),),
                 tint=_tint(rng))
        )  # fmt: skip
    return Confuser(id=name, kind="fish_pond", start=None, parts=tuple(parts))


def _river(spec: WorldSpec, terrain: Terrain) -> Confuser:
    """A channel between bars, laid out anew by every monsoon."""
    rng, name = spec.random("river"), "SIM_river_bar_00"
    years = range(spec.start.year - 1, spec.end.year + 1)
    days = [
        (_day(spec, y, (6, 10), (7, 1), rng), _day(spec, y, (10, 1), (10, 25), rng))
        for y in years
    ]  # fmt: skip
    wet = _courses(spec, rng, len(years))
    groups: dict[tuple[int, ...], list[BaseGeometry]] = {}
    for (row, lane), quad in _river_quads(spec, terrain):
        groups.setdefault((row // 50, *wet[:, row, lane]), []).append(quad)
    tint = _tint(rng)
    parts = [
        Part(owner=name, role="reach", shape=shapely.union_all(quads), tint=tint,
             events=_river_events(days, key[1:]))
        for key, quads in sorted(groups.items())
    ]  # fmt: skip
    return Confuser(id=name, kind="river_bar", start=None, parts=tuple(parts))


def river_bed(spec: WorldSpec, terrain: Terrain) -> BaseGeometry:
    """All ground that the river takes in some year, metres; empty where there is no river."""
    if not spec.river:
        return shapely.Polygon()
    west, north = spec.place.origin_xy
    axis = np.append(terrain.river_x_m, terrain.river_x_m[-1]) + west
    y = north - np.arange(len(axis)) * PIXEL_M
    half = _LANES / 2 * _LANE_M
    banks = np.concatenate([axis - half, (axis + half)[::-1]]), np.concatenate([y, y[::-1]])
    return shapely.Polygon(np.column_stack(banks)).buffer(0)


def _river_quads(
    spec: WorldSpec, terrain: Terrain
) -> Iterator[tuple[tuple[int, int], BaseGeometry]]:
    """The bed in pieces: (pixel row, lane) and outline."""
    west, north = spec.place.origin_xy
    axis = np.append(terrain.river_x_m, terrain.river_x_m[-1]) + west
    for row in range(spec.size_px):
        y0, y1 = north - row * PIXEL_M, north - (row + 1) * PIXEL_M
        for lane in range(_LANES):
            left = (lane - _LANES / 2) * _LANE_M
            a, b = axis[row] + left, axis[row + 1] + left
            yield (
                (row, lane),
                shapely.Polygon([(a, y0), (a + _LANE_M, y0), (b + _LANE_M, y1), (b, y1)]),
            )


def _courses(spec: WorldSpec, rng: np.random.Generator, years: int) -> np.ndarray:
    """1 where the channel runs in the dry season, dims (year, pixel row, lane)."""
    rows, lanes = np.arange(spec.size_px), np.arange(_LANES)
    drift = rng.normal(0, 0.9, (years, 2)).cumsum(axis=0) + rng.uniform(0, 6, 2)
    bend = np.sin(rows / 14 + drift[:, :1]) + 0.6 * np.sin(rows / 5.3 + drift[:, 1:])
    middle = (_LANES - 1) / 2 * (1 + 0.5 * bend)
    breadth = 1.6 + 0.7 * np.sin(rows / 9 + drift[:, 1:])
    away = np.abs(lanes[None, None, :] - middle[:, :, None])
    return np.asarray(away < breadth[:, :, None], int)


def _river_events(days: Sequence[tuple[int, int]], wet: Sequence[int]) -> tuple[Event, ...]:
    """Muddy in the monsoon, then channel or bar; grass on what stayed dry for two years."""
    events = []
    for i, (flood, ebb) in enumerate(days):
        is_old = i >= 2 and not any(wet[i - 2 : i + 1])
        low = "river" if wet[i] else "grass" if is_old else "bar"
        events += [Event(flood, "river_muddy", 10), Event(ebb, low, 15)]
    return tuple(events)
