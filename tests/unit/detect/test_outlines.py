"""Outlines against rasterio's polygons, and the promises of the docstring."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from affine import Affine
from rasterio.features import shapes
from shapely.geometry import shape

from minewatch.detect.outlines import outline_labels, outline_pixels
from minewatch.errors import ContractError

NORTH_UP = Affine(10, 0, 500_000, 0, -10, 2_800_000)


def _reference(labels: np.ndarray, transform: Affine) -> list[tuple[int, str]]:
    found = shapes(labels.astype("int32"), mask=labels != 0, connectivity=4, transform=transform)
    return sorted((int(v), _text(shape(g))) for g, v in found)


def _text(polygon: shapely.Polygon) -> str:
    """Outline without the vertices that lie on a straight line, in canonical order."""
    return shapely.normalize(shapely.make_valid(polygon.simplify(0))).wkt


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kinds", [2, 4])
def test_outlines_equal_those_of_rasterio_on_noise(seed: int, kinds: int) -> None:
    labels = np.random.default_rng(seed).integers(0, kinds, (40, 55))
    ours = sorted((v, _text(p)) for v, p in outline_labels(labels, transform=NORTH_UP))
    assert ours == _reference(labels, NORTH_UP)
    at = np.flatnonzero(labels)
    few = outline_pixels(at, labels.ravel()[at].astype("int32"), labels.shape, transform=NORTH_UP)
    assert few == outline_labels(labels, transform=NORTH_UP)


def test_every_outline_is_valid_even_where_a_patch_touches_itself_at_a_corner() -> None:
    labels = np.array([[1, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 1], [0, 0, 1, 1]])
    labels[2, 2] = 0
    polygons = [p for _, p in outline_labels(labels, transform=NORTH_UP)]
    noise = np.random.default_rng(1).random((60, 60)) < 0.6
    polygons += [p for _, p in outline_labels(noise, transform=NORTH_UP)]
    assert all(p.is_valid for p in polygons)
    assert shapely.area(polygons[2:]).sum() == noise.sum() * 100


def test_diagonal_neighbours_are_two_patches() -> None:
    labels = np.array([[1, 0], [0, 1]])
    assert len(outline_labels(labels, transform=NORTH_UP)) == 2


def test_a_ring_of_pixels_keeps_its_hole() -> None:
    labels = np.ones((3, 3), int)
    labels[1, 1] = 0
    [(_, polygon)] = outline_labels(labels, transform=NORTH_UP)
    assert len(polygon.interiors) == 1
    assert polygon.area == 800


def test_exteriors_run_counter_clockwise_on_a_north_up_transform() -> None:
    [(_, polygon)] = outline_labels(np.ones((2, 5), bool), transform=NORTH_UP)
    assert polygon.exterior.is_ccw
    assert len(polygon.exterior.coords) == 5


def test_patches_come_in_the_order_in_which_they_begin() -> None:
    labels = np.array([[0, 5, 0, 3], [9, 0, 0, 3]])
    assert [v for v, _ in outline_labels(labels, transform=NORTH_UP)] == [5, 3, 9]


def test_a_rotated_transform_is_followed() -> None:
    labels = np.random.default_rng(3).integers(0, 3, (12, 9))
    turned = Affine(8.66, -5, 100, -5, -8.66, 50)
    ours = outline_labels(labels, transform=turned)
    theirs = [
        shape(g) for g, _ in shapes(labels.astype("int32"), mask=labels != 0, transform=turned)
    ]
    union_gap = shapely.union_all([p for _, p in ours]) ^ shapely.union_all(theirs)
    assert len(ours) == len(theirs)
    assert union_gap.area == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("labels", [np.zeros((4, 4), int), np.zeros((0, 5), int)])
def test_background_alone_has_no_outline(labels: np.ndarray) -> None:
    assert outline_labels(labels, transform=NORTH_UP) == []


@pytest.mark.parametrize("labels", [np.zeros(4, int), np.zeros((2, 2))])
def test_anything_but_a_flat_integer_array_is_refused(labels: np.ndarray) -> None:
    with pytest.raises(ContractError, match="labels to outline"):
        outline_labels(labels, transform=NORTH_UP)
