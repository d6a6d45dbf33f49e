"""Shifts of a fraction of a pixel, on simulated ground drawn at a quarter of a pixel."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox
from scipy import ndimage

from minewatch.cube import (
    Patch,
    RasterioReader,
    Reference,
    find_patch_shift,
    make_reference,
    measure_scene_quality,
    registration,
)
from minewatch.errors import ReadError

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


def shift_of(scene, reference):
    """Shift between two pictures of the same 10 m pixels."""
    place = GeoBox(reference.shape, Affine(10, 0, 0, 0, -10, 0), "EPSG:32647")
    return find_patch_shift(scene, Patch(geobox=place, pixels=reference, scene_id="reference"))


@pytest.mark.parametrize("moved", [(0, 0), (0.3, 0), (0, 0.3), (1, -0.5), (-0.25, 0.15)])
def test_a_shift_is_found_to_a_twentieth_of_a_pixel_under_other_light(moved):
    east, south = moved
    world = ground()
    reference = seen(world, 0, 0, noise=40)
    scene = (seen(world, east, south, noise=40, seed=1) * 1.4 + 120).astype(np.uint16)
    found = shift_of(scene, reference)
    assert found == pytest.approx((east * 10, -south * 10), abs=0.5)


def test_scattered_clouds_do_not_pull_the_shift():
    world = ground()
    scene, reference = seen(world, 0.4, 0, noise=40), seen(world, 0, 0, noise=40, seed=1)
    clouds = ndimage.gaussian_filter(np.random.default_rng(3).random(scene.shape), 2)
    scene[clouds > np.quantile(clouds, 0.65)] = 0
    assert shift_of(scene, reference) == pytest.approx((4, 0), abs=0.7)


def test_clouds_that_the_mask_missed_do_not_hide_the_shift():
    world = ground()
    scene, reference = seen(world, 0.4, 0, noise=40), seen(world, 0, 0, noise=40, seed=1)
    for patch, seed in ((scene, 5), (reference, 6)):
        clouds = ndimage.gaussian_filter(np.random.default_rng(seed).random(patch.shape), 1.5)
        patch[clouds > np.quantile(clouds, 0.93)] = 9000
    assert shift_of(scene, reference) == pytest.approx((4, 0), abs=0.7)


@pytest.mark.parametrize("moved", [(6, 0), (0, -5)])
def test_an_absurd_shift_is_none(moved):
    world = ground()
    assert shift_of(seen(world, *moved), seen(world, 0, 0)) is None


def test_too_little_in_common_is_none():
    scene, reference = seen(ground(), 0, 0), seen(ground(), 0, 0)
    scene[:110] = 0
    assert shift_of(scene, reference) is None
    flat = np.full((64, 64), 200, np.uint16)
    assert shift_of(flat, flat) is None


@pytest.fixture
def stack(archive):
    """Three passes: cloudy over half, straight, and 4 m east and 2 m north of straight."""
    world = ground(size=160)
    half = np.full((80, 80), 4)
    half[:, 40:] = 9
    passes = {"cloudy": (0, 0, 9), "straight": (0, 0, 4), "misplaced": (0.4, -0.2, 4)}
    return [
        archive.scene(
            name, day=f"2024-01-{5 * n + 5:02d}", pixels={"red": seen(world, *moved)}, mask=mask
        )
        for n, (name, (*moved, mask)) in enumerate(passes.items())
    ]


@pytest.fixture
def one_overpass(monkeypatch):
    """A reference is one clear overpass, as if its own place were the median one."""
    monkeypatch.setattr(registration, "FIRST_OVERPASSES", 1)


def test_the_reference_is_the_first_clear_scene_whatever_comes_later(archive, stack, one_overpass):
    reader, aoi = RasterioReader(), archive.aoi()
    early = make_reference(stack[:2], aoi, reader=reader)
    late = make_reference(stack[::-1], aoi, reader=reader)
    assert {patch.scene_id for patch in early.patches} == {"straight"}
    assert early.looked_at == late.looked_at == ("cloudy", "straight")
    for before, after in zip(early.patches, late.patches, strict=True):
        assert (before.geobox, before.scene_id) == (after.geobox, after.scene_id)
        np.testing.assert_array_equal(before.pixels, after.pixels)


def test_facts_hold_the_misplacement_against_the_reference(archive, stack, one_overpass):
    reader, aoi = RasterioReader(), archive.aoi()
    reference = make_reference(stack, aoi, reader=reader)
    found = [
        measure_scene_quality(scene, aoi, reader=reader, reference=reference).misplaced_xy_m
        for scene in stack
    ]
    assert found[:2] == [(0, 0), (0, 0)]
    assert found[2] == pytest.approx((4, 2), abs=0.7)
    assert measure_scene_quality(stack[2], aoi, reader=reader).misplaced_xy_m == (0, 0)


def test_the_place_that_counts_is_the_median_of_the_first_overpasses(archive, monkeypatch):
    """The first clear overpass lies askew like any other; it must not draw all others after it."""
    monkeypatch.setattr(registration, "FIRST_OVERPASSES", 3)
    reader, aoi = RasterioReader(), archive.aoi()
    world = ground(size=160)
    overpasses = [
        archive.scene(f"s{n}", day=f"2024-01-{n + 10}", pixels={"red": seen(world, east, 0)})
        for n, east in enumerate((0.9, 0, 0.1, 0.9))
    ]
    assert make_reference(overpasses[:2], aoi, reader=reader).patches == ()
    reference = make_reference(overpasses, aoi, reader=reader)
    assert reference.looked_at == ("s0", "s1", "s2")
    found = [
        measure_scene_quality(overpass, aoi, reader=reader, reference=reference)
        for overpass in overpasses
    ]
    assert [f.misplaced_xy_m[0] for f in found] == pytest.approx([8, -1, 0, 8], abs=0.8)
    assert [facts.shift_xy_m[0] for facts in found] == [10, 0, 0, 10]


def test_pixels_are_moved_whole_or_not_at_all(archive, one_overpass):
    reader, aoi = RasterioReader(), archive.aoi()
    world = ground(size=160)
    overpasses = [
        archive.scene(f"s{n}", day=f"2024-01-{n + 10}", pixels={"red": seen(world, east, 0)})
        for n, east in enumerate((0, 0.4, 0.8))
    ]
    reference = make_reference(overpasses, aoi, reader=reader)
    found = [
        measure_scene_quality(overpass, aoi, reader=reader, reference=reference)
        for overpass in overpasses
    ]
    assert [facts.shift_xy_m for facts in found] == [(0, 0), (0, 0), (10, 0)]
    assert [f.misplaced_xy_m[0] for f in found] == pytest.approx([0, 4, 8], abs=0.8)


def test_misplacements_are_exact_in_binary(archive, stack, one_overpass):
    """Whole sixteenths of a metre also where the median lies between two patches."""
    reader, aoi = RasterioReader(), archive.aoi()
    reference = make_reference(stack, aoi, reader=reader)
    for pair in pairwise(reference.patches):
        against = replace(reference, patches=pair)
        facts = measure_scene_quality(stack[2], aoi, reader=reader, reference=against)
        assert all(16 * metres % 1 == 0 for metres in facts.misplaced_xy_m)


def test_patches_that_disagree_move_nothing(archive, stack, one_overpass):
    world = ground(size=160)
    torn = np.hstack([seen(world, -0.9, 0)[:, :80], seen(world, 0.9, 0)[:, 80:]])
    scene = archive.scene("torn", day="2024-01-20", pixels={"red": torn})
    reader, aoi = RasterioReader(), archive.aoi()
    reference = make_reference(stack[1:2], aoi, reader=reader)
    whole = reference.patches[0]
    halves = tuple(
        replace(whole, geobox=whole.geobox[:, columns], pixels=whole.pixels[:, columns])
        for columns in (np.s_[:64], np.s_[64:128])
    )
    facts = measure_scene_quality(
        scene, aoi, reader=reader, reference=replace(reference, patches=halves)
    )
    assert facts.misplaced_xy_m == (0, 0)
    assert any("disagree" in note for note in facts.notes)


def test_a_search_that_meets_unreadable_overpasses_is_not_sure(archive, stack, one_overpass):
    class Broken:
        def read(self, asset, geobox, *, band):
            raise ReadError("no", hint="none")

    found = make_reference(stack, archive.aoi(), reader=Broken())
    assert (found.patches, found.is_sure) == ((), False)
    assert len(found.looked_at) == registration.MOST_UNREAD


def test_an_area_never_seen_clear_has_no_reference(archive, stack):
    cloudy = make_reference(stack[:1], archive.aoi(), reader=RasterioReader())
    assert cloudy == Reference(looked_at=(stack[0].id,))
    assert make_reference([], archive.aoi(), reader=RasterioReader()) == Reference()
