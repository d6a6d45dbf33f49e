"""What is no mine gets a name and a reason: each rule on a patch made for it."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date

import numpy as np
import pytest

from minewatch.detect.pool_banks.change_rules import (
    RULES,
    Patch,
    began_in_the_rains,
    compass,
    name_change,
)
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT
from minewatch.model import CHANGE_KINDS, KACHIN, climate_of

PLAIN = {
    "area_m2": 6000.0, "water_area_m2": 0.0, "new": 1.0, "lasting_days": 400.0, "elongation": 1.4,
    "width_m": 70.0, "length_m": 98.0, "seasonal_pct": 10.0, "start_pool_pct": 0.0,
    "start_disturbed_pct": 0.0, "first": 18_000.0, "before": 17_990.0,
}  # fmt: skip
STEEP = {"slope_deg": 31.0, "aspect_deg": 92.0, "downhill": 0.99}
FLAT = {"slope_deg": 3.0, "aspect_deg": 92.0, "downhill": 0.99}


def patch(**figures: float) -> dict[Hashable, float]:
    return {**PLAIN, **figures}


def judged(figures: dict[Hashable, float]) -> Patch:
    return Patch(figures, DEFAULT.changes, KACHIN)


def day(text: str) -> float:
    return float((date.fromisoformat(text) - date(1970, 1, 1)).days)


NAMED: list[tuple[dict[str, float], str, str]] = [
    ({"in_channel": True, "elongation": 4.5, **STEEP}, "river_bar", "along a river, 0% water"),
    ({"elongation": 4.5, "length_m": 1600, **STEEP}, "other_clearing", "cleared 13 months"),
    ({}, "other_clearing", "cleared 13 months or longer"),
    ({"lasting_days": 60}, "swidden", "green again after 2 months"),
    ({"lasting_days": 25}, "swidden", "green again after a month"),
    ({"lasting_days": 60, "water_area_m2": 2400}, "swidden", "green again"),
    ({"elongation": 6, "width_m": 15}, "road", "6.0 times as long as wide, 15 m wide"),
    ({"elongation": 6, "width_m": 15, "seasonal_pct": 70}, "road", "15 m wide"),
    ({"seasonal_pct": 70}, "paddy", "every year"),
    ({"water_area_m2": 3300, "start_pool_pct": 24, "new": 0.1}, "fish_pond", "55% water"),
    ({"water_area_m2": 3300, "start_pool_pct": 24, "seasonal_pct": 65}, "fish_pond", "55%"),
    ({"water_area_m2": 3300}, "flood", "none before"),
    ({"water_area_m2": 3300, "elongation": 8}, "river_bar", "a channel and its bars"),
    ({"area_m2": 90_000, "water_area_m2": 45_000}, "river_bar", "50% water"),
    ({"elongation": 4.5, "width_m": 32}, "landslide", "4.5 times as long as wide"),
    ({"elongation": 2.2} | STEEP, "landslide", "down a slope of 31 degrees that falls to the"),
    ({"elongation": 4.5, "width_m": 32} | FLAT, "other_clearing", "cleared"),
    ({"elongation": 6, "width_m": 32} | FLAT, "road", "32 m wide"),
    ({"elongation": 4} | STEEP | {"downhill": 0.3}, "other_clearing", "cleared"),
    ({"new": 0.1}, "village", "open from the start"),
    ({"start_disturbed_pct": 80}, "village", "open from the start"),
]
"""Figures of a patch, its kind, and a part of the reason."""


@pytest.mark.parametrize(("figures", "kind", "words"), NAMED)
def test_a_change_is_named_by_what_tells_it(figures, kind: str, words: str) -> None:
    named, reason = name_change(patch(**figures))
    assert named == kind
    assert words in reason


def test_slopes_that_are_not_known_are_not_told() -> None:
    unknown = {"elongation": 4.5, "width_m": 32, "slope_deg": np.nan, "downhill": np.nan}
    kind, reason = name_change(patch(**unknown))
    assert kind == "landslide"
    assert "slope" not in reason


@pytest.mark.parametrize(
    ("before", "first", "rains"),
    [
        ("2020-03-01", "2020-04-10", False),
        ("2020-05-20", "2020-11-10", True),
        ("2020-10-31", "2020-12-10", True),
        ("2020-11-01", "2020-12-10", False),
        ("2020-12-20", "2022-01-05", True),
    ],
)
def test_what_began_in_the_rains_says_so(before: str, first: str, rains: bool) -> None:
    slide = patch(elongation=4.0, width_m=30.0, before=day(before), first=day(first))
    assert began_in_the_rains(judged(slide)) == rains
    assert ("begun in the rains" in name_change(slide)[1]) == rains


@pytest.mark.parametrize(
    ("before", "first", "rains"),
    [
        ("2020-06-20", "2020-10-10", False),
        ("2020-10-20", "2020-12-01", True),
        ("2021-04-30", "2021-06-10", True),
        ("2021-05-01", "2021-06-10", False),
    ],
)
def test_south_of_the_equator_the_rains_are_half_a_year_later(
    before: str, first: str, rains: bool
) -> None:
    slide = patch(elongation=4.0, width_m=30.0, before=day(before), first=day(first))
    reason = name_change(slide, climate=climate_of((5, 10), source=""))[1]
    assert ("begun in the rains" in reason) == rains


def test_what_was_there_from_the_start_began_in_no_season() -> None:
    assert not began_in_the_rains(judged(patch(before=0.0)))


def test_every_kind_is_one_that_the_tables_know_and_something_always_holds() -> None:
    assert {rule.kind for rule in RULES} <= set(CHANGE_KINDS)
    assert RULES[-1].holds(judged(patch()))


def test_directions_go_round() -> None:
    assert [compass(a) for a in (0, 44, 91, 180, 271, 337, 359)] == [
        "north", "north-east", "east", "south", "west", "north-west", "north",
    ]  # fmt: skip


@pytest.mark.parametrize(("figures", "kind", "words"), NAMED)
def test_pools_that_cannot_be_seen_are_not_said_to_be_missing(figures, kind, words) -> None:
    named, reason = name_change(patch(**figures), sees_pools=False)
    assert (named, words in reason) == (kind, True)
    for claim in ("no pools", "without pools", "hardly any water"):
        assert claim not in reason
