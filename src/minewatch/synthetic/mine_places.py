"""Where mines and everything else of a world find free ground."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import shapely

from minewatch.synthetic.hills import Terrain
from minewatch.synthetic.lookalikes import Site
from minewatch.synthetic.spec import PIXEL_M, Surroundings, WorldSpec

NEIGHBOUR_MEDIAN_M = 409.0
NEIGHBOUR_LOG_SIGMA = 0.28
"""Neighbouring sites lie 409 m apart, 5 % within 250 m [DOMAIN 2]."""
EDGE_M = 220.0
"""Nothing is placed nearer to the edge of the world [D]."""
ISOLATED_M = 550.0
"""No other mine and no village lies nearer to an isolated one [D]."""
_GROUND: Final[Mapping[Surroundings, tuple[tuple[float, float], tuple[float, float]]]] = {
    "slope": ((6, 30), (150, 1e9)),
    "isolated": ((6, 30), (250, 1e9)),
    "river": ((0, 30), (60, 140)),
    "road": ((0, 32), (150, 1e9)),
    "village": ((0, 26), (250, 900)),
    "slide": ((12, 40), (150, 1e9)),
}
"""Slopes (degrees) and distances from the axis of the valley (m) of what mines lie at; the bed of
the river reaches 39 m from it [D]."""


class MinePlaces:
    """Free ground, handed out once; mines are given theirs before anything else.

    Parameters
    ----------
    spec
        The world.
    terrain
        Its hills.
    hill_road
        An old road through them, where mines may lie at it.

    Attributes
    ----------
    mines : list of Site
        One a mine.
    surroundings : list of str
        What each mine lies at, in the same order.
    villages, slides : list of Site
        Ground kept for a village beside a mine, and mines that a slide comes down to.
    """

    def __init__(
        self, spec: WorldSpec, terrain: Terrain, hill_road: shapely.LineString | None = None
    ) -> None:
        self._spec, self._terrain, self._hill_road = spec, terrain, hill_road
        self._taken: list[tuple[float, float, float]] = []
        self.mines: list[Site] = []
        self.surroundings: list[Surroundings] = []
        self.villages: list[Site] = []
        self.slides: list[Site] = []
        if spec.surroundings:
            self._place_mines_by_surroundings()
        else:
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
        self.surroundings = ["slope"] * len(self.mines)
        self._taken = [(x, y, 150.0) for x, y, _ in self.mines]

    def move_mine(self, number: int, x: float, y: float) -> None:
        """Give a mine other ground than it was given first, before anything else is placed."""
        old = self.mines[number]
        self.mines[number] = (x, y, old[2])
        self._taken = [(x, y, r) if (a, b) == old[:2] else (a, b, r) for a, b, r in self._taken]

    def _place_mines_by_surroundings(self) -> None:
        """Each mine where its turn says, or on a slope when no such ground is found."""
        rng, spec = self._spec.random("places"), self._spec
        for number in range(spec.mines):
            turn = spec.surroundings[(number + spec.seed) % len(spec.surroundings)]
            if not self._place_mine(rng, turn):
                self._place_mine(rng, "slope")

    def _place_mine(self, rng: np.random.Generator, lies_at: Surroundings) -> bool:
        west, south, east, north = self._spec.bounds
        slope_deg, river_m = _GROUND[lies_at]
        for _ in range(1500):
            if lies_at == "road" and self._hill_road is not None:
                x, y = self._beside_road(rng, self._hill_road)
            else:
                x, y = float(rng.uniform(west, east)), float(rng.uniform(south, north))
            apart = rng.lognormal(np.log(NEIGHBOUR_MEDIAN_M), NEIGHBOUR_LOG_SIGMA)
            if not self._is_apart(x, y, apart, lies_at):
                continue
            if not self._fits(x, y, slope_deg=slope_deg, river_m=river_m):
                continue
            here = (x, y, self._downhill(x, y))
            if lies_at == "village":
                village = self._village_beside(rng, x, y)
                if village is None:
                    continue
                self.villages.append(village)
                self._taken.append((*village[:2], 170.0))
            if lies_at == "slide":
                self.slides.append(here)
                self._taken.append((x - 130 * np.cos(here[2]), y - 130 * np.sin(here[2]), 130.0))
            self.mines.append(here)
            self.surroundings.append(lies_at)
            self._taken.append((x, y, ISOLATED_M - 170 if lies_at == "isolated" else 150.0))
            return True
        return False

    def _is_apart(self, x: float, y: float, least_m: float, lies_at: Surroundings) -> bool:
        """Whether a place keeps its distance from all mines and from the villages beside them."""
        for (mx, my, _), other in zip(self.mines, self.surroundings, strict=True):
            least = ISOLATED_M if "isolated" in (lies_at, other) else least_m
            if np.hypot(x - mx, y - my) < least:
                return False
        near = ISOLATED_M if lies_at == "isolated" else 320.0
        return all(np.hypot(x - vx, y - vy) >= near for vx, vy, _ in self.villages)

    def _beside_road(
        self, rng: np.random.Generator, road: shapely.LineString
    ) -> tuple[float, float]:
        """A place whose benches reach the road."""
        at = rng.uniform(0, road.length)
        here, on = road.interpolate(at), road.interpolate(min(at + 5, road.length))
        turn = np.arctan2(on.y - here.y, on.x - here.x) + rng.choice([-1, 1]) * np.pi / 2
        away = rng.uniform(12, 30)
        return float(here.x + away * np.cos(turn)), float(here.y + away * np.sin(turn))

    def _village_beside(self, rng: np.random.Generator, x: float, y: float) -> Site | None:
        turn, away = rng.uniform(0, 2 * np.pi), rng.uniform(190, 250)
        vx, vy = float(x + away * np.cos(turn)), float(y + away * np.sin(turn))
        if any(np.hypot(vx - a, vy - b) < 170 + 150 for a, b, _ in self.mines):
            return None
        if not self._fits(vx, vy, slope_deg=(0, 20), river_m=(130, 1200)):
            return None
        return vx, vy, self._downhill(vx, vy)

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
    ) -> Site | None:  # fmt: skip
        """Free ground for something of that radius, taken from then on; None: there is none."""
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
