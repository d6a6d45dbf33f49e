"""Items of every dialect become the same scene."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from minewatch.catalog import ItemError, scene_from_item
from minewatch.model import Scene
from minewatch.sensors import get_sensor

Item = dict[str, Any]
Make = Callable[..., Item]
SENTINEL_2 = get_sensor("sentinel-2-l2a")
CODES = {
    "blue": "B02", "green": "B03", "red": "B04", "nir": "B08", "swir16": "B11", "swir22": "B12",
    "scl": "SCL",
}  # fmt: skip
PRODUCT = "S2A_MSIL2A_20230105T040111_N0509_R004_T07RMJ_20230105T081500"


def read(item: Item) -> Scene:
    return scene_from_item(item, profile=SENTINEL_2, base="https://stac.example/items/a")


def dialects() -> dict[str, Item]:
    """The properties and assets by which each catalogue tells the same pass over 07RMJ."""
    plain = {"datetime": "2023-01-05T04:11:31.024000Z", "eo:cloud_cover": 12.5}
    stated = [{"nodata": 0, "scale": 0.0001, "offset": -0.1}]
    told = {
        "earth-search v1": {
            "properties": {
                "platform": "sentinel-2a", "proj:epsg": 32607, "mgrs:utm_zone": 7,
                "mgrs:latitude_band": "R", "mgrs:grid_square": "MJ", "grid:code": "MGRS-7RMJ",
                "s2:processing_baseline": "05.09", "s2:product_type": "S2MSI2A",
                "s2:datatake_id": "GS2A_20230105T040111_039375_N05.09",
                "s2:product_uri": f"{PRODUCT}.SAFE", "earthsearch:boa_offset_applied": True,
            },
            "assets": {
                **_files("https://h/{}.tif", stated),
                **{f"{b}-jp2": {"href": f"s3://h/{c}.jp2"} for b, c in CODES.items()},
            },
        },
        "earth-search v0": {
            "properties": {
                "platform": "sentinel-2a", "proj:epsg": 32607, "sentinel:utm_zone": 7,
                "sentinel:latitude_band": "R", "sentinel:grid_square": "MJ",
                "sentinel:product_id": PRODUCT, "sentinel:boa_offset_applied": "true",
            },
            "assets": {c: {"href": f"https://h/{c}.tif"} for c in CODES.values()},
        },
        "planetary-computer": {
            "properties": {
                "platform": "Sentinel-2A", "constellation": "Sentinel 2", "proj:epsg": 32607,
                "s2:mgrs_tile": "07RMJ", "s2:processing_baseline": "05.09",
                "s2:datatake_id": "GS2A_20230105T040111_039375_N05.09",
                "s2:product_uri": f"{PRODUCT}.SAFE",
            },
            "assets": {c: {"href": f"https://h/{c}.tif"} for c in CODES.values()},
        },
        "cdse": {
            "properties": {
                "platform": "sentinel-2a", "constellation": "sentinel-2", "product:type": "S2MSI2A",
                "grid:code": "MGRS-07RMJ", "processing:version": "05.09",
                "eopf:datatake_id": "GS2A_20230105T040111_039375_N05.09",
            },
            "assets": {
                f"{c}_{'10m' if c[1:] in {'02', '03', '04', '08'} else '20m'}": {
                    "href": f"s3://eodata/{c}.jp2", "proj:code": "EPSG:32607", "nodata": 0,
                    "raster:scale": 0.0001, "raster:offset": -0.1,
                }
                for c in CODES.values()
            },
        },
        "stactools": {
            "properties": {
                "platform": "sentinel-2a", "proj:code": "EPSG:32607", "grid:code": "MGRS-07RMJ",
                "s2:processing_baseline": "05.09", "s2:product_uri": f"{PRODUCT}.SAFE",
            },
            "assets": {
                **_files("https://h/{}.jp2", stated),
                **{f"{b}_60m": {"href": f"https://h/{c}_60m.jp2"} for b, c in CODES.items()},
            },
        },
        "unknown names with eo:bands": {
            "properties": {"platform": "sentinel-2a", "proj:epsg": 32607,
                           "s2:product_uri": f"{PRODUCT}.SAFE"},
            "assets": {
                f"x-{c}": {"href": f"https://h/{c}.tif", "eo:bands": [{"common_name": b}]}
                for b, c in CODES.items() if b != "scl"
            } | {"SCL": {"href": "https://h/SCL.tif"}},
        },
    }  # fmt: skip
    return {name: _filled(name, dialect, plain) for name, dialect in told.items()}


def _files(href: str, stated: list[Item]) -> Item:
    return {b: {"href": href.format(c), "raster:bands": stated} for b, c in CODES.items()}


def _filled(name: str, dialect: Item, plain: Item) -> Item:
    corners = [[98, 25], [99, 25], [99, 26], [98, 26], [98, 25]]
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": PRODUCT if name == "cdse" else "a",
        "collection": "sentinel-2-l2a",
        "geometry": {"type": "Polygon", "coordinates": [corners]},
        "properties": {**plain, **dialect["properties"]},
        "assets": dialect["assets"],
    }


DIALECTS = dialects()
every_dialect = pytest.mark.parametrize("item", DIALECTS.values(), ids=DIALECTS)


@every_dialect
def test_every_dialect_tells_tile_pass_baseline_and_projection(item: Item) -> None:
    scene = read(item)
    assert (scene.tile, scene.datatake, scene.baseline) == ("07RMJ", "S2A_20230105T040111", "05.09")
    assert scene.overpass == "2023-01-05 S2A_20230105T040111"
    assert scene.assets["blue"].epsg == 32607
    assert scene.acquired == datetime(2023, 1, 5, 4, 11, 31, 24000, tzinfo=UTC)


@every_dialect
def test_every_dialect_gives_each_band_its_finest_file(item: Item) -> None:
    files = {band: asset.href.rpartition("/")[2] for band, asset in read(item).assets.items()}
    assert {b: name.partition(".")[0] for b, name in files.items()} == {
        "mask" if band == "scl" else band: code for band, code in CODES.items()
    }


@pytest.mark.parametrize(
    ("dialect", "offset_dn"),
    [
        ("earth-search v1", 0), ("earth-search v0", 0), ("planetary-computer", -1000),
        ("cdse", -1000), ("stactools", -1000),
    ],
)  # fmt: skip
def test_the_offset_is_decided_by_dialect(dialect: str, offset_dn: int) -> None:
    assert SENTINEL_2.offset_from_metadata(read(DIALECTS[dialect])).offset_dn == offset_dn


def test_the_cogs_of_earth_search_win_over_its_jpegs() -> None:
    assert read(DIALECTS["earth-search v1"]).assets["blue"].href == "https://h/B02.tif"


def test_what_an_asset_says_of_its_pixels_is_kept(item: Make) -> None:
    blue = read(item()).assets["blue"]
    assert (blue.shape, blue.nodata, blue.scale, blue.offset) == ((10980, 10980), 0, 0.0001, -0.1)
    assert blue.transform == (10, 0, 399960, 0, -10, 2900040)


def test_a_granule_without_its_product_name_is_known_by_its_orbit(item: Make) -> None:
    name = "S2B_OPER_MSI_L2A_TL_S2RP_20230315T224658_A018417_T47RMJ_N05.00"
    made = item(**{"s2:tile_id": name, "s2:product_uri": None, "s2:datatake_id": None})
    scene = read(made | {"id": "b"})
    assert scene.datatake == "S2B_A018417"
    assert scene.made == "20230315224658"


def test_a_scene_without_swir_is_a_scene(item: Make) -> None:
    four = item()
    del four["assets"]["swir16"], four["assets"]["swir22"]
    assert set(read(four).assets) == {"blue", "green", "red", "nir", "mask"}


def test_a_missing_projection_is_no_reason_to_drop(item: Make) -> None:
    scene = read(item(**{"proj:epsg": None}))
    assert all(asset.epsg is None for asset in scene.assets.values())


def test_an_item_without_a_time_zone_is_utc_wherever_we_are(
    item: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Yangon")
    time.tzset()
    made = item(datetime="2023-01-05T23:59:59")
    assert read(made).acquired == datetime(2023, 1, 5, 23, 59, 59, tzinfo=UTC)
    monkeypatch.undo()
    time.tzset()


def test_an_acquisition_is_dated_in_utc(item: Make) -> None:
    assert str(read(item(datetime="2023-01-06T03:30:00+06:30")).day) == "2023-01-05"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda i: (i.pop("geometry"), i.pop("bbox")), "no geometry"),
        (lambda i: i.update(geometry=None, bbox=[99, 25, 98, 26]), "no geometry"),
        (lambda i: i.update(geometry=None, bbox="98,25,99,26"), "no geometry"),
        (lambda i: i.update(geometry=None, bbox=[98, 25, None, 26]), "no geometry"),
        (lambda i: i.update(geometry=None, bbox=None), "no geometry"),
        (lambda i: i.update(geometry={"type": "Polygon", "coordinates": []}), "empty"),
        (lambda i: i.update(geometry={"type": "Blob"}), "cannot be read"),
        (lambda i: i["properties"].pop("datetime"), "no datetime"),
        (lambda i: i["properties"].update(datetime="yesterday"), "'yesterday' cannot be read"),
        (lambda i: i["assets"].pop("nir"), "no nir band"),
        (lambda i: i["assets"]["nir"].pop("href"), "no nir band"),
        (lambda i: i.update(assets=None), "no blue, green, red, nir band"),
        (lambda i: i["properties"].update({"s2:product_type": "S2MSI1C"}), "S2MSI1C"),
        (lambda i: i["properties"].update(platform="landsat-8", constellation=""), "landsat-8"),
        (
            lambda i: i["assets"]["red"].update(data_type="float32"),
            "pixels are float32",
        ),
        (
            lambda i: i["assets"]["scl"].update({"raster:bands": [{"data_type": "float32"}]}),
            "pixels are float32",
        ),
        (lambda i: i.pop("properties"), "not a STAC item"),
        (lambda i: i.pop("id"), "not a STAC item"),
    ],
)
def test_an_item_that_cannot_be_used_says_why(
    item: Make, change: Callable[[Item], object], reason: str
) -> None:
    broken = item()
    change(broken)
    with pytest.raises(ItemError, match=reason):
        read(broken)


def test_a_bow_tie_outline_is_repaired(item: Make) -> None:
    tie = {"type": "Polygon", "coordinates": [[[98, 25], [99, 26], [99, 25], [98, 26], [98, 25]]]}
    footprint = read(item() | {"geometry": tie}).footprint
    assert footprint.is_valid
    assert footprint.area == pytest.approx(0.5)


def test_the_kept_item_is_small_and_unlinked(item: Make) -> None:
    made = item()
    made["assets"]["thumbnail"] = {"href": "https://h/t.jpg"}
    made["links"] = [{"rel": "self", "href": "https://h/?token=x"}]
    kept = read(made).item
    assert set(kept["assets"]) == set(CODES)
    assert kept["links"] == []
    assert kept["properties"] == made["properties"]


def test_a_box_serves_where_an_item_has_no_outline(item: Make) -> None:
    flat = read(item() | {"geometry": None, "bbox": [98, 25, 99, 26]})
    high = read(item() | {"geometry": None, "bbox": [98, 25, 10, 99, 26, 900]})
    assert flat.footprint.bounds == high.footprint.bounds == (98, 25, 99, 26)


STACK = ["B08", "B02", "B03", "B04", "SCL"]
STACKS: dict[str, list[Any]] = {
    "eo:bands": [{"name": name} for name in STACK],
    "bands": [{"name": "1", "eo:common_name": c} for c in ("nir", "blue", "green", "red")],
    "texts": STACK,
}


@pytest.mark.parametrize("kind", STACKS)
def test_bands_of_one_file_are_found_by_their_place_in_it(item: Make, kind: str) -> None:
    stack = {
        "href": "https://h/all.tif", "bands" if kind != "eo:bands" else kind: STACKS[kind],
        "raster:bands": [{"scale": n / 1e4, "nodata": n} for n in range(1, 6)],
    }  # fmt: skip
    picture = {"href": "https://h/tci.tif", "bands": [{"name": c} for c in ("B04", "B03", "B02")]}
    found = read(item() | {"assets": {"a-picture": picture, "data": stack}}).assets
    places = {band: asset.index for band, asset in found.items() if band != "mask"}
    assert places == {"nir": 1, "blue": 2, "green": 3, "red": 4}
    assert {asset.href for asset in found.values()} == {"https://h/all.tif"}
    assert (found["red"].scale, found["red"].nodata) == (4e-4, 4)
    assert ("mask" in found) == (kind != "bands")


def test_a_picture_of_three_colours_is_no_stack(item: Make) -> None:
    picture = {"href": "https://h/tci.tif", "bands": [{"name": c} for c in ("B04", "B03", "B02")]}
    with pytest.raises(ItemError, match="no blue, green, red, nir band"):
        read(item() | {"assets": {"visual": picture}})


def test_a_band_named_by_a_plain_text_is_found(item: Make) -> None:
    made = item()
    made["assets"]["my green"] = {"href": "https://h/g.tif", "bands": ["green"]}
    del made["assets"]["green"]
    assert read(made).assets["green"].href == "https://h/g.tif"
