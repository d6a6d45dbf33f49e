"""The rasters of a run: one COG a period, left where it lies while its pixels are the same.

Packing pixels is dear, and those of a closed period hardly ever change. What each file was made of
is kept beside the outputs: hashes of what its pixels come from, of themselves, and of all else that
decides its bytes. A file is made anew when its pixels are others, or when it is not the one that
was written; where they come from the same, they are not looked at.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import xarray as xr
from numpy.typing import NDArray

from minewatch import exporters
from minewatch.files import write_bytes_atomic
from minewatch.model import Evidence, Grid, period_label
from minewatch.store.hashing import hash_values
from minewatch.store.rule_versions import version_of
from minewatch.store.state_folder import StateFolder, as_json

Pixels = NDArray[Any]

FOLDER = "rasters"
"""Where they lie in the folder of a run."""
STACKS: Mapping[str, tuple[str, str, str]] = {
    "clear_looks": ("uint16", "clear looks per period", "1"),
    "observed": ("uint8", "1 where seen clear in the period", "1"),
    "score": ("int16", "change against the pixel's own baseline", "0.01 sd"),
}
"""Raster with a file a period to its kind of number, meaning and unit."""


@dataclass(frozen=True, kw_only=True)
class _Raster:
    """What one file shows."""

    path: str
    """Its place in the folder of the run."""
    content: str
    """Hash of what its pixels are made of."""
    make: Callable[[], Pixels]
    """Makes its pixels."""
    meaning: str
    """What a pixel says."""
    unit: str = "1"
    """Its unit."""
    names: tuple[str, ...] = ()
    """What its bands are."""

    @cached_property
    def pixels(self) -> Pixels:
        """Dims (y, x) or (colour, y, x)."""
        return self.make()

    def key(self, *also: object) -> str:
        """Hash of all that decides its bytes, but its pixels by what they are made of."""
        return hash_values([self.path, self.content, self.meaning, self.unit, self.names, *also])

    def shown(self, *also: object) -> str:
        """The same by its pixels, which different overpasses may leave as they were."""
        hashed = hashlib.sha256(np.ascontiguousarray(self.pixels).data).hexdigest()
        kind = str(self.pixels.dtype), self.pixels.shape
        return hash_values([self.path, hashed, *kind, self.meaning, self.unit, self.names, *also])


def write_rasters(
    state: StateFolder,
    staged: Path,
    evidence: Evidence,
    grid: Grid,
    *,
    simulated: bool,
) -> dict[str, str]:
    """Write the rasters of DESIGN section 2 that are not in place yet.

    Parameters
    ----------
    state
        The folder of the run: its rasters in place are kept when they would be made again.
    staged
        Where outputs wait; also takes what is remembered of the rasters.
    evidence, grid
        What they show.
    simulated
        Say so in them.

    Returns
    -------
    dict
        Path of every raster, kept or written, to its SHA-256.
    """
    out, known, held = state.directory.parent, _read(state.rasters_path), dict[str, Any]()
    code = [version_of("rasters"), rasterio.__version__, rasterio.__gdal_version__]
    where = [str(grid.geobox.crs), list(grid.geobox.transform[:6]), simulated]
    for raster in _rasters(evidence):
        evidence.release()
        key, before = raster.key(code, where), known.get(raster.path, {})
        shown = before.get("shown") if before.get("key") == key else None
        shown, sha256 = shown or raster.shown(code, where), before.get("sha256")
        if before.get("shown") != shown or not _is_whole(out / raster.path, sha256):
            sha256 = exporters.hash_file(
                _write(raster, staged, evidence.layers, simulated=simulated)
            )
        held[raster.path] = {"key": key, "shown": shown, "sha256": sha256}
    hashes = {path: str(entry["sha256"]) for path, entry in held.items()}
    for name, (dtype, meaning, unit) in STACKS.items():
        files = {period_label(p): f"{name}/{p.start}.tif" for p in evidence.periods}
        stack = exporters.write_stack(
            files, staged / FOLDER / f"{name}.vrt",
            geobox=grid.geobox, dtype=dtype, meaning=meaning, unit=unit, simulated=simulated,
        )  # fmt: skip
        hashes[f"{FOLDER}/{stack.name}"] = exporters.hash_file(stack)
    write_bytes_atomic(staged / state.directory.name / state.rasters_path.name, as_json(held))
    return hashes


def _rasters(evidence: Evidence) -> Iterator[_Raster]:
    """Everything that is shown, one file after the other."""
    periods, shown = evidence.periods, evidence.layers
    names = [period_label(period) for period in periods]
    layers = {name: shown[name].to_numpy() for name in ("clear_looks", "score", "picture")}
    contents = shown.attrs["contents"]
    make: Mapping[str, Callable[[int], Pixels]] = {
        "clear_looks": lambda step: layers["clear_looks"][step].astype("uint16"),
        "observed": lambda step: (layers["clear_looks"][step] > 0).astype("uint8"),
        "score": lambda step: layers["score"][step],
    }
    for step, period in enumerate(periods):
        for name, (_, meaning, unit) in STACKS.items():
            yield _Raster(
                path=f"{FOLDER}/{name}/{period.start}.tif", content=contents[step],
                make=partial(make[name], step), meaning=meaning, unit=unit, names=(names[step],),
            )  # fmt: skip
    first = np.ascontiguousarray(shown["first_detected"].to_numpy())
    yield _Raster(
        path=f"{FOLDER}/first_detected.tif", content=hashlib.sha256(first.data).hexdigest(),
        make=partial(_yyyymmdd, first), meaning="day of the first look that shows it, 0: none",
        unit="YYYYMMDD",
    )  # fmt: skip
    steps = range(len(periods))
    for name, order in (("rgb_before", steps), ("rgb_after", reversed(steps))):
        step = next((at for at in order if layers["picture"][at].any()), 0)
        yield _Raster(
            path=f"{FOLDER}/{name}.tif", content=contents[step],
            make=partial(layers["picture"].__getitem__, step),
            meaning=f"natural colour, {names[step]}",
        )  # fmt: skip


def _write(raster: _Raster, staged: Path, evidence: xr.Dataset, *, simulated: bool) -> Path:
    dims = ("band", "y", "x")[-raster.pixels.ndim :]
    coords = {name: evidence.coords[name] for name in ("y", "x", "spatial_ref")}
    return exporters.write_cog(
        xr.DataArray(raster.pixels, dims=dims, coords=coords), staged / raster.path,
        meaning=raster.meaning, unit=raster.unit, band_names=raster.names, simulated=simulated,
    )  # fmt: skip


def _is_whole(path: Path, sha256: object) -> bool:
    """Whether a file is the one that was written."""
    return path.is_file() and exporters.hash_file(path) == sha256


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """What is remembered of the rasters in place; nothing when that cannot be read."""
    try:
        known = json.loads(path.read_text("utf-8"))
        return {name: dict(entry) for name, entry in known.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _yyyymmdd(days: np.ndarray) -> np.ndarray:
    """Days since 1970-01-01 as YYYYMMDD numbers, 0 kept."""
    known = np.arange(1, int(days.max(initial=0)) + 1).astype("datetime64[D]").astype(object)
    numbers = [0, *(10_000 * day.year + 100 * day.month + day.day for day in known)]
    table, out = np.array(numbers, "int32"), np.empty(days.shape, "int32")
    for row, of_row in zip(out, days, strict=True):  # an index of the whole grid takes 8 bytes each
        row[:] = table[of_row]
    return out
