from __future__ import annotations

import csv
import datetime as dt
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import fromstring

import geopandas as gpd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from minewatch.exporters import EXPORTERS, LAYERS
from minewatch.model import STATES, RunResult

EMPTY_OR_NOT = pytest.mark.parametrize("run", ["simulated_run", "empty_run"])


@EMPTY_OR_NOT
def test_a_geopackage_has_real_days_in_every_layer(
    run: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    (path,) = EXPORTERS["gpkg"](request.getfixturevalue(run), tmp_path)
    layers = [name for name, _ in pyogrio.list_layers(path)]
    assert layers == ["inventory", "sites", "features", "changes", "aoi", "layer_styles"]
    for name, layer in LAYERS.items():
        info = pyogrio.read_info(path, layer=name)
        types = dict(zip(info["fields"], info["ogr_types"], strict=True))
        assert list(types)[: len(layer.contract)] == list(layer.contract)
        days = {c for c, rule in layer.contract.items() if rule.kind == "date"}
        assert {types[day] for day in days} == {"OFTDate"}
        assert info["geometry_type"] == "MultiPolygon"
        assert info["crs"] == "EPSG:4326"


def test_a_geopackage_keeps_values_gaps_and_lists(simulated_run: RunResult, tmp_path: Path) -> None:
    (path,) = EXPORTERS["gpkg"](simulated_run, tmp_path)
    first = gpd.read_file(path, layer="inventory").iloc[0]
    assert first["period_start"].date() == dt.date(2021, 11, 1)
    assert json.loads(first["evidence"]) == ["SIM_20211220", "SIM_20220114"]
    assert json.loads(first["merged_from"]) == []
    assert first.isna()["pool_count_low"]
    assert first["simulated"]
    outlines = gpd.read_file(path, layer="inventory").geometry
    assert outlines.geom_equals(simulated_run.inventory.geometry).all()


def test_a_geopackage_is_of_a_version_old_readers_know(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    (path,) = EXPORTERS["gpkg"](simulated_run, tmp_path)
    with closing(sqlite3.connect(path)) as base:
        assert base.execute("PRAGMA user_version").fetchone() == (10200,)
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        moments = set(base.execute("SELECT last_change FROM gpkg_contents"))
        described = dict(base.execute("SELECT table_name, description FROM gpkg_contents"))
    assert moments == {("2024-04-30T00:00:00.000Z",)}
    assert described["sites"] == "SIMULATED: Sites"


def test_every_layer_of_a_geopackage_has_a_style(simulated_run: RunResult, tmp_path: Path) -> None:
    (path,) = EXPORTERS["gpkg"](simulated_run, tmp_path)
    with closing(sqlite3.connect(path)) as base:
        rows = base.execute("SELECT f_table_name, styleQML, useAsDefault FROM layer_styles")
        styles = {name: fromstring(qml) for name, qml, default in rows if default}
    assert set(styles) == {*LAYERS, "aoi"}
    values = [c.get("value") for c in styles["inventory"].iter("category")]
    assert values == list(STATES)


@EMPTY_OR_NOT
def test_geoparquet_comes_back_with_days_and_lists(
    run: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    result = request.getfixturevalue(run)
    for path in EXPORTERS["geoparquet"](result, tmp_path):
        layer = LAYERS[path.stem]
        schema = pq.read_schema(path)
        for name, rule in layer.contract.items():
            expected = {"date": "date32[day]", "list": "list<element: string>", "int": "int64"}
            assert str(schema.field(name).type) == expected.get(
                rule.kind, str(schema.field(name).type)
            )
        back = gpd.read_parquet(path)
        assert back.crs.to_epsg() == 4326
        assert back.geometry.geom_equals(layer.table(result).geometry).all()


def test_a_csv_has_a_point_inside_each_outline(simulated_run: RunResult, tmp_path: Path) -> None:
    around = simulated_run.inventory.geometry.iloc[0].buffer(0.001)
    hollow = around.difference(around.buffer(-0.0001))
    inventory = simulated_run.inventory.set_geometry([hollow] * 9, crs=4326)
    path = EXPORTERS["csv"](simulated_run.with_tables(inventory=inventory), tmp_path)[0]
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    points = [shapely.Point(float(r["lon"]), float(r["lat"])) for r in rows]
    assert all(hollow.contains(point) for point in points)
    assert rows[0]["period_start"] == "2021-11-01"
    assert rows[0]["pool_area_m2"] == ""
    assert json.loads(rows[0]["evidence"]) == ["SIM_20211220", "SIM_20220114"]


def test_a_run_of_real_imagery_is_not_called_simulated(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    real = replace(simulated_run, manifest={**simulated_run.manifest, "simulated": False})
    (path,) = EXPORTERS["gpkg"](real, tmp_path)
    assert not gpd.read_file(path, layer="sites")["simulated"].any()
