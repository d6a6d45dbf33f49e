"""Searching a static catalogue: everything is filtered here."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import box

from minewatch.catalog import find_scenes
from minewatch.errors import CatalogError, NoScenesError, SettingsError
from minewatch.model import AreaOfInterest, Period, Progress

Item = dict[str, Any]
Make = Callable[..., Item]
Write = Callable[..., Path]
YEAR = Period(date(2023, 1, 1), date(2023, 12, 31))


def test_scenes_are_sorted_and_their_files_are_absolute(
    aoi: AreaOfInterest, item: Make, static: Write, tmp_path: Path
) -> None:
    items = [
        item(f"s{day}", day=f"2023-02-{day}", tile=f"47RM{t}") for day in (11, 10) for t in "K"
    ]
    for each in items:
        each["assets"]["blue"]["href"] = "./B02.tif"
    found = find_scenes(aoi, YEAR, catalog=str(static(tmp_path / "a b", items)))
    assert [scene.id for scene in found] == ["s10", "s11"]
    assert found.scenes[0].assets["blue"].href == str(tmp_path / "a b/items/s10/B02.tif")
    assert found.collection == "sentinel-2-l2a"
    assert found.catalog == str(tmp_path / "a b/catalog.json")


def test_the_period_includes_both_its_ends(
    aoi: AreaOfInterest, item: Make, static: Write, tmp_path: Path
) -> None:
    days = ["2023-01-04", "2023-01-05", "2023-01-09", "2023-01-10"]
    catalog = static(tmp_path, [item(day, day=day) for day in days])
    period = Period(date(2023, 1, 5), date(2023, 1, 9))
    assert [s.id for s in find_scenes(aoi, period, catalog=str(catalog))] == days[1:3]


def test_only_scenes_that_touch_the_area_and_are_not_too_cloudy_are_kept(
    aoi: AreaOfInterest, item: Make, static: Write, tmp_path: Path
) -> None:
    catalog = static(
        tmp_path,
        [
            item("here", cloud=40.0),
            item("elsewhere", west=101.0),
            item("cloudy", day="2023-01-06", cloud=40.5),
            item("silent", day="2023-01-07", cloud=None),
            item("L1C", day="2023-01-08", **{"s2:product_type": "S2MSI1C"}),
        ],
    )
    found = find_scenes(aoi, YEAR, catalog=str(catalog), max_cloud_cover_pct=40)
    assert [s.id for s in found] == ["here", "silent"]
    assert found.dropped == {
        "L1C": "product S2MSI1C, not Sentinel-2 Level-2A",
        "cloudy": "cloud cover 40.5 % > 40 %",
    }
    assert found.notes == ("1 of 2 scenes do not state their cloud cover (silent, …)",)


def test_the_order_of_a_catalogue_changes_nothing(
    aoi: AreaOfInterest, item: Make, static: Write, tmp_path: Path
) -> None:
    items = [
        item(f"{tile}{day}{made}", day=f"2023-03-0{day}", tile=tile, made=f"2023050{made}T000000")
        for tile in ("47RMJ", "47RLJ") for day in (1, 2, 3) for made in (1, 2)
    ]  # fmt: skip
    first = find_scenes(aoi, YEAR, catalog=str(static(tmp_path / "a", items)))
    random.Random(3).shuffle(items)
    second = find_scenes(aoi, YEAR, catalog=str(static(tmp_path / "b", items)))
    assert [s.id for s in first] == [s.id for s in second]
    assert first.dropped == second.dropped
    assert len(first) == len(first.dropped) == 6


def test_broken_items_are_dropped_with_a_reason_and_the_rest_is_used(
    aoi: AreaOfInterest, item: Make, static: Write, tmp_path: Path
) -> None:
    names = ("good", "no-geometry", "no-datetime", "no-projection", "no-nir", "not-json", "gone")
    items = {name: item(name, day=f"2023-04-1{i}") for i, name in enumerate(names)}
    items["no-geometry"] |= {"geometry": None, "bbox": None}
    del items["no-datetime"]["properties"]["datetime"]
    del items["no-projection"]["properties"]["proj:epsg"]
    del items["no-nir"]["assets"]["nir"]
    catalog = static(tmp_path, list(items.values()))
    (tmp_path / "items/not-json/item.json").write_text('{"id": "not-json", "geo')
    (tmp_path / "items/gone/item.json").unlink()
    found = find_scenes(aoi, YEAR, catalog=str(catalog))
    assert [s.id for s in found] == ["good", "no-projection"]
    reasons = {Path(k).parent.name if "/" in k else k: v for k, v in found.dropped.items()}
    assert reasons["no-geometry"] == "has no geometry"
    assert reasons["no-datetime"] == "has no datetime"
    assert reasons["no-nir"] == "has no nir band"
    assert "not STAC" in reasons["not-json"]
    assert "No such file" in reasons["gone"]
    assert any("projection" in note and "no-projection" in note for note in found.notes)


def test_a_start_after_the_archive_tells_where_it_ends(
    aoi: AreaOfInterest, item: Make, static: Write, tmp_path: Path
) -> None:
    catalog = static(tmp_path, [item()])
    with pytest.raises(NoScenesError) as caught:
        find_scenes(aoi, Period(date(2030, 1, 1), date(2030, 2, 1)), catalog=str(catalog))
    assert caught.value.exit_code == 3
    assert caught.value.hint == "the archive ends on 2023-12-31: choose an earlier --start"
    assert "2030-01-01 to 2030-02-01" in caught.value.problem


def test_an_end_before_the_archive_tells_where_it_begins(
    aoi: AreaOfInterest, item: Make, static: Write, tmp_path: Path
) -> None:
    catalog = static(tmp_path, [item()])
    with pytest.raises(NoScenesError, match="begins on 2023-01-01"):
        find_scenes(aoi, Period(date(2016, 1, 1), date(2016, 2, 1)), catalog=str(catalog))


def test_nothing_is_searched_for_where_or_when_the_sensor_never_looked(
    aoi: AreaOfInterest,
) -> None:
    """The catalogue does not exist: reaching for it would be another error."""
    antarctic = replace(aoi, geometry=box(98.0, -70.1, 98.1, -70.0))
    with pytest.raises(SettingsError, match="leave what Sentinel-2 Level-2A maps"):
        find_scenes(antarctic, YEAR, catalog="/nowhere/catalog.json")
    early = Period(date(2010, 1, 1), date(2010, 2, 1))
    with pytest.raises(NoScenesError, match="before the first image of Sentinel-2"):
        find_scenes(aoi, early, catalog="/nowhere/catalog.json")
    with pytest.raises(CatalogError):
        find_scenes(aoi, early, catalog="/nowhere/catalog.json", sensor="landsat-c2-l2")


def test_an_unknown_sensor_lists_the_known_ones_before_anything_is_searched(
    aoi: AreaOfInterest,
) -> None:
    with pytest.raises(SettingsError, match="sentinel-2-l2a") as caught:
        find_scenes(aoi, YEAR, catalog="/nowhere/catalog.json", sensor="landsat")
    assert "landsat" in caught.value.problem


def test_a_period_of_clouds_says_so(
    aoi: AreaOfInterest, item: Make, static: Write, tmp_path: Path
) -> None:
    catalog = static(tmp_path, [item("a", cloud=99.0), item("b", day="2023-02-01", cloud=91.0)])
    with pytest.raises(NoScenesError, match="2 left out: all too cloudy"):
        find_scenes(aoi, YEAR, catalog=str(catalog))


def test_an_archive_of_elsewhere_says_so(
    aoi: AreaOfInterest, item: Make, static: Write, tmp_path: Path
) -> None:
    catalog = static(tmp_path, [item("a", west=120.0)])
    with pytest.raises(NoScenesError, match="none of its 1 scenes touches the area"):
        find_scenes(aoi, YEAR, catalog=str(catalog))


def test_only_broken_items_give_their_reason(
    aoi: AreaOfInterest, item: Make, static: Write, tmp_path: Path
) -> None:
    catalog = static(tmp_path, [item() | {"geometry": None, "bbox": None}])
    with pytest.raises(NoScenesError, match="1 left out: has no geometry"):
        find_scenes(aoi, YEAR, catalog=str(catalog))


def test_a_collection_that_is_not_there_lists_those_that_are(
    aoi: AreaOfInterest, item: Make, static: Write, tmp_path: Path
) -> None:
    with pytest.raises(CatalogError, match="'sentinel-3'; known: sentinel-2-l2a"):
        find_scenes(aoi, YEAR, catalog=str(static(tmp_path, [item()])), collection="sentinel-3")


def test_a_folder_an_item_collection_and_one_item_are_catalogues_too(
    aoi: AreaOfInterest, item: Make, static: Write, tmp_path: Path
) -> None:
    static(tmp_path, [item("a")])
    assert [s.id for s in find_scenes(aoi, YEAR, catalog=str(tmp_path))] == ["a"]
    several = tmp_path / "items.json"
    several.write_text(json.dumps({"type": "FeatureCollection", "features": [item("b")]}))
    assert [s.id for s in find_scenes(aoi, YEAR, catalog=str(several))] == ["b"]
    one = tmp_path / "one.json"
    one.write_text(json.dumps(item("c")))
    assert [s.id for s in find_scenes(aoi, YEAR, catalog=str(one))] == ["c"]


def test_a_catalogue_that_links_to_itself_ends(
    aoi: AreaOfInterest, item: Make, static: Write, tmp_path: Path
) -> None:
    catalog = static(tmp_path, [item("a")])
    below = json.loads((tmp_path / "collection.json").read_text())
    below["links"] += [
        {"rel": "child", "href": f"./{name}.json"} for name in ("catalog", "collection")
    ]
    below["links"] += [{"rel": "item", "href": "./items/a/item.json"}]
    (tmp_path / "collection.json").write_text(json.dumps(below))
    assert [s.id for s in find_scenes(aoi, YEAR, catalog=str(catalog))] == ["a"]


def test_a_collection_that_cannot_be_read_is_an_error_and_not_a_smaller_answer(
    aoi: AreaOfInterest, item: Make, static: Write, tmp_path: Path
) -> None:
    catalog = static(tmp_path, [item("a")])
    root = json.loads(catalog.read_text())
    root["links"].append({"rel": "child", "href": "./gone/collection.json"})
    catalog.write_text(json.dumps(root))
    with pytest.raises(CatalogError, match=r"gone/collection\.json cannot be read"):
        find_scenes(aoi, YEAR, catalog=str(catalog))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is not STAC"),
        ("<html>", "is not STAC"),
        ("[]", "is not STAC: holds a list"),
        ('{"type": "Catalog"}', "without links"),
        ('{"type": "Topology", "links": []}', "'Topology'"),
        ('{"type": "Catalog", "links": [{"rel": "child"}], "id": "a"}', "no scenes"),
    ],
)
def test_a_file_that_is_no_catalogue_is_a_clear_error(
    aoi: AreaOfInterest, tmp_path: Path, text: str, problem: str
) -> None:
    catalog = tmp_path / "catalog.json"
    catalog.write_text(text)
    with pytest.raises((CatalogError, NoScenesError), match=problem) as caught:
        find_scenes(aoi, YEAR, catalog=str(catalog))
    assert len(str(caught.value).splitlines()) == 2


def test_an_unknown_name_lists_the_known_ones(aoi: AreaOfInterest) -> None:
    with pytest.raises(CatalogError, match="'earthsearch'; known: cdse, earth-search, planetary"):
        find_scenes(aoi, YEAR, catalog="earthsearch")


def test_a_path_that_is_not_there_is_named(aoi: AreaOfInterest, tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"none\.json cannot be read: No such file"):
        find_scenes(aoi, YEAR, catalog=str(tmp_path / "none.json"))


@pytest.mark.parametrize("limit", [-1, 101, float("nan")])
def test_a_cloud_limit_that_is_no_percentage_is_refused(aoi: AreaOfInterest, limit: float) -> None:
    with pytest.raises(SettingsError, match="makes no sense"):
        find_scenes(aoi, YEAR, max_cloud_cover_pct=limit)


def test_a_listener_hears_of_every_item(
    aoi: AreaOfInterest, item: Make, static: Write, tmp_path: Path
) -> None:
    heard: list[Progress] = []
    items = [item(f"s{day}", day=f"2023-02-{day}") for day in (11, 12)]
    find_scenes(aoi, YEAR, catalog=str(static(tmp_path, items)), listener=heard.append)
    assert [(p.stage, p.done) for p in heard] == [("catalogue", 1), ("catalogue", 2)] * 1 + [
        ("catalogue", 2)
    ]


def test_scenes_by_their_box_are_said(
    aoi: AreaOfInterest, item: Make, static: Write, tmp_path: Path
) -> None:
    items = [item("a"), item("b", day="2023-01-15") | {"geometry": None}]
    found = find_scenes(aoi, YEAR, catalog=str(static(tmp_path, items)))
    assert [scene.id for scene in found] == ["a", "b"]
    assert "1 of 2 scenes do not state their outline: their box is taken (b, …)" in found.notes
