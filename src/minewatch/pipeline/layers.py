"""Layers of evidence over the whole grid: plain arrays on disk, longer by one slab a period."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from minewatch import detect
from minewatch.files import output_error, write_bytes_atomic
from minewatch.model import Chunk, Grid
from minewatch.pipeline.state import as_json

INDEX = "index.json"
Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Layers:
    """The layers of one grid, and the keys of what each chunk holds."""

    folder: Path
    """Where they lie."""
    layout: str
    """Hash of what all chunks have in common; layers of another layout are not kept."""
    seasonal: Mapping[str, xr.DataArray]
    """Layers with a dimension `period`: what one period of one pixel looks like."""
    whole: Mapping[str, xr.DataArray]
    """The others."""
    arrays: Mapping[str, Array]
    """Layer to values, dims ([period,] ..., y, x)."""
    keys: dict[str, list[str]]
    """Chunk to the key of each step it holds."""

    def keys_of(self, chunk: Chunk) -> list[str]:
        """Keys of the steps a chunk holds."""
        return self.keys.get(chunk.name, [])

    def note(self, keys: Mapping[str, Sequence[str]]) -> None:
        """Remember, on disk, what some chunks hold."""
        self.keys.update({name: list(of) for name, of in keys.items()})
        body = {"layout": self.layout, "chunks": self.keys}
        write_bytes_atomic(self.folder / INDEX, as_json(body))

    def write(
        self, chunk: Chunk, inside: Array, values: xr.Dataset, period: int | None = None
    ) -> None:
        """Put figures of the area's pixels of a chunk in their place.

        Parameters
        ----------
        chunk
            The chunk.
        inside
            Its pixels that belong to the area, dims (y, x), bool.
        values
            Dims (..., 1, pixel), row by row.
        period
            Which period they are of; None for layers without periods.
        """
        is_whole = inside.all()
        for name, layer in values.data_vars.items():
            target, told = self.arrays[str(name)], layer.to_numpy()[..., 0, :]
            place = (target if period is None else target[period])[..., *chunk.window]
            if is_whole:  # as most chunks are: a plain copy
                place[...] = told.reshape(place.shape)
            else:
                place[..., inside] = told

    def flush(self) -> None:
        """Make the system put the values on the disk."""
        for array in self.arrays.values():
            if isinstance(array, np.memmap):
                array.flush()

    def let_go(self) -> None:
        """Take the values out of memory; they stay in their files."""
        detect.let_go(self.arrays.values())

    def variables(self) -> dict[str, tuple[tuple[str, ...], Array, dict[str, Any]]]:
        """Dims, values and attributes of each layer."""
        told = {n: (("period", *map(str, v.dims)), v) for n, v in self.seasonal.items()}
        told |= {n: (tuple(map(str, v.dims)), v) for n, v in self.whole.items()}
        return {n: (dims, self.arrays[n], dict(like.attrs)) for n, (dims, like) in told.items()}


def open_layers(
    folder: Path, layout: str, grid: Grid, *, seasonal: xr.Dataset, whole: xr.Dataset, periods: int
) -> Layers:
    """The layers that lie in a folder, made long enough; of another layout, made anew.

    Parameters
    ----------
    folder, layout
        Where, and the hash they must have.
    grid
        The grid they cover.
    seasonal, whole
        One pixel of every layer: of those of a period, and of the others.
    periods
        How many periods there are.

    Raises
    ------
    OutputError
        When the disk is full, say.
    """
    keys = _read_index(folder, layout)
    (folder / INDEX).unlink(missing_ok=True)  # cut off from here on, all is made anew
    rows, cols = grid.geobox.shape
    arrays = {}
    for named, slabs in ((seasonal, periods), (whole, None)):
        for name, like in named.data_vars.items():
            shape = (*like.shape[:-2], rows, cols)
            arrays[str(name)] = _open_array(folder / f"{name}.raw", like, shape, slabs)
            detect.let_go([arrays[str(name)]])
    layers = Layers(folder, layout, _named(seasonal), _named(whole), arrays, keys)
    layers.note({})
    return layers


def _named(layers: xr.Dataset) -> dict[str, xr.DataArray]:
    return {str(name): layer for name, layer in layers.data_vars.items()}


def _read_index(folder: Path, layout: str) -> dict[str, list[str]]:
    """Keys of what lies there; none, and an empty folder, when it lies otherwise."""
    try:
        index = json.loads((folder / INDEX).read_text("utf-8"))
        if index["layout"] == layout:
            return {name: list(keys) for name, keys in index["chunks"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return {}


def _open_array(path: Path, like: xr.DataArray, slab: tuple[int, ...], slabs: int | None) -> Array:
    """The array that lies there, cut or made longer; new parts hold "not observed"."""
    shape = slab if slabs is None else (slabs, *slab)
    size = math.prod(shape) * like.dtype.itemsize
    if size == 0:
        return np.empty(shape, like.dtype)
    before = path.stat().st_size if path.exists() else 0
    try:
        with path.open("r+b" if before else "wb") as file:
            if before > size:
                file.truncate(size)
            elif before < size:  # a full disk must be noticed here, not by a signal later
                os.posix_fallocate(file.fileno(), 0, size)
    except OSError as error:
        shutil.rmtree(path.parent, ignore_errors=True)
        raise output_error(path, error) from error
    array = np.memmap(path, dtype=like.dtype, mode="r+", shape=shape)
    if fill := like.attrs.get("_FillValue", 0):
        array.reshape(-1)[before // like.dtype.itemsize :] = fill
    return array
