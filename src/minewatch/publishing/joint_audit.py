"""Releases of several profiles, laid over each other for a reader who has all of them.

Whoever has a partner's layer has the public one too: cells of 1 km are subtracted from those of
10 km, totals from totals, and seasons that only one of them shows are read beside those of both.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from minewatch.publishing.disclosure_audit import Disclosure, Finding, audit
from minewatch.publishing.ground_pieces import Grounds, Pieces, lay_over


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """What one release says, and of which ground."""

    profile: str
    """For whom it was."""
    grounds: Grounds
    """Where the sites of its regions were counted."""
    disclosure: Disclosure
    """What readers know of it."""


@dataclass(frozen=True, kw_only=True)
class JointReading:
    """Earlier releases, all in pieces of ground that every later one is cut into as well."""

    own: Pieces
    """Pieces of the regions of the profile that is about to publish."""
    others: Pieces
    """Pieces of the regions of other profiles."""
    earlier: tuple[Disclosure, ...]
    """What was said before, in pieces; each thing once."""

    def findings(self, last: Disclosure, *, least: int) -> list[Finding]:
        """What readers of everything would know after one more release.

        Parameters
        ----------
        last
            The release that is about to be made.
        least
            k.
        """
        new = last.in_pieces(self.own)
        before = [of for of in self.earlier if of.content != new.content]
        return audit([*before, new], least=least)

    def around(self, finding: Finding) -> set[str]:
        """Regions of the profile that is about to publish which bear on a finding."""
        found = {name.partition(" and ")[0] for name in finding.regions} | set(finding.regions)
        for pieces in (self.others, self.own):
            touched = [p for name, p in pieces.items() if name in found or found & set(p)]
            found |= {piece for names in touched for piece in names}
        return {name for name, names in self.own.items() if found & {name, *names}}


def read_jointly(
    before: Sequence[Spoken], *, profile: str, grounds: Grounds
) -> JointReading | None:
    """Earlier releases as a reader of all profiles has them; None when there is one profile only.

    Parameters
    ----------
    before
        The ledger.
    profile, grounds
        Of the release that is about to be made.
    """
    if all(spoken.profile == profile for spoken in before):
        return None
    own = {n: g for s in before if s.profile == profile for n, g in s.grounds.items()}
    others = {n: g for s in before if s.profile != profile for n, g in s.grounds.items()}
    of_own, of_others = _lay_over({**own, **grounds}, others)
    earlier: dict[tuple[object, ...], Disclosure] = {}
    for spoken in before:
        pieces = of_own if spoken.profile == profile else of_others
        of = spoken.disclosure.in_pieces(pieces)
        earlier.pop(of.content, None)
        earlier[of.content] = of  # other formats say nothing new
    return JointReading(own=of_own, others=of_others, earlier=tuple(earlier.values()))


def _lay_over(own: Grounds, others: Grounds) -> tuple[Pieces, Pieces]:
    """Pieces of both; those of the finer frame keep their names."""
    if _size(own.values()) <= _size(others.values()):
        return lay_over(own, others)
    fine, coarse = lay_over(others, own)
    return coarse, fine


def _size(shapes: Collection[object]) -> float:
    areas = [float(getattr(shape, "area", 0.0)) for shape in shapes]
    return sum(areas) / max(len(areas), 1)
