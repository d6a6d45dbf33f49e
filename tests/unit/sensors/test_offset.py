"""What metadata says of the +1000 that baseline 04.00 put into the pixels."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from shapely.geometry import box

from minewatch.model import CORE_BANDS, Asset, Scene
from minewatch.sensors import OffsetDecision, get_sensor

KEPT, REMOVED, SILENT = False, True, None


def scene(
    baseline: str,
    flag: bool | None = SILENT,
    *,
    stated: float | None = None,
    day: datetime = datetime(2023, 1, 5, 4, 11, tzinfo=UTC),
) -> Scene:
    scale = None if stated is None else 0.0001
    return Scene(
        id="simulated", collection="sentinel-2-l2a", sensor="sentinel-2-l2a", acquired=day,
        footprint=box(98, 25, 99, 26), baseline=baseline, boa_offset_applied=flag,
        assets={b: Asset(href=f"/{b}.tif", scale=scale, offset=stated) for b in CORE_BANDS}
        | {"mask": Asset(href="/scl.tif", scale=1.0, offset=0.0)},
    )  # fmt: skip


def decide(scene: Scene) -> OffsetDecision:
    return get_sensor("sentinel-2-l2a").offset_from_metadata(scene)


@pytest.mark.parametrize("baseline", ["00.01", "02.07", "02.12", "02.14", "03.00", "03.01"])
@pytest.mark.parametrize("flag", [KEPT, SILENT, REMOVED])
@pytest.mark.parametrize("stated", [None, 0.0])
def test_old_baselines_have_no_offset_whatever_the_flag(
    baseline: str, flag: bool | None, stated: float | None
) -> None:
    assert decide(scene(baseline, flag, stated=stated)).offset_dn == 0


@pytest.mark.parametrize("baseline", ["04.00", "05.00", "05.09", "05.10", "05.11"])
@pytest.mark.parametrize(
    ("dialect", "flag", "stated", "offset_dn"),
    [
        ("Earth Search v1, removed, still stating -0.1", REMOVED, -0.1, 0),
        ("Earth Search v1, kept", KEPT, -0.1, -1000),
        ("Earth Search v1, flag missing", SILENT, -0.1, -1000),
        ("Earth Search v0, removed", REMOVED, None, 0),
        ("Earth Search v0, flag missing", SILENT, None, -1000),
        ("Planetary Computer", SILENT, None, -1000),
        ("CDSE and stactools", SILENT, -0.1, -1000),
        ("a catalogue that removed it and states 0", SILENT, 0.0, 0),
    ],
)
def test_new_baselines_carry_the_offset_until_a_catalogue_has_removed_it(
    baseline: str, dialect: str, flag: bool | None, stated: float | None, offset_dn: int
) -> None:
    assert decide(scene(baseline, flag, stated=stated)).offset_dn == offset_dn, dialect


def test_a_reprocessed_old_scene_is_judged_by_its_baseline_and_not_by_its_date() -> None:
    day = datetime(2018, 1, 5, 4, 11, tzinfo=UTC)
    assert decide(scene("05.00", day=day)) == (-1000, "baseline 05.00", (), False)
    late = datetime(2022, 1, 26, 4, 11, tzinfo=UTC)
    assert decide(scene("03.01", day=late)).offset_dn == 0


def test_the_source_names_the_metadata_that_decided() -> None:
    assert decide(scene("05.10", REMOVED, stated=-0.1)).source.startswith("flag")
    assert decide(scene("05.10", SILENT, stated=-0.1)).source == "raster:offset of the item"
    assert decide(scene("05.10")).source == "baseline 05.10"


def test_a_flag_that_says_kept_is_doubted_in_a_note() -> None:
    (note,) = decide(scene("05.10", KEPT, stated=-0.1)).notes
    assert "wrong for some items" in note


def test_what_an_item_states_against_its_baseline_is_noted() -> None:
    assert "states an offset of -1000" in decide(scene("02.14", stated=-0.1)).notes[0]
    assert decide(scene("02.14", stated=-0.1)).offset_dn == 0
    assert "states an offset of 0" in decide(scene("05.10", stated=0.0)).notes[0]


def test_an_offset_that_esa_never_used_is_not_believed() -> None:
    decision = decide(scene("04.00", stated=-0.7))
    assert decision.offset_dn == -1000
    assert "-7000" in decision.notes[0]


def test_a_scene_that_says_nothing_gets_no_offset_and_a_note() -> None:
    decision = decide(scene(""))
    assert decision.offset_dn == 0
    assert decision.notes


def test_without_a_baseline_the_stated_offset_decides() -> None:
    assert decide(scene("", stated=-0.1)).offset_dn == -1000


def test_landsat_has_its_constant_whatever_the_item_states() -> None:
    profile = get_sensor("landsat-c2-l2")
    decision = profile.offset_from_metadata(scene("", stated=-0.2))
    dark_dn = 8000
    reflectance = profile.scale * (dark_dn + decision.offset_dn)
    assert reflectance == pytest.approx(0.0000275 * dark_dn - 0.2, abs=1e-5)


@pytest.mark.parametrize(
    ("baseline", "flag", "stated", "is_certain"),
    [
        ("02.14", SILENT, None, True),
        ("02.14", KEPT, 0.0, True),
        ("02.14", SILENT, -0.1, False),
        ("05.10", REMOVED, None, False),
        ("05.10", SILENT, -0.1, False),
        ("", SILENT, None, False),
    ],
)
def test_only_a_baseline_without_offset_and_without_contradiction_is_certain(
    baseline: str, flag: bool | None, stated: float | None, is_certain: bool
) -> None:
    assert decide(scene(baseline, flag, stated=stated)).is_certain is is_certain
