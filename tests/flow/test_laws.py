"""The laws of DESIGN section 4 on whole runs."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
import rasterio

from minewatch import synthetic
from minewatch.catalog import read_scene_list
from minewatch.errors import StateError
from minewatch.model import RunResult, SceneList
from minewatch.pipeline import update
from minewatch.store.state_folder import StateFolder, locked

from .conftest import SMALL, geojson_bytes, run_archive

SHORT_END = date(2020, 4, 30)


def raster_pixels(result: RunResult) -> dict[str, bytes]:
    """Pixels of every raster of a run."""
    pixels = {}
    for name, path in result.rasters.items():
        with rasterio.open(path) as file:
            pixels[name] = file.read().tobytes()
    return pixels


@pytest.mark.parametrize(("chunk_px", "workers"), [(64, 2), (100, 1)])
def test_chunk_size_and_workers_change_no_byte(
    small_archive: synthetic.Archive,
    small_run: RunResult,
    tmp_path: Path,
    chunk_px: int,
    workers: int,
) -> None:
    result = run_archive(small_archive, tmp_path / "run", chunk_px=chunk_px, workers=workers)
    assert geojson_bytes(result) == geojson_bytes(small_run)
    assert raster_pixels(result) == raster_pixels(small_run)


def test_the_order_of_scenes_changes_no_byte(
    small_archive: synthetic.Archive, small_run: RunResult, tmp_path: Path
) -> None:
    frozen = read_scene_list(small_run.directory / "scenes.json")
    shuffled = list(frozen.scenes)
    random.Random(5).shuffle(shuffled)
    scenes = SceneList(
        scenes=tuple(shuffled), catalog=frozen.catalog, collection=frozen.collection,
        dropped=frozen.dropped, notes=frozen.notes,
    )  # fmt: skip
    result = run_archive(small_archive, tmp_path / "run", scenes=scenes)
    assert geojson_bytes(result) == geojson_bytes(small_run)


def test_updates_step_by_step_give_the_bytes_of_one_run(
    small_archive: synthetic.Archive, small_run: RunResult, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    run_archive(small_archive, out, end=SHORT_END)
    for end in (date(2020, 12, 7), date(2021, 1, 18), SMALL.end):
        result = update(out, end=end)
    assert geojson_bytes(result) == geojson_bytes(small_run)
    assert result.manifest == small_run.manifest


def test_an_update_reads_only_months_with_new_scenes(
    small_archive: synthetic.Archive, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    run_archive(small_archive, out, end=SHORT_END)
    state = out / "state" / "months"
    before = {p: p.stat().st_mtime_ns for p in state.rglob("*.tif")}
    update(out, end=date(2020, 11, 30))
    after = {p: p.stat().st_mtime_ns for p in state.rglob("*.tif")}
    assert {p: after[p] for p in before} == before
    assert {p.stem for p in after if p not in before} <= {
        f"2020-{month:02d}" for month in range(5, 12)
    }


def test_an_update_into_the_past_is_refused(small_run: RunResult) -> None:
    with pytest.raises(Exception, match="only goes forward"):
        update(small_run.directory, end=date(2020, 1, 1))


def kill_after(seconds: float, arguments: list[str]) -> int:
    """Start the command line, kill it without warning, return its exit code."""
    command = [sys.executable, "-m", "minewatch", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        return process.wait()


def kill_when_frozen(out: Path, months: int, arguments: list[str]) -> None:
    """Start the command line and kill it when so many months are frozen."""
    command = [sys.executable, "-m", "minewatch", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if len(list(out.rglob("months/*/*.tif"))) >= months:
            os.kill(process.pid, signal.SIGKILL)
        time.sleep(0.01)
    assert process.wait() == -signal.SIGKILL


def test_a_killed_run_is_finished_by_resume_with_the_same_bytes(
    small_archive: synthetic.Archive, small_run: RunResult, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    arguments = [
        "run", "--aoi", str(small_archive.aoi), "--start", f"{SMALL.start}", "--end",
        f"{SMALL.end}", "--catalog", str(small_archive.catalog), "--out", str(out), "--quiet",
    ]  # fmt: skip
    kill_when_frozen(out, 3, arguments)
    assert not (out / "manifest.json").exists()
    kill_when_frozen(out, 8, [*arguments, "--resume"])
    frozen = len(list(out.rglob("months/*/*.tif")))
    assert frozen >= 8
    result = run_archive(small_archive, out, resume=True)
    assert geojson_bytes(result) == geojson_bytes(small_run)
    assert result.manifest == small_run.manifest


def test_a_killed_update_leaves_the_outputs_before_it_whole(
    small_archive: synthetic.Archive, small_run: RunResult, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    before = geojson_bytes(run_archive(small_archive, out, end=SHORT_END))
    months = len(list(out.rglob("months/*/*.tif")))
    kill_when_frozen(out, months + 2, ["update", str(out), "--end", f"{SMALL.end}", "--quiet"])
    assert {name: (out / name).read_bytes() for name in before} == before
    assert geojson_bytes(update(out, end=SMALL.end)) == geojson_bytes(small_run)


def test_outputs_that_were_ready_when_killed_are_put_in_place_by_the_next_command(
    small_archive: synthetic.Archive, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    result = run_archive(small_archive, out, end=SHORT_END)
    whole = geojson_bytes(result)
    ready = out / "state" / "ready"
    ready.mkdir()
    for name in ("inventory.geojson", "manifest.json"):
        (out / name).rename(ready / name)
    result = run_archive(small_archive, out, end=SHORT_END, resume=True)
    assert geojson_bytes(result) == whole
    assert not ready.exists()


def test_a_second_process_on_one_folder_is_refused(
    small_run: RunResult, small_archive: synthetic.Archive
) -> None:
    with (
        locked(StateFolder(directory=small_run.directory / "state").directory),
        pytest.raises(StateError, match="being written by another minewatch"),
    ):
        run_archive(small_archive, small_run.directory, resume=True)
