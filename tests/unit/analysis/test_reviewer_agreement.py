"""Two reviewers beside each other: kappa, its interval, and where they differ."""

from __future__ import annotations

import shapely

from minewatch.analysis import compare_reviewers
from minewatch.review import VerdictEntry, judge

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


def test_without_a_place_in_common_or_anything_that_differs_kappa_is_not_defined() -> None:
    (apart,) = compare_reviewers([entry("a", "mine", "Kai", 1), entry("b", "mine", "Min", 2)])
    assert (apart.kappa.count, apart.kappa.observed, apart.kappa.kappa) == (0, None, None)
    (alike,) = compare_reviewers([entry("a", "mine", "Kai", 1), entry("a", "mine", "Min", 2)])
    assert (alike.kappa.count, alike.kappa.observed, alike.kappa.kappa) == (1, 1.0, None)


def test_reviewers_are_compared_by_their_last_word_on_what_both_judged() -> None:
    said = [
        entry("a", "mine", "Kai", 1), entry("a", "not_mine", "Min", 2),
        entry("a", "mine", "Min", 3), entry("b", "mine", "Kai", 4),
        entry("c", "not_mine", "Kai", 5), entry("c", "not_mine", "Min", 6, reason="road"),
        entry("d", "mine", "Min", 7), entry("d", "unsure", "Kai", 8), entry("d", "mine", None, 9),
    ]  # fmt: skip
    (pair,) = compare_reviewers(said)
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
