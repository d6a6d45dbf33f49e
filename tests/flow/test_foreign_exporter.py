"""Exporters of another package: installed, named, run; a broken one is an error for people."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from minewatch.model import RunResult

MODULE = '''
from pathlib import Path

from minewatch.exporters import LayerExporter
from minewatch.files import write_bytes_atomic
from minewatch.model import LayerSet, RunResult


@LayerExporter
def write_counts(layers: LayerSet, out: Path) -> list[Path]:
    """Rows of every layer."""
    path = out / "counts.txt"
    counts = [f"{name} {len(layer.table)}" for name, layer in layers.with_area().items()]
    write_bytes_atomic(path, "\\n".join([layers.title, *counts]).encode())
    return [path]


def write_rasters(result: RunResult, out: Path) -> list[Path]:
    """Names of all rasters."""
    path = out / "rasters.txt"
    write_bytes_atomic(path, "\\n".join(sorted(result.rasters)).encode())
    return [path]


def write_elsewhere(result: RunResult, out: Path) -> list[Path]:
    """A path that was never written."""
    return [result.directory / "elsewhere.txt"]


def fail(result: RunResult, out: Path) -> list[Path]:
    """Nothing at all."""
    raise KeyError("no such column")


NUMBER = 7
'''
METADATA = "Metadata-Version: 2.1\nName: guest-formats\nVersion: 1.0\n"
ENTRY_POINTS = """[minewatch.exporters]
counts = guest_formats:write_counts
rasters = guest_formats:write_rasters
elsewhere = guest_formats:write_elsewhere
failing = guest_formats:fail
number = guest_formats:NUMBER
gpkg = guest_formats:fail
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder as `pip install` leaves it: a module, and what it says of itself."""
    site = tmp_path / "site"
    (site / "guest_formats-1.0.dist-info").mkdir(parents=True)
    (site / "guest_formats.py").write_text(MODULE, "utf-8")
    (site / "guest_formats-1.0.dist-info" / "METADATA").write_text(METADATA, "utf-8")
    (site / "guest_formats-1.0.dist-info" / "entry_points.txt").write_text(ENTRY_POINTS, "utf-8")
    return site


@pytest.fixture
def run(write_simulated_run: Callable[[Path], RunResult], tmp_path: Path) -> Path:
    return write_simulated_run(tmp_path / "run").directory


def export(run: Path, name: str, *, site: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(str(p) for p in [site, *sys.path] if p)
    words = [sys.executable, "-m", "minewatch", "export", str(run), "--format", name]
    return subprocess.run(
        words, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )


def test_layers_and_whole_runs_are_written_by_other_packages(run: Path, site: Path) -> None:
    done = export(run, "counts", site=site)
    assert done.returncode == 0, done.stderr
    lines = (run / "export" / "counts.txt").read_text("utf-8").splitlines()
    assert lines[0] == "SIMULATED: Simulated valley"
    assert lines[1:] == ["inventory 9", "sites 3", "features 18", "changes 2", "aoi 1"]
    done = export(run, "rasters", site=site)
    assert done.returncode == 0, done.stderr
    assert "first_detected" in (run / "export" / "rasters.txt").read_text("utf-8")
    assert set(json.loads((run / "export" / ".minewatch-export.json").read_text("utf-8"))) == {
        "counts.txt", "rasters.txt",
    }  # fmt: skip


def test_an_edited_file_of_another_package_is_kept(run: Path, site: Path) -> None:
    assert export(run, "counts", site=site).returncode == 0
    (run / "export" / "counts.txt").write_text("mine")
    done = export(run, "counts", site=site)
    assert done.returncode == 1
    assert "was changed since" in done.stderr
    assert (run / "export" / "counts.txt").read_text() == "mine"


def test_no_other_package_takes_the_name_of_a_format_of_minewatch(run: Path, site: Path) -> None:
    done = export(run, "gpkg", site=site)
    assert done.returncode == 0, done.stderr
    assert (run / "export" / "minewatch.gpkg").exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("failing", "KeyError: 'no such column'"),
        ("elsewhere", "elsewhere.txt"),
        ("number", "it is an int, which cannot be called"),
        ("countz", "known: counts, csv"),
    ],
)
def test_a_broken_format_is_an_error_for_people(
    run: Path, site: Path, name: str, words: str
) -> None:
    done = export(run, name, site=site)
    assert done.returncode in (1, 2)
    assert words in " ".join(done.stderr.split())
    assert repr(name) in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert not list((run / "export").glob("*.txt"))
