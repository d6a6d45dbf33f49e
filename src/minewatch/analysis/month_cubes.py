"""The frozen months of a finished run round a place, read when a value is asked for."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely
import xarray as xr
from numpy.typing import NDArray
from xarray.backends import BackendArray
from xarray.core import indexing

from minewatch import catalog as catalogs
from minewatch.analysis.rule_notes import MONTHS, other_rules_notes
from minewatch.analysis.timelines import unknown_site
from minewatch.detect import get_detection
from minewatch.errors import SettingsError
from minewatch.model import WGS84, Chunk, Grid, Parameters, Period, RunResult, months_of
from minewatch.model.cubes import COUNT_LAYERS, DAY_LAYERS
from minewatch.store.kept_grid import kept_grid
from minewatch.store.month_files import read_months
from minewatch.store.state_folder import StateFolder

log = logging.getLogger(__name__)

MARGIN_M = 120.0
"""Ground shown round a site: the median site is 102 m across [DOMAIN §2]."""
KEPT_MONTHS = 64
"""Months of chunks that are kept in memory while a cube is used."""


def open_months(result: RunResult, where: str | Sequence[float]) -> xr.Dataset:
    """The frozen months round a site, or in a box.

    Parameters
    ----------
    result
        A finished run, with its `state/`.
    where
        Id of a site, or (west, south, east, north) in degrees.

    Returns
    -------
    xarray.Dataset
        Contract `MONTH_LAYERS`, dims (time, y, x), uint16, as frozen: suspect months are not
        settled, pixels outside the area are there. With its CRS; values are read when asked for.
        When other rules made them, the attribute `notes` says which and what to do, and a warning
        is logged.

    Raises
    ------
    SettingsError
        No such site, or a box outside the area.
    """
    import rioxarray  # noqa: F401 - gives arrays their CRS; brings dask, which `explain` needs not

    state = StateFolder(directory=result.directory / "state")
    parameters = Parameters.from_dict(state.read_parameters())
    grid = kept_grid(state, result.aoi, parameters)
    rows, cols = window_of(ground_of(result, where, grid.epsg), grid)
    months = months_of(parameters.span)
    scenes = catalogs.read_scene_list(result.directory / "scenes.json")
    names = (*scenes.bands, *COUNT_LAYERS, *DAY_LAYERS)
    source = _Months(state, grid, months, names, rows, cols)
    axes = grid.geobox.coordinates
    coords = {
        "time": pd.DatetimeIndex([pd.Timestamp(month.start) for month in months]),
        "y": axes["y"].values[rows], "x": axes["x"].values[cols],
    }  # fmt: skip
    layers = {
        name: (("time", "y", "x"), indexing.LazilyIndexedArray(_Layer(source, name)))
        for name in source.names
    }
    about: dict[str, Any] = {"simulated": int(result.simulated)}
    detection = get_detection(parameters.detector, parameters.rules)
    if notes := other_rules_notes(result, detection, scenes, kinds=MONTHS):
        about["notes"] = "; ".join(notes)
        log.warning("months of %s: %s", result.directory, about["notes"])
    months_cube = xr.Dataset(layers, coords=coords, attrs=about)
    return months_cube.rio.write_crs(grid.epsg)  # type: ignore[no-any-return]


def ground_of(result: RunResult, where: str | Sequence[float], epsg: int) -> shapely.Geometry:
    """The ground asked for, in metres: a box, or a square with a margin round a site."""
    if not isinstance(where, str):
        reach = shapely.box(*result.aoi.geometry.bounds)
        if len(where) != 4 or not shapely.box(*where).intersects(reach):
            raise SettingsError(
                f"the box {tuple(where)} lies outside of {result.aoi.id}",
                hint="give (west, south, east, north) in degrees; the area reaches over "
                f"{tuple(round(value, 4) for value in reach.bounds)}",
            )
        to_metres = pyproj.Transformer.from_crs(WGS84, epsg, always_xy=True).transform
        return shapely.transform(shapely.box(*where), to_metres, interleaved=False)
    sites = result.sites[result.sites["site_id"] == where]
    if sites.empty:
        raise unknown_site(result, where)
    return square_round(sites.to_crs(epsg).geometry.iloc[0])


def square_round(outline: shapely.Geometry) -> shapely.Geometry:
    """A square with a margin round a site."""
    west, south, east, north = outline.bounds
    half = max(east - west, north - south) / 2 + MARGIN_M
    x, y = (west + east) / 2, (south + north) / 2
    return shapely.box(x - half, y - half, x + half, y + half)


def window_of(ground: shapely.Geometry, grid: Grid) -> tuple[slice, slice]:
    """Rows and columns of the grid under a piece of ground."""
    west, south, east, north = ground.bounds
    box, step = grid.geobox.boundingbox, grid.resolution_m
    rows, cols = grid.geobox.shape
    top, left = int((box.top - north) // step), int((west - box.left) // step)
    bottom, right = int((box.top - south) // step) + 1, int((east - box.left) // step) + 1
    return slice(max(top, 0), min(bottom, rows)), slice(max(left, 0), min(right, cols))


class _Months:
    """Months of the chunks under a window."""

    def __init__(
        self,
        state: StateFolder,
        grid: Grid,
        months: Sequence[Period],
        names: tuple[str, ...],
        rows: slice,
        cols: slice,
    ) -> None:
        self.state, self.months, self.names = state, months, names
        self.rows, self.cols = rows, cols
        self.chunks = [c for c in grid.chunks if _overlaps(c.window, rows, cols)]
        self.read = lru_cache(maxsize=KEPT_MONTHS)(self._read)

    def _read(self, step: int, number: int) -> dict[str, NDArray[np.uint16]]:
        bands: Any = [n for n in self.names if n not in (*COUNT_LAYERS, *DAY_LAYERS)]
        found = read_months(self.state, self.chunks[number], [self.months[step]], bands)
        return {str(name): layer.to_numpy()[0] for name, layer in found.data_vars.items()}

    def layer(self, name: str, step: int) -> NDArray[np.uint16]:
        """A layer of a month in the window; 0 where no chunk lies."""
        out = np.zeros(
            (self.rows.stop - self.rows.start, self.cols.stop - self.cols.start), np.uint16
        )
        for number, chunk in enumerate(self.chunks):
            here, there = _shared(chunk, self.rows, self.cols)
            out[here] = self.read(step, number)[name][there]
        return out


class _Layer(BackendArray):
    """One layer, as xarray indexes it."""

    def __init__(self, source: _Months, name: str) -> None:
        self.source, self.name = source, name
        rows, cols = source.rows, source.cols
        self.shape = (len(source.months), rows.stop - rows.start, cols.stop - cols.start)
        self.dtype = np.dtype("uint16")

    def __getitem__(self, key: Any) -> Any:
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.BASIC, self._get
        )

    def _get(self, key: tuple[Any, ...]) -> NDArray[np.uint16]:
        steps = np.arange(self.shape[0])[key[0]]
        if np.ndim(steps) == 0:
            return np.asarray(self.source.layer(self.name, int(steps))[key[1:]])
        return np.stack([self.source.layer(self.name, int(step))[key[1:]] for step in steps])


def _overlaps(window: tuple[slice, slice], rows: slice, cols: slice) -> bool:
    pairs = zip(window, (rows, cols), strict=True)
    return all(a.start < b.stop and b.start < a.stop for a, b in pairs)


def _shared(
    chunk: Chunk, rows: slice, cols: slice
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The shared ground of a window and a chunk, in each of them."""
    here, there = [], []
    for own, wanted in zip(chunk.window, (rows, cols), strict=True):
        first, last = max(own.start, wanted.start), min(own.stop, wanted.stop)
        here.append(slice(first - wanted.start, last - wanted.start))
        there.append(slice(first - own.start, last - own.start))
    return (here[0], here[1]), (there[0], there[1])
