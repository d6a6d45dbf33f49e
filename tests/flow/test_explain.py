"""A site of a simulated run, explained: figures that agree with the frozen months, and files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from typer.testing import CliRunner

from minewatch.analysis import explain
from minewatch.cli import app, main
from minewatch.detect.overpass_thresholds import OVERPASS
from minewatch.detect.pool_banks.evidence_terms import MEANINGS
from minewatch.errors import SettingsError
from minewatch.model import RunResult


@pytest.fixture(scope="module")
def site_id(small_run: RunResult) -> str:
    """The site that was watched longest before it began: half a year makes a baseline."""
    sites = small_run.sites[small_run.sites["last_undisturbed"].notna()]
    return str(sites.sort_values("last_undisturbed")["site_id"].iloc[-1])


def test_every_site_keeps_the_evidence_terms_of_its_detections(small_run: RunResult) -> None:
    kept = json.loads((small_run.directory / "state" / "detections.geojson").read_text("utf-8"))
    rows = [feature["properties"] for feature in kept["features"]]
    assert kept["minewatch"]["simulated"] is True
    assert {row["site_id"] for row in rows} == set(small_run.sites["site_id"])
    for row in rows:
        assert set(row["terms"]) == set(MEANINGS)


def test_a_picture_and_figures_of_a_site_are_written(
    small_run: RunResult, site_id: str, tmp_path: Path
) -> None:
    explanation, files = explain(small_run.directory, site_id, out=tmp_path / "why")
    figures = json.loads(files["figures"].read_text("utf-8"))
    assert files["picture"].read_bytes().startswith(b"\x89PNG")
    assert figures["simulated"] is True
    assert figures["title"] == explanation.title
    assert site_id in figures["title"]
    assert [p["state"] for p in figures["periods"]] == list(explanation.inventory["state"])
    assert figures["alternatives"]
    assert {s["role"] for s in figures["scenes"]} == {"before", "first look"}


def test_what_only_reading_scenes_needs_is_not_loaded(
    small_run: RunResult, site_id: str, tmp_path: Path
) -> None:
    words = ["explain", str(small_run.directory), site_id, "--out", str(tmp_path), "--quiet"]
    code = (
        "import sys; from minewatch.cli import main\n"
        f"try: main({words!r})\nexcept SystemExit as end: assert not end.code\n"
        "print(sorted({'scipy.signal', 'rioxarray'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_greenness_shown_is_that_of_the_frozen_pixels(
    small_run: RunResult, site_id: str, tmp_path: Path
) -> None:
    explanation, _ = explain(small_run.directory, site_id, out=tmp_path)
    outline = gpd.GeoSeries(explanation.inventory.geometry).union_all()
    month = explanation.months["clear_looks"].idxmax()
    values = []
    for path in (small_run.directory / "state" / "months").glob(f"*/{month:%Y-%m}.tif"):
        with rasterio.open(path) as file:
            inside = rasterio.features.geometry_mask(
                [outline], file.shape, file.transform, invert=True
            )
            red, nir = (file.read(1 + file.descriptions.index(b))[inside] for b in ("red", "nir"))
            lit = red[red > 0].astype(float) - OVERPASS.path_light_dn
            values += list((nir[red > 0] - lit) / (nir[red > 0] + lit))
    assert explanation.months.loc[month, "greenness"] == pytest.approx(np.median(values), abs=0.01)


def test_a_site_that_began_falls_below_its_baseline(
    small_run: RunResult, site_id: str, tmp_path: Path
) -> None:
    explanation, _ = explain(small_run.directory, site_id, out=tmp_path)
    months, first = explanation.months, explanation.site["first_detected"]
    gap = (months["baseline"] - months["greenness"]) / months["baseline_sd"]
    assert gap[months.index < explanation.site["last_undisturbed"][:7]].median() < 1
    assert gap[months.index > first].median() > 2.5


def test_an_unknown_site_names_the_nearest_known_ones(small_run: RunResult, site_id: str) -> None:
    with pytest.raises(SettingsError) as caught:
        explain(small_run.directory, site_id[:-1])
    assert repr(site_id[:-1]) in caught.value.problem
    assert site_id in caught.value.hint


def test_the_command_prints_the_evidence_and_where_the_files_lie(
    small_run: RunResult, site_id: str, tmp_path: Path
) -> None:
    words = ["explain", str(small_run.directory), site_id, "--out", str(tmp_path)]
    shown = CliRunner().invoke(app, words)
    assert shown.exit_code == 0
    for text in ("SIMULATED", site_id, *MEANINGS, f"{site_id}.png", f"{site_id}.json"):
        assert text in shown.output
    printed = CliRunner().invoke(app, [*words, "--json"])
    assert json.loads(printed.output)["site"]["site_id"] == site_id


def test_the_command_ends_in_two_lines_for_an_unknown_site(
    small_run: RunResult, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["explain", str(small_run.directory), "nowhere"])
    assert left.value.code == SettingsError.exit_code
    assert len(capsys.readouterr().err.strip().splitlines()) == 2
