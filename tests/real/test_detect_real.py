"""`detect_pair` on real pixels: mines of Brazil found, and quiet where nothing began."""

from __future__ import annotations

import itertools
import runpy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from minewatch import detect_pair

REAL = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("accuracy_real.py"))))
DRAWN = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("drawn_mines.py"))))
SharedData = Callable[[str], Path]


@pytest.fixture(scope="module")
def pairs(shared_data: SharedData) -> list:
    return REAL.read_pairs(shared_data("s2_mining_pairs"))


def _flagged(pairs: list, group: str) -> tuple[list[bool], list]:
    chosen = [p for p in pairs if group in p.groups]
    return [REAL.best_site(p) >= 0 for p in chosen], chosen


def test_forest_that_became_a_gold_mine_is_found(pairs: list) -> None:
    flags, _ = _flagged(pairs, "clean emergence")
    assert sum(flags) / len(flags) >= 0.97


def test_in_every_region_all_that_is_missed_is_a_cloud(pairs: list) -> None:
    flags, chosen = _flagged(pairs, "clean emergence")
    assert {p.region for p in chosen} == {"Tapajós", "Xingu", "north-east", "west"}
    assert {p.id for p, flag in zip(chosen, flags, strict=True) if not flag} <= {REAL.CLOUDY}


def test_a_veil_over_half_of_the_earlier_picture_hides_few_mines(pairs: list) -> None:
    veiled = REAL.VARIANTS["veil over half of the earlier picture"]
    flags, _ = _flagged([veiled(p) for p in pairs], "clean emergence")
    assert sum(flags) / len(flags) >= 0.92


def test_a_cloud_beside_a_mine_does_not_swallow_it(pairs: list) -> None:
    cloud = REAL.cloud_of(pairs)
    flags, _ = _flagged([REAL.with_cloud(p, cloud) for p in pairs], "clean emergence")
    assert sum(flags) / len(flags) >= 0.94


def test_a_stream_dug_up_in_pits_is_no_road(pairs: list) -> None:
    [dug_up] = [p for p in pairs if p.id == "mining_1513"]
    assert "site" in set(detect_pair(dug_up.before, dug_up.after)["kind"])


def test_forest_that_became_a_field_as_a_whole_is_not_taken_for_haze(pairs: list) -> None:
    [cleared] = [p for p in pairs if p.id == "mining_625"]
    found = detect_pair(cleared.before, cleared.after)
    assert found.loc[found["kind"] == "site", "area_m2"].sum() > 100_000


def test_pastures_that_dry_are_not_called_mines(pairs: list) -> None:
    swapped = REAL.VARIANTS["swapped (regrowth)"]
    flags, _ = _flagged([swapped(p) for p in pairs], "natural")
    assert sum(flags) / len(flags) <= 0.05


def test_rivers_and_seasons_are_not_called_mines(pairs: list) -> None:
    flags, _ = _flagged(pairs, "natural")
    assert sum(flags) / len(flags) <= 0.05


def test_other_works_are_flagged_half_as_often_as_by_a_plain_fall_of_ndvi(pairs: list) -> None:
    flags, chosen = _flagged(pairs, "other human")
    plain = [REAL.fallen(p) >= REAL.LEAST_FALLEN for p in chosen]
    assert sum(plain) == 46
    assert sum(flags) <= sum(plain) / 2


def test_a_cloud_over_forest_is_called_a_cloud(pairs: list) -> None:
    [cloudy] = [p for p in pairs if p.id == REAL.CLOUDY]
    assert set(detect_pair(cloudy.before, cloudy.after)["kind"]) == {"cloud_residue"}


def test_a_forest_through_its_seasons_shows_no_mine(shared_data: SharedData) -> None:
    forest = REAL.read_phenology(shared_data("s2_forest_phenology"))
    for pair in itertools.permutations(forest, 2):
        assert "site" not in set(detect_pair(*pair)["kind"])


def test_one_quarry_is_not_found_anew_at_every_date(shared_data: SharedData) -> None:
    overpasses = REAL.read_quarry(shared_data("s2_india_quarry"))
    assert len(overpasses) > 50
    for before, after in itertools.pairwise(overpasses):
        assert "site" not in set(detect_pair(before, after)["kind"])


def test_no_site_begins_in_slovenia_within_eight_days(shared_data: SharedData) -> None:
    for dates in REAL.read_slovenia(shared_data("s2_l2a_slovenia_120m")):
        for before, after in itertools.combinations(dates, 2):
            assert "site" not in set(detect_pair(before, after)["kind"])


def test_mines_drawn_into_real_ground_are_found_and_its_seasons_are_no_changes(
    shared_data: SharedData, tmp_path: Path
) -> None:
    """Real pixels of a deciduous forest; the mines, and the sky over it, are simulated."""
    drawn = DRAWN.score_drawn(shared_data("s2_forest_phenology").parent, 1, tmp_path)
    assert drawn.score.precision >= 0.9
    assert drawn.score.recall_of("within") >= 0.85
    assert drawn.score.recall_of("older", is_open=True) >= 0.85
    assert drawn.score.abandoned_share >= 0.8
    assert drawn.changes_pct <= 2.0
