"""HLS v2: what an item is of, and what its Fmask says."""

from datetime import date

import numpy as np
import pytest

from minewatch.catalog import ItemError, scene_from_item
from minewatch.cube.cloud_masks import GROUND, SEEN, SPREADS, flag
from minewatch.model import ZERO_CLASS
from minewatch.sensors import gdal_path, get_sensor

HLS, S30, L30, S2 = (
    get_sensor(name) for name in ("hls-v2", "hls-s30", "hls-l30", "sentinel-2-l2a")
)
BANDS = {
    "S30": ["B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12", "Fmask"],
    "L30": ["B02", "B03", "B04", "B05", "B06", "B07", "B09", "B10", "B11", "Fmask"],
}


def item(product="S30", *, name=None, **properties):
    name = name or f"HLS.{product}.T47RMJ.2023005T040551.v2.0"
    craft = "sentinel-2b" if product == "S30" else "landsat-9"
    return {
        "type": "Feature", "id": name, "collection": f"hls2-{product.lower()}",
        "geometry": {"type": "Polygon", "coordinates": [
            [[98, 25], [99, 25], [99, 26], [98, 26], [98, 25]]]},
        "properties": {"datetime": "2023-01-05T04:05:51Z", "platform": craft, **properties},
        "assets": {band: {"href": f"https://h/{band}.tif"} for band in BANDS[product]},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("product", "bands"),
    [
        ("S30", {"nir": "B8A", "swir16": "B11", "swir22": "B12", "mask": "Fmask"}),
        ("L30", {"nir": "B05", "swir16": "B06", "swir22": "B07", "mask": "Fmask"}),
    ],
)
def test_each_product_has_its_own_bands_and_both_are_taken_together(product, bands):
    for profile in (HLS, get_sensor(f"hls-{product.lower()}")):
        scene = scene_from_item(item(product), profile=profile, base="/item.json")
        assert scene.sensor == profile.name
        found = {band: asset.href for band, asset in scene.assets.items()}
        assert found | {b: f"https://h/{name}.tif" for b, name in bands.items()} == found
        assert scene.tile == "47RMJ"


def test_the_day_of_one_mission_is_one_overpass_and_the_other_mission_another():
    tiles = [
        item(name=f"HLS.S30.T47R{square}.2023005T040551.v2.0", platform=None)
        for square in ("MJ", "NJ")
    ]
    first, second = (scene_from_item(i, profile=HLS, base="/i") for i in tiles)
    other = scene_from_item(item("L30", platform=None), profile=HLS, base="/i")
    assert first.overpass == second.overpass != other.overpass


@pytest.mark.parametrize(
    ("product", "profile"), [("S30", L30), ("L30", S30), ("S30", S2), ("L30", S2)]
)
def test_one_product_is_not_taken_for_another(product, profile):
    with pytest.raises(ItemError, match="not "):
        scene_from_item(item(product), profile=profile, base="/item.json")


@pytest.mark.parametrize("profile", [HLS, S30])
def test_sentinel_2_level_2a_is_not_taken_for_hls(profile):
    other = item(name="S2B_47RMJ_20230105_0_L2A")
    other["collection"] = "sentinel-2-l2a"
    with pytest.raises(ItemError, match="nothing in it says that it is HLS"):
        scene_from_item(other, profile=profile, base="/item.json")


def test_fmask_is_read_as_bits_with_255_as_nothing_and_0_as_clear_land():
    cirrus, cloud, beside, shadow, snow, water, aerosol = (1 << bit for bit in range(7))
    values = np.array(
        [0, ZERO_CLASS, cirrus, cloud, beside, shadow, snow, water, aerosol, 192 | cloud], np.uint16
    )
    flags = flag(values, HLS.mask)
    assert (flags & SEEN > 0).tolist() == [False] + [True] * 9
    assert np.flatnonzero(flags & GROUND).tolist() == [1, 7, 8]
    assert np.flatnonzero(flags & SPREADS).tolist() == [3, 5, 9]


def test_it_is_known_where_and_since_when_there_is_any():
    assert (S30.first_day, L30.first_day) == (date(2015, 11, 28), date(2013, 4, 11))
    assert HLS.first_day == L30.first_day
    assert HLS.known_collections >= {"hls2-s30", "hls2-l30", "HLSS30_2.0", "HLSL30_2.0"}


@pytest.mark.parametrize("product", ["S30", "L30"])
def test_planetary_computer_signs_each_for_its_own_collection(product):
    path = gdal_path(f"https://hls2euwest.blob.core.windows.net/hls2/{product}/47/R/MJ/a.B02.tif")
    assert f"pc_collection=hls2-{product.lower()}" in path
