"""Sentinel-1 RTC: which items, one orbit at a time, and what layover hides."""

import numpy as np
import pytest

from minewatch.catalog import ItemError, scene_from_item
from minewatch.catalog.answers import RawItem
from minewatch.catalog.selection import select_scenes
from minewatch.cube.cloud_masks import GROUND, SEEN, flag
from minewatch.errors import SettingsError
from minewatch.model import ZERO_CLASS
from minewatch.pipeline.jobs import check_detector_fits
from minewatch.sensors import gdal_path, get_sensor

S1, S2 = get_sensor("sentinel-1-rtc"), get_sensor("sentinel-2-l2a")


def item(day="2023-01-05", *, orbit=70, bands=("vv", "vh"), **properties):
    """An item as Planetary Computer has them, of nowhere real."""
    return {
        "type": "Feature", "collection": "sentinel-1-rtc",
        "id": f"S1A_IW_GRDH_1SDV_{day.replace('-', '')}T114500_{orbit:03d}_rtc",
        "geometry": {"type": "Polygon", "coordinates": [
            [[98, 25], [99, 25], [99, 26], [98, 26], [98, 25]]]},
        "properties": {"datetime": f"{day}T11:45:00Z", "platform": "SENTINEL-1A",
                       "sar:instrument_mode": "IW", "sat:relative_orbit": orbit, **properties},
        "assets": {band: {"href": f"https://h/{band}.tif"} for band in bands},
    }  # fmt: skip


def chosen(*items):
    return select_scenes([RawItem(item=i, base="/i.json") for i in items], profile=S1)


def test_an_item_of_planetary_computer_is_read_with_its_orbit():
    scene = scene_from_item(item(), profile=S1, base="/i.json")
    assert set(scene.assets) == {"vv", "vh"}
    assert scene.tile == "orbit 70"
    assert scene.sensor == "sentinel-1-rtc"


def test_one_polarisation_is_not_enough():
    with pytest.raises(ItemError, match="has no vh band"):
        scene_from_item(item(bands=("vv",)), profile=S1, base="/i.json")


def test_radar_that_is_not_terrain_corrected_is_refused():
    grd = item()
    grd |= {"collection": "sentinel-1-grd", "id": grd["id"].removesuffix("_rtc")}
    with pytest.raises(ItemError, match="nothing in it says that it is Sentinel-1 RTC"):
        scene_from_item(grd, profile=S1, base="/i.json")
    with pytest.raises(ItemError, match="not Sentinel-2"):
        scene_from_item(item(), profile=S2, base="/i.json")


def test_one_relative_orbit_is_kept_and_the_others_are_left_out_with_the_reason():
    many = [item(f"2023-0{month}-05", orbit=143) for month in (1, 2, 3)]
    few = [item(f"2023-0{month}-09", orbit=70) for month in (1, 2)]
    found = chosen(*few, *many)
    assert {scene.tile for scene in found.scenes} == {"orbit 143"}
    assert len(found.dropped) == 2
    assert all("another relative orbit than orbit 143" in why for why in found.dropped.values())


def test_of_two_orbits_with_as_many_overpasses_the_choice_does_not_depend_on_their_order():
    pair = [item("2023-01-05", orbit=143), item("2023-01-09", orbit=70)]
    assert chosen(*pair).scenes == chosen(*reversed(pair)).scenes


def test_layover_and_shadow_are_seen_and_no_ground():
    values = np.array([0, ZERO_CLASS, 1, 2, 3], np.uint16)
    flags = flag(values, S1.mask)
    assert (flags & SEEN > 0).tolist() == [False, True, True, True, True]
    assert (flags & GROUND > 0).tolist() == [False, True, False, False, False]


def test_it_shows_no_pools_whatever_its_pixels_are():
    assert S1.core_pixel_m == 20.0
    assert S1.is_radar
    assert not S2.is_radar


def test_planetary_computer_signs_its_files():
    href = "https://sentinel1euwestrtc.blob.core.windows.net/sentinel1-grd-rtc/GRD/iw-vh.rtc.tiff"
    assert "pc_collection=sentinel-1-rtc" in gdal_path(href)


@pytest.mark.parametrize(
    ("detector", "sensor", "hint"),
    [
        ("pool-banks", "sentinel-1-rtc", "--detector radar-clearings"),
        ("radar-clearings", "sentinel-2-l2a", "pool-banks"),
    ],
)
def test_a_detector_of_other_bands_is_refused_and_one_that_fits_is_named(detector, sensor, hint):
    with pytest.raises(SettingsError, match=f"{detector} judges") as caught:
        check_detector_fits(detector, sensor)
    assert hint in caught.value.hint
