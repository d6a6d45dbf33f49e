import numpy as np
import pytest
from scipy import ndimage
from scipy.signal.windows import hann
from skimage.registration import phase_cross_correlation

from minewatch.cube import correlate
from minewatch.cube.correlate import COARSE_PX, FINE_PX, STEPS_PER_PX, find_edges, find_offset

RNG = np.random.default_rng(4)
GROUND = ndimage.gaussian_filter(RNG.standard_normal((140, 131)), 1.2)


def overpass(down: float, right: float) -> np.ndarray:
    """The ground as shown by an overpass that must be moved so, with a cloud."""
    moved = ndimage.shift(GROUND, (-down, -right), order=5, mode="nearest")[20:-20, 20:-20]
    seen = np.exp(4 * moved + 6) + RNG.normal(0, 5, moved.shape)
    row, col = RNG.integers(0, 70, 2)
    seen[row : row + 20, col : col + 30] = 0
    return seen.clip(0, 60000).astype(np.uint16)


def offset_by_skimage(scene: np.ndarray, reference: np.ndarray) -> tuple[float, float]:
    """An independent account of the same, by scipy and scikit-image."""

    def edges(patch: np.ndarray) -> np.ndarray:
        values = np.where(patch > 0, np.log(np.maximum(patch, 1.0)), 0.0)
        fine, coarse = (
            ndimage.gaussian_filter(values, width)
            / np.maximum(ndimage.gaussian_filter((patch > 0).astype(float), width), 1e-6)
            for width in (FINE_PX, COARSE_PX)
        )
        detail = np.where(patch > 0, fine - coarse, 0.0)
        most = 4 * detail.std()
        return np.clip(detail, -most, most) * np.outer(*map(hann, patch.shape))

    (down, right), _, _ = phase_cross_correlation(
        edges(reference), edges(scene), upsample_factor=STEPS_PER_PX, normalization=None
    )
    return float(down), float(right)


def offset_of(
    scene: np.ndarray, reference: np.ndarray, most_px: float
) -> tuple[float, float] | None:
    edges = [find_edges(patch) for patch in (scene, reference)]
    assert all(edges)
    return find_offset(edges[0], edges[1], most_px=most_px)


@pytest.mark.parametrize("at", range(8))
def test_the_offset_is_that_of_scikit_image_and_near_the_truth(at: int) -> None:
    down, right = np.random.default_rng(at).uniform(-1.8, 1.8, 2)
    scene, reference = overpass(down, right), overpass(0, 0)
    found = offset_of(scene, reference, 2)
    assert found == offset_by_skimage(scene, reference)
    assert found == pytest.approx((down, right), abs=0.1)


def test_the_window_is_scipys_to_the_bit() -> None:
    for count in (1, 2, 3, 64, 255, 256, 1000):
        assert np.array_equal(correlate.hann(count), hann(count))


def test_a_blur_is_scipys_up_to_the_edges() -> None:
    for shape in ((40, 31), (9, 5)):  # narrower than the blur reaches, too
        values = RNG.random(shape)
        for width in (FINE_PX, COARSE_PX):
            blurred = correlate._blur(values, correlate._gaussian(width))
            np.testing.assert_allclose(blurred, ndimage.gaussian_filter(values, width))


def test_an_absurd_offset_is_none() -> None:
    scene, reference = overpass(3.5, 0), overpass(0, 0)
    assert offset_of(scene, reference, 2) is None
    assert offset_of(scene, reference, 4) is not None


def test_a_flat_patch_has_no_edges() -> None:
    assert find_edges(np.full((64, 64), 900, np.uint16)) is None
