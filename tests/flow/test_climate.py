"""A dry season in the middle of the year: found from the record of a place, or from a setting."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.flow.southern_archive import move_south

from minewatch import synthetic
from minewatch.errors import SettingsError
from minewatch.model import RunResult
from minewatch.pipeline import run

SPAN = {"start": "2020-05", "end": "2021-10"}


@pytest.fixture(scope="module")
def southern(
    small_archive: synthetic.Archive, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    return move_south(small_archive.directory, tmp_path_factory.mktemp("south") / "archive")


def southern_run(southern: tuple[Path, Path], out: Path, **more: Any) -> RunResult:
    return run(southern[0], catalog=str(southern[1]), out=out, **SPAN, **more)


def test_its_dry_season_is_found_and_its_mines_are(
    southern: tuple[Path, Path], small_run: RunResult, tmp_path: Path
) -> None:
    result = southern_run(southern, tmp_path / "run")
    assert result.aoi.utm_epsg == 32747
    assert result.aoi.geometry.bounds[3] < 0
    climate = result.manifest["climate"]
    first, last = climate["dry_season"]
    assert first in (4, 5, 6)
    assert last in (9, 10, 11)
    assert [period["label"] for period in result.manifest["periods"]] == [
        "2020 dry season", "2021 dry season",
    ]  # fmt: skip
    in_the_north, in_the_south = (  # likelier mines than not
        found.sites[found.sites["confidence"] >= 0.5] for found in (small_run, result)
    )
    assert len(in_the_north) > 0
    assert len(in_the_south) == len(in_the_north)


def test_a_setting_is_taken_and_recorded(southern: tuple[Path, Path], tmp_path: Path) -> None:
    result = southern_run(southern, tmp_path / "run", dry_season="06-09")
    assert result.manifest["climate"]["dry_season"] == [6, 9]
    assert (
        json.loads((tmp_path / "run" / "manifest.json").read_text())["parameters"]["dry_season"]
        == "06-09"
    )
    assert [period["start"] for period in result.manifest["periods"]] == [
        "2020-06-01", "2021-06-01",
    ]  # fmt: skip


@pytest.mark.parametrize("wrong", ["summer", "13-02", "06"])
def test_a_setting_that_is_none_is_named_with_the_mend(
    wrong: str, southern: tuple[Path, Path], tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=wrong) as error:
        southern_run(southern, tmp_path / "run", dry_season=wrong)
    assert error.value.hint
    assert not (tmp_path / "run").exists()
