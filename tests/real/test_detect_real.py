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


def test_rivers_and_seasons_are_not_called_mines(pairs: list) -> None:
    flags, _ = _flagged(pairs, "natural")
    assert sum(flags) / len(flags) <= 0.05


def test_other_works_are_flagged_half_as_often_as_by_a_plain_fall_of_ndvi(pairs: list) -> None:
    flags, chosen = _flagged(pairs, "other human")
    plain = [REAL.fallen(p) >= REAL.LEAST_FALLEN for p in chosen]
    assert sum(plain) == 46
    assert sum(flags) <= sum(plain) / 2


def test_a_cloud_over_forest_is_called_a_cloud(pairs: list) -> None:
    [cloudy] = [p for p in pairs if p.id == "mining_2362"]
    assert set(detect_pair(cloudy.before, cloudy.after)["kind"]) == {"cloud_residue"}


def test_a_forest_through_its_seasons_shows_at_most_the_mowing_of_a_strip(
    shared_data: SharedData,
) -> None:
    forest = REAL.read_phenology(shared_data("s2_forest_phenology"))
    best = [detect_pair(*pair) for pair in itertools.permutations(forest, 2)]
    sure = [table.loc[table["kind"] == "site", "confidence"] for table in best]
    assert sum(len(values) > 0 for values in sure) <= 1
    assert all((values < 0.2).all() for values in sure)


def test_one_quarry_is_not_found_anew_at_every_date(shared_data: SharedData) -> None:
    overpasses = REAL.read_quarry(shared_data("s2_india_quarry"))
    assert len(overpasses) > 50
    for before, after in itertools.pairwise(overpasses):
        assert "site" not in set(detect_pair(before, after)["kind"])


def test_no_site_begins_in_slovenia_within_eight_days(shared_data: SharedData) -> None:
    for dates in REAL.read_slovenia(shared_data("s2_l2a_slovenia_120m")):
        for before, after in itertools.combinations(dates, 2):
            assert "site" not in set(detect_pair(before, after)["kind"])
