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

from minewatch.files import output_error, write_bytes_atomic
from minewatch.model import Chunk, EvidenceLayer, Grid
from minewatch.runtime.memory import release_mapped
from minewatch.store.state_folder import as_json

INDEX = "index.json"
Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class EvidenceArrays:
    """The layers of one grid, and the keys of what each chunk holds."""

    folder: Path
    """Where they lie."""
    layout: str
    """Hash of what all chunks have in common; layers of another layout are not kept."""
    contract: Mapping[str, EvidenceLayer]
    """What each layer is."""
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
            target, pixels = self.arrays[str(name)], layer.to_numpy()[..., 0, :]
            place = (target if period is None else target[period])[..., *chunk.window]
            if is_whole:  # as most chunks are: a plain copy
                place[...] = pixels.reshape(place.shape)
            else:  # layer by layer: numpy is ten times as fast with a mask alone
                for at in np.ndindex(place.shape[:-2]):
                    place[at][inside] = pixels[at]

    def flush(self) -> None:
        """Make the system put the values on the disk."""
        for array in self.arrays.values():
            if isinstance(array, np.memmap):
                array.flush()

    def release(self) -> None:
        """Take the values out of memory; they stay in their files."""
        release_mapped(self.arrays.values())

    def variables(self) -> dict[str, tuple[tuple[str, ...], Array, dict[str, Any]]]:
        """Dims, values and attributes of each layer."""
        return {n: (of.dims, self.arrays[n], of.attributes) for n, of in self.contract.items()}


def open_evidence_arrays(
    folder: Path,
    layout: str,
    grid: Grid,
    *,
    contract: Mapping[str, EvidenceLayer],
    sizes: Mapping[str, int],
    periods: int,
) -> EvidenceArrays:
    """The layers that lie in a folder, made long enough; of another layout, made anew.

    Parameters
    ----------
    folder, layout
        Where, and the hash they must have.
    grid
        The grid they cover.
    contract
        What each layer is.
    sizes
        Size of each dimension other than `period`, `y` and `x`.
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
    sizes = {**sizes, "y": rows, "x": cols}
    arrays = {}
    for name, layer in contract.items():
        shape = tuple(sizes[dim] for dim in layer.dims if dim != "period")
        slabs = periods if "period" in layer.dims else None
        arrays[name] = _open_array(folder / f"{name}.raw", layer, shape, slabs)
        release_mapped([arrays[name]])
    layers = EvidenceArrays(folder, layout, contract, arrays, keys)
    layers.note({})
    return layers


def read_layer(folder: Path, name: str, layer: EvidenceLayer, shape: Sequence[int]) -> Array | None:
    """A layer that lies in a folder, to look at; None when it is not there or of another size.

    Parameters
    ----------
    folder, name, layer
        Where, which, and what it is.
    shape
        Sizes it must have.
    """
    path, size = folder / f"{name}.raw", math.prod(shape) * np.dtype(layer.dtype).itemsize
    if not size or not path.is_file() or path.stat().st_size != size:
        return None
    return np.memmap(path, dtype=layer.dtype, mode="r", shape=tuple(shape))


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


def _open_array(
    path: Path, layer: EvidenceLayer, slab: tuple[int, ...], slabs: int | None
) -> Array:
    """The array that lies there, cut or made longer; new parts hold "not observed"."""
    shape = slab if slabs is None else (slabs, *slab)
    size = math.prod(shape) * np.dtype(layer.dtype).itemsize
    if size == 0:
        return np.empty(shape, layer.dtype)
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
    array = np.memmap(path, dtype=layer.dtype, mode="r+", shape=shape)
    if fill := layer.missing:
        array.reshape(-1)[before // np.dtype(layer.dtype).itemsize :] = fill
    return array
