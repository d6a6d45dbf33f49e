"""Intervals hold the truth about as often as they say: the small version of the page's table."""

from __future__ import annotations

import pytest
from tests.accuracy.coverage import Scenario, measure, scenarios

DRAWS = 150
BY_NAME = {scenario.name: scenario for scenario in scenarios()}
HONEST = [name for name, scenario in BY_NAME.items() if not scenario.fails]


@pytest.mark.parametrize("name", HONEST)
def test_an_interval_holds_the_truth_in_most_samples(name: str) -> None:
    found = measure(BY_NAME[name], draws=DRAWS, methods=("ours",))
    for (of, _), tally in found.items():
        assert tally.held >= 0.89 * DRAWS, of  # 0.95 less four standard errors of 150 draws


def test_the_usual_interval_misses_rare_things_and_ours_does_not() -> None:
    found = measure(BY_NAME["rare"], draws=DRAWS, methods=("Wald", "ours"))
    assert found["area", "Wald"].held < 0.2 * DRAWS
    assert found["area", "ours"].held >= 0.9 * DRAWS


def test_no_interval_mends_labels_that_are_wrong_everywhere() -> None:
    wrong: Scenario = BY_NAME["5 % wrong, one interpreter"]
    assert measure(wrong, draws=40, methods=("ours",))["area", "ours"].held < 20
