"""Recorded items of every catalogue and baseline give the right offset and files.

They may not be committed; the folder is `$MINEWATCH_SHARED`, or `../shared` beside the repository.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import yaml
from shapely.geometry import box

from minewatch.catalog import (
    ItemError,
    find_scenes,
    read_scene_list,
    scene_from_item,
    write_scene_list,
)
from minewatch.cube import estimate_read, make_grid
from minewatch.cube.read_estimate import FULL_SHARE
from minewatch.model import REFLECTANCE_BANDS, AreaOfInterest, Period, Scene
from minewatch.sensors import get_sensor

HERE = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("MINEWATCH_SHARED") or HERE.parent / "shared") / "data"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not (SHARED / "stac_items").is_dir(), reason="no shared data: set MINEWATCH_SHARED"
    ),
]
Item = dict[str, Any]
SENTINEL_2, LANDSAT = get_sensor("sentinel-2-l2a"), get_sensor("landsat-c2-l2")
FILES = {
    "blue": "B02", "green": "B03", "red": "B04", "nir": "B08", "swir16": "B11", "swir22": "B12",
    "mask": "SCL",
}  # fmt: skip


def documents() -> Iterator[tuple[Path, Any]]:
    """Every JSON document of the folder, those inside recorded answers too."""
    for path in sorted((SHARED / "stac_items").rglob("*")):
        if path.suffix == ".yaml":
            for call in yaml.load(path.read_text(), yaml.CSafeLoader)["interactions"]:
                yield from _parsed(path, str(call["response"]["body"]["string"]))
        elif path.is_file():
            yield from _parsed(path, path.read_text(errors="replace"))


def _parsed(path: Path, text: str) -> Iterator[tuple[Path, Any]]:
    try:
        yield path, json.loads(text)
    except ValueError:
        return


def items() -> Iterator[tuple[Path, Item]]:
    """Every recorded STAC item."""
    for path, document in documents():
        listed = document if isinstance(document, list) else document.get("features", [document])
        for item in listed:
            if isinstance(item, dict) and item.get("type") == "Feature" and item.get("id"):
                yield path, item


@pytest.fixture(scope="module")
def recorded() -> list[tuple[Path, Item]]:
    """All of them, read once."""
    return list(items())


def baseline_of(item: Item) -> float:
    """The baseline, from wherever the raw text of the item names it first."""
    text = json.dumps(item["properties"]) + item["id"]
    found = re.search(r'baseline": "(\d\d\.\d\d)"', text)
    short = re.search(r"_N(\d\d)(\d\d)_", text)
    assert found or short, item["id"]
    return float(found[1]) if found else float(f"{short[1]}.{short[2]}")  # type: ignore[index]


def scenes(recorded: list[tuple[Path, Item]]) -> list[tuple[Item, Scene]]:
    """Every recorded Sentinel-2 L2A item with its scene."""
    read = []
    for path, item in recorded:
        try:
            scene = scene_from_item(item, profile=SENTINEL_2, base=str(path))
        except ItemError:
            continue
        read.append((item, scene))
    return read


def test_every_sentinel_2_l2a_item_becomes_a_scene(recorded: list[tuple[Path, Item]]) -> None:
    told = {
        item["id"]
        for _, item in recorded
        if "sentinel-2" in str(item["properties"].get("platform")).lower()
        and "L1C" not in json.dumps(item["properties"]) + item["id"]
    }
    assert {scene.id for _, scene in scenes(recorded)} == told
    assert len(told) >= 50


def test_every_offset_is_right(recorded: list[tuple[Path, Item]]) -> None:
    baselines: Counter[float] = Counter()
    for item, scene in scenes(recorded):
        baseline = baseline_of(item)
        baselines[baseline] += 1
        removed = item["properties"].get("earthsearch:boa_offset_applied") is True
        expected = 0 if removed or baseline < 4 else -1000
        decision = SENTINEL_2.offset_from_metadata(scene)
        assert decision.offset_dn == expected, (scene.id, decision)
    assert {2.07, 2.09, 2.11, 2.12, 2.14, 3.01, 4.0, 5.0, 5.09, 5.1} <= set(baselines)


def test_every_band_is_its_finest_file(recorded: list[tuple[Path, Item]]) -> None:
    for _, scene in scenes(recorded):
        assert set(scene.assets) == set(FILES), scene.id
        for band, asset in scene.assets.items():
            name = asset.href.rpartition("/")[2]
            assert FILES[band] in name, (scene.id, band, name)
            coarse = "60m" in name or (band in {"blue", "green", "red", "nir"} and "20m" in name)
            assert not coarse, (scene.id, band, name)


def test_every_scene_has_tile_pass_baseline_and_projection(
    recorded: list[tuple[Path, Item]],
) -> None:
    for item, scene in scenes(recorded):
        assert re.fullmatch(r"\d\d[C-X][A-Z]{2}", scene.tile), scene.id
        assert scene.tile.lstrip("0") in json.dumps(item), scene.id
        assert re.fullmatch(r"S2[AB]_(\d{8}T\d{6}|A\d{6})", scene.datatake), scene.id
        assert scene.assets["blue"].epsg == int(
            f"32{'7' if scene.tile[2] < 'N' else '6'}{scene.tile[:2]}"
        ), scene.id


def test_landsat_items_have_their_bands(recorded: list[tuple[Path, Item]]) -> None:
    read = []
    for path, item in recorded:
        try:
            read.append(scene_from_item(item, profile=LANDSAT, base=str(path)))
        except ItemError:
            continue
    assert len(read) >= 12
    assert {scene.platform[-1] for scene in read} >= {"4", "5", "7", "8", "9"}
    for scene in read:
        assert "swir16" in scene.assets
        assert "mask" in scene.assets
        assert scene.tile.count("/") == 1
        stated = scene.assets["red"]
        if stated.offset is not None and stated.scale is not None:
            assert stated.scale == LANDSAT.scale
            decided = LANDSAT.offset_from_metadata(scene).offset_dn
            assert abs(stated.offset / stated.scale - decided) < 1


def test_the_real_archive_of_slovenia_is_found_and_frozen(tmp_path: Path) -> None:
    aoi = AreaOfInterest(
        id="slovenia", name="Slovenia", geometry=box(15.2, 45.9, 15.8, 46.2), utm_epsg=32633
    )
    period = Period(date(2023, 8, 1), date(2023, 8, 31))
    catalog = str(SHARED / "s2_l2a_slovenia_120m" / "catalog.json")
    found = find_scenes(aoi, period, catalog=catalog)
    assert [scene.tile for scene in found] == ["33TWM", "33TWL"] * 3
    assert len({scene.overpass for scene in found}) == 3
    assert found.bands == ("blue", "green", "red", "nir")
    assert {SENTINEL_2.offset_from_metadata(s).offset_dn for s in found} == {0}
    assert all(Path(a.href).exists() for s in found for a in s.assets.values())
    write_scene_list(found, tmp_path / "scenes.json")
    assert read_scene_list(tmp_path / "scenes.json") == found


def test_whole_tiles_are_estimated_within_a_factor_of_two_of_their_files() -> None:
    """By what was measured in other files, as if the items did not state the size of theirs."""
    ratios = []
    path = SHARED / "stac_2026" / "earthsearch_c1_l2a_10items_2024.json"
    listed = json.loads(path.read_text("utf-8"))["features"]
    for _, scene in scenes([(path, item) for item in listed]):
        stated = {b: a for b, a in scene.assets.items() if a.file_bytes and a.shape and b != "mask"}
        silent = {band: replace(asset, file_bytes=None) for band, asset in scene.assets.items()}
        blue = scene.assets["blue"]
        assert blue.transform is not None
        assert blue.shape is not None
        assert blue.epsg is not None
        pixel_m, _, west, _, _, north = blue.transform
        rows, cols = blue.shape
        tile = box(west, north - rows * pixel_m, west + cols * pixel_m, north)
        outline = gpd.GeoSeries([tile], crs=blue.epsg).to_crs(4326)[0]
        aoi = AreaOfInterest(id="tile", name="tile", geometry=outline, utm_epsg=blue.epsg)
        grid = make_grid(aoi, chunk_px=1024)
        clear = replace(scene, assets=silent, cloud_cover_pct=0.0)
        found = estimate_read([clear], grid, bands=REFLECTANCE_BANDS).bytes
        files = FULL_SHARE * sum(asset.file_bytes or 0 for asset in stated.values())
        ratios.append(found / files)
    assert len(ratios) == 10
    assert 0.5 < min(ratios) <= max(ratios) < 2, ratios


# Items of 2024 to 2026: STAC 1.1, Sentinel-2C, baselines 05.11 to 05.13


def of_today(pattern: str) -> list[Item]:
    """Recorded items in the files of that name, pages and lists taken apart."""
    found = []
    for path in sorted((SHARED / "stac_2026").glob(pattern)):
        document = json.loads(path.read_text("utf-8"))
        found += document.get("features", [document])
    return found


@pytest.mark.parametrize(
    ("pattern", "baselines", "offset_dn", "scale"),
    [
        ("cdse_v1.1_search_S2*.json", {"05.00", "05.12"}, -1000, 0.0001),
        ("earthsearch_c1_STAC1.?_item_*.json", {"05.12", "05.13"}, -1000, 0.0001),
        ("earthsearch_c1_l2a_10items_2024.json", {"05.10"}, -1000, 0.0001),
        ("pc_s2_two_items_2024.json", {"05.11"}, -1000, None),
        ("rustac_mocks/*-page-?.json", {"04.00"}, -1000, None),
        ("s2_l2a_test_item_openeo.json", {"05.09"}, 0, 0.0001),
    ],
)
def test_items_of_today_are_read_with_their_offset(
    pattern: str, baselines: set[str], offset_dn: int, scale: float | None
) -> None:
    listed = [item for item in of_today(pattern) if item.get("type") == "Feature"]
    read = [scene_from_item(item, profile=SENTINEL_2, base="https://h/a.json") for item in listed]
    assert {scene.baseline for scene in read} == baselines
    for scene in read:
        assert SENTINEL_2.offset_from_metadata(scene).offset_dn == offset_dn, scene.id
        assert {a.scale for b, a in scene.assets.items() if b != "mask"} == {scale}
        assert set(scene.assets) == set(FILES)
        assert scene.assets["blue"].epsg is not None
        assert re.fullmatch(r"S2[ABC]_\d{8}T\d{6}", scene.datatake), scene.id
        assert re.fullmatch(r"\d\d[C-X][A-Z]{2}", scene.tile), scene.id


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("hls_s30_T19LDD_2022.json", "HLSS30 is Harmonized Landsat Sentinel-2"),
        ("cdse_v1.1_search_global_mosaics.json", "S2MSI_L3__MCQ is a mosaic of many days"),
        ("earthsearch_v1_l1c_page_eodag.json", "product S2MSI1C"),
        ("eopf_zarr_sample_openeo.json", "its pixels are a Zarr store"),
    ],
)
def test_other_products_of_today_are_refused_as_what_they_are(name: str, words: str) -> None:
    listed = of_today(name)
    assert listed
    for item in listed:
        with pytest.raises(ItemError, match=re.escape(words)):
            scene_from_item(item, profile=SENTINEL_2, base="https://h/a.json")
