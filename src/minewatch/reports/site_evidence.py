"""What speaks for and against each site, as the report takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from minewatch.model import Alternative


@dataclass(frozen=True, kw_only=True)
class SiteEvidence:
    """Of one site."""

    terms: Mapping[str, float]
    """Evidence terms of its strongest detection, each 0 (against) to 1 (for)."""
    alternatives: Sequence[Alternative]
    """What else it could be, the most open one first."""


@dataclass(frozen=True, kw_only=True)
class RunEvidence:
    """Of all sites of a run."""

    meanings: Mapping[str, str] = field(default_factory=dict)
    """What each evidence term says about the ground."""
    basis: str = ""
    """What confidence rests on."""
    sites: Mapping[str, SiteEvidence] = field(default_factory=dict)
    """Site to what is known; empty when the run came without its `state/`."""


NO_EVIDENCE: Final = RunEvidence()
"""Of a run that came without its `state/`."""
