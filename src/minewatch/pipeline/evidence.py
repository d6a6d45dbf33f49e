"""Frozen months to evidence over the whole grid, chunk by chunk, on disk.

The evidence of a chunk lies there with a key of its months, so only chunks whose months changed are
weighed again.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import rioxarray  # noqa: F401 - gives arrays their CRS
import xarray as xr

from minewatch import cube, detect
from minewatch.export.atomic import output_error, write_bytes_atomic
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
from minewatch.pipeline.keys import code_key, hash_values
from minewatch.pipeline.months import empty_months, read_months
from minewatch.pipeline.picture import PICTURE_VERSION, season_pictures
from minewatch.pipeline.state import State, as_json
from minewatch.pipeline.workers import drained

INDEX = "index.json"


def gather_evidence(
    aoi: AreaOfInterest,
    grid: Grid,
    state: State,
    *,
    span: Period,
    periods: Sequence[Period],
    bands: Sequence[Band],
    frozen: Mapping[str, Sequence[str]],
    workers: int | None,
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
    frozen
        Name of each chunk to what its months hold, as `Reduction.frozen` tells.
    workers
        Threads; None takes one a core. Each holds the months of a chunk.
    listener
        Hears of each chunk.

    Returns
    -------
    xarray.Dataset
        The layers of `detect.score` over the grid, memory-mapped, and `picture`, dims
        (period, colour, y, x), uint8, 0 where nothing was seen. Pixels outside the AOI are not
        observed.
    """
    months = months_of(span)

    def weigh(ground: xr.Dataset) -> xr.Dataset:
        settled = detect.settle_doubt(ground)
        scored = detect.score(settled, periods=tuple(periods))
        picture = season_pictures(settled, periods)
        return scored.assign(picture=picture.transpose("period", "colour", "y", "x"))

    def work(chunk: Chunk) -> None:
        within = inside[chunk.window]
        seen = read_months(state, chunk, months, bands)
        scored = weigh(_in_a_row(seen, within))  # no pixel looks at its neighbours
        for name, layer in layers.items():
            layer[..., *chunk.window][..., within] = scored[name].to_numpy()[..., 0, :]

    inside = cube.aoi_mask(aoi, grid.geobox)
    like = weigh(empty_months(grid.geobox[:1, :1], months, bands))
    wanted = {chunk.name: hash_values(list(frozen[chunk.name])) for chunk in grid.chunks}
    asked = [str(grid.geobox), [str(m) for m in months], [str(p) for p in periods], list(bands)]
    layout = hash_values([code_key(detect), PICTURE_VERSION, aoi.sha256, *asked])
    folder = state.directory / "evidence"
    held = _open_index(folder, layout)
    stale = [chunk for chunk in grid.chunks if held.get(chunk.name) != wanted[chunk.name]]
    layers = {str(name): _open_layer(folder, like[name], grid) for name in like.data_vars}
    if stale:
        kept = {chunk.name for chunk in grid.chunks} - {chunk.name for chunk in stale}
        _write_index(folder, layout, {name: held[name] for name in kept})
        with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
            waiting = {pool.submit(work, chunk): chunk for chunk in stale}
            for done, finished in enumerate(drained(waiting), start=1):
                finished.result()
                name = waiting[finished].name
                listener(Progress("weighing evidence", done, len(stale), name))
        for layer in layers.values():
            layer.flush()
        _write_index(folder, layout, wanted)
    axes = {name: grid.geobox.coordinates[name].values for name in ("y", "x")}
    data = {
        name: (like[name].dims, np.load(folder / f"{name}.npy", mmap_mode="c"), like[name].attrs)
        for name in layers
    }
    evidence: xr.Dataset = xr.Dataset(data, coords=axes).rio.write_crs(grid.epsg)
    return evidence


def read_ground(
    state: State, chunk: Chunk, inside: np.ndarray, *, span: Period, bands: Sequence[Band]
) -> xr.Dataset:
    """The months of a chunk as they are weighed: doubt settled, nothing seen outside the area.

    Parameters
    ----------
    state, chunk
        Where they lie.
    inside
        Dims (y, x), bool: the pixels of the chunk that belong to the area.
    span, bands
        Days covered, and reflectance bands to bring.
    """
    months = detect.settle_doubt(read_months(state, chunk, months_of(span), bands))
    ground: xr.Dataset = months.where(xr.DataArray(inside, dims=("y", "x")), 0).astype("uint16")
    return ground


def _open_index(folder: Path, layout: str) -> dict[str, str]:
    """Keys of the chunks that lie there; none, and an empty folder, when they lie otherwise."""
    try:
        index = json.loads((folder / INDEX).read_text("utf-8"))
        if index["layout"] == layout:
            return dict(index["chunks"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return {}


def _write_index(folder: Path, layout: str, chunks: Mapping[str, str]) -> None:
    write_bytes_atomic(folder / INDEX, as_json({"layout": layout, "chunks": chunks}))


def _open_layer(folder: Path, like: xr.DataArray, grid: Grid) -> np.memmap:
    """The layer that lies there, or an empty one over the whole grid."""
    path = folder / f"{like.name}.npy"
    if path.exists():
        return np.lib.format.open_memmap(path, mode="r+")
    sizes = dict(zip(("y", "x"), grid.geobox.shape, strict=True))
    shape = tuple(sizes.get(str(dim), size) for dim, size in like.sizes.items())
    try:
        array = np.lib.format.open_memmap(path, mode="w+", dtype=like.dtype, shape=shape)
        with path.open("r+b") as file:  # a full disk must be noticed here, not by a signal later
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise output_error(path, error) from error
    if fill := like.attrs.get("_FillValue", 0):
        array[...] = fill
        array.flush()
    return array


def _in_a_row(months: xr.Dataset, within: np.ndarray) -> xr.Dataset:
    """The pixels of the area alone, dims (time, 1, pixel)."""
    return xr.Dataset(
        {
            name: (("time", "y", "x"), layer.to_numpy()[:, within][:, None])
            for name, layer in months.data_vars.items()
        },
        coords={"time": months["time"]},
    )
