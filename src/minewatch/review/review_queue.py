"""In which order places are looked at: what teaches most comes first."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

BAR: Final = 0.5
"""Confidence at which a site is as likely a mine as not."""
NEAR_WEIGHT: Final = 0.5
"""How much it counts that confidence is near the bar; starting value."""
LARGE_WEIGHT: Final = 0.25
"""How much the most disturbed ground counts, by rank; starting value."""
NEW_WEIGHT: Final = 0.25
"""How much a late start counts, by rank; starting value."""
_NEAR: Final = 0.15
_UPPER: Final = 0.75


@dataclass(frozen=True, kw_only=True)
class Queued:
    """A place in the queue."""

    id: str
    """Which one."""
    why: tuple[str, ...] = ()
    """Why it comes where it does: `near the bar`, `large`, `new`."""


def queue_sites(sites: pd.DataFrame) -> list[Queued]:
    """Sites in the order in which a verdict teaches most.

    A verdict on a site of which the detector is sure changes little; one near the bar, on much
    ground or on what began lately changes more.

    Parameters
    ----------
    sites
        `site_id`, `confidence` (0..1), `max_disturbed_area_m2`, `first_detected` (ISO days).
    """
    if not len(sites):
        return []
    confidence = sites["confidence"].to_numpy(float)
    apart = np.abs(np.nan_to_num(confidence, nan=BAR) - BAR)
    large = sites["max_disturbed_area_m2"].rank(pct=True).to_numpy(float)
    began = sites["first_detected"].astype(str)
    new = began.rank(pct=True).to_numpy(float)
    is_new = (new >= _UPPER) & (began > began.min()).to_numpy()
    score = NEAR_WEIGHT * (1 - 2 * apart) + LARGE_WEIGHT * large + NEW_WEIGHT * new
    ids = [str(site) for site in sites["site_id"]]
    order = sorted(range(len(ids)), key=lambda n: (-score[n], ids[n]))
    reasons = (("near the bar", apart <= _NEAR), ("large", large >= _UPPER), ("new", is_new))
    return [
        Queued(id=ids[n], why=tuple(word for word, holds in reasons if holds[n])) for n in order
    ]


def queue_blind(ids: Sequence[str], *, salt: str) -> list[Queued]:
    """Places in an order that says nothing of them, the same each time for one reviewer.

    Parameters
    ----------
    ids
        The places.
    salt
        What makes one order unlike another, such as the name of the reviewer.
    """
    return [
        Queued(id=of)
        for of in sorted(ids, key=lambda of: hashlib.sha256(f"{salt}/{of}".encode()).digest())
    ]
