"""What goes on at one site in each period: states that one bad season cannot flip.

In words, with the reasons: `docs/states.md`. Every number is in `site_rules.StateRules`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from minewatch.sites.site_rules import StateRules

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Record:
    """What was measured over one site, one entry a period, in order of time."""

    disturbed_m2: Numbers
    """Ground without vegetation, m²; any number when not seen."""
    pool_m2: Numbers
    """Pools as built, m²; any number when not seen, NaN when pools cannot be seen."""
    water_m2: Numbers
    """Standing water, m²; likewise."""
    water_green: Numbers
    """Green reflectance of that water, 0..1; NaN when there is none or it is unknown."""
    green: Numbers
    """Vegetated share of what was seen, 0..1; NaN when unknown."""
    observed_fraction: Numbers
    """Share of the site seen clear, 0..1."""
    clear_looks: NDArray[np.int64]
    """Median number of clear overpasses."""
    last_overpass: tuple[date, ...]
    """Last day on which the site may have been seen in the period."""

    def seen(self, rules: StateRules) -> Flags:
        """Periods that say anything of the site."""
        return (self.observed_fraction >= rules.min_observed_fraction) & (self.clear_looks > 0)

    def well_seen(self, rules: StateRules) -> Flags:
        """Periods that need no second to be believed."""
        is_full = self.observed_fraction >= rules.good_observed_fraction
        return is_full & (self.clear_looks >= rules.good_overpasses)


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """One site through time, one entry a period."""

    states: tuple[str, ...]
    """One of `model.STATES`."""
    last_activity: tuple[date | None, ...]
    """Last overpass so far with new or working ground; None: none is known."""
    water_last_seen: tuple[date | None, ...]
    """Last overpass so far with standing water; None: never."""
    is_green: Flags
    """Green and not worked, by the last period that was seen."""


def build_timeline(
    record: Record, *, began: date | None, rules: StateRules | None = None
) -> Timeline:
    """States of one site from its first period on.

    Parameters
    ----------
    record
        What was measured.
    began
        First overpass that shows it; None when it was there from the start: such a site was left
        before, unless it is seen at work in its first periods (`rules.hold`).
    rules
        Thresholds; None takes `StateRules()`.

    Returns
    -------
    Timeline
        A period that was not seen is `not_observed` and changes nothing.
    """
    rules = rules or StateRules()
    seen = record.seen(rules)
    index = np.flatnonzero(seen)
    good = record.well_seen(rules)[index]
    days = [record.last_overpass[i] for i in index]
    area, pool, water_area, green = (
        steady(values[index], good)
        for values in (record.disturbed_m2, record.pool_m2, record.water_m2, record.green)
    )
    wet = _is_wet(water_area, pool, rules)
    colour = np.where(wet, steady(record.water_green[index], good), np.nan)
    dries = np.zeros(len(wet), bool)
    dries[1:] = wet[:-1] & ~wet[1:]
    works = _works(area, pool, colour, dries, days, began is None, rules)
    is_active = settle(works, good, rules.hold)
    is_wet = settle(wet, good, rules.hold)
    is_green = settle(green >= rules.green_share, good, rules.hold)
    resumes = _resumes(is_active, days, rules)
    never_worked = began is None and len(index) >= rules.hold and not is_active[: rules.hold].any()

    states = ["not_observed"] * len(seen)
    activity: list[date | None] = [began] * len(seen)
    water: list[date | None] = [None] * len(seen)
    idle_since = began
    wet_day: date | None = None
    for k, i in enumerate(index):
        if is_active[k]:
            began = idle_since = days[k]
        idle_since = idle_since or days[k]
        wet_day = days[k] if is_wet[k] else wet_day
        is_old = never_worked and began is None
        quiet_days = rules.abandoned_days if is_old else (days[k] - idle_since).days
        quiet_days = 0 if resumes[k] and is_wet[k] else quiet_days
        is_known = not np.isnan(water_area[k])
        states[i] = _state(
            is_active[k], is_wet[k] if is_known else None, is_green[k], quiet_days, rules
        )
        activity[i:] = [began] * (len(seen) - i)
        water[i:] = [wet_day] * (len(seen) - i)
    return Timeline(
        states=tuple(states),
        last_activity=tuple(activity),
        water_last_seen=tuple(water),
        is_green=_carried(seen, is_green & ~is_active),
    )


def steady(values: Numbers, good: Flags) -> Numbers:
    """A series without its single outliers: running median of three.

    The last value has no second; it stands when its period was well seen, and otherwise repeats the
    one before.

    Parameters
    ----------
    values
        One entry an observed period.
    good
        Whether the period was well seen.

    Examples
    --------
    >>> steady(np.array([1.0, 9.0, 1.0, 2.0, 2.0]), np.ones(5, bool)).tolist()
    [1.0, 1.0, 2.0, 2.0, 2.0]
    """
    out = values.copy()
    if len(values) > 2:
        triples = np.stack([values[:-2], values[1:-1], values[2:]])
        out[1:-1] = np.median(triples, axis=0)
    if len(values) > 1 and not good[-1]:
        out[-1] = out[-2]
    return out


def settle(flags: Flags, good: Flags, hold: int) -> Flags:
    """Readings that stand: a change counts when it lasts `hold` observed periods.

    It then counts from its first period on. At the end of the record a change that had no time to
    last counts when its last period was well seen.

    Parameters
    ----------
    flags
        Reading of each observed period.
    good
        Whether the period was well seen.
    hold
        Periods a change must last.

    Examples
    --------
    >>> settle(np.array([1, 1, 0, 1, 0, 0], bool), np.ones(6, bool), 2).tolist()
    [True, True, True, True, False, False]
    """
    out = flags.copy()
    start = 0
    for value, run in groupby(flags.tolist()):
        end = start + len(list(run))
        is_trusted = end - start >= hold or (end == len(flags) and good[-1])
        if start and not is_trusted:
            out[start:end] = out[start - 1]
        else:
            out[start:end] = value
        start = end
    return out


def _works(
    area: Numbers,
    pool: Numbers,
    colour: Numbers,
    dries: Flags,
    days: Sequence[date],
    is_preexisting: bool,
    rules: StateRules,
) -> Flags:
    """Whether each period reads as worked: it grows, or stays bare after it grew, or is milky.

    `colour` is the green of the water in pools, NaN where it says nothing; `dries` whether pools
    that held water in the period before hold none: then nobody fills them.
    """
    works = np.zeros(len(area), bool)
    is_milky, is_dark = colour >= rules.milky_green, colour < rules.dark_green
    grown_on = days[0] if len(days) else None
    for k, day in enumerate(days):
        if k == 0:
            works[k] = not is_preexisting or is_milky[k]
            continue
        fades = area[k] <= rules.faded * area[max(0, k - 2) : k].max()
        new = max(rules.grown_m2, rules.grown_share * area[k - 1])
        new_pool = max(rules.pool_grown_m2, rules.pool_grown_share * pool[k - 1])
        digs = pool[k] - pool[k - 1] >= new_pool and area[k] >= area[k - 1]
        grows = area[k] - area[k - 1] >= new or digs
        grown_on = day if grows else grown_on
        is_kept = works[k - 1] and grown_on and (day - grown_on).days <= rules.steady_days
        works[k] = grows or is_milky[k] or (is_kept and not (fades or is_dark[k] or dries[k]))
    return works


def _resumes(is_active: Flags, days: Sequence[date], rules: StateRules) -> Flags:
    """Whether work that lasts begins soon after each period: the site was not left then."""
    resumes = np.zeros(len(days), bool)
    soon: date | None = None
    for k in reversed(range(len(days))):
        resumes[k] = soon is not None and (soon - days[k]).days <= rules.resumed_days
        soon = days[k] if is_active[k : k + rules.hold].sum() == rules.hold else soon
    return resumes


def _is_wet(water: Numbers, pool: Numbers, rules: StateRules) -> Flags:
    """Whether pools are filled: enough water, and enough of the most that was built so far."""
    largest = np.maximum.accumulate(pool) if len(pool) else pool
    wet: Flags = water >= np.maximum(rules.wet_m2, rules.wet_share * largest)
    return wet


def _state(
    is_active: bool, is_wet: bool | None, is_green: bool, quiet_days: int, rules: StateRules
) -> str:
    """The state; where nothing is known of water, quiet ground stays `idle`."""
    if is_active:
        return "active"
    if is_green and not is_wet:
        return "revegetated"
    if quiet_days < rules.abandoned_days or is_wet is None:
        return "idle"
    return "abandoned_wet" if is_wet else "abandoned_dry"


def _carried(seen: Flags, values: Flags) -> Flags:
    """Values of the observed periods on all periods; False before the first."""
    out = np.zeros(len(seen), bool)
    latest = np.cumsum(seen) - 1
    out[latest >= 0] = values[latest[latest >= 0]]
    return out
