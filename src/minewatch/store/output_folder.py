"""What a run leaves in its directory, put there all together or not at all.

Files are written beside the outputs, then the whole set is named `ready` in one step, then moved.
A process killed before that step leaves the previous outputs; killed after it, whoever opens the
directory next finishes the move. Rasters that stay the same are not moved at all.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from minewatch import catalog as catalogs
from minewatch import exporters
from minewatch.errors import OutputError
from minewatch.exporters.manifest_file import MANIFEST
from minewatch.model import DETECTIONS, Column, Contract, ReadFailure, RunResult, SceneList
from minewatch.store.state_folder import StateFolder, locked

SITE_DETECTIONS: Contract = {"site_id": Column("text", "the site it is part of"), **DETECTIONS}
"""`state/detections.geojson`: every patch of every site, with its evidence terms."""


def put_in_place(state: StateFolder, staged: Path) -> None:
    """Name a complete set of staged outputs ready, in one step, then move it into place."""
    staged.rename(state.directory / "ready")
    _flush(state.directory)
    finish_interrupted(state)


def finish_interrupted(state: StateFolder) -> None:
    """Move a complete set of outputs into place, when one is waiting."""
    ready, out = state.directory / "ready", state.directory.parent
    if not ready.exists():
        return
    files = sorted(p.relative_to(ready) for p in ready.rglob("*") if p.is_file())
    files.sort(key=lambda path: path.name == MANIFEST)
    for path in files:
        if path.name == MANIFEST:  # the one before names what is of the run no more
            _remove_stale(out, exporters.read_manifest(ready)["outputs"])
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (ready / path).replace(out / path)
    for folder in {(out / path).parent for path in files}:
        _flush(folder)
    shutil.rmtree(ready)


def _remove_stale(out: Path, outputs: Collection[str]) -> None:
    """Remove outputs of the manifest in place that are none of some others."""
    with suppress(OutputError):  # none there, or damaged
        for name in set(exporters.read_manifest(out)["outputs"]) - set(outputs):
            if (out / name).resolve().is_relative_to(out.resolve()):  # a manifest may be foreign
                (out / name).unlink(missing_ok=True)


def scenes_before(state: StateFolder, now: SceneList) -> SceneList | None:
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


def rules_before(state: StateFolder) -> tuple[dict[str, Any], dict[str, Any]]:
    """The rules behind the outputs that are in place, or of the job that was cut before any.

    Returns
    -------
    versions, thresholds
        As `rule_versions.rule_versions` and `rule_versions.flat_rules` give them; no thresholds
        when no job was finished.
    """
    try:
        manifest = exporters.read_manifest(state.directory.parent)
        from minewatch.store.rule_versions import flatten  # loads what names every rule

        return dict(manifest["rule_versions"]), flatten(manifest["rules"])
    except (OutputError, KeyError):
        return state.read_rule_versions(), {}


def unopened_scenes(state: StateFolder) -> list[ReadFailure]:
    """Scenes that could not be opened when the outputs that are in place were made."""
    failures = exporters.read_manifest(state.directory.parent)["failures"]
    return [ReadFailure(**failure) for failure in failures if failure["chunk"] == "*"]


def open_result(directory: str | Path, *, verify: bool = True) -> RunResult:
    """A finished run, also when the process that wrote it was killed while putting it in place.

    Parameters
    ----------
    directory, verify
        As in `minewatch.exporters.open_result`.
    """
    state = StateFolder(directory=Path(directory) / "state")
    if (state.directory / "ready").exists():
        with locked(state.directory):
            finish_interrupted(state)
    return exporters.open_result(Path(directory), verify=verify)


def _flush(folder: Path) -> None:
    """Make the system put the names in a folder on the disk."""
    with suppress(OSError):  # some network disks cannot
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
