"""A detector of another package: installed beside minewatch, found by its entry point, run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from minewatch import synthetic

MODULE = '''
from dataclasses import dataclass, field
from typing import ClassVar

from minewatch.detect.thresholds.threshold_detector import DrySeasonThresholds
from minewatch.detect.thresholds.threshold_rules import ThresholdRules


@dataclass(frozen=True)
class Patient(DrySeasonThresholds):
    """The baseline of minewatch with other thresholds, under a name of its own."""

    name: ClassVar[str] = "patient"
    title: ClassVar[str] = "ground that stays bare for long"
    rules: ThresholdRules = field(default_factory=lambda: ThresholdRules(keep_confidence=0.0))
'''
METADATA = "Metadata-Version: 2.1\nName: elsewhere\nVersion: 1.0\n"
ENTRY_POINTS = "[minewatch.detectors]\npatient = elsewhere:Patient\nbroken = nowhere:Nothing\n"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder with an installed package, as pip leaves one."""
    folder = tmp_path / "site-packages"
    about = folder / "elsewhere-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / "elsewhere.py").write_text(MODULE)
    (about / "METADATA").write_text(METADATA)
    (about / "entry_points.txt").write_text(ENTRY_POINTS)
    return folder


def minewatch(*words: str, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "minewatch", *words],
        capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(path), *sys.path])},
    )  # fmt: skip


def test_it_runs_is_explained_and_carried_on(
    elsewhere: Path, small_archive: synthetic.Archive, tmp_path: Path
) -> None:
    out = str(tmp_path / "run")
    asked = (
        "run", "--aoi", str(small_archive.aoi), "--start", "2019-11", "--end", "2020-10",
        "--catalog", str(small_archive.catalog), "--out", out,
    )  # fmt: skip
    ran = minewatch(*asked, "--detector", "patient", path=elsewhere)
    assert ran.returncode == 0, ran.stderr
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["parameters"]["detector"] == "patient"
    assert manifest["rules"]["patient"]["keep_confidence"] == 0.0
    updated = minewatch("update", out, "--end", "2021-04", path=elsewhere)
    assert updated.returncode == 0, updated.stderr
    sites = json.loads((tmp_path / "run" / "sites.geojson").read_text())["features"]
    assert sites
    site = sites[0]["properties"]["site_id"]
    explained = minewatch("explain", out, site, path=elsewhere)
    assert explained.returncode == 0, explained.stderr
    assert "lasting" in explained.stdout

    without = minewatch("update", out, "--end", "2021-04", path=tmp_path)
    assert without.returncode != 0
    assert "patient" in without.stderr
    assert "try:" in without.stderr


@pytest.mark.parametrize("name", ["nobody", "broken"])
def test_one_that_is_unknown_or_broken_is_named_with_the_mend(
    name: str, elsewhere: Path, small_archive: synthetic.Archive, tmp_path: Path
) -> None:
    done = minewatch(
        "run", "--aoi", str(small_archive.aoi), "--start", "2019-11", "--end", "2020-04",
        "--catalog", str(small_archive.catalog), "--out", str(tmp_path / "run"),
        "--detector", name, path=elsewhere,
    )  # fmt: skip
    assert done.returncode in (1, 2)
    assert name in done.stderr
    assert "try:" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()
