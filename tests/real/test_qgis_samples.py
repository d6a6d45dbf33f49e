"""A sample is labelled in a real QGIS, the Debian one, and AcATaMa's files are read as it does."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from minewatch.analysis import assess, draw_sample
from minewatch.model import RunResult
from minewatch.samples import LABELS, read_design, read_labels, read_units

from .test_qgis import PYTHON, qgis_environment

__all__ = ["qgis_environment"]
EDITOR = Path(__file__).with_name("qgis_sample_editor.py")
pytestmark = pytest.mark.real


def test_labels_given_in_the_form_of_qgis_arrive_and_acatama_finds_the_frame_at_every_point(
    tmp_path: Path,
    write_simulated_run: Callable[[Path], RunResult],
    qgis_environment: dict[str, str],
) -> None:
    run = write_simulated_run(tmp_path / "run").directory
    folder = draw_sample(run, size=12, least=2).folder
    units = read_units(folder)
    given = {unit.unit: list(LABELS)[n % 4] for n, unit in enumerate(units)}
    done = subprocess.run(
        [PYTHON, str(EDITOR), str(folder), json.dumps(given)], env=qgis_environment,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    form, acatama = said["form"], said["acatama"]
    assert form["valid"]
    assert form["errors"] == []
    assert form["widget"] == "ValueMap"
    assert form["choices"] == ["", *LABELS]
    assert set(form["read_only"]) >= {"unit", "period", "second", "lon", "lat"}
    assert form["saved"] == dict.fromkeys(given, True)
    read = read_labels(folder / "labels.gpkg")
    assert read.notes == ()
    assert {entry.unit: entry.label for entry in read.entries} == given
    assert {entry.interpreter for entry in read.entries} == {"Kai"}
    assert assess(run, "sample", labels=[folder / "labels.gpkg"]).labelled == len(units)

    assert acatama["valid"]
    assert acatama["same_system"]
    codes = read_design(folder).codes
    drawn_from = {str(unit.number): unit.stratum for unit in units}
    assert {n: codes[str(int(v))]["stratum"] for n, v in acatama["found"].items()} == drawn_from
