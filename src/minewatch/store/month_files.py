"""Frozen months: one GeoTIFF a month and chunk, found again by a key of all that decided it.

A file with the right key never has to be made again, and a run from nothing leaves the same pixels
as any chain of updates. The record lies beside it, so that asking for it costs next to nothing; it
is written after the pixels and removed before them, so it never speaks of others.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import deflate
import numpy as np
import pandas as pd
import rasterio
import xarray as xr
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from rasterio.transform import Affine

from minewatch.errors import StateError
from minewatch.files import write_bytes_atomic
from minewatch.model import Band, Chunk, Period, ReadFailure
from minewatch.model.cubes import COUNT_LAYERS, DAY_LAYERS
from minewatch.store.state_folder import StateFolder, as_json

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class MonthRecord:
    """What is known of one frozen month of one chunk without opening its pixels."""

    key: str
    """Hash of all that decided its pixels."""
    overpasses: int
    """Passes read."""
    failures: tuple[ReadFailure, ...]
    """Reads that failed."""
    bytes_read: int = 0
    """Bytes fetched to make it."""
    rules: str = ""
    """Version of the rules that made it: `rule_versions.month_rules`."""
    clear_pixels: int = 0
    """Clear overpasses over the area's pixels, summed: what the climate is found from."""
    greenness_sum: int = 0
    """NDVI of the area's pixels that were seen, x 1,000, summed."""
    seen_pixels: int = 0
    """The area's pixels that were seen."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Scene id to the bands that were read, each with a mark of the version of its file."""
    crc32: int = 0
    """Sum of the pixels as they lie on disk."""

    @property
    def content(self) -> str:
        """What the pixels are: equal for equal pixels of the same origin."""
        return f"{self.key} {self.crc32:08x}"


def month_path(state: StateFolder, chunk: Chunk, month: Period) -> Path:
    """Where the frozen month of a chunk lies."""
    return Path(f"{state.directory}/months/{chunk.name}/{str(month.start)[:7]}.tif")


def write_month(
    state: StateFolder, chunk: Chunk, month: Period, cube: xr.Dataset, record: MonthRecord
) -> MonthRecord:
    """Freeze one month of one chunk: whole, or not at all.

    Parameters
    ----------
    state
        The folder.
    chunk, month
        Which one.
    cube
        Month cube of one time step, dims (time, y, x), uint16.
    record
        What it was made of.

    Returns
    -------
    MonthRecord
        The record with the sum of the pixels.

    Raises
    ------
    OutputError
        When the disk is full, say.
    """
    rows, cols = chunk.geobox.shape
    names = [str(name) for name in cube.data_vars]
    layers = np.stack([cube[name].to_numpy()[0] for name in names])
    record = replace(record, crc32=deflate.crc32(layers))
    profile = {
        "driver": "GTiff", "width": cols, "height": rows, "count": len(names), "dtype": "uint16",
        "crs": str(chunk.geobox.crs), "transform": Affine(*chunk.geobox.transform[:6]),
        # A strip a layer, and no differences: undoing these takes longer than all else, and they
        # save a twentieth of simulated months.
        "compress": "zstd", "zstd_level": 1, "interleave": "band", "blockysize": rows,
    }  # fmt: skip
    path = month_path(state, chunk, month)
    with MemoryFile() as memory:  # GDAL may not notice that a disk is full
        with memory.open(**profile) as file:
            file.update_tags(crc32=record.crc32)
            file.write(layers)
            file.descriptions = names
        content = memory.read()
    _record_path(path).unlink(missing_ok=True)
    write_bytes_atomic(path, content)
    # A record that is torn or missing costs reading the month again, not an answer.
    text = as_json({**asdict(record), "size": len(content)})
    write_bytes_atomic(_record_path(path), text, is_lasting=False)
    return record


def remove_month(state: StateFolder, chunk: Chunk, month: Period) -> None:
    """Forget a month that no scene reaches any more."""
    path = month_path(state, chunk, month)
    _record_path(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def read_record(state: StateFolder, chunk: Chunk, month: Period) -> MonthRecord | None:
    """The record of a frozen month; None when it is not there, or its file is not whole."""
    path = month_path(state, chunk, month)
    try:
        row = json.loads(_record_path(path).read_bytes())
        if row.pop("size") != path.stat().st_size:
            raise ValueError("its size is another")
        failures = tuple(ReadFailure(**failure) for failure in row.pop("failures"))
        return MonthRecord(failures=failures, **row)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        log.warning("%s is damaged (%s): the month is read again", path, error)
        return None


def _record_path(path: Path) -> Path:
    return Path(f"{str(path)[:-4]}.json")


def read_months(
    state: StateFolder,
    chunk: Chunk,
    months: Sequence[Period],
    bands: Sequence[Band],
    *,
    within: np.ndarray | None = None,
    each: Callable[..., Iterable[Any]] = map,
) -> xr.Dataset:
    """The month cube of a chunk over the given months.

    Parameters
    ----------
    state
        The folder.
    chunk
        The chunk.
    months
        Which months, in order of time; one that is not frozen counts as not seen.
    bands
        Reflectance bands to bring.
    within
        Pixels wanted, dims (y, x), bool; None: all.
    each
        `map`, or that of an executor: months are read one after the other, or at once.

    Returns
    -------
    xarray.Dataset
        Dims (time, y, x), uint16, 0 where nothing was seen; the wanted pixels in one row, without
        coordinates y and x, when only some are.

    Raises
    ------
    StateError
        When the pixels of a month are not those that were frozen.
    """
    rows, cols = chunk.geobox.shape
    shape = (rows, cols) if within is None else (1, int(within.sum()))
    names = _layer_names(bands)
    into = np.zeros((len(months), len(names), *shape), np.uint16)
    stretches = None if within is None or within.all() else _stretches(within)

    def read(step: int) -> None:
        path = month_path(state, chunk, months[step])
        if not path.exists():
            return
        room = into[step].reshape(len(names), -1)
        if stretches is None:
            _read_layers(path, names, room.reshape(-1, rows, cols))
        else:
            layers = np.zeros((len(names), rows * cols), np.uint16)
            _read_layers(path, names, layers.reshape(-1, rows, cols))
            np.concatenate([layers[:, part] for part in stretches], axis=1, out=room)

    list(each(read, range(len(months))))
    cube = _as_cube(dict(zip(names, into.swapaxes(0, 1), strict=True)), months)
    if within is not None:
        return cube
    return cube.assign_coords({n: chunk.geobox.coordinates[n].values for n in ("y", "x")})


def _stretches(within: np.ndarray) -> list[slice]:
    """Wanted pixels, row by row, as what lies side by side: quicker to copy than one by one."""
    ends = np.flatnonzero(np.diff(within.reshape(-1).view(np.int8), prepend=0, append=0))
    return [slice(*pair) for pair in ends.reshape(-1, 2).tolist()]


def _layer_names(bands: Sequence[Band]) -> tuple[str, ...]:
    return (*bands, *COUNT_LAYERS, *DAY_LAYERS)


def _as_cube(layers: Mapping[str, np.ndarray], months: Sequence[Period]) -> xr.Dataset:
    return xr.Dataset(
        {name: (("time", "y", "x"), layer) for name, layer in layers.items()},
        coords={"time": pd.DatetimeIndex([pd.Timestamp(m.start) for m in months])},
    )


def empty_months(
    shape: tuple[int, int], months: Sequence[Period], bands: Sequence[Band]
) -> xr.Dataset:
    """A month cube that saw nothing.

    Parameters
    ----------
    shape
        Rows and columns.
    months, bands
        As in `read_months`.
    """
    sizes = (len(months), *shape)
    return _as_cube({name: np.zeros(sizes, "uint16") for name in _layer_names(bands)}, months)


def _read_layers(path: Path, wanted: Sequence[str], into: np.ndarray) -> None:
    """Read wanted layers of a frozen month, checked against the sum of all.

    Parameters
    ----------
    path, wanted
        Its file, and names of layers.
    into
        Where they go, dims (layer, y, x), C order.
    """
    try:
        with rasterio.open(path) as file:
            expected, names = int(file.tags()["crc32"]), file.descriptions
            is_all = names == tuple(wanted)
            layers = file.read(out=into) if is_all else file.read()
    except (RasterioError, ValueError, KeyError) as error:
        raise _damaged(path) from error
    if deflate.crc32(layers) != expected:
        raise _damaged(path)
    if not is_all:
        for name, layer in zip(names, layers, strict=True):
            if name in wanted:
                into[wanted.index(name)] = layer


def _damaged(path: Path) -> StateError:
    return StateError(
        f"{path} is damaged", hint="delete it and go on with --resume: that month is read again"
    )
