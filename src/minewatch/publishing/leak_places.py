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

    def _are_allowed(self, points: np.ndarray) -> np.ndarray:
        metres = np.column_stack(
            Transformer.from_crs(WGS84, GRID_CRS, always_xy=True).transform(*points.T)
        )
        off = np.abs(metres - np.round(metres / self.step_m) * self.step_m)
        allowed = np.asarray(off <= _ROUNDING_M).all(axis=1)
        if len(self.districts):
            distance, _ = KDTree(self.districts).query(points, distance_upper_bound=2e-5)
            allowed = allowed | np.asarray(np.isfinite(distance))
        return np.asarray(allowed)


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
