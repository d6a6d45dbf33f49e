"""Shares, ratios and differences with standard error and interval.

Standard errors are those of the literature: stratified (Olofsson et al. 2014), strata that are no
map classes (Stehman 2014), ratios of clusters and two stages (Cochran 1977), post-strata (Cochran
1977, 5A.8). Intervals are not made from them, since none of them covers where a rare thing was
seen seldom or never: limits of each stratum (exact but for counting what was seen half; of a short
list exact) are put together by the method of variance estimates recovery, for a ratio in the way of
Fieller.
Which limits cover how often is measured by `tests/accuracy/coverage.py`.

References
----------
Olofsson, P. et al. (2014), doi:10.1016/j.rse.2014.02.015.
Stehman, S. V. (2014), doi:10.1080/01431161.2014.930207.
Cochran, W. G. (1977), Sampling Techniques, 3rd edition, Wiley.
Zou, G. Y. & Donner, A. (2008), doi:10.1002/sim.3095 (variance estimates recovery).
Fieller, E. C. (1954), doi:10.1111/j.2517-6161.1954.tb00159.x (intervals of ratios).
Korn, E. L. & Graubard, B. I. (1998), Survey Methodology 24, 193 (effective sample size).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from minewatch.errors import ContractError
from minewatch.estimates.binomial_limits import (
    Limits,
    hypergeometric,
    mid_p,
    normal_quantile,
)
from minewatch.estimates.drawn_units import DrawnUnits

Numbers = NDArray[np.float64]
CONFIDENCE = 0.95
SHORT = 200
"""Units of a stratum up to which its limits are those of a list, exact; starting value."""
_STEPS = 64
_ROUNDS = 5
"""Each cuts 0..1 into 64: to 1e-9."""


@dataclass(frozen=True)
class Estimate:
    """A number that a sample estimates. All NaN when the sample says nothing of it."""

    value: float
    """The estimate."""
    standard_error: float
    """Its standard error."""
    low: float
    """Lower limit of its interval."""
    high: float
    """Upper limit."""

    def times(self, factor: float) -> Estimate:
        """The same in another unit.

        Examples
        --------
        >>> Estimate(0.5, 0.1, 0.3, 0.7).times(10)
        Estimate(value=5.0, standard_error=1.0, low=3.0, high=7.0)
        """
        return Estimate(
            self.value * factor, self.standard_error * factor, self.low * factor, self.high * factor
        )


UNKNOWN = Estimate(math.nan, math.nan, math.nan, math.nan)


def share(
    units: DrawnUnits,
    values: Numbers,
    *,
    confidence: float = CONFIDENCE,
    limits: Limits | None = None,
    largest: float = 1.0,
) -> Estimate:
    """Share of the frame that something covers.

    Parameters
    ----------
    units
        The sample.
    values
        Of each labelled element: 1 where it is there, 0 where not, or a share of the element.
    confidence
        Share of samples whose interval should hold the truth.
    limits
        Limits of one proportion that the interval is put together from. None: `mid_p`, and
        `hypergeometric` for strata of at most `SHORT` single elements.
    largest
        The most of it that a unit can hold, 0..1, where that is known beforehand: a block of half
        a kilometre is never all pool. 1 assumes nothing. A unit that holds more makes it larger.
    """
    seen = float(units.unit_average(values).max(initial=0.0))
    return ratio(
        units, values, np.ones(len(values)), confidence=confidence, limits=limits,
        largest=max(largest, seen),
    )  # fmt: skip


def total(units: DrawnUnits, values: Numbers, *, confidence: float = CONFIDENCE) -> Estimate:
    """Elements of the frame that something covers: `share` times all elements."""
    return share(units, values, confidence=confidence).times(float(units.frame_size.sum()))


def ratio(
    units: DrawnUnits,
    part: Numbers,
    whole: Numbers,
    *,
    confidence: float = CONFIDENCE,
    limits: Limits | None = None,
    most: tuple[Numbers, Numbers] | None = None,
    largest: float = 1.0,
) -> Estimate:
    """Share of one thing that another is, such as of what the map calls pool that is pool.

    Parameters
    ----------
    units
        The sample.
    part, whole
        Of each labelled element, 0..1; a part is never more than its whole.
    confidence, limits
        As for `share`.
    most
        Of each stratum, the most that it can hold of the part, and of the rest of the whole, 0..1:
        what is known of the map needs no sample. None: no more is known than the sample.
    largest
        The most of the part that a unit can hold, as for `share`; not with a whole that varies.

    Returns
    -------
    Estimate
        `UNKNOWN` when no labelled element has any of the whole.

    Raises
    ------
    ContractError
        When a part is more than its whole.
    """
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    if (part > whole + 1e-9).any() or (part < 0).any():
        raise ContractError("a part is more than its whole, or below 0")
    size = units.frame_size
    base = float(size @ units.averages(whole))
    if base <= 0:
        return UNKNOWN
    value = float(size @ units.averages(part)) / base
    error = math.sqrt(variance_of_total(units, part - value * whole)) / base
    if (whole == 1).all():
        low, high = _share_limits(units, part, confidence, limits, largest)
    else:
        low, high = _ratio_limits(units, part, whole - part, confidence, limits, most)
    return Estimate(value, error, min(low, value), max(high, value))


def difference(
    units: DrawnUnits, gain: Numbers, loss: Numbers, *, confidence: float = CONFIDENCE
) -> Estimate:
    """What was gained less what was lost between two looks at the same units, share of the frame.

    The same elements were labelled twice, so their covariance is part of it: the difference of
    two separate estimates would have too wide an interval, or too narrow a one.

    Parameters
    ----------
    units
        The sample.
    gain, loss
        Of each element, 0..1: what is there only later, and only before.
    confidence
        As for `share`.
    """
    gain, loss = np.asarray(gain, float), np.asarray(loss, float)
    whole = float(units.frame_size.sum())
    value = float(units.frame_size @ units.averages(gain - loss)) / whole
    error = math.sqrt(variance_of_total(units, gain - loss)) / whole
    pieces = _pieces(units, gain, loss, confidence, None)
    weights = units.frame_size / whole
    low = value - float(_reach(pieces, weights, weights, upward=False))
    high = value + float(_reach(pieces, weights, weights, upward=True))
    return Estimate(value, error, max(low, -1.0), min(high, 1.0))


def variance_of_total(units: DrawnUnits, values: Numbers) -> float:
    """Variance of the estimated sum of a value over all elements of the frame.

    Parameters
    ----------
    units
        The sample.
    values
        Of each labelled element.
    """
    spread, n = units.spread(values), units.per_stratum
    if units.post_stratified:
        drawn, weight = n.sum(), units.frame_size / units.frame_size.sum()
        fixed = (1 - units.drawn_share[0]) / drawn * float(weight @ spread)
        chance = float((1 - weight) @ spread) / drawn**2
        return float((fixed + chance) * float(units.frame_size.sum()) ** 2)
    of_mean = (1 - units.drawn_share) * spread / n + units.within(values)
    return float(units.frame_size**2 @ of_mean)


@dataclass(frozen=True)
class _Pieces:
    """Of each stratum: two shares that exclude each other, how far each reaches, and their tie."""

    a: Numbers
    b: Numbers
    a_down: Numbers
    a_up: Numbers
    b_down: Numbers
    b_up: Numbers
    tie: Numbers
    """Their correlation, 0 or below."""


def _pieces(
    units: DrawnUnits,
    a: Numbers,
    b: Numbers,
    confidence: float,
    limits: Limits | None,
    most: tuple[Numbers, Numbers] | None = None,
) -> _Pieces:
    mean_a, mean_b = units.averages(a), units.averages(b)
    a_down, a_up = _stratum_reach(units, a, confidence, limits, 1.0)
    b_down, b_up = _stratum_reach(units, b, confidence, limits, 1.0)
    if most is not None:
        a_up = np.minimum(a_up, np.maximum(most[0] - mean_a, 0))
        b_up = np.minimum(b_up, np.maximum(most[1] - mean_b, 0))
    rest = np.maximum((1 - mean_a) * (1 - mean_b), 1e-12)
    tie = -np.sqrt(np.clip(mean_a * mean_b / rest, 0, 1))
    tie = np.where(mean_a + mean_b > 1 - 1e-9, -1.0, tie)  # what is not one is the other
    return _Pieces(mean_a, mean_b, a_down, a_up, b_down, b_up, tie)


def _stratum_reach(
    units: DrawnUnits, values: Numbers, confidence: float, limits: Limits | None, largest: float
) -> tuple[Numbers, Numbers]:
    """How far the limits of the share of each stratum lie below and above it."""
    p = np.clip(units.averages(values), 0, 1)
    trials = effective_trials(units, values, confidence)
    low, high = (limits or mid_p)(p * trials, trials, confidence)
    if largest < 1:  # units hold 0 to `largest`: as proportions of that, where units are alike
        n = units.per_stratum
        scaled = (limits or mid_p)(np.clip(p / largest, 0, 1) * n, n, confidence)
        low, high = np.maximum(low, largest * scaled[0]), np.minimum(high, largest * scaled[1])
    left = np.sqrt(np.clip(1 - units.drawn_share, 0, 1))
    left = np.where(units.is_partly_labelled, 1.0, left)
    if limits is None:
        for h, x in _short_lists(units, values):
            low[h], high[h] = hypergeometric(
                x, int(units.per_stratum[h]), int(units.frame_units[h]), confidence
            )
            left[h] = 1.0  # that a part was drawn is in these limits
    return left * np.maximum(p - low, 0), left * np.maximum(high - p, 0)


def _short_lists(units: DrawnUnits, values: Numbers) -> Iterator[tuple[int, int]]:
    """Strata of few single elements, each there or not, and how many of those drawn are there."""
    if units.post_stratified or (units.size != 1).any():
        return
    for h in np.flatnonzero(units.frame_units <= SHORT):
        of = values[units.stratum[units.unit] == h]
        if np.isin(of, (0, 1)).all():
            yield int(h), int(of.sum())


def effective_trials(units: DrawnUnits, values: Numbers, confidence: float) -> Numbers:
    """How many independent elements the units of each stratum are worth.

    Between the number of units (all elements of one alike; less where units are of unlike size)
    and that of elements. How alike they are is estimated, and believed the less the fewer units
    show anything: by Student's t with twice as many degrees of freedom as units that hold the
    rarer of yes and no (starting value, chosen by coverage), and not at all where none does.

    Parameters
    ----------
    units
        The sample.
    values
        Of each labelled element.
    confidence
        Share of samples whose interval should hold the truth.
    """
    n, elements = units.per_stratum, units.elements_per_stratum
    if (elements == n).all() and (units.size == 1).all():
        return n
    p = np.clip(units.averages(values), 0, 1)
    average, strata = units.unit_average(values), len(n)
    some = np.bincount(units.stratum, average > 0, minlength=strata)
    not_all = np.bincount(units.stratum, average < 1, minlength=strata)
    freedom = 2 * np.minimum(some, not_all)  # as Korn & Graubard, who count clusters
    student = special.stdtrit(np.maximum(freedom, 1), (1 + confidence) / 2)
    spread = units.spread(values) / n + units.within(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = p * (1 - p) / spread * (normal_quantile(confidence) / student) ** 2
    squares = np.bincount(units.stratum, units.size**2, minlength=strata)
    least = (n * units.mean_size) ** 2 / squares
    trials: Numbers = np.clip(found, least, elements)
    return np.where((p * (1 - p) > 0) & (freedom > 0) & np.isfinite(found), trials, least)


def _reach(pieces: _Pieces, of_a: Numbers, of_b: Numbers, *, upward: bool) -> Numbers:
    """How far a sum of a less a sum of b may lie above, or below, what was found.

    The last dimension of the weights is that of strata.
    """
    a = of_a * (pieces.a_up if upward else pieces.a_down)
    b = of_b * (pieces.b_down if upward else pieces.b_up)
    squares = np.sum(a**2 + b**2 - 2 * pieces.tie * a * b, axis=-1)
    return np.asarray(np.sqrt(np.maximum(squares, 0)))


def _share_limits(
    units: DrawnUnits, values: Numbers, confidence: float, limits: Limits | None, largest: float
) -> tuple[float, float]:
    """The limits of the strata, put together around the sum of what was found."""
    down, up = _stratum_reach(units, values, confidence, limits, largest)
    weight = units.frame_size / units.frame_size.sum()
    value = float(weight @ units.averages(values))
    low = value - math.sqrt(float(np.sum((weight * down) ** 2)))
    return max(low, 0.0), min(value + math.sqrt(float(np.sum((weight * up) ** 2))), 1.0)


def _ratio_limits(
    units: DrawnUnits,
    part: Numbers,
    other: Numbers,
    confidence: float,
    limits: Limits | None,
    most: tuple[Numbers, Numbers] | None,
) -> tuple[float, float]:
    """All values of part / (part + other) that the sample does not contradict."""
    pieces = _pieces(units, part, other, confidence, limits, most)
    size = units.frame_size / units.frame_size.sum()

    def above(values: Numbers, *, upward: bool) -> Numbers:
        of_a, of_b = size * (1 - values[:, None]), size * values[:, None]
        centre = np.sum(of_a * pieces.a - of_b * pieces.b, axis=1)
        reach = _reach(pieces, of_a, of_b, upward=upward)
        found: Numbers = centre + reach if upward else centre - reach
        return found

    low = _last_where(lambda values: above(values, upward=False) > 0)
    high = _last_where(lambda values: above(values, upward=True) >= 0)
    return low, high


def _last_where(holds: Callable[[Numbers], NDArray[np.bool_]]) -> float:
    """The end of the values from 0 on for which something holds; 0 when it never does."""
    low, high = 0.0, 1.0
    for _ in range(_ROUNDS):
        values = np.linspace(low, high, _STEPS + 1)
        fails = np.flatnonzero(~holds(values))
        if not len(fails):
            return high
        if fails[0] == 0:
            return low
        low, high = float(values[fails[0] - 1]), float(values[fails[0]])
    return low
