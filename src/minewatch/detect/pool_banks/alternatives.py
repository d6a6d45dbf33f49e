"""What a site could be instead of a mine, and how far its evidence rules that out."""

from __future__ import annotations

from collections.abc import Mapping

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
    return tuple(sorted(found, key=lambda a: -a.plausibility))
