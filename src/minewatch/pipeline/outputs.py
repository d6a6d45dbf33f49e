"""What a run leaves in its directory, put there all together or not at all.

Files are written beside the outputs, then the whole set is named `ready` in one step, then moved.
A process killed before that step leaves the previous outputs; killed after it, whoever opens the
directory next finishes the move.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import geopandas as gpd
import numpy as np
import xarray as xr

from minewatch import catalog as catalogs
from minewatch import export
from minewatch.export.atomic import write_bytes_atomic
from minewatch.export.manifest import MANIFEST
from minewatch.model import (
    DETECTIONS,
    AreaOfInterest,
    Column,
    Contract,
    Grid,
    Period,
    ReadFailure,
    RunResult,
    SceneList,
    period_label,
)
from minewatch.pipeline.elevation import Elevation
from minewatch.pipeline.history import Entry, extend_log
from minewatch.pipeline.manifest import attribution, is_simulated, make_manifest
from minewatch.pipeline.parameters import Parameters
from minewatch.pipeline.reduce import Reduction
from minewatch.pipeline.state import State, locked

SITE_DETECTIONS: Contract = {"site_id": Column("text", "the site it is part of"), **DETECTIONS}
"""`state/detections.geojson`: every patch of every site, with its evidence terms."""


def write(
    state: State,
    area: AreaOfInterest,
    parameters: Parameters,
    scenes: SceneList,
    reduction: Reduction,
    elevation: Elevation,
    grid: Grid,
    evidence: xr.Dataset,
    periods: Sequence[Period],
    *,
    inventory: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    features: gpd.GeoDataFrame,
    changes: gpd.GeoDataFrame,
    detections: gpd.GeoDataFrame,
    entry: Entry,
) -> None:
    """Write every output of a run and its line of the log, then put them in place together."""
    staged = state.directory / "staged"
    shutil.rmtree(staged, ignore_errors=True)
    (staged / "rasters").mkdir(parents=True)
    tables = {"inventory": inventory, "sites": sites, "features": features, "changes": changes}
    simulated = is_simulated(scenes)
    source = attribution(area, elevation, simulated=simulated)
    label = {"simulated": simulated, "attribution": source}
    for name, layer in export.LAYERS.items():
        export.write_geojson(tables[name], staged / layer.filename, layer.contract, member=label)
    write_bytes_atomic(staged / "scenes.json", state.scenes_path.read_bytes())
    _write_rasters(staged / "rasters", evidence, periods, simulated=simulated)
    hashes = export.hash_outputs(staged, (p for p in staged.rglob("*") if p.is_file()))
    manifest = make_manifest(
        area, parameters, scenes, reduction, elevation, grid, evidence, periods, inventory, hashes
    )
    export.write_manifest(manifest, staged / MANIFEST)
    kept = staged / state.directory.name
    export.write_geojson(
        detections, kept / state.detections_path.name, SITE_DETECTIONS, member=label
    )
    write_bytes_atomic(kept / state.log_path.name, extend_log(state.log_path, entry))
    staged.rename(state.directory / "ready")
    _flush(state.directory)
    finish_interrupted(state)


def finish_interrupted(state: State) -> None:
    """Move a complete set of outputs into place, when one is waiting."""
    ready, out = state.directory / "ready", state.directory.parent
    if not ready.exists():
        return
    files = sorted(p.relative_to(ready) for p in ready.rglob("*") if p.is_file())
    files.sort(key=lambda path: path.name == MANIFEST)
    for path in files:
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (ready / path).replace(out / path)
    for folder in {(out / path).parent for path in files}:
        _flush(folder)
    shutil.rmtree(ready)


def scenes_before(state: State, now: SceneList) -> SceneList | None:
    """The scenes of the outputs that are in place; None when there are none.

    Parameters
    ----------
    state
        The folder.
    now
        The scenes of this job: most are the same.
    """
    out = state.directory.parent
    if not (out / MANIFEST).exists():
        return None
    return catalogs.read_scene_list(out / "scenes.json", known=now)


def unopened_scenes(state: State) -> list[ReadFailure]:
    """Scenes that could not be opened when the outputs that are in place were made."""
    failures = export.read_manifest(state.directory.parent)["failures"]
    return [ReadFailure(**failure) for failure in failures if failure["chunk"] == "*"]


def open_result(directory: str | Path, *, verify: bool = True) -> RunResult:
    """A finished run, also when the process that wrote it was killed while putting it in place.

    Parameters
    ----------
    directory, verify
        As in `minewatch.export.open_result`.
    """
    state = State(directory=Path(directory) / "state")
    if (state.directory / "ready").exists():
        with locked(state.directory):
            finish_interrupted(state)
    return export.open_result(Path(directory), verify=verify)


def _flush(folder: Path) -> None:
    """Make the system put the names in a folder on the disk."""
    with suppress(OSError):  # some network disks cannot
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _write_rasters(
    folder: Path, evidence: xr.Dataset, periods: Sequence[Period], *, simulated: bool
) -> None:
    """The rasters of DESIGN section 2, and the pictures of the first and last season seen."""
    names = [period_label(period) for period in periods]
    looks = evidence["clear_looks"].astype("uint16")
    days = evidence["first_detected"].copy(data=_yyyymmdd(evidence["first_detected"].to_numpy()))
    picture = evidence["picture"].transpose("colour", "period", "y", "x")
    seen = np.flatnonzero(picture.to_numpy().any(axis=(0, 2, 3)))
    first, last = (int(seen[0]), int(seen[-1])) if len(seen) else (0, 0)

    def write(name: str, layer: xr.DataArray, meaning: str, unit: str = "1") -> None:
        stacked = layer.rename(period="band") if "period" in layer.dims else layer
        bands = names if "period" in layer.dims else ()
        export.write_cog(
            stacked, folder / f"{name}.tif",
            meaning=meaning, unit=unit, band_names=bands, simulated=simulated,
        )  # fmt: skip

    write("clear_looks", looks, "clear looks per period")
    write("observed", (looks > 0).astype("uint8"), "1 where seen clear in the period")
    write("score", evidence["score"], "change against the pixel's own baseline", "0.01 sd")
    write("first_detected", days, "day of the first look that shows it, 0: none", "YYYYMMDD")
    for name, step in (("rgb_before", first), ("rgb_after", last)):
        colour = picture.isel(period=step).rename(colour="band")
        write(name, colour, f"natural colour, {names[step]}")


def _yyyymmdd(days: np.ndarray) -> np.ndarray:
    """Days since 1970-01-01 as YYYYMMDD numbers, 0 kept."""
    values, where = np.unique(days, return_inverse=True)
    told = [
        0 if value <= 0 else int(str(np.datetime64(int(value), "D")).replace("-", ""))
        for value in values
    ]
    return np.array(told, dtype="int32")[where].reshape(days.shape)
