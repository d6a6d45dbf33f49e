"""Slopes are read once, kept, sharpen what is said of changes, and never cost a run."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from minewatch import synthetic
from minewatch.errors import MinewatchError, StateError
from minewatch.model import RunResult
from minewatch.pipeline import run, update
from minewatch.synthetic import hills

from .conftest import SMALL, all_bytes, run_archive, shared_archive


@pytest.fixture(scope="module")
def hilly(tmp_path_factory: pytest.TempPathFactory) -> synthetic.Archive:
    """The small archive with heights beside it."""
    plain = shared_archive(tmp_path_factory, SMALL)
    folder = tmp_path_factory.mktemp("hilly") / "archive"
    shutil.copytree(plain.directory, folder)
    archive = synthetic.Archive(directory=folder, spec=SMALL)
    synthetic.write_elevation(archive)
    return archive


@pytest.fixture(scope="module")
def hilly_run(hilly: synthetic.Archive, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return run_archive(hilly, tmp_path_factory.mktemp("hilly-run") / "run")


def test_changes_tell_the_slope_they_lie_on(hilly_run: RunResult) -> None:
    terrain = hills.make_terrain(SMALL)
    rows = hilly_run.changes.to_crs(hilly_run.aoi.utm_epsg)
    large = rows[rows["area_m2"] > 2000]
    assert len(large) > 0
    west, _, _, north = SMALL.bounds
    for _, change in large.iterrows():
        x, y = change.geometry.representative_point().coords[0]
        here = np.s_[int((north - y) // 10) - 5 :, int((x - west) // 10) - 5 :]
        near = terrain.slope_deg[here][:10, :10]
        assert near.min() - 3 <= change["slope_deg"] <= near.max() + 3


def test_the_manifest_says_whose_heights_they_are(hilly_run: RunResult) -> None:
    entry = hilly_run.manifest["elevation"]
    assert entry["collection"] == "cop-dem-glo-30"
    assert entry["simulated"] is True
    assert "simulated" in entry["attribution"]


def test_without_heights_nothing_but_words_differs(
    hilly_run: RunResult, small_run: RunResult
) -> None:
    assert small_run.manifest["elevation"] == {
        "collection": None, "reason": "the catalogue has none here",
    }  # fmt: skip
    assert small_run.changes["slope_deg"].isna().all()
    for name in ("inventory", "sites", "features"):
        ours, theirs = getattr(hilly_run, name), getattr(small_run, name)
        assert ours.equals(theirs)
    outlines = [set(r.changes.geometry.to_wkb()) for r in (hilly_run, small_run)]
    assert outlines[0] == outlines[1]


def test_heights_that_are_not_wanted_are_not_read(hilly: synthetic.Archive, tmp_path: Path) -> None:
    result = run_archive(hilly, tmp_path / "run", dem="none")
    assert result.manifest["elevation"] == {"collection": None, "reason": "not asked for"}
    assert not (tmp_path / "run" / "state" / "terrain.npz").exists()


def test_an_update_keeps_the_slopes_and_equals_a_run_from_nothing(
    hilly: synthetic.Archive, hilly_run: RunResult, tmp_path: Path
) -> None:
    run_archive(hilly, tmp_path / "run", end=date(2021, 2, 28))
    tile = next(hilly.directory.glob("cop-dem-glo-30/*.tif"))
    aside = tile.rename(tmp_path / tile.name)  # what was read once is not read again
    try:
        result = update(tmp_path / "run", end=SMALL.end)
    finally:
        shutil.move(aside, tile)
    assert all_bytes(result) == all_bytes(hilly_run)


def test_slopes_that_are_damaged_are_read_again(
    hilly: synthetic.Archive, hilly_run: RunResult, tmp_path: Path
) -> None:
    run_archive(hilly, tmp_path / "run", end=date(2021, 2, 28))
    kept = tmp_path / "run" / "state" / "terrain.npz"
    kept.write_bytes(kept.read_bytes()[:300])
    result = update(tmp_path / "run", end=SMALL.end)
    assert all_bytes(result) == all_bytes(hilly_run)


def test_heights_that_cannot_be_read_cost_nothing_but_the_slopes(
    hilly: synthetic.Archive, tmp_path: Path
) -> None:
    folder = tmp_path / "archive"
    shutil.copytree(hilly.directory, folder)
    archive = synthetic.Archive(directory=folder, spec=SMALL)
    for tile in folder.glob("cop-dem-glo-30/*.tif"):
        whole = tile.read_bytes()
        tile.write_bytes(b"broken")
    result = run_archive(archive, tmp_path / "run", end=date(2020, 4, 30))
    assert result.manifest["failures"] == []
    assert "cannot be read" in result.manifest["elevation"]["reason"]
    assert result.changes["slope_deg"].isna().all()
    tile.write_bytes(whole)
    mended = update(tmp_path / "run", end=date(2020, 4, 30))
    assert mended.manifest["elevation"]["collection"] == "cop-dem-glo-30"


def test_heights_from_a_file_are_taken(hilly: synthetic.Archive, tmp_path: Path) -> None:
    tile = next(hilly.directory.glob("cop-dem-glo-30/*.tif"))
    result = run_archive(hilly, tmp_path / "run", end=date(2020, 4, 30), dem=str(tile))
    assert result.manifest["elevation"]["collection"] == tile.name
    assert result.manifest["elevation"]["simulated"] is True
    assert result.changes["slope_deg"].notna().all()


def test_heights_asked_for_that_are_not_there_are_an_error(
    hilly: synthetic.Archive, tmp_path: Path
) -> None:
    with pytest.raises(MinewatchError, match="cannot be read"):
        run_archive(hilly, tmp_path / "run", dem="no-such.tif")
    with pytest.raises(MinewatchError, match="unknown collection"):
        run_archive(hilly, tmp_path / "run", dem="lidar")
    result = run_archive(hilly, tmp_path / "run", end=date(2020, 4, 30))
    assert result.manifest["elevation"]["collection"] == "cop-dem-glo-30"


def test_a_frozen_list_has_its_heights_from_where_its_scenes_were_found(
    hilly: synthetic.Archive, hilly_run: RunResult, tmp_path: Path
) -> None:
    scenes = hilly_run.directory / "scenes.json"
    result = run(
        hilly.aoi, start=SMALL.start, end=SMALL.end, out=tmp_path / "run", scenes=scenes,
        catalog=str(hilly.catalog),
    )  # fmt: skip
    assert all_bytes(result) == all_bytes(hilly_run)


def test_a_run_is_not_resumed_with_other_heights(hilly: synthetic.Archive, tmp_path: Path) -> None:
    run_archive(hilly, tmp_path / "run", end=date(2020, 4, 30), dem="none")
    with pytest.raises(StateError, match="another dem: none, not auto"):
        run_archive(hilly, tmp_path / "run", end=date(2020, 4, 30), resume=True)


def test_a_run_from_before_there_was_a_choice_goes_on_without_heights(
    hilly: synthetic.Archive, tmp_path: Path
) -> None:
    run_archive(hilly, tmp_path / "run", end=date(2020, 4, 30), dem="none")
    path = tmp_path / "run" / "state" / "run.json"
    body = json.loads(path.read_text())
    del body["dem"]
    path.write_text(json.dumps(body))
    result = update(tmp_path / "run", end=date(2020, 5, 31))
    assert result.manifest["elevation"]["reason"] == "not asked for"
