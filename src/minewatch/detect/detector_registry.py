"""The detectors there are, by name: one folder and one line each, or an entry point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from minewatch.detect.overpass_thresholds import CloudCommissionRules, OverpassRules
from minewatch.detect.pool_banks.pool_bank_detector import PoolBanks
from minewatch.detect.thresholds.threshold_detector import DrySeasonThresholds
from minewatch.errors import SettingsError
from minewatch.model import Detection, Detector, with_overrides
from minewatch.plugins import Registry

DETECTORS: Final[Registry[Callable[[], Detector]]] = Registry(
    kind="detector",
    group="minewatch.detectors",
    built_in={PoolBanks.name: PoolBanks, DrySeasonThresholds.name: DrySeasonThresholds},
)
"""Name to what makes the detector; those of other packages by the entry-point group."""
SHARED: Final = ("overpass", "cloud_commission")
"""Sections of a file of rules that are no detector's own."""


def get_detector(name: str) -> Detector:
    """The detector of this name, with its rules as they are shipped.

    Raises
    ------
    SettingsError
        Unknown name, or a plug-in that cannot be loaded; lists the known ones.
    """
    return DETECTORS[name]()


def get_detection(name: str, rules: Mapping[str, Any] | None = None) -> Detection:
    """A detector and what all detectors share, with some thresholds replaced.

    Parameters
    ----------
    name
        In `DETECTORS`.
    rules
        Nested plain values, as `--rules FILE` holds them: sections `overpass`, `cloud_commission`
        and the detector's own, by its name.

    Raises
    ------
    SettingsError
        Unknown name, section or threshold.
    """
    detector, rules = get_detector(name), dict(rules or {})
    known = (*SHARED, name)
    for section in rules:
        if section not in known:
            raise SettingsError(
                f"the rules have a section {section!r}, which nobody reads here",
                hint=f"known with --detector {name}: {', '.join(known)}",
            )
    overpass = with_overrides(OverpassRules(), rules.get("overpass", {}), prefix="overpass.")
    clouds = with_overrides(
        CloudCommissionRules(), rules.get("cloud_commission", {}), prefix="cloud_commission."
    )
    own = with_overrides(detector.rules, rules.get(name, {}), prefix=f"{name}.")
    changed: Any = replace(detector, rules=own)  # type: ignore[type-var]
    if hasattr(changed, "overpass"):
        changed = replace(changed, overpass=overpass)
    return Detection(changed, overpass, clouds)


def list_detectors() -> tuple[str, ...]:
    """Names of all detectors, those of other packages too, sorted."""
    return tuple(sorted(DETECTORS))
