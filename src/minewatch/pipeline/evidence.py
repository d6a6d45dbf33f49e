"""Frozen months to evidence over the whole grid, chunk by chunk, on disk."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import rioxarray  # noqa: F401 - gives arrays their CRS
import xarray as xr

from minewatch import cube, detect
from minewatch.model import (
    AreaOfInterest,
    Band,
    Chunk,
    Grid,
    Period,
    Progress,
    ProgressListener,
    months_of,
)
from minewatch.pipeline.state import State

PICTURE_BANDS = ("red", "green", "blue")
_PICTURE_WHITE = 0.25
"""Reflectance drawn as white [D]; bright pads reach .2-.3."""


def gather_evidence(
    aoi: AreaOfInterest,
    grid: Grid,
    state: State,
    *,
    span: Period,
    periods: Sequence[Period],
    bands: Sequence[Band],
    listener: ProgressListener,
) -> xr.Dataset:
    """Per-pixel evidence of every chunk, laid side by side.

    Parameters
    ----------
    aoi, grid, state
        The area, its grid, and the folder with the frozen months.
    span, periods
        Days covered, and the periods they are told in.
    bands
        Reflectance bands frozen.
    listener
        Hears of each chunk.

    Returns
    -------
    xarray.Dataset
        The layers of `detect.score` over the grid, memory-mapped, and `picture`, dims
        (period, y, x, colour), uint8, 0 where nothing was seen. Pixels outside the AOI are not
        observed.
    """
    folder = state.directory / "evidence"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    layers: dict[str, tuple[tuple[str, ...], np.memmap]] = {}
    attributes: dict[str, Mapping[str, object]] = {}
    for done, chunk in enumerate(grid.chunks, start=1):
        months = read_ground(aoi, chunk, state, span=span, bands=bands)
        scored = detect.score(months, periods=tuple(periods))
        scored["picture"] = season_pictures(months, periods)
        for name in scored.data_vars:
            array = scored[name]
            if name not in layers:
                layers[str(name)] = (tuple(map(str, array.dims)), _layer(folder, array, grid))
                attributes[str(name)] = array.attrs
            _place(layers[str(name)][1], array, chunk)
        listener(Progress("weighing evidence", done, len(grid.chunks), chunk.name))
    coordinates = grid.geobox.coordinates
    evidence: xr.Dataset = xr.Dataset(
        {name: (dims, array, attributes[name]) for name, (dims, array) in layers.items()},
        coords={"y": coordinates["y"].values, "x": coordinates["x"].values},
    ).rio.write_crs(grid.epsg)
    return evidence


def read_ground(
    aoi: AreaOfInterest, chunk: Chunk, state: State, *, span: Period, bands: Sequence[Band]
) -> xr.Dataset:
    """The months of a chunk as they are weighed: doubt settled, nothing seen outside the area."""
    months = detect.settle_doubt(state.read_months(chunk, months_of(span), bands))
    inside = xr.DataArray(cube.aoi_mask(aoi, chunk.geobox), dims=("y", "x"))
    ground: xr.Dataset = months.where(inside, 0).astype("uint16")
    return ground


def _layer(folder: Path, like: xr.DataArray, grid: Grid) -> np.memmap:
    """An empty layer over the whole grid, filled with its "not observed" value."""
    sizes = dict(zip(("y", "x"), grid.geobox.shape, strict=True))
    shape = tuple(sizes.get(str(dim), size) for dim, size in like.sizes.items())
    array = np.lib.format.open_memmap(
        folder / f"{like.name}.npy", mode="w+", dtype=like.dtype, shape=shape
    )
    fill = like.attrs.get("_FillValue", 0)
    if fill:
        array[...] = fill
    return array


def _place(layer: np.memmap, array: xr.DataArray, chunk: Chunk) -> None:
    rows, cols = chunk.window
    index = tuple({"y": rows, "x": cols}.get(str(dim), slice(None)) for dim in array.dims)
    layer[index] = array.to_numpy()


def season_pictures(months: xr.Dataset, periods: Sequence[Period]) -> xr.DataArray:
    """Natural colour of each period: the median of its months, square-root stretched.

    Parameters
    ----------
    months
        Month cube, dims (time, y, x).
    periods
        The periods.

    Returns
    -------
    xarray.DataArray
        Dims (period, y, x, colour), uint8, 0 where nothing was seen.
    """
    starts = months["time"].to_numpy().astype("datetime64[D]").astype(object)
    frames = []
    for period in periods:
        steps = np.array([start in period for start in starts], dtype=bool)
        colours = [_median_seen(months[band].to_numpy()[steps]) for band in PICTURE_BANDS]
        stretched = np.sqrt(np.clip(np.stack(colours, axis=-1) / (_PICTURE_WHITE * 10_000), 0, 1))
        seen = np.stack(colours, axis=-1) > 0
        frames.append(np.where(seen, 1 + stretched * 254, 0).astype("uint8"))
    return xr.DataArray(np.stack(frames), dims=("period", "y", "x", "colour"), name="picture")


def _median_seen(values: np.ndarray) -> np.ndarray:
    """Lower median over axis 0 of what is not 0; 0 where nothing is."""
    if not len(values):
        return np.zeros(values.shape[1:], "uint16")
    ordered = np.sort(np.where(values == 0, np.uint16(65535), values), axis=0)
    seen = (values > 0).sum(axis=0)
    middle = np.maximum(seen - 1, 0) // 2
    median = np.take_along_axis(ordered, middle[None], axis=0)[0]
    return np.where(seen > 0, median, 0)
