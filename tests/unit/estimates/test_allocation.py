"""Sample sizes, and how units are spread over strata."""

from __future__ import annotations

import pytest

from minewatch.errors import SettingsError
from minewatch.estimates import StratumGuess, allocate, expected_half_width, size_for_half_width

STRATA = [
    StratumGuess(name="pool", units=100, size=100, expected=0.8),
    StratumGuess(name="ring", units=2_000, size=2_000, expected=0.02),
    StratumGuess(name="rest", units=90_000, size=90_000, expected=0.001),
]


def test_neyman_gives_the_narrowest_interval() -> None:
    width = {
        kind: expected_half_width(STRATA, allocate(STRATA, 400, allocation=kind))
        for kind in ("neyman", "proportional", "equal")
    }
    assert width["neyman"] < width["proportional"]
    assert width["neyman"] < width["equal"]


def test_every_stratum_has_the_least_and_none_more_than_it_has() -> None:
    numbers = allocate(STRATA, 500, allocation="equal", least=30)
    assert numbers["pool"] == 100
    assert sum(numbers.values()) == 500
    assert min(allocate(STRATA, 60, least=10).values()) >= 10


def test_numbers_by_hand_are_kept() -> None:
    numbers = allocate(STRATA, 300, by_hand={"pool": 90, "ring": 110})
    assert numbers == {"pool": 90, "ring": 110, "rest": 100}
    with pytest.raises(SettingsError, match="no stratum 'pond'"):
        allocate(STRATA, 300, by_hand={"pond": 3})


def test_the_size_for_a_half_width_is_the_fewest_that_reaches_it() -> None:
    size = size_for_half_width(STRATA, 0.001)
    assert expected_half_width(STRATA, allocate(STRATA, size)) <= 0.001
    assert expected_half_width(STRATA, allocate(STRATA, size - 1)) > 0.001


def test_a_width_that_numbers_by_hand_cannot_reach_is_refused() -> None:
    hand = {"pool": 2, "ring": 2, "rest": 2}
    with pytest.raises(SettingsError, match="no sample gives"):
        size_for_half_width(STRATA, 0.0001, by_hand=hand)
