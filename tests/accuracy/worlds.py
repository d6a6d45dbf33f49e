"""The simulated worlds on which minewatch is tuned, and the others on which it is reported.

Seeds 1 to 50 are for tuning, from 100 on for reporting, from 311 on for honest worlds that are run
once, or were: no world of one set is in another.
Reporting worlds stray further from the simulator's defaults than any that was tuned on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from minewatch.synthetic import HONEST_KINDS, WorldSpec, get_preset, honest_world

FIRST_REPORTING_SEED = 100
_YEARS = {"start": date(2018, 11, 1), "end": date(2024, 4, 30)}
"""Six dry seasons; the offset of processing baseline 04.00 falls into the fourth."""


def _world(name: str, seed: int, preset: str = "mines", **changes: object) -> WorldSpec:
    """A world of 5.5 years, seen every 10 days; 3.7 km2 with mines, 6.6 km2 without any."""
    spec = replace(get_preset(preset), name=name, seed=seed, mines=5, revisit_days=10, **_YEARS)
    spec = replace(spec, mines=0) if preset == "none" else spec
    spec = replace(spec, **changes)
    return spec if "size_px" in changes else replace(spec, size_px=192 if spec.mines else 256)


def _by_name(*worlds: WorldSpec) -> Mapping[str, WorldSpec]:
    return {world.name: world for world in worlds}


REPORTING = _by_name(
    _world("typical", 101),
    _world("none", 102, "none"),
    _world("none-steep", 103, "steep", mines=0),
    _world("none-swidden", 104, "swidden", mines=0),
    _world("none-river", 105, "river", mines=0),
    _world("steep", 106, "steep", base_altitude_m=2400.0),
    _world("swidden", 107, "swidden"),
    _world("river", 108, "river"),
    _world("dense", 109, "dense", mines=12),
    _world("sparse", 110, mines=2),
    _world("wet", 111, "wet"),
    _world("planetary-computer", 112, dialect="planetary-computer", tiles=2),
    _world("no-swir", 113, "no-swir"),
    _world("strange-spectra", 114, spectra_variation=2.5),
    _world("small-scattered-pools", 117, pool_scale=0.8, scatter=1.5),
    _world("large-pools", 118, pool_scale=1.3, scatter=1.3),
    _world("rough-input", 115, jitter_px=0.6, wrong_scl=2.0, haze=1.5, partial_swaths=0.3),
    _world("wrong-offsets", 116, offset_flag_errors=0.15, duplicates=0.1),
)
"""Worlds whose figures are published."""


BESIDE = {n: REPORTING[n] for n in ("typical", "none-swidden", "river", "dense")}
"""Reporting worlds on which the plain baseline detector is run, too."""


TUNING = _by_name(
    _world("tune-typical", 1),
    _world("tune-none", 2, "none"),
    _world("tune-steep", 3, "steep"),
    _world("tune-swidden", 4, "swidden"),
    _world("tune-river", 5, "river"),
    _world("tune-dense", 6, "dense", mines=11),
    _world("tune-none-steep", 7, "steep", mines=0),
    _world("tune-wet", 8, "wet"),
    _world("tune-no-swir", 9, "no-swir"),
    _world("tune-spectra", 10, spectra_variation=1.5),
    _world("tune-none-swidden", 11, "swidden", mines=0, villages=1),
    _world("tune-rough-input", 12, jitter_px=0.4, wrong_scl=1.5, haze=1.2),
)
"""Worlds on which thresholds and calibration may be fitted."""

_SMALL = {"size_px": 128, "villages": 0, "quarries": 0, "end": date(2020, 4, 30)}
QUICK = _by_name(
    _world("quick-mines", 41, mines=2, preexisting=0.5, **_SMALL),
    _world("quick-none", 42, "none", **_SMALL),
    _world("quick-steep", 43, "steep", mines=1, **_SMALL),
)
"""Small worlds that only show whether the harness works."""

FIRST_HONEST_REPORTING_SEED = 371


def _honest(first_seed: int) -> Mapping[str, WorldSpec]:
    """One world of each honest kind, their seeds following a first one."""
    return _by_name(*(honest_world(k, first_seed + i) for i, k in enumerate(HONEST_KINDS)))


HONEST = _honest(21)
"""Honest worlds for tuning: most mines are older than the archive and lie at everything."""
HONEST_MORE = _by_name(*_honest(31).values(), *_honest(1).values())
"""Two more of each kind for tuning, where one world has too few sites to choose by."""
HONEST_FORMER = _by_name(
    *(world for first in (311, 321, 331, 341, 361) for world in _honest(first).values())
)
"""Reporting worlds of earlier detectors, looked at since: their misses may be looked into."""
HONEST_REPORTING = _by_name(
    *(
        world
        for more in (0, 10, 20, 30)
        for world in _honest(FIRST_HONEST_REPORTING_SEED + more).values()
    )
)
"""Honest worlds to be run once, when all is settled; nothing may be chosen by them."""

SETS: Mapping[str, Mapping[str, WorldSpec]] = {
    "report": REPORTING,
    "beside": BESIDE,
    "tune": TUNING,
    "quick": QUICK,
    "honest": HONEST,
    "honest-more": HONEST_MORE,
    "honest-former": HONEST_FORMER,
    "honest-report": HONEST_REPORTING,
}
"""Sets of worlds by the word that chooses them on the command line."""
