"""A world: terrain, forest, mines and everything that looks like them, laid out once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count

import numpy as np
import shapely
from shapely.ops import nearest_points

from minewatch.synthetic.ground_parts import Event, Ground, Part
from minewatch.synthetic.ground_spectra import LEAFLESS, SpectralLibrary
from minewatch.synthetic.hills import Terrain, make_terrain, smooth_noise
from minewatch.synthetic.lookalikes import Confuser, draw_confusers, river_bed
from minewatch.synthetic.mine_places import MinePlaces
from minewatch.synthetic.mines import Mine, draw_mine
from minewatch.synthetic.spec import PIXEL_M, WorldSpec

BANK_M = 5.0
"""Mines keep so far from the bed of the river: what stands in it is gone after a monsoon [D]."""

Backdrop = Callable[[int], np.ndarray]
"""Reflectance of real ground on a day of the year, dims (band, y, x)."""


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
    backdrop: Backdrop | None = None
    """Real ground that takes the place of the natural cover, its light included."""

    def area_by_part(self) -> dict[int, float]:
        """Drawn area (m2) of each part by its `id()`."""
        return {
            id(p): float(a) for p, a in zip(self.ground.parts, self.ground.area_m2, strict=True)
        }


def make_world(spec: WorldSpec, *, backdrop: Backdrop | None = None) -> World:
    """The world of a spec, on ground of its own or on real ground.

    Parameters
    ----------
    spec
        The world.
    backdrop
        Reflectance of real ground by day of the year (1..366), dims (band, y, x) in the order of
        the six reflectance bands, `spec.size_px` pixels wide and high: sites are drawn into it.
    """
    terrain = make_terrain(spec)
    hill_road = _hill_road(spec, terrain) if "road" in spec.surroundings else None
    places = MinePlaces(spec, terrain, hill_road)
    # mines choose first where they can: confusers are placed around reserved ground
    mines = _draw_mines(spec, terrain, places)
    villages = draw_confusers(
        spec, terrain, places.find, villages_at=places.villages, slides_at=places.slides
    )
    roads = _roads(spec, terrain, mines, hill_road)
    parts = [p for c in (*roads, *villages) for p in c.parts]
    parts += [p for m in mines for p in m.parts]
    rng = spec.random("cover")
    shape = (spec.size_px, spec.size_px)
    return World(
        spec=spec, terrain=terrain, library=SpectralLibrary(spec), cover=_cover(spec, rng),
        texture=smooth_noise(rng, shape, scale_px=3, slope=1.0),
        grain=smooth_noise(rng, shape, scale_px=2, slope=0.8), mines=tuple(mines),
        confusers=(*roads, *villages), ground=Ground(spec, parts),
        backdrop=backdrop,
    )  # fmt: skip


def _draw_mines(spec: WorldSpec, terrain: Terrain, places: MinePlaces) -> list[Mine]:
    """The mines on their places; one that would lie in the bed of the river, beside it instead."""
    bed, mines = river_bed(spec, terrain), []
    for i, ((x, y, downhill), lies_at) in enumerate(
        zip(places.mines, places.surroundings, strict=True)
    ):
        shifts = (sign * away for away in count(0.0, 5.0) for sign in (1, -1))
        drawn = (
            draw_mine(spec, i, x + shift, y, downhill, surroundings=lies_at) for shift in shifts
        )
        mine = next(m for m in drawn if not m.footprint.distance(bed) < BANK_M)
        if mine.x != x:
            places.move_mine(i, mine.x, y)
        mines.append(mine)
    return mines


def _cover(spec: WorldSpec, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Evergreen forest with deciduous stands and few grassy places."""
    shape, least = (spec.size_px, spec.size_px), 0.9 - 2.0 * spec.deciduous
    leafless = 1 / (1 + np.exp(-(smooth_noise(rng, shape, scale_px=60) - least) * 3))
    grassy = 1 / (1 + np.exp(-(smooth_noise(rng, shape, scale_px=40) - 2.3) * 6))
    grass = grassy * 0.9
    deciduous = (1 - grass) * leafless * (0.95 if spec.deciduous else 0.8)
    shares = {"evergreen": 1 - grass - deciduous, "deciduous": deciduous, "grass": grass}
    if spec.deciduous:
        shares |= _leaf_losing_stands(spec, shares.pop("deciduous"))
    return {name: share.astype("float32") for name, share in shares.items()}


def _leaf_losing_stands(spec: WorldSpec, deciduous: np.ndarray) -> dict[str, np.ndarray]:
    """Deciduous ground as stands with sharp edges, each of one of the kinds that lose leaves."""
    kinds = list(LEAFLESS)
    rng = spec.random("stands")
    fields = np.stack([smooth_noise(rng, deciduous.shape, scale_px=25) for _ in kinds])
    first = fields.argmax(axis=0)
    return {kind: deciduous * (first == i) for i, kind in enumerate(kinds)}


def _hill_road(spec: WorldSpec, terrain: Terrain) -> shapely.LineString:
    """An old road from the valley over the hills to the eastern edge, along which mines lie."""
    rng, (west, south, east, north) = spec.random("hill road"), spec.bounds
    y = rng.uniform(south + 0.35 * (north - south), south + 0.65 * (north - south))
    row = int((north - y) // PIXEL_M)
    start = shapely.Point(west + terrain.river_x_m[row] + 75, y)
    end = shapely.Point(east, y + rng.uniform(-300, 300))
    return _winding(rng, start, end)


def _roads(
    spec: WorldSpec, terrain: Terrain, mines: list[Mine], hill_road: shapely.LineString | None
) -> list[Confuser]:
    """The old valley road, and a branch to every site that is there before its pools."""
    rng, before = spec.random("roads"), spec.start.toordinal() - 3000
    west, north = spec.place.origin_xy
    rows = np.arange(0, spec.size_px, 6)
    x = west + terrain.river_x_m[rows] + 75 + 12 * np.sin(rows / 17)
    trunk = shapely.LineString(np.column_stack([x, north - (rows + 0.5) * PIXEL_M]))
    network = [trunk]
    roads = [_road("SIM_road_00", trunk, 3.5, before, None)]
    if hill_road is not None:
        network.append(hill_road)
        roads.append(_road("SIM_road_hills", hill_road, 3.5, before, None))
    order = sorted(mines, key=lambda m: m.calendar.prospected)
    for mine in order:
        here = shapely.Point(mine.x, mine.y)
        there = nearest_points(shapely.union_all(network), here)[0]
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
