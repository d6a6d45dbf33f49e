"""Radar and optical runs over one simulated world as one inventory."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import minewatch as mw
from minewatch import synthetic
from minewatch.cli import app
from minewatch.errors import OutputError, SettingsError
from minewatch.exporters import hash_file
from minewatch.model import FUSED_SITES, SIGHTINGS, RunResult
from minewatch.pipeline import run
from minewatch.synthetic import Archive

from .conftest import SMALL, TINY, run_archive

OPTICAL, RADAR = "sentinel_2_l2a", "sentinel_1_rtc"


@pytest.fixture(scope="module")
def radar_archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return synthetic.write_radar_archive(tmp_path_factory.mktemp("small") / "radar", SMALL)


@pytest.fixture(scope="module")
def radar_run(radar_archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return run(
        radar_archive.aoi, start=SMALL.start, end=SMALL.end, catalog=str(radar_archive.catalog),
        sensor="sentinel-1-rtc", detector="radar-clearings", resolution_m=20.0, period="quarter",
        dem="none", out=tmp_path_factory.mktemp("radar") / "run",
    )  # fmt: skip


@pytest.fixture(scope="module")
def fused_folder(
    small_run: RunResult, radar_run: RunResult, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    out = tmp_path_factory.mktemp("fused") / "fused"
    words = ["fuse", str(small_run.directory), str(radar_run.directory), "--out", str(out)]
    answer = CliRunner().invoke(app, words)
    assert answer.exit_code == 0, answer.output
    assert "SIMULATED" in answer.output
    return out


def test_every_site_of_both_runs_is_there_once(
    fused_folder: Path, small_run: RunResult, radar_run: RunResult
) -> None:
    rows = read_rows(fused_folder)
    for name, result in ((OPTICAL, small_run), (RADAR, radar_run)):
        known = [i for row in rows for i in row[f"{name}_site_ids"]]
        standing = result.sites[result.sites["alert"] != "rejected"]
        assert set(standing["site_id"]) <= set(known)
    assert len({row["site_id"] for row in rows}) == len(rows)
    assert any(row["agreement"] == "agreed" for row in rows)
    columns = {f"{name}_{column}" for name in (OPTICAL, RADAR) for column in SIGHTINGS}
    assert all(set(row) == {*FUSED_SITES, *columns} for row in rows)


def test_the_window_is_the_narrowest_that_the_runs_bear_out(fused_folder: Path) -> None:
    for row in read_rows(fused_folder):
        first = [row[f"{n}_first_detected"] for n in row["found_by"]]
        assert row["first_detected"] in first
        assert row["last_undisturbed"] is None or row["last_undisturbed"] < row["first_detected"]
        if not row["against"]:
            assert row["first_detected"] == min(first)


def test_the_record_names_every_run_and_its_bytes(
    fused_folder: Path, small_run: RunResult, radar_run: RunResult
) -> None:
    record = json.loads((fused_folder / "fusion.json").read_text())
    assert record["simulated"] is True
    assert record["outputs"] == {
        "fused_sites.geojson": hash_file(fused_folder / "fused_sites.geojson")
    }
    for name, result in ((OPTICAL, small_run), (RADAR, radar_run)):
        assert record["runs"][name]["manifest_sha256"] == hash_file(
            result.directory / "manifest.json"
        )
        assert record["runs"][name]["rule_versions"] == result.manifest["rule_versions"]
    assert str(small_run.directory) not in json.dumps(record)


def test_python_gives_the_same_sites_and_the_same_bytes(
    fused_folder: Path, small_run: RunResult, radar_run: RunResult, tmp_path: Path
) -> None:
    fusion = mw.fuse(small_run.directory, mw.open_run(radar_run.directory), out=tmp_path / "again")
    assert set(fusion.sites["site_id"]) == {row["site_id"] for row in read_rows(fused_folder)}
    dates = fusion.sites[
        ["first_detected", f"{RADAR}_first_detected", f"{OPTICAL}_last_undisturbed"]
    ]
    assert {str(kind)[:10] for kind in dates.dtypes} == {"datetime64"}
    assert repr(fusion).startswith(f"{len(fusion.sites)} sites of {OPTICAL}, {RADAR}: ")
    assert repr(fusion).endswith("(SIMULATED)")
    for path in fusion.files:
        assert path.read_bytes() == (fused_folder / path.name).read_bytes()


def test_a_program_can_read_the_answer(
    fused_folder: Path, small_run: RunResult, radar_run: RunResult, tmp_path: Path
) -> None:
    words = ["fuse", str(small_run.directory), str(radar_run.directory), "--out", str(tmp_path)]
    answer = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert answer["simulated"] is True
    assert {row["site_id"] for row in answer["sites"]} == {
        row["site_id"] for row in read_rows(fused_folder)
    }


def test_a_file_that_somebody_changed_is_not_replaced(
    fused_folder: Path, small_run: RunResult, radar_run: RunResult, tmp_path: Path
) -> None:
    out = tmp_path / "fused"
    shutil.copytree(fused_folder, out)
    mw.fuse(small_run.directory, radar_run.directory, out=out)
    (out / "fused_sites.geojson").write_text("mine")
    with pytest.raises(OutputError, match="was changed since minewatch wrote it"):
        mw.fuse(small_run.directory, radar_run.directory, out=out)
    assert (out / "fused_sites.geojson").read_text() == "mine"


def test_a_run_is_no_folder_to_write_to(small_run: RunResult, radar_run: RunResult) -> None:
    with pytest.raises(SettingsError, match="is one of the runs"):
        mw.fuse(small_run.directory, radar_run.directory, out=radar_run.directory)
    assert not (radar_run.directory / "fusion.json").exists()


def test_a_run_of_other_rules_is_refused_with_the_mend(
    small_run: RunResult, radar_run: RunResult, tmp_path: Path
) -> None:
    old = tmp_path / "old"
    shutil.copytree(radar_run.directory, old)
    manifest = json.loads((old / "manifest.json").read_text())
    manifest["rule_versions"]["months"] = "0-older"
    (old / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(SettingsError) as raised:
        mw.fuse(small_run.directory, old)
    assert f"{old} was made by other rules than this minewatch has: months 0-older" in str(
        raised.value
    )
    assert f"minewatch update {old}" in raised.value.hint


def test_runs_over_other_areas_are_refused(small_run: RunResult, tmp_path: Path) -> None:
    archive = synthetic.write_archive(tmp_path / "tiny", TINY)
    other = run_archive(archive, tmp_path / "run")
    with pytest.raises(SettingsError, match="another area"):
        mw.fuse(small_run.directory, other.directory)


def read_rows(folder: Path) -> list[dict[str, object]]:
    features = json.loads((folder / "fused_sites.geojson").read_text())["features"]
    return [feature["properties"] for feature in features]
