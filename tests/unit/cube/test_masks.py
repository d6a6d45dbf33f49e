import numpy as np
import pytest

from minewatch.cube.masks import CLOUD, GROUND, SEEN, SPREADS, find_clear, flag, reach_of
from minewatch.sensors import get_sensor

S2 = get_sensor("sentinel-2-l2a").mask
LANDSAT = get_sensor("landsat-c2-l2").mask
AT_10_M = reach_of(S2, 10)
CLEAR, DARK, SHADOW, CLOUDY, SNOW = 4, 2, 3, 9, 11


def looks(count=1, size=141):
    return np.full((count, size, size), CLEAR, np.uint16)


def clear_of(values, reach=AT_10_M):
    return find_clear(flag(values, S2), reach)


def away(size, *, row, col):
    y, x = np.ogrid[:size, :size]
    return np.hypot(y - row, x - col)


def test_each_class_of_sentinel_2_is_kept_or_dropped_as_its_profile_says():
    values = np.arange(12, dtype=np.uint16)
    kept = np.flatnonzero(flag(values, S2) & GROUND)
    assert kept.tolist() == [2, 4, 5, 6, 7]
    assert np.flatnonzero(flag(values, S2) & SPREADS).tolist() == [3, 8, 9, 10]
    assert np.flatnonzero(flag(values, S2) & SEEN).tolist() == list(range(1, 12))


def test_bits_of_landsat_are_read_as_bits_and_its_fill_as_nothing():
    clear, water, cloud, cirrus_too, fill = 21824, 21952, 22280, 22284, 1
    flags = flag(np.array([0, fill, clear, water, cloud, cirrus_too], np.uint16), LANDSAT)
    assert (flags & SEEN > 0).tolist() == [False, False, True, True, True, True]
    assert (flags & GROUND > 0).tolist() == [False, False, True, True, False, False]
    assert (flags & CLOUD > 0).tolist() == [False, False, False, False, True, False]


@pytest.mark.parametrize("hidden", [SHADOW, 8, CLOUDY, 10])
def test_clouds_and_shadows_grow_by_sixty_metres(hidden):
    values = looks()
    values[0, 70, 70] = hidden
    np.testing.assert_array_equal(clear_of(values)[0], away(141, row=70, col=70) > 6)


@pytest.mark.parametrize("hidden", [0, 1, SNOW])
def test_snow_and_missing_pixels_hide_only_themselves(hidden):
    values = looks()
    values[0, 70, 70] = hidden
    assert (~clear_of(values)).sum() == 1


def test_growth_never_falls_below_a_pixel_on_a_coarse_grid():
    values = looks()
    values[0, 70, 70] = SHADOW
    assert (~clear_of(values, reach_of(S2, 120))).sum() == 5


def test_dark_ground_is_kept_but_for_the_surroundings_of_clouds():
    values = looks()
    values[0, :, :50] = DARK
    assert clear_of(values).all()
    values[0, 70, 70] = CLOUDY
    distance = away(141, row=70, col=70)
    dark = values[0] == DARK
    np.testing.assert_array_equal(clear_of(values)[0], (distance > 6) & ~(dark & (distance <= 12)))


def with_bright_pad(count, on, size=8):
    values = looks(count)
    for look in on:
        values[look, 66 : 66 + size, 66 : 66 + size] = CLOUDY
    return values


def test_a_bright_pad_called_cloud_on_most_looks_is_kept():
    values = with_bright_pad(4, on=(0, 1, 3))
    assert clear_of(values).all()


def test_a_cloud_on_half_of_the_looks_is_a_cloud():
    values = with_bright_pad(4, on=(0, 1))
    assert not clear_of(values)[:2, 70, 70].any()
    assert clear_of(values)[2:].all()


def test_one_look_rescues_nothing():
    assert not clear_of(with_bright_pad(1, on=(0,)))[0, 70, 70]


@pytest.mark.parametrize(("size", "rescued"), [(30, True), (31, False)])
def test_only_patches_up_to_300_m_are_rescued(size, rescued):
    values = with_bright_pad(3, on=(0, 1, 2), size=size)
    assert clear_of(values)[:, 70, 70].all() == rescued


def test_a_patch_among_other_clouds_is_a_cloud():
    values = with_bright_pad(3, on=(0, 1, 2))
    values[:, 40:100, 82:110] = CLOUDY
    assert not clear_of(values)[:, 70, 70].any()


def test_looks_under_a_wide_cloud_do_not_speak_against_a_pad():
    values = with_bright_pad(5, on=(0, 1))
    values[2:] = CLOUDY
    assert clear_of(values)[:2].all()
    assert not clear_of(values)[2:].any()


def test_a_shadow_is_never_rescued():
    values = looks(3)
    values[:, 66:74, 66:74] = SHADOW
    assert not clear_of(values)[:, 70, 70].any()


def test_no_looks_give_no_masks():
    assert clear_of(np.zeros((0, 20, 20), np.uint16)).shape == (0, 20, 20)
