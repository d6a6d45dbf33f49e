"""The compiled passes against plain numpy and scipy."""

import numba
import numpy as np
import pytest
from scipy import ndimage

from minewatch.cube.cloud_masks import grow
from minewatch.cube.pixel_kernels import (
    FINE,
    average_between,
    count_numbers,
    keep_whole,
    median_of_overpasses,
    pick,
    place,
    resample,
)


@numba.njit
def grown(mask, radius):  # a part of a kernel is called by compiled code only
    return grow(mask, radius)


def plain_median(overpasses):
    seen = np.where(overpasses == 0, np.nan, overpasses.astype(float))
    seen = np.concatenate(
        [seen, np.zeros((1, *overpasses.shape[1:]))]
    )  # so that no slice is all NaN
    seen[-1][(overpasses > 0).any(axis=0)] = np.nan
    return np.floor(np.nanmedian(seen, axis=0) + 0.5).astype(np.uint16)


def plain_resample(pixels, ys, xs):
    margin = 20  # wide enough for any position asked here
    padded = np.pad(pixels.astype(np.int64), margin)
    top, left = ys[:, None] // FINE + margin, xs[None, :] // FINE + margin
    down, right = ys[:, None] % FINE, xs[None, :] % FINE
    near = padded[top + (2 * down >= FINE), left + (2 * right >= FINE)]
    total = weights = np.zeros((len(ys), len(xs)), np.int64)
    for row, tall in ((top, FINE - down), (top + 1, down)):
        for col, wide in ((left, FINE - right), (left + 1, right)):
            values = padded[row, col]
            total = total + tall * wide * values
            weights = weights + tall * wide * (values > 0)
    exact = np.floor((2 * total + weights) / np.maximum(1, 2 * weights))
    return np.where(near > 0, exact, 0).astype(np.uint16)


@pytest.mark.parametrize("overpasses", [0, 1, 2, 3, 4, 5, 6, 7, 8, 13, 30, 31])
def test_the_median_over_overpasses_is_that_of_plain_numpy(overpasses):
    rng = np.random.default_rng(overpasses)
    stack = rng.integers(1, 65536, (overpasses, 23, 41)).astype(np.uint16)
    stack[:, :12][rng.random(stack[:, :12].shape) < 0.4] = (
        0  # of the others all overpasses are seen
    )
    stack[:, 0, 0] = 0
    stack[:, 0, 1] = 65535
    found = median_of_overpasses(stack)
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, plain_median(stack))
    assert found[0, 0] == 0


def test_an_even_count_gives_the_mean_of_the_middle_two_halves_up():
    stack = np.array([10, 0, 13, 65535, 1, 0], np.uint16).reshape(6, 1, 1)
    assert median_of_overpasses(stack)[0, 0] == 12


def test_only_overpasses_that_count_enter_the_median():
    rng = np.random.default_rng(5)
    stack = rng.integers(0, 65536, (6, 23, 41)).astype(np.uint16)
    counted = rng.random(stack.shape) < 0.6
    expected = median_of_overpasses(np.where(counted, stack, 0).astype(np.uint16))
    np.testing.assert_array_equal(median_of_overpasses(stack, counted), expected)


def test_numbers_are_counted_where_asked_but_zeros():
    rng = np.random.default_rng(6)
    pixels = rng.integers(0, 9, (12, 17)).astype(np.uint16)
    here = rng.random(pixels.shape) < 0.5
    expected = np.bincount(pixels[here], minlength=9)
    expected[0] = 0
    np.testing.assert_array_equal(count_numbers(pixels, here), expected)


def test_picked_pixels_are_those_of_an_index():
    pixels = np.arange(60, dtype=np.uint16).reshape(6, 10)
    rows, cols = np.array([0, 0, 5]), np.array([9, 2, 2, 3])
    np.testing.assert_array_equal(pick(pixels, rows, cols), pixels[np.ix_(rows, cols)])


@pytest.mark.parametrize("radius", [0, 1, 2, 6, 12, 60])
def test_growing_is_dilation_by_a_disc(radius):
    rng = np.random.default_rng(radius)
    mask = rng.random((37, 53)) < 0.01
    mask[0, 0] = mask[-1, -1] = True
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    disc = x * x + y * y <= radius * radius
    np.testing.assert_array_equal(grown(mask, radius), ndimage.binary_dilation(mask, disc))


def test_nothing_grows_from_nothing():
    assert not grown(np.zeros((9, 9), bool), 3).any()


@pytest.mark.parametrize("seed", range(4))
def test_resampling_is_that_of_plain_numpy(seed):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 65536, (11, 9)).astype(np.uint16)
    pixels[rng.random(pixels.shape) < 0.2] = 0
    ys = np.sort(rng.integers(-3 * FINE, 14 * FINE, 40))
    xs = np.sort(rng.integers(-3 * FINE, 12 * FINE, 40))
    np.testing.assert_array_equal(resample(pixels, ys, xs), plain_resample(pixels, ys, xs))


@pytest.mark.parametrize("holes", [0, 1])
@pytest.mark.parametrize("count", [1, 2, 7, 40])
@pytest.mark.parametrize("start", [-5, 0, 1, 4])
def test_twice_as_fine_is_resampled_as_plain_numpy_has_it(start, count, holes):
    rng = np.random.default_rng(count)
    pixels = rng.integers(60_000, 65_536, (11, 9)).astype(np.uint16)
    pixels[5, 4] = 1 - holes
    halves = (np.arange(count) + start) * (FINE // 2)
    for ys, xs in ((FINE // 4, FINE // 4), (3 * FINE // 4, 12), (0, FINE // 4), (8, 9)):
        args = pixels, halves + ys, halves + xs
        np.testing.assert_array_equal(resample(*args), plain_resample(*args))
    for args in ((pixels, 341 * np.arange(25), halves), (pixels, halves, 341 * np.arange(25))):
        np.testing.assert_array_equal(resample(*args), plain_resample(*args))


def test_nodata_is_neither_blended_nor_filled():
    pixels = np.array([[0, 1000, 1000], [0, 1000, 2000]], np.uint16)
    quarters = np.arange(-FINE // 4, 3 * FINE - FINE // 2, FINE // 2)
    fine = resample(pixels, quarters[:4], quarters)
    assert (fine[:, :2] == 0).all()
    assert (fine[:, 2] == 1000).all()


def test_values_are_placed_where_a_tile_shows_an_overpass_and_nowhere_else():
    table = np.arange(65536, dtype=np.uint16)[::-1].copy()
    out = np.full((2, 2), 7, np.uint16)
    shown, tile = np.array([[1, 1], [0, 1]], bool), np.array([[2, 1], [2, 2]], np.uint8)
    place(out, np.array([[0, 1], [2, 65535]], np.uint16), table, shown, tile, 2)
    np.testing.assert_array_equal(out, [[65535, 7], [7, 0]])


@pytest.mark.parametrize("core", [[0, 1], [1, 3], [0, 1, 2, 3]])
def test_a_pixel_that_lacks_a_band_of_the_core_is_taken_out_of_its_overpass(core):
    rng = np.random.default_rng(len(core))
    stacks = rng.integers(0, 3, (4, 3, 12, 17)).astype(np.uint16)
    shown = rng.random(stacks.shape[1:]) < 0.7
    whole = (stacks[core] > 0).all(axis=0)
    lacks = shown & ~whole
    expected = np.where(lacks, 0, stacks)
    keep_whole(stacks, shown_now := shown.copy(), np.array(core))
    np.testing.assert_array_equal(stacks, expected)
    np.testing.assert_array_equal(shown_now, shown & whole)


def test_averages_between_pixels_are_those_of_whoever_adds_up_parts():
    rng = np.random.default_rng(4)
    pixels = (rng.integers(1, 9000, (9, 8)) * (rng.random((9, 8)) < 0.7)).astype(np.uint16)
    for down, right, step in ((0, 1, 2), (1, 1, 2), (3, 1, 4), (2, 0, 8)):
        fine = np.kron(pixels, np.ones((step, step), np.uint16))[down:, right:]
        parts = fine[: 8 * step, : 7 * step].reshape(8, step, 7, step).astype(np.int64)
        total, seen = parts.sum(axis=(1, 3)), (parts > 0).sum(axis=(1, 3))
        expected = np.where(seen > 0, (2 * total + seen) // np.maximum(1, 2 * seen), 0)
        np.testing.assert_array_equal(average_between(pixels, down, right, step), expected)
