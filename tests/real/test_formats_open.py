"""Every format opens in the programs it is for: GDAL of Debian, QGIS, DuckDB, psql."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest
from tests.postgres_server import postgres, postgres_commands
from tests.server_tools import missing

from minewatch.exporters import EXPORTERS, layers_of
from minewatch.exporters.postgis.postgis_exporter import write_postgis
from minewatch.model import RunResult

COUNTS = {"inventory": 9, "sites": 3, "features": 18, "changes": 2}
FILES = ("geojson", "gpkg", "flatgeobuf", "csv", "kml", "smart")
QGIS = """
import json, os, sys
from qgis.core import QgsApplication, QgsVectorLayer, QgsDataSourceUri
QgsApplication.setPrefixPath("/usr", True)
app = QgsApplication([], False)
app.initQgis()
found = {}
for source in sys.argv[1:]:
    provider, _, address = source.partition(" ")
    layer = QgsVectorLayer(address, "layer", provider)
    shape = next((f.geometry().isNull() for f in layer.getFeatures()), True)
    found[address] = [layer.isValid(), layer.featureCount(), not shape, layer.crs().authid()]
sys.stdout.write("FOUND" + json.dumps(found))
sys.stdout.flush()
os._exit(0)
"""


@pytest.fixture(scope="module")
def files(simulated_run: RunResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("formats")
    for name in (*FILES, "geoparquet", "pmtiles"):
        EXPORTERS[name](simulated_run, folder)
    return folder


def test_debians_gdal_reads_them(files: Path) -> None:
    if shutil.which("ogrinfo") is None:
        missing("ogrinfo (gdal-bin)")
    sources = {
        **{files / f"{name}.geojson": count for name, count in COUNTS.items()},
        **{files / f"{name}.fgb": count for name, count in COUNTS.items()},
        **{files / f"{name}.csv": count for name, count in COUNTS.items()},
        files / "smart" / "region_models" / "ZZ_R000.geojson": 4,
    }
    for path, count in sources.items():
        shown = ogrinfo(path)
        assert f"Feature Count: {count}" in shown, path.name
        # a CSV names no type of outline, but where its outlines lie
        assert ("Extent: (1" if path.suffix == ".csv" else "Polygon") in shown, path.name
    shown = ogrinfo(files / "minewatch.gpkg")
    for name, count in COUNTS.items():
        assert f"Feature Count: {count}" in shown.partition(f"Layer name: {name}\n")[2][:120]
    kml = ogrinfo(files / "minewatch.kmz")
    assert sum(int(line.split()[-1]) for line in kml.splitlines() if "Feature Count" in line) == 36


def ogrinfo(path: Path) -> str:
    words = ["ogrinfo", "-ro", "-so", "-al", str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr
    assert "Warning" not in done.stderr
    return done.stdout


def test_duckdb_reads_tables_without_an_extension(files: Path) -> None:
    for name, count in COUNTS.items():
        (found,) = duckdb.sql(f"SELECT count(*) FROM '{files}/{name}.parquet'").fetchall()
        assert found == (count,)
    inside = duckdb.sql(
        f"SELECT count(DISTINCT site_id) FROM '{files}/inventory.parquet'"
        " WHERE bbox.xmin > 0 AND period_start = DATE '2022-11-01' AND simulated"
    ).fetchall()
    assert inside == [(3,)]
    (found,) = duckdb.sql(f"SELECT count(*) FROM read_csv('{files}/inventory.csv')").fetchall()
    assert found == (9,)


def test_qgis_and_psql_open_files_and_the_database(
    files: Path, simulated_run: RunResult, tmp_path: Path
) -> None:
    python = "/usr/bin/python3"
    if subprocess.run([python, "-c", "import qgis.core"], check=False).returncode:
        missing("python3-qgis")
    commands = postgres_commands()
    with postgres(commands) as env:
        address = f"host=127.0.0.1 port={env['PGPORT']} user=postgres dbname=postgres"
        write_postgis.write_layers(layers_of(simulated_run), address)
        done = subprocess.run(
            [str(commands / "psql"), "-At", "-c", "SELECT count(*) FROM minewatch.inventory_map"],
            env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.stdout.strip() == "9", done.stderr
        views = [f"{name}_map" for name in COUNTS]
        sources = [
            *(f"ogr {files / name}.{end}" for name in COUNTS for end in ("geojson", "fgb")),
            *(f"ogr {files}/minewatch.gpkg|layername={name}" for name in COUNTS),
            *(f"postgres {address} key='fid' table=\"minewatch\".\"{view}\" (geom)"
              for view in views),
        ]  # fmt: skip
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path),
            "QT_QPA_PLATFORM": "offscreen", "LANG": "C.UTF-8",
        }  # fmt: skip
        tmp_path.chmod(0o700)
        done = subprocess.run(
            [python, "-c", QGIS, *sources], env=environment, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    found = json.loads(done.stdout.partition("FOUND")[2] or "{}")
    assert len(found) == len(sources), done.stderr[-800:]
    for source, (valid, count, has_shape, crs) in found.items():
        name = next(name for name in COUNTS if name in source.rpartition("/")[2] or name in source)
        assert valid, source
        assert (count, has_shape, crs) == (COUNTS[name], True, "EPSG:4326"), source
