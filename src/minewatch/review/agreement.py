"""How far two reviewers agree beyond chance, and where they do not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from minewatch.model.verdicts import VERDICTS, WITHDRAWN
from minewatch.review.judgements import last_words, standing_entries
from minewatch.review.verdict_entries import VerdictEntry

CATEGORIES: Final = tuple(name for name in VERDICTS if name != WITHDRAWN)
"""What two reviewers can say; reasons are not compared, but listed where they differ."""
_NORMAL_95: Final = 1.959964


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


def reviewer_agreement(entries: Sequence[VerdictEntry]) -> list[Agreement]:
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


def cohen_kappa(table: Sequence[Sequence[int]]) -> Kappa:
    """Cohen's kappa with its large-sample interval, kept within -1 and 1.

    Parameters
    ----------
    table
        Square; places by what the first (rows) and the second reviewer (columns) say.

    References
    ----------
    Cohen, J. (1960), doi:10.1177/001316446002000104; standard error: Fleiss, Cohen and Everitt
    (1969), doi:10.1037/h0028106. With fewer than about 30 places it is too narrow.

    Examples
    --------
    >>> round(cohen_kappa([[20, 5], [10, 15]]).kappa, 6)
    0.4
    """
    size, count = len(table), sum(map(sum, table))
    if not count:
        return Kappa(count=0, observed=None, kappa=None, low=None, high=None)
    p = [[value / count for value in row] for row in table]
    rows = [sum(row) for row in p]
    columns = [sum(row[k] for row in p) for k in range(size)]
    observed = sum(p[k][k] for k in range(size))
    chance = sum(rows[k] * columns[k] for k in range(size))
    if 1 - chance < 1e-12:
        return Kappa(count=count, observed=observed, kappa=None, low=None, high=None)
    kappa = (observed - chance) / (1 - chance)
    agree = sum(p[k][k] * (1 - (rows[k] + columns[k]) * (1 - kappa)) ** 2 for k in range(size))
    differ = (1 - kappa) ** 2 * sum(
        p[i][j] * (columns[i] + rows[j]) ** 2 for i in range(size) for j in range(size) if i != j
    )
    spread = agree + differ - (kappa - chance * (1 - kappa)) ** 2
    half = _NORMAL_95 * math.sqrt(max(spread, 0.0) / count) / (1 - chance)
    return Kappa(
        count=count, observed=observed, kappa=kappa, low=max(-1.0, kappa - half),
        high=min(1.0, kappa + half),
    )  # fmt: skip


def _compare(one: str, two: str, words: Mapping[str, Mapping[str, VerdictEntry]]) -> Agreement:
    table = [[0] * len(CATEGORIES) for _ in CATEGORIES]
    differ = []
    for subject, of in sorted(words.items()):
        if one not in of or two not in of:
            continue
        a, b = of[one], of[two]
        table[CATEGORIES.index(str(a.verdict))][CATEGORIES.index(str(b.verdict))] += 1
        if (a.verdict, a.reason) != (b.verdict, b.reason):
            differ.append(
                Disagreement(
                    subject=subject, words={one: _word(a), two: _word(b)},
                    is_of_verdict=a.verdict != b.verdict,
                )
            )  # fmt: skip
    return Agreement(
        reviewers=(one, two), table=tuple(map(tuple, table)), kappa=cohen_kappa(table),
        disagreements=tuple(differ),
    )  # fmt: skip


def _word(entry: VerdictEntry) -> str:
    return f"{entry.verdict} ({entry.reason})" if entry.reason else str(entry.verdict)
