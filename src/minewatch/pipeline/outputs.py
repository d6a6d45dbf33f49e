"""What a run leaves in its directory, put there all together or not at all.

Files are written beside the outputs, then the whole set is named `ready` in one step, then moved.
A process killed before that step leaves the previous outputs; killed after it, whoever opens the
directory next finishes the move. Rasters that stay the same are not moved at all.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

import geopandas as gpd
import xarray as xr

from minewatch import catalog as catalogs
from minewatch import export
from minewatch.errors import OutputError
from minewatch.export.manifest import MANIFEST
from minewatch.files import write_bytes_atomic
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
)
from minewatch.pipeline.elevation import Elevation
from minewatch.pipeline.history import Entry, extend_log
from minewatch.pipeline.manifest import attribution, is_simulated, make_manifest
from minewatch.pipeline.parameters import Parameters
from minewatch.pipeline.rasters import write_rasters
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
    staged.mkdir()
    tables = {"inventory": inventory, "sites": sites, "features": features, "changes": changes}
    simulated = is_simulated(scenes)
    source = attribution(area, elevation, simulated=simulated)
    label = {"simulated": simulated, "attribution": source}
    for name, layer in export.LAYERS.items():
        export.write_geojson(tables[name], staged / layer.filename, layer.contract, member=label)
    write_bytes_atomic(staged / "scenes.json", state.scenes_path.read_bytes())
    hashes = export.hash_outputs(staged, (p for p in staged.rglob("*") if p.is_file()))
    hashes |= write_rasters(state, staged, evidence, grid, periods, simulated=simulated)
    manifest = make_manifest(
        area, parameters, scenes, reduction, elevation, grid, evidence, periods, tables, hashes
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
        if path.name == MANIFEST:  # the one before it tells what belongs to the run no more
            _remove_stale(out, export.read_manifest(ready)["outputs"])
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (ready / path).replace(out / path)
    for folder in {(out / path).parent for path in files}:
        _flush(folder)
    shutil.rmtree(ready)


def _remove_stale(out: Path, outputs: Collection[str]) -> None:
    """Remove outputs of the manifest in place that are none of some others."""
    with suppress(OutputError):  # none there, or damaged
        for name in set(export.read_manifest(out)["outputs"]) - set(outputs):
            if (out / name).resolve().is_relative_to(out.resolve()):  # a manifest may be foreign
                (out / name).unlink(missing_ok=True)


def scenes_before(state: State, now: SceneList) -> SceneList | None:
    """The scenes of the outputs that are in place; None when there are none.

    Parameters
    ----------
    state
        The folder.
    now
        The scenes of this job, as they are frozen: most are the same.
    """
    out = state.directory.parent
    if not (out / MANIFEST).exists():
        return None
    lines = catalogs.item_lines(state.scenes_path)
    known = dict(zip(lines, now, strict=True)) if len(lines) == len(now) else {}
    return catalogs.read_scene_list(out / "scenes.json", known=known)


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
