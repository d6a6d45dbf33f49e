"""Small things that people met: what is theirs stays, errors say the mend, tables fit."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import minewatch
from minewatch import analysis, areas, cli
from minewatch.cli.demo_command import make_room
from minewatch.errors import MinewatchError
from minewatch.model import RunResult
from minewatch.store import open_result

PACKAGE = Path(str(minewatch.__file__)).parent
ERRORS = {"MinewatchError", *(kind.__name__ for kind in MinewatchError.__subclasses__())}
OF_PROGRAMMERS = {"ContractError"}
"""Raised where one stage hands another what it may not: no user can mend that."""


def call(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.main(list(words))
    return int(caught.value.code or 0)


@pytest.fixture
def directory(write_simulated_run: Callable[[Path], RunResult], tmp_path: Path) -> Path:
    return write_simulated_run(tmp_path / "run").directory


def test_every_error_for_users_says_what_to_try() -> None:
    without = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id in ERRORS - OF_PROGRAMMERS and not any(
                word.arg in ("hint", None) for word in node.keywords
            ):
                without.append(f"{path.name}:{node.lineno}")
    assert without == []


def test_a_run_that_holds_files_of_somebody_is_moved_and_one_of_ours_is_removed(
    directory: Path,
) -> None:
    analysis.export(directory, format="csv")
    assert analysis.files_of_others(directory) == []
    project = directory / "export" / "mine.qgz"
    project.write_text("work of a day")
    assert analysis.files_of_others(directory) == ["export/mine.qgz"]
    aside = make_room(directory)
    assert aside is not None
    assert (aside / "export" / "mine.qgz").read_text() == "work of a day"
    assert not directory.exists()
    (aside / "export" / "mine.qgz").unlink()
    assert make_room(aside) is None
    assert not aside.exists()


def test_a_table_that_somebody_edited_is_theirs(directory: Path) -> None:
    path = directory / "inventory.geojson"
    path.write_text(path.read_text("utf-8") + " ", "utf-8")
    assert analysis.files_of_others(directory) == ["inventory.geojson"]


def test_out_that_is_a_file_is_called_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "x.geojson"
    out.write_text("mine")
    words = ("run", "--aoi", "nba-pa", "--start", "2023", "--end", "2023", "--catalog", "none.json")
    assert call(*words, "--out", str(out)) == 1
    shown = capsys.readouterr().err
    assert "is a file" in shown
    assert "try:" in shown
    assert out.read_text() == "mine"


def test_a_period_may_be_named_by_its_beginning(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, *_, last = json.loads((directory / "manifest.json").read_text())["periods"]
    words = ("diff", str(directory), "--to", last["label"])
    assert call(*words, "--from", first["label"][:7]) == 0
    assert call(*words, "--from", "1950/51") == 2
    shown = capsys.readouterr().err
    assert "try:" in shown
    assert first["label"] in shown


def test_the_table_of_sites_fits_into_80_columns(directory: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "minewatch", "sites", str(directory)],
        capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "80"},
    )  # fmt: skip
    rows = done.stdout.splitlines()
    assert max(len(row.rstrip()) for row in rows) <= 80 + len("simulated-aaaa") - len("s0123456789")
    table, _, closing = done.stdout.rstrip().rpartition("\n")
    assert "of the detector" in closing
    heights = [len(part.splitlines()) for part in table.split("simulated-")[1:]]
    assert max(heights) <= 2


def test_the_table_of_a_site_fits_into_80_columns(directory: Path) -> None:
    site = open_result(directory).sites["site_id"].iloc[0]
    done = subprocess.run(
        [sys.executable, "-m", "minewatch", "sites", str(directory), "--site", site],
        capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "80"},
    )  # fmt: skip
    title, *rows = done.stdout.splitlines()
    assert "SIMULATED" in title
    assert max(len(row.rstrip()) for row in rows) <= 80


def test_an_area_is_shown_in_lines_that_people_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("aoi", "show", "nba-pa") == 0
    shown = capsys.readouterr().out
    assert len(shown) < 1500
    assert "{" not in shown
    assert "centre" in shown


@pytest.mark.parametrize("row", areas.list_aois(), ids=lambda row: row.id)
def test_list_and_show_give_one_area(row: areas.AoiSummary) -> None:
    assert areas.describe(areas.read_aoi(row.id))["area_km2"] == pytest.approx(
        row.area_km2, abs=0.06
    )


def test_check_prints_the_centre(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ring = [[98.0, 26.0], [98.1, 26.0], [98.1, 26.1], [98.0, 26.1], [98.0, 26.0]]
    path = tmp_path / "square.geojson"
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    assert call("aoi", "check", str(path)) == 0
    assert "26.0500 N, 98.0500 E" in capsys.readouterr().out


GEOMETRY = "geopandas shapely pyproj rasterio"


@pytest.mark.parametrize(
    ("words", "absent"),
    [
        (("--help",), "numpy shapely pyproj pandas"),
        (("aoi", "list"), "numpy shapely pyproj pandas"),
        (("sites", "RUN"), f"numpy {GEOMETRY} pandas pyarrow numba dask scipy"),
        (("sites", "RUN", "--site", "simulated-aaaa"), f"{GEOMETRY} numba dask scipy"),
        (("sites", "RUN", "--json"), f"{GEOMETRY} numba dask scipy"),
        (("diff", "RUN", "RUN"), f"{GEOMETRY} numba dask"),
        (("export", "RUN", "--format", "csv"), "numba dask rasterio scipy"),
        (("report", "RUN"), "numba dask scipy pystac"),
    ],
)
def test_a_command_loads_only_what_it_needs(
    words: tuple[str, ...], absent: str, directory: Path
) -> None:
    given = [str(directory) if word == "RUN" else word for word in words]
    code = (
        "import sys; from minewatch.cli import main\n"
        f"try: main({given!r})\nexcept SystemExit as end: assert not end.code\n"
        f"print(sorted(set({absent.split()!r}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"
