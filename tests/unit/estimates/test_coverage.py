"""Intervals hold the truth about as often as they say: the small version of the page's table."""

from __future__ import annotations

import pytest
from tests.accuracy.coverage import Scenario, measure, scenarios

DRAWS = 150
BY_NAME = {scenario.name: scenario for scenario in scenarios()}
HONEST = [name for name, scenario in BY_NAME.items() if not scenario.fails]


@pytest.mark.parametrize("name", HONEST)
def test_an_interval_holds_the_truth_in_most_samples(name: str) -> None:
    draws = 60 if name.endswith("corrected") else DRAWS  # these take 15 ms each
    found = measure(BY_NAME[name], draws=draws, methods=("ours",))
    for (of, _), tally in found.items():
        assert tally.held >= (0.95 - 3.5 * (0.95 * 0.05 / draws) ** 0.5) * draws, of


def test_the_usual_interval_misses_rare_things_and_ours_does_not() -> None:
    found = measure(BY_NAME["rare"], draws=DRAWS, methods=("Wald", "ours"))
    assert found["area", "Wald"].held < 0.2 * DRAWS
    assert found["area", "ours"].held >= 0.9 * DRAWS


def test_no_interval_mends_labels_that_are_wrong_everywhere() -> None:
    wrong: Scenario = BY_NAME["5 % wrong, one interpreter"]
    assert measure(wrong, draws=40, methods=("ours",))["area", "ours"].held < 20
