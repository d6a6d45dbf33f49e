import numpy as np
import pytest
from scipy import ndimage

from minewatch.detect.morphology import grown, grown_within, opened, opened_values, shrunk

EIGHT = np.ones((3, 3), bool)
SHAPES = [(40, 60), (1, 9), (9, 1), (2, 3), (1, 1)]


@pytest.fixture(params=SHAPES)
def masks(request) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(sum(request.param))
    return rng.random(request.param) < 0.6, rng.random(request.param) < 0.1


@pytest.mark.parametrize("px", [1, 3, 7])
def test_masks_grow_as_by_dilations(masks, px) -> None:
    mask, seeds = masks
    expected = ndimage.binary_dilation(seeds, EIGHT, iterations=px)
    assert np.array_equal(grown(seeds, px), expected)
    within = ndimage.binary_dilation(seeds, EIGHT, iterations=px, mask=mask)
    assert np.array_equal(grown_within(seeds, mask, px), within)


def test_masks_shrink_as_by_erosions(masks) -> None:
    mask, _ = masks
    assert np.array_equal(shrunk(mask), ndimage.binary_erosion(mask, EIGHT))
    assert np.array_equal(opened(mask), ndimage.binary_opening(mask, EIGHT))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("window", [(5, 5), (5, 7), (7, 5), (1, 3)])
def test_values_are_opened_as_in_grey(shape, window) -> None:
    values = np.random.default_rng(1).integers(0, 255, shape).astype("uint8")
    assert np.array_equal(opened_values(values, *window), ndimage.grey_opening(values, size=window))


def test_what_is_given_stays_as_it_was(masks) -> None:
    mask, seeds = masks
    before = mask.copy(), seeds.copy()
    grown(seeds), opened(mask), grown_within(seeds, mask, 3)
    assert np.array_equal(mask, before[0])
    assert np.array_equal(seeds, before[1])
