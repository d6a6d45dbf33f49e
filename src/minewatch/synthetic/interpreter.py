"""What an interpreter who knows a simulated world says of points in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely

from minewatch.synthetic.site_calendars import POOL_MATERIALS
from minewatch.synthetic.spec import WorldSpec
from minewatch.synthetic.truth_writer import areas_on
from minewatch.synthetic.world import make_world

_BARE = ("bare_fresh", "bare_old", "sparse", "roof_blue")


@dataclass(frozen=True, kw_only=True)
class PointTruth:
    """What is true of one point on one day."""

    label: str
    """`pool`, `pad` or `other`."""
    site_area_m2: float | None = None
    """Of a point on a mine: its disturbed ground on that day."""
    begun: str | None = None
    """Of a point on a mine: `older` than the archive, or begun `within` it."""


def interpret_points(
    spec: WorldSpec, x: Sequence[float], y: Sequence[float], day: date
) -> list[PointTruth]:
    """What lies at some points of a simulated world.

    Parameters
    ----------
    spec
        The world.
    x, y
        Points in its metres.
    day
        The day; labels of a dry season are those of its last day, or of that of the archive.
    """
    world = make_world(spec)
    at = min(day, spec.end).toordinal()
    areas = world.area_by_part()
    owner = {id(part): mine for mine in world.mines for part in mine.parts}
    parts = world.ground.parts
    tree = shapely.STRtree([part.shape for part in parts])
    top = np.full(len(x), -1)
    points, hits = tree.query(shapely.points(x, y), predicate="intersects")
    np.maximum.at(top, points, hits)  # later parts are drawn over earlier ones
    found = []
    for n in top:
        mine = owner.get(id(parts[n])) if n >= 0 else None
        material = parts[n].material(at) if n >= 0 else None
        is_pool = mine is not None and parts[n].role == "pool" and material in POOL_MATERIALS
        if mine is None or not (is_pool or material in _BARE):
            found.append(PointTruth(label="other"))
            continue
        ground = areas_on(mine, at, areas)["disturbed_area_m2"]
        found.append(
            PointTruth(
                label="pool" if is_pool else "pad",
                site_area_m2=round(ground, 1) or None,
                begun="older" if mine.calendar.start < spec.start.toordinal() else "within",
            )
        )
    return found
