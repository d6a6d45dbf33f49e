"""What every registered sensor profile must hold, so that a new one cannot be half made."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime
from typing import get_args

import numpy as np
import pytest
from shapely.geometry import box

from minewatch.cube.cloud_masks import flag
from minewatch.model import CORE_BANDS, Asset, Band, Scene
from minewatch.sensors import CATALOGS, SENSORS, SensorProfile, baseline_number, get_sensor

BITS = set(range(16))

every_sensor = pytest.mark.parametrize("profile", SENSORS.values(), ids=SENSORS)


def scene(profile: SensorProfile, baseline: str, flag: bool | None) -> Scene:
    return Scene(
        id="simulated", collection="", sensor=profile.name, footprint=box(98, 25, 99, 26),
        acquired=datetime(2023, 1, 5, tzinfo=UTC), baseline=baseline, boa_offset_applied=flag,
        assets={band: Asset(href=f"/{band}.tif") for band in CORE_BANDS},
    )  # fmt: skip


@every_sensor
def test_it_is_registered_under_its_own_name(profile: SensorProfile) -> None:
    assert get_sensor(profile.name) is profile


@every_sensor
def test_it_cannot_be_changed(profile: SensorProfile) -> None:
    with pytest.raises(FrozenInstanceError):
        profile.scale = 1.0  # type: ignore[misc]


@every_sensor
def test_it_names_an_asset_and_a_pixel_for_the_core_bands_and_the_mask(
    profile: SensorProfile,
) -> None:
    needed: set[Band] = {*profile.core_bands, "mask"}
    assert needed <= set(profile.assets)
    assert set(profile.assets) == set(profile.native_pixel_m) <= set(get_args(Band))
    assert all(profile.assets.values())
    assert all(pixel > 0 for pixel in profile.native_pixel_m.values())


@every_sensor
def test_no_asset_name_means_two_bands(profile: SensorProfile) -> None:
    names = [name for candidates in profile.assets.values() for name in candidates]
    assert len(names) == len(set(names))


@every_sensor
def test_it_knows_only_known_catalogues(profile: SensorProfile) -> None:
    assert profile.collections or profile.is_stated_by_items, "a folder of files is in no catalogue"
    assert set(profile.collections) <= set(CATALOGS)


@every_sensor
def test_every_mask_value_is_kept_or_dropped_and_never_both(profile: SensorProfile) -> None:
    mask = profile.mask
    groups = [set(mask.keep), set(mask.shade), set(mask.drop)]
    together = set().union(*groups)
    assert sum(map(len, groups)) == len(together), "a value is in two groups"
    assert together <= BITS if mask.bits else together == set(range(max(together) + 1))
    assert set(mask.grow) <= set(mask.drop)
    assert set(mask.vegetation) <= set(mask.keep)
    assert mask.grow_m > 0


@every_sensor
def test_nodata_is_never_clear_ground(profile: SensorProfile) -> None:
    assert not flag(np.zeros(1, np.uint16), profile.mask).any()


@every_sensor
@pytest.mark.parametrize("baseline", ["", "nonsense", "02.07", "04.00", "05.10", "99.99"])
@pytest.mark.parametrize("flag", [True, False, None])
def test_any_metadata_gives_a_decision_with_its_source(
    profile: SensorProfile, baseline: str, flag: bool | None
) -> None:
    decision = profile.offset_from_metadata(scene(profile, baseline, flag))
    allowed = {profile.constant_offset_dn}
    if profile.offset:
        allowed |= {0, profile.offset.offset_dn}
    assert decision.offset_dn in allowed
    assert decision.source


@every_sensor
def test_its_scale_makes_the_largest_number_a_bright_reflectance(profile: SensorProfile) -> None:
    addend = profile.offset.offset_dn if profile.offset else profile.constant_offset_dn
    brightest = profile.scale * (65535 + addend)
    assert 1.0 < brightest < 10.0


@every_sensor
def test_its_offset_rule_begins_at_a_readable_baseline(profile: SensorProfile) -> None:
    if profile.offset:
        assert baseline_number(profile.offset.since_baseline) is not None


@every_sensor
def test_products_that_are_taken_together_have_one_scale_one_mask_and_one_pixel(
    profile: SensorProfile,
) -> None:
    for part in profile.parts:
        for shared in ("scale", "constant_offset_dn", "offset", "mask", "native_pixel_m"):
            assert getattr(part, shared) == getattr(profile, shared), f"{part.name}: {shared}"


@every_sensor
def test_whose_imagery_it_is_and_what_it_can_show_is_said(profile: SensorProfile) -> None:
    assert profile.attribution
    assert profile.core_pixel_m == max(profile.native_pixel_m[band] for band in profile.core_bands)


def test_the_contract_notices_a_class_that_is_both_kept_and_dropped() -> None:
    good = SENSORS["sentinel-2-l2a"]
    bad = replace(good, mask=replace(good.mask, drop=(*good.mask.drop, 4)))
    with pytest.raises(AssertionError, match="two groups"):
        test_every_mask_value_is_kept_or_dropped_and_never_both(bad)
