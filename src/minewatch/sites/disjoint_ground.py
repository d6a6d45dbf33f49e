"""Ground that belongs to one site only: overlaps cut, slivers dropped, one fixed precision."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry, Polygon

Geometries = NDArray[np.object_]

DECIMALS = 2
PRECISION_M = 10.0**-DECIMALS
"""Coordinates are kept to a centimetre, so that unions do not depend on rounding."""
SLIVER_M2 = 1.0
"""Pieces smaller than this are left-overs of cutting."""
_STEP_M = 10.0
"""Spacing of the points that stand for an outline when ground is shared out: one pixel."""


def snapped(outlines: Geometries) -> Geometries:
    """Outlines kept to a centimetre, in canonical form."""
    out = outlines.copy()
    askew = ~upright(outlines)
    out[askew] = shapely.set_precision(outlines[askew], PRECISION_M)
    return np.asarray(shapely.normalize(out))


def upright(outlines: Geometries) -> NDArray[np.bool_]:
    """Which outlines run along the axes, with corners on whole centimetres, as those of pixels do.

    They cross each other on whole centimetres only, so that their union needs no rounding.
    """
    parts, owner = shapely.get_parts(outlines, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    is_edge = ring[1:] == ring[:-1]
    is_askew = is_edge & (points[1:] != points[:-1]).all(axis=1)
    is_askew |= (points[1:] != points[1:].round(DECIMALS)).any(axis=1)
    out = np.ones(len(outlines), bool)
    out[owner[part[ring[1:][is_askew]]]] = False
    return out


def united(pieces: Sequence[Geometry], *, are_upright: bool = False) -> Geometry:
    """Union without slivers, in canonical form; the same, sooner, of pieces known as upright."""
    return _polygons(shapely.union_all(pieces, grid_size=None if are_upright else PRECISION_M))


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
    # To the metre: of points closer than that GEOS makes cells that overlap.
    points = [shapely.get_coordinates(shapely.segmentize(o, _STEP_M)).round() for o in owners]
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
    if isinstance(geometry, Polygon) and geometry.area >= SLIVER_M2:
        return shapely.normalize(geometry)
    parts = shapely.get_parts(shapely.get_parts(geometry))
    keep = parts[shapely.area(parts) >= SLIVER_M2]
    if len(keep) == 1:
        return shapely.normalize(keep[0])
    return shapely.normalize(shapely.multipolygons(keep))
