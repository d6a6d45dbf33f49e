"""What speaks for a patch being a mine, and how much."""

from __future__ import annotations

import pandas as pd
import pytest

from minewatch.detect.pool_banks.evidence_terms import MEANINGS, confidence, evidence_terms
from minewatch.sites import AlertRules

MINE = {
    "top_pool_pct": 70.0, "pool_ndwi": 40.0, "pool_ndwi_correlation": 0.9, "plain_pool_pct": 0.0,
    "bare_pct": 60.0, "new": 1.0, "nir_variability": 40.0, "lasting_days": 900, "first": 18_000,
    "elongation": 1.2, "length_m": 80.0, "seasonal_pct": 0.0,
}  # fmt: skip


def terms_of(**changed: float) -> pd.DataFrame:
    return evidence_terms(pd.DataFrame([{**MINE, **changed}]))


def test_all_terms_of_a_clear_mine_are_full() -> None:
    assert terms_of().iloc[0].to_dict() == dict.fromkeys(MEANINGS, 1.0)


@pytest.mark.parametrize(("bare_pct", "term"), [(5.0, 0.0), (20.0, 0.5), (30.0, 1.0)])
def test_bare_soil_is_told_by_its_share(bare_pct: float, term: float) -> None:
    assert terms_of(bare_pct=bare_pct)["bare"].item() == pytest.approx(term)


def test_water_between_green_banks_supports_no_site_whatever_else_speaks_for_it() -> None:
    assert confidence(terms_of()).item() > AlertRules().support
    assert confidence(terms_of(bare_pct=5.0)).item() < AlertRules().support


@pytest.mark.parametrize("term", MEANINGS)
def test_every_term_makes_a_mine_more_likely(term: str) -> None:
    full, less = terms_of(), terms_of()
    less[term] = 0.5
    assert confidence(less).item() < confidence(full).item()
