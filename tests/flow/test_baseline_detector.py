"""The laws of a run hold with another detector than the default, from the search to the exports."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from minewatch import synthetic
from minewatch.analysis import explain, export, is_database, report
from minewatch.cli import main
from minewatch.errors import SettingsError
from minewatch.exporters import EXPORTERS
from minewatch.model import RunResult
from minewatch.pipeline import jobs, update

from .conftest import SMALL, geojson_bytes, run_archive
from .test_laws import raster_pixels

BASELINE = "dry-season-thresholds"


@pytest.fixture(scope="module")
def baseline_run(
    small_archive: synthetic.Archive, tmp_path_factory: pytest.TempPathFactory
) -> RunResult:
    """A run of the baseline detector in one go. Patches of 400 m² count: it finds some."""
    rules = {BASELINE: {"min_patch_m2": 400.0}}
    out = tmp_path_factory.mktemp("baseline") / "run"
    return run_archive(small_archive, out, detector=BASELINE, rules=rules)


def test_it_finds_what_the_default_does_not_and_says_who_judged(
    baseline_run: RunResult, small_run: RunResult
) -> None:
    assert len(baseline_run.sites)
    assert geojson_bytes(baseline_run) != geojson_bytes(small_run)
    manifest = baseline_run.manifest
    assert manifest["parameters"]["detector"] == BASELINE
    assert manifest["rule_versions"]["evidence"].startswith(f"{BASELINE}-")
    assert manifest["rules"][BASELINE]["min_patch_m2"] == 400.0


def test_chunk_size_and_workers_change_no_byte_of_it(
    small_archive: synthetic.Archive, baseline_run: RunResult, tmp_path: Path
) -> None:
    rules = baseline_run.manifest["parameters"]["rules"]
    result = run_archive(
        small_archive, tmp_path / "run", detector=BASELINE, rules=rules, chunk_px=64, workers=2
    )
    assert geojson_bytes(result) == geojson_bytes(baseline_run)
    assert raster_pixels(result) == raster_pixels(baseline_run)


def test_updates_keep_the_detector_and_give_the_bytes_of_one_run(
    small_archive: synthetic.Archive, baseline_run: RunResult, tmp_path: Path
) -> None:
    rules, out = baseline_run.manifest["parameters"]["rules"], tmp_path / "run"
    run_archive(small_archive, out, detector=BASELINE, rules=rules, end=date(2020, 4, 30))
    for end in (date(2020, 12, 7), date(2021, 1, 18), SMALL.end):
        result = update(out, end=end)
    assert geojson_bytes(result) == geojson_bytes(baseline_run)
    assert result.manifest == baseline_run.manifest


def test_its_sites_are_explained_by_what_it_has(
    baseline_run: RunResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = str(baseline_run.sites["site_id"].iloc[0])
    explanation, files = explain(baseline_run.directory, site, out=tmp_path)
    assert set(explanation.best) == {"water", "lasting"}
    assert set(explanation.meanings) >= set(explanation.best)
    assert explanation.title.endswith("the weaker of its terms, not calibrated")
    assert explanation.months["baseline"].isna().all()
    assert explanation.months["greenness"].notna().any()
    assert "baseline" in json.loads(files["figures"].read_text("utf-8"))["detector"]
    with pytest.raises(SystemExit):
        main(["explain", str(baseline_run.directory), site, "--out", str(tmp_path)])
    assert "its detector names nothing else" in capsys.readouterr().out


def test_it_is_exported_and_reported_as_any_run(baseline_run: RunResult, tmp_path: Path) -> None:
    for name in (name for name in EXPORTERS if not is_database(name)):
        assert export(baseline_run.directory, format=name, out=tmp_path / name)
    page = report(baseline_run.directory, out=tmp_path / "report.html")["report"]
    assert str(baseline_run.sites["site_id"].iloc[0]) in page.read_text("utf-8")


def test_an_unknown_detector_ends_before_anything_is_searched(
    small_archive: synthetic.Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "find_scene_list", lambda *_: pytest.fail("searched"))
    with pytest.raises(SettingsError, match=f"'nobody'; known: {BASELINE}, pool-banks"):
        run_archive(small_archive, tmp_path / "run", detector="nobody")
    assert not (tmp_path / "run").exists()
