"""Every way a polygon file can be good, and every way it can be wrong."""

import json
import os
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon, box

from minewatch.areas import describe, read_aoi
from minewatch.errors import AoiError

SQUARE = box(98.30, 25.60, 98.40, 25.70)
BOWTIE = Polygon([(98.3, 25.6), (98.4, 25.7), (98.4, 25.6), (98.3, 25.7)])


def save(path: Path, *geometries, crs: str | None = "EPSG:4326", driver=None, **columns) -> Path:
    gpd.GeoDataFrame(columns, geometry=list(geometries), crs=crs).to_file(path, driver=driver)
    return path


def raw(path: Path, geometry: str, properties: str = "{}") -> Path:
    path.write_text(f'{{"type":"Feature","properties":{properties},"geometry":{geometry}}}')
    return path


def polygon_text(ring: str) -> str:
    return f'{{"type":"Polygon","coordinates":[{ring}]}}'


# ---- what works


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "shp", "kml", "fgb"])
def test_every_common_format_gives_the_same_area(tmp_path, suffix):
    aoi = read_aoi(save(tmp_path / f"my area.{suffix}", SQUARE))
    assert shapely.equals_exact(aoi.geometry, shapely.normalize(SQUARE), 1e-7)
    assert aoi.id == "my-area"
    assert aoi.utm_epsg == 32647


def test_a_zipped_shapefile_is_read(tmp_path):
    save(tmp_path / "plot.shp", SQUARE)
    with zipfile.ZipFile(tmp_path / "plot.zip", "w") as archive:
        for part in tmp_path.glob("plot.[sdpc][hbrp]*"):
            archive.write(part, part.name)
    assert read_aoi(str(tmp_path / "plot.zip")).geometry.equals(SQUARE)


def test_a_bare_geometry_without_a_feature_is_read(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(shapely.geometry.mapping(SQUARE)))
    assert read_aoi(tmp_path / "a.json").geometry.equals(SQUARE)


def test_metres_come_back_in_degrees_and_say_so(tmp_path):
    utm = gpd.GeoSeries([SQUARE], crs=4326).to_crs(32647).iloc[0]
    aoi = read_aoi(save(tmp_path / "a.gpkg", utm, crs="EPSG:32647"))
    assert shapely.hausdorff_distance(aoi.geometry, SQUARE) < 1e-6
    assert "reprojected from EPSG:32647" in aoi.notes


def test_features_are_joined_into_one_area(tmp_path):
    parts = [SQUARE, shapely.transform(SQUARE, lambda c: c + 0.05), box(98.6, 25.6, 98.7, 25.7)]
    aoi = read_aoi(save(tmp_path / "a.geojson", *parts, id=["x", "y", "z"], country=["MM"] * 3))
    assert aoi.geometry.geom_type == "MultiPolygon"
    assert aoi.geometry.area == pytest.approx(shapely.union_all(parts).area)
    assert aoi.id == "a"
    assert aoi.properties == {"country": "MM"}
    assert "3 features joined into one area" in aoi.notes


def test_one_feature_can_be_chosen_by_id_or_name(tmp_path):
    path = save(
        tmp_path / "a.gpkg", SQUARE, box(98, 25, 98.1, 25.1), id=["u", "v"], Name=["A", "B"]
    )
    assert read_aoi(path, feature="V").id == "v"
    assert read_aoi(path, feature="a").geometry.equals(SQUARE)
    with pytest.raises(AoiError, match="unknown feature 'w'; known: u, v"):
        read_aoi(path, feature="w")


def test_one_layer_of_a_geopackage_can_be_chosen(tmp_path):
    path = tmp_path / "a.gpkg"
    for layer, west in (("north", 98.0), ("south", 99.0)):
        area = gpd.GeoDataFrame(geometry=[box(west, 25, west + 0.1, 25.1)], crs=4326)
        area.to_file(path, layer=layer, driver="GPKG")
    assert read_aoi(path, feature="south").geometry.bounds[0] == 99.0
    assert read_aoi(path).geometry.geom_type == "MultiPolygon"


def test_parts_with_holes_stay_as_they_are(tmp_path):
    ring = SQUARE.difference(box(98.33, 25.63, 98.36, 25.66))
    aoi = read_aoi(save(tmp_path / "a.geojson", MultiPolygon([ring, box(98.5, 25.6, 98.6, 25.7)])))
    assert (describe(aoi)["parts"], describe(aoi)["holes"]) == (2, 1)
    assert aoi.notes == ()


def test_a_bowtie_is_repaired_and_says_where_it_crossed(tmp_path):
    aoi = read_aoi(save(tmp_path / "a.geojson", BOWTIE))
    assert aoi.geometry.is_valid
    assert aoi.geometry.area == pytest.approx(0.005)
    (note,) = aoi.notes
    assert note.startswith("outline repaired: Self-intersection")
    assert "98.35" in note


def test_a_hole_across_the_edge_takes_ground_away_and_adds_none(tmp_path):
    hole = box(98.38, 25.63, 98.42, 25.67)
    drawn = Polygon(SQUARE.exterior.coords, [hole.exterior.coords])
    aoi = read_aoi(save(tmp_path / "a.geojson", drawn))
    assert aoi.geometry.equals(SQUARE.difference(hole))
    assert "outline repaired" in aoi.notes[0]


def test_parts_that_overlap_are_counted_once(tmp_path):
    twice = MultiPolygon([box(98, 25, 98.2, 25.1), box(98.1, 25, 98.3, 25.1)])
    aoi = read_aoi(save(tmp_path / "a.geojson", twice))
    assert aoi.geometry.area == pytest.approx(0.03)


def test_heights_are_dropped_and_noted(tmp_path):
    aoi = read_aoi(save(tmp_path / "a.kml", shapely.force_3d(SQUARE, 1200.0), driver="KML"))
    assert not aoi.geometry.has_z
    assert "heights left out" in aoi.notes


def test_an_unclosed_ring_is_closed_and_says_so(tmp_path):
    path = raw(tmp_path / "a.geojson", polygon_text("[[98,25],[98.1,25],[98.1,25.1]]"))
    aoi = read_aoi(path)
    assert aoi.geometry.area == pytest.approx(0.005)
    assert any("ring closed" in note for note in aoi.notes)


def test_points_beside_the_polygons_are_left_out_and_counted(tmp_path):
    aoi = read_aoi(save(tmp_path / "a.geojson", SQUARE, Point(98, 25), Point(98.1, 25)))
    assert aoi.geometry.equals(SQUARE)
    assert "left out: 2 Point" in aoi.notes


def test_a_collection_gives_its_polygons(tmp_path):
    mixed = shapely.GeometryCollection([Point(98, 25), SQUARE])
    assert read_aoi(save(tmp_path / "a.geojson", mixed)).geometry.equals(SQUARE)


def test_nested_properties_come_as_python_values(tmp_path):
    properties = {
        "id": "My Valley",
        "name": "My valley",
        "day": "2024-05-01",
        "tiles": [{"tile": "47RMJ"}],
        "nothing": None,
        "controlling_group": [{"group": "G", "from": "2020", "to": None, "source": "S"}],
    }
    path = raw(tmp_path / "x.geojson", json.dumps(SQUARE.__geo_interface__), json.dumps(properties))
    aoi = read_aoi(path)
    assert (aoi.id, aoi.name) == ("my-valley", "My valley")
    assert aoi.properties == {"day": "2024-05-01", "tiles": [{"tile": "47RMJ"}]}
    assert aoi.control[0].group == "G"
    json.dumps(describe(aoi))


def test_a_numeric_id_names_nothing_so_the_file_does(tmp_path):
    assert read_aoi(save(tmp_path / "Fu Ta.gpkg", SQUARE, id=[1])).id == "fu-ta"


def test_an_area_across_two_zones_is_read_and_says_so(tmp_path):
    aoi = read_aoi(save(tmp_path / "a.gpkg", box(95.5, 25.0, 96.2, 25.5)))
    assert aoi.utm_epsg == 32646
    assert "UTM zones 46 to 47" in aoi.notes[0]


def test_control_that_cannot_be_read_is_in_the_notes(tmp_path):
    aoi = read_aoi(save(tmp_path / "a.gpkg", SQUARE, controlling_group=['[{"from": "2020"}]']))
    assert aoi.control == ()
    assert "names no group" in aoi.notes[0]


def test_an_area_south_of_the_equator_has_a_southern_zone(tmp_path):
    assert read_aoi(save(tmp_path / "a.gpkg", box(-55.1, -7.1, -55.0, -7.0))).utm_epsg == 32721


def test_later_steps_are_free_of_the_coordinate_grid(tmp_path):
    assert shapely.get_precision(read_aoi(save(tmp_path / "a.gpkg", SQUARE)).geometry) == 0


# ---- what ends with a clear error


def error_of(name, **options) -> AoiError:
    with pytest.raises(AoiError) as caught:
        read_aoi(name, **options)
    assert caught.value.hint, "every error says how to mend it"
    return caught.value


def test_a_missing_file_lists_the_bundled_names():
    error = error_of("nowhere.gpkg")
    assert "'nowhere.gpkg'" in error.problem
    assert "chipwe-pangwa" in error.hint


def test_a_misspelt_name_is_answered_with_the_near_one():
    assert error_of("chipwe-pangwar").hint == "did you mean 'chipwe-pangwa'?"


def test_an_address_is_not_fetched():
    assert "download" in error_of("https://example.org/a.geojson").hint


@pytest.mark.parametrize("text", ["hello", '{"type":"Polygon","coo', ""])
def test_a_file_that_is_no_vector_file_says_so(tmp_path, text):
    (tmp_path / "a.geojson").write_text(text)
    assert "cannot be read as a vector file" in error_of(tmp_path / "a.geojson").problem


def test_a_shapefile_without_its_parts_names_them(tmp_path):
    save(tmp_path / "a.shp", SQUARE)
    (tmp_path / "a.shx").unlink()
    assert ".shx" in error_of(tmp_path / "a.shp").hint


def test_an_empty_file_is_called_empty(tmp_path):
    (tmp_path / "a.geojson").write_text('{"type":"FeatureCollection","features":[]}')
    assert "it is empty" in error_of(tmp_path / "a.geojson").problem


@pytest.mark.parametrize("geometry", [Point(98, 25), LineString([(98, 25), (99, 26)]), Polygon()])
def test_what_is_no_area_is_named(tmp_path, geometry):
    error = error_of(save(tmp_path / "a.geojson", geometry))
    expected = "empty geometry" if geometry.is_empty else geometry.geom_type
    assert f"1 {expected}" in error.problem


def test_a_shapefile_without_prj_asks_for_it(tmp_path):
    save(tmp_path / "a.shp", SQUARE)
    (tmp_path / "a.prj").unlink()
    error = error_of(tmp_path / "a.shp")
    assert "no coordinate reference system" in error.problem
    assert ".prj" in error.hint


def test_metres_in_a_geojson_are_recognised(tmp_path):
    error = error_of(
        raw(tmp_path / "a.geojson", json.dumps(box(4e5, 28e5, 41e4, 281e4).__geo_interface__))
    )
    assert "not degrees (x 400000 to 410000" in error.problem
    assert "metres" in error.hint


def test_degrees_under_a_metre_crs_are_recognised(tmp_path):
    error = error_of(save(tmp_path / "a.gpkg", SQUARE, crs="EPSG:32647"))
    assert "the CRS is EPSG:32647 but the numbers are degrees" in error.problem


def test_swapped_lon_and_lat_are_recognised_and_placed(tmp_path):
    swapped = box(25.60, 98.30, 25.70, 98.40)
    error = error_of(save(tmp_path / "a.geojson", swapped))
    assert "swapped" in error.problem
    assert "98.350 E 25.650 N" in error.hint


def test_longitudes_beyond_180_name_the_antimeridian(tmp_path):
    assert "antimeridian" in error_of(save(tmp_path / "a.geojson", box(179, 0, 181, 1))).hint


def test_an_area_split_at_the_antimeridian_asks_for_two_files(tmp_path):
    split = MultiPolygon([box(179.5, 0, 180, 1), box(-180, 0, -179.5, 1)])
    assert "antimeridian" in error_of(save(tmp_path / "a.geojson", split)).hint


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        (box(90, 10, 100, 20), "more than the 50,000 km²"),
        (box(98.3, 25.6, 98.3005, 25.6005), "less than 1 ha"),
        (Polygon([(98.3, 25.6), (98.4, 25.7), (98.3, 25.6)]), "less than 1 ha"),
        (MultiPolygon([SQUARE, box(115, 25.6, 115.1, 25.7)]), "km apart"),
        (box(0, 83.9, 0.5, 84.1), "latitudes 83.9 to 84.1 leave what UTM covers (-80 to 84)"),
        (box(-70, -80.1, -69.9, -80), "latitudes -80.1"),
    ],
)
def test_an_area_no_run_could_use_is_refused_with_the_limit(tmp_path, geometry, words):
    assert words in error_of(save(tmp_path / "a.gpkg", geometry)).problem


def test_a_coordinate_that_is_no_number_is_counted(tmp_path):
    path = raw(tmp_path / "a.geojson", polygon_text("[[98,25],[NaN,25],[98.1,25.1],[98,25]]"))
    assert "1 coordinate(s) are not numbers, the first (nan, 25" in error_of(path).problem


@pytest.mark.skipif(os.name != "posix", reason="file names are bytes on POSIX only")
def test_a_directory_is_not_an_area(tmp_path):
    assert str(tmp_path) in error_of(tmp_path).problem


# ---- what people bring


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def parts_of_a_shapefile(folder: Path, name: str, area: Polygon = SQUARE) -> dict[str, bytes]:
    save(folder / f"{name}.shp", area)
    return {part.name: part.read_bytes() for part in folder.glob(f"{name}.*")}


def test_a_shapefile_in_a_folder_of_a_zip_is_read(tmp_path):
    parts = parts_of_a_shapefile(tmp_path, "plot")
    path = zipped(tmp_path / "z.zip", {f"export/aoi/{n}": data for n, data in parts.items()})
    aoi = read_aoi(path)
    assert aoi.geometry.equals(SQUARE)
    assert "read from export/aoi/plot.shp" in aoi.notes


def test_what_a_mac_adds_to_a_zip_is_passed_over(tmp_path):
    parts = parts_of_a_shapefile(tmp_path, "plot")
    members = {f"aoi/{n}": data for n, data in parts.items()}
    members |= {f"__MACOSX/aoi/._{n}": b"\0\5\x16\7" for n in parts}
    assert read_aoi(zipped(tmp_path / "mac.zip", members)).geometry.equals(SQUARE)


@pytest.mark.parametrize("suffix", ["geojson", "kml"])
def test_any_vector_file_in_a_zip_is_read(tmp_path, suffix):
    driver = {"geojson": "GeoJSON", "kml": "KML"}[suffix]
    data = save(tmp_path / f"a.{suffix}", SQUARE, driver=driver).read_bytes()
    path = zipped(tmp_path / "mail's {1}!.zip", {"readme.txt": b"x", f"a.{suffix}": data})
    assert shapely.equals_exact(read_aoi(path).geometry, shapely.normalize(SQUARE), 1e-7)


def test_several_outlines_of_a_zip_are_named_and_one_can_be_chosen(tmp_path):
    parts = parts_of_a_shapefile(tmp_path, "north") | parts_of_a_shapefile(
        tmp_path, "south", box(98.3, 25.0, 98.4, 25.1)
    )
    path = zipped(tmp_path / "z.zip", parts)
    assert "read from north.shp, south.shp" in read_aoi(path).notes
    assert read_aoi(path, feature="south").geometry.bounds[1] == 25.0


def test_a_zip_without_an_outline_says_what_it_holds(tmp_path):
    error = error_of(zipped(tmp_path / "z.zip", {"notes.txt": b"x", "photo.jpg": b"y"}))
    assert "the archive holds notes.txt, photo.jpg" in error.problem


def test_a_layer_of_unknown_type_with_heights_is_read(tmp_path):
    path, blobs = tmp_path / "a.gpkg", shapely.to_wkb([shapely.force_3d(SQUARE, 5.0)])
    pyogrio.raw.write(
        path, blobs, [], [], geometry_type="Unknown", crs="EPSG:4326", driver="GPKG", layer="my <a>"
    )
    with closing(sqlite3.connect(path)) as tables:
        tables.execute("update gpkg_geometry_columns set z=1")
        tables.commit()
    with pytest.raises(pyogrio.errors.GeometryError):
        pyogrio.list_layers(path)
    aoi = read_aoi(path)
    assert aoi.geometry.equals(SQUARE)
    assert "heights left out" in aoi.notes


def test_a_property_that_is_no_date_costs_only_itself(tmp_path):
    properties = {"id": "My Valley", "when": "2024-02-30", "owner": "U"}
    text = json.dumps(SQUARE.__geo_interface__)
    aoi = read_aoi(raw(tmp_path / "a.geojson", text, json.dumps(properties)))
    assert aoi.id == "my-valley"
    assert aoi.properties == {"owner": "U"}
    assert "property 'when' left out: day is out of range for month" in aoi.notes


@pytest.mark.parametrize("name", ["a b!c.geojson", "a!b.shp", "old!/a.gpkg"])
def test_a_mark_in_a_file_name_is_a_letter(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    save(tmp_path / "a.gpkg", SQUARE)
    gpd.read_file(tmp_path / "a.gpkg").to_file(tmp_path / f"x{Path(name).suffix}")
    for part in tmp_path.glob("x.*"):
        part.rename((tmp_path / name).with_suffix(part.suffix))
    assert shapely.equals_exact(read_aoi(tmp_path / name).geometry, shapely.normalize(SQUARE), 1e-7)


@pytest.mark.parametrize("column", ["WKT", "geometry", "geom"])
def test_a_table_of_outlines_in_degrees_is_read_and_says_so(tmp_path, column):
    path = tmp_path / "a.csv"
    path.write_text(f'id,{column}\nu,"{SQUARE.wkt}"\n')
    aoi = read_aoi(path)
    assert aoi.geometry.equals(SQUARE)
    assert aoi.id == "u"
    assert "a table states no CRS: read as degrees (EPSG:4326)" in aoi.notes


def test_a_table_of_outlines_in_metres_asks_for_their_crs(tmp_path):
    (tmp_path / "a.csv").write_text(f'id,WKT\nu,"{box(4e5, 28e5, 41e4, 281e4).wkt}"\n')
    assert "no coordinate reference system" in error_of(tmp_path / "a.csv").problem


def test_a_file_that_would_take_minutes_is_refused_with_its_size(tmp_path: Path) -> None:
    path = tmp_path / "large.geojson"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(AoiError, match="is 200 MB, and 16 MB is the most") as caught:
        read_aoi(path)
    assert "simplify" in caught.value.hint


def test_a_zipped_file_counts_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "large.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("large.geojson", bytes(80_000_000))
    with pytest.raises(AoiError, match="is 80 MB"):
        read_aoi(path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "area.geojson")
    with pytest.raises(AoiError, match="is no file"):
        read_aoi(tmp_path / "area.geojson")
