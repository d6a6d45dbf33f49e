"""Heights come from the catalogue of the scenes, where it has any. All servers are loopback."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import box, mapping

from minewatch.catalog import find_elevation, find_scenes
from minewatch.errors import CatalogError
from minewatch.model import AreaOfInterest
from minewatch.sensors import gdal_options, gdal_path
from minewatch.settings import Settings

from .test_api import YEAR

Item = dict[str, Any]
DEM = "cop-dem-glo-30"


def height_tile(name: str, west: float, **properties: Any) -> Item:
    outline = box(west, 25.0, west + 1, 26.0)
    return {
        "type": "Feature", "stac_version": "1.0.0", "id": name, "collection": DEM, "links": [],
        "bbox": list(outline.bounds), "geometry": mapping(outline),
        "properties": {"datetime": "2021-04-22T00:00:00Z", **properties},
        "assets": {"data": {"href": f"https://heights.example/{name}.tif?sig=cAnArY"}},
    }  # fmt: skip


@pytest.fixture
def with_heights(loopback: Any) -> Any:
    """An API that has scenes and two tiles of heights, one of them elsewhere."""
    loopback.collections.append({"id": DEM})
    tiles = [height_tile("N25E098", 98.0), height_tile("N25E101", 101.0)]
    loopback.search = lambda body, _: loopback.page(tiles if body["collections"] == [DEM] else [])
    return loopback


def test_the_tiles_over_the_area_are_found_without_their_signatures(
    aoi: AreaOfInterest, with_heights: Any, hasty: Settings
) -> None:
    found = find_elevation(aoi, catalog=with_heights.url, settings=hasty)
    assert found is not None
    assert (found.collection, found.tiles) == (DEM, ("N25E098",))
    assert found.hrefs == ("https://heights.example/N25E098.tif",)
    assert not found.simulated


def test_heights_are_of_no_season(aoi: AreaOfInterest, with_heights: Any, hasty: Settings) -> None:
    find_elevation(aoi, catalog=with_heights.url, settings=hasty)
    assert "datetime" not in with_heights.asked[-1]


def test_a_catalogue_without_heights_has_none(
    aoi: AreaOfInterest, loopback: Any, hasty: Settings
) -> None:
    assert find_elevation(aoi, catalog=loopback.url, settings=hasty) is None
    assert loopback.asked == []


def test_heights_asked_for_by_name_must_be_there(
    aoi: AreaOfInterest, with_heights: Any, hasty: Settings
) -> None:
    with_heights.collections.append({"id": "my-dem"})
    with_heights.search = lambda _body, _call: with_heights.page([])
    with pytest.raises(CatalogError, match="has no heights of my-dem"):
        find_elevation(aoi, catalog=with_heights.url, collection="my-dem", settings=hasty)


@pytest.mark.parametrize("geometry", [None, {"type": "Polygon"}, {"type": "Cube"}, "here"])
def test_heights_on_no_ground_are_an_error_of_the_catalogue(
    aoi: AreaOfInterest, with_heights: Any, hasty: Settings, geometry: Any
) -> None:
    tile = {**height_tile("N25E098", 98.0), "geometry": geometry}
    with_heights.search = lambda _body, _call: with_heights.page([tile])
    with pytest.raises(CatalogError, match="is not STAC"):
        find_elevation(aoi, catalog=with_heights.url, settings=hasty)


def test_a_collection_of_heights_that_is_not_there_says_what_to_change(
    aoi: AreaOfInterest, with_heights: Any, hasty: Settings
) -> None:
    with_heights.search = lambda _body, _call: with_heights.page([])
    with pytest.raises(CatalogError, match="unknown collection") as caught:
        find_elevation(aoi, catalog=with_heights.url, collection="lidar", settings=hasty)
    assert "--dem" in str(caught.value.hint)


def static_heights(catalog: Path, name: str, tiles: list[Item]) -> None:
    folder = catalog.parent / name
    folder.mkdir()
    links = []
    for tile in tiles:
        (folder / f"{tile['id']}.json").write_text(json.dumps({**tile, "collection": name}))
        links.append({"rel": "item", "href": f"./{tile['id']}.json"})
    body = {"type": "Collection", "id": name, "stac_version": "1.0.0", "extent": {}, "links": links}
    (folder / "collection.json").write_text(json.dumps(body))
    root = json.loads(catalog.read_text())
    root["links"].append({"rel": "child", "href": f"./{name}/collection.json"})
    catalog.write_text(json.dumps(root))


def test_a_catalogue_of_files_has_heights_in_a_folder_of_that_name(
    aoi: AreaOfInterest, item: Callable[..., Item], static: Callable[..., Path], tmp_path: Path
) -> None:
    catalog = static(tmp_path / "catalog", [item()])
    assert find_elevation(aoi, catalog=str(catalog)) is None
    static_heights(catalog, DEM, [height_tile("N25E098", 98.0, **{"minewatch:simulated": True})])
    found = find_elevation(aoi, catalog=str(catalog))
    assert found is not None
    assert found.tiles == ("N25E098",)
    assert found.simulated


def test_heights_are_no_scenes_and_not_even_left_out_ones(
    aoi: AreaOfInterest, item: Callable[..., Item], static: Callable[..., Path], tmp_path: Path
) -> None:
    catalog = static(tmp_path / "catalog", [item()])
    before = find_scenes(aoi, YEAR, catalog=str(catalog))
    static_heights(catalog, DEM, [height_tile("N25E098", 98.0)])
    after = find_scenes(aoi, YEAR, catalog=str(catalog))
    assert after.scenes == before.scenes
    assert after.dropped == before.dropped == {}


def test_heights_of_another_name_are_found_when_named(
    aoi: AreaOfInterest, item: Callable[..., Item], static: Callable[..., Path], tmp_path: Path
) -> None:
    catalog = static(tmp_path / "catalog", [item()])
    static_heights(catalog, "lidar", [height_tile("here", 98.0)])
    assert find_elevation(aoi, catalog=str(catalog)) is None
    found = find_elevation(aoi, catalog=str(catalog), collection="lidar")
    assert found is not None
    assert found.collection == "lidar"


def test_public_heights_are_opened_as_their_hosts_want() -> None:
    name = "Copernicus_DSM_COG_10_N25_00_E098_00_DEM"
    bucket = f"s3://copernicus-dem-30m/{name}/{name}.tif"
    assert gdal_path(bucket) == f"/vsis3/copernicus-dem-30m/{name}/{name}.tif"
    assert gdal_options(bucket)["AWS_NO_SIGN_REQUEST"] == "YES"
    azure = f"https://elevationeuwest.blob.core.windows.net/copernicus-dem/COP30_hh/{name}.tif"
    assert "pc_collection=cop-dem-glo-30" in gdal_path(azure)
