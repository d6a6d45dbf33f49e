"""What a site could be instead of a mine, and how far its evidence rules that out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """Another reading of the same ground."""

    kind: str
    """One of `model.CHANGE_KINDS`."""
    doubt: float
    """0: ruled out, 1: nothing speaks against it; one minus the strongest of its terms."""
    terms: tuple[str, ...]
    """Names of the evidence terms that speak against it."""
    reason: str
    """What would have to be true, in words."""


_CASES: Final[tuple[tuple[str, tuple[str, ...], str], ...]] = (
    ("swidden", ("lasting",), "cleared and burnt, and green again within one monsoon"),
    ("landslide", ("compact",), "new bare ground drawn out down the slope"),
    ("road", ("compact",), "new bare ground drawn out along a track"),
    ("village", ("alive",), "there from the start, and nothing in it changes"),
    ("fish_pond", ("bare",), "water with hardly any bare ground round it"),
    ("paddy", ("not_seasonal",), "bare and green by turns every year"),
    ("flood", ("not_seasonal",), "water that comes and goes with the season"),
    ("shadow", ("agree", "ndwi"), "dark ground whose colour is not that of water"),
    (
        "other_clearing",
        ("spots", "ndwi"),
        "cleared ground without pools, as a quarry",
    ),
)
"""Kind, the terms of `terms.WEIGHTS` that speak against it, what it would mean [DOMAIN §3]."""


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
            kind=kind, doubt=round(1 - max(terms[t] for t in known), 4), terms=known, reason=reason
        )
        for kind, against, reason in _CASES
        if (known := tuple(t for t in against if t in terms))
    ]
    return tuple(sorted(found, key=lambda a: -a.doubt))
