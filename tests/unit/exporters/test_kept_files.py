"""What an export does not write any more is removed only where nothing else lies."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.analysis.test_reviewing import drop_site

from minewatch import exporters
from minewatch.analysis import export
from minewatch.model import Exporter, RunResult

A, B = "simulated-aaaa", "simulated-bbbb"


def writes(**files: str) -> Exporter:
    """An exporter of some texts; `_` in a name stands for `/`."""

    def write(_: RunResult, folder: Path) -> list[Path]:
        paths = [folder / name.replace("_", "/") for name in files]
        for path, text in zip(paths, files.values(), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return paths

    return write


@pytest.fixture
def folder(simulated_run: RunResult, tmp_path: Path) -> Path:
    """A folder in which a first export put three files, and somebody one more."""
    first = writes(chips_a="a", chips_b="b", rasters_a="r")
    exporters.write_kept(first, simulated_run, tmp_path, own_folders=["chips"])
    (tmp_path / "chips" / "mine").write_text("a note")
    return tmp_path


def again(run: RunResult, folder: Path) -> set[str]:
    exporters.write_kept(writes(chips_a="a, later"), run, folder, own_folders=["chips"])
    paths = (p for p in folder.rglob("*") if p.is_file() and p.name != exporters.RECORD)
    return {path.relative_to(folder).as_posix() for path in paths}


def test_what_the_export_wrote_and_writes_no_more_goes_from_its_own_folder(
    folder: Path, simulated_run: RunResult
) -> None:
    assert again(simulated_run, folder) == {"chips/a", "chips/mine", "rasters/a"}
    assert set(exporters.read_record(folder)) == {"chips/a", "rasters/a"}


def test_without_a_folder_of_its_own_nothing_goes(folder: Path, simulated_run: RunResult) -> None:
    exporters.write_kept(writes(chips_a="a"), simulated_run, folder)
    assert (folder / "chips" / "b").exists()


def test_what_somebody_changed_stays(folder: Path, simulated_run: RunResult) -> None:
    (folder / "chips" / "b").write_text("drawn upon")
    assert "chips/b" in again(simulated_run, folder)
    assert "chips/b" in exporters.read_record(folder)


@pytest.mark.parametrize("name", ["chips/../rasters/a", "chips/x/../../rasters/a"])
def test_a_record_cannot_name_a_file_elsewhere(
    name: str, folder: Path, simulated_run: RunResult
) -> None:
    record = dict(exporters.read_record(folder))
    (folder / exporters.RECORD).write_text(json.dumps(record | {name: record["rasters/a"]}))
    assert "rasters/a" in again(simulated_run, folder)


def test_the_picture_of_a_vanished_site_leaves_the_folder_of_a_project(
    tmp_path: Path, write_simulated_run: Callable[[Path], RunResult]
) -> None:
    run = write_simulated_run(tmp_path / "run").directory
    export(run, format="qgis", out=tmp_path / "project")
    chips = tmp_path / "project" / "chips"
    assert {A, B} <= {path.stem for path in chips.iterdir()}
    drop_site(run, B)
    export(run, format="qgis", out=tmp_path / "project")
    left = {path.stem for path in chips.iterdir()}
    assert A in left
    assert B not in left
