"""Ground that belongs to one site only: overlaps cut, slivers dropped, one fixed precision."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from shapely import Geometry

PRECISION_M = 0.01
"""Coordinates are kept to a centimetre, so that unions do not depend on rounding."""
SLIVER_M2 = 1.0
"""Pieces smaller than this are left-overs of cutting."""
_STEP_M = 10.0
"""Spacing of the points that stand for an outline when ground is shared out: one pixel."""


def united(pieces: Sequence[Geometry]) -> Geometry:
    """Union without slivers, in canonical form."""
    return _polygons(shapely.union_all(pieces, grid_size=PRECISION_M))


def without(patch: Geometry, others: Sequence[Geometry]) -> Geometry:
    """What of a patch lies in none of the others."""
    return _polygons(shapely.difference(patch, united(others), grid_size=PRECISION_M))


def common(patch: Geometry, other: Geometry) -> Geometry:
    """What of a patch lies in the other."""
    return _polygons(shapely.intersection(patch, other, grid_size=PRECISION_M))


def share_out(patch: Geometry, owners: Sequence[Geometry]) -> list[Geometry]:
    """A patch cut between sites: each keeps its own ground, the rest goes to the nearest.

    Parameters
    ----------
    patch
        Polygon, metres.
    owners
        Two or more disjoint footprints.

    Returns
    -------
    list of geometry
        One piece per owner; may be empty.
    """
    held = [common(patch, owner) for owner in owners]
    rest = without(patch, owners)
    if rest.is_empty:
        return held
    points = [shapely.get_coordinates(shapely.segmentize(o, _STEP_M)) for o in owners]
    number = np.repeat(np.arange(len(owners)), [len(p) for p in points])
    unique, first = np.unique(np.concatenate(points), axis=0, return_index=True)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(unique), extend_to=patch.envelope)
    )
    of_point, cell = shapely.STRtree(cells).query(shapely.points(unique), predicate="within")
    owner = number[first[of_point]]
    return [
        united([held[k], common(rest, united(cells[cell[owner == k]]))]) for k in range(len(owners))
    ]


def _polygons(geometry: Geometry) -> Geometry:
    """The polygons of a geometry that are no slivers, normalised."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    keep = parts[shapely.area(parts) >= SLIVER_M2]
    if len(keep) == 1:
        return shapely.normalize(keep[0])
    return shapely.normalize(shapely.multipolygons(keep))
