"""Shifts of a fraction of a pixel, on simulated ground drawn at a quarter of a pixel."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from minewatch.cube import RasterioReader, Reference, find_facts, find_shift, make_reference

FINE = 4


def ground(seed=0, size=256):
    """Simulated clearings in forest, drawn at a quarter of a pixel, with a margin."""
    rng = np.random.default_rng(seed)
    rough = ndimage.gaussian_filter(rng.random((size * FINE + 40,) * 2), 5)
    return np.where(rough > np.quantile(rough, 0.8), 2400.0, 180.0)


def seen(world, east_px, south_px, *, noise=0.0, seed=0):
    """What a scene misplaced by so many pixels shows of it."""
    moved = ndimage.shift(world, (south_px * FINE, east_px * FINE), order=1)[20:-20, 20:-20]
    side = moved.shape[0] // FINE
    pixels = moved.reshape(side, FINE, side, FINE).mean(axis=(1, 3))
    pixels += np.random.default_rng(seed).normal(0, noise, pixels.shape)
    return pixels.clip(1).astype(np.uint16)


@pytest.mark.parametrize("moved", [(0, 0), (0.3, 0), (0, 0.3), (1, -0.5), (-0.25, 0.15)])
def test_a_shift_is_found_to_a_twentieth_of_a_pixel_under_other_light(moved):
    east, south = moved
    world = ground()
    reference = seen(world, 0, 0, noise=40)
    scene = (seen(world, east, south, noise=40, seed=1) * 1.4 + 120).astype(np.uint16)
    found = find_shift(scene, reference, resolution_m=10)
    assert found == pytest.approx((east * 10, -south * 10), abs=0.5)


def test_scattered_clouds_do_not_pull_the_shift():
    world = ground()
    scene, reference = seen(world, 0.4, 0, noise=40), seen(world, 0, 0, noise=40, seed=1)
    clouds = ndimage.gaussian_filter(np.random.default_rng(3).random(scene.shape), 2)
    scene[clouds > np.quantile(clouds, 0.65)] = 0
    assert find_shift(scene, reference, resolution_m=10) == pytest.approx((4, 0), abs=0.7)


def test_clouds_that_the_mask_missed_do_not_hide_the_shift():
    world = ground()
    scene, reference = seen(world, 0.4, 0, noise=40), seen(world, 0, 0, noise=40, seed=1)
    for patch, seed in ((scene, 5), (reference, 6)):
        clouds = ndimage.gaussian_filter(np.random.default_rng(seed).random(patch.shape), 1.5)
        patch[clouds > np.quantile(clouds, 0.93)] = 9000
    assert find_shift(scene, reference, resolution_m=10) == pytest.approx((4, 0), abs=0.7)


@pytest.mark.parametrize("moved", [(6, 0), (0, -5)])
def test_an_absurd_shift_is_none(moved):
    world = ground()
    assert find_shift(seen(world, *moved), seen(world, 0, 0), resolution_m=10) is None


def test_too_little_in_common_is_none():
    scene, reference = seen(ground(), 0, 0), seen(ground(), 0, 0)
    scene[:110] = 0
    assert find_shift(scene, reference, resolution_m=10) is None
    flat = np.full((64, 64), 200, np.uint16)
    assert find_shift(flat, flat, resolution_m=10) is None


@pytest.fixture
def stack(archive):
    """Three passes: cloudy over half, straight, and 4 m east and 2 m north of straight."""
    world = ground(size=160)
    half = np.full((80, 80), 4)
    half[:, 40:] = 9
    passes = {"cloudy": (0, 0, 9), "straight": (0, 0, 4), "misplaced": (0.4, -0.2, 4)}
    return [
        archive.scene(
            name, day=f"2024-01-{5 * n + 5:02d}", pixels={"red": seen(world, *moved)}, scl=scl
        )
        for n, (name, (*moved, scl)) in enumerate(passes.items())
    ]


def test_the_reference_is_the_first_clear_scene_whatever_comes_later(archive, stack):
    reader, aoi = RasterioReader(), archive.aoi()
    early = make_reference(stack[:2], aoi, reader=reader).patches
    late = make_reference(stack[::-1], aoi, reader=reader).patches
    assert {patch.scene_id for patch in early} == {"straight"}
    assert len(early) == len(late) > 0
    for before, after in zip(early, late, strict=True):
        assert (before.geobox, before.scene_id) == (after.geobox, after.scene_id)
        np.testing.assert_array_equal(before.pixels, after.pixels)


def test_facts_hold_the_shift_against_the_reference(archive, stack):
    reader, aoi = RasterioReader(), archive.aoi()
    reference = make_reference(stack, aoi, reader=reader).patches
    shifts = [
        find_facts(scene, aoi, reader=reader, reference=reference).shift_xy_m for scene in stack
    ]
    assert shifts[:2] == [(0, 0), (0, 0)]
    assert shifts[2] == pytest.approx((4, 2), abs=0.7)
    assert find_facts(stack[2], aoi, reader=reader).shift_xy_m == (0, 0)


def test_shifts_are_exact_in_binary(archive, stack):
    """Whole sixteenths of a metre also where the median lies between two patches."""
    reader, aoi = RasterioReader(), archive.aoi()
    patches = make_reference(stack, aoi, reader=reader).patches
    for pair in pairwise(patches):
        facts = find_facts(stack[2], aoi, reader=reader, reference=pair)
        assert all(16 * metres % 1 == 0 for metres in facts.shift_xy_m)


def test_a_scene_before_the_reference_stays_as_it_is(archive, stack):
    """Else the first clear look of a later update would move scenes that were read before it."""
    reader, aoi = RasterioReader(), archive.aoi()
    reference = make_reference(stack[1:2], aoi, reader=reader).patches
    earlier = archive.scene("earlier", pixels={"red": seen(ground(size=160), 0.5, 0)})
    assert find_facts(earlier, aoi, reader=reader, reference=reference).shift_xy_m == (0, 0)
    later = archive.scene("later", day="2024-01-20", pixels={"red": seen(ground(size=160), 0.5, 0)})
    shift = find_facts(later, aoi, reader=reader, reference=reference).shift_xy_m
    assert shift == pytest.approx((5, 0), abs=0.7)


def test_patches_that_disagree_move_nothing(archive, stack):
    world = ground(size=160)
    torn = np.hstack([seen(world, -0.9, 0)[:, :80], seen(world, 0.9, 0)[:, 80:]])
    scene = archive.scene("torn", day="2024-01-20", pixels={"red": torn})
    reader, aoi = RasterioReader(), archive.aoi()
    whole = make_reference(stack[1:2], aoi, reader=reader).patches[0]
    halves = [
        replace(whole, geobox=whole.geobox[:, columns], pixels=whole.pixels[:, columns])
        for columns in (np.s_[:64], np.s_[64:128])
    ]
    facts = find_facts(scene, aoi, reader=reader, reference=halves)
    assert facts.shift_xy_m == (0, 0)
    assert any("disagree" in note for note in facts.notes)


def test_an_area_never_seen_clear_has_no_reference(archive, stack):
    cloudy = make_reference(stack[:1], archive.aoi(), reader=RasterioReader())
    assert cloudy == Reference(looked_at=(stack[0].id,))
    assert make_reference([], archive.aoi(), reader=RasterioReader()) == Reference()
