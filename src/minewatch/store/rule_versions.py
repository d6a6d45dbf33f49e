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

from minewatch.model import Detection, SceneList, rule_values
from minewatch.store.deciding_values import module_constants, sensor_values
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
    constants: tuple[str, ...] = ()
    """Modules whose constants are part of the key by value, too."""


RULE_VERSIONS: Final[Mapping[str, RuleVersion]] = {
    "reference": RuleVersion(
        version=1, roots=("cube.registration", "cube.range_reader", "cube.gdal_reader"),
        meaning="patches of the first clear scenes, against which others are laid",
        constants=("cube.registration", "cube.correlate"),
    ),
    "scene_quality": RuleVersion(
        version=2,
        roots=(
            "cube.scene_quality", "cube.scene_offsets", "cube.registration", "cube.range_reader",
            "cube.gdal_reader",
        ),
        meaning="offset, misplacement and clear share of every scene",
        constants=("cube.scene_quality", "cube.registration", "cube.correlate"),
    ),
    "months": RuleVersion(
        version=3,
        roots=(
            "cube.month_reduction", "cube.range_reader", "cube.gdal_reader",
            "detect.overpass_rules",
        ),
        meaning="medians and counts of every month of every chunk",
        constants=(
            "cube.cloud_masks", "cube.month_composites", "cube.overpasses", "cube.resampling",
        ),
    ),
    "cloud_commission": RuleVersion(
        version=1, roots=("detect.cloud_commission", "pipeline.chunk_scoring"),
        meaning="which suspect months count as seen",
    ),
    "picture": RuleVersion(
        version=1, roots=("cube.natural_colour",), meaning="natural colour of every period",
        constants=("cube.natural_colour",),
    ),
    "rasters": RuleVersion(
        version=1, roots=("pipeline.raster_products", "exporters.cog_writing"),
        meaning="the COGs of a run",
    ),
    "terrain": RuleVersion(
        version=1, roots=("catalog.dem_search", "cube.dem_reading"),
        meaning="slopes of the area: which heights are taken, and how they are read",
        constants=("catalog.dem_search", "cube.dem_reading"),
    ),
    "items": RuleVersion(
        version=1, roots=("catalog.scene_list_file",), meaning="scenes as they are written down"
    ),
}  # fmt: skip
"""Kind to its rules. Those of a detector: `Detector.version`."""
DETECTOR_ROOTS: Final[Mapping[str, tuple[str, ...]]] = {
    "pool-banks": ("detect.pool_banks.pool_bank_evidence", "detect.pool_banks.state_layers"),
    "dry-season-thresholds": ("detect.thresholds.threshold_evidence",),
    "radar-clearings": ("detect.radar.radar_evidence",),
}
"""Detector that comes with minewatch to the modules that decide what it keeps of pixels."""


READ_ANEW: Final = ("reference", "scene_quality", "months")
"""Kinds that are made from imagery: when they are of other rules, it is read again."""


def version_of(kind: str) -> int:
    """The version of one kind."""
    return RULE_VERSIONS[kind].version


def rules_of(kind: str, scenes: SceneList | None = None, *more: Any) -> str:
    """The rules of one kind: their version, and a hash of what they hold by value.

    Parameters
    ----------
    kind
        In `RULE_VERSIONS`.
    scenes
        Those whose sensors have a say; None: no sensor has.
    more
        Sets of thresholds.
    """
    values = [module_constants(module) for module in RULE_VERSIONS[kind].constants]
    values += [sensor_values(name) for name in sorted({s.sensor for s in scenes or ()})]
    values += [rule_values(rules) for rules in more]
    return f"{version_of(kind)}-{_digest(values)}" if values else str(version_of(kind))


def month_rules(detection: Detection, scenes: SceneList) -> str:
    """The rules that made a month: version, thresholds of an overpass, and mask of the sensor."""
    return rules_of("months", scenes, detection.overpass)


def evidence_rules(detection: Detection) -> str:
    """The rules that made evidence and pixel state: detector, version, thresholds by value."""
    detector, shared = detection.detector, (detection.overpass, detection.cloud_commission)
    values = [rule_values(rules) for rules in (detector.rules, *shared)]
    digest = _digest([values, rules_of("cloud_commission"), rules_of("picture")])
    return f"{detector.name}-{detector.version}-{digest}"


def rule_versions(detection: Detection, scenes: SceneList) -> dict[str, str]:
    """The versions of all rules, as the manifest and the state hold them.

    Returns
    -------
    dict
        Kind to version, with a hash of the thresholds where there are any; `evidence` begins with
        the detector's name and version.
    """
    of_sensors = {kind: rules_of(kind, scenes) for kind in READ_ANEW}
    return {
        **{kind: rules_of(kind) for kind in RULE_VERSIONS},
        **of_sensors,
        "months": month_rules(detection, scenes),
        "evidence": evidence_rules(detection),
    }


def flat_rules(detection: Detection) -> dict[str, Any]:
    """Every threshold of a detection by its whole name, as a flat table."""
    sections = {
        "overpass": detection.overpass, "cloud_commission": detection.cloud_commission,
        detection.detector.name: detection.detector.rules,
    }  # fmt: skip
    return flatten({name: _as_json(rule_values(rules)) for name, rules in sections.items()})


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested values under their whole names.

    Examples
    --------
    >>> flatten({"overpass": {"cloud_dn": 700}})
    {'overpass.cloud_dn': 700}
    """
    flat: dict[str, Any] = {}
    for name, value in values.items():
        is_set = isinstance(value, Mapping)
        flat |= flatten(value, f"{prefix}{name}.") if is_set else {f"{prefix}{name}": value}
    return flat


def _digest(values: Any) -> str:
    return hash_values(_as_json(values))[:12]


def _as_json(values: Any) -> Any:
    """Values as they come back from a file: a tuple is a list."""
    return json.loads(json.dumps(values))


def changed_rules(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What is of other rules, in words; empty when all is of the same.

    Examples
    --------
    >>> changed_rules({"months": "3-ab", "terrain": 1}, {"months": "4-ab", "terrain": 1})
    ['months 3-ab, now 4-ab']
    """
    kinds = [kind for kind in now if before.get(kind) != now[kind]]
    return [f"{kind} {before.get(kind, 'unknown')}, now {now[kind]}" for kind in kinds]
