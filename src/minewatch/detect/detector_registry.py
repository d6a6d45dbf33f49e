"""The detectors there are, by name: one folder and one line each, or an entry point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final

from minewatch.detect.overpass_thresholds import CloudCommissionRules, OverpassRules
from minewatch.detect.pool_banks.pool_bank_detector import PoolBanks
from minewatch.detect.radar.radar_detector import RadarClearings
from minewatch.detect.thresholds.threshold_detector import DrySeasonThresholds
from minewatch.errors import SettingsError
from minewatch.model import Detection, Detector, with_overrides
from minewatch.plugins import Registry

DETECTORS: Final[Registry[Callable[[], Detector]]] = Registry(
    kind="detector",
    group="minewatch.detectors",
    built_in={
        PoolBanks.name: PoolBanks,
        DrySeasonThresholds.name: DrySeasonThresholds,
        RadarClearings.name: RadarClearings,
    },
)
"""Name to what makes the detector; those of other packages by the entry-point group."""
SHARED: Final = ("overpass", "cloud_commission")
"""Sections of a file of rules that are no detector's own."""


def get_detector(name: str) -> Detector:
    """The detector of this name, with its rules as they are shipped.

    Raises
    ------
    SettingsError
        Unknown name, or a plug-in that cannot be loaded or is no detector; lists the known ones.
    """
    make = DETECTORS[name]
    try:
        made: Any = make()
    except Exception as error:  # whatever another package does when it is called
        raise _not_a_detector(name, f"{type(error).__name__}: {error}") from error
    if lacking := _lacking(made, name):
        raise _not_a_detector(name, lacking)
    detector: Detector = made
    return detector


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
    changed: Any = replace(detector, rules=own)  # type: ignore[type-var]  # a dataclass: `_lacking`
    if hasattr(changed, "overpass"):
        changed = replace(changed, overpass=overpass)
    return Detection(changed, overpass, clouds)


def list_detectors() -> tuple[str, ...]:
    """Names of all detectors, those of other packages too, sorted; none is loaded for it."""
    return tuple(sorted(DETECTORS))


def broken_detectors() -> dict[str, str]:
    """Names of plug-ins that cannot be used, to the reason; every other one is loaded for it."""
    found = DETECTORS.problems()
    for name in DETECTORS:
        if name not in found:
            try:
                get_detector(name)
            except SettingsError as error:
                found[name] = error.problem
    return found


def _lacking(made: Any, name: str) -> str:
    """What keeps something from being the detector of this name, in words; empty for nothing."""
    public = sorted(n for n in vars(Detector) if not n.startswith("_"))
    if missing := [n for n in public if not hasattr(made, n)]:
        return f"it has no {', '.join(missing)}"
    if made.name != name:
        return f"it calls itself {made.name!r}"
    has_rules = is_dataclass(made) and "rules" in {one.name for one in fields(made)}
    if not has_rules or not is_dataclass(getattr(made, "rules", None)):
        return "it is no dataclass with a field `rules` that is one, too"
    return ""


def _not_a_detector(name: str, reason: str) -> SettingsError:
    return SettingsError(
        f"detector {name!r} cannot be used: {reason}",
        hint="docs/detectors.md says what a detector must have; mend the package that brings it",
    )
