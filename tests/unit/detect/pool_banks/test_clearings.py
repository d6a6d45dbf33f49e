"""What makes a clearing a site where pixels are too large for pools."""

import numpy as np
import pandas as pd
import pytest

from minewatch.detect.pool_banks.clearings import clearing_confidence, clearing_terms
from minewatch.detect.pool_banks.pool_bank_detector import PoolBanks
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT

RULES = DEFAULT.clearings
WORKED = {
    "bare_pct": 55, "nir_variability": 26, "lasting_days": 600, "elongation": 1.3,
    "seasonal_pct": 20,
}  # fmt: skip


def confidence(**changes: float) -> float:
    terms = clearing_terms(pd.DataFrame([WORKED | changes]), RULES)
    return float(clearing_confidence(terms, RULES).iloc[0])


def test_worked_ground_that_lasts_is_kept_and_never_sure() -> None:
    assert confidence() == RULES.most_confidence


@pytest.mark.parametrize(
    "changes",
    [{"nir_variability": 9}, {"lasting_days": 250}, {"bare_pct": 10, "elongation": 2.2}],
    ids=["quiet", "green after one monsoon", "neither soil nor compact"],
)
def test_ground_that_fails_a_main_term_is_no_more_than_a_first_sign(
    changes: dict[str, float],
) -> None:
    assert confidence(**changes) < 0.55


@pytest.mark.parametrize("changes", [{"elongation": 2.7}, {"seasonal_pct": 44}, {"bare_pct": 14}])
def test_every_term_counts(changes: dict[str, float]) -> None:
    assert confidence(**changes) < confidence()


def test_ground_too_young_to_have_shown_a_swing_is_neither_worked_nor_quiet() -> None:
    assert confidence(nir_variability=9) < confidence(nir_variability=np.nan) < confidence()


def test_the_detector_names_every_term_of_a_clearing_with_its_weight() -> None:
    terms = clearing_terms(pd.DataFrame([WORKED]), RULES)
    known = PoolBanks().terms
    assert set(terms.columns) < set(known)
    assert all(known[name].weight > 0 for name in terms.columns)
