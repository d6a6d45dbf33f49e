from pathlib import Path

import pytest

from minewatch.catalog.folder_mapping import mapping_at, read_mapping, sensor_for
from minewatch.errors import CatalogError, SettingsError

BANDS = "[bands]\nblue = 3\ngreen = 2\nred = 1\nnir = 4\n"
GOOD = f"scale = 0.0001\n{BANDS}"


def write(folder: Path, text: str) -> Path:
    path = folder / "minewatch.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_short_mapping_is_enough(tmp_path: Path) -> None:
    found = read_mapping(write(tmp_path, GOOD))
    assert found.folder == tmp_path
    assert {band: (place.files, place.index) for band, place in found.bands.items()} == {
        "blue": ("{scene}.tif", 3), "green": ("{scene}.tif", 2), "red": ("{scene}.tif", 1),
        "nir": ("{scene}.tif", 4),
    }  # fmt: skip
    assert found.mask_values is None
    assert (found.scale, found.offset, found.nodata) == (0.0001, 0.0, None)


def test_bands_may_be_files_of_their_own(tmp_path: Path) -> None:
    text = (
        'scale = 0.0001\n[bands]\nblue = "{scene}_B2.tif"\ngreen = "{scene}_B3.tif"\n'
        'red = {files = "{scene}_RGN.tif", band = 2}\nnir = "{scene}/B8.tif"\n'
    )
    bands = read_mapping(write(tmp_path, text)).bands
    assert (bands["red"].files, bands["red"].index) == ("{scene}_RGN.tif", 2)
    assert (bands["nir"].files, bands["nir"].index) == ("{scene}/B8.tif", 1)


@pytest.mark.parametrize(
    ("date", "name", "day"),
    [
        ("YYYYMMDD_hhmmss", "20200115_034512_1003_3B", "2020-01-15T03:45:12+00:00"),
        ("YYYYMMDD", "flight-7_20240229", "2024-02-29T00:00:00+00:00"),
        ("YYYY-MM-DD", "ortho/2023-05-01_north", "2023-05-01T00:00:00+00:00"),
        ("YYYYMMDD", "20239999_20230102", "2023-01-02T00:00:00+00:00"),
    ],
)
def test_the_date_is_taken_from_the_name(tmp_path: Path, date: str, name: str, day: str) -> None:
    found = read_mapping(write(tmp_path, f'date = "{date}"\n{GOOD}')).date_of(name)
    assert found is not None
    assert found.isoformat() == day


@pytest.mark.parametrize("name", ["mosaic", "20231301", "120230105", "2023010"])
def test_a_name_without_a_date_gives_none(tmp_path: Path, name: str) -> None:
    assert read_mapping(write(tmp_path, GOOD)).date_of(name) is None


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        ("scale = ", "is no TOML", "docs/geotiff-folders.md"),
        (BANDS, "scale is missing", "scale = 0.0001"),
        (f"scale = 10000\n{BANDS}", "scale = 10000 is no", "scale = 0.0001"),
        (f"scale = '0.1'\n{BANDS}", "scale is '0.1'", "a number"),
        (f"scael = 1\n{GOOD}", "scael", "docs/"),
        ("scale = 0.1\n", "bands is None", "[bands]"),
        ("scale = 0.1\n[bands]\nred = 1\ngreen = 2\nblue = 3\n", "has no nir", "three colours"),
        (f"{GOOD}nri = 5\n", "nri", "docs/"),
        (GOOD.replace("= 4", "= 0"), "bands.nir: 0 is no number", "from 1"),
        (GOOD.replace("= 4", "= true"), "bands.nir: True", "from 1"),
        (GOOD.replace("= 4", '= "nir.tif"'), "does not hold {scene} once", "{scene}_SR.tif"),
        (f'files = "*.tif"\n{GOOD}', "does not hold {scene} once", "{scene}_SR.tif"),
        (f'date = "YYYY-MM"\n{GOOD}', "has no DD", "YYYYMMDD"),
        (f'folder = "nowhere"\n{GOOD}', "is no folder", "path"),
        (f"simulated = 1\n{GOOD}", "simulated is 1", "true or false"),
        (f"{GOOD}[mask]\n", "neither clear nor hidden_bits", "clear = [1]"),
        (f"{GOOD}[mask]\nclear = [1]\nhidden_bits = [2]\n", "clear and hidden_bits", "one of"),
        (f"{GOOD}[mask]\nclear = [300]\n", "clear = [300]", "clear = [1]"),
        (f"{GOOD}[mask]\nhidden_bits = [16]\n", "hidden_bits = [16]", "hidden_bits"),
        (f"mask = 3\n{GOOD}", "mask is 3", "[mask]"),
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_be_is_refused_with_the_value_and_the_mend(
    tmp_path: Path, text: str, problem: str, hint: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(CatalogError) as caught:
        read_mapping(path)
    assert str(path) in caught.value.problem
    assert problem in caught.value.problem
    assert hint in caught.value.hint


def test_a_folder_is_a_catalogue_when_a_mapping_lies_in_it(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    assert mapping_at(str(tmp_path)) == mapping_at(str(path)) == path
    assert mapping_at("earth-search") is None
    assert mapping_at("https://host/stac/minewatch.toml") is None
    assert sensor_for(str(tmp_path), "sentinel-2-l2a") == "geotiff-folder"
    (tmp_path / "catalog.json").write_text("{}")
    assert mapping_at(str(tmp_path)) is None, "a STAC catalogue goes first"


def test_a_folder_of_geotiffs_without_one_is_refused_with_the_mend(tmp_path: Path) -> None:
    assert mapping_at(str(tmp_path)) is None
    (tmp_path / "a.TIF").write_bytes(b"")
    with pytest.raises(CatalogError, match=r"holds GeoTIFFs, and neither"):
        mapping_at(str(tmp_path))


def test_sensor_and_catalogue_must_go_together(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    with pytest.raises(SettingsError, match="--sensor is landsat-c2-l2"):
        sensor_for(str(tmp_path), "landsat-c2-l2")
    with pytest.raises(SettingsError, match="goes with a folder"):
        sensor_for("earth-search", "geotiff-folder")
