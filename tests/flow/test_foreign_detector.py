"""A detector of another package: installed, named, run, carried on and explained."""

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
from minewatch.model.rule_fields import rule


@dataclass(frozen=True, kw_only=True)
class LeafLossRules(ThresholdRules):
    """Thresholds of this package."""

    bare_ndvi: float = rule(0.42, unit="NDVI", moves="more ground counts as bare")
    leaf_share: float = rule(0.5, unit="1", moves="nothing yet")


@dataclass(frozen=True)
class LeafLoss(DrySeasonThresholds):
    """Lost leaves, as another package judges them."""

    name: ClassVar[str] = "leaf-loss"
    title: ClassVar[str] = "Lost leaves"
    version: ClassVar[int] = 3
    rules: LeafLossRules = field(default_factory=LeafLossRules)
'''
"""A detector of another package, built on the shipped baseline."""
METADATA = "Metadata-Version: 2.1\nName: leaf-loss\nVersion: 1.0\n"
ENTRY_POINTS = "[minewatch.detectors]\nleaf-loss = leaf_loss:LeafLoss\n"


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder as `pip install` leaves it: a module, and what it says of itself."""
    site = tmp_path / "site"
    (site / "leaf_loss-1.0.dist-info").mkdir(parents=True)
    (site / "leaf_loss.py").write_text(MODULE, "utf-8")
    (site / "leaf_loss-1.0.dist-info" / "METADATA").write_text(METADATA, "utf-8")
    (site / "leaf_loss-1.0.dist-info" / "entry_points.txt").write_text(ENTRY_POINTS, "utf-8")
    return site


def minewatch(*words: object, site: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, with a package installed or not."""
    path = os.pathsep.join(str(p) for p in [*([site] if site else []), *sys.path] if p)
    command = [sys.executable, "-m", "minewatch", *map(str, words)]
    return subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )


def run_words(archive: synthetic.Archive, out: Path, detector: str) -> list[object]:
    return ["run", "--aoi", archive.aoi, "--catalog", archive.catalog, "--out", out,
            "--start", archive.spec.start, "--end", "2020-12-31", "--detector", detector,
            "--quiet"]  # fmt: skip


def test_a_detector_of_another_package_runs_goes_on_and_explains(
    small_archive: synthetic.Archive, installed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = minewatch(*run_words(small_archive, out, "leaf-loss"), site=installed)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert manifest["parameters"]["detector"] == "leaf-loss"
    assert manifest["rules"]["leaf-loss"]["bare_ndvi"] == 0.42
    assert manifest["rules"]["leaf-loss"]["leaf_share"] == 0.5
    assert "leaf-loss-3" in json.dumps(manifest["rule_versions"])

    done = minewatch("update", out, "--end", "2021-04-30", "--quiet", site=installed)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert manifest["parameters"]["detector"] == "leaf-loss"
    sites = json.loads((out / "sites.geojson").read_text("utf-8"))["features"]
    assert sites

    done = minewatch("explain", out, sites[0]["properties"]["site_id"], "--quiet", site=installed)
    assert done.returncode == 0, done.stderr

    done = minewatch("update", out, "--quiet")
    assert done.returncode != 0
    assert "leaf-loss" in done.stderr


def test_an_unknown_detector_is_named_with_those_there_are(
    tiny_archive: synthetic.Archive, installed: Path, tmp_path: Path
) -> None:
    words = run_words(tiny_archive, tmp_path / "out", "leaf-los")
    done = minewatch(*words, site=installed)
    assert done.returncode != 0
    for name in ("leaf-los", "leaf-loss", "pool-banks", "dry-season-thresholds"):
        assert name in done.stderr.replace("\n", " ")
    assert not (tmp_path / "out" / "manifest.json").exists()
