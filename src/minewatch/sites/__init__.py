"""Patches to sites with an identity through time, states and an inventory."""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.sites.inventory import build_inventory, period_column
    from minewatch.sites.linking import Links, link
    from minewatch.sites.place_matching import match_places
    from minewatch.sites.sightings import VERDICTS, FusedSite, Sighting, fuse_sightings
    from minewatch.sites.site_features import assign
    from minewatch.sites.site_rules import AlertRules, LinkRules, StateRules
    from minewatch.sites.totals import POOL_MEASURES, total_by_period

__all__ = [
    "POOL_MEASURES",
    "VERDICTS",
    "AlertRules",
    "FusedSite",
    "LinkRules",
    "Links",
    "Sighting",
    "StateRules",
    "assign",
    "build_inventory",
    "fuse_sightings",
    "link",
    "match_places",
    "period_column",
    "total_by_period",
]

__getattr__ = attach(__name__, __file__)
