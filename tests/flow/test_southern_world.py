"""A simulated place whose dry season is in June, south of the equator and north of it."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from minewatch import synthetic
from minewatch.model import RunResult
from minewatch.pipeline import plan, update

from .conftest import all_bytes, geojson_bytes, run_archive, shared_archive

SOUTHERN = replace(
    synthetic.PRESETS["south"], name="southern", seed=2, size_px=192, mines=4, preexisting=0.5,
    villages=0, quarries=0, landslides_per_km2_year=0.8, steepness_deg=24.0, revisit_days=10,
    start=date(2020, 5, 1), end=date(2022, 10, 31),
)  # fmt: skip
"""Three dry seasons, May to October."""

JUNE_IN_THE_NORTH = replace(
    SOUTHERN, name="june-north", hemisphere="north", size_px=96, mines=1, preexisting=1.0,
    landslides_per_km2_year=0.0, bands=("blue", "green", "red", "nir"), end=date(2021, 12, 31),
)  # fmt: skip
"""The same seasons where the latitude makes one expect others."""


@pytest.fixture(scope="module")
def southern(tmp_path_factory: pytest.TempPathFactory) -> synthetic.Archive:
    return shared_archive(tmp_path_factory, SOUTHERN)


@pytest.fixture(scope="module")
def southern_run(
    southern: synthetic.Archive, tmp_path_factory: pytest.TempPathFactory
) -> RunResult:
    return run_archive(southern, tmp_path_factory.mktemp("southern") / "run")


@pytest.fixture(scope="module")
def june(tmp_path_factory: pytest.TempPathFactory) -> synthetic.Archive:
    return shared_archive(tmp_path_factory, JUNE_IN_THE_NORTH)


@pytest.fixture(scope="module")
def june_run(june: synthetic.Archive, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return run_archive(june, tmp_path_factory.mktemp("june") / "run")


def test_a_run_with_default_settings_takes_the_dry_season_of_the_south(
    southern_run: RunResult,
) -> None:
    climate = southern_run.manifest["climate"]
    assert (climate["dry_season"], climate["rains"]) == ([5, 10], [12, 4])
    assert not climate["is_assumed"]
    labels = [period["label"] for period in southern_run.manifest["periods"]]
    assert labels == ["2020 dry season", "2021 dry season", "2022 dry season"]
    assert {"2020_dry_season_state", "2022_dry_season_state"} <= set(southern_run.sites.columns)
    assert set(southern_run.inventory["period_end"]) <= {"2020-10-31", "2021-10-31", "2022-10-31"}
    assert southern_run.aoi.utm_epsg == 32747
    assert southern_run.aoi.geometry.centroid.y < -19


def test_its_mines_are_found(southern: synthetic.Archive, southern_run: RunResult) -> None:
    truth = synthetic.read_truth(southern.truth)
    score = synthetic.score_inventory(southern_run.inventory, southern_run.sites, truth)
    assert score.precision >= 0.8, str(score)
    assert score.recall >= 0.8, str(score)
    assert 0.5 < score.area_ratio < 1.5, str(score)


def test_slides_are_named_by_the_southern_rains(southern_run: RunResult) -> None:
    """December to April; of a slide that was there from the start nobody knows."""
    slides = southern_run.changes[southern_run.changes["kind"] == "landslide"]
    named = list(slides["reject_reason"].str.contains("begun in the rains"))
    windows = zip(slides["last_undisturbed"], slides["first_detected"], strict=True)
    assert named == [bool({12, 1, 2, 3, 4} & _months_between(*window)) for window in windows]
    assert named.count(True) >= 2


def _months_between(before: object, first: object) -> set[int]:
    """Calendar months from a day to another; none when the first is not known."""
    if pd.isna(before):
        return set()
    start, end = (pd.Timestamp(str(day)) for day in (before, first))
    return set(pd.date_range(start, end).month)


def test_the_wrong_dry_season_sees_less_and_is_contradicted(
    southern: synthetic.Archive, southern_run: RunResult, tmp_path: Path
) -> None:
    wrong = run_archive(southern, tmp_path / "run", dry_season="11-04")
    assert wrong.manifest["climate"]["source"] == "set with --dry-season"
    overpasses, fewer = (
        np.mean([period["looks"] for period in run.manifest["periods"]])
        for run in (southern_run, wrong)
    )
    assert fewer < 0.8 * overpasses
    clear, less_clear = (run.inventory["clear_looks"].mean() for run in (southern_run, wrong))
    assert less_clear < 0.5 * clear
    confirmed, less_sure = (
        int((run.sites["alert"] == "confirmed").sum()) for run in (southern_run, wrong)
    )
    assert less_sure < confirmed
    (warning,) = [w for w in wrong.manifest["warnings"] if "dry season" in w]
    assert "11-04 (set with --dry-season): " in warning
    assert "clear overpasses in 30 days, but" in warning
    assert not [w for w in southern_run.manifest["warnings"] if "dry season" in w]


def test_misplaced_scenes_of_the_south_are_laid_right(
    southern: synthetic.Archive, southern_run: RunResult
) -> None:
    with southern.truth_overpasses.open() as file:
        truth = {row["scene_id"]: row for row in csv.DictReader(file)}
    errors = []
    for row in southern_run.manifest["facts"]:
        true = truth[row["scene_id"]]
        moved = np.array([float(true["shift_east_px"]), -float(true["shift_south_px"])]) * 10
        if any(row["misplaced_xy_m"]):
            errors.append(np.array(row["misplaced_xy_m"]) - moved)
    spread = np.abs(np.array(errors) - np.median(errors, axis=0))  # the reference is shifted, too
    assert len(errors) >= 20
    assert np.median(spread) < 1.0


def test_the_record_overrules_the_latitude_and_says_so(june_run: RunResult) -> None:
    assert june_run.aoi.utm_epsg == 32647
    climate = june_run.manifest["climate"]
    assert climate["dry_season"] == [5, 10]
    assert climate["evidence"]["expected"] == [11, 4]
    labels = [period["label"] for period in june_run.manifest["periods"]]
    assert labels == ["2020 dry season", "2021 dry season"]
    (warning,) = [w for w in june_run.manifest["warnings"] if "dry season" in w]
    assert warning.startswith("the dry season is taken to be 05-10 (found in the record: ")


@pytest.mark.parametrize(("chunk_px", "workers"), [(48, 2), (100, 1)])
def test_a_season_that_was_found_depends_on_no_chunk(
    june: synthetic.Archive, june_run: RunResult, tmp_path: Path, chunk_px: int, workers: int
) -> None:
    result = run_archive(june, tmp_path / "run", chunk_px=chunk_px, workers=workers)
    assert geojson_bytes(result) == geojson_bytes(june_run)
    assert result.manifest["climate"] == june_run.manifest["climate"]
    assert result.manifest["warnings"] == june_run.manifest["warnings"]


def test_updates_find_the_season_that_one_run_finds(
    june: synthetic.Archive, june_run: RunResult, tmp_path: Path
) -> None:
    """At first too few months are known, and that of the latitude is taken; then it changes."""
    out = tmp_path / "run"
    first = run_archive(june, out, end=date(2021, 1, 31))
    assert first.manifest["climate"]["dry_season"] == [11, 4]
    assert any("show no year" in warning for warning in first.manifest["warnings"])
    update(out, end=date(2021, 7, 3))
    result = update(out, end=june.spec.end)
    assert result.manifest == june_run.manifest
    assert geojson_bytes(result) == geojson_bytes(june_run)


def test_other_periods_keep_the_season_that_was_found(
    june: synthetic.Archive, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    before = all_bytes(run_archive(june, out))
    months = update(out, period="month")
    assert months.manifest["climate"]["dry_season"] == [5, 10]
    again = all_bytes(update(out, period="dry-season"))
    assert {name for name in before if before[name] != again[name]} == set()


def test_a_plan_of_half_a_year_of_the_south_knows_its_dry_season(
    southern: synthetic.Archive,
) -> None:
    asked = plan(southern.aoi, start="2021-05", end="2021-09", catalog=str(southern.catalog))
    assert asked.overpasses > 0
