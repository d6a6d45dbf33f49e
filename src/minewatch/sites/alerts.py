"""How sure we are that a site is a mine: the alert ladder, and confidence through time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from minewatch.sites.site_rules import AlertRules


@dataclass(frozen=True, kw_only=True)
class Signs:
    """What speaks for and against one site, one entry a period, in order of time."""

    confidence: NDArray[np.float64]
    """Largest confidence of its patches, 0..1; NaN: none was found."""
    clear_looks: NDArray[np.int64]
    """Clear overpasses in the period."""
    is_green: NDArray[np.bool_]
    """Green and not worked."""
    is_seen: NDArray[np.bool_]
    """Whether the period says anything of the site."""
    was_wet: NDArray[np.bool_]
    """Whether standing water was seen, up to then."""
    last_overpass: tuple[date, ...]
    """Last day on which the site may have been seen in the period."""
    began: date
    """First overpass that shows it."""
    stands_alone: bool = False
    """Whether no other site is near, and no track leads to it: more is asked of it."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a site stands on the ladder, one entry a period."""

    rungs: tuple[str, ...]
    """What could be said by the end of the period: one of `model.ALERTS`."""
    confidence: tuple[float, ...]
    """0..1, from all periods so far."""


def climb(signs: Signs, *, rules: AlertRules | None = None) -> Standing:
    """The ladder of one site: overpasses that support it lead up, green periods set it back.

    `candidate` is a first sign. Detections of enough confidence add their clear overpasses: three
    (two, of a strong one) make it `provisional`, six from two periods (or one strong one)
    `confirmed`, for good. A site that stands alone without a track needs more confidence. Before
    that, two green periods without detection set the count back, and ground that was never wet and
    is green again within one monsoon and the dry season after it is `rejected`; a new detection
    makes it a candidate again.

    Parameters
    ----------
    signs
        What speaks for and against.
    rules
        Thresholds; None takes `AlertRules()`.
    """
    rules = rules or AlertRules()
    rung, overpasses, supports, against, best = "candidate", 0, 0, 0, 0.0
    support = rules.support_alone if signs.stands_alone else rules.support
    rungs: list[str] = []
    chances: list[float] = []
    for k, found in enumerate(signs.confidence.tolist()):
        is_found = not np.isnan(found)
        if is_found:
            best = max(best, found)
            against, rung = 0, "candidate" if rung == "rejected" else rung
            if found >= support:
                overpasses, supports = overpasses + int(signs.clear_looks[k]), supports + 1
                rung = _rung(rung, overpasses, supports, found, rules)
        elif signs.is_seen[k] and signs.is_green[k] and rung != "confirmed":
            against += 1
            if against >= rules.reset_periods:
                rung, overpasses, supports = "candidate" if rung != "rejected" else rung, 0, 0
            age_days = (signs.last_overpass[k] - signs.began).days
            if age_days <= rules.fallow_days and not signs.was_wet[k]:
                rung = "rejected"
        rungs.append(rung)
        chances.append(_combined(best, supports, rung, rules))
    return Standing(rungs=tuple(rungs), confidence=tuple(chances))


def _rung(rung: str, overpasses: int, supports: int, found: float, rules: AlertRules) -> str:
    is_repeated = supports >= 2 or found >= rules.strong
    is_enough = overpasses >= rules.confirmed_overpasses and is_repeated and rules.may_confirm
    if rung == "confirmed" or is_enough:
        return "confirmed"
    is_strong = found >= rules.strong
    needed = rules.strong_overpasses if is_strong else rules.provisional_overpasses
    return "provisional" if overpasses >= needed else rung


def _combined(best: float, supports: int, rung: str, rules: AlertRules) -> float:
    """The best period's confidence, raised a little by each further one that supports it."""
    further = min(max(supports - 1, 0), rules.repeats)
    confidence = 1 - (1 - best) * (1 - rules.repeat) ** further
    if rung == "rejected":
        confidence = min(confidence, rules.rejected_confidence)
    return round(confidence, 4)


def hindsight(rungs: Sequence[str], has_begun: Sequence[bool]) -> list[str]:
    """The rung a site has now, for all its periods by whose end it was seen to be there.

    Later overpasses overturn early verdicts. In a period in which it may only have begun unseen it
    stays what could be said then.

    Parameters
    ----------
    rungs
        From `climb`.
    has_begun
        Whether the first overpass that shows the site lies in or before each period.
    """
    return [rungs[-1] if b else rung for rung, b in zip(rungs, has_begun, strict=True)]
