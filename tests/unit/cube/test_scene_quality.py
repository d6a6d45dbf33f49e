"""Scene facts on real files: whose word counts on the offset, and what is told of it."""

import numpy as np
import pytest
from tests.unit.cube.conftest import FOREST

from minewatch.cube import RasterioReader, measure_scene_quality
from minewatch.errors import ReadError


@pytest.fixture
def find(archive):
    return lambda scene, **options: measure_scene_quality(
        scene, archive.aoi(), reader=RasterioReader(), **options
    )


@pytest.mark.parametrize("add_dn", [0, 1000])
def test_both_ends_of_three_bands_are_measured_and_metadata_decides_alone(archive, find, add_dn):
    facts = find(archive.scene(add_dn=add_dn, boa_offset_applied=True))
    assert (facts.offset_dn, facts.offset_metadata_dn) == (0, 0)
    assert facts.offset_source.startswith("flag")
    assert facts.dark_vegetation_dn == 180 + add_dn
    for band in ("red", "nir", "swir22"):
        assert facts.ends_dn[band] == (FOREST[band] + add_dn,) * 2
    assert facts.unread == ()


def test_ends_are_of_vegetation_alone(archive, find):
    mask, nir = np.full((80, 80), 4), np.full((160, 160), 2860)
    nir[:40], nir[-20:] = 300, 3300
    mask[:20] = 6
    facts = find(archive.scene(mask=mask, pixels={"nir": nir}))
    assert facts.ends_dn["nir"] == (2860, 3300)


def test_a_band_that_cannot_be_read_costs_only_its_ends(archive, find):
    scene = archive.scene()
    (archive.folder / scene.id / "nir.tif").unlink()
    facts = find(scene)
    assert set(facts.ends_dn) == {"red", "swir22"}
    assert facts.unread == ("nir",)


def test_a_scene_without_short_wave_infrared_is_measured_without(archive, find):
    facts = find(archive.scene(bands=("blue", "green", "red", "nir")))
    assert set(facts.ends_dn) == {"red", "nir"}
    assert facts.unread == ()


@pytest.mark.parametrize("mask", [5, 9, 0])
def test_without_vegetation_there_are_no_ends(archive, find, mask):
    facts = find(archive.scene(mask=mask, add_dn=1000))
    assert (facts.offset_dn, facts.dark_vegetation_dn) == (0, None)
    assert facts.ends_dn == {}


def test_a_little_vegetation_decides_nothing(archive, find):
    mask = np.full((80, 80), 5)
    mask[10:14, 10:14] = 4
    assert find(archive.scene(mask=mask, add_dn=1000)).dark_vegetation_dn is None
    mask[10:16, 10:16] = 4
    assert find(archive.scene("more", mask=mask, add_dn=1000)).dark_vegetation_dn == 1180


def test_the_clear_fraction_is_of_the_area_not_of_the_swath(archive, find):
    mask, red = np.full((80, 80), 4), np.full((160, 160), 180)
    mask[:40] = red[:80] = 0
    mask[40:60] = 9
    facts = find(archive.scene(mask=mask, pixels={"red": red}))
    assert facts.clear_fraction == pytest.approx(0.25, abs=0.01)


def test_a_scene_without_a_mask_says_so(archive, find):
    facts = find(archive.scene(mask=None))
    assert facts.clear_fraction == 1
    assert facts.offset_dn == 0
    assert any("no cloud mask" in note for note in facts.notes)


def test_a_product_of_constant_offset_needs_no_pixels_to_decide(archive, find):
    clear = 21824
    scene = archive.scene(pixels={"red": 8000}, sensor="landsat-c2-l2", mask=None)
    mask = archive.cog("qa.tif", np.full((80, 80), clear, np.uint16), res=20)
    scene.assets["mask"] = mask
    facts = find(scene)
    assert (facts.scale, facts.offset_dn, facts.dark_vegetation_dn) == (0.0000275, -7273, None)
    assert facts.clear_fraction == 1


def test_a_scene_that_cannot_be_opened_is_a_read_error(archive, find):
    scene = archive.scene()
    (archive.folder / scene.id / "red.tif").unlink()
    with pytest.raises(ReadError, match=r"red\.tif"):
        find(scene)
