"""Patches to sites with an identity through time, states and an inventory."""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.sites.inventory import build_inventory, period_column
    from minewatch.sites.linking import Links, link
    from minewatch.sites.site_features import assign
    from minewatch.sites.site_rules import AlertRules, LinkRules, StateRules
    from minewatch.sites.totals import POOL_MEASURES, total_by_period

__all__ = [
    "POOL_MEASURES",
    "AlertRules",
    "LinkRules",
    "Links",
    "StateRules",
    "assign",
    "build_inventory",
    "link",
    "period_column",
    "total_by_period",
]

__getattr__ = attach(__name__, __file__)
