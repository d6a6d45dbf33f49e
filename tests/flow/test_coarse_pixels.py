"""Pixels too large for pools: clearings are found, and what is said of pools is nothing."""

from __future__ import annotations

import json
import re
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import minewatch as mw
from minewatch import analysis, synthetic
from minewatch.catalog import read_scene_list
from minewatch.cli import app
from minewatch.model import POOL_COLUMNS, RunResult
from minewatch.synthetic import PRESETS

from .conftest import run_archive, shared_archive
from .hls_archive import as_hls
from .landsat_archive import as_landsat

FOREST = replace(
    PRESETS["demo"], name="forest", mines=0, quarries=0, villages=0, clearings_per_km2_year=0.0,
    swidden_per_km2_year=1.0, landslides_per_km2_year=0.3, steepness_deg=26.0,
)  # fmt: skip
"""Forest with fields and slides, and nothing that people cleared for good."""
CASES = ("20 m", "landsat at 30 m", "landsat on a grid of 10 m", "hls at 30 m")
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
    make, sensor = (as_hls, "hls-v2") if "hls" in request.param else (as_landsat, "landsat-c2-l2")
    catalog = make(archive.directory, folder / "archive")
    pixel_m = 30.0 if "30" in request.param else 10.0
    return run_archive(
        archive, folder / "run", catalog=str(catalog), sensor=sensor, resolution_m=pixel_m
    )


def test_every_scene_of_every_mission_is_read(coarse: RunResult) -> None:
    assert not coarse.manifest["failures"]
    scenes = read_scene_list(coarse.directory / "scenes.json")
    crafts = {scene.platform.split("-")[0] for scene in scenes}
    if coarse.manifest["parameters"]["sensor"] == "hls-v2":
        assert crafts == {"sentinel", "landsat"}
        assert {tuple(sorted(scene.assets)) for scene in scenes} == {
            ("blue", "green", "mask", "nir", "red", "swir16", "swir22")
        }
    assert coarse.simulated


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


def test_no_table_of_it_counts_pools_as_none(coarse: RunResult) -> None:
    whole = analysis.area_timeline(coarse)
    for name in coarse.sites["site_id"]:
        timeline = analysis.site_timeline(coarse, name)
        pools = [column for column in timeline if column.startswith("pool_")]
        assert timeline[pools].isna().all(axis=None)
    pools = [column for column in whole if column.startswith("pool_")]
    assert len(pools) == 4
    assert whole[pools].isna().all(axis=None), "also in periods without a site"
    assert (whole["ever_disturbed_m2_high"] > 0).any()
    reasons = " ".join(coarse.changes["reject_reason"])
    assert "no pools" not in reasons
    assert "hardly any water" not in reasons


def test_the_report_says_that_pools_are_unknown_and_why(coarse: RunResult, tmp_path: Path) -> None:
    page = analysis.report(coarse.directory, out=tmp_path / "report.html")["report"]
    text = page.read_text("utf-8")
    assert re.search(r"<dt>.*pools.*</dt>\s*<dd>unknown</dd>", text)
    assert f"unknown, not none:</strong> {coarse.why_no_pools}" in text
    for claim in ("no pools", "A pool is about one pixel", '<td class="n">–</td>'):
        assert claim not in text


@pytest.mark.parametrize("command", ["sites", "one site", "diff", "explain"])
def test_the_command_line_says_why_pools_are_unknown(
    coarse: RunResult, command: str, tmp_path: Path
) -> None:
    run, site = str(coarse.directory), str(coarse.sites["site_id"].iloc[0])
    first, last = (coarse.manifest["periods"][k]["start"] for k in (0, -1))
    words = {
        "sites": ["sites", run],
        "one site": ["sites", run, "--site", site, "--figure", str(tmp_path / "site.png")],
        "diff": ["diff", run, "--from", first, "--to", last, "--all"],
        "explain": ["explain", run, site, "--out", str(tmp_path)],
    }[command]
    shown = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert coarse.why_no_pools in " ".join(shown.output.split())
    assert command == "diff" or "unknown" in shown.output
    printed = json.loads(CliRunner().invoke(app, [*words, "--json"]).output)
    assert coarse.why_no_pools in str(printed["why_no_pools"])
    assert not _pool_values(printed) - {None}


def _pool_values(printed: object) -> set[object]:
    """What a printed answer holds under every name of pools or water."""
    if isinstance(printed, list):
        return set().union(*map(_pool_values, printed))
    if not isinstance(printed, dict):
        return set()
    known = {
        value
        for name, value in printed.items()
        if ("pool_" in name or name in {"milky_pct", "water_last_seen"})
        and not isinstance(value, dict | list)
    }
    return known.union(*map(_pool_values, printed.values()))


def test_no_other_reading_of_it_is_ruled_out(coarse: RunResult, tmp_path: Path) -> None:
    site = coarse.sites["site_id"].iloc[0]
    explanation, _ = analysis.explain(coarse.directory, site, out=tmp_path)
    assert explanation.alternatives[0].kind == "other_clearing"
    assert {other.plausibility for other in explanation.alternatives} == {None}
    assert explanation.months["milky_pct"].isna().all()


def test_layers_for_qgis_say_why_pools_are_null(coarse: RunResult, tmp_path: Path) -> None:
    analysis.export(coarse.directory, format="qgis", out=tmp_path)
    with closing(sqlite3.connect(tmp_path / "minewatch.gpkg")) as base:
        count = ", ".join(f"count({name})" for name in POOL_COLUMNS)
        assert set(base.execute(f"SELECT {count} FROM inventory").fetchone()) == {0}
        about = base.execute(
            "SELECT description FROM gpkg_contents WHERE table_name = 'inventory'"
        ).fetchone()
    assert coarse.why_no_pools in about[0]
    with zipfile.ZipFile(tmp_path / "minewatch.qgz") as project:
        assert coarse.why_no_pools in project.read("minewatch.qgs").decode()


def test_the_front_door_says_why_pools_are_unknown(coarse: RunResult) -> None:
    run = mw.open_run(coarse.directory)
    assert f"unknown: {coarse.why_no_pools}" in repr(run)
    assert run.timeline()["pool_count_high"].isna().all()
    assert run.site(run.sites["site_id"].iloc[0]).alternatives()["plausibility"].isna().all()


@pytest.fixture(scope="module")
def fine(archive: synthetic.Archive, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """The same archive with pools that can be seen."""
    return run_archive(archive, tmp_path_factory.mktemp("fine") / "run")


def test_a_run_with_pools_beside_one_without_shows_no_growth_of_pools(
    coarse: RunResult, fine: RunResult
) -> None:
    found = analysis.diff(coarse.directory, fine.directory)
    notes = [d.note.split("; ") for d in found if d.before and d.after]
    assert notes
    assert all("its pools cannot be compared" in note for note in notes)
    assert all("its pools" not in note for note in notes)


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
