"""Every threshold of linking, states and alerts, in one place, each with its source.

DOMAIN is the project's page on mines and imagery.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from minewatch.model.rule_fields import rule

LADDER = "OPERA's ladder, counted in clear overpasses (DOMAIN §5, §6)"
SIZES = "90 % of digitised sites are within 291 m (DOMAIN §2)"


@dataclass(frozen=True, kw_only=True)
class LinkRules:
    """What makes patches one site, within a period and between periods."""

    join_m: float = rule(
        200.0, unit="m", moves="patches of one period further apart may be one site",
        source="DOMAIN §2: grouped at 200 m",
    )  # fmt: skip
    link_m: float = rule(
        100.0, unit="m", moves="patches further from a site of an earlier period belong to it"
    )
    one_site_m: float = rule(
        300.0, unit="m", moves="wider groups of patches are one site",
        source=f"{SIZES}; sites 250 m apart whose gap is at most 200 m measure 300 m together",
    )  # fmt: skip
    near_m: float = rule(60.0, unit="m", moves="benches further apart are one site")
    max_site_m: float = rule(
        900.0, unit="m", moves="chains of near patches grow longer",
        source="three times the 90 % extent; starting value",
    )  # fmt: skip
    same_ground: float = rule(0.5, unit="1", moves="patch and site must overlap more to be one")
    cell_m: float = rule(
        70.0, unit="m", moves="fewer ids: the cell whose hash is a site's id",
        source="two anchors in one cell are at most 99 m apart, hence linked",
    )  # fmt: skip
    reach_m: float = rule(
        200.0, unit="m", moves="pads, pools and roads further from a site belong to it",
        source="DOMAIN §2",
    )  # fmt: skip
    birth_days: int = rule(
        90, unit="days", moves="patches that began later are still of a site's beginning"
    )
    birth_periods: int = rule(
        2, unit="periods", moves="they may be found later: a first bank is often seen in part"
    )


@dataclass(frozen=True, kw_only=True)
class StateRules:
    """What makes a site active, idle, abandoned, revegetated or not observed."""

    min_observed_fraction: float = rule(
        0.5, unit="1", moves="more periods are `not_observed`, without areas"
    )
    good_observed_fraction: float = rule(0.8, unit="1", moves="fewer periods are well seen")
    good_overpasses: int = rule(
        6, unit="clear looks", moves="fewer periods are well seen: one a month of a dry season"
    )
    hold: int = rule(
        2, unit="periods", moves="a change of reading must last longer before it counts"
    )
    grown_m2: float = rule(
        300.0, unit="m²", moves="more new ground is needed to grow: three pixels of 10 m"
    )
    grown_share: float = rule(
        0.15, unit="1", moves="more new ground is needed to grow",
        source="seasons of unchanged simulated sites differ by 4 %, single ones by 13 %",
    )  # fmt: skip
    pool_grown_m2: float = rule(
        100.0, unit="m²", moves="more new pools are needed to grow",
        source="one pool of about 11 m (DOMAIN §2: 8-14 m)",
    )  # fmt: skip
    pool_grown_share: float = rule(0.25, unit="1", moves="more new pools are needed to grow")
    faded: float = rule(0.85, unit="1", moves="less greening counts as fading")
    wet_m2: float = rule(
        90.0, unit="m²", moves="more water is needed to be wet",
        source="one pool of 10 m (DOMAIN §2: 8-14 m); on the simulated tuning worlds none of those "
        "left dry measures 90 to 120 m², all with so little are left with two or three pools",
    )  # fmt: skip
    wet_share: float = rule(0.2, unit="1", moves="more of a site's largest pools must stand")
    milky_green: float = rule(
        0.14, unit="reflectance", moves="water must be brighter in green to count as worked",
        source="pools are milky when leaching, dark when idle (DOMAIN §2); of old simulated mines "
        "at work three of four lie above, of those left with water one of seven",
    )  # fmt: skip
    dark_green: float = rule(
        0.12, unit="reflectance", moves="brighter water ends the work at a site that does not grow",
        source="below `milky_green`: between the two the colour says nothing; by hand",
    )  # fmt: skip
    green_share: float = rule(0.8, unit="1", moves="more must be green to be revegetated")
    steady_days: int = rule(
        550, unit="days", moves="ground kept bare counts as worked for longer",
        source="a year and the rest of a season; bare ground greens within two monsoons",
    )  # fmt: skip
    resumed_days: int = rule(
        800, unit="days", moves="a longer pause before work goes on is `idle`, not abandoned",
        source="two years and the spread of the last clear overpass of a dry season; by hand",
    )  # fmt: skip
    abandoned_days: int = rule(
        330, unit="days", moves="idle turns into abandoned later",
        source="a year, less the spread of the last clear overpass of a dry season",
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class AlertRules:
    """How sure we are that a site is a mine."""

    support: float = rule(
        0.55, unit="1", moves="fewer detections count as support",
        source="on the simulated tuning worlds every false site lies below, hardly a true one does",
    )  # fmt: skip
    support_alone: float = rule(
        0.7, unit="1", moves="fewer detections that stand alone without a track count as support",
        source="roads reach every site before its pools (DOMAIN §2); by hand on the simulated "
        "tuning worlds, where all true ones lie above 0.8",
    )  # fmt: skip
    alone_m: float = rule(
        400.0, unit="m", moves="fewer sites stand alone",
        source="neighbouring sites lie 409 m apart in the median (DOMAIN §2)",
    )  # fmt: skip
    strong: float = rule(0.8, unit="1", moves="one period alone confirms less often")
    strong_overpasses: int = rule(
        2, unit="clear looks", moves="`provisional` comes later where a period is strong"
    )
    provisional_overpasses: int = rule(
        3, unit="clear looks", moves="`provisional` comes later", source=LADDER
    )
    confirmed_overpasses: int = rule(
        6, unit="clear looks", moves="`confirmed` comes later", source=LADDER
    )
    reset_periods: int = rule(
        2, unit="periods", moves="more green periods are needed to set the count back",
        source=LADDER,
    )  # fmt: skip
    fallow_days: int = rule(
        550, unit="days", moves="ground green again later is still `rejected`",
        source="DOMAIN §3: swidden is green within one monsoon; the season after is waited for",
    )  # fmt: skip
    repeat: float = rule(0.2, unit="1", moves="each further period raises the confidence more")
    repeats: int = rule(3, unit="periods", moves="more further periods count")
    rejected_confidence: float = rule(0.2, unit="1", moves="rejected sites keep more confidence")
    may_confirm: bool = rule(
        True, unit="", moves="false: nothing is more than `provisional`, as where pools are unseen"
    )


def without_pools(rules: AlertRules) -> AlertRules:
    """The rules where pools cannot be seen: nothing proves a mine."""
    return replace(rules, may_confirm=False)
