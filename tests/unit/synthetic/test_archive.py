import csv
import hashlib
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pystac
import pytest
import rasterio
import shapely

from minewatch.errors import OutputError, SettingsError
from minewatch.model import CORE_BANDS
from minewatch.synthetic import PRESETS, Archive, WorldSpec, get_preset, write_archive

TINY = replace(
    PRESETS["none"], name="tiny", size_px=96, revisit_days=40, start=date(2021, 11, 1),
    end=date(2022, 5, 31), villages=0, quarries=0,
)  # fmt: skip


def items_of(archive: Archive) -> list[dict]:
    files = sorted(archive.directory.glob("items/*/*.json"))
    return [json.loads(f.read_text()) for f in files]


def pixels(archive: Archive, item: dict, key: str) -> np.ndarray:
    href = item["assets"][key]["href"]
    with rasterio.open(archive.directory / "items" / item["id"] / href) as file:
        return file.read(1)


def rows_of(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text().splitlines()))


def hashes(folder: Path) -> dict[str, str]:
    files = [p for p in sorted(folder.rglob("*")) if p.is_file()]
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_pystac_walks_the_archive_and_every_asset_is_there(archive: Archive) -> None:
    catalog = pystac.Catalog.from_file(str(archive.catalog))
    items = list(catalog.get_items(recursive=True))
    assert len(items) == 31
    for item in items:
        assert item.get_collection().id == "sentinel-2-l2a"
        assert item.datetime is not None
        for asset in item.assets.values():
            assert Path(asset.get_absolute_href()).is_file()


def test_no_link_leaves_the_archive(archive: Archive) -> None:
    for file in archive.directory.rglob("*.json"):
        text = json.loads(file.read_text())
        hrefs = [link["href"] for link in text["links"]]
        hrefs += [a["href"] for a in text.get("assets", {}).values()]
        assert all(h.startswith((".", "..")) for h in hrefs)
        assert all((file.parent / h).exists() for h in hrefs)


def test_everything_says_simulated(archive: Archive) -> None:
    for file in archive.directory.rglob("*.json"):
        document = json.loads(file.read_text())
        props = document.get("properties", document)
        assert props["minewatch:simulated"] is True
        assert "simulated" in props["title"].lower()
        assert "simulated" in document.get("description", props["description"])
        if document["type"] == "Feature":
            assert document["id"].startswith("SIM_")
            assert document["properties"]["s2:product_uri"].startswith("SIM_")
    for file in archive.directory.rglob("*.tif"):
        with rasterio.open(file) as image:
            assert "simulated" in image.tags()["TIFFTAG_IMAGEDESCRIPTION"]
    for file in (archive.aoi, archive.truth):
        features = json.loads(file.read_text())["features"]
        assert all(f["properties"]["minewatch:simulated"] is True for f in features)
    for file in (archive.truth_seasons, archive.truth_overpasses, archive.truth_site_overpasses):
        rows = rows_of(file)
        assert rows
        assert all(row["simulated"] == "True" for row in rows)


def test_the_world_lies_in_open_sea_on_a_tile_that_does_not_exist(archive: Archive) -> None:
    area = gpd.read_file(archive.aoi).geometry.iloc[0]
    open_sea = shapely.box(96.0, 11.0, 97.2, 13.0)  # Andaman Sea, no island
    assert open_sea.contains(area)
    columns_of_zone_47 = "JKLMNPQR"
    for item in items_of(archive):
        assert item["properties"]["mgrs:grid_square"][0] not in columns_of_zone_47


def test_assets_are_tiled_cogs_at_their_native_pixel(archive: Archive) -> None:
    item = items_of(archive)[0]
    for key, asset in item["assets"].items():
        with rasterio.open(archive.directory / "items" / item["id"] / asset["href"]) as file:
            assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            assert file.tags(ns="IMAGE_STRUCTURE")["COMPRESSION"] == "DEFLATE"
            assert file.overviews(1)
            assert file.block_shapes == [(256, 256)]
            assert file.crs.to_epsg() == item["properties"]["proj:epsg"] == 32647
            assert list(file.shape) == asset["proj:shape"]
            assert list(file.transform)[:6] == asset["proj:transform"]
            assert file.nodata == 0
            assert file.res[0] == (20 if key in ("swir16", "swir22", "scl") else 10)


def test_equal_specs_give_equal_bytes_and_another_seed_another_world(tmp_path: Path) -> None:
    first = write_archive(tmp_path / "a", TINY)
    again = write_archive(tmp_path / "b", TINY)
    other = write_archive(tmp_path / "c", replace(TINY, seed=2))
    assert hashes(first.directory) == hashes(again.directory)
    a, c = hashes(first.directory), hashes(other.directory)
    same_images = [name for name in set(a) & set(c) if name.endswith(".tif") and a[name] == c[name]]
    assert not same_images


def test_planetary_computer_carries_the_offset_from_baseline_04_only(tmp_path: Path) -> None:
    clean = replace(TINY, start=date(2021, 3, 1), duplicates=1.0, partial_swaths=0.0)
    here = write_archive(tmp_path / "es", clean)
    there = write_archive(tmp_path / "pc", replace(clean, dialect="planetary-computer"))
    true_offset = {r["scene_id"]: int(r["offset_dn"]) for r in rows_of(here.truth_overpasses)}
    old = new = 0
    pairs = zip(
        sorted(items_of(here), key=lambda i: i["properties"]["s2:datatake_id"]),
        sorted(items_of(there), key=lambda i: i["properties"]["s2:datatake_id"]),
        strict=True,
    )
    for a, b in pairs:
        assert a["properties"]["s2:datatake_id"] == b["properties"]["s2:datatake_id"]
        lower = pixels(here, a, "nir").astype(int) - true_offset[a["id"]]
        step = np.unique(pixels(there, b, "B08").astype(int) - lower)
        has_offset = float(b["properties"]["s2:processing_baseline"]) >= 4
        assert step.tolist() == [1000 if has_offset else 0]
        old, new = old + (not has_offset), new + has_offset
    assert old
    assert new


def test_planetary_computer_items_have_their_own_names(tmp_path: Path) -> None:
    made = write_archive(tmp_path / "pc", replace(TINY, dialect="planetary-computer"))
    for item in items_of(made):
        assert list(item["assets"]) == ["B02", "B03", "B04", "B08", "B11", "B12", "SCL"]
        assert item["properties"]["s2:mgrs_tile"] == "47PSA"
        assert not any("raster:bands" in a for a in item["assets"].values())
        assert not any(k.startswith(("earthsearch", "mgrs")) for k in item["properties"])


def test_earth_search_flags_tell_the_offset_except_where_errors_are_asked_for(
    archive: Archive, tmp_path: Path
) -> None:
    def wrong(made: Archive) -> list[str]:
        rows = [r for r in rows_of(made.truth_overpasses) if float(r["baseline"]) >= 4]
        assert rows
        says_removed = [r for r in rows if (r["flag_applied"] == "True") != (r["offset_dn"] == "0")]
        return [r["scene_id"] for r in says_removed]

    assert wrong(archive)
    assert not wrong(write_archive(tmp_path / "right", TINY))


def test_stated_offsets_and_flags_follow_the_baseline(archive: Archive) -> None:
    for item in items_of(archive):
        band = item["assets"]["blue"]["raster:bands"][0]
        is_new = float(item["properties"]["s2:processing_baseline"]) >= 4
        assert (band["scale"], band["offset"]) == (0.0001, -0.1 if is_new else 0)
        if not is_new:
            assert item["properties"]["earthsearch:boa_offset_applied"] is False


def test_an_archive_without_swir_has_the_core_bands_and_scl(tmp_path: Path) -> None:
    made = write_archive(tmp_path / "x", replace(TINY, bands=CORE_BANDS))
    assert all(list(i["assets"]) == [*CORE_BANDS, "scl"] for i in items_of(made))
    assert not list(made.directory.rglob("B1*.tif"))


def test_neighbouring_tiles_show_the_same_ground_of_one_datatake(tmp_path: Path) -> None:
    made = write_archive(tmp_path / "x", replace(TINY, tiles=2, tile_overlap_px=24))
    by_overpass: dict[str, list[dict]] = {}
    for item in items_of(made):
        by_overpass.setdefault(item["properties"]["s2:datatake_id"], []).append(item)
    pairs = [sorted(v, key=lambda i: i["id"]) for v in by_overpass.values() if len(v) == 2]
    assert pairs
    for west, east in pairs:
        a, b = pixels(made, west, "red"), pixels(made, east, "red")
        overlap = a.shape[1] + b.shape[1] - 96
        assert overlap == 24
        assert (a[:, -overlap:] == b[:, :overlap]).all()
        assert west["properties"]["grid:code"] != east["properties"]["grid:code"]


def test_a_cut_swath_is_nodata_outside_the_footprint(tmp_path: Path) -> None:
    made = write_archive(tmp_path / "x", replace(TINY, partial_swaths=1.0))
    for item in items_of(made):
        red, scl = pixels(made, item, "red"), pixels(made, item, "scl")
        assert 0 < (red == 0).mean() < 1
        assert ((red == 0) == np.kron(scl == 0, np.ones((2, 2), bool))).all()
        share = 100 * (red == 0).mean()
        assert item["properties"]["s2:nodata_pixel_percentage"] == pytest.approx(share, abs=0.01)
        outline = gpd.GeoSeries([shapely.geometry.shape(item["geometry"])], crs=4326).to_crs(32647)
        assert outline.area.iloc[0] == pytest.approx((red > 0).sum() * 100, rel=0.05)


def test_duplicates_are_two_processings_of_one_pass(tmp_path: Path) -> None:
    made = write_archive(tmp_path / "x", replace(TINY, duplicates=1.0))
    items = items_of(made)
    times = [i["properties"]["datetime"] for i in items]
    assert len(items) == 2 * len(set(times))
    baselines = {(i["properties"]["datetime"], i["properties"]["s2:sequence"]): i for i in items}
    for (when, sequence), item in baselines.items():
        if sequence == "1":
            older = baselines[(when, "0")]["properties"]["s2:processing_baseline"]
            assert item["properties"]["s2:processing_baseline"] >= older


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("kept")
    with pytest.raises(OutputError, match="not empty"):
        write_archive(tmp_path, TINY)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_progress_is_told_once_an_overpass(tmp_path: Path) -> None:
    heard = []
    write_archive(tmp_path / "x", TINY, listener=heard.append)
    assert [p.done for p in heard] == list(range(1, heard[0].total + 1))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"size_px": 65}, "65"),
        ({"start": date(2025, 1, 1)}, "2025-01-01"),
        ({"dialect": "cdse"}, "cdse"),
        ({"tiles": 0}, "tiles is 0"),
    ],
)
def test_a_spec_without_sense_is_refused_with_its_value(change: dict, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        replace(TINY, **change)


def test_an_unknown_preset_lists_the_known_ones() -> None:
    assert get_preset("steep").name == "steep"
    with pytest.raises(SettingsError, match="dense"):
        get_preset("lunar")


def test_streams_of_chance_do_not_disturb_each_other() -> None:
    spec = WorldSpec()
    assert spec.random("a", 1).random() == spec.random("a", 1).random()
    assert spec.random("a", 1).random() != spec.random("a", 2).random()
