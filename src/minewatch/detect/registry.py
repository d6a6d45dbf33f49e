"""The detectors there are, by name: one folder and one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from minewatch.detect.pool_banks.detector import PoolBanks
from minewatch.errors import SettingsError, unknown_name
from minewatch.model import Detector

DETECTORS: Mapping[str, Callable[[], Detector]] = {PoolBanks.name: PoolBanks}
"""Name to what makes the detector."""


def get_detector(name: str) -> Detector:
    """The detector of this name.

    Raises
    ------
    SettingsError
        Unknown name; lists the known ones.
    """
    if name not in DETECTORS:
        raise SettingsError(unknown_name("detector", name, list(DETECTORS)))
    return DETECTORS[name]()
