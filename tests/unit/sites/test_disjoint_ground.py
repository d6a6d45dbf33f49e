"""Ground of sites: outlines of pixels need no rounding, and any two sites can share a patch."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from minewatch.detect.outlines import outline_labels
from minewatch.sites.disjoint_ground import PRECISION_M, share_out, snapped, united, upright

CORNER = (10, 0, 500_000, 0, -10, 2_900_000)


def blobs(seed: int) -> np.ndarray:
    """Outlines of the patches of a random mask."""
    rng = np.random.default_rng(seed)
    mask = ndimage.gaussian_filter(rng.standard_normal((24, 24)), rng.uniform(0.5, 2)) > 0
    labels, _ = ndimage.label(mask)
    return np.array([outline for _, outline in outline_labels(labels, transform=CORNER)], object)


def wkb(outlines) -> list[bytes]:
    return shapely.to_wkb(np.asarray(outlines, object)).tolist()


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_outlines_of_pixels_are_upright_and_lie_on_their_grid_already(seed):
    outlines = blobs(seed)
    assert upright(outlines).all()
    exact = shapely.normalize(shapely.set_precision(outlines, PRECISION_M))
    assert wkb(snapped(outlines)) == wkb(exact)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_the_union_of_upright_outlines_is_the_same_without_rounding(one, other):
    pieces = [*snapped(blobs(one)), *snapped(blobs(other))]
    assert wkb([united(pieces, are_upright=True)]) == wkb([united(pieces)])


def test_a_slanted_edge_or_a_corner_between_centimetres_is_not_upright():
    slanted = shapely.Polygon([(0, 0), (10, 0), (10, 10)])
    between = shapely.box(0, 0, 10.001, 10)
    ring = shapely.box(0, 0, 30, 30) - shapely.box(10, 10, 20, 20)
    two = shapely.multipolygons([shapely.box(0, 0, 1, 1), slanted])
    assert upright(np.array([slanted, between, ring, two, shapely.Polygon()])).tolist() == [
        False, False, True, False, True,
    ]  # fmt: skip
    assert shapely.get_coordinates(snapped(np.array([between]))).max() == 10


@pytest.mark.parametrize(("corners", "shift"), [(64, 5), (400, 3)])
def test_a_patch_is_shared_between_sites_whose_corners_lie_close(corners, shift):
    x, y = 500_000 + shift * 13.37, 2_900_000 + shift * 7.77
    owners = [
        shapely.set_precision(
            shapely.Point(x + east, y).buffer(40 + shift, quad_segs=corners), PRECISION_M
        )
        for east in (0, 150 + shift)
    ]
    patch = shapely.set_precision(shapely.box(x - 60, y - 60, x + 220, y + 60), PRECISION_M)
    shares = share_out(patch, owners)
    assert sum(share.area for share in shares) == pytest.approx(patch.area, abs=0.1)
    assert shapely.intersection(*shares).area < 0.1
    assert all(
        shapely.intersection(share, owner).area == pytest.approx(owner.area, rel=1e-3)
        for share, owner in zip(shares, owners, strict=True)
    )
