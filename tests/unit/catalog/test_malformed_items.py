"""One malformed item is dropped with its reason; the search goes on with the rest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.malformed_items import DEEP, STRANGE, check_selection, nested

from minewatch.addresses import is_metadata_host
from minewatch.catalog import ItemError, find_scenes, scene_from_item
from minewatch.catalog.item_checks import check_address
from minewatch.model import AreaOfInterest, Period
from minewatch.sensors import get_sensor

Item = dict[str, Any]
Make = Callable[..., Item]
PROFILE = get_sensor("sentinel-2-l2a")
YEAR = Period(date(2023, 1, 1), date(2023, 12, 31))
POLYGON = {"type": "Polygon", "coordinates": [[[98, 25], [1e999, 26], [99, 25], [98, 25]]]}


def _put(*way: Any, value: Any) -> Callable[[Item], None]:
    def change(item: Item) -> None:
        holder = item
        for step in way[:-1]:
            holder = holder[step]
        holder[way[-1]] = value

    return change


MALFORMED = {
    "assets as text": (_put("assets", value="none"), "no blue, green, red, nir"),
    "year 1": (_put("properties", "datetime", value="0001-01-01T00:00:00+14:00"), "datetime"),
    "year 9999": (_put("properties", "datetime", value="9999-12-31T23:59:59-14:00"), "datetime"),
    "a year of no satellite": (_put("properties", "datetime", value="1203-01-01"), "satellite"),
    "infinite outline": (_put("geometry", value=POLYGON), "outside the globe"),
    "outline as text": (_put("geometry", value="POLYGON EMPTY"), "cannot be read"),
    "very deep": (_put("properties", "deep", value=nested(DEEP)), "nested too deeply"),
    "deep asset": (_put("assets", "red", "deep", value=nested(DEEP)), "nested too deeply"),
    "half a sign": (_put("properties", "platform_name", value="\ud800"), "malformed"),
    "half a sign as name": (_put("properties", "\ud800", value=1), "malformed"),
    "id as list": (_put("id", value=["a"]), "no id"),
    "an id of a page": (_put("id", value="a" * 3000), "is no name"),
    "an id with a line end": (_put("id", value="a\nb"), "is no name"),
    "address as number": (_put("assets", "red", "href", value=7), "no red band"),
    "an address that is none": (_put("assets", "red", "href", value="http://["), "malformed"),
}
HARMLESS = {
    "`eo:bands` a number": _put("assets", "red", "eo:bands", value=7),
    "`raster:bands` a dict": _put("assets", "red", "raster:bands", value={"nodata": 0}),
    "`raster:bands` of numbers": _put("assets", "red", "raster:bands", value=[1, 2]),
    "zone 47N": lambda i: i["properties"].update({
        "grid:code": None, "mgrs:utm_zone": "47N", "mgrs:latitude_band": "R",
        "mgrs:grid_square": "MJ",
    }),
    "huge numbers": _put("properties", "huge", value=10**400),
    "no number": _put("properties", "eo:cloud_cover", value=float("nan")),
    "a shape without size": _put("assets", "red", "proj:shape", value=[0, 10**30]),
    "a flat transform": _put("assets", "red", "proj:transform", value=[0, 0, 1, 0, 0, 1]),
    "an endless transform": _put("assets", "red", "proj:transform", value=[1e999] * 6),
    "scale 0": _put("assets", "red", "raster:bands", 0, "scale", value=0),
    "a scale near 0": _put("assets", "red", "raster:bands", 0, "scale", value=5e-324),
    "a baseline in another script": _put("properties", "s2:processing_baseline", value="².²"),
}  # fmt: skip


@pytest.mark.parametrize("fault", MALFORMED)
def test_a_malformed_item_is_dropped_with_its_reason(item: Make, fault: str) -> None:
    change, reason = MALFORMED[fault]
    broken = item("broken")
    change(broken)
    with pytest.raises(ItemError, match=reason):
        scene_from_item(broken, profile=PROFILE, base="https://h/a.json")
    found = check_selection([item("good")], [broken], profile=PROFILE, period=YEAR)
    assert len(found.scenes) == len(found.dropped) == 1


@pytest.mark.parametrize("fault", HARMLESS)
def test_a_malformed_value_that_is_not_needed_is_not_believed(item: Make, fault: str) -> None:
    broken = item("broken")
    HARMLESS[fault](broken)
    found = check_selection([item("good", tile="47RMK")], [broken], profile=PROFILE, period=YEAR)
    assert {scene.id for scene in found.scenes} == {"good", "broken"}


def test_whatever_stands_in_place_of_items_is_counted(item: Make) -> None:
    found = check_selection([item("good")], STRANGE, profile=PROFILE, period=YEAR)
    assert len(found.dropped) == len(STRANGE)


def test_a_search_goes_on_without_its_malformed_items(
    loopback: Any, aoi: AreaOfInterest, item: Make
) -> None:
    broken = item("broken")
    broken["assets"], broken["links"] = "none", 7
    page = [7, None, broken, item("good"), item("deep", extra=nested(500))]
    loopback.search = lambda _body, _call: loopback.page(page)
    found = find_scenes(aoi, YEAR, catalog=loopback.url)
    assert [scene.id for scene in found] == ["good"]
    assert set(found.dropped) == {"(no id)", "(no id) (2)", "broken", "deep"}


def test_a_static_catalogue_goes_on_without_its_malformed_items(
    static: Callable[..., Path], aoi: AreaOfInterest, item: Make, tmp_path: Path
) -> None:
    broken = item("broken")
    broken["geometry"] = POLYGON
    (tmp_path / "a").mkdir()
    catalog = static(tmp_path / "a", [broken, item("good")])
    (tmp_path / "a/items/broken/item.json").write_text("[" * 100_000)
    found = find_scenes(aoi, YEAR, catalog=str(catalog))
    assert [scene.id for scene in found] == ["good"]
    assert "nested too deeply" in next(iter(found.dropped.values()))


REFUSED_FROM_A_SERVER = [
    "file:///etc/hostname", "/etc/hostname", "vrt:///etc/a.tif", "vrt://https://h/a.tif",
    "/vsizip//vsicurl/https://h/a.zip", "/vsimem/a", "/vsicurl/file:///etc/a.tif",
    "/vsicurl/http://169.254.169.254/latest/a.tif", "WMS:http://h/a", "ZARR:\"/vsicurl/https://h\"",
    "GTIFF_DIR:1:/etc/a.tif", "http://169.254.169.254/latest/meta-data", "http://2852039166/a.tif",
    "http://0xA9FEA9FE/a.tif", "http://[fe80::1]/a.tif", "http://[::ffff:169.254.169.254]/a.tif",
    "http://metadata.google.internal/a.tif", "http:///a.tif", "s3:///a.tif", "s3://a:b@c/a.tif",
    "ftp://h/a.tif", "data:image/tiff;base64,AAAA", "gs://", "\\\\host\\share\\a.tif",
]  # fmt: skip


@pytest.mark.parametrize("href", REFUSED_FROM_A_SERVER)
def test_a_catalogue_on_a_server_makes_nobody_open_what_it_likes(item: Make, href: str) -> None:
    broken = item("broken")
    broken["assets"]["red"]["href"] = href
    good = item("good", tile="47RMK")
    found = check_selection([good], [broken], profile=PROFILE, period=YEAR)
    kept = [scene.assets["red"].href for scene in found.scenes if scene.id == "broken"]
    if kept:  # it was taken for a place on the catalogue's own server, or lost what it carried
        assert kept[0].startswith("https://catalogue.example/") or kept == ["s3://c/a.tif"]
    else:
        assert "address" in found.dropped["broken"]


@pytest.mark.parametrize(
    "href", ["https://h/a.tif", "http://127.0.0.1:9/a.tif", "s3://eodata/a.jp2", "gs://b.c/a.tif"]
)
def test_servers_and_buckets_may_be_named_by_anyone(href: str) -> None:
    for base in ("https://h/a.json", "/data/a.json"):
        check_address(href, base=base)


def test_a_catalogue_on_disk_names_paths_but_no_drivers() -> None:
    check_address("/data/a.tif", base="/data/a.json")
    for href in ("vrt:///data/a.tif", "/vsizip/data/a.zip/a.tif", "WMS:http://h/a", "a.tif"):
        with pytest.raises(ItemError, match="neither a path nor"):
            check_address(href, base="/data/a.json")


def test_an_item_cannot_say_that_it_stands_on_this_disk(
    loopback: Any, aoi: AreaOfInterest, item: Make
) -> None:
    sly = item("sly")
    sly["links"] = [{"rel": "self", "href": "file:///data/sly.json"}]
    sly["assets"]["red"]["href"] = "./red.tif"
    loopback.search = lambda _body, _call: loopback.page([sly])
    found = find_scenes(aoi, YEAR, catalog=loopback.url)
    assert found.scenes[0].assets["red"].href == f"{loopback.url}/red.tif"


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "169.254.1.1.", "[FE80::2%eth0]", "100.100.100.200"]
)
def test_hosts_that_hand_out_keys_are_known(host: str) -> None:
    assert is_metadata_host(host)
    assert not is_metadata_host("169.254.example.org")
    assert not is_metadata_host("10.0.0.1")
