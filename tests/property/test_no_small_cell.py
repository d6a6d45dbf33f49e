"""Whatever is released, and in whatever order: nobody finds a cell of one to k - 1 sites.

The reader here is another program than the audit: it tries every number that the releases allow,
one by one. It is even given what the ledger keeps to itself: which hidden cells hold enough sites.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations, product

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from minewatch.errors import PublicationError
from minewatch.model import Period
from minewatch.publishing import PROFILES, Frame, Region, Release, check_release, make_release
from minewatch.publishing.cell_counts import GROUPS, CellCount, Counts
from minewatch.publishing.release_ledger import Entry, ledger_content
from minewatch.publishing.releases import span_name

LEAST = 3
PUBLIC = PROFILES["public"]
SEASONS = tuple(Period(date(y, 11, 1), date(y + 1, 4, 30)) for y in (2020, 2021, 2022))
SIDE = 10_000.0
MOST = 9
"""Sites of a cell: what is tried goes up to there."""


def frame(cells: tuple[int, ...]) -> Frame:
    regions = tuple(
        Region(id=f"c{n}", outline=shapely.box(n * SIDE, 0, (n + 1) * SIDE, SIDE), cover="whole")
        for n in cells
    )
    return Frame(name="grid-10km", regions=regions, cell_m=SIDE)


@dataclass(frozen=True)
class Step:
    """One release that somebody asks for."""

    cells: tuple[int, ...]
    seasons: int
    with_totals: bool
    revised: tuple[tuple[int, int], ...]
    """Cell and how many sites the inventory gained in it, in every season, since the last."""


@st.composite
def histories(draw: st.DrawFn) -> tuple[dict[int, tuple[int, ...]], list[Step]]:
    count = draw(st.integers(2, 4))
    first = draw(st.lists(st.integers(0, 5), min_size=count, max_size=count))
    grown = {
        cell: tuple(np.minimum(np.cumsum([n, *draw(st.tuples(*[st.integers(0, 2)] * 2))]), MOST))
        for cell, n in enumerate(first)
    }
    subsets = [s for n in range(1, count + 1) for s in combinations(range(count), n)]
    step = st.builds(
        Step,
        cells=st.sampled_from(subsets),
        seasons=st.integers(1, 3),
        with_totals=st.booleans(),
        revised=st.lists(st.tuples(st.integers(0, count - 1), st.integers(-1, 1)), max_size=1).map(
            tuple
        ),
    )
    return grown, draw(st.lists(step, min_size=1, max_size=4))


def counts_of(grown: dict[int, tuple[int, ...]], step: Step) -> Counts:
    found = {}
    for cell in step.cells:
        for at, season in enumerate(SEASONS[: step.seasons]):
            n = int(grown[cell][at])
            if n:
                groups = dict.fromkeys(GROUPS, 0) | {"working": n // 2, "not_working": n - n // 2}
                found[season, f"c{cell}"] = CellCount(
                    sites=n, groups=groups, ground_m2=5e3 * n, largest_m2=5e3
                )
    return found


def entry_of(number: int, release: Release) -> Entry:
    return Entry(number=number, sha256="", content=ledger_content(release))


def small(values: np.ndarray) -> bool:
    return bool(len(values) and values.min() >= 1 and values.max() < LEAST)


def ranges(release: Release, season: Period) -> dict[str, range]:
    of = release.disclosure().spans
    spans = {r.id: of[span_name(season), r.id] for r in release.frame.regions}
    return {
        r: range(s.low, 1 + (MOST + 3 if s.high is None else min(s.high, MOST + 3)))
        for r, s in spans.items()
    }


def what_is_found(releases: list[Release], season: Period) -> list[tuple[str, ...]]:
    """Sets of cells that surely hold one or two sites, by trying every number."""
    speaking = [r for r in releases if season in r.periods]
    if not speaking:
        return []
    groups = [[r] for r in speaking] + [speaking]
    found = []
    for together in groups:
        regions = sorted({r.id for release in together for r in release.frame.regions})
        domains = []
        for region in regions:
            allowed = [set(d[region]) for x in together if region in (d := ranges(x, season))]
            domains.append(sorted(set.intersection(*allowed)))
        points = np.array(list(product(*domains))).reshape(-1, len(regions))
        for release in together:
            total = release.totals.get(season)
            if total is not None and len(points):
                inside = [regions.index(r.id) for r in release.frame.regions]
                sums = points[:, inside].sum(1)
                high = np.inf if total.high is None else total.high
                points = points[(sums >= total.low) & (sums <= high)]
        if not len(points):
            continue  # they contradict each other: the inventory was revised
        for size in range(1, len(regions) + 1):
            found += [
                tuple(regions[i] for i in chosen)
                for chosen in combinations(range(len(regions)), size)
                if small(points[:, list(chosen)].sum(1))
            ]
    return found


def published(grown: dict[int, tuple[int, ...]], steps: list[Step]) -> list[Release]:
    """The releases that the ledger lets through."""
    entries, releases = [], []
    for step in steps:
        for cell, more in step.revised:
            grown = grown | {cell: tuple(np.clip(np.add(grown[cell], more), 0, MOST))}
        release = make_release(
            counts_of(grown, step), profile=PUBLIC, frame=frame(step.cells),
            periods=SEASONS[: step.seasons], with_totals=step.with_totals,
        )  # fmt: skip
        try:
            check_release(release, entries)
        except PublicationError:
            continue
        entries.append(entry_of(len(entries) + 1, release))
        releases.append(release)
    return releases


@settings(max_examples=60, deadline=None)
@given(histories())
def test_no_series_of_releases_shows_a_small_cell(history) -> None:
    releases = published(*history)
    for season in SEASONS:
        assert what_is_found(releases, season) == []


@settings(max_examples=40, deadline=None)
@given(histories())
def test_every_shown_cell_holds_k_sites_and_every_class_holds_the_truth(history) -> None:
    grown, steps = history
    step = replace(steps[0], revised=())
    counts = counts_of(grown, step)
    (release,) = published(grown, [step])
    for (season, region), value in release.shown.items():
        sites = counts[season, region].sites
        assert sites >= LEAST
        assert value.sites.low <= sites <= (value.sites.high or sites)
    for season, total in release.totals.items():
        sites = sum(count.sites for (at, _), count in counts.items() if at == season)
        assert total.low <= sites <= (total.high or sites)


@settings(max_examples=40, deadline=None)
@given(histories())
def test_a_cell_says_the_same_whatever_area_it_was_released_with(history) -> None:
    grown, steps = history
    one, two = (
        make_release(
            counts_of(grown, Step(cells, 3, False, ())), profile=PUBLIC, frame=frame(cells),
            periods=SEASONS, with_totals=False,
        )
        for cells in (steps[0].cells, tuple(sorted(grown)))
    )  # fmt: skip
    for key, value in one.shown.items():
        assert two.shown[key] == value
    assert {key for key in two.shown if int(key[1][1:]) in steps[0].cells} == set(one.shown)


def test_the_reader_of_these_tests_does_find_a_small_cell_that_nobody_protects() -> None:
    counts = counts_of({0: (2, 2, 2), 1: (4, 4, 4)}, Step((0, 1), 1, True, ()))
    safe = make_release(counts, profile=PUBLIC, frame=frame((0, 1)), periods=SEASONS[:1])
    bare = {key: count for key, count in counts.items() if count.sites >= LEAST}
    value = make_release(bare, profile=PUBLIC, frame=frame((1,)), periods=SEASONS[:1])
    six = replace(value.totals[SEASONS[0]], low=6, high=6)
    naive = replace(safe, shown=value.shown, protected=frozenset(), totals={SEASONS[0]: six})
    assert what_is_found([safe], SEASONS[0]) == []
    assert ("c0",) in what_is_found([naive], SEASONS[0])
