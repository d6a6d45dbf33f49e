"""A run of the release before, whose state cannot be read: nothing of it is lost."""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import minewatch as mw
from minewatch import analysis, synthetic
from minewatch.cli import app
from minewatch.errors import StateError
from minewatch.model import RunResult
from minewatch.pipeline import update

from .conftest import SMALL, run_archive

NEW_IN_MANIFEST = ("schema_version", "rule_versions", "rules", "climate", "visibility")
OLD_NAMES = {
    "scene_quality.json": "facts.json", "item_cache.json": "lines.json",
    "terrain.npz": "elevation.npz",
}  # fmt: skip
NEW_IN_JOB = ("layout_version", "rule_versions", "detector", "rules", "dry_season")


@pytest.fixture
def older(small_run: RunResult, tmp_path: Path) -> Path:
    """A run as layout 2 kept it."""
    folder = tmp_path / "run"
    shutil.copytree(small_run.directory, folder)
    state = folder / "state"
    job = json.loads((state / "run.json").read_text("utf-8"))
    job = {name: value for name, value in job.items() if name not in NEW_IN_JOB}
    (state / "run.json").write_text(json.dumps({**job, "state_version": 2}), "utf-8")
    for new, old in OLD_NAMES.items():
        if (state / new).exists():
            (state / new).rename(state / old)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    kept = {name: value for name, value in manifest.items() if name not in NEW_IN_MANIFEST}
    (folder / "manifest.json").write_text(json.dumps({**kept, "version": "0.1.0"}), "utf-8")
    return folder


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def site_of(run: Path) -> str:
    return str(mw.open_run(run).sites["site_id"].iloc[0])


JOBS = {
    "update": lambda run, archive: update(run, end=SMALL.end),
    "other periods": lambda run, archive: update(run, period="month"),
    "resume": lambda run, archive: run_archive(archive, run, resume=True),
    "explain": lambda run, archive: analysis.explain(run, site_of(run)),
    "months": lambda run, archive: mw.open_run(run).months(site_of(run)),
    "evidence": lambda run, archive: mw.open_run(run).site(site_of(run)).evidence(),
}


@pytest.mark.parametrize("job", JOBS)
def test_what_needs_its_state_says_what_to_do_and_changes_nothing(
    job: str, older: Path, small_archive: synthetic.Archive
) -> None:
    before = hashes(older)
    with pytest.raises(StateError, match=r"made by minewatch 0\.1\.0: .* layout 2") as caught:
        JOBS[job](older, small_archive)
    assert "minewatch run --aoi" in caught.value.hint
    assert "sites, diff, report and export read it as before" in caught.value.hint
    assert hashes(older) == before


def test_its_outputs_are_shown_and_handed_on_as_before(older: Path, tmp_path: Path) -> None:
    before = hashes(older)
    run = mw.open_run(older)
    assert "SIMULATED" in repr(run)
    assert len(run.timeline()) == 2
    assert len(run.site(site_of(older)).timeline()) > 0
    assert analysis.report(older, out=tmp_path / "report.html")["report"].exists()
    for name in ("qgis", "csv", "geoparquet"):
        assert analysis.export(older, format=name, out=tmp_path / name)
    periods = [period["start"] for period in run.manifest["periods"]]
    assert analysis.diff(older, from_period=periods[0], to_period=periods[1])
    assert CliRunner().invoke(app, ["sites", str(older), "--json"]).exit_code == 0
    assert hashes(older) == before


def test_tables_from_before_water_was_measured_are_read_with_none(
    older: Path, tmp_path: Path
) -> None:
    tables = [older / f"{name}.geojson" for name in ("inventory", "sites")]
    for path in tables:
        table = json.loads(path.read_text("utf-8"))
        table["minewatch"].pop("schema_version")
        for row in table["features"]:
            for name in [n for n in row["properties"] if "water_area" in n]:
                row["properties"].pop(name)
        path.write_text(json.dumps(table), "utf-8")
    manifest = json.loads((older / "manifest.json").read_text("utf-8"))
    for path in tables:
        manifest["outputs"][path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    (older / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    run = mw.open_run(older)
    assert run.inventory["water_area_m2"].isna().all()
    assert run.timeline()[["water_area_m2_low", "water_area_m2_high"]].iloc[-1].isna().all()
    assert run.timeline()["pool_area_m2_high"].notna().all()
    assert run.site(site_of(older)).timeline()["water_area_m2_high"].isna().all()
    assert analysis.report(older, out=tmp_path / "report.html")["report"].exists()
    for name in ("qgis", "csv", "geoparquet"):
        assert analysis.export(older, format=name, out=tmp_path / name)


def test_the_command_of_the_message_makes_it_again(older: Path, small_run: RunResult) -> None:
    with pytest.raises(StateError) as caught:
        update(older, end=SMALL.end)
    words = shlex.split(caught.value.hint.split("from its scenes: ")[1])
    assert words[:2] == ["minewatch", "run"]
    done = CliRunner().invoke(app, [*words[1:], "--quiet"])
    assert done.exit_code == 0, done.output
    again = mw.open_run(older.with_name("run-again"))
    assert list(again.sites["site_id"]) == list(small_run.sites["site_id"])
    inventory = (again.directory / "inventory.geojson").read_bytes()
    assert inventory == (small_run.directory / "inventory.geojson").read_bytes()
