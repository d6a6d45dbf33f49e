"""A world: terrain, forest, mines and everything that looks like them, laid out once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely

from minewatch.synthetic.ground_parts import Event, Ground, Part
from minewatch.synthetic.ground_spectra import SpectralLibrary
from minewatch.synthetic.hills import Terrain, make_terrain, smooth_noise
from minewatch.synthetic.lookalikes import Confuser, draw_confusers
from minewatch.synthetic.mines import Mine, draw_mine
from minewatch.synthetic.spec import PIXEL_M, WorldSpec

NEIGHBOUR_MEDIAN_M = 409.0
NEIGHBOUR_LOG_SIGMA = 0.28
"""Neighbouring sites lie 409 m apart, 5 % within 250 m [DOMAIN 2]."""
EDGE_M = 220.0
"""Nothing is placed nearer to the edge of the world [D]."""


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything about a simulated place that does not depend on the day."""

    spec: WorldSpec
    """What it was made from."""
    terrain: Terrain
    """Its hills."""
    library: SpectralLibrary
    """Its materials."""
    cover: Mapping[str, np.ndarray]
    """Natural cover: material to share 0..1, dims (y, x)."""
    texture: np.ndarray
    """Roughness of the canopy, mean 0 and standard deviation 1, dims (y, x)."""
    grain: np.ndarray
    """Roughness of everything, mean 0 and standard deviation 1, dims (y, x)."""
    mines: tuple[Mine, ...]
    """The sites."""
    confusers: tuple[Confuser, ...]
    """What is no site."""
    ground: Ground
    """All parts, drawn."""

    def area_by_part(self) -> dict[int, float]:
        """Drawn area (m2) of each part by its `id()`."""
        return {
            id(p): float(a) for p, a in zip(self.ground.parts, self.ground.area_m2, strict=True)
        }


def make_world(spec: WorldSpec) -> World:
    """The world of a spec."""
    terrain = make_terrain(spec)
    places = _Places(spec, terrain)
    villages = draw_confusers(spec, terrain, places.find)
    # mines choose first where they can: confusers were placed around reserved ground
    mines = [draw_mine(spec, i, *site) for i, site in enumerate(places.mines)]
    roads = _roads(spec, terrain, mines)
    parts = [p for c in (*roads, *villages) for p in c.parts]
    parts += [p for m in mines for p in m.parts]
    rng = spec.random("cover")
    shape = (spec.size_px, spec.size_px)
    return World(
        spec=spec, terrain=terrain, library=SpectralLibrary(spec), cover=_cover(rng, shape),
        texture=smooth_noise(rng, shape, scale_px=3, slope=1.0),
        grain=smooth_noise(rng, shape, scale_px=2, slope=0.8), mines=tuple(mines),
        confusers=(*roads, *villages), ground=Ground(spec, parts),
    )  # fmt: skip


def _cover(rng: np.random.Generator, shape: tuple[int, int]) -> dict[str, np.ndarray]:
    """Evergreen forest with deciduous stands and few grassy places."""
    leafless = 1 / (1 + np.exp(-(smooth_noise(rng, shape, scale_px=60) - 0.9) * 3))
    grassy = 1 / (1 + np.exp(-(smooth_noise(rng, shape, scale_px=40) - 2.3) * 6))
    grass = grassy * 0.9
    deciduous = (1 - grass) * leafless * 0.8
    shares = {"evergreen": 1 - grass - deciduous, "deciduous": deciduous, "grass": grass}
    return {name: share.astype("float32") for name, share in shares.items()}


class _Places:
    """Free ground, handed out once; mines are given theirs before anything else."""

    def __init__(self, spec: WorldSpec, terrain: Terrain) -> None:
        self._spec, self._terrain = spec, terrain
        self._taken: list[tuple[float, float, float]] = []
        self.mines: list[tuple[float, float, float]] = []
        self._place_mines()

    def _place_mines(self) -> None:
        rng, spec = self._spec.random("places"), self._spec
        for _ in range(spec.mines * 400):
            if len(self.mines) == spec.mines:
                break
            gap = rng.lognormal(np.log(NEIGHBOUR_MEDIAN_M * 1.15), NEIGHBOUR_LOG_SIGMA)
            x, y = self._at_distance(rng, gap)
            gaps = [np.hypot(x - mx, y - my) for mx, my, _ in self.mines]
            if gaps and min(gaps) < gap - 1:
                continue
            if self._fits(x, y, slope_deg=(6, 30), river_m=(150, 1e9)):
                self.mines.append((x, y, self._downhill(x, y)))
        self._taken = [(x, y, 150.0) for x, y, _ in self.mines]

    def _at_distance(self, rng: np.random.Generator, gap_m: float) -> tuple[float, float]:
        west, south, east, north = self._spec.bounds
        if not self.mines or rng.random() < 0.06:
            return float(rng.uniform(west, east)), float(rng.uniform(south, north))
        x, y, _ = self.mines[int(rng.integers(len(self.mines)))]
        turn = rng.uniform(0, 2 * np.pi)
        return float(x + gap_m * np.cos(turn)), float(y + gap_m * np.sin(turn))

    def find(
        self, rng: np.random.Generator, *, radius_m: float, slope_deg: tuple[float, float],
        river_m: tuple[float, float],
    ) -> tuple[float, float, float] | None:  # fmt: skip
        west, south, east, north = self._spec.bounds
        for _ in range(300):
            x, y = float(rng.uniform(west, east)), float(rng.uniform(south, north))
            if any(np.hypot(x - a, y - b) < radius_m + r for a, b, r in self._taken):
                continue
            if self._fits(x, y, slope_deg=slope_deg, river_m=river_m):
                self._taken.append((x, y, radius_m))
                return x, y, self._downhill(x, y)
        return None

    def _pixel(self, x: float, y: float) -> tuple[int, int]:
        west, north = self._spec.place.origin_xy
        return int((north - y) // PIXEL_M), int((x - west) // PIXEL_M)

    def _fits(
        self, x: float, y: float, *, slope_deg: tuple[float, float], river_m: tuple[float, float]
    ) -> bool:
        west, south, east, north = self._spec.bounds
        if not (west + EDGE_M < x < east - EDGE_M and south + EDGE_M < y < north - EDGE_M):
            return False
        at = self._pixel(x, y)
        slope, river = self._terrain.slope_deg[at], self._terrain.river_distance_m[at]
        return bool(slope_deg[0] <= slope <= slope_deg[1] and river_m[0] <= river <= river_m[1])

    def _downhill(self, x: float, y: float) -> float:
        at = self._pixel(x, y)
        return float(np.arctan2(self._terrain.north[at], self._terrain.east[at]))


def _roads(spec: WorldSpec, terrain: Terrain, mines: list[Mine]) -> list[Confuser]:
    """The old valley road, and a branch to every site that is there before its pools."""
    rng, before = spec.random("roads"), spec.start.toordinal() - 3000
    west, north = spec.place.origin_xy
    rows = np.arange(0, spec.size_px, 6)
    x = west + terrain.river_x_m[rows] + 75 + 12 * np.sin(rows / 17)
    trunk = shapely.LineString(np.column_stack([x, north - (rows + 0.5) * PIXEL_M]))
    network = [trunk]
    roads = [_road("SIM_road_00", trunk, 3.5, before, None)]
    order = sorted(mines, key=lambda m: m.calendar.prospected)
    for mine in order:
        here = shapely.Point(mine.x, mine.y)
        there = shapely.ops.nearest_points(shapely.union_all(network), here)[0]
        line = _winding(rng, there, here)
        network.append(line)
        day = mine.calendar.prospected
        start = day if day >= spec.start.toordinal() else None
        roads.append(_road(f"SIM_road_{mine.id[-2:]}_mine", line, 2.5, day, start))
    return roads


def _road(
    name: str, line: shapely.LineString, half_width: float, day: int, start: int | None
) -> Confuser:
    from datetime import date

    part = Part(
        owner=name, role="road", shape=line.buffer(half_width), events=(Event(day, "road", 10),)
    )
    appeared = date.fromordinal(start) if start else None
    return Confuser(id=name, kind="road", start=appeared, parts=(part,))


def _winding(rng: np.random.Generator, a: shapely.Point, b: shapely.Point) -> shapely.LineString:
    """A road that bends with the hills."""
    t = np.linspace(0, 1, 25)
    length = a.distance(b)
    sway = 0.12 * length * np.sin(np.pi * t) * np.sin(2 * np.pi * (t * rng.uniform(1, 2.5)))
    sway += 0.03 * length * np.sin(np.pi * t) * np.sin(2 * np.pi * t * rng.uniform(3, 6))
    nx, ny = -(b.y - a.y) / max(length, 1), (b.x - a.x) / max(length, 1)
    x, y = a.x + t * (b.x - a.x) + sway * nx, a.y + t * (b.y - a.y) + sway * ny
    return shapely.LineString(np.column_stack([x, y]))
