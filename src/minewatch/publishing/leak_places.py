"""Places that a file may name: corners and middles of cells, and vertices of the districts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import shapely
from pyproj import Transformer
from scipy.spatial import KDTree

from minewatch.model import WGS84
from minewatch.publishing.frames import GRID_CRS
from minewatch.publishing.leak_index import PrivateIndex

_ROUNDING_M: Final = 2.0
"""Places of the grid may be written with five decimals."""


@dataclass(frozen=True, kw_only=True)
class AllowedPlaces:
    """Places that say no more than which cell it is."""

    step_m: float
    """Half the side of the finest cell that the profile allows."""
    districts: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))
    """Vertices and inner points of the user's districts, lon and lat."""

    def are_leaks(self, points: np.ndarray, index: PrivateIndex, *, degrees: float) -> np.ndarray:
        """Which points name a place on private ground more finely than the grid does.

        Parameters
        ----------
        points
            Lon and lat, dims (point, 2).
        index
            What is private.
        degrees
            How near to a private vertex counts as that vertex.
        """
        leaks = np.zeros(len(points), bool)
        if not len(points) or not len(index.places):
            return leaks
        suspect = index.inside(points)
        suspect |= index.near(points, degrees=degrees)
        rows = np.flatnonzero(suspect)
        if len(rows):
            leaks[rows] = ~self._are_allowed(points[rows])
        return leaks

    def draw_outline(self, outline: shapely.Geometry, *, within_m: float) -> bool:
        """Whether an outline that was cut and rounded is one between allowed places.

        Parameters
        ----------
        outline
            Metres of `GRID_CRS`.
        within_m
            How far it was rounded.
        """
        near = min(max(within_m, _ROUNDING_M), 0.49 * self.step_m)
        rings = shapely.get_rings(shapely.get_parts(outline))
        kept = []
        for ring in rings:
            xy = shapely.get_coordinates(ring)
            off = np.abs(xy - np.round(xy / self.step_m) * self.step_m)
            good = (off <= near).all(axis=1)
            if len(self.districts):
                metres = _to_grid(self.districts)
                good |= np.isfinite(KDTree(metres).query(xy, distance_upper_bound=near)[0])
            if good.sum() < 3:
                return False
            kept.append(shapely.linearrings(xy[good]))
        if not kept:
            return False
        drawn = shapely.multilinestrings([shapely.get_coordinates(r) for r in rings])
        again = shapely.multilinestrings([shapely.get_coordinates(r) for r in kept])
        return bool(shapely.hausdorff_distance(drawn, again) <= 2 * near)

    def _are_allowed(self, points: np.ndarray) -> np.ndarray:
        metres = _to_grid(points)
        off = np.abs(metres - np.round(metres / self.step_m) * self.step_m)
        allowed = np.asarray(off <= _ROUNDING_M).all(axis=1)
        if len(self.districts):
            distance, _ = KDTree(self.districts).query(points, distance_upper_bound=2e-5)
            allowed = allowed | np.asarray(np.isfinite(distance))
        return np.asarray(allowed)


def _to_grid(points: np.ndarray) -> np.ndarray:
    moved = Transformer.from_crs(WGS84, GRID_CRS, always_xy=True).transform(*points.T)
    return np.column_stack(moved)


def places_of(outlines: Iterable[shapely.Geometry]) -> np.ndarray:
    """Vertices of outlines and the points that formats without outlines take, lon and lat."""
    shapes = np.array(list(outlines), dtype=object)
    if not len(shapes):
        return np.empty((0, 2))
    whole = np.append(shapes, shapely.union_all(shapes))
    points = [shapely.get_coordinates(whole)]
    points += [
        shapely.get_coordinates(f(whole)) for f in (shapely.centroid, shapely.point_on_surface)
    ]
    west, south, east, north = shapely.bounds(whole).T
    points += [np.column_stack([x, y]) for x in (west, east) for y in (south, north)]
    return np.concatenate(points)
