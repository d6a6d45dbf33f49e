"""Scenes are laid against one clear overpass, the same however a run came about."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from minewatch import cube, synthetic
from minewatch.cube import registration
from minewatch.errors import ReadError
from minewatch.model import RunResult
from minewatch.pipeline import update

from .conftest import TINY, all_bytes, run_archive


@pytest.fixture(scope="module", autouse=True)
def _few_overpasses() -> Iterator[None]:
    """The tiny archive has few clear overpasses: the median of three counts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registration, "FIRST_OVERPASSES", 3)
        yield


@pytest.fixture(scope="module")
def whole(
    _few_overpasses: None, tiny_archive: synthetic.Archive, tmp_path_factory: pytest.TempPathFactory
) -> RunResult:
    return run_archive(tiny_archive, tmp_path_factory.mktemp("reference") / "run")


def shifts_of(result: RunResult) -> dict[str, tuple[float, float]]:
    return {f["scene_id"]: tuple(f["misplaced_xy_m"]) for f in result.manifest["facts"]}


def test_most_of_the_misplacement_of_moved_scenes_is_found(
    tiny_archive: synthetic.Archive, whole: RunResult
) -> None:
    with tiny_archive.truth_overpasses.open() as file:
        rows = {row["scene_id"]: row for row in csv.DictReader(file)}
    made = {
        name: np.array([10 * float(row["shift_east_px"]), -10 * float(row["shift_south_px"])])
        for name, row in rows.items()
    }
    found = shifts_of(whole)
    moved = [name for name, shift in found.items() if any(shift)]
    assert len(moved) >= 5
    reference = np.median([made[n] - found[n] for n in moved], axis=0)
    left = [np.hypot(*(made[n] - reference - found[n])) for n in moved]
    before = [np.hypot(*(made[n] - reference)) for n in moved]
    assert np.median(left) < 1.0 < np.median(before)


def test_the_reference_is_chosen_once(
    tiny_archive: synthetic.Archive, whole: RunResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    def chosen_again(*_: object, **__: object) -> cube.Reference:
        raise AssertionError("the reference is kept")

    monkeypatch.setattr(cube, "make_reference", chosen_again)
    before = all_bytes(whole)
    assert all_bytes(update(whole.directory, end=TINY.end)) == before


def test_a_damaged_reference_is_chosen_again_to_the_same_bytes(
    whole: RunResult, caplog: pytest.LogCaptureFixture
) -> None:
    before = all_bytes(whole)
    path = whole.directory / "state" / "reference.zip"
    kept = path.read_bytes()
    path.write_bytes(kept[:-30])
    assert all_bytes(update(whole.directory, end=TINY.end)) == before
    assert "the reference is chosen again" in caplog.text
    assert path.read_bytes() == kept


def test_an_update_finds_the_shifts_of_a_run_from_nothing(
    tiny_archive: synthetic.Archive, whole: RunResult, tmp_path: Path
) -> None:
    middle = TINY.start + (TINY.end - TINY.start) / 2
    run_archive(tiny_archive, tmp_path / "run", end=middle)
    assert shifts_of(update(tmp_path / "run", end=TINY.end)) == shifts_of(whole)


def test_overpasses_that_could_not_be_read_are_tried_again(
    tiny_archive: synthetic.Archive, whole: RunResult, tmp_path: Path
) -> None:
    reader = cube.RasterioReader()
    first = min(f["scene_id"] for f in whole.manifest["facts"])

    class Blind:
        """Cannot read one scene."""

        def read(self, asset, geobox, *, band):  # type: ignore[no-untyped-def]
            if first in asset.href:
                raise ReadError("cannot be read", hint="try again")
            return reader.read(asset, geobox, band=band)

    result = run_archive(tiny_archive, tmp_path / "run", reader=Blind())
    assert any(f["scene_id"] == first for f in result.manifest["failures"])
    assert all_bytes(update(result.directory, end=TINY.end)) == all_bytes(whole)
