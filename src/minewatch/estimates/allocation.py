"""How many units a sample needs, and how they are spread over its strata.

References
----------
Cochran, W. G. (1977), Sampling Techniques, 3rd edition, 5.25 to 5.29 (Neyman, sample size).
Olofsson, P. et al. (2014), doi:10.1016/j.rse.2014.02.015, eq. 13.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from minewatch.errors import SettingsError
from minewatch.estimates.binomial_limits import normal_quantile

Allocation = Literal["neyman", "proportional", "equal"]
ALLOCATIONS: Final[Mapping[str, str]] = {
    "neyman": "by size times spread: the narrowest interval for what is guessed",
    "proportional": "by size: every unit has the same chance",
    "equal": "the same number in each stratum",
}
"""How units are spread over strata, to what that means."""


@dataclass(frozen=True, kw_only=True)
class StratumGuess:
    """A stratum before anything is drawn."""

    name: str
    """Its name."""
    units: int
    """Units in its frame."""
    size: float
    """Elements in these units."""
    expected: float
    """Guess of the share of it that is what is asked for, 0..1."""
    alike: float = 1.0
    """Variance of the mean of a unit over that of one element: 1 for units of one element, or when
    the elements of a unit are all alike."""

    @property
    def spread(self) -> float:
        """Standard deviation of the mean of a unit, if the guess is right."""
        return math.sqrt(self.expected * (1 - self.expected) * self.alike)


def allocate(
    strata: Sequence[StratumGuess],
    total: int,
    *,
    allocation: Allocation = "neyman",
    least: int = 1,
    by_hand: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """Units to draw in each stratum.

    Parameters
    ----------
    strata
        The strata.
    total
        Units in all; strata that are used up, and `least`, may change it.
    allocation
        A key of `ALLOCATIONS`.
    least
        At least as many in each stratum, as far as it has them.
    by_hand
        Stratum to its number: these are taken as they are, and `total` is spread over the others.

    Raises
    ------
    SettingsError
        When a stratum that is named does not exist, or there is nothing to draw.

    Examples
    --------
    >>> pool = StratumGuess(name="pool", units=100, size=100, expected=0.5)
    >>> rest = StratumGuess(name="rest", units=9900, size=9900, expected=0.001)
    >>> allocate([pool, rest], 50, least=10)
    {'pool': 10, 'rest': 40}
    """
    fixed = {name: min(count, _units_of(strata, name)) for name, count in (by_hand or {}).items()}
    free = [stratum for stratum in strata if stratum.name not in fixed]
    left = max(total - sum(fixed.values()), 0)
    numbers = dict(fixed)
    if free:
        numbers |= _spread(free, left, allocation, least)
    if sum(numbers.values()) < 1:
        raise SettingsError(f"a sample of {total} units", hint="give 1 or more")
    return {stratum.name: numbers[stratum.name] for stratum in strata}


def _units_of(strata: Sequence[StratumGuess], name: str) -> int:
    for stratum in strata:
        if stratum.name == name:
            return stratum.units
    known = ", ".join(stratum.name for stratum in strata)
    raise SettingsError(f"there is no stratum {name!r}", hint=f"there are: {known}")


def _spread(
    strata: Sequence[StratumGuess], total: int, allocation: str, least: int
) -> dict[str, int]:
    """Share a number out; who gets fewer than the least, or has fewer, is set first."""
    weight = {stratum.name: _weight(stratum, allocation) for stratum in strata}
    number = {stratum.name: min(least, stratum.units) for stratum in strata}
    open_ = {stratum.name: stratum for stratum in strata}
    left = total
    while open_:
        whole = sum(weight[name] for name in open_)
        wanted = {name: left * weight[name] / whole if whole else 0.0 for name in open_}
        full = [name for name in open_ if wanted[name] >= open_[name].units]
        bare = [name for name in open_ if wanted[name] <= number[name]]
        closed = full or bare
        if not closed:
            number |= _rounded(wanted)
            break
        for name in closed:
            number[name] = open_[name].units if name in full else number[name]
            left = max(left - number[name], 0)
            del open_[name]
    return number


def _weight(stratum: StratumGuess, allocation: str) -> float:
    if allocation == "neyman":
        return stratum.size * stratum.spread
    return stratum.size if allocation == "proportional" else 1.0


def _rounded(wanted: Mapping[str, float]) -> dict[str, int]:
    """Whole numbers with the same sum: the largest fractions are rounded up."""
    floor = {name: math.floor(value + 1e-9) for name, value in wanted.items()}
    missing = round(sum(wanted.values())) - sum(floor.values())
    order = sorted(wanted, key=lambda name: (floor[name] - wanted[name], name))
    return {name: floor[name] + (name in order[: max(missing, 0)]) for name in wanted}


def expected_half_width(
    strata: Sequence[StratumGuess], numbers: Mapping[str, int], *, confidence: float = 0.95
) -> float:
    """Half the interval of the share of the frame, if the guesses are right.

    Parameters
    ----------
    strata
        The strata with their guesses.
    numbers
        Units to draw in each; a stratum without any counts with the most it can hide.
    confidence
        Share of samples whose interval should hold the truth.
    """
    whole = sum(stratum.size for stratum in strata)
    variance = 0.0
    for stratum in strata:
        n, weight = numbers[stratum.name], stratum.size / whole
        if n == 0:
            variance += weight**2 * 0.25
        else:
            variance += weight**2 * (1 - n / stratum.units) * stratum.spread**2 / n
    return normal_quantile(confidence) * math.sqrt(variance)


def size_for_half_width(
    strata: Sequence[StratumGuess],
    half_width: float,
    *,
    allocation: Allocation = "neyman",
    least: int = 1,
    by_hand: Mapping[str, int] | None = None,
    confidence: float = 0.95,
) -> int:
    """Fewest units whose interval is expected to be no wider.

    Parameters
    ----------
    strata
        The strata with their guesses.
    half_width
        Half the interval of the share of the frame, above 0.
    allocation, least, by_hand
        As for `allocate`.
    confidence
        Share of samples whose interval should hold the truth.

    Raises
    ------
    SettingsError
        When even every unit of the strata that are not set by hand would not do.

    Examples
    --------
    The example of Olofsson et al. (2014): a standard error of 0.01 of overall accuracy.

    >>> parts = zip((0.02, 0.015, 0.32, 0.645), (0.7, 0.6, 0.9, 0.95), strict=True)
    >>> strata = [StratumGuess(name=str(w), units=int(w * 10**7), size=w * 10**7, expected=u)
    ...           for w, u in parts]
    >>> size_for_half_width(strata, 0.01 * 1.959964)
    641
    """
    if half_width <= 0:
        raise SettingsError(f"a half width of {half_width:g}", hint="give more than 0")

    def width(total: int) -> float:
        numbers = allocate(strata, total, allocation=allocation, least=least, by_hand=by_hand)
        return expected_half_width(strata, numbers, confidence=confidence)

    low, high = 0, sum(stratum.units for stratum in strata)
    if width(high) > half_width * (1 + 1e-9) + 1e-15:
        raise SettingsError(
            f"no sample gives a half width of {half_width:g} with these numbers by hand",
            hint="take more by hand, or a wider interval",
        )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if width(middle) <= half_width else (middle, high)
    numbers = allocate(strata, high, allocation=allocation, least=least, by_hand=by_hand)
    return int(np.sum(list(numbers.values())))
