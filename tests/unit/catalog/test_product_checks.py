"""A product is recognised by what says that it is this one, and refused as what it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from minewatch.catalog import ItemError, scene_from_item
from minewatch.sensors import get_sensor

Item = dict[str, Any]
SENTINEL_2, LANDSAT = get_sensor("sentinel-2-l2a"), get_sensor("landsat-c2-l2")


def bare(item: Item, **changes: Any) -> Item:
    """The item without anything that says which product it is: a folder of bands by name."""
    kept = {k: v for k, v in item["properties"].items() if not k.startswith(("s2:", "earth"))}
    assets = {name: asset for name, asset in item["assets"].items() if name != "scl"}
    return {**item, "id": "a", "collection": "mine", "properties": kept, "assets": assets} | changes


def with_properties(item: Item, **changes: Any) -> Item:
    return {**item, "properties": item["properties"] | changes}


def reason(item: Item, profile: Any = SENTINEL_2) -> str:
    with pytest.raises(ItemError) as caught:
        scene_from_item(item, profile=profile, base="https://h/a.json")
    return str(caught.value)


SIGNS: dict[str, Callable[[Item], Item]] = {
    "product type": lambda item: with_properties(bare(item), **{"s2:product_type": "S2MSI2A"}),
    "type of CDSE": lambda item: with_properties(bare(item), **{"product:type": "S2MSI2A"}),
    "level": lambda item: with_properties(bare(item), **{"processing:level": "L2A"}),
    "collection": lambda item: bare(item, collection="sentinel-2-l2a"),
    "its name as id": lambda item: bare(
        item, id="S2C_MSIL2A_20260527T014651_N0512_R017_T55WFR_20260527T042005"
    ),
    "id of Earth Search": lambda item: bare(item, id="S2A_47RMJ_20230105_0_L2A"),
    "scene classification": lambda item: bare(
        item, assets=bare(item)["assets"] | {"SCL": {"href": "https://h/SCL.tif"}}
    ),
}


@pytest.mark.parametrize("sign", SIGNS)
def test_one_sign_is_enough(item: Callable[..., Item], sign: str) -> None:
    found = scene_from_item(SIGNS[sign](item()), profile=SENTINEL_2, base="https://h/a.json")
    assert set(found.assets) >= {"blue", "green", "red", "nir"}


def test_a_spacecraft_alone_is_not_enough(item: Callable[..., Item]) -> None:
    said = reason(bare(item()))
    assert said.startswith("nothing in it says that it is Sentinel-2 Level-2A: no product type")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hls:product": "HLSS30"}, "HLSS30 is Harmonized Landsat Sentinel-2"),
        ({"product:type": "S2MSI_L3__MCQ"}, "S2MSI_L3__MCQ is a mosaic of many days"),
        ({"s2:product_type": "S2MSI1C"}, "product S2MSI1C, not Sentinel-2 Level-2A"),
        ({"product:type": "SOMETHING"}, "nothing in it says"),
    ],
)
def test_what_states_another_product_is_refused_as_that(
    item: Callable[..., Item], changes: Item, words: str
) -> None:
    assert words in reason(with_properties(bare(item()), **changes))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("HLS.S30.T19LDD.2022166T144741.v2.0", "Harmonized"),
        ("Sentinel-2_mosaic_2023_Q1_31SDV_0_0", "mosaic of many days"),
    ],
)
def test_a_name_says_what_an_item_is_where_no_type_does(
    item: Callable[..., Item], name: str, words: str
) -> None:
    assert words in reason(bare(item(), id=name))


def test_a_zarr_store_is_called_one(item: Callable[..., Item]) -> None:
    store = {"href": "s3://h/a.zarr/measurements", "type": "application/vnd+zarr; version=3"}
    made = item()
    made["assets"] = {"SR_10m": store | {"roles": ["data"]}, "thumbnail": {"href": "https://h/t"}}
    assert reason(made).startswith("its pixels are a Zarr store")


@pytest.mark.parametrize("name", ["S2A", "S2C", "Sentinel-2A", "SENTINEL_2B", "Sentinel2"])
def test_a_spacecraft_is_known_by_all_its_names(item: Callable[..., Item], name: str) -> None:
    made = with_properties(item(), platform=name, constellation=None)
    assert scene_from_item(made, profile=SENTINEL_2, base="https://h/a").platform == name


def test_harmonised_landsat_is_no_landsat(item: Callable[..., Item]) -> None:
    changes = {"platform": "landsat-9", "constellation": "landsat", "hls:product": "HLSL30"}
    assert "Harmonized" in reason(with_properties(bare(item()), **changes), LANDSAT)
