"""A release: classes by cell and season, and what is hidden so that nothing can be worked out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import geopandas as gpd

from minewatch.errors import SettingsError
from minewatch.model import Column, Contract, LayerSet, NamedLayer, Period, period_label
from minewatch.publishing.cell_counts import GROUPS, CellCount, Counts
from minewatch.publishing.disclosure_audit import Disclosure, Finding, audit
from minewatch.publishing.frames import GRID_CRS, Frame
from minewatch.publishing.joint_audit import JointReading, Spoken, read_jointly
from minewatch.publishing.profiles import Profile, Span, count_class, ground_class

_LARGEST_SHARE: Final = 0.8
"""[D] Of the ground of a cell: with more of it one site would be known by the class of all."""
HIDDEN: Final = "not shown"
"""In place of a class."""
TITLE: Final = "Mining sites, generalised"
"""Of every release: the name of an area may be a place."""

CELLS: Contract = {
    "cell": Column("text", "the cell of the grid, or the township"),
    "period": Column("text", "the season or months it speaks of"),
    "first_month": Column("text", "its first month, YYYY-MM"),
    "last_month": Column("text", "its last month, YYYY-MM"),
    "sites": Column("text", "class of the number of sites known then, seen or not"),
    "sites_low": Column("int", "low end of that class"),
    "sites_high": Column("int", "high end of that class; null: none", optional=True),
    **{
        name: Column("text", f"class of the number of sites {meaning}; `not shown`: see the note")
        for name, meaning in {
            "working": "at work",
            "not_working": "idle, abandoned without water, or green again",
            "left_with_water": "abandoned with water standing in the pools",
            "not_observed": "that were not seen in the period: unknown, not absent",
        }.items()
    },
    "ground_ha": Column(
        "text",
        "class of the disturbed ground of the sites that were seen, ha; `not shown` where a single "
        "site has most of it",
    ),
}
"""The layer `cells` of a generalised release: one row a cell and season that is shown."""
TOTALS: Contract = {
    "period": CELLS["period"],
    "first_month": CELLS["first_month"],
    "last_month": CELLS["last_month"],
    "sites": Column("text", "class of the number of sites in all cells, shown or not"),
    "sites_low": CELLS["sites_low"],
    "sites_high": CELLS["sites_high"],
    "cells_shown": Column("int", "cells that are shown"),
    "cells_hidden": Column("int", "cells with fewer sites than may be shown, or none, or hidden"),
}
"""The layer `totals`: one row a season; drawn is the ground of all cells."""


@dataclass(frozen=True, kw_only=True)
class CellValue:
    """What is said of a shown cell in one season."""

    sites: Span
    """Class of the number of sites."""
    groups: Mapping[str, Span] | None
    """Class of each of `GROUPS`; None: not shown."""
    ground: str | None
    """Class of the ground, ha; None: not shown."""


Key = tuple[Period, str]
"""A period and a region."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """All that is given away."""

    profile: Profile
    """Its rules."""
    frame: Frame
    """Its regions."""
    periods: tuple[Period, ...]
    """In order of time; some may show no cell."""
    shown: Mapping[Key, CellValue]
    """What is not here is hidden."""
    protected: frozenset[Key]
    """Hidden although it holds enough sites: for its operators, or to protect other cells."""
    totals: Mapping[Period, Span]
    """Sites in all regions together; a period may have none."""

    def disclosure(self, number: int = 0) -> Disclosure:
        """What readers can know of it, for the audit."""
        below = Span(0, self.profile.least_sites - 1)
        spans = {
            (span_name(period), region.id): (
                self.shown[period, region.id].sites
                if (period, region.id) in self.shown
                else Span(0, None) if (period, region.id) in self.protected else below
            )
            for period in self.periods
            for region in self.frame.regions
        }  # fmt: skip
        return Disclosure(
            number=number,
            spans=spans,
            shown=frozenset((span_name(p), region) for p, region in self.shown),
            totals={span_name(period): total for period, total in self.totals.items()},
            groups={
                (span_name(p), region): value.groups
                for (p, region), value in self.shown.items()
                if value.groups is not None
            },
        )


def span_name(period: Period) -> str:
    """A period by its months: `2023-11/2024-04`."""
    return f"{period.start:%Y-%m}/{period.end:%Y-%m}"


def season_name(period: Period) -> str:
    """A period as people say it, without a day: `2023/24 dry season`, `2023-11/2024-01`."""
    label = period_label(period)
    return span_name(period) if label == str(period) else label


def periods_to_release(
    periods: Sequence[Period], *, profile: Profile, last_day: date
) -> tuple[Period, ...]:
    """The periods that are old enough to be shown.

    The delay counts back from the last day of the run, never from today: the same run gives the
    same release whenever it is made.

    Parameters
    ----------
    periods
        Of the run.
    profile
        Its delay, and the shortest period it shows.
    last_day
        Last day that was asked of the run.

    Raises
    ------
    SettingsError
        When a period is shorter than the profile shows, or none is old enough.
    """
    months = last_day.year * 12 + last_day.month - 1 - profile.delay_months
    if _is_month_end(last_day):
        months += 1  # the month of the last day is complete
    short = [p for p in periods if _months(p) < profile.least_months]
    if short:
        raise SettingsError(
            f"the period {period_label(short[0])} is {_months(short[0])} months long, and a "
            f"{profile.name} release shows {profile.least_months} or more",
            hint="make the inventory by season: minewatch update DIR --period dry-season",
        )
    old = tuple(p for p in sorted(periods) if p.end.year * 12 + p.end.month <= months)
    if not old:
        raise SettingsError(
            f"no period ends {profile.delay_months} months or more before the last day of the run, "
            f"{last_day:%Y-%m}: nothing is old enough for a {profile.name} release",
            hint="carry the run on first (minewatch update DIR), or wait for a later season",
        )
    return old


def make_release(
    counts: Counts,
    *,
    profile: Profile,
    frame: Frame,
    periods: Sequence[Period],
    with_totals: bool = True,
    keep_hidden: frozenset[tuple[str, str]] = frozenset(),
    before: Sequence[Spoken] = (),
) -> Release:
    """The release of an inventory, with as little hidden as keeps it safe by itself.

    Parameters
    ----------
    counts
        From `count_sites`.
    profile, frame, periods
        Rules, places and times.
    with_totals
        Also say how many sites there are in all cells; then cells may have to be hidden so that
        the total does not give others away.
    keep_hidden
        Period and region of cells that an earlier release hid to protect others: hidden first.
    before
        What earlier releases said. Where some were for another profile, more is hidden for those
        who have them all; what that cannot mend, `check_release` refuses.
    """
    shown, protected, totals = {}, set(), {}
    for period in periods:
        for region in frame.regions:
            count = counts.get((period, region.id), CellCount())
            if count.sites < profile.least_sites:
                continue
            if count.operators and len(count.operators) < profile.least_operators:
                protected.add((period, region.id))
            else:
                shown[period, region.id] = _value(count, profile)
        if with_totals:
            everything = (counts.get((period, r.id), CellCount()).sites for r in frame.regions)
            total = count_class(sum(everything), profile.least_sites)
            if total.low:
                totals[period] = total
    release = Release(
        profile=profile, frame=frame, periods=tuple(periods), shown=shown,
        protected=frozenset(protected), totals=totals,
    )  # fmt: skip
    together = read_jointly(before, profile=profile.name, grounds=frame.grounds)
    return _protect(release, counts, keep_hidden, together)


def _value(count: CellCount, profile: Profile) -> CellValue:
    known = count.ground_m2 > 0 and count.largest_m2 <= _LARGEST_SHARE * count.ground_m2
    single = profile.least_sites == 1  # the profile does not hide single sites
    return CellValue(
        sites=count_class(count.sites, profile.least_sites),
        groups={name: count_class(count.groups[name], profile.least_sites) for name in GROUPS},
        ground=ground_class(count.ground_m2) if known or single else None,
    )


def _protect(
    release: Release,
    counts: Counts,
    keep_hidden: frozenset[tuple[str, str]],
    together: JointReading | None,
) -> Release:
    """Hide more, the least first, until nothing can be worked out."""
    least = release.profile.least_sites
    while findings := audit([release.disclosure()], least=least):
        release = _hide_for(release, findings[0], counts, keep_hidden)
    if together is not None:
        while findings := together.findings(release.disclosure(), least=least):
            near = together.around(findings[0])
            less = _hide_near(release, findings[0], near, counts, keep_hidden)
            if less is None:
                break
            release = _protect(less, counts, keep_hidden, None)
    return release


def _hide_near(
    release: Release,
    finding: Finding,
    near: set[str],
    counts: Counts,
    keep_hidden: frozenset[tuple[str, str]],
) -> Release | None:
    """The release with one thing less among the regions near a finding; None when none is left."""
    of_period = {key: value for key, value in release.shown.items() if key[1] in near
                 and span_name(key[0]) == finding.period}  # fmt: skip
    if finding.parts:
        with_kinds = [key for key, value in of_period.items() if value.groups is not None]
        if with_kinds:
            key = min(with_kinds, key=lambda key: (counts[key].sites, key[1]))
            value = replace(release.shown[key], groups=None)
            return replace(release, shown={**release.shown, key: value})
    there = list(of_period) or [key for key in release.shown if key[1] in near]
    if not there:
        totals = {p: t for p, t in release.totals.items() if span_name(p) != finding.period}
        return replace(release, totals=totals) if len(totals) < len(release.totals) else None

    def cost(key: Key) -> tuple[bool, int, str]:
        return (span_name(key[0]), key[1]) not in keep_hidden, counts[key].sites, key[1]

    return _hide(release, min(there, key=cost))


def _hide_for(
    release: Release, finding: Finding, counts: Counts, keep_hidden: frozenset[tuple[str, str]]
) -> Release:
    """The release with one thing less in it, chosen against one finding."""
    period = next(p for p in release.periods if span_name(p) == finding.period)
    if finding.parts:
        key = (period, finding.regions[0])
        value = replace(release.shown[key], groups=None)
        return replace(release, shown={**release.shown, key: value})
    if period not in release.totals:
        around = (key for key in sorted(release.shown) if key[1] in finding.regions)
        if (one := next(around, None)) is not None:
            return _hide(release, one)
        period = min(release.totals)  # a total of another period says it, by growth
    there = [key for key in release.shown if key[0] == period]
    if not there:
        totals = {p: total for p, total in release.totals.items() if p != period}
        return replace(release, totals=totals)

    def cost(key: Key) -> tuple[bool, int, str]:
        return (span_name(period), key[1]) not in keep_hidden, counts[key].sites, key[1]

    return _hide(release, min(there, key=cost))


def _hide(release: Release, key: Key) -> Release:
    shown = {at: value for at, value in release.shown.items() if at != key}
    return replace(release, shown=shown, protected=release.protected | {key})


def release_layers(
    release: Release, *, simulated: bool, attribution: str, about: Mapping[str, str]
) -> LayerSet:
    """A release as layers for any exporter, rows in the order of the cells.

    Parameters
    ----------
    release
        What is given away.
    simulated, attribution
        Of the run.
    about
        What readers must know, as `release_words.about_release` says it.
    """
    outlines = release.frame.outlines()
    keys = sorted(release.shown, key=lambda key: (key[1], key[0]))
    cells = [_cell_row(region, period, release.shown[period, region]) for period, region in keys]
    totals = [_total_row(release, period) for period in release.periods if period in release.totals]
    ground = gpd.GeoSeries([release.frame.ground], crs=GRID_CRS).to_crs(outlines.crs)
    tables = {
        "cells": (CELLS, "Sites by cell", cells, [outlines[region] for _, region in keys]),
        "totals": (TOTALS, "Sites in all cells", totals, [ground.iloc[0]] * len(totals)),
    }
    return LayerSet(
        layers={
            name: NamedLayer(
                name=name, title=title, contract=contract, note=about.get("note", ""),
                table=gpd.GeoDataFrame(
                    rows, columns=list(contract) if not rows else None, geometry=shapes,
                    crs=outlines.crs,
                ),
            )
            for name, (contract, title, rows, shapes) in tables.items()
        },
        area=None,
        name=TITLE,
        simulated=simulated,
        attribution=attribution,
        last_day=release.periods[-1].end,
        source="",
        run=_run_name(release),
        about=dict(about),
    )  # fmt: skip


def _run_name(release: Release) -> str:
    """What keeps its rows apart from those of another area in a database: its ground, no run."""
    ground = "|".join([release.frame.name, *(region.id for region in release.frame.regions)])
    return f"{release.profile.name}-{hashlib.sha256(ground.encode()).hexdigest()[:10]}"


def _months(period: Period) -> int:
    return (period.end.year - period.start.year) * 12 + period.end.month - period.start.month + 1


def _is_month_end(day: date) -> bool:
    return date.fromordinal(day.toordinal() + 1).day == 1


def _time(period: Period) -> dict[str, str]:
    return {
        "period": season_name(period),
        "first_month": f"{period.start:%Y-%m}",
        "last_month": f"{period.end:%Y-%m}",
    }


def _cell_row(region: str, period: Period, value: CellValue) -> dict[str, object]:
    groups = value.groups or {}
    return {
        "cell": region, **_time(period), "sites": str(value.sites),
        "sites_low": value.sites.low, "sites_high": value.sites.high,
        **{name: str(groups.get(name, HIDDEN)) for name in GROUPS},
        "ground_ha": value.ground or HIDDEN,
    }  # fmt: skip


def _total_row(release: Release, period: Period) -> dict[str, object]:
    total = release.totals[period]
    shown = sum(at == period for at, _ in release.shown)
    return {
        **_time(period), "sites": str(total), "sites_low": total.low, "sites_high": total.high,
        "cells_shown": shown, "cells_hidden": len(release.frame.regions) - shown,
    }  # fmt: skip
