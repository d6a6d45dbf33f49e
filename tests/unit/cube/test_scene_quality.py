"""Scene facts on real files: whose word counts on the offset, and what is told of it."""

import numpy as np
import pytest

from minewatch.cube import RasterioReader, measure_scene_quality
from minewatch.errors import ReadError


@pytest.fixture
def find(archive):
    return lambda scene, **options: measure_scene_quality(
        scene, archive.aoi(), reader=RasterioReader(), **options
    )


# add_dn: what really is in the pixels; flag: what the catalogue says of it
CASES = {
    "removed and said so": (0, True, "05.10", 0, 0, "flag"),
    "still in and said so": (1000, False, "05.10", -1000, -1000, "baseline 05.10"),
    "flag says removed, pixels have it": (1000, True, "05.10", 0, -1000, "pixels"),
    "flag says still in, pixels are free of it": (0, False, "05.10", -1000, 0, "pixels"),
    "silent catalogue, new baseline": (1000, None, "04.00", -1000, -1000, "baseline 04.00"),
    "silent catalogue, old baseline": (0, None, "03.01", 0, 0, "baseline 03.01"),
    "nothing known, offset in": (1000, None, "", 0, -1000, "pixels"),
    "nothing known, offset out": (0, None, "", 0, 0, "nothing"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_pixels_overrule_metadata_on_the_offset_only_when_they_contradict(archive, find, case):
    add_dn, flag, baseline, metadata_dn, used_dn, source = case
    scene = archive.scene(add_dn=add_dn, boa_offset_applied=flag, baseline=baseline)
    facts = find(scene)
    assert (facts.offset_metadata_dn, facts.offset_dn) == (metadata_dn, used_dn)
    assert facts.offset_source.startswith(source)
    assert facts.dark_vegetation_dn == 180 + add_dn
    overruled = metadata_dn != used_dn
    assert any("is used" in note for note in facts.notes) == overruled


def test_haze_that_leaves_it_open_does_not_overrule(archive, find):
    facts = find(archive.scene(pixels={"red": 900}))
    assert (facts.offset_dn, facts.dark_vegetation_dn) == (0, 900)
    assert any("900 DN decides no offset" in note for note in facts.notes)


@pytest.mark.parametrize("mask", [5, 9, 0])
def test_without_vegetation_metadata_stands_and_the_facts_say_so(archive, find, mask):
    facts = find(archive.scene(mask=mask, add_dn=1000))
    assert (facts.offset_dn, facts.dark_vegetation_dn) == (0, None)
    assert any("too little clear vegetation" in note for note in facts.notes)


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
