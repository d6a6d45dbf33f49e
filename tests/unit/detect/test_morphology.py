import numpy as np
import pytest
from scipy import ndimage

from minewatch.detect.morphology import grown, opened, opened_values, reached, spread, values_at

EIGHT = np.ones((3, 3), bool)
SHAPES = [(40, 60), (1, 9), (9, 1), (2, 3), (1, 1)]


@pytest.fixture(params=SHAPES)
def masks(request) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(sum(request.param))
    return rng.random(request.param) < 0.6, rng.random(request.param) < 0.1


@pytest.mark.parametrize("px", [1, 3, 7])
def test_masks_grow_as_by_dilations(masks, px) -> None:
    mask, seeds = masks
    at = np.flatnonzero(seeds)
    expected = ndimage.binary_dilation(seeds, EIGHT, iterations=px)
    assert np.array_equal(grown(at, mask.shape, px), np.flatnonzero(expected))
    within = ndimage.binary_dilation(seeds, EIGHT, iterations=px, mask=mask)
    assert np.array_equal(reached(at, mask, px), np.flatnonzero(within))


@pytest.mark.parametrize("width", [3, 5, 7])
def test_masks_are_opened_as_by_binary_opening(masks, width) -> None:
    mask, seeds = masks
    for ground in (mask, ~seeds):
        expected = ndimage.binary_opening(ground, np.ones((width, width), bool))
        found = opened(np.flatnonzero(ground), ground.shape, width)
        assert np.array_equal(found, np.flatnonzero(expected))


def test_a_mask_does_not_go_on_at_the_other_edge_of_its_grid() -> None:
    mask = np.zeros((9, 12), bool)
    mask[:, [0, 1, -2, -1]] = True
    assert len(opened(np.flatnonzero(mask), mask.shape)) == 0
    assert len(opened(np.flatnonzero(mask.T), mask.T.shape)) == 0


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("window", [(5, 5), (5, 7), (7, 5), (1, 3)])
@pytest.mark.parametrize("share", [0.2, 1.0])
def test_values_are_opened_as_in_grey(shape, window, share) -> None:
    rng = np.random.default_rng(1)
    values = rng.integers(0, 255, shape).astype("uint8") * (rng.random(shape) < share)
    at = np.flatnonzero(values)
    found = opened_values(at, values.ravel()[at], shape, *window)
    expected = ndimage.grey_opening(values, size=window)
    assert np.array_equal(values_at(np.arange(values.size), at, found), expected.ravel())


def test_what_is_given_stays_as_it_was(masks) -> None:
    mask, seeds = masks
    at = np.flatnonzero(seeds)
    before = mask.copy(), at.copy()
    grown(at, mask.shape), opened(at, mask.shape), reached(at, mask, 3)
    assert np.array_equal(mask, before[0])
    assert np.array_equal(at, before[1])


def test_a_mask_is_spread_over_its_grid(masks) -> None:
    mask, _ = masks
    assert np.array_equal(spread(np.flatnonzero(mask), mask.shape), mask)


def test_values_of_pixels_that_are_not_known_are_missing() -> None:
    known, values = np.array([3, 8]), np.array([0.5, 2.0])
    found = values_at(np.array([0, 3, 8, 9]), known, values, missing=np.nan)
    assert np.array_equal(found, [np.nan, 0.5, 2.0, np.nan], equal_nan=True)
    assert values_at(np.array([4]), known[:0], values[:0]).tolist() == [0.0]
