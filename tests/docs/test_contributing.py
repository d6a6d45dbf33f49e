"""CONTRIBUTING is followed to the letter: its examples are installed beside minewatch and used."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import minewatch as mw
from minewatch.errors import ContractError
from minewatch.model import Column, RunResult, check_columns

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
FILES = sorted(set(re.findall(r"`((?:\w+/)*[\w-]+\.py)`", PAGE.replace("NAME.py", ""))))
ENTRY_POINTS = """[minewatch.sensors]
my-sensor = guest_0:PROFILE
[minewatch.detectors]
my-detector = guest_1:MyDetector
[minewatch.exporters]
ids = guest_2:write_ids
"""
USE = """
from minewatch.detect import get_detector, list_detectors
from minewatch.sensors import SENSORS, get_sensor
assert "my-sensor" in SENSORS and get_sensor("my-sensor").title == "My sensor"
assert "my-detector" in list_detectors() and get_detector("my-detector").name == "my-detector"
"""


@pytest.fixture
def guest(tmp_path: Path) -> dict[str, str]:
    """The environment of a process that has the examples installed."""
    about = tmp_path / "guest-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: guest\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(ENTRY_POINTS)
    for number, block in enumerate(BLOCKS):
        (tmp_path / f"guest_{number}.py").write_text(block)
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}


def test_a_sensor_and_a_detector_of_a_guest_are_known(guest: dict[str, str]) -> None:
    assert len(BLOCKS) == 3
    done = subprocess.run([sys.executable, "-c", USE], env=guest, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_exporter_of_a_guest_writes(
    guest: dict[str, str], write_simulated_run: Callable[[Path], RunResult], tmp_path: Path
) -> None:
    run = write_simulated_run(tmp_path / "run").directory
    words = [sys.executable, "-m", "minewatch", "export", str(run), "--format", "ids"]
    done = subprocess.run(words, env=guest, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert set((run / "export" / "ids.txt").read_text().split()) == set(
        mw.open_run(run).sites.site_id
    )


def test_a_table_without_a_new_column_is_refused() -> None:
    contract = {"site_id": Column("text", "id"), "depth_m": Column("float", "a new column")}
    with pytest.raises(ContractError, match="depth_m"):
        check_columns(pd.DataFrame({"site_id": ["a"]}), contract, name="sites")


@pytest.mark.parametrize(
    "path",
    sorted({path for path in re.findall(r"`((?:[\w]+/)*[\w-]+\.py)`", PAGE) if "NAME" not in path}),
)
def test_every_file_it_names_is_there(path: str) -> None:
    assert (ROOT / path).exists() or (ROOT / "src" / "minewatch" / path).exists()


def test_the_page_of_the_front_door_names_every_public_name() -> None:
    page = (ROOT / "docs" / "python.md").read_text("utf-8")
    assert {name for name in mw.__all__ if not re.search(rf"`(mw\.)?{name}`", page)} == set()


def test_the_glossary_is_as_the_code_says() -> None:
    page = ROOT / "docs" / "glossary.md"
    before = page.read_text("utf-8")
    code = "import runpy; print(runpy.run_path('scripts/glossary')['render'](), end='')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == before.strip()
