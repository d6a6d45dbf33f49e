"""A release opens in the programs its formats are for: GDAL of Debian, DuckDB."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest
from tests.release_world import draw_sites, write_world
from tests.server_tools import missing

from minewatch import analysis
from minewatch.analysis import ReleaseChoices

pytestmark = pytest.mark.real
FORMATS = ("geojson", "gpkg", "flatgeobuf", "csv", "kml", "qgis", "smart", "geoparquet")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    run = write_world(tmp_path_factory.mktemp("world"), draw_sites(3, 60, seasons=2), seasons=2)
    choices = ReleaseChoices(profile="public")
    return {
        name: analysis.publish_layers(run.directory, format=name, choices=choices)
        for name in FORMATS
    }


@pytest.fixture(scope="module")
def count(files: dict[str, list[Path]]) -> int:
    (path,) = (path for path in files["geojson"] if path.name == "cells.geojson")
    return len(json.loads(path.read_text())["features"])


@pytest.mark.parametrize(
    ("name", "file", "layer"),
    [
        ("geojson", "cells.geojson", "cells"), ("gpkg", "minewatch.gpkg", "cells"),
        ("flatgeobuf", "cells.fgb", "cells"), ("csv", "cells.csv", "cells"),
        ("qgis", "minewatch.gpkg", "cells"),
    ],
)  # fmt: skip
def test_debians_gdal_counts_its_cells(
    name: str, file: str, layer: str, files: dict[str, list[Path]], count: int
) -> None:
    if shutil.which("ogrinfo") is None:
        missing("ogrinfo (gdal-bin)")
    (path,) = (path for path in files[name] if path.name == file)
    command = ["ogrinfo", "-ro", "-so", str(path), layer]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"Feature Count: {count}" in done.stdout
    assert done.stderr == ""


def test_duckdb_counts_its_cells_by_season(files: dict[str, list[Path]], count: int) -> None:
    (path,) = (path for path in files["geoparquet"] if path.name == "cells.parquet")
    query = f"SELECT period, count(*), min(sites_low) FROM '{path}' GROUP BY period ORDER BY period"
    rows = duckdb.sql(query).fetchall()
    assert [period for period, _, _ in rows] == ["2018/19 dry season", "2019/20 dry season"]
    assert sum(number for _, number, _ in rows) == count
    assert {low >= 3 for _, _, low in rows} == {True}


def test_smarts_models_are_one_a_cell_with_an_observation_a_season(
    files: dict[str, list[Path]], count: int
) -> None:
    models = [json.loads(path.read_text())["features"] for path in files["smart"]
              if path.parent.name == "site_models"]  # fmt: skip
    assert sum(len(model) - 1 for model in models) == count
    for model in models:
        cell = model[0]["properties"]["cache"]
        assert "not a site" in cell["generalised"]
        for seen in model[1:]:
            of = seen["properties"]
            at_work = of["cache"]["working"] not in ("0-2", "not shown")
            assert of["current_phase"] == ("Active Construction" if at_work else "Unknown")
