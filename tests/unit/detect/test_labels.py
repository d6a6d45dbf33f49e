import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from minewatch.detect.labels import count_pixels, label_patches

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


@pytest.mark.parametrize("reach", [0, 1])
def test_a_large_maze_is_numbered_as_scipy_does(reach: int) -> None:
    mask = np.random.default_rng(2).random((300, 400)) < 0.55
    labels, count = label_patches(mask.T, reach)  # columns first in memory
    expected, number = ndimage.label(mask.T, STRUCTURES[reach])
    assert count == number
    np.testing.assert_array_equal(labels, expected)


def test_pixels_are_counted_as_numpy_does() -> None:
    labels, count = label_patches(np.random.default_rng(3).random((50, 60)) < 0.4)
    expected = np.bincount(labels.ravel(), minlength=count + 1)
    np.testing.assert_array_equal(count_pixels(labels, count), expected)
