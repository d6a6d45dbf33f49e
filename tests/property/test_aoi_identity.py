"""An area is its ground: how its outline happens to be written changes nothing."""

import math

import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from minewatch.areas.repair import unite
from minewatch.model import AreaOfInterest


def sha(*geometries) -> str:
    geometry, _ = unite(geometries)
    return AreaOfInterest(id="a", name="A", geometry=geometry, utm_epsg=32647).sha256


@st.composite
def stars(draw) -> list[tuple[float, float]]:
    """A star-shaped ring: always simple, of any roughness."""
    radii = draw(st.lists(st.floats(0.01, 0.1), min_size=3, max_size=12))
    step = 2 * math.pi / len(radii)
    return [
        (98.3 + r * math.cos(i * step), 25.6 + r * math.sin(i * step)) for i, r in enumerate(radii)
    ]


@given(
    ring=stars(),
    turn=st.integers(0, 11),
    backwards=st.booleans(),
    twice=st.sets(st.integers(0, 11)),
)
@settings(deadline=None, max_examples=60)
def test_start_direction_and_repeated_vertices_of_a_ring_change_nothing(
    ring, turn, backwards, twice
):
    turn %= len(ring)
    rewritten = [p for i, p in enumerate(ring) for _ in range(2 if i in twice else 1)]
    rewritten = rewritten[turn:] + rewritten[:turn]
    if backwards:
        rewritten.reverse()
    assert sha(Polygon(rewritten)) == sha(Polygon(ring))


@given(
    corners=st.lists(
        st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=6, unique=True
    ),
    seed=st.randoms(use_true_random=False),
)
@settings(deadline=None, max_examples=40)
def test_the_order_of_features_changes_nothing(corners, seed):
    parts = [box(98 + x / 70, 25 + y / 70, 98.05 + x / 70, 25.05 + y / 70) for x, y in corners]
    shuffled = [*parts]
    seed.shuffle(shuffled)
    assert sha(*shuffled) == sha(*parts)


@given(ring=stars(), shift=st.floats(2e-6, 1e-3))
@settings(deadline=None, max_examples=30)
def test_moving_the_area_changes_its_hash(ring, shift):
    moved = shapely.transform(Polygon(ring), lambda c: c + shift)
    assert sha(moved) != sha(Polygon(ring))


@given(points=st.lists(st.tuples(st.floats(98, 99), st.floats(25, 26)), min_size=3, max_size=9))
@settings(deadline=None, max_examples=60)
def test_any_scribble_becomes_a_valid_outline_or_nothing(points):
    geometry, _ = unite([Polygon(points)])
    assert geometry.is_valid
    assert geometry.geom_type in ("Polygon", "MultiPolygon")
    assert unite([geometry])[0].equals_exact(geometry, 0)
