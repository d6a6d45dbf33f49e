"""What questions about the surroundings of mines read: hostile layers and heights."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from minewatch.analysis.context_inputs import (
    bundled_places,
    packaged_table,
    read_catchment_heights,
    read_layer,
)
from minewatch.errors import ReadError, SettingsError
from minewatch.model import RunResult

EPSG = 32647


def layer(path: Path, *shapes: shapely.Geometry | None, crs: str | int = 4326, **columns) -> Path:
    gpd.GeoDataFrame(columns or {"name": ["n"]}, geometry=list(shapes), crs=crs).to_file(path)
    return path


def heights(path: Path, run: RunResult, *, crs: int = EPSG, value: float = 500.0) -> Path:
    west, _, _, north = run.aoi.geometry_utm.bounds
    where = Affine(30, 0, west - 300, 0, -30, north + 300)
    with rasterio.open(
        path, "w", driver="GTiff", width=90, height=90, count=1, dtype="float32",
        crs=f"EPSG:{crs}", transform=where, nodata=-32768,
    ) as file:  # fmt: skip
        file.write(np.full((90, 90), value, np.float32), 1)
    return path


def test_points_lines_and_areas_come_in_metres_with_names(tmp_path: Path) -> None:
    shapes = [shapely.Point(99, 25), shapely.LineString([(99, 25), (99.1, 25)])]
    path = layer(tmp_path / "a.geojson", *shapes, name=["Somewhere", None])
    found = read_layer(path, epsg=EPSG, kind="village")
    assert found.table.crs.to_epsg() == EPSG
    assert found.table["name"].tolist() == ["Somewhere", "village 2"]
    assert found.table["kind"].tolist() == ["village", "village"]
    assert found.notes == ()


def test_broken_areas_are_repaired_and_empty_features_left_out_and_said(tmp_path: Path) -> None:
    bow_tie = shapely.Polygon([(99, 25), (99.1, 25.1), (99.1, 25), (99, 25.1)])
    path = layer(tmp_path / "a.gpkg", bow_tie, None, name=["x", "y"])
    found = read_layer(path, epsg=EPSG, kind="field")
    assert found.table.geometry.is_valid.all()
    assert len(found.table) == 1
    assert found.notes == (
        "a.gpkg: 1 features without outline left out", "a.gpkg: 1 broken outlines repaired",
    )  # fmt: skip


def test_swapped_axes_are_named(tmp_path: Path) -> None:
    path = layer(tmp_path / "a.geojson", shapely.Point(25, 99))
    with pytest.raises(SettingsError, match="lon and lat are swapped"):
        read_layer(path, epsg=EPSG, kind="village")


def test_metres_that_are_said_to_be_degrees_and_the_other_way_round_are_named(tmp_path) -> None:
    metres = layer(tmp_path / "a.geojson", shapely.Point(700_000, 2_830_000))
    with pytest.raises(SettingsError, match="the numbers are not degrees"):
        read_layer(metres, epsg=EPSG, kind="village")
    degrees = layer(tmp_path / "b.gpkg", shapely.Point(99, 25), crs=EPSG)
    with pytest.raises(SettingsError, match="the numbers are degrees"):
        read_layer(degrees, epsg=EPSG, kind="village")


def test_a_layer_without_a_crs_a_table_and_a_text_are_refused(tmp_path: Path) -> None:
    bare = tmp_path / "a.gpkg"
    with pytest.warns(UserWarning, match="crs"):
        gpd.GeoDataFrame({"name": ["n"]}, geometry=[shapely.Point(99, 25)]).to_file(bare)
    with pytest.raises(SettingsError, match="coordinate reference system"):
        read_layer(bare, epsg=EPSG, kind="village")
    text = tmp_path / "b.geojson"
    text.write_text("not a layer", encoding="utf-8")
    with pytest.raises(SettingsError, match="cannot be read as a layer"):
        read_layer(text, epsg=EPSG, kind="village")
    with pytest.raises(SettingsError, match="is no file"):
        read_layer(tmp_path / "none.gpkg", epsg=EPSG, kind="village")


def test_an_empty_layer_is_said_and_no_error(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": []}), encoding="utf-8")
    found = read_layer(path, epsg=EPSG, kind="village")
    assert found.table.empty
    assert found.notes == ("a.geojson: is empty",)


def test_a_csv_of_positions_is_read_and_a_bad_number_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,lat,lon\nA,25,99\n", encoding="utf-8")
    assert read_layer(path, epsg=EPSG, kind="village").table["name"].tolist() == ["A"]
    path.write_text("name,lat,lon\nA,north,99\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="north"):
        read_layer(path, epsg=EPSG, kind="village")
    path.write_text("name,lat,lon\nA,,99\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="not numbers"):
        read_layer(path, epsg=EPSG, kind="village")


def test_the_gazetteer_lies_where_it_says() -> None:
    places = bundled_places(EPSG).to_crs(4326).set_index("name")
    assert len(places) == 26  # without a pin that is only claimed to be a mine
    assert places["uncertainty_m"].between(200, 5000).all()
    assert (
        places.loc["Pang War (Pangwa)"].geometry.distance(shapely.Point(98.37863, 25.59866)) < 1e-6
    )


def test_every_packaged_table_has_rows() -> None:
    for name in ("controllers", "events", "trade_figures", "recall_by_size", "recall_by_state"):
        assert packaged_table(name), name


def test_heights_of_a_file_and_of_a_folder_are_the_same(simulated_run, tmp_path: Path) -> None:
    path = heights(tmp_path / "h.tif", simulated_run)
    one = read_catchment_heights(simulated_run, dem=str(path), beyond_km=1)
    many = read_catchment_heights(simulated_run, dem=str(tmp_path), beyond_km=1)
    assert np.array_equal(one.metres, many.metres, equal_nan=True)
    assert one.epsg == EPSG
    assert np.isnan(one.metres).any()  # the file ends before the box does
    assert np.nanmax(one.metres) == 500
    assert not one.simulated


def test_heights_elsewhere_or_in_two_systems_are_refused(simulated_run, tmp_path: Path) -> None:
    far = heights(tmp_path / "far.tif", simulated_run, crs=32610)
    with pytest.raises(ReadError, match="none of 1 files of heights lies over the area"):
        read_catchment_heights(simulated_run, dem=str(far), beyond_km=1)
    folder = tmp_path / "two"
    folder.mkdir()
    heights(folder / "a.tif", simulated_run)
    heights(folder / "b.tif", simulated_run, crs=24047)
    with pytest.raises(ReadError, match="in different CRS"):
        read_catchment_heights(simulated_run, dem=str(folder), beyond_km=1)
    broken = tmp_path / "broken.tif"
    broken.write_bytes(b"II*\0nothing")
    with pytest.raises(ReadError, match=r"broken.tif cannot be read"):
        read_catchment_heights(simulated_run, dem=str(broken), beyond_km=1)


def test_a_catalogue_without_heights_says_what_to_give(simulated_run, tmp_path: Path) -> None:
    with pytest.raises(ReadError) as caught:
        read_catchment_heights(simulated_run, dem="auto", catalog=str(tmp_path / "none.json"))
    assert "--dem a file of heights" in caught.value.hint
