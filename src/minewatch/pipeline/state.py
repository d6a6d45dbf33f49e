"""What a run keeps on disk between one night and the next: frozen months, facts, a lock.

A month of a chunk is one GeoTIFF. Its key is the hash of everything that decided its pixels (the
scenes, their facts, the bands, the code version of the layout), so a file with the right key never
has to be read again, and a run from nothing leaves the same bytes as any chain of updates.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rasterio
import xarray as xr
from rasterio.errors import RasterioError
from rasterio.transform import Affine

from minewatch.errors import OutputError, StateError
from minewatch.export.atomic import atomic_path, write_bytes_atomic
from minewatch.model import Band, Chunk, Period, ReadFailure, Scene, SceneFacts
from minewatch.model.cubes import COUNT_LAYERS, DAY_LAYERS

log = logging.getLogger(__name__)

STATE_VERSION = 1
"""Version of the layout of `state/` and of the rules that make a month; raised when they change."""


@dataclass(frozen=True, kw_only=True)
class MonthRecord:
    """What is known of one frozen month of one chunk without opening its pixels."""

    key: str
    """Hash of all that decided its pixels."""
    looks: int
    """Passes read."""
    failures: tuple[ReadFailure, ...]
    """Reads that failed."""
    bytes_read: int = 0
    """Bytes fetched to make it."""


@dataclass(frozen=True, kw_only=True)
class State:
    """The `state/` folder of one run."""

    directory: Path
    """The folder."""

    @property
    def parameters_path(self) -> Path:
        """Parameters the run was started with."""
        return self.directory / "run.json"

    @property
    def scenes_path(self) -> Path:
        """The frozen scene list of the run in progress."""
        return self.directory / "scenes.json"

    @property
    def aoi_path(self) -> Path:
        """The area the run watches."""
        return self.directory / "aoi.geojson"

    @property
    def detections_path(self) -> Path:
        """Every patch of every site, with its evidence terms."""
        return self.directory / "detections.geojson"

    def month_path(self, chunk: Chunk, month: Period) -> Path:
        """Where the frozen month of a chunk lies."""
        return self.directory / "months" / chunk.name / f"{month.start:%Y-%m}.tif"

    def write_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Remember what the run was started with."""
        body = {"state_version": STATE_VERSION, **parameters}
        write_bytes_atomic(self.parameters_path, _json(body))

    def read_parameters(self) -> dict[str, Any]:
        """What the run was started with.

        Raises
        ------
        StateError
            When there is no state here, it is damaged, or another version wrote it.
        """
        try:
            body: dict[str, Any] = json.loads(self.parameters_path.read_text("utf-8"))
            version = body.pop("state_version")
        except FileNotFoundError:
            raise StateError(
                f"{self.directory.parent} holds no run",
                hint="give the folder that `minewatch run --out` wrote",
            ) from None
        except (ValueError, KeyError, AttributeError):
            raise StateError(
                f"{self.parameters_path} is damaged",
                hint="run again into a new folder with `minewatch run --out`",
            ) from None
        if version != STATE_VERSION:
            raise StateError(
                f"{self.directory} was written with state version {version}, this is "
                f"{STATE_VERSION}",
                hint="run again into a new folder, or use the minewatch version in manifest.json",
            )
        return body

    def read_facts(self) -> dict[str, SceneFacts]:
        """Facts of the scenes met so far, by scene id."""
        path = self.directory / "facts.json"
        if not path.exists():
            return {}
        try:
            rows = json.loads(path.read_text("utf-8"))
            return {row["scene_id"]: _facts(row) for row in rows}
        except (ValueError, KeyError, TypeError) as error:
            log.warning("%s is damaged (%s): the facts are found again", path, error)
            return {}

    def write_facts(self, facts: Mapping[str, SceneFacts]) -> None:
        """Remember the facts of scenes."""
        rows = [asdict(facts[scene_id]) for scene_id in sorted(facts)]
        write_bytes_atomic(self.directory / "facts.json", _json(rows))

    def read_record(self, chunk: Chunk, month: Period) -> MonthRecord | None:
        """The record of a frozen month; None when it is not there or cannot be read."""
        path = self.month_path(chunk, month)
        if not path.exists():
            return None
        try:
            with rasterio.open(path) as file:
                row = json.loads(file.tags()["minewatch"])
        except (RasterioError, ValueError, KeyError) as error:
            log.warning("%s is damaged (%s): the month is read again", path, error)
            return None
        failures = tuple(ReadFailure(**failure) for failure in row.pop("failures"))
        return MonthRecord(failures=failures, **row)

    def write_month(
        self, chunk: Chunk, month: Period, cube: xr.Dataset, record: MonthRecord
    ) -> None:
        """Freeze one month of one chunk.

        Parameters
        ----------
        chunk, month
            Which one.
        cube
            Month cube of one time step, dims (time, y, x), uint16.
        record
            What it was made of.
        """
        path = self.month_path(chunk, month)
        path.parent.mkdir(parents=True, exist_ok=True)
        rows, cols = chunk.geobox.shape
        names = [str(name) for name in cube.data_vars]
        profile = {
            "driver": "GTiff", "width": cols, "height": rows, "count": max(len(names), 1),
            "dtype": "uint16", "crs": str(chunk.geobox.crs),
            "transform": Affine(*chunk.geobox.transform[:6]), "compress": "zstd", "zstd_level": 1,
            "predictor": 2, "interleave": "band",
        }  # fmt: skip
        tags = json.dumps(asdict(record), sort_keys=True)
        try:
            with atomic_path(path) as temporary, rasterio.open(temporary, "w", **profile) as file:
                file.update_tags(minewatch=tags)
                for index, name in enumerate(names, start=1):
                    file.write(cube[name].to_numpy()[0], index)
                    file.set_band_description(index, name)
        except (RasterioError, OSError) as error:
            raise OutputError(
                f"cannot write {path}: {error}", hint="free some disk space, then use --resume"
            ) from error

    def read_months(
        self, chunk: Chunk, months: Sequence[Period], bands: Sequence[Band]
    ) -> xr.Dataset:
        """The month cube of a chunk over the given months.

        Parameters
        ----------
        chunk
            The chunk.
        months
            Which months, in order of time; one that is not frozen counts as not seen.
        bands
            Reflectance bands to bring.

        Returns
        -------
        xarray.Dataset
            Dims (time, y, x), uint16, 0 where nothing was seen.
        """
        names = (*bands, *COUNT_LAYERS, *DAY_LAYERS)
        shape = (len(months), *chunk.geobox.shape)
        arrays = {name: np.zeros(shape, "uint16") for name in names}
        for step, month in enumerate(months):
            path = self.month_path(chunk, month)
            if not path.exists():
                continue
            with rasterio.open(path) as file:
                for index, name in enumerate(file.descriptions, start=1):
                    if name in arrays:
                        file.read(index, out=arrays[name][step])
        coordinates = chunk.geobox.coordinates
        return xr.Dataset(
            {name: (("time", "y", "x"), array) for name, array in arrays.items()},
            coords={
                "time": pd.DatetimeIndex([pd.Timestamp(m.start) for m in months]),
                "y": coordinates["y"].values,
                "x": coordinates["x"].values,
            },
        )


def month_key(
    scenes: Sequence[Scene], facts: Mapping[str, SceneFacts], bands: Sequence[Band], chunk: Chunk
) -> str:
    """Hash of all that decides the pixels of a month of a chunk.

    Parameters
    ----------
    scenes
        The month's scenes; their order does not matter.
    facts
        Facts by scene id.
    bands
        Bands read.
    chunk
        The ground.
    """
    rows = sorted(
        [s.id, facts[s.id].scale, facts[s.id].offset_dn, list(facts[s.id].shift_xy_m),
         sorted((band, asset.href) for band, asset in s.assets.items())]
        for s in scenes
        if s.id in facts
    )  # fmt: skip
    ground = [str(chunk.geobox.crs), list(chunk.geobox.transform[:6]), list(chunk.geobox.shape)]
    return hashlib.sha256(_json([STATE_VERSION, rows, list(bands), ground])).hexdigest()


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the run directory for this process alone.

    Raises
    ------
    StateError
        When another process holds it.
    """
    path = directory / "lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise StateError(
                f"{directory.parent} is being written by another minewatch (process {holder})",
                hint="wait for it to end, or stop it",
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _facts(row: Mapping[str, Any]) -> SceneFacts:
    fields = {**row, "shift_xy_m": tuple(row["shift_xy_m"]), "notes": tuple(row["notes"])}
    return SceneFacts(**fields)


def _json(body: Any) -> bytes:
    return (json.dumps(body, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
