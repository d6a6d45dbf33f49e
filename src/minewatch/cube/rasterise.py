"""Polygons to rasters, on the grid of a run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rasterio import features
from rasterio.transform import Affine
from shapely.geometry.base import BaseGeometry

from minewatch.model import Grid


def rasterise(geometries: Sequence[BaseGeometry], grid: Grid) -> np.ndarray:
    """Number of the geometry that covers each pixel centre, from 1; 0 where there is none.

    Parameters
    ----------
    geometries
        In the CRS of the grid; where two overlap the later one wins.
    grid
        The grid.

    Returns
    -------
    array, dims (y, x), int32
    """
    rows, cols = grid.geobox.shape
    transform = Affine(*grid.geobox.transform[:6])
    numbered = [(geometry, index) for index, geometry in enumerate(geometries, start=1)]
    if not numbered:
        return np.zeros((rows, cols), "int32")
    labels: np.ndarray = features.rasterize(
        numbered, out_shape=(rows, cols), transform=transform, fill=0, dtype="int32"
    )
    return labels
