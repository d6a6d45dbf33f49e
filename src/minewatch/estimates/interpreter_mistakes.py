"""Shares when those who label make mistakes: a latent class model over repeated looks.

A rare thing drowns in mistakes: of forest that is labelled wrong now and then, more counts as mine
than there are mines. One look at each unit cannot separate the two. Where some units were looked
at twice or more, it can: what is there is called so again, a mistake is not. The model is that of
Dawid & Skene for two outcomes, with a share of its own in each stratum and the same two rates of
mistakes in all of them (Hui & Walter): each look sees what is there with one probability, and sees
what is not there with another, independent of the other looks. Which units get a further look may
be random, or depend on the labels before; not on anything else.

Each stratum gets the limits of its profile likelihood, the rates being whatever suits it best; they
are turned into a proportion of as many trials as would give the same, so that small counts keep
limits that cover; strata are put together as in `estimators`.

References
----------
Dawid, A. P. & Skene, A. M. (1979), doi:10.2307/2346806.
Hui, S. L. & Walter, S. D. (1980), doi:10.2307/2530508.
Foody, G. M. (2010), doi:10.1016/j.rse.2010.05.003 (what imperfect reference data do to areas).
McRoberts, R. E. et al. (2018), doi:10.1016/j.isprsjprs.2018.06.002 (and interpreters).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from minewatch.errors import ContractError
from minewatch.estimates.binomial_limits import Limits, mid_p, normal_quantile
from minewatch.estimates.drawn_units import DrawnUnits
from minewatch.estimates.estimators import CONFIDENCE, Estimate

Numbers = NDArray[np.float64]
_GRID = 13
"""Values of each rate that are tried at once."""
_ZOOMS = 4
_HALVINGS = 30
_KEPT = 4.0
"""Log-likelihood below the best at which rates are still of interest: more than 95 % of two."""
_TINY = 1e-300


@dataclass(frozen=True, kw_only=True)
class CorrectedShare:
    """A share without the mistakes of those who looked, and their rates."""

    share: Estimate
    """Share of the frame."""
    sees: float
    """Probability that a look calls it there where it is, 0.5..1."""
    invents: float
    """Probability that a look calls it there where it is not, 0..0.5."""


@dataclass(frozen=True)
class _Patterns:
    """Elements that were looked at equally often, with the same outcome, in the same stratum."""

    looks: Numbers
    yes: Numbers
    count: Numbers
    into: Numbers
    """Dims (pattern, stratum): 1 where a pattern is of a stratum."""

    def likelihoods(self, sees: Numbers, invents: Numbers) -> tuple[Numbers, Numbers]:
        """Of each pair of rates, dims (rates, pattern): where it is there, and where not."""
        with np.errstate(divide="ignore", invalid="ignore"):
            there = sees[:, None] ** self.yes * (1 - sees[:, None]) ** (self.looks - self.yes)
            absent = invents[:, None] ** self.yes * (1 - invents[:, None]) ** (
                self.looks - self.yes
            )
        return there, absent

    def log(self, p: Numbers, there: Numbers, absent: Numbers) -> Numbers:
        """Log-likelihood of shares, dims (rates, stratum)."""
        at = p @ self.into.T
        found: Numbers = (
            self.count * np.log(np.maximum(at * there + (1 - at) * absent, _TINY))
        ) @ self.into
        return found

    def best(self, there: Numbers, absent: Numbers) -> Numbers:
        """Share of each stratum that fits best, dims (rates, stratum)."""
        strata = self.into.shape[1]
        low, high = np.zeros((len(there), strata)), np.ones((len(there), strata))
        for _ in range(_HALVINGS):
            p = (low + high) / 2
            at = p @ self.into.T
            mixed = np.maximum(at * there + (1 - at) * absent, _TINY)
            grows = (self.count * (there - absent) / mixed) @ self.into > 0
            low, high = np.where(grows, p, low), np.where(grows, high, p)
        return np.where(low <= 0, 0.0, np.where(high >= 1, 1.0, (low + high) / 2))


def share_without_mistakes(
    units: DrawnUnits,
    looks: Numbers,
    yes: Numbers,
    *,
    confidence: float = CONFIDENCE,
    limits: Limits = mid_p,
) -> CorrectedShare:
    """Share of the frame that something covers, mistakes of those who looked taken out.

    Parameters
    ----------
    units
        The sample: units of one element each.
    looks, yes
        Of each element: how often it was looked at by people who did not know of each other, and
        how often it was called there.
    confidence, limits
        As for `estimators.share`.

    Raises
    ------
    ContractError
        When units have several elements, or nothing was looked at twice.

    Examples
    --------
    In the forest one look of two differs now and then, and never both say mine.

    >>> units = DrawnUnits.of_pixels(np.repeat([0, 1], [50, 200]), [100.0, 10_000.0])
    >>> yes = np.concatenate([np.repeat([2.0, 1.0], [45, 5]), np.repeat([0.0, 1.0], [180, 20])])
    >>> found = share_without_mistakes(units, np.full(250, 2.0), yes)
    >>> round(found.invents, 2), round(found.share.value, 4), round(found.share.high, 3)
    (0.05, 0.0099, 0.026)
    """
    looks, yes = np.asarray(looks, float), np.asarray(yes, float)
    if (units.size != 1).any() or len(units.unit) != len(units.stratum):
        raise ContractError("mistakes are taken out of single elements alone")
    if not (looks > 1).any():
        raise ContractError("nothing was looked at twice", hint="ask a second interpreter")
    patterns = _count(units, looks, yes)
    fits = _rates_of_interest(patterns)
    best = _likeliest(patterns, fits)
    p = best.p[0]
    drop = normal_quantile(confidence) ** 2 / 2
    low, high = (
        _profile_end(patterns, fits, p, end, float(best.whole[0]) - drop)
        for end in (np.zeros_like(p), np.ones_like(p))
    )
    trials_low, trials_high = _trials(p, low, drop), _trials(p, high, drop)
    down = p - limits(p * trials_low, trials_low, confidence)[0]
    up = limits(p * trials_high, trials_high, confidence)[1] - p
    seen = units.per_stratum
    down, up = (
        np.sqrt(np.clip(1 - units.drawn_share * np.minimum(trials / seen, 1), 0, 1)) * reach
        for trials, reach in ((trials_low, down), (trials_high, up))
    )
    weight = units.frame_size / units.frame_size.sum()
    trials = (trials_low + trials_high) / 2
    return CorrectedShare(
        share=Estimate(
            float(weight @ p), math.sqrt(float(np.sum(weight**2 * p * (1 - p) / trials))),
            max(_lower(weight, p, down), 0.0), min(1 - _lower(weight, 1 - p, up), 1.0),
        ),
        sees=float(best.sees[0]), invents=float(best.invents[0]),
    )  # fmt: skip


def _lower(weight: Numbers, p: Numbers, down: Numbers) -> float:
    """Lower limit of a weighted sum of shares that each reach so far down.

    What may all be mistakes may be nothing: then the limit is that of the other strata alone.
    """
    found = []
    for taken in (np.ones(len(p), bool), down < p * (1 - 1e-6)):
        reach = float(np.sum((weight * down)[taken] ** 2))
        found.append(float(weight[taken] @ p[taken]) - math.sqrt(reach))
    return min(found)


def _count(units: DrawnUnits, looks: Numbers, yes: Numbers) -> _Patterns:
    stratum = units.stratum[units.unit].astype(float)
    rows, count = np.unique(np.column_stack([stratum, looks, yes]), axis=0, return_counts=True)
    into = (rows[:, :1] == np.arange(len(units.frame_units))).astype(float)
    return _Patterns(rows[:, 1], rows[:, 2], count.astype(float), into)


@dataclass(frozen=True)
class _Fits:
    """Pairs of rates, and the shares that fit best with each."""

    sees: Numbers
    invents: Numbers
    there: Numbers
    absent: Numbers
    p: Numbers
    each: Numbers
    """Log-likelihood of each stratum, dims (rates, stratum)."""

    @property
    def whole(self) -> Numbers:
        """Log-likelihood of each pair of rates."""
        found: Numbers = self.each.sum(axis=1)
        return found


def _fit(patterns: _Patterns, box: Numbers) -> _Fits:
    """A grid of rates inside a box: dims (seen or invented, from or to)."""
    steps = [np.linspace(side[0], side[1], _GRID) for side in box]
    sees, invents = (axis.ravel() for axis in np.meshgrid(*steps, indexing="ij"))
    there, absent = patterns.likelihoods(sees, invents)
    p = patterns.best(there, absent)
    return _Fits(sees, invents, there, absent, p, patterns.log(p, there, absent))


def _narrowed(fits: _Fits, box: Numbers, kept: float) -> Numbers:
    """The part of a box whose rates fit nearly as well as the best, and a step round it."""
    good = fits.whole >= fits.whole.max() - kept
    step = (box[:, 1] - box[:, 0]) / (_GRID - 1)
    ends = [(of[good].min(), of[good].max()) for of in (fits.sees, fits.invents)]
    wide = np.asarray(ends) + step[:, None] * np.array([-1.0, 1.0])
    return np.asarray(np.clip(wide, box[:, :1], box[:, 1:]), float)


def _rates_of_interest(patterns: _Patterns) -> _Fits:
    """Rates that are not much less likely than the likeliest."""
    box = np.array([[0.5, 1.0], [0.0, 0.5]])
    for _ in range(_ZOOMS - 1):
        box = _narrowed(_fit(patterns, box), box, _KEPT)
    return _fit(patterns, box)


def _likeliest(patterns: _Patterns, fits: _Fits) -> _Fits:
    """The likeliest rates alone."""
    for _ in range(_ZOOMS):
        ends = [(of.min(), of.max()) for of in (fits.sees, fits.invents)]
        fits = _fit(patterns, _narrowed(fits, np.asarray(ends), 0.0))
    top = [int(np.argmax(fits.whole))]
    return _Fits(
        *(getattr(fits, name)[top] for name in ("sees", "invents", "there", "absent", "p", "each"))
    )


def _profile_end(
    patterns: _Patterns, fits: _Fits, p: Numbers, end: Numbers, least: float
) -> Numbers:
    """How far towards an end the share of each stratum can go, with whatever rates suit it."""
    others = fits.whole[:, None] - fits.each

    def holds(at: Numbers) -> NDArray[np.bool_]:
        own = patterns.log(np.broadcast_to(at, others.shape), fits.there, fits.absent)
        held: NDArray[np.bool_] = (own + others).max(axis=0) >= least
        return held

    inner, outer = p.copy(), end.copy()
    reached = holds(end)
    for _ in range(_HALVINGS):
        middle = (inner + outer) / 2
        held = holds(middle)
        inner, outer = np.where(held, middle, inner), np.where(held, outer, middle)
    return np.where(reached, end, (inner + outer) / 2)


def _trials(p: Numbers, end: Numbers, drop: float) -> Numbers:
    """Trials of a plain proportion whose likelihood falls as far from p to the end."""
    with np.errstate(divide="ignore", invalid="ignore"):
        first = np.where(p > 0, p * np.log(p / end), 0.0)
        second = np.where(p < 1, (1 - p) * np.log((1 - p) / (1 - end)), 0.0)
        trials = drop / (first + second)
    return np.where(np.isfinite(trials), np.maximum(trials, 1e-3), 1e9)
