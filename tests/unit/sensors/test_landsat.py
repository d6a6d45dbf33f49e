"""Landsat 4 to 9: one series of reflectance from three kinds of sensor."""

from datetime import UTC, datetime

import pytest
from shapely.geometry import box

from minewatch.catalog import scene_from_item
from minewatch.model import CORE_BANDS, Asset, Scene
from minewatch.sensors import UNCHANGED, get_sensor
from minewatch.sensors.landsat import ETM_TO_OLI
from minewatch.store.deciding_values import sensor_values

LANDSAT, SENTINEL_2 = get_sensor("landsat-c2-l2"), get_sensor("sentinel-2-l2a")
BANDS = ("blue", "green", "red", "nir08", "swir16", "swir22", "qa_pixel")


def scene(platform: str, sensor: str = "landsat-c2-l2") -> Scene:
    return Scene(
        id="simulated", collection="", sensor=sensor, footprint=box(98, 25, 99, 26),
        acquired=datetime(2010, 1, 5, tzinfo=UTC), platform=platform,
        assets={band: Asset(href=f"/{band}.tif") for band in CORE_BANDS},
    )  # fmt: skip


@pytest.mark.parametrize("platform", ["landsat-4", "landsat-5", "LANDSAT_7", "Landsat 7"])
def test_tm_and_etm_are_brought_to_what_oli_sees(platform: str) -> None:
    for band, line in ETM_TO_OLI.items():
        assert LANDSAT.line_of(scene(platform), band) == line


@pytest.mark.parametrize("platform", ["landsat-8", "LANDSAT_9", ""])
def test_oli_and_what_says_nothing_stay_as_they_are(platform: str) -> None:
    assert {LANDSAT.line_of(scene(platform), band) for band in CORE_BANDS} == {UNCHANGED}


def test_the_difference_is_a_few_hundredths_and_never_turns_leaves_into_soil() -> None:
    leaves = {"red": 0.018, "nir": 0.286}
    red, nir = (
        line.slope * leaves[band] + line.intercept
        for band, line in ETM_TO_OLI.items()
        if band in leaves
    )
    assert abs(nir - leaves["nir"]) < 0.02
    assert (nir - red) / (nir + red) > 0.85
    assert sensor_values("landsat-c2-l2")["landsat-c2-l2.to_reference"]


def test_keys_of_sensors_without_such_lines_are_what_they_were() -> None:
    assert not [key for key in sensor_values("sentinel-2-l2a") if "to_reference" in key]
    assert "fill_bits" not in sensor_values("sentinel-2-l2a")["sentinel-2-l2a.mask"]


@pytest.mark.parametrize(
    ("stated", "craft"),
    [
        ({"platform": "landsat-5"}, "landsat-5"),
        ({"constellation": "landsat"}, "landsat-7"),
        ({}, "landsat-7"),
    ],
)
def test_the_name_says_the_craft_where_the_item_does_not(
    stated: dict[str, str], craft: str
) -> None:
    item = {
        "type": "Feature", "id": "LE07_L2SP_132042_20100109_02_T1", "collection": "landsat-c2-l2",
        "geometry": {"type": "Polygon", "coordinates": [
            [[98, 25], [99, 25], [99, 26], [98, 26], [98, 25]]]},
        "properties": {"datetime": "2010-01-09T03:40:00Z", **stated},
        "assets": {band: {"href": f"https://h/{band}.tif"} for band in BANDS},
    }  # fmt: skip
    assert scene_from_item(item, profile=LANDSAT, base="/i.json").platform == craft
