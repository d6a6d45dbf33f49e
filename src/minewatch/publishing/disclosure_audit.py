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
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    sums: Mapping[tuple[str, str], tuple[tuple[str, ...], Span]] = field(default_factory=dict)
    """By period and region: names of the pieces that make up a number, when they are several."""

    @property
    def content(self) -> tuple[object, ...]:
        """All that it says: equal for releases that say the same."""
        groups = ((key, tuple(sorted(parts.items()))) for key, parts in self.groups.items())
        said = (self.spans.items(), self.totals.items(), groups, self.sums.items())
        return (*(frozenset(items) for items in said), self.shown)

    def in_pieces(self, pieces: Mapping[str, Sequence[str]]) -> Disclosure:
        """The same, of pieces of ground: a region of several becomes their sum.

        Parameters
        ----------
        pieces
            Region to the names of its pieces, as `ground_pieces.lay_over` gives them.
        """
        spans, sums, shown, groups = {}, {}, set(), {}
        for (period, region), span in self.spans.items():
            names = pieces[region]
            key = (period, names[0] if len(names) == 1 else region)
            if len(names) == 1:
                spans[key] = span
                shown |= {key} if (period, region) in self.shown else set()
            else:
                spans |= {(period, name): Span(0, span.high) for name in names}
                sums[key] = (tuple(names), span)
            if (period, region) in self.groups:
                groups[key] = self.groups[period, region]
        return replace(self, spans=spans, sums=sums, shown=frozenset(shown), groups=groups)


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
    for together in _consistent(_alike_as_one(disclosures)):
        for monotone in (False, True):
            system = _System(together, monotone=monotone)
            if system.is_possible():
                found += _small_groups(system, least)
                found += _small_parts(system, least)
        if any(disclosure.sums for disclosure in together):
            found += _small_kinds(together, least)
    return list(dict.fromkeys(found))


def _alike_as_one(disclosures: Sequence[Disclosure]) -> list[Disclosure]:
    """The same with fewer regions: of those of which all the same was said one, and the rest.

    Linear bounds of one of them, and of all the others together, are what they were: whoever knows
    nothing that sets them apart may share their number out among them evenly.
    """
    said: dict[str, list[object]] = defaultdict(list)
    for number, of in enumerate(disclosures):
        for (period, region), span in of.spans.items():
            key = (period, region)
            groups = of.groups.get(key)
            parts = None if groups is None else tuple(sorted(groups.items()))
            said[region].append((number, period, span, key in of.shown, parts))
        for (period, whole), (names, _) in of.sums.items():
            for region in names:
                said[region].append((number, period, whole))
    alike: dict[frozenset[object], list[str]] = defaultdict(list)
    for region in sorted(said):
        alike[frozenset(said[region])].append(region)
    name_of: dict[str, str] = {}
    times: dict[str, int] = {}
    for first, *others in alike.values():
        rest = f"{first} and {len(others)} like it"
        name_of |= {first: first, **dict.fromkeys(others, rest)}
        times |= {first: 1, rest: len(others)}
    return [_with_fewer(of, name_of, times) for of in disclosures]


def _with_fewer(of: Disclosure, name_of: Mapping[str, str], times: Mapping[str, int]) -> Disclosure:
    def scaled(span: Span, by: int) -> Span:
        return Span(span.low * by, None if span.high is None else span.high * by)

    spans = {
        (period, name): scaled(span, times[name])
        for (period, region), span in of.spans.items()
        for name in [name_of[region]]
    }
    sums = {
        key: (tuple(dict.fromkeys(name_of[name] for name in names)), span)
        for key, (names, span) in of.sums.items()
    }
    shown = frozenset((period, name_of[region]) for period, region in of.shown)
    groups = {
        (period, region): parts
        for (period, region), parts in of.groups.items()
        if (period, region) in of.sums or name_of.get(region) == region
    }
    return replace(of, spans=spans, sums=sums, shown=shown, groups=groups)


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
        (tuple(sorted(parts.items())), system.kind_of(key)): key
        for key, parts in last.groups.items()
    }
    for key in sorted(kinds.values()):
        parts = dict.fromkeys(system.parts_of(key), 1)
        seen = system.span_seen(parts)
        if seen is not None and not small_part(seen, last.groups[key], least):
            continue  # a narrower span than the true one gives nothing away
        whole = system.span_of(parts)
        if names := small_part(whole, last.groups[key], least):
            yield Finding(
                period=key[0], regions=(key[1],), span=Span(1, least - 1),
                what=f"sites that are {' or '.join(names)}".replace("_", " "),
                releases=tuple(d.number for d in system.disclosures), parts=names,
            )  # fmt: skip


def _small_kinds(disclosures: Sequence[Disclosure], least: int) -> Iterator[Finding]:
    """Kinds of site in pieces of ground, where releases give them by two frames."""
    kinds = sorted({name for d in disclosures for of in d.groups.values() for name in of})
    for kind in kinds:
        system = _System([_of_kind(d, kind) for d in disclosures], monotone=False)
        if system.is_possible():
            for finding in _small_groups(system, least):
                what = f"{finding.what} that are {kind}".replace("_", " ")
                yield replace(finding, what=what, parts=(kind,))


def _of_kind(of: Disclosure, kind: str) -> Disclosure:
    """What is said of the sites of one kind alone."""
    said = {key: parts[kind] for key, parts in of.groups.items() if kind in parts}
    spans = {key: said.get(key, Span(0, span.high)) for key, span in of.spans.items()}
    sums = {
        key: (names, said.get(key, Span(0, span.high))) for key, (names, span) in of.sums.items()
    }
    shown = frozenset(key for key in of.shown if key in said)
    return replace(of, spans=spans, sums=sums, shown=shown, totals={}, groups={})


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
        self._add_sums()
        if monotone:  # a known site stays known, unless it is merged or taken back
            self._add_growth()
        limits = [(s.low, np.inf if s.high is None else s.high) for s in self.spans]
        self._bounds = np.array(limits, float).reshape(-1, 2)
        self._points = np.empty((0, len(self.keys)))
        """Numbers that keep every constraint: what was solved so far, dims (solution, variable)."""
        self._kinds = self._kinds_of_variables()

    def _add_totals(self) -> None:
        for disclosure in self.disclosures:
            for period, total in disclosure.totals.items():
                parts = [self.at[key] for key in disclosure.spans if key[0] == period]
                self.rows.append((dict.fromkeys(parts, -1), -total.low))
                if total.high is not None:
                    self.rows.append((dict.fromkeys(parts, 1), total.high))

    def _add_sums(self) -> None:
        for disclosure in self.disclosures:
            for (period, _), (names, span) in disclosure.sums.items():
                parts = [self.at[period, name] for name in names]
                self.rows.append((dict.fromkeys(parts, -1), -span.low))
                if span.high is not None:
                    self.rows.append((dict.fromkeys(parts, 1), span.high))

    def parts_of(self, key: tuple[str, str]) -> tuple[int, ...]:
        """Variables of a region in a period: itself, or its pieces."""
        for disclosure in self.disclosures:
            if key in disclosure.sums:
                return tuple(self.at[key[0], name] for name in disclosure.sums[key][0])
        return (self.at[key],)

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
            if len(set(row.values())) == 1:  # no growth
                for index in row:
                    totals[index].append(number)
        kinds: dict[str, list[object]] = defaultdict(list)
        for index, (period, region) in enumerate(self.keys):
            kinds[region].append((period, self.spans[index], tuple(totals[index])))
        return {i: (p, tuple(kinds[region])) for i, (p, region) in enumerate(self.keys)}

    def kind_of(self, key: tuple[str, str]) -> tuple[object, ...]:
        """What sets a region in a period apart."""
        return tuple(self._kinds[index] for index in self.parts_of(key))

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
        return np.asarray(self._points[:, list(parts)] @ signs)

    def span_seen(self, parts: Mapping[int, int]) -> Span | None:
        """Least and most of a sum among what was solved so far: no wider than its true span."""
        seen = self._values(parts)
        low, high = max(0, ceil(seen.min() - _TINY)), max(0, floor(seen.max() + _TINY))
        return Span(low, high) if low <= high else None

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
            self._points = np.vstack([self._points, solved.x])
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
    hidden = list(_hidden_sets(system))
    for parts in hidden:
        yield from finding(dict.fromkeys(parts, 1), "sites of hidden cells")
    for later_ones, earlier_ones in _hidden_steps(system, hidden):
        grown = dict.fromkeys(later_ones, 1) | dict.fromkeys(earlier_ones, -1)
        yield from finding(grown, "sites of hidden cells that are new since the period before")
    steps = {later: earlier for earlier, later in system.steps()}
    for later in system.representatives(steps):
        earlier = steps[later]
        yield from finding({later: 1, earlier: -1}, "sites that are new since the period before")
        yield from finding({earlier: 1, later: -1}, "sites that are gone since the period before")


def _hidden_sets(system: _System) -> Iterator[tuple[int, ...]]:
    """What is hidden below each total, and below one total but not below another.

    Where releases give sites by two frames, also what is left of a cell of one of them without the
    cells of the other that are shown in it.
    """
    sets: dict[str, list[frozenset[int]]] = defaultdict(list)
    shown = {key for d in system.disclosures for key in d.shown}
    of_frames = any(d.sums for d in system.disclosures)
    for disclosure in system.disclosures:
        for period in disclosure.totals:
            below = [k for k in disclosure.spans if k[0] == period]
            hidden = (k for k in below if k not in disclosure.shown)
            sets[period].append(frozenset(system.at[key] for key in hidden))
            if of_frames:
                sets[period].append(frozenset(system.at[k] for k in below if k not in shown))
    for of_period in sets.values():
        both = [p for one, two in combinations(of_period, 2) for p in (one - two, two - one)]
        meets = [one & two for one, two in combinations(of_period, 2)]
        for parts in dict.fromkeys([*of_period, *both, *meets]):
            if parts:
                yield tuple(sorted(parts))
    yield from dict.fromkeys(_rests(system, shown))


def _rests(system: _System, shown: Collection[tuple[str, str]]) -> Iterator[tuple[int, ...]]:
    """What is left of each region of several pieces without those that are shown."""
    for disclosure in system.disclosures:
        for (period, _), (names, _) in disclosure.sums.items():
            rest = [system.at[period, n] for n in names if (period, n) not in shown]
            if rest:
                yield tuple(sorted(rest))
            yield tuple(sorted(system.at[period, n] for n in names))


def _hidden_steps(
    system: _System, hidden: Sequence[tuple[int, ...]]
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Hidden sets of pieces in one period and the same ones in the period before."""
    if not any(d.sums for d in system.disclosures):
        return
    before = {later: earlier for earlier, later in system.steps()}
    known = set(hidden)
    for parts in hidden:
        earlier = tuple(sorted(before.get(index, -1) for index in parts))
        if earlier in known:
            yield parts, earlier
