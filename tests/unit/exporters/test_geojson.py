from __future__ import annotations

import json
from collections.abc import Callable, Sized
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from minewatch.errors import ContractError, OutputError
from minewatch.exporters import LAYERS
from minewatch.exporters.geojson import read_geojson, to_geojson, write_geojson
from minewatch.exporters.geojson_rows import read_rows
from minewatch.model import (
    INVENTORY,
    SCHEMA_VERSION,
    Column,
    Contract,
    RunResult,
    empty_table,
    typed_table,
)

Read = Callable[[Path, Contract], Sized]
BOTH = pytest.mark.parametrize("read", [read_geojson, read_rows])
"""With outlines and without: the same file is refused in the same words."""
CONTRACT = {
    "site_id": Column("text", "id"),
    "day": Column("date", "a day", optional=True),
    "count": Column("int", "a count", optional=True),
    "area_m2": Column("float", "an area", optional=True),
    "parts": Column("list", "texts"),
    "terms": Column("terms", "numbers"),
}


def table(**changes: object) -> gpd.GeoDataFrame:
    clockwise = shapely.Polygon([(0, 0), (0, 10), (10, 10), (10, 0)])
    columns = {
        "area_m2": [100.0, np.nan],
        "site_id": ["b", "a"],
        "day": ["2024-02-29", None],
        "count": [3, None],
        "parts": [["x", "y"], []],
        "terms": [{"pool": 0.5, "bare": 1}, {}],
        **changes,
    }
    outlines = [shapely.affinity.translate(clockwise, 7e5 + 99 * i, 2.8e6) for i in (1, 2)]
    return gpd.GeoDataFrame(columns, geometry=outlines, crs=32647)


def parse(content: bytes) -> dict[str, object]:
    return json.loads(content)


def test_features_are_in_wgs84_by_the_right_hand_rule_without_crs() -> None:
    collection = parse(to_geojson(table(), CONTRACT))
    assert set(collection) == {"type", "features"}
    for feature in collection["features"]:
        ring = shapely.LinearRing(feature["geometry"]["coordinates"][0])
        assert ring.is_ccw
        assert 98 < ring.bounds[0] < 102
        assert all(round(c, 7) == c for point in ring.coords for c in point)


def test_properties_keep_the_order_of_the_contract_and_null_is_missing() -> None:
    first, second = parse(to_geojson(table(), CONTRACT))["features"]
    assert list(first["properties"]) == list(CONTRACT)
    assert first["properties"] == {
        "site_id": "a", "day": None, "count": None, "area_m2": None, "parts": [], "terms": {},
    }  # fmt: skip
    assert second["properties"] == {
        "site_id": "b", "day": "2024-02-29", "count": 3, "area_m2": 100.0, "parts": ["x", "y"],
        "terms": {"bare": 1.0, "pool": 0.5},
    }  # fmt: skip


def test_one_feature_stands_on_a_line() -> None:
    lines = to_geojson(table(), CONTRACT).decode().splitlines()
    assert sum(line.startswith('{"type":"Feature"') for line in lines) == 2


def test_the_order_of_rows_and_of_vertices_does_not_show() -> None:
    one = table()
    other = one.iloc[::-1].copy()
    other.geometry = [
        shapely.Polygon(np.roll(shapely.get_coordinates(g)[:-1], 1, axis=0)) for g in other.geometry
    ]
    assert to_geojson(one, CONTRACT) == to_geojson(other, CONTRACT)


def test_columns_beyond_the_contract_follow_it() -> None:
    wide = table(note=["n", None], share=[1 / 3, 0.0], many=np.array([1, 2]), yes=[True, False])
    _, b = parse(to_geojson(wide, CONTRACT))["features"]
    assert list(b["properties"])[len(CONTRACT) :] == ["note", "share", "many", "yes"]
    assert b["properties"]["share"] == 0.3333
    assert b["properties"]["yes"] is True


def test_days_may_come_as_dates_or_timestamps() -> None:
    for days in ([date(2024, 2, 29), None], [pd.Timestamp("2024-02-29T10:11"), pd.NaT]):
        a, b = parse(to_geojson(table(day=days), CONTRACT))["features"]
        assert (a["properties"]["day"], b["properties"]["day"]) == (None, "2024-02-29")


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("count", [1.5, 2]),
        ("day", ["2024-02-30", None]),
        ("area_m2", [np.inf, 1.0]),
        ("parts", [5, []]),
        ("terms", [[], {}]),
    ],
)
def test_a_value_of_another_kind_is_refused_by_name(column: str, values: list[object]) -> None:
    with pytest.raises(ContractError, match=column):
        to_geojson(table(**{column: values}), CONTRACT)


def test_a_missing_column_is_refused_by_name() -> None:
    with pytest.raises(ContractError, match="'parts' is missing"):
        to_geojson(table().drop(columns="parts"), CONTRACT)


def test_a_table_without_crs_is_refused() -> None:
    with pytest.raises(ContractError, match="CRS"):
        to_geojson(table().set_crs(None, allow_override=True), CONTRACT)


def test_an_outline_outside_the_world_is_refused() -> None:
    far = table()
    far.geometry = far.geometry.translate(1e9, 1e9)
    with pytest.raises(ContractError, match="outside the world"):
        to_geojson(far, CONTRACT)


def test_an_outline_across_the_antimeridian_is_cut() -> None:
    crossing = gpd.GeoSeries([shapely.box(179.9, -17, 180.1, -16)], crs=4326).to_crs(32760)
    row = table().iloc[:1].set_geometry(crossing)
    geometry = parse(to_geojson(row, CONTRACT))["features"][0]["geometry"]
    parts = shapely.geometry.shape(geometry).geoms
    assert sorted(round(p.bounds[0], 3) for p in parts) == [-180.0, 179.9]
    assert sum(p.area for p in parts) == pytest.approx(0.2, rel=1e-3)


def test_rounding_that_would_break_an_outline_is_mended() -> None:
    sliver = shapely.Polygon([(0, 0), (1, 0), (1, 4e-8), (0.5, -3e-8 + 4e-8), (0, 1)])
    bow = shapely.Polygon([(0, 0), (1, 1e-8), (2, 0), (2, 1), (1, 6e-8), (0, 1)])
    rows = gpd.GeoDataFrame({"site_id": ["a", "b"]}, geometry=[sliver, bow], crs=4326)
    contract = {"site_id": CONTRACT["site_id"]}
    for feature in parse(to_geojson(rows, contract))["features"]:
        assert shapely.geometry.shape(feature["geometry"]).is_valid


def test_an_outline_that_was_broken_before_stays_as_it_is() -> None:
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    rows = gpd.GeoDataFrame({"site_id": ["a"]}, geometry=[bow], crs=4326)
    (feature,) = parse(to_geojson(rows, {"site_id": CONTRACT["site_id"]}))["features"]
    corners = {tuple(xy) for xy in feature["geometry"]["coordinates"][0]}
    assert corners == set(bow.exterior.coords)


def test_no_rows_give_a_valid_collection_that_keeps_the_contract(tmp_path: Path) -> None:
    path = write_geojson(empty_table(INVENTORY, epsg=32647), tmp_path / "none.geojson", INVENTORY)
    assert parse(path.read_bytes()) == {"type": "FeatureCollection", "features": []}
    back = read_geojson(path, INVENTORY)
    assert list(back.columns) == [*INVENTORY, "geometry"]
    assert back.crs.to_epsg() == 4326
    assert back["clear_looks"].dtype == "int64"
    assert len(gpd.read_file(path)) == 0


def test_the_member_and_the_box_are_written_when_asked_for() -> None:
    collection = parse(to_geojson(table(), CONTRACT, member={"simulated": True}, bbox=True))
    assert collection["minewatch"] == {"simulated": True}
    west, south, east, north = collection["bbox"]
    assert west < east
    assert south < north


def test_a_table_comes_back_as_it_went(tmp_path: Path) -> None:
    path = write_geojson(table(extra=["q", None]), tmp_path / "t.geojson", CONTRACT)
    back = read_geojson(path, CONTRACT)
    assert back["parts"].tolist() == [[], ["x", "y"]]
    assert back["terms"].tolist() == [{}, {"bare": 1.0, "pool": 0.5}]
    assert back["day"].tolist() == [None, "2024-02-29"]
    assert back["count"].dtype == "Int64"
    assert back["count"].isna().tolist() == [True, False]
    assert to_geojson(back, CONTRACT) == path.read_bytes()


@BOTH
@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "\x89PNG", '{"features":[{"properties":{}}]}', '{"features":[5]}',
        '{"features":[{"properties":{},"geometry":null}]}',
        '{"features":[{"properties":null,"geometry":{"type":"Point","coordinates":[1,2]}}]}',
    ],
)  # fmt: skip
def test_a_file_that_is_no_table_is_an_error_for_people(
    tmp_path: Path, text: str, read: Read
) -> None:
    path = tmp_path / "bad.geojson"
    path.write_text(text, "latin-1")
    with pytest.raises(OutputError, match="no GeoJSON table"):
        read(path, CONTRACT)
    path.unlink()
    with pytest.raises(OutputError, match="is missing"):
        read(path, CONTRACT)


def test_an_outline_that_is_none_is_an_error_for_people(tmp_path: Path) -> None:
    path = write_geojson(table(), tmp_path / "t.geojson", CONTRACT)
    path.write_text(path.read_text("utf-8").replace("Polygon", "Poligon"), "utf-8")
    with pytest.raises(OutputError, match="no GeoJSON table"):
        read_geojson(path, CONTRACT)


def test_rows_without_outlines_are_those_of_the_table(simulated_run: RunResult) -> None:
    for name, layer in LAYERS.items():
        rows, with_outlines = simulated_run.read_rows(name), layer.table(simulated_run)
        assert len(rows) == len(with_outlines) > 0
        typed = typed_table(rows, layer.contract)
        pd.testing.assert_frame_equal(typed, pd.DataFrame(with_outlines.drop(columns="geometry")))


def test_a_column_that_only_some_rows_have_is_null_in_the_others(tmp_path: Path) -> None:
    path = write_geojson(table(), tmp_path / "t.geojson", CONTRACT)
    path.write_text(path.read_text("utf-8").replace('"area_m2":100.0', '"note":"mine"'), "utf-8")
    assert [row["note"] for row in read_rows(path, CONTRACT)] == [None, "mine"]
    assert [row["area_m2"] for row in read_rows(path, CONTRACT)] == [None, None]
    assert read_geojson(path, CONTRACT)["note"].isna().tolist() == [True, False]


@BOTH
def test_a_file_without_a_column_of_the_contract_is_refused(tmp_path: Path, read: Read) -> None:
    short = {name: rule for name, rule in CONTRACT.items() if name != "count"}
    path = write_geojson(table().drop(columns="count"), tmp_path / "t.geojson", short)
    with pytest.raises(OutputError, match="'count' is missing"):
        read(path, CONTRACT)


def test_geopandas_reads_what_was_written(simulated_run: RunResult) -> None:
    read = gpd.read_file(simulated_run.directory / "inventory.geojson")
    assert len(read) == 9
    assert read.crs.to_epsg() == 4326
    assert read["site_id"].tolist() == simulated_run.inventory["site_id"].tolist()
    assert read.geometry.geom_equals_exact(simulated_run.inventory.geometry, 1e-9).all()


def test_a_column_that_came_later_is_null_in_an_older_file_and_missed_in_a_newer_one(
    tmp_path: Path,
) -> None:
    path, later = tmp_path / "t.geojson", Column("float", "came later", optional=True, since=2)
    for version in (None, 1):
        member = {"schema_version": version} if version else {}
        write_geojson(table(), path, CONTRACT, member=member)
        back = read_geojson(path, {**CONTRACT, "later": later})
        assert back["later"].isna().tolist() == [True] * len(table())
    write_geojson(table(), path, CONTRACT, member={"schema_version": 2})
    with pytest.raises(OutputError, match="'later' is missing"):
        read_geojson(path, {**CONTRACT, "later": later})


@BOTH
def test_the_columns_of_a_later_minewatch_are_refused_by_version_and_older_ones_read(
    tmp_path: Path, read: Read
) -> None:
    path = tmp_path / "t.geojson"
    for version in (None, 0, SCHEMA_VERSION):
        member = {} if version is None else {"schema_version": version}
        write_geojson(table(), path, CONTRACT, member=member)
        assert len(read(path, CONTRACT)) == len(table())
    write_geojson(table(), path, CONTRACT, member={"schema_version": SCHEMA_VERSION + 2})
    with pytest.raises(OutputError, match=f"schema {SCHEMA_VERSION + 2}.*up to {SCHEMA_VERSION}"):
        read(path, CONTRACT)
