"""Folders of tiny simulated GeoTIFFs."""

import os
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from shapely.geometry import box

from minewatch.catalog import find_scenes, read_scene_list, write_scene_list
from minewatch.errors import NoScenesError
from minewatch.model import AreaOfInterest, MaskValues, Period, parse_day

MAPPING = """\
title = "doves"
scale = 0.0001
files = "{scene}_SR.tif"
[bands]
blue = 1
green = 2
red = 3
nir = 4
[mask]
files = "{scene}_udm2.tif"
clear = [1]
grow = false
"""
AREA = AreaOfInterest(
    id="simulated", name="Simulated", geometry=box(98.0, 25.0, 98.001, 25.001), utm_epsg=32647
)
YEAR = Period(parse_day("2023-01-01", name="a"), parse_day("2023-12-31", name="b"))
DEGREES = Affine(0.00003, 0, 98.0, 0, -0.00003, 25.002)


def write(path: Path, *, count=4, kind="uint16", crs="EPSG:4326", transform=DEGREES, px=80):
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path, "w", driver="GTiff", width=px, height=px, count=count, dtype=kind, crs=crs,
        transform=transform,
    ) as file:  # fmt: skip
        file.write(np.ones((count, px, px), kind))


def folder(tmp_path: Path, *names: str, mapping: str = MAPPING) -> Path:
    (tmp_path / "minewatch.toml").write_text(mapping, "utf-8")
    for name in names:
        write(tmp_path / f"{name}_SR.tif")
        write(tmp_path / f"{name}_udm2.tif", count=1, kind="uint8")
    return tmp_path


def search(place: Path):
    return find_scenes(AREA, YEAR, catalog=str(place))


def reason(place: Path, name: str) -> str:
    """Why a scene is left out, beside one that is not."""
    found = search(place)
    assert [scene.id for scene in found] == ["20230101"]
    return found.dropped[name]


def test_every_file_becomes_a_scene_with_what_its_mapping_says(tmp_path: Path) -> None:
    found = search(folder(tmp_path, "20230105", "20230102"))
    first, second = found.scenes
    assert (first.id, second.id) == ("20230102", "20230105")
    assert first.sensor == "geotiff-folder"
    assert {band: a.index for band, a in first.assets.items()} == {
        "blue": 1, "green": 2, "red": 3, "nir": 4, "mask": 1,
    }  # fmt: skip
    assert first.assets["red"].scale == 0.0001
    assert first.assets["red"].epsg == 4326
    assert first.assets["red"].pixel_m == pytest.approx(3.32, abs=0.02), "degrees on the ground"
    assert first.assets["mask"].mask_values == MaskValues(clear=(1,), grows=False)
    assert first.footprint.bounds == pytest.approx((98.0, 24.9996, 98.0024, 25.002), abs=1e-6)
    assert first.overpass != second.overpass


def test_a_frozen_list_of_it_is_read_back_as_it_was(tmp_path: Path) -> None:
    found = search(folder(tmp_path, "20230101"))
    write_scene_list(found, tmp_path / "scenes.json")
    again = read_scene_list(tmp_path / "scenes.json")
    assert again == found
    assert [scene.key for scene in again] == [scene.key for scene in found]


def test_strips_of_one_day_are_one_overpass_and_no_duplicates(tmp_path: Path) -> None:
    found = search(folder(tmp_path, "20230101_a", "20230101_b"))
    assert len(found) == 2
    assert len({scene.overpass for scene in found}) == 1


def test_a_file_that_changed_is_another_scene_to_what_is_kept(tmp_path: Path) -> None:
    place = folder(tmp_path, "20230101")
    before = search(place).scenes[0].key
    os.utime(place / "20230101_SR.tif", (0, 2_000_000_000))
    assert search(place).scenes[0].key != before


def test_another_order_of_bands_is_another_scene_to_what_is_kept(tmp_path: Path) -> None:
    before = search(folder(tmp_path, "20230101"))
    text = MAPPING.replace("blue = 1", "blue = 3").replace("red = 3", "red = 1")
    after = search(folder(tmp_path, mapping=text))
    assert after.sha256 != before.sha256
    assert after.scenes[0].key != before.scenes[0].key


def test_folders_below_are_looked_through_and_the_name_is_the_whole_path(tmp_path: Path) -> None:
    assert [s.id for s in search(folder(tmp_path, "north/20230101"))] == ["north_20230101"]


def test_what_cannot_be_used_is_left_out_with_the_reason(tmp_path: Path) -> None:
    place = folder(tmp_path, "20230101", "mosaic", "20230102", "20230103", "20230104", "20230106")
    write(place / "20230102_SR.tif", kind="float32")
    write(place / "20230103_SR.tif", crs=None)
    write(place / "20230104_SR.tif", count=3)
    (place / "20230106_SR.tif").write_bytes(b"no tiff")
    write(place / "20230107_SR.tif")
    assert "date as YYYYMMDD" in reason(place, "mosaic")
    assert "float32" in reason(place, "20230102")
    assert "gdal_translate" in reason(place, "20230102")
    assert "no CRS" in reason(place, "20230103")
    assert "has 3 bands: there is no 4 (nir)" in reason(place, "20230104")
    assert "cannot be read" in reason(place, "20230106")
    assert "no file '{scene}_udm2.tif' for mask" in reason(place, "20230107")


def test_a_folder_in_which_nothing_fits_says_why(tmp_path: Path) -> None:
    with pytest.raises(NoScenesError) as caught:
        search(folder(tmp_path, "mosaic"))
    assert "date as YYYYMMDD" in caught.value.hint


def test_a_pixel_of_metres_is_as_stated_and_one_of_web_mercator_as_on_the_ground(
    tmp_path: Path,
) -> None:
    place = folder(tmp_path, "20230101", "20230102")
    write(place / "20230101_SR.tif", crs="EPSG:32647", px=200,
          transform=Affine(3, 0, 398_900, 0, -3, 2_765_900))  # fmt: skip
    write(place / "20230102_SR.tif", crs="EPSG:3857", px=400,
          transform=Affine(4.777, 0, 10_909_000, 0, -4.777, 2_876_500))  # fmt: skip
    utm, mercator = search(place).scenes
    assert utm.assets["red"].pixel_m == 3.0
    assert mercator.assets["red"].pixel_m == pytest.approx(4.777 * np.cos(np.radians(25)), rel=0.01)
