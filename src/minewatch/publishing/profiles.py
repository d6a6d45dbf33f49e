"""Who a layer is for: how coarse it is, how many sites a cell holds, and how late it comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

PRIVATE: Final = "private"
"""The profile of a run's own files: nothing is generalised."""
SAYS_PRIVATE: Final = "private"
"""Column of a table that says itself that it is private, as answers of `context` do."""
SCHEME: Final = 1
"""Version of the classes below: releases of two schemes cannot be held against each other."""
_STEPS: Final = (6, 11, 21, 51, 101, 201, 501)
_GROUND_HA: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The rules of one audience."""

    name: str
    """What `--profile` takes."""
    title: str
    """Who it is for, in words."""
    grids_km: tuple[int, ...]
    """Cells that may be asked for, km; the first is taken without asking."""
    least_sites: int
    """Fewest sites of a cell that is shown (k)."""
    least_operators: int
    """Fewest operators of a cell that is shown, where operators are known."""
    delay_months: int
    """Whole months between the end of the newest period shown and the last day of the run."""
    least_months: int
    """Shortest period that may be shown, months."""
    least_ground_km2: float
    """Least ground that a cell at the edge of the area must have in it to be used."""


PROFILES: Final[Mapping[str, Profile]] = {
    "partner": Profile(
        name="partner", title="for an organisation you trust, not for publication",
        grids_km=(1, 5), least_sites=3, least_operators=2, delay_months=0, least_months=1,
        least_ground_km2=1.0,
    ),
    "public": Profile(
        name="public", title="for everyone",
        grids_km=(10, 5), least_sites=3, least_operators=2, delay_months=6, least_months=3,
        least_ground_km2=25.0,
    ),
}  # fmt: skip
"""The profiles that generalise. DOMAIN section 7: grid, k and delay are starting values."""


@dataclass(frozen=True, order=True)
class Span:
    """A count that is only known to lie between two numbers, both included."""

    low: int
    """Least."""
    high: int | None
    """Most; None: no limit is known."""

    def __str__(self) -> str:
        if self.high is None:
            return f"{self.low} or more"
        return str(self.low) if self.low == self.high else f"{self.low}-{self.high}"

    def meet(self, other: Span) -> Span | None:
        """What both allow; None when they contradict each other."""
        low, highs = max(self.low, other.low), [h for h in (self.high, other.high) if h is not None]
        high = min(highs) if highs else None
        return None if high is not None and high < low else Span(low, high)


def count_class(count: int, least: int) -> Span:
    """The class of a number of sites.

    Parameters
    ----------
    count
        How many.
    least
        k: the lowest class holds every number below it, none included.

    Examples
    --------
    >>> [str(count_class(n, 3)) for n in (0, 2, 3, 6, 700)]
    ['0-2', '0-2', '3-5', '6-10', '501 or more']
    >>> [str(count_class(n, 1)) for n in (0, 1, 6)]
    ['0', '1-5', '6-10']
    """
    edges = (0, least, *_STEPS)
    at = max(i for i, edge in enumerate(edges) if edge <= count)
    return Span(edges[at], edges[at + 1] - 1 if at + 1 < len(edges) else None)


def ground_class(area_m2: float) -> str:
    """The class of an area, in hectares.

    Examples
    --------
    >>> ground_class(9_000.0), ground_class(10_000.0), ground_class(2e7)
    ('under 1', '1-2', '1000 or more')
    """
    hectares = area_m2 / 1e4
    if hectares < _GROUND_HA[0]:
        return f"under {_GROUND_HA[0]}"
    at = max(i for i, edge in enumerate(_GROUND_HA) if edge <= hectares)
    last = at + 1 == len(_GROUND_HA)
    return f"{_GROUND_HA[at]} or more" if last else f"{_GROUND_HA[at]}-{_GROUND_HA[at + 1]}"
