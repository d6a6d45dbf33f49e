"""Whoever has the releases of both profiles finds no one or two sites in any piece of ground.

As in `test_no_small_cell`, the reader tries every number that the releases allow, one by one. The
partner's cells are quarters of the public ones.
"""

from __future__ import annotations

from dataclasses import dataclass
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
SEASONS = tuple(Period(date(y, 11, 1), date(y + 1, 4, 30)) for y in (2020, 2021))
FINE, COARSE = 1000.0, 2000.0
MOST = 12
OF = {"E0": ("e0", "e1"), "E1": ("e2", "e3")}
"""Public cell to the partner's cells in it."""
PIECES = tuple(name for names in OF.values() for name in names)


def frame(profile: str) -> Frame:
    names = PIECES if profile == "partner" else tuple(OF)
    side = FINE if profile == "partner" else COARSE
    regions = tuple(
        Region(id=name, outline=shapely.box(n * side, 0, (n + 1) * side, FINE), cover="whole")
        for n, name in enumerate(names)
    )
    return Frame(name=f"grid-{side:g}", regions=regions)


@dataclass(frozen=True)
class Step:
    """One release that somebody asks for."""

    profile: str
    seasons: int
    with_totals: bool


steps = st.builds(
    Step,
    profile=st.sampled_from(["partner", "public"]),
    seasons=st.integers(1, 2),
    with_totals=st.booleans(),
)
numbers = st.tuples(*[st.integers(0, 6)] * 4)
growth = st.tuples(*[st.integers(0, 2)] * 4)


def counts_of(known: tuple[np.ndarray, ...], step: Step) -> Counts:
    found = {}
    for season, fine in zip(SEASONS[: step.seasons], known, strict=False):
        of = dict(zip(PIECES, fine.tolist(), strict=True))
        if step.profile == "public":
            of = {name: sum(of[part] for part in parts) for name, parts in OF.items()}
        for name, n in of.items():
            if n:
                groups = dict.fromkeys(GROUPS, 0) | {"working": n // 2, "not_working": n - n // 2}
                found[season, name] = CellCount(
                    sites=n, groups=groups, ground_m2=5e3 * n, largest_m2=5e3
                )
    return found


def released(known: tuple[np.ndarray, ...], asked: list[Step], *, jointly: bool) -> list[Release]:
    entries: list[Entry] = []
    made = []
    for step in asked:
        same = [e for e in entries if jointly or e.profile == step.profile]
        release = make_release(
            counts_of(known, step), profile=PROFILES[step.profile], frame=frame(step.profile),
            periods=SEASONS[: step.seasons], with_totals=step.with_totals,
            before=[entry.spoken() for entry in same],
        )  # fmt: skip
        try:
            check_release(release, same)
        except PublicationError:
            continue
        entries.append(Entry(number=len(entries) + 1, sha256="", content=ledger_content(release)))
        made.append(release)
    return made


def small_pieces(releases: list[Release], season: Period) -> list[tuple[str, ...]]:
    """Sets of the partner's cells that surely hold one or two sites."""
    points = np.array(list(product(range(MOST + 1), repeat=len(PIECES))))
    for release in releases:
        if season not in release.periods:
            continue
        spans = release.disclosure().spans
        everything = np.zeros(len(points), int)
        for region in release.frame.regions:
            inside = [PIECES.index(p) for p in OF.get(region.id, (region.id,))]
            number = points[:, inside].sum(1)
            span = spans[span_name(season), region.id]
            high = np.inf if span.high is None else span.high
            keep = (number >= span.low) & (number <= high)
            points, everything = points[keep], everything[keep] + number[keep]
        total = release.totals.get(season)
        if total is not None:
            high = np.inf if total.high is None else total.high
            points = points[(everything >= total.low) & (everything <= high)]
    found = []
    for size in range(1, len(PIECES) + 1):
        for chosen in combinations(range(len(PIECES)), size):
            sums = points[:, list(chosen)].sum(1)
            if len(sums) and sums.min() >= 1 and sums.max() < LEAST:
                found.append(tuple(PIECES[i] for i in chosen))
    return found


@settings(max_examples=20, deadline=None)
@given(numbers, growth, st.lists(steps, min_size=2, max_size=4))
def test_nobody_with_both_profiles_finds_a_small_piece(first, more, asked) -> None:
    known = (np.array(first), np.array(first) + np.array(more))
    releases = released(known, asked, jointly=True)
    for season in SEASONS:
        assert small_pieces(releases, season) == []


def test_the_reader_of_these_tests_does_find_a_piece_that_no_joint_audit_protects() -> None:
    known = (np.array([5, 1, 0, 0]),)
    asked = [Step("public", 1, False), Step("partner", 1, False)]
    assert ("e1",) in small_pieces(released(known, asked, jointly=False), SEASONS[0])
    assert small_pieces(released(known, asked, jointly=True), SEASONS[0]) == []
