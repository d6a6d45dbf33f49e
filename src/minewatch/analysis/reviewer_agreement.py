"""How far two reviewers agree beyond chance, and where they do not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from minewatch.estimates.agreement import cohen_kappa
from minewatch.model.verdicts import VERDICTS, WITHDRAWN
from minewatch.review.judgements import last_words, standing_entries
from minewatch.review.verdict_entries import VerdictEntry

CATEGORIES: Final = tuple(name for name in VERDICTS if name != WITHDRAWN)
"""What two reviewers can say; reasons are not compared, but listed where they differ."""


@dataclass(frozen=True, kw_only=True)
class Kappa:
    """Cohen's kappa of one table."""

    count: int
    """Places that both judged."""
    observed: float | None
    """Share of them on which both say the same; None without any."""
    kappa: float | None
    """Agreement beyond chance: 1 all, 0 as by chance; None when it is not defined: no place, or
    both say one and the same of all."""
    low: float | None
    """Lower end of its 95 % interval."""
    high: float | None
    """Upper end of its 95 % interval."""


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """One place of which two reviewers do not say the same."""

    subject: str
    """The place."""
    words: Mapping[str, str]
    """Reviewer to what they say: `mine`, `not_mine (swidden)`, `unsure`."""
    is_of_verdict: bool
    """False: both say not_mine, for other reasons."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Two reviewers beside each other."""

    reviewers: tuple[str, str]
    """Their names, sorted."""
    table: tuple[tuple[int, ...], ...]
    """Places by what the first (rows) and the second (columns) say, in the order of
    `CATEGORIES`."""
    kappa: Kappa
    """What the table comes to."""
    disagreements: tuple[Disagreement, ...]
    """Where they differ, sorted by subject."""


def compare_reviewers(entries: Sequence[VerdictEntry]) -> list[Agreement]:
    """Every pair of named reviewers, by the last word of each on every place.

    Parameters
    ----------
    entries
        The log, in order. What has no reviewer is nobody's.
    """
    words = {
        subject: {str(name): e for name, e in last_words(said).items() if name}
        for subject, said in standing_entries(entries).items()
    }
    names = sorted({name for of in words.values() for name in of})
    return [_compare(one, two, words) for one, two in combinations(names, 2)]


def _kappa(first: Sequence[str], second: Sequence[str]) -> Kappa:
    found = cohen_kappa(first, second)
    known = {
        name: None if math.isnan(value) else value
        for name, value in (
            ("observed", found.agreed), ("kappa", found.kappa), ("low", found.kappa_low),
            ("high", found.kappa_high),
        )
    }  # fmt: skip
    return Kappa(count=found.units, **known)


def _compare(one: str, two: str, words: Mapping[str, Mapping[str, VerdictEntry]]) -> Agreement:
    table = [[0] * len(CATEGORIES) for _ in CATEGORIES]
    differ, first, second = list[Disagreement](), list[str](), list[str]()
    for subject, of in sorted(words.items()):
        if one not in of or two not in of:
            continue
        a, b = of[one], of[two]
        first.append(str(a.verdict))
        second.append(str(b.verdict))
        table[CATEGORIES.index(str(a.verdict))][CATEGORIES.index(str(b.verdict))] += 1
        if (a.verdict, a.reason) != (b.verdict, b.reason):
            differ.append(
                Disagreement(
                    subject=subject, words={one: _word(a), two: _word(b)},
                    is_of_verdict=a.verdict != b.verdict,
                )
            )  # fmt: skip
    return Agreement(
        reviewers=(one, two), table=tuple(map(tuple, table)), kappa=_kappa(first, second),
        disagreements=tuple(differ),
    )  # fmt: skip


def _word(entry: VerdictEntry) -> str:
    return f"{entry.verdict} ({entry.reason})" if entry.reason else str(entry.verdict)
