"""Worlds as a researcher meets them: most mines stand already, and not only on forest slopes.

The usual worlds of the simulator hold mines that begin while the archive watches, away from rivers,
roads and villages. Here more than half of them are older than the archive and stand in every state,
they lie at everything, and each kind of world stresses one thing that detectors take for granted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from minewatch.errors import SettingsError, unknown_name
from minewatch.synthetic.spec import WorldSpec

BASE: Final = WorldSpec(
    size_px=300, start=date(2019, 11, 1), end=date(2024, 4, 30), revisit_days=10,
    most_cloud_pct=60.0, mines=8, preexisting=0.6, older_in_every_state=True,
    surroundings=("slope", "river", "road", "village", "slide", "isolated"),
    mixed_pools=0.5, deciduous=0.15, colour_shift=0.1, fog=0.1, smoke=0.1,
)  # fmt: skip
"""What every kind has in common: five dry seasons, a little of everything."""

HONEST_KINDS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "older-mines": {"preexisting": 0.9},
        "river-mines": {"surroundings": ("river", "river", "slope"), "steepness_deg": 14.0},
        "roads-and-villages": {"surroundings": ("road", "village"), "villages": 2},
        "slides": {
            "surroundings": ("slide", "slope"), "steepness_deg": 24.0,
            "landslides_per_km2_year": 0.3,
        },
        "deciduous": {"deciduous": 0.8, "swidden_per_km2_year": 0.5},
        "colours": {"colour_shift": 0.2},
        "mixed-pools": {"mixed_pools": 1.0},
        "fog-and-smoke": {"fog": 0.5, "smoke": 0.6},
        "no-mines": {"mines": 0, "villages": 3, "quarries": 2, "deciduous": 0.4, "fog": 0.2},
    }
)  # fmt: skip
"""What each kind of world has otherwise."""


def honest_world(kind: str, seed: int, **changes: Any) -> WorldSpec:
    """A world of a kind.

    Parameters
    ----------
    kind
        One of `HONEST_KINDS`.
    seed
        Seed of every random draw.
    **changes
        Further fields of `WorldSpec`.

    Raises
    ------
    SettingsError
        Lists the known kinds.

    Examples
    --------
    >>> honest_world("older-mines", 1).preexisting
    0.9
    """
    if kind not in HONEST_KINDS:
        raise SettingsError(unknown_name("kind of world", kind, list(HONEST_KINDS)),
                            hint="give one of these")  # fmt: skip
    named = {"name": f"{kind}-{seed}", "kind": kind, "seed": seed}
    return replace(BASE, **{**named, **HONEST_KINDS[kind], **changes})
