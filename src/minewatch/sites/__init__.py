"""Patches to sites with an identity through time, states and an inventory."""

from minewatch.sites.features import assign
from minewatch.sites.linking import Links, link
from minewatch.sites.rules import AlertRules, LinkRules, StateRules

__all__ = ["AlertRules", "LinkRules", "Links", "StateRules", "assign", "link"]
