"""Two reviewers beside each other: kappa, its interval, and where they differ."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from minewatch.review import VerdictEntry, judge, reviewer_agreement
from minewatch.review.agreement import cohen_kappa

SQUARE = shapely.box(98.1, 25.9, 98.101, 25.901)


def entry(
    subject: str, verdict: str, reviewer: str | None, at: int, **more: object
) -> VerdictEntry:
    values: dict[str, object] = {
        "subject": subject, "site_id": subject, "verdict": verdict, "reviewer": reviewer,
        "reason": "swidden" if verdict == "not_mine" else None, "outline": SQUARE,
        "time": f"2026-11-28T04:00:{at:02d}Z", "seen_until": "2024-04-30",
    }  # fmt: skip
    return VerdictEntry(**{**values, **more})


def test_kappa_is_that_of_the_textbook() -> None:
    # Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, table 18.1
    found = cohen_kappa([[75, 1, 4], [5, 4, 1], [0, 0, 10]])
    assert found.count == 100
    assert found.observed == pytest.approx(0.89)
    assert found.kappa == pytest.approx((0.89 - 0.66) / (1 - 0.66))
    assert cohen_kappa([[20, 5], [10, 15]]).kappa == pytest.approx(0.4)


def test_its_interval_is_about_that_of_a_jackknife() -> None:
    table = np.array([[62, 9, 3], [7, 41, 4], [2, 6, 16]])
    found = cohen_kappa(table.tolist())
    count = int(table.sum())
    left_out = []
    for i in range(3):
        for j in range(3):
            fewer = table.copy()
            fewer[i, j] -= 1
            left_out += [cohen_kappa(fewer.tolist()).kappa] * int(table[i, j])
    spread = math.sqrt((count - 1) / count * sum((k - np.mean(left_out)) ** 2 for k in left_out))
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * spread, rel=0.05)
    assert found.low < found.kappa < found.high


@pytest.mark.parametrize(
    ("table", "kappa"), [([[0, 0], [0, 0]], None), ([[9, 0], [0, 0]], None), ([[5, 0], [0, 5]], 1)]
)
def test_it_is_not_defined_where_nothing_can_differ_and_one_where_nothing_does(
    table: list[list[int]], kappa: float | None
) -> None:
    assert cohen_kappa(table).kappa == kappa


def test_reviewers_are_compared_by_their_last_word_on_what_both_judged() -> None:
    said = [
        entry("a", "mine", "Kai", 1), entry("a", "not_mine", "Min", 2),
        entry("a", "mine", "Min", 3), entry("b", "mine", "Kai", 4),
        entry("c", "not_mine", "Kai", 5), entry("c", "not_mine", "Min", 6, reason="road"),
        entry("d", "mine", "Min", 7), entry("d", "unsure", "Kai", 8), entry("d", "mine", None, 9),
    ]  # fmt: skip
    (pair,) = reviewer_agreement(said)
    assert pair.reviewers == ("Kai", "Min")
    assert pair.kappa.count == 3
    assert pair.table == ((1, 0, 0), (0, 1, 0), (1, 0, 0))
    assert [(d.subject, d.is_of_verdict) for d in pair.disagreements] == [("c", False), ("d", True)]
    assert pair.disagreements[0].words == {"Kai": "not_mine (swidden)", "Min": "not_mine (road)"}


def test_undo_takes_back_one_word_of_one_reviewer_and_no_other() -> None:
    first, second = entry("a", "mine", "Kai", 1), entry("a", "unsure", "Kai", 3)
    other = entry("a", "not_mine", "Min", 2)
    back = entry("a", "withdrawn", "Kai", 4, takes_back=second.time)
    (found,) = judge([first, other, second, back])
    assert (found.verdict, found.reviewer) == ("not_mine", "Min")
    assert found.others == ("Kai: mine",)
    (again,) = judge([first, other, second, back, back])
    assert again == found, "twice is once"
    assert judge([first, other, entry("a", "withdrawn", "Kai", 5)]) == []
    assert VerdictEntry.from_line(back.as_line()).takes_back == second.time
    assert "takes_back" not in first.as_line()
