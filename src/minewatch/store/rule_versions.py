"""The versions of the rules that made what is kept: equal input under one version, equal result.

A version is raised when equal input may give another result; it is part of the key of all that is
kept of its kind, so that two rules are never mixed. `tests/unit/store/test_rule_versions.py` hashes
the source that each version stands for, and fails when that changes without the version.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from minewatch.model import Detection, rule_values
from minewatch.store.hashing import hash_values


@dataclass(frozen=True, kw_only=True)
class RuleVersion:
    """The rules of one kind of thing that is kept."""

    version: int
    """Raised when equal input may give another result."""
    roots: tuple[str, ...]
    """Modules that decide it, below `minewatch`; what they import decides it, too."""
    meaning: str
    """What is kept, in words."""


RULE_VERSIONS: Final[Mapping[str, RuleVersion]] = {
    "reference": RuleVersion(
        version=1, roots=("cube.registration",),
        meaning="patches of the first clear scenes, against which others are laid",
    ),
    "scene_quality": RuleVersion(
        version=1, roots=("cube.scene_quality", "cube.registration"),
        meaning="offset, misplacement and clear share of every scene",
    ),
    "months": RuleVersion(
        version=3, roots=("cube.month_reduction", "cube.range_reader", "detect.overpass_rules"),
        meaning="medians and counts of every month of every chunk",
    ),
    "cloud_commission": RuleVersion(
        version=1, roots=("detect.cloud_commission",),
        meaning="which suspect months count as seen",
    ),
    "picture": RuleVersion(
        version=1, roots=("cube.natural_colour",), meaning="natural colour of every period"
    ),
    "rasters": RuleVersion(
        version=1, roots=("pipeline.raster_products", "exporters.cog_writing", "exporters.vrt"),
        meaning="the COGs of a run",
    ),
    "terrain": RuleVersion(
        version=1, roots=("cube.dem_reading",), meaning="slopes of the area"
    ),
    "items": RuleVersion(
        version=1, roots=("catalog.scene_list_file",), meaning="scenes as they are written down"
    ),
}  # fmt: skip
"""Kind to its rules. Those of a detector: `Detector.version`."""
DETECTOR_ROOTS: Final[Mapping[str, tuple[str, ...]]] = {
    "pool-banks": ("detect.pool_banks.score", "detect.pool_banks.state_layers"),
    "dry-season-thresholds": ("detect.thresholds.score",),
}
"""Detector that comes with minewatch to the modules that decide what it keeps of pixels."""


def version_of(kind: str) -> int:
    """The version of one kind."""
    return RULE_VERSIONS[kind].version


def month_rules(detection: Detection) -> str:
    """The rules that made a month: their version, and a hash of the thresholds by value."""
    return f"{version_of('months')}-{hash_values(rule_values(detection.overpass))[:12]}"


def evidence_rules(detection: Detection) -> str:
    """The rules that made evidence and pixel state: detector, version, thresholds by value."""
    detector, shared = detection.detector, (detection.overpass, detection.cloud_commission)
    values = [rule_values(rules) for rules in (detector.rules, *shared)]
    versions = [version_of("cloud_commission"), version_of("picture")]
    digest = hash_values(json.loads(json.dumps([values, versions])))[:12]
    return f"{detector.name}-{detector.version}-{digest}"


def rule_versions(detection: Detection) -> dict[str, Any]:
    """The versions of all rules, as the manifest and the state hold them."""
    return {
        **{kind: rule.version for kind, rule in RULE_VERSIONS.items()},
        "months": month_rules(detection),
        "evidence": evidence_rules(detection),
    }


def changed_rules(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What is of other rules, in words; empty when all is of the same.

    Examples
    --------
    >>> changed_rules({"months": "3-ab", "terrain": 1}, {"months": "4-ab", "terrain": 1})
    ['months 3-ab, now 4-ab']
    """
    kinds = [kind for kind in now if before.get(kind) != now[kind]]
    return [f"{kind} {before.get(kind, 'unknown')}, now {now[kind]}" for kind in kinds]
