"""CONTRIBUTING is followed to the letter: its examples are installed beside minewatch and used.

Each walk-through is done twice: as another package, by an entry point, and inside minewatch, on a
copy of the project that the steps of the page change.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from tests.docs.conftest import Project

import minewatch as mw
from minewatch import synthetic
from minewatch.model import RunResult

pytestmark = pytest.mark.timeout(900)
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
BLOCKS = {
    title.strip(): [dedent(b) for b in re.findall(r"```python\n(.*?)```", text, re.DOTALL)]
    for title, text in re.findall(r"^## (Add .+?)\n(.*?)(?=^## )", PAGE, re.DOTALL | re.MULTILINE)
}
"""Heading to the Python below it."""
SENSOR, DETECTOR, EXPORTER = (BLOCKS[f"Add {part}"][0] for part in ("a sensor", "a detector",
                                                                    "an exporter"))  # fmt: skip
CONTRACT_LINE, ROW_LINE = BLOCKS["Add a column"]
RULE_HASHES = "tests.unit.store.rule_sources"
"""What `make rule-hashes` runs."""
ENTRY_POINTS = """[minewatch.sensors]
my-sensor = guest_sensor:PROFILE
[minewatch.detectors]
my-detector = guest_detector:MyDetector
[minewatch.exporters]
ids = guest_exporter:write_ids
"""


def run_words(archive: synthetic.Archive, out: Path) -> list[str]:
    """The words of a run over a whole archive."""
    start, end = str(archive.spec.start), str(archive.spec.end)
    return ["run", "--aoi", str(archive.aoi), "--catalog", str(archive.catalog), "--out", str(out),
            "--start", start, "--end", end, "--quiet"]  # fmt: skip


def used_parts(run: Path) -> tuple[str, str]:
    """The sensor and the detector of a finished run."""
    parameters = json.loads((run / "manifest.json").read_text("utf-8"))["parameters"]
    return parameters["sensor"], parameters["detector"]


@pytest.fixture
def guest(tmp_path: Path) -> dict[str, str]:
    """The environment of a process that has the examples installed."""
    about = tmp_path / "guest-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: guest\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(ENTRY_POINTS)
    for name, block in (("sensor", SENSOR), ("detector", DETECTOR), ("exporter", EXPORTER)):
        (tmp_path / f"guest_{name}.py").write_text(block)
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}


def test_a_sensor_and_a_detector_of_a_guest_run(
    guest: dict[str, str], tiny_archive: synthetic.Archive, tmp_path: Path
) -> None:
    assert {name: len(blocks) for name, blocks in BLOCKS.items()} == {
        "Add a sensor": 1, "Add a detector": 1, "Add an exporter": 1, "Add a column": 2,
    }  # fmt: skip
    words = [sys.executable, "-m", "minewatch", *run_words(tiny_archive, tmp_path / "run")]
    words += ["--sensor", "my-sensor", "--detector", "my-detector"]
    done = subprocess.run(words, env=guest, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert used_parts(tmp_path / "run") == ("my-sensor", "my-detector")


def test_an_exporter_of_a_guest_writes(
    guest: dict[str, str], write_simulated_run: Callable[[Path], RunResult], tmp_path: Path
) -> None:
    run = write_simulated_run(tmp_path / "run").directory
    words = [sys.executable, "-m", "minewatch", "export", str(run), "--format", "ids"]
    done = subprocess.run(words, env=guest, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, *ids = (run / "export" / "ids.txt").read_text().splitlines()
    assert first == "simulated: True"
    assert set(ids) == set(mw.open_run(run).sites.site_id)


def test_a_sensor_is_added_as_the_page_says(
    project: Project, tiny_archive: synthetic.Archive, tmp_path: Path
) -> None:
    project.source("sensors/my_sensor.py").write_text(SENSOR, "utf-8")
    project.edit(
        "sensors/__init__.py", "from minewatch.sensors.sentinel2",
        "from minewatch.sensors.my_sensor import PROFILE\nfrom minewatch.sensors.sentinel2",
    )  # fmt: skip
    project.edit("sensors/__init__.py", "GEOTIFF_FOLDER,\n)", "GEOTIFF_FOLDER, PROFILE,\n)")
    pytest_of(project, "tests/contract/test_sensors.py", "-k", "my-sensor", least=10)
    project.check("-m", "minewatch", *run_words(tiny_archive, tmp_path / "run"),
                  "--sensor", "my-sensor")  # fmt: skip
    assert used_parts(tmp_path / "run")[0] == "my-sensor"


def test_a_detector_is_added_as_the_page_says(
    project: Project, tiny_archive: synthetic.Archive, tmp_path: Path
) -> None:
    folder = project.source("detect/my_detector")
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "my_detector.py").write_text(DETECTOR, "utf-8")
    registry = "detect/detector_registry.py"
    project.edit(
        registry, "from minewatch.detect.overpass_thresholds",
        "from minewatch.detect.my_detector.my_detector import MyDetector\n"
        "from minewatch.detect.overpass_thresholds",
    )  # fmt: skip
    last = "        RadarClearings.name: RadarClearings,\n"
    project.edit(registry, last, f"{last}        MyDetector.name: MyDetector,\n")
    roots = '"dry-season-thresholds": ("detect.thresholds.threshold_evidence",),\n'
    own = roots.replace("dry-season-thresholds", "my-detector")
    project.edit("store/rule_versions.py", roots, f"{roots}    {own}")
    project.edit("model/change_kinds.py", "detectors=(TIME_SERIES, THRESHOLDS, RADAR),",
                 'detectors=(TIME_SERIES, THRESHOLDS, RADAR, "my-detector"),')  # fmt: skip
    project.edit("model/change_kinds.py", "detectors=(TIME_SERIES, THRESHOLDS, RADAR, PAIR),",
                 'detectors=(TIME_SERIES, THRESHOLDS, RADAR, PAIR, "my-detector"),')  # fmt: skip
    for words in (["-m", RULE_HASHES], ["scripts/rules-table"], ["scripts/glossary"]):
        project.check(*words)
    pytest_of(project, "tests/contract/test_detectors.py", "-k", "my-detector", least=20)
    pages = ("tests/docs/test_rules_page.py", "tests/docs/test_contributing.py")
    code = ("tests/unit/store/test_rule_versions.py", "tests/contract/test_change_kinds.py")
    pytest_of(project, *pages, *code, "tests/unit/test_house.py",
              "-k", "not _is_added_ and not guest", least=10)  # fmt: skip
    assert "## Detector `my-detector`" in (project.root / "docs/glossary.md").read_text("utf-8")
    project.check("-m", "minewatch", *run_words(tiny_archive, tmp_path / "run"),
                  "--detector", "my-detector")  # fmt: skip
    assert used_parts(tmp_path / "run")[1] == "my-detector"


def test_an_exporter_is_added_as_the_page_says(
    project: Project, write_simulated_run: Callable[[Path], RunResult], tmp_path: Path
) -> None:
    project.source("exporters/site_ids.py").write_text(EXPORTER, "utf-8")
    csv = '"csv": "minewatch.exporters.csv_tables:write_csv",\n'
    project.edit("exporters/exporter_registry.py", csv,
                 csv + '        "ids": "minewatch.exporters.site_ids:write_ids",\n')  # fmt: skip
    pytest_of(project, "tests/contract/test_exporters.py", "-k", "ids", least=8)
    run = write_simulated_run(tmp_path / "run").directory
    project.check("-m", "minewatch", "export", run, "--format", "ids")
    assert (run / "export" / "ids.txt").exists()


def test_a_column_is_added_as_the_page_says(
    project: Project, small_archive: synthetic.Archive, tmp_path: Path
) -> None:
    name = CONTRACT_LINE.split('"')[1]
    last = '"water_last_seen": Column("date", "last look so far with standing water", '
    project.edit("model/tables.py", last, f"{CONTRACT_LINE.strip()}\n    {last}")
    refused = project.minewatch(*run_words(small_archive, tmp_path / "refused"))
    assert refused.returncode != 0
    assert f"column '{name}' is missing" in refused.stderr

    row = '"geometry": grounds[k],'
    project.edit("sites/site_rows.py", row, f"{ROW_LINE.strip()}\n                {row}")
    project.check("scripts/data-dictionary")
    project.check("-m", RULE_HASHES)
    page = (project.root / "docs/data-dictionary.md").read_text("utf-8")
    assert f"| `{name}` |" in page.split("## `sites.geojson`")[0]

    project.check("-m", "minewatch", *run_words(small_archive, tmp_path / "run"))
    written = json.loads((tmp_path / "run" / "inventory.geojson").read_text("utf-8"))
    values = [feature["properties"][name] for feature in written["features"]]
    assert values
    assert all(isinstance(value, int) for value in values)
    project.check("-m", "minewatch", "export", tmp_path / "run", "--format", "csv")
    header = (tmp_path / "run" / "export" / "inventory.csv").read_text("utf-8").splitlines()[0]
    assert f'"{name}"' in header
    pytest_of(project, "tests/docs/test_data_pages.py", "tests/unit/store/test_rule_versions.py",
              "tests/unit/sites", "-k", "not recipes", least=20)  # fmt: skip


def pytest_of(project: Project, *words: str, least: int) -> None:
    """Run tests of a copy of the project: all must pass, and there must be some."""
    shown = project.check("-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *words)
    passed = re.search(r"(\d+) passed", shown)
    assert passed
    assert int(passed[1]) >= least


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
