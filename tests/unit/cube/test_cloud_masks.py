import numba
import numpy as np
import pytest

from minewatch.cube.cloud_masks import (
    GROUND,
    SEEN,
    SPREADS,
    find_clear,
    find_green,
    flag,
    keep_under_open_sky,
    lay_under,
    reach_of,
)
from minewatch.sensors import get_sensor

S2 = get_sensor("sentinel-2-l2a").mask
LANDSAT = get_sensor("landsat-c2-l2").mask
AT_10_M = reach_of(S2, 10)
CLEAR, DARK, SHADOW, CLOUDY, SNOW = 4, 2, 3, 9, 11


def overpasses(count=1, size=141):
    return np.full((count, size, size), CLEAR, np.uint16)


def clear_of(values, reach=AT_10_M):
    return find_clear(flag(values, S2), reach)[0]


def doubtful_of(values, reach=AT_10_M):
    return find_clear(flag(values, S2), reach)[1]


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
    assert (flags & SPREADS > 0).tolist() == [False, False, False, False, True, True]


@pytest.mark.parametrize("hidden", [SHADOW, 8, CLOUDY, 10])
def test_clouds_and_shadows_grow_by_sixty_metres(hidden):
    values = overpasses()
    values[0, 70, 70] = hidden
    np.testing.assert_array_equal(clear_of(values)[0], away(141, row=70, col=70) > 6)


@pytest.mark.parametrize("hidden", [0, 1, SNOW])
def test_snow_and_missing_pixels_hide_only_themselves(hidden):
    values = overpasses()
    values[0, 70, 70] = hidden
    assert (~clear_of(values)).sum() == 1


def test_growth_never_falls_below_a_pixel_on_a_coarse_grid():
    values = overpasses()
    values[0, 70, 70] = SHADOW
    assert (~clear_of(values, reach_of(S2, 120))).sum() == 5


def test_dark_ground_is_kept_but_for_the_surroundings_of_clouds():
    values = overpasses()
    values[0, :, :50] = DARK
    assert clear_of(values).all()
    values[0, 70, 70] = CLOUDY
    distance = away(141, row=70, col=70)
    dark = values[0] == DARK
    np.testing.assert_array_equal(clear_of(values)[0], (distance > 6) & ~(dark & (distance <= 12)))


@pytest.mark.parametrize("hidden", [SHADOW, CLOUDY])
def test_what_a_small_patch_hides_under_an_open_sky_is_in_doubt_with_its_margin(hidden):
    values = overpasses()
    values[0, 66:74, 66:74] = hidden
    np.testing.assert_array_equal(doubtful_of(values), ~clear_of(values))
    assert doubtful_of(values)[0, 66 - 6, 70]


def test_a_wide_cloud_leaves_no_doubt():
    values = overpasses()
    values[0, 20:120, 20:120] = CLOUDY
    assert not doubtful_of(values)[0, 40:100, 40:100].any()


def test_a_small_patch_beside_a_wide_cloud_is_a_cloud():
    values = overpasses()
    values[0, 66:74, 66:74] = CLOUDY
    values[0, :, 78:] = CLOUDY
    assert not doubtful_of(values)[0, 70, 70]


def test_a_long_thin_bright_bar_is_in_doubt():
    values = overpasses()
    values[0, :, 69:72] = CLOUDY
    assert doubtful_of(values)[0, 30:110, 70].all()


@pytest.mark.parametrize("hidden", [0, 1, SNOW])
def test_missing_pixels_and_snow_are_never_in_doubt(hidden):
    values = overpasses()
    values[0, 70, 70] = CLOUDY
    values[0, 70, 71] = hidden
    assert not doubtful_of(values)[0, 70, 71]
    assert doubtful_of(values)[0, 70, 70]


def test_a_swath_edge_counts_as_hidden_sky():
    values = overpasses()
    values[0, 66:74, 66:74] = CLOUDY
    values[0, :, :66] = 0
    assert not doubtful_of(values)[0, 70, 70]


def test_no_pixel_is_clear_and_doubtful():
    values = overpasses(3)
    values[0, 66:74, 66:74] = CLOUDY
    values[1, 10:60, 10:90] = SHADOW
    values[2, :, :50] = DARK
    clear, doubtful = clear_of(values), doubtful_of(values)
    assert clear.any()
    assert doubtful.any()
    assert not (clear & doubtful).any()


def test_sky_is_open_where_a_plain_loop_finds_it_so():
    rng = np.random.default_rng(3)
    covered, kept = rng.random((17, 23)) < 0.25, rng.random((17, 23)) < 0.7
    expected = [
        [
            kept[row, col]
            and covered[max(0, row - 4) : row + 5, max(0, col - 4) : col + 5].mean() <= 0.25
            for col in range(covered.shape[1])
        ]
        for row in range(covered.shape[0])
    ]
    assert 0 < np.sum(expected) < kept.sum()
    numba.njit(lambda *masks: keep_under_open_sky(*masks, 4))(kept, covered)  # a part of a kernel
    np.testing.assert_array_equal(kept, expected)


def test_a_tile_lies_under_those_before_it():
    flags, tile = np.array([[3, 0, 0]], np.uint8), np.array([[1, 0, 0]], np.uint8)
    lay_under(flags, tile, np.array([[1, 5, 2]], np.uint8), 2)  # 2: it was not seen
    assert (flags.tolist(), tile.tolist()) == ([[3, 5, 0]], [[1, 2, 0]])


def test_no_overpasses_give_no_masks():
    assert clear_of(np.zeros((0, 20, 20), np.uint16)).shape == (0, 20, 20)


@pytest.mark.parametrize("vegetation", [(4, 5), ()])
def test_ground_and_vegetation_are_those_of_plain_numpy(vegetation):
    rng = np.random.default_rng(3)
    values = rng.integers(0, 12, (40, 30)).astype(np.uint16)
    pixels = (rng.integers(1, 900, values.shape) * (rng.random(values.shape) < 0.8)).astype("u2")
    inside = rng.random(values.shape) < 0.9
    ground, green = find_green(values, pixels, inside, S2, wanted=GROUND, vegetation=vegetation)
    expected = (flag(values, S2) & GROUND > 0) & (pixels > 0) & inside
    np.testing.assert_array_equal(ground, expected)
    is_green = np.isin(values, vegetation) if vegetation else True
    np.testing.assert_array_equal(green, expected & is_green)
