"""What several sensors say of one site, put together: one window, one alert, every disagreement.

The evidence of each sensor stays apart: nothing is averaged, and no confidence is mixed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from minewatch.sites.site_rules import LinkRules

VERDICTS: Final[Mapping[str, str]] = {
    "found": "a site there, which began about when the others say",
    "found_later": "a site there, which this run dates later: another part of it, or seen late",
    "found_earlier": "a site there, dated long before finer pixels still saw green",
    "rejected": "a site there, which the run itself takes back",
    "other_change": "a change there that the run does not call a mine",
    "seen_not_found": "the ground seen while the site was open, and nothing found",
    "not_seen": "watched, and too little of the ground seen to say anything",
    "not_watched": "no period of the run lies within the time in which the site was open",
    "older": "the site may be older than the run, whose pixels show only what begins within it",
}
"""What a run says of a site, to what it means. The last three say nothing against it."""
FOUND: Final = ("found", "found_later", "found_earlier")
AGAINST: Final = ("found_earlier", "rejected", "other_change", "seen_not_found")
"""Verdicts that disagree with a run that found the site."""
UNSEEN: Final = ("not_seen", "not_watched", "older")
_OVERRULING: Final = ("rejected", "other_change", "seen_not_found")
_RUNGS: Final = ("rejected", "candidate", "provisional", "confirmed")


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """What one run says of one site."""

    run: str
    """Name of the run among those that are fused."""
    pixel_m: float
    """What its pixels show, metres."""
    platforms: frozenset[str]
    """Missions it has its pixels from; empty: unknown."""
    verdict: str
    """One of `VERDICTS`; `found` until the dates of all are compared."""
    alert: str | None = None
    """Its rung; None where it has no site."""
    first_detected: str | None = None
    """First overpass of it that shows the site, ISO day."""
    last_undisturbed: str | None = None
    """Last clear overpass of it before; None: there from its start, or no site."""

    @property
    def is_found(self) -> bool:
        """Whether it has a site there that it did not take back."""
        return self.verdict in FOUND


@dataclass(frozen=True, kw_only=True)
class FusedSite:
    """One site as all runs together know it."""

    sightings: tuple[Sighting, ...]
    """One a run, their verdicts with the dates compared."""
    alert: str
    """One of `model.ALERTS`."""
    alert_reason: str
    """Why it is not simply the highest of the runs; empty when it is."""
    first_detected: str
    """Earliest day that nothing finer contradicts."""
    first_detected_by: str
    """Run that it comes from."""
    last_undisturbed: str | None
    """Latest day before it on which the finest run that has one saw the ground undisturbed."""
    last_undisturbed_by: str | None
    """Run that it comes from."""

    @property
    def agreement(self) -> str:
        """`disputed`, `agreed` (two independent sensors), or `alone`."""
        if any(s.verdict in AGAINST for s in self.sightings):
            return "disputed"
        return "agreed" if _is_agreed(self.sightings) else "alone"


def fuse_sightings(sightings: Sequence[Sighting], *, rules: LinkRules | None = None) -> FusedSite:
    """One window and one alert from what each run says of a site.

    The window ends with the earliest reliable detection of any run. One is not reliable when a run
    with finer pixels, or as fine, saw the ground undisturbed more than `LinkRules.birth_days`
    later. The window begins with the latest undisturbed day before it of the finest pixels that
    have one: a mine begins small, and what large pixels do not see yet may have begun.

    The alert is the highest of the reliable runs. A candidate that two independent sensors find
    about the same time becomes provisional; a provisional one of large pixels falls back to
    candidate where finer ones saw the ground and found no mine. Large pixels never overrule finer
    ones, and nothing is confirmed by fusion.

    Parameters
    ----------
    sightings
        One a run, the leading run first; at least one of them with a site. Those with a site have
        the verdict `found` or `rejected`.
    rules
        `birth_days` counts; None takes `LinkRules()`.
    """
    rules = rules or LinkRules()
    if not any(s.is_found for s in sightings):
        return _taken_back(sightings)
    trusted = [s for s in sightings if s.is_found and not _is_contradicted(s, sightings, rules)]
    first = min(trusted, key=lambda s: str(s.first_detected))
    start = str(first.first_detected)
    before = [s for s in trusted if s.last_undisturbed and s.last_undisturbed < start]
    finest = min((s.pixel_m for s in before), default=0.0)
    last = max(
        (s for s in before if s.pixel_m == finest),
        key=lambda s: str(s.last_undisturbed), default=None,
    )  # fmt: skip
    compared = tuple(_dated(s, start, s in trusted, rules) for s in sightings)
    alert, reason = _alert(compared)
    return FusedSite(
        sightings=compared, alert=alert, alert_reason=reason,
        first_detected=start, first_detected_by=first.run,
        last_undisturbed=last.last_undisturbed if last else None,
        last_undisturbed_by=last.run if last else None,
    )  # fmt: skip


def are_independent(one: Sighting, other: Sighting) -> bool:
    """Whether two runs have no pixel in common: their missions are known, and others."""
    known = bool(one.platforms) and bool(other.platforms)
    return known and one.platforms.isdisjoint(other.platforms)


def _taken_back(sightings: Sequence[Sighting]) -> FusedSite:
    first = min((s for s in sightings if s.first_detected), key=lambda s: str(s.first_detected))
    return FusedSite(
        sightings=tuple(sightings), alert="rejected",
        alert_reason="every run that had it took it back",
        first_detected=str(first.first_detected), first_detected_by=first.run,
        last_undisturbed=first.last_undisturbed,
        last_undisturbed_by=first.run if first.last_undisturbed else None,
    )  # fmt: skip


def _is_contradicted(one: Sighting, all_of: Sequence[Sighting], rules: LinkRules) -> bool:
    """Whether a run that sees as finely saw the ground undisturbed well after a detection."""
    return any(
        other.is_found
        and other.run != one.run
        and other.pixel_m <= one.pixel_m
        and other.last_undisturbed is not None
        and _days(str(one.first_detected), other.last_undisturbed) > rules.birth_days
        for other in all_of
    )


def _dated(one: Sighting, start: str, is_trusted: bool, rules: LinkRules) -> Sighting:
    """A sighting with its verdict by date."""
    if not one.is_found:
        return one
    if not is_trusted:
        return replace(one, verdict="found_earlier")
    known_before = one.last_undisturbed or one.first_detected
    is_later = _days(start, str(known_before)) > rules.birth_days
    return replace(one, verdict="found_later" if is_later else "found")


def _alert(sightings: Sequence[Sighting]) -> tuple[str, str]:
    trusted = [s for s in sightings if s.verdict in ("found", "found_later")]
    best = max(trusted, key=lambda s: (_RUNGS.index(str(s.alert)), -s.pixel_m))
    alert = str(best.alert)
    against = [s for s in sightings if s.verdict in _OVERRULING and s.pixel_m < best.pixel_m]
    if alert == "provisional" and against:
        words = ", ".join(f"{s.run} {s.verdict.replace('_', ' ')}" for s in against)
        return "candidate", f"lowered: {words}, with finer pixels"
    if alert == "candidate" and not against and _is_agreed(sightings):
        both = ", ".join(s.run for s in sightings if s.verdict == "found")
        return "provisional", f"raised: {both} agree"
    return alert, ""


def _is_agreed(sightings: Sequence[Sighting]) -> bool:
    agreeing = [s for s in sightings if s.verdict == "found"]
    return any(are_independent(one, other) for one in agreeing for other in agreeing)


def _days(earlier: str, later: str) -> int:
    return (date.fromisoformat(later) - date.fromisoformat(earlier)).days
