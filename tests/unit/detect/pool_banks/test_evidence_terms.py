"""What speaks for a patch being a mine, and how much."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from minewatch.detect.pool_banks.evidence_terms import MEANINGS, confidence, evidence_terms
from minewatch.model import KACHIN, Climate, climate_of
from minewatch.sites import AlertRules

MINE = {
    "top_pool_pct": 70.0, "pool_ndwi": 40.0, "pool_ndwi_correlation": 0.9, "plain_pool_pct": 0.0,
    "between_bare_pct": 60.0, "new": 1.0, "nir_variability": 40.0,
    "lasting_days": 900, "first": 18_000,
    "elongation": 1.2, "length_m": 80.0, "pool_seasonal_pct": 0.0,
    "water_share_pct": 20.0,
}  # fmt: skip


def terms_of(**changed: float) -> pd.DataFrame:
    return evidence_terms(pd.DataFrame([{**MINE, **changed}]))


def test_all_terms_of_a_clear_mine_are_full() -> None:
    assert terms_of().iloc[0].to_dict() == dict.fromkeys(MEANINGS, 1.0)


@pytest.mark.parametrize(("bare", "term"), [(25.0, 0.0), (35.0, 0.5), (45.0, 1.0)])
def test_bare_soil_is_told_by_its_share_between_the_pools(bare: float, term: float) -> None:
    assert terms_of(between_bare_pct=bare)["bare"].item() == pytest.approx(term)


def test_water_between_green_banks_supports_no_site_whatever_else_speaks_for_it() -> None:
    assert confidence(terms_of()).item() > AlertRules().support
    assert confidence(terms_of(between_bare_pct=5.0)).item() < AlertRules().support


def test_water_without_land_supports_no_site() -> None:
    """Fish ponds are water alone; banks of pools lie on more land than they cover."""
    assert terms_of(water_share_pct=60.0)["land"].item() == pytest.approx(0.5)
    assert (
        confidence(terms_of(water_share_pct=70.0, between_bare_pct=30.0)).item()
        < AlertRules().support
    )


def test_a_field_is_told_by_its_water_being_green_by_turns() -> None:
    assert terms_of(pool_seasonal_pct=100.0)["not_seasonal"].item() == 0.0


OLD = {"new": 0.0, "nir_variability": 10.0}
"""Nothing came while the archive watched, and nothing swings."""


def test_what_plainly_is_a_mine_need_not_have_become_one() -> None:
    """Most mines of a region are older than its archive."""
    assert terms_of(**OLD)["alive"].item() == 1.0
    assert confidence(terms_of(**OLD)).item() > AlertRules().support


@pytest.mark.parametrize(
    "less",
    [
        {"top_pool_pct": 20.0}, {"pool_ndwi": 5.0}, {"pool_ndwi_correlation": 0.3},
        {"water_share_pct": 5.0},
    ],
)  # fmt: skip
def test_old_ground_that_lacks_any_sign_of_pools_is_doubted(less: dict[str, float]) -> None:
    """A village has dark spots, or many, or such as turn colour, but not all of it."""
    assert terms_of(**{**OLD, **less})["alive"].item() < 0.2
    assert terms_of(**less)["alive"].item() == 1.0


@pytest.mark.parametrize("term", MEANINGS)
def test_every_term_makes_a_mine_more_likely(term: str) -> None:
    full, less = terms_of(), terms_of()
    less[term] = 0.5
    assert confidence(less).item() < confidence(full).item()


@pytest.mark.parametrize(
    ("climate", "field_days", "other_days"),
    [
        (KACHIN, ["01-15", "03-20", "08-01"], ["01-14", "08-02", "11-20"]),
        (climate_of((5, 10), source=""), ["07-16", "09-20", "01-29"], ["07-15", "02-02", "05-20"]),
    ],
)
def test_ground_opened_when_no_field_is_lasts_by_its_season(
    climate: Climate, field_days: list[str], other_days: list[str]
) -> None:
    def lasting(day: str) -> float:
        first = (date.fromisoformat(f"2021-{day}") - date(1970, 1, 1)).days
        brief = pd.DataFrame([{**MINE, "first": first, "lasting_days": 0}])
        return evidence_terms(brief, climate=climate)["lasting"].item()

    assert {lasting(day) for day in field_days} == {0.0}
    assert all(lasting(day) > 0 for day in other_days)
