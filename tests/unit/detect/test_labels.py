import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from minewatch.detect.labels import label_patches, label_pixels, side_by_side

MASKS = arrays(bool, st.tuples(st.integers(0, 12), st.integers(0, 12)))
STRUCTURES = {0: ndimage.generate_binary_structure(2, 1), 1: np.ones((3, 3), int)}


@pytest.mark.parametrize("reach", [0, 1])
@settings(deadline=None)  # the first call compiles
@given(mask=MASKS)
def test_patches_are_numbered_as_scipy_does(mask: np.ndarray, reach: int) -> None:
    labels, count = label_patches(mask, reach)
    expected, number = ndimage.label(mask, STRUCTURES[reach])
    assert count == number
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels, expected)
    few = label_pixels(np.flatnonzero(mask), mask.shape[1], reach)
    assert few.count == number
    assert few.label.dtype == np.int32
    np.testing.assert_array_equal(few.label, expected[mask])


@pytest.mark.parametrize("reach", [0, 1])
def test_a_large_maze_is_numbered_as_scipy_does(reach: int) -> None:
    mask = np.random.default_rng(2).random((300, 400)) < 0.55
    labels, count = label_patches(mask.T, reach)  # columns first in memory
    expected, number = ndimage.label(mask.T, STRUCTURES[reach])
    assert count == number
    np.testing.assert_array_equal(labels, expected)
    few = label_pixels(np.flatnonzero(mask.T), 300, reach)
    np.testing.assert_array_equal(few.label, expected[mask.T])


def test_the_patches_that_stay_are_numbered_anew() -> None:
    patches = label_pixels(np.array([0, 1, 4, 7, 8]), 10)
    kept = patches.without(np.array([False, True, False]))
    assert (kept.at.tolist(), kept.label.tolist(), kept.count) == ([0, 1, 7, 8], [1, 1, 2, 2], 2)


def test_masks_side_by_side_keep_their_patches_and_are_numbered_on() -> None:
    one, other = (label_pixels(np.array(at), 5) for at in ([0, 2, 4], [2, 3]))
    both = side_by_side([one, other])
    assert both.at.tolist() == [0, 2, 4, 2, 3]
    assert (both.label.tolist(), both.count) == ([1, 2, 3, 4, 4], 4)
    assert side_by_side([]).count == len(side_by_side([]).at) == 0
