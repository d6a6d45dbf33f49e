"""Every threshold of linking, states and alerts, in one place, each with its source.

[C] and [DOMAIN] are facts of the shared domain notes; [D] is a starting value without evidence.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LinkRules:
    """What makes patches one site, within a period and between periods."""

    join_m: float = 200.0
    """Widest gap between patches of one period that may be one site [DOMAIN §2, "at 200 m"]."""
    link_m: float = 100.0
    """Widest gap between a patch and a site of an earlier period [DOMAIN §2, issue 4]."""
    one_site_m: float = 300.0
    """Patches further apart than `near_m` are one site only while all of it is narrower than this:
    90 % of sites are within 291 m [C]. Sites 250 m apart whose gap is at most 200 m measure at
    least 300 m together, so neighbours (250-400 m) never fuse by this rule."""
    near_m: float = 60.0
    """Patches this close are benches of one site [D; pools of a bank are 15 m apart, C]."""
    max_site_m: float = 900.0
    """A chain of near patches ends here [D: three times the 90 % extent]."""
    same_ground: float = 0.5
    """Share of the smaller of patch and site that overlaps when both are the same ground [D]."""
    cell_m: float = 70.0
    """Cell whose hash is the site's id: two anchors in one cell are at most 99 m apart, hence
    linked, hence one site."""
    reach_m: float = 200.0
    """Furthest a pad, pool or road lies from the site it belongs to [DOMAIN §2]."""


@dataclass(frozen=True, kw_only=True)
class StateRules:
    """What makes a site active, idle, abandoned, revegetated or not observed."""

    min_observed_fraction: float = 0.5
    """Less of the site seen clear than this: `not_observed`, no areas [D]."""
    good_observed_fraction: float = 0.8
    """A period is well seen from here on … [D]"""
    good_looks: int = 6
    """… and with this many clear looks: one a month of a dry season [D]."""
    hold: int = 2
    """Observed periods in a row that must agree before a reading counts; at the end of the record
    one well seen period is enough [D]."""
    grown_m2: float = 300.0
    """Least growth that is new ground: three pixels of 10 m [D]."""
    grown_share: float = 0.15
    """… and this share of what there was [D: seasons of unchanged simulated sites differ by 4 %,
    single ones by 13 %]."""
    pool_grown_m2: float = 100.0
    """Least growth of pools: one pool of about 11 m [C: 8-14 m]."""
    pool_grown_share: float = 0.25
    """… and this share of what there was [D]."""
    faded: float = 0.85
    """Disturbed ground below this share of the larger of the two periods before: greening [D]."""
    wet_m2: float = 120.0
    """Least pool area that is standing water: one pool of about 12 m [C: 8-14 m]; drained
    simulated sites measure up to 115 m² [D]."""
    wet_share: float = 0.2
    """… and this share of the site's largest pool area [D]."""
    green_share: float = 0.8
    """Vegetated share of the ground seen from which a site is green again [D]."""
    steady_days: int = 550
    """Ground kept bare after it grew counts as worked for so long [D: one full year and the rest of
    a season; bare ground here turns green within one or two monsoons unless it is kept bare]."""
    abandoned_days: int = 330
    """Days without activity that turn idle into abandoned [D: a year, less the spread of the last
    clear look of a dry season]."""


@dataclass(frozen=True, kw_only=True)
class AlertRules:
    """How sure we are: OPERA's ladder, counted in clear looks [DOMAIN §5]."""

    support: float = 0.55
    """Least confidence of a detection that counts as support: on the tuning worlds every false site
    lies below it, and hardly a true one does."""
    strong: float = 0.8
    """Confidence from which one period alone may confirm [D]."""
    provisional_looks: int = 3
    """Clear looks of support for `provisional` [OPERA DIST: three observations]."""
    confirmed_looks: int = 6
    """Clear looks of support for `confirmed`, from two periods or one that is strong [D]."""
    reset_periods: int = 2
    """Observed periods in a row, green and without detection, that set the count back [OPERA: reset
    when most are normal]."""
    fallow_days: int = 550
    """Green again so soon, never confirmed and never wet: `rejected` [DOMAIN §3: swidden is green
    within one monsoon; the dry season after it is waited for]."""
    repeat: float = 0.2
    """Share of the remaining doubt that each further supported period takes away [D: periods are
    far from independent]."""
    repeats: int = 3
    """Most further periods that count [D]."""
    rejected_confidence: float = 0.2
    """Confidence of a rejected site at most [D]."""
