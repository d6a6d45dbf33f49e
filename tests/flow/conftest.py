"""Simulated archives that several tests share: written once a session, never changed by a test."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from minewatch import synthetic
from minewatch.model import RunResult
from minewatch.pipeline import run

SMALL = replace(
    synthetic.PRESETS["demo"],
    name="small",
    seed=11,
    size_px=160,
    mines=3,
    villages=0,
    quarries=0,
    revisit_days=10,
    start=date(2019, 11, 1),
    end=date(2021, 4, 30),
)
"""Two dry seasons of a small simulated world."""

TINY = replace(
    SMALL, name="tiny", size_px=64, mines=1, preexisting=1.0, bands=("blue", "green", "red", "nir"),
    start=date(2020, 11, 1), end=date(2021, 4, 30),
)  # fmt: skip
"""One dry season of four bands: for runs that are done many times."""

GEOJSON = ("inventory.geojson", "sites.geojson", "features.geojson", "changes.geojson")


def shared_archive(factory: pytest.TempPathFactory, spec: synthetic.WorldSpec) -> synthetic.Archive:
    """The archive of a spec, written once for all test processes of a session."""
    base = factory.getbasetemp()
    root = base.parent if base.name.startswith("popen-") else base
    folder = root / f"archive-{spec.name}-{spec.seed}"
    with (root / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        archive = synthetic.Archive(directory=folder, spec=spec)
        return archive if archive.catalog.exists() else synthetic.write_archive(folder, spec)


@pytest.fixture(scope="session")
def small_archive(tmp_path_factory: pytest.TempPathFactory) -> synthetic.Archive:
    return shared_archive(tmp_path_factory, SMALL)


@pytest.fixture(scope="session")
def tiny_archive(tmp_path_factory: pytest.TempPathFactory) -> synthetic.Archive:
    return shared_archive(tmp_path_factory, TINY)


@pytest.fixture(scope="session")
def small_run(
    small_archive: synthetic.Archive, tmp_path_factory: pytest.TempPathFactory
) -> RunResult:
    """A run over the whole small archive, in one go."""
    return run_archive(small_archive, tmp_path_factory.mktemp("small") / "run")


@pytest.fixture
def broken_archive(small_archive: synthetic.Archive, tmp_path: Path) -> synthetic.Archive:
    """A copy of the small archive that a test may damage."""
    folder = tmp_path / "archive"
    shutil.copytree(small_archive.directory, folder)
    return synthetic.Archive(directory=folder, spec=small_archive.spec)


def run_archive(archive: synthetic.Archive, out: Path, **changes: object) -> RunResult:
    """A run over an archive, over the dates of its spec unless `changes` say otherwise."""
    arguments: dict[str, object] = {
        "start": archive.spec.start,
        "end": archive.spec.end,
        "catalog": str(archive.catalog),
        "out": out,
    }
    job: Callable[..., RunResult] = run
    return job(archive.aoi, **{**arguments, **changes})


def geojson_bytes(result: RunResult) -> dict[str, bytes]:
    """The four tables of a run as they lie on disk."""
    return {name: (result.directory / name).read_bytes() for name in GEOJSON}


def all_bytes(result: RunResult) -> dict[str, bytes]:
    """Every output of a run as it lies on disk, the manifest too."""
    names = [*result.manifest["outputs"], "manifest.json"]
    return {name: (result.directory / name).read_bytes() for name in names}
