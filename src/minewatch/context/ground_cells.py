"""The cells of sites, where walks begin, and the cells within reach of places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from minewatch.context.drainage import Cells, Drainage, cells_within

REACH_M: Final = 250.0
"""A place is within reach of a path at most so far from it; starting value."""
_MOST_CELLS: Final = 25


@dataclass(frozen=True, kw_only=True)
class Starts:
    """Where the walks of sites begin."""

    site: NDArray[np.intp]
    """Number of the site of each walk, in the order of the sites."""
    cell: Cells
    """Its first cell."""
    sites: tuple[str, ...]
    """Ids of the sites."""

    @property
    def outside(self) -> tuple[str, ...]:
        """Sites that lie where there are no heights."""
        found = set(self.site.tolist())
        return tuple(name for n, name in enumerate(self.sites) if n not in found)


@dataclass(frozen=True, kw_only=True)
class PlacesNear:
    """Which places are within reach of which cell."""

    cell: Cells
    """Cells, ascending; one may stand several times."""
    place: NDArray[np.intp]
    """Number of the place within reach of it."""
    is_near: NDArray[np.bool_]
    """Whether a cell has any, dims (cell,)."""


def find_starts(drainage: Drainage, sites: gpd.GeoDataFrame) -> Starts:
    """The cells of every site, up to 25 spread over it.

    Parameters
    ----------
    drainage
        Where water goes.
    sites
        `site_id` and outlines, metres of the same zone.
    """
    numbers, cells = [], []
    for number, outline in enumerate(sites.geometry):
        found = cells_within(drainage, outline)
        if len(found) > _MOST_CELLS:
            found = found[np.linspace(0, len(found) - 1, _MOST_CELLS).astype(int)]
        cells.append(found)
        numbers.append(np.full(len(found), number, np.intp))
    return Starts(
        site=np.concatenate([*numbers, np.empty(0, np.intp)]),
        cell=np.concatenate([*cells, np.empty(0, np.int64)]),
        sites=tuple(sites["site_id"]),
    )


def find_places_near(
    drainage: Drainage,
    outlines: Sequence[shapely.Geometry],
    *,
    reach_m: float | Sequence[float] = REACH_M,
) -> PlacesNear:
    """The cells from which each place is at most so far.

    Parameters
    ----------
    drainage
        Its grid is meant.
    outlines
        Places in order: points, lines or areas, metres of the same zone.
    reach_m
        How far: one for all, or one for each.
    """
    reaches = np.broadcast_to(np.asarray(reach_m, float), len(outlines))
    found = [
        cells_within(drainage, outline, distance_m=float(reach))
        for outline, reach in zip(outlines, reaches, strict=True)
    ]
    cell = np.concatenate([*found, np.empty(0, np.int64)])
    place = np.repeat(np.arange(len(found), dtype=np.intp), [len(f) for f in found])
    order = np.lexsort((place, cell))
    is_near = np.zeros(len(drainage.downstream), bool)
    is_near[cell] = True
    return PlacesNear(cell=cell[order], place=place[order], is_near=is_near)
