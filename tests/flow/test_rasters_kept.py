"""A raster is packed once for the pixels it shows, and never outlives them."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio

from minewatch import synthetic
from minewatch.model import RunResult
from minewatch.pipeline import update
from minewatch.store import open_result, output_folder

from .conftest import TINY, all_bytes, run_archive

EARLIER = date(2021, 2, 14)


def inodes(result: RunResult) -> dict[str, int]:
    """Every COG of a run to the number of its file: another one when it was written anew."""
    found = (result.directory / "rasters").rglob("*.tif")
    return {p.relative_to(result.directory).as_posix(): p.stat().st_ino for p in found}


@pytest.fixture(scope="module")
def whole(tiny_archive: synthetic.Archive, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """A run over the whole archive, month by month."""
    return run_archive(tiny_archive, tmp_path_factory.mktemp("whole") / "run", period="month")


def test_an_update_packs_only_what_shows_other_pixels(
    tiny_archive: synthetic.Archive, whole: RunResult, tmp_path: Path
) -> None:
    before = run_archive(tiny_archive, tmp_path / "run", end=EARLIER, period="month")
    kept = inodes(before)
    after = update(before.directory, end=TINY.end)
    assert all_bytes(after) == all_bytes(whole)
    same = {name for name, number in inodes(after).items() if kept.get(name) == number}
    for name in ("clear_looks", "observed", "score"):
        held = {f"rasters/{name}/2020-{month}-01.tif" for month in (11, 12)}
        assert {*held, f"rasters/{name}/2021-01-01.tif"} <= same
        assert f"rasters/{name}/2021-03-01.tif" not in same
    assert "rasters/rgb_before.tif" in same
    assert "rasters/rgb_after.tif" not in same


def test_bands_of_a_stack_are_the_files_of_the_periods(whole: RunResult) -> None:
    for name in ("clear_looks", "observed", "score"):
        with rasterio.open(whole.rasters[name]) as stack:
            bands, names, tags = stack.read(), stack.descriptions, stack.tags()
            grid = stack.crs, stack.transform
        files = sorted((whole.directory / "rasters" / name).iterdir())
        assert names == tuple(period["label"] for period in whole.manifest["periods"])
        assert len(files) == len(names) > 3
        for band, label, path in zip(bands, names, files, strict=True):
            with rasterio.open(path) as file:
                assert np.array_equal(file.read(1), band)
                assert file.descriptions == (label,)
                assert (file.crs, file.transform) == grid
                assert {k: file.tags()[k] for k in tags} == tags
                assert band.dtype == file.dtypes[0]


@pytest.mark.parametrize("harm", ["edited", "missing", "another key", "no memory", "no object"])
def test_a_raster_that_is_not_the_one_remembered_is_packed_anew(
    tiny_archive: synthetic.Archive, tmp_path: Path, harm: str
) -> None:
    result = run_archive(tiny_archive, tmp_path / "run", end=EARLIER)
    expected, before = all_bytes(result), inodes(result)
    name = "rasters/score/2020-11-01.tif"
    path, memory = result.directory / name, result.directory / "state" / "rasters.json"
    entries = json.loads(memory.read_text())
    if harm == "edited":
        path.write_bytes(path.read_bytes()[:-1] + b"\0\0")
    elif harm == "missing":
        path.unlink()
    elif harm == "another key":
        path.write_bytes((result.directory / "rasters" / "rgb_after.tif").read_bytes())
        entries[name] = entries["rasters/rgb_after.tif"] | {
            "key": "of others",
            "shown": "other pixels",
        }
        memory.write_text(json.dumps(entries))
    else:
        memory.write_text("" if harm == "no memory" else "[1]")
    after = update(result.directory, end=EARLIER)
    assert all_bytes(after) == expected
    assert inodes(after)[name] != before[name]


def test_other_overpasses_that_leave_the_pixels_as_they_were_leave_the_raster(
    tiny_archive: synthetic.Archive, tmp_path: Path
) -> None:
    result = run_archive(tiny_archive, tmp_path / "run", end=EARLIER)
    before, memory = inodes(result), result.directory / "state" / "rasters.json"
    expected, entries = all_bytes(result), json.loads(memory.read_text())
    memory.write_text(
        json.dumps({n: of | {"key": "of other overpasses"} for n, of in entries.items()})
    )
    after = update(result.directory, end=EARLIER)
    assert all_bytes(after) == expected
    assert inodes(after) == before


def test_a_change_of_period_leaves_no_raster_of_the_one_before(
    tiny_archive: synthetic.Archive, whole: RunResult, tmp_path: Path
) -> None:
    result = run_archive(tiny_archive, tmp_path / "run", period="quarter")
    stale = result.directory / "rasters" / "score" / "2020-10-01.tif"
    assert stale.exists()
    after = update(result.directory, period="month")
    assert all_bytes(after) == all_bytes(whole)
    assert set(inodes(after)) == set(inodes(whole))
    assert not stale.exists()


@pytest.mark.parametrize("moment", ["before any is removed", "before the manifest"])
def test_a_change_of_period_that_was_cut_is_finished_without_stale_rasters(
    tiny_archive: synthetic.Archive,
    whole: RunResult,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    result = run_archive(tiny_archive, tmp_path / "run", period="quarter")
    remove_stale = output_folder._remove_stale

    def cut(out: Path, names: Collection[str]) -> None:
        if moment == "before the manifest":
            remove_stale(out, names)
        raise KeyboardInterrupt

    monkeypatch.setattr(output_folder, "_remove_stale", cut)
    with pytest.raises(KeyboardInterrupt):
        update(result.directory, period="month")
    monkeypatch.undo()
    assert (result.directory / "state" / "ready").exists()
    after = open_result(result.directory)
    assert all_bytes(after) == all_bytes(whole)
    assert set(inodes(after)) == set(inodes(whole))


def test_a_manifest_that_names_files_outside_removes_none_of_them(
    tiny_archive: synthetic.Archive, tmp_path: Path
) -> None:
    result = run_archive(tiny_archive, tmp_path / "run", period="quarter", end=EARLIER)
    (tmp_path / "mine.txt").write_text("kept")
    path = result.directory / "manifest.json"
    entries = json.loads(path.read_text())
    entries["outputs"]["../mine.txt"] = "0"
    path.write_text(json.dumps(entries))
    update(result.directory, period="month")
    assert (tmp_path / "mine.txt").read_text() == "kept"
