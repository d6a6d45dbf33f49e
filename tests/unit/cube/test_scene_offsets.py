"""An addend moves both ends of the histogram; fog, smoke, snow and haze do not. All simulated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from shapely.geometry import box
from tests.unit.cube.conftest import FOREST

from minewatch.cube import decide_offsets
from minewatch.cube.scene_offsets import PIXELS
from minewatch.cube.scene_quality import measure_ends
from minewatch.model import Scene, SceneQuality

FIRST = date(2022, 11, 3)
BANDS = ("red", "nir", "swir22")
Pixels = dict[str, np.ndarray]
FLAG_REMOVED = {"baseline": "05.10", "boa_offset_applied": True}
FLAG_KEPT = {"baseline": "05.10", "boa_offset_applied": False}
SILENT = {"baseline": "", "boa_offset_applied": None}
OLD = {"baseline": "02.14", "boa_offset_applied": None}
NEW = {"baseline": "05.10", "boa_offset_applied": None}


def forest(number: int) -> Pixels:
    """Forest of many shades on one date, reflectance x 10,000: the light differs a little."""
    rng = np.random.default_rng(number)
    shade = rng.normal(1, 0.15, (60, 60)).clip(0.5, 1.5)
    light = rng.normal(1, 0.03)
    return {band: FOREST[band] * shade * light for band in BANDS}


def through_fog(pixels: Pixels, *, share: float, white: float = 6500) -> Pixels:
    """Fog hides a share of the ground; droplets are about as bright in all bands."""
    return {band: (1 - share) * dn + share * white for band, dn in pixels.items()}


def through_smoke(pixels: Pixels) -> Pixels:
    """Smoke lifts what is blue, red a good deal, and short-wave infrared not at all."""
    added = {"blue": 1400, "red": 900, "nir": 150, "swir22": 0}
    return {band: dn + added[band] for band, dn in pixels.items()}


def under_snow(pixels: Pixels) -> Pixels:
    """Snow on half of each pixel: white, but dark in short-wave infrared."""
    snow = {"red": 8500, "nir": 7000, "swir22": 400}
    return {band: 0.5 * dn + 0.5 * snow[band] for band, dn in pixels.items()}


def with_addend(pixels: Pixels) -> Pixels:
    """The +1000 of baseline 04.00."""
    return {band: dn + 1000 for band, dn in pixels.items()}


class Series:
    """Scenes of one tile, ten days apart, and what was measured of each."""

    def __init__(self) -> None:
        self.scenes: list[Scene] = []
        self.quality: dict[str, SceneQuality] = {}

    def add(
        self, pixels: Pixels, about: dict[str, object], *, day: date | None = None, **more: object
    ) -> str:
        number = len(self.scenes)
        name = f"SIM_{number:02d}"
        day = day or FIRST + timedelta(days=10 * number)
        stated = {"tile": "47RMJ", **about, **more}
        self.scenes.append(
            Scene(
                id=name, collection="sentinel-2-l2a", sensor="sentinel-2-l2a", assets={},
                acquired=datetime(day.year, day.month, day.day, 4, tzinfo=UTC),
                footprint=box(98, 25, 99, 26), datatake=name, **stated,
            )
        )  # fmt: skip
        ends = {b: measure_ends(np.rint(dn).astype("u2"), dn > 0) for b, dn in pixels.items()}
        known = {band: pair for band, pair in ends.items() if pair}
        self.quality[name] = SceneQuality(
            scene_id=name, scale=1e-4, offset_dn=0, offset_source="metadata",
            offset_metadata_dn=0, dark_vegetation_dn=None, clear_fraction=1.0, ends_dn=known,
        )  # fmt: skip
        return name

    def decide(self) -> dict[str, SceneQuality]:
        return decide_offsets(self.scenes, self.quality)

    def offsets(self) -> set[int]:
        return {found.offset_dn for found in self.decide().values()}


@pytest.fixture
def clear() -> Series:
    """Eight clear dates, of which the catalogue has removed the offset, and says so."""
    series = Series()
    for number in range(8):
        series.add(forest(number), FLAG_REMOVED)
    return series


def middle(series: Series, pixels: Pixels, about: dict[str, object], **more: object) -> str:
    """A scene amid the eight."""
    return series.add(pixels, about, day=FIRST + timedelta(days=36), **more)


VEILS: dict[str, Callable[[Pixels], Pixels]] = {
    "thin fog": lambda p: through_fog(p, share=0.16),
    "thick fog": lambda p: through_fog(p, share=0.3),
    "bright fog": lambda p: through_fog(p, share=0.22, white=9000),
    "smoke": through_smoke,
    "snow": under_snow,
}


@pytest.mark.parametrize("veil", VEILS.values(), ids=VEILS)
@pytest.mark.parametrize("about", [FLAG_REMOVED, SILENT], ids=["flag", "silent"])
def test_what_hides_the_ground_is_no_offset(
    clear: Series, veil: Callable[[Pixels], Pixels], about: dict[str, object]
) -> None:
    name = middle(clear, veil(forest(50)), about)
    assert clear.decide()[name].offset_dn == 0
    assert clear.offsets() == {0}


@pytest.mark.parametrize("white", [5000, 6000, 7000])
@pytest.mark.parametrize("share", [0.1, 0.13, 0.15, 0.17, 0.2, 0.25])
def test_no_fog_is_taken_for_an_addend_however_it_lifts_the_dark_end(
    clear: Series, share: float, white: float
) -> None:
    name = middle(clear, through_fog(forest(50), share=share, white=white), SILENT)
    found = clear.decide()
    assert found[name].offset_dn == 0
    dark = {band: ends[0] for band, ends in found[name].ends_dn.items()}
    is_thin = min(dark.values()) <= 800 or dark["red"] < 700
    assert bool(found[name].left_out) is not is_thin
    assert not any(f.left_out for other, f in found.items() if other != name)


def test_fog_is_named_in_the_notes_with_the_ends_that_say_so(clear: Series) -> None:
    name = middle(clear, through_fog(forest(50), share=0.16, white=4000) | {}, SILENT)
    clear.quality[name].ends_dn["red"] = (1099.0, 1400.0)
    found = clear.decide()[name]
    assert found.offset_source == "nothing in the metadata"
    assert "fog" in found.offset_reason
    assert "fog" in found.left_out
    assert any("bright nir" in note and "0 is kept" in note for note in found.notes)


def test_haze_over_water_is_no_offset(clear: Series) -> None:
    """Water among the leaves stays dark in near-infrared, where haze is thin."""
    hazy = {b: dn + add for (b, dn), add in zip(forest(50).items(), (1000, 500, 100), strict=True)}
    for band, dn in (("red", 1150.0), ("nir", 600.0), ("swir22", 110.0)):
        hazy[band][:20] = dn
    name = middle(clear, hazy, FLAG_REMOVED)
    assert clear.quality[name].ends_dn["red"][0] > 1000
    found = clear.decide()[name]
    assert (found.offset_dn, found.left_out, found.notes) == (0, "", ())


def test_cloud_that_brightens_only_the_bright_end_is_no_offset(clear: Series) -> None:
    veiled = with_addend(forest(50))
    name = middle(clear, veiled, FLAG_REMOVED)
    assert clear.decide()[name].offset_dn == -1000
    ends = clear.quality[name].ends_dn["nir"]
    clear.quality[name].ends_dn["nir"] = (ends[0] - 1000, ends[1])
    assert clear.decide()[name].offset_dn == 0


@pytest.mark.parametrize("about", [FLAG_REMOVED, SILENT], ids=["flag lies", "silent"])
def test_an_addend_is_recognised_against_metadata(clear: Series, about: dict[str, object]) -> None:
    name = middle(clear, with_addend(forest(50)), about)
    found = clear.decide()[name]
    assert (found.offset_dn, found.offset_source, found.offset_metadata_dn) == (-1000, PIXELS, 0)
    assert "the ends rise by the addend" in found.offset_reason
    assert "dark red" in found.offset_reason
    assert "bright nir" in found.offset_reason
    assert any("-1000 is used" in note for note in found.notes)
    assert sum(f.offset_dn for f in clear.decide().values()) == -1000


def test_an_addend_with_few_bright_pixels_is_recognised(clear: Series) -> None:
    """Nine tenths in shade: the bright end is of the rest, and must still rise."""
    for number, scene in enumerate(clear.scenes):
        dark = shaded(forest(number))
        clear.quality[scene.id] = replace(clear.quality[scene.id], ends_dn=ends_of(dark))
    name = middle(clear, with_addend(shaded(forest(50))), FLAG_REMOVED)
    assert clear.decide()[name].offset_dn == -1000


def shaded(pixels: Pixels) -> Pixels:
    """All but a tenth of the ground in shade."""
    dark = {band: dn.copy() for band, dn in pixels.items()}
    for dn in dark.values():
        dn[:54] *= 0.3
    return dark


def ends_of(pixels: Pixels) -> dict[str, tuple[float, float]]:
    ends = {b: measure_ends(np.rint(dn).astype("u2"), dn > 0) for b, dn in pixels.items()}
    return {band: pair for band, pair in ends.items() if pair}


@pytest.mark.parametrize("addend", [False, True])
def test_a_scene_without_metadata_between_two_with(addend: bool) -> None:
    series = Series()
    series.add(with_addend(forest(0)), NEW)
    name = series.add(with_addend(forest(1)) if addend else forest(1), SILENT)
    series.add(with_addend(forest(2)), NEW)
    found = series.decide()
    assert found[name].offset_dn == (-1000 if addend else 0)
    assert {f.offset_dn for n, f in found.items() if n != name} == {-1000}


def test_pixels_too_dark_for_an_addend_overrule_without_neighbours() -> None:
    series = Series()
    name = series.add(forest(0), FLAG_KEPT)
    found = series.decide()[name]
    assert (found.offset_dn, found.offset_source, found.offset_metadata_dn) == (0, PIXELS, 0)
    assert any("0 is used" in note for note in found.notes)


def test_one_dark_band_is_enough_to_rule_an_addend_out() -> None:
    """Smoke so thick that red says nothing: short-wave infrared sees the ground."""
    series = Series()
    smoke = forest(0) | {"red": forest(0)["red"] + 2000}
    assert series.add(smoke, FLAG_KEPT)
    assert series.offsets() == {0}


def test_a_lonely_scene_is_kept_as_metadata_says_with_a_note() -> None:
    series = Series()
    name = series.add(with_addend(forest(0)), FLAG_REMOVED)
    found = series.decide()[name]
    assert (found.offset_dn, found.offset_source[:4]) == (0, "flag")
    assert any("too few to compare with" in note for note in found.notes)
    assert found.offset_is_open
    assert not found.left_out


def test_one_scene_near_in_time_is_too_few() -> None:
    series = Series()
    series.add(forest(0), FLAG_REMOVED)
    name = series.add(with_addend(forest(1)), FLAG_REMOVED)
    assert series.decide()[name].offset_dn == 0
    series.add(forest(2), FLAG_REMOVED)
    assert series.decide()[name].offset_dn == -1000


def test_a_baseline_that_never_carried_it_is_not_overruled() -> None:
    series = Series()
    for number in range(6):
        series.add(forest(number), OLD)
    name = series.add(with_addend(forest(7)), OLD)
    found = series.decide()[name]
    assert (found.offset_dn, found.offset_source) == (0, "baseline 02.14")
    assert any("haze or fog" in note for note in found.notes)
    assert not found.left_out


def test_too_little_vegetation_leaves_metadata_and_says_so() -> None:
    series = Series()
    name = series.add({}, FLAG_KEPT)
    found = series.decide()[name]
    assert found.offset_dn == -1000
    assert any("too little clear vegetation" in note for note in found.notes)


def test_smoke_is_no_reason_to_leave_a_scene_out(clear: Series) -> None:
    """Short-wave infrared sees the ground through it, so its offset is beyond question."""
    name = middle(clear, through_smoke(forest(50)), FLAG_REMOVED)
    found = clear.decide()[name]
    assert (found.offset_dn, found.left_out, found.notes) == (0, "", ())


def test_what_agrees_has_no_note() -> None:
    series = Series()
    for number in range(4):
        series.add(with_addend(forest(number)), NEW)
    for number in range(4, 8):
        series.add(forest(number), FLAG_REMOVED)
    for found in series.decide().values():
        assert found.notes == ()
        assert found.offset_source != PIXELS
        assert found.offset_reason


def test_fog_in_a_scene_that_carries_it_keeps_its_offset(clear: Series) -> None:
    name = middle(clear, with_addend(through_fog(forest(50), share=0.2)), NEW)
    assert clear.decide()[name].offset_dn == -1000


def test_fog_that_metadata_calls_an_addend_is_noted(clear: Series) -> None:
    """The mirror image: the flag wrongly says that the offset is still in."""
    veiled = through_fog(forest(50), share=0.18, white=6000)
    veiled["nir"] = forest(50)["nir"]
    name = middle(clear, veiled, FLAG_KEPT)
    found = clear.decide()[name]
    assert (found.offset_dn, found.offset_is_open, found.left_out) == (-1000, True, "")
    assert any("fog" in note and "-1000 is kept" in note for note in found.notes)


def test_a_catalogue_that_lies_throughout_is_seen_through_and_one_long_fog_is_not_enough() -> None:
    lying, short = Series(), Series()
    for number in range(9):
        lying.add(with_addend(forest(number)), FLAG_REMOVED)
    for number in range(4):
        short.add(with_addend(forest(number)), FLAG_REMOVED)
    assert lying.offsets() == {-1000}
    assert {f.offset_source for f in lying.decide().values()} == {PIXELS}
    assert short.offsets() == {0}


def test_what_is_decided_near_in_time_decides_further_on() -> None:
    """A year without metadata; only its first months lie near scenes that are known."""
    series = Series()
    for number in range(5):
        series.add(forest(number), SILENT)
    for number in range(5, 25):
        series.add(with_addend(forest(number)), SILENT)
    offsets = [series.decide()[s.id].offset_dn for s in series.scenes]
    assert offsets == [0] * 5 + [-1000] * 20


def test_among_scenes_that_carry_it_changed_leaves_are_no_fog() -> None:
    """Metadata says the same of all, and most carry the addend: fog would have to look like it."""
    series = Series()
    for number in range(8):
        series.add(with_addend(forest(number)), SILENT)
    leaves = with_addend(forest(9))
    leaves["nir"] -= 600
    name = middle(series, leaves, SILENT)
    assert series.decide()[name].offset_dn == -1000
    other = middle(series, leaves, FLAG_REMOVED)
    found = series.decide()[other]
    assert (found.offset_dn, bool(found.left_out)) == (0, True)


def test_the_same_season_of_another_year_is_near() -> None:
    series = Series()
    for number in range(3):
        series.add(forest(number), OLD)
    name = series.add(with_addend(forest(9)), SILENT, day=FIRST + timedelta(days=740))
    assert series.decide()[name].offset_dn == -1000
    far = series.add(with_addend(forest(10)), SILENT, day=FIRST + timedelta(days=900))
    assert series.decide()[far].offset_dn == 0


def test_tiles_are_decided_apart(clear: Series) -> None:
    name = middle(clear, with_addend(forest(50)), FLAG_REMOVED, tile="47RMK")
    assert clear.decide()[name].offset_dn == 0


def test_the_order_of_scenes_changes_nothing(clear: Series) -> None:
    middle(clear, with_addend(forest(50)), FLAG_REMOVED)
    before = clear.decide()
    clear.scenes.reverse()
    assert clear.decide() == before


def test_the_order_of_bands_changes_no_word(clear: Series) -> None:
    """Ends that come from a file are in the order of the alphabet."""
    name = middle(clear, with_addend(forest(50)), FLAG_REMOVED)
    reason = clear.decide()[name].offset_reason
    found = clear.quality[name]
    clear.quality[name] = replace(found, ends_dn=dict(sorted(found.ends_dn.items())))
    assert clear.decide()[name].offset_reason == reason


def test_a_scene_that_could_not_be_opened_decides_nothing(clear: Series) -> None:
    del clear.quality[clear.scenes[0].id]
    assert len(clear.decide()) == 7
