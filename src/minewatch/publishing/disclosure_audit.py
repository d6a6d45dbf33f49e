"""What somebody who has every release can work out: bounds of hidden counts by linear programming.

The reader of releases is taken to be strong: knows the rules, knows which cells are hidden because
they hold fewer than k sites and which were hidden to protect others, and adds, subtracts and
intersects all that was ever said of the same ground.

References
----------
Fischetti & Salazar 2000, models and algorithms for optimising cell suppression in tabular data,
doi:10.1080/01621459.2000.10474282
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from math import ceil, floor, isfinite
from typing import Final

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from minewatch.publishing.profiles import Span

_TINY: Final = 1e-6
"""Rounding of the solver."""


@dataclass(frozen=True, kw_only=True)
class Disclosure:
    """What one release lets its readers know of numbers of sites."""

    number: int
    """Which release it is."""
    spans: Mapping[tuple[str, str], Span]
    """By period and region; of hidden ones what the rules say: fewer than k, or anything."""
    shown: frozenset[tuple[str, str]]
    """Those that are not hidden."""
    totals: Mapping[str, Span] = field(default_factory=dict)
    """Of all its regions together, by period."""
    groups: Mapping[tuple[str, str], Mapping[str, Span]] = field(default_factory=dict)
    """Parts of a shown number, which together make it up."""

    @property
    def content(self) -> tuple[object, ...]:
        """All that it says: equal for releases that say the same."""
        groups = ((key, tuple(sorted(parts.items()))) for key, parts in self.groups.items())
        said = (self.spans.items(), self.totals.items(), groups)
        return (*(frozenset(items) for items in said), self.shown)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Between one and k - 1 sites that readers would know of."""

    period: str
    """When."""
    regions: tuple[str, ...]
    """Where."""
    span: Span
    """How many they would know there to be."""
    what: str
    """Of what, in words."""
    releases: tuple[int, ...]
    """The releases that together say it."""
    parts: tuple[str, ...] = ()
    """Kinds of site that it is about; empty: all of them."""

    def __str__(self) -> str:
        where = ", ".join(self.regions[:3]) + (" and others" if len(self.regions) > 3 else "")
        return f"{self.what} in {where}, {self.period}: {self.span}"


def audit(disclosures: Sequence[Disclosure], *, least: int) -> list[Finding]:
    """Every group of fewer than k sites that can be worked out from releases together.

    Parameters
    ----------
    disclosures
        In the order in which they were made. Those that contradict the last one speak of an
        inventory that was changed since: with these the last one is compared by differences only.
    least
        k; with 1 there is nothing to find.
    """
    if least < 2 or not disclosures:
        return []
    found = list(_differences_of_releases(disclosures, least))
    for together in _consistent(disclosures):
        for monotone in (False, True):
            system = _System(together, monotone=monotone)
            if system.is_possible():
                found += _small_groups(system, least)
                found += _small_parts(system, least)
    return list(dict.fromkeys(found))


def is_small(span: Span, least: int) -> bool:
    """True when a number is surely at least 1 and surely less than k."""
    return span.low >= 1 and span.high is not None and span.high < least


def minus(one: Span, other: Span) -> Span | None:
    """How much larger one number may be than another; None when it cannot be."""
    if one.high is not None and one.high < other.low:
        return None
    low = 0 if other.high is None else max(0, one.low - other.high)
    return Span(low, None if one.high is None else one.high - other.low)


def small_part(whole: Span, parts: Mapping[str, Span], least: int) -> tuple[str, ...]:
    """Names of parts that together are surely one to k - 1 sites; empty when none are.

    Parameters
    ----------
    whole
        How many sites there are.
    parts
        How many of each kind; together they are the whole.
    least
        k.
    """
    for size in range(1, len(parts)):
        for names in combinations(sorted(parts), size):
            inside = _sum(parts[name] for name in names)
            outside = _sum(span for name, span in parts.items() if name not in names)
            rest = minus(whole, outside)
            span = inside if rest is None else inside.meet(rest)
            if span is not None and is_small(span, least):
                return names
    return ()


def _sum(spans: Iterable[Span]) -> Span:
    low, high = 0, 0.0
    for span in spans:
        low += span.low
        high += float("inf") if span.high is None else span.high
    return Span(low, int(high) if isfinite(high) else None)


def _small_parts(system: _System, least: int) -> Iterator[Finding]:
    """Kinds of site in a shown cell, where the number of all of them may be known better."""
    last = system.disclosures[-1]
    kinds = {
        (last.spans[key], tuple(sorted(parts.items())), system.kind_of(key)): key
        for key, parts in last.groups.items()
    }
    for key in sorted(kinds.values()):
        whole = system.span_of({system.at[key]: 1})
        if names := small_part(whole, last.groups[key], least):
            yield Finding(
                period=key[0], regions=(key[1],), span=Span(1, least - 1),
                what=f"sites that are {' or '.join(names)}".replace("_", " "),
                releases=tuple(d.number for d in system.disclosures), parts=names,
            )  # fmt: skip


def _differences_of_releases(disclosures: Sequence[Disclosure], least: int) -> Iterator[Finding]:
    """Sites that came or went between two releases, of the same place and period."""
    last = disclosures[-1]
    for earlier in disclosures[:-1]:
        for key in sorted(last.spans.keys() & earlier.spans.keys()):
            for one, other, what in (
                (last.spans[key], earlier.spans[key], "sites that came between two releases"),
                (earlier.spans[key], last.spans[key], "sites that went between two releases"),
            ):
                span = minus(one, other)
                if span is not None and is_small(span, least):
                    yield Finding(
                        period=key[0], regions=(key[1],), span=span, what=what,
                        releases=(earlier.number, last.number),
                    )  # fmt: skip


def _consistent(disclosures: Sequence[Disclosure]) -> list[list[Disclosure]]:
    """The last release alone, and with as many earlier ones as agree with it, newest first."""
    last = disclosures[-1]
    kept = [last]
    for earlier in reversed(disclosures[:-1]):
        merged = all(
            last_span.meet(earlier.spans[key]) is not None
            for other in kept
            for key, last_span in other.spans.items()
            if key in earlier.spans
        )
        if merged and _System([earlier, *kept], monotone=False).is_possible():
            kept.insert(0, earlier)
    return [[last]] if len(kept) == 1 else [[last], kept]


class _System:
    """Linear constraints on the number of sites of each region and period."""

    def __init__(self, disclosures: Sequence[Disclosure], *, monotone: bool) -> None:
        self.disclosures = disclosures
        self.keys = sorted({key for d in disclosures for key in d.spans})
        self.at = {key: index for index, key in enumerate(self.keys)}
        self.spans = [Span(0, None)] * len(self.keys)
        self.contradicts = False
        for disclosure in disclosures:
            for key, span in disclosure.spans.items():
                both = self.spans[self.at[key]].meet(span)
                self.contradicts |= both is None
                self.spans[self.at[key]] = both or span
        self.rows: list[tuple[dict[int, int], float]] = []
        """Coefficients by variable, and what their sum may be at most."""
        self._add_totals()
        if monotone:  # a known site stays known, unless it is merged or taken back
            self._add_growth()
        limits = [(s.low, np.inf if s.high is None else s.high) for s in self.spans]
        self._bounds = np.array(limits, float).reshape(-1, 2)
        self._points: list[np.ndarray] = []
        """Numbers that keep every constraint: what was solved so far."""
        self._kinds = self._kinds_of_variables()

    def _add_totals(self) -> None:
        for disclosure in self.disclosures:
            for period, total in disclosure.totals.items():
                parts = [self.at[key] for key in disclosure.spans if key[0] == period]
                self.rows.append((dict.fromkeys(parts, -1), -total.low))
                if total.high is not None:
                    self.rows.append((dict.fromkeys(parts, 1), total.high))

    def _add_growth(self) -> None:
        for earlier, later in self.steps():
            self.rows.append(({earlier: 1, later: -1}, 0))

    def steps(self) -> Iterator[tuple[int, int]]:
        """Variables of one region in one period and in the next."""
        periods = sorted({period for period, _ in self.keys})
        for one, two in pairwise(periods):
            for region in sorted({region for _, region in self.keys}):
                if (one, region) in self.at and (two, region) in self.at:
                    yield self.at[one, region], self.at[two, region]

    def _kinds_of_variables(self) -> dict[int, tuple[object, ...]]:
        """Regions that no constraint sets apart from each other have one kind."""
        totals: dict[int, list[int]] = defaultdict(list)
        for number, (row, _) in enumerate(self.rows):
            if len(row) > 2 or (-1 in row.values() and 1 not in row.values()):
                for index in row:
                    totals[index].append(number)
        kinds: dict[str, list[object]] = defaultdict(list)
        for index, (period, region) in enumerate(self.keys):
            kinds[region].append((period, self.spans[index], tuple(totals[index])))
        return {i: (p, tuple(kinds[region])) for i, (p, region) in enumerate(self.keys)}

    def kind_of(self, key: tuple[str, str]) -> tuple[object, ...]:
        """What sets a region in a period apart."""
        return self._kinds[self.at[key]]

    def representatives(self, indices: Iterable[int]) -> list[int]:
        """One variable of each kind."""
        return list({self._kinds[index]: index for index in indices}.values())

    def is_possible(self) -> bool:
        """Whether there are numbers that keep every constraint."""
        return not self.contradicts and self._extreme({}) is not None

    def span_of(self, parts: Mapping[int, int]) -> Span:
        """Least and most of a sum with signs, as whole numbers from 0."""
        seen = self._values(parts)
        sure = _sum(self.spans[i] for i in parts) if set(parts.values()) == {1} else Span(0, None)
        if len(seen) and sure.low >= seen.min() - _TINY:
            low: float | None = sure.low
        else:
            low = self._extreme(parts)
        if len(seen) and sure.high is not None and sure.high <= seen.max() + _TINY:
            return Span(max(0, ceil((low or 0) - _TINY)), sure.high)
        high = self._extreme({index: -sign for index, sign in parts.items()})
        return Span(
            0 if low is None or not isfinite(low) else max(0, ceil(low - _TINY)),
            None if high is None or not isfinite(high) else floor(-high + _TINY),
        )

    def may_be_none_or_many(self, parts: Mapping[int, int], least: int) -> bool:
        """True when a sum is already known to be possible as 0 or less, or as k or more."""
        seen = self._values(parts)
        return bool(((seen <= _TINY) | (seen >= least - _TINY)).any())

    def _values(self, parts: Mapping[int, int]) -> np.ndarray:
        signs = np.array(list(parts.values()), float)
        return np.array([point[list(parts)] @ signs for point in self._points])

    def _extreme(self, parts: Mapping[int, int]) -> float | None:
        """Least value of a sum; minus infinity when it has none, None when nothing is possible."""
        cost = np.zeros(len(self.keys))
        for index, sign in parts.items():
            cost[index] = sign
        matrix, limits = self._matrix
        solved = linprog(
            cost, A_ub=matrix, b_ub=limits, method="highs",
            bounds=self._bounds,
        )  # fmt: skip
        if solved.status == 0:
            self._points.append(solved.x)
        if solved.status == 3:
            return -float("inf")
        return float(solved.fun) if solved.status == 0 else None

    @property
    def _matrix(self) -> tuple[csr_array | None, np.ndarray | None]:
        if not hasattr(self, "_built"):
            entries = [(n, i, v) for n, (row, _) in enumerate(self.rows) for i, v in row.items()]
            self._built: tuple[csr_array | None, np.ndarray | None] = (None, None)
            if entries:
                rows, cols, values = np.array(entries).T
                shape = (len(self.rows), len(self.keys))
                matrix = csr_array((values.astype(float), (rows, cols)), shape=shape)
                self._built = (matrix, np.array([limit for _, limit in self.rows], float))
        return self._built


def _small_groups(system: _System, least: int) -> Iterator[Finding]:
    """Regions, sets of hidden regions, and steps of time, of which one to k - 1 sites are known."""
    numbers = tuple(d.number for d in system.disclosures)

    def finding(parts: Mapping[int, int], what: str) -> Iterator[Finding]:
        if system.may_be_none_or_many(parts, least):
            return
        span = system.span_of(parts)
        if is_small(span, least):
            keys = [system.keys[index] for index, sign in sorted(parts.items()) if sign > 0]
            yield Finding(
                period=keys[0][0], regions=tuple(region for _, region in keys), span=span,
                what=what, releases=numbers,
            )  # fmt: skip

    for index in system.representatives(range(len(system.keys))):
        if system.spans[index].low < least:
            yield from finding({index: 1}, "sites")
    for parts in _hidden_sets(system):
        yield from finding(dict.fromkeys(parts, 1), "sites of hidden cells")
    steps = {later: earlier for earlier, later in system.steps()}
    for later in system.representatives(steps):
        earlier = steps[later]
        yield from finding({later: 1, earlier: -1}, "sites that are new since the period before")
        yield from finding({earlier: 1, later: -1}, "sites that are gone since the period before")


def _hidden_sets(system: _System) -> Iterator[tuple[int, ...]]:
    """What is hidden below each total, and below one total but not below another."""
    sets: dict[str, list[frozenset[int]]] = defaultdict(list)
    for disclosure in system.disclosures:
        for period in disclosure.totals:
            hidden = (k for k in disclosure.spans if k[0] == period and k not in disclosure.shown)
            sets[period].append(frozenset(system.at[key] for key in hidden))
    for of_period in sets.values():
        both = [p for one, two in combinations(of_period, 2) for p in (one - two, two - one)]
        meets = [one & two for one, two in combinations(of_period, 2)]
        for parts in dict.fromkeys([*of_period, *both, *meets]):
            if parts:
                yield tuple(sorted(parts))
