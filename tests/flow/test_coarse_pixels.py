"""Pixels too large for pools: clearings are found, and what is said of pools is nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from minewatch import synthetic
from minewatch.model import POOL_COLUMNS, RunResult
from minewatch.synthetic import PRESETS

from .conftest import run_archive, shared_archive
from .landsat_archive import as_landsat

FOREST = replace(
    PRESETS["demo"], name="forest", mines=0, quarries=0, villages=0, clearings_per_km2_year=0.0,
    swidden_per_km2_year=1.0, landslides_per_km2_year=0.3, steepness_deg=26.0,
)  # fmt: skip
"""Forest with fields and slides, and nothing that people cleared for good."""
CASES = ("20 m", "landsat at 30 m", "landsat on a grid of 10 m")
DRY = {"abandoned_wet", "abandoned_dry"}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> synthetic.Archive:
    return shared_archive(tmp_path_factory, PRESETS["demo"])


@pytest.fixture(scope="module", params=CASES)
def coarse(
    request: pytest.FixtureRequest,
    archive: synthetic.Archive,
    tmp_path_factory: pytest.TempPathFactory,
) -> RunResult:
    """A run that cannot see pools, by the grid or by the sensor."""
    folder = tmp_path_factory.mktemp("coarse")
    if request.param == "20 m":
        return run_archive(archive, folder / "run", resolution_m=20.0)
    catalog = as_landsat(archive.directory, folder / "landsat")
    pixel_m = 30.0 if "30" in request.param else 10.0
    return run_archive(
        archive, folder / "run", catalog=str(catalog), sensor="landsat-c2-l2", resolution_m=pixel_m
    )


def test_it_finds_clearings_that_are_mines_at_most_provisionally(
    coarse: RunResult, archive: synthetic.Archive
) -> None:
    assert len(coarse.sites) > 0
    assert set(coarse.inventory["alert"]) <= {"candidate", "provisional", "rejected"}
    truth = synthetic.read_truth(archive.directory / "truth.geojson")
    mines = truth.sites.to_crs(coarse.aoi.utm_epsg).union_all().buffer(50)
    assert coarse.sites.to_crs(coarse.aoi.utm_epsg).intersects(mines).all()


def test_what_it_cannot_see_is_null_and_not_nothing(coarse: RunResult) -> None:
    assert coarse.inventory[list(POOL_COLUMNS)].isna().all(axis=None)
    assert coarse.sites["max_pool_area_m2"].isna().all()
    assert coarse.inventory["water_last_seen"].isna().all()
    assert not DRY & set(coarse.inventory["state"]), "a state that only water could tell"
    assert set(coarse.features["kind"]) == {"pad"}
    seen = coarse.inventory["state"] != "not_observed"
    assert (coarse.inventory.loc[seen, "disturbed_area_m2"] > 0).any()
    text = (coarse.directory / "inventory.geojson").read_text("utf-8")
    assert '"pool_area_m2":null' in text


def test_the_manifest_says_why(coarse: RunResult) -> None:
    visibility = coarse.manifest["visibility"]
    assert visibility["pixel_m"] in {20.0, 30.0}
    assert not visibility["sees_pools"]
    assert visibility["reason"] in coarse.manifest["warnings"]
    assert "8-14 m" in visibility["reason"]


def test_forest_without_mines_holds_no_site(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    forest = shared_archive(tmp_path_factory, FOREST)
    result = run_archive(forest, tmp_path / "run", resolution_m=20.0)
    assert len(result.sites) == 0
    assert len(result.changes) > 0


def test_pixels_that_show_pools_are_said_to(small_run: RunResult) -> None:
    assert small_run.manifest["visibility"]["sees_pools"]
    assert small_run.manifest["visibility"]["reason"] == ""
    rows = json.loads((small_run.directory / "inventory.geojson").read_text("utf-8"))["features"]
    assert any(row["properties"]["pool_area_m2"] for row in rows)
