"""What a site could be instead of a mine, and how far its evidence rules that out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from minewatch.model import CHANGE_KINDS, Alternative


def score_alternatives(terms: Mapping[str, float]) -> tuple[Alternative, ...]:
    """Other readings of a detection, the most open one first.

    Parameters
    ----------
    terms
        Evidence terms of a detection, each 0..1. A case without any of its terms is left out.

    Examples
    --------
    >>> [a.kind for a in score_alternatives({"lasting": 0.2, "alive": 1.0})]
    ['swidden', 'village']
    """
    found = [
        Alternative(
            kind=name, plausibility=round(1 - max(terms[t] for t in known), 4), terms=known,
            reason=kind.meaning,
        )
        for name, kind in CHANGE_KINDS.items()
        if (known := tuple(t for t in kind.contradicted_by if t in terms))
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda a: -(a.plausibility or 0.0)))


def undecided_alternatives(terms: Mapping[str, float]) -> tuple[Alternative, ...]:
    """Other readings of a clearing in pixels that cannot show pools: none can be separated.

    What sets a mine apart from other ground that was cleared for good are its pools. The terms of a
    clearing say that it lasts and what shape it has, and a quarry or a yard has the same.

    Parameters
    ----------
    terms
        Evidence terms of a clearing, each 0..1, without their prefix.

    Returns
    -------
    tuple of Alternative
        Without a plausibility: cleared ground without pools first, then those that `terms` speak
        of, the least contradicted first.

    Examples
    --------
    >>> [(a.kind, a.plausibility) for a in undecided_alternatives({"lasting": 1.0, "compact": 1.0})]
    [('other_clearing', None), ('swidden', None), ('landslide', None), ('road', None)]
    """
    clearing = Alternative(
        kind="other_clearing", plausibility=None, terms=(),
        reason=CHANGE_KINDS["other_clearing"].meaning,
    )  # fmt: skip
    known = (replace(other, plausibility=None) for other in score_alternatives(terms))
    return clearing, *known
