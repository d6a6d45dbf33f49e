"""Limits of one proportion, also where nothing or everything was a success.

Counts need not be whole: a cluster sample counts as fewer independent trials than it has pixels.

References
----------
Wilson, E. B. (1927), doi:10.1080/01621459.1927.10502953.
Clopper, C. J. & Pearson, E. S. (1934), doi:10.1093/biomet/26.4.404.
Lancaster, H. O. (1961), J. Am. Stat. Assoc. 56, 223 (mid-P).
Buonaccorsi, J. P. (1987), doi:10.1080/00031305.1987.10475484 (part of a short list).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Numbers = NDArray[np.float64]
Limits = Callable[[ArrayLike, ArrayLike, float], tuple[Numbers, Numbers]]
"""Successes, trials and confidence to the lower and the upper limit."""
_STEPS = 30
"""Halvings of what lies between two exact limits: 1e-9 of it."""


def normal_quantile(confidence: float) -> float:
    """Two-sided quantile of the normal distribution: 1.96 for 0.95."""
    return float(special.ndtri((1 + confidence) / 2))


def wilson(
    successes: ArrayLike, trials: ArrayLike, confidence: float = 0.95
) -> tuple[Numbers, Numbers]:
    """Score limits of a proportion.

    Parameters
    ----------
    successes, trials
        Counts, whole or not; trials above 0.
    confidence
        Share of samples whose interval should hold the truth.

    Examples
    --------
    >>> low, high = wilson(0, 10)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0, 0.2775)
    """
    x, n = np.asarray(successes, float), np.asarray(trials, float)
    z = normal_quantile(confidence)
    centre = (x + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * np.sqrt(np.maximum(x * (n - x) / n, 0) + z**2 / 4)
    low = np.where(x <= 0, 0.0, centre - half)
    return np.clip(low, 0, 1), np.clip(np.where(x >= n, 1.0, centre + half), 0, 1)


def clopper_pearson(
    successes: ArrayLike, trials: ArrayLike, confidence: float = 0.95
) -> tuple[Numbers, Numbers]:
    """Exact limits of a proportion: they hold the truth at least that often.

    Parameters
    ----------
    successes, trials, confidence
        As for `wilson`.

    Examples
    --------
    >>> low, high = clopper_pearson(0, 10)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0, 0.3085)
    """
    x, n = np.asarray(successes, float), np.asarray(trials, float)
    tail = (1 - confidence) / 2
    with np.errstate(invalid="ignore"):
        low = special.betaincinv(np.maximum(x, 1e-12), n - x + 1, tail)
        high = special.betaincinv(x + 1, np.maximum(n - x, 1e-12), 1 - tail)
    return np.where(x <= 0, 0.0, low), np.where(x >= n, 1.0, high)


def mid_p(
    successes: ArrayLike, trials: ArrayLike, confidence: float = 0.95
) -> tuple[Numbers, Numbers]:
    """Exact limits in which what was seen counts half: they hold the truth about that often.

    Parameters
    ----------
    successes, trials, confidence
        As for `wilson`.

    Examples
    --------
    >>> low, high = mid_p(0, 10)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0, 0.2589)
    """
    x, n = np.broadcast_arrays(np.asarray(successes, float), np.asarray(trials, float))
    ends = _half_counted(np.stack([x, n - x]), np.stack([n, n]), (1 - confidence) / 2)
    return np.where(x <= 0, 0.0, ends[0]), np.where(x >= n, 1.0, 1 - ends[1])


def hypergeometric(
    successes: int, trials: int, frame: int, confidence: float = 0.95
) -> tuple[float, float]:
    """Exact limits of a proportion of a short list of which a part was drawn.

    Parameters
    ----------
    successes, trials
        Whole counts.
    frame
        Length of the list.
    confidence
        As for `wilson`: they hold the truth at least that often.

    Examples
    --------
    >>> hypergeometric(17, 20, 40)
    (0.7, 0.925)
    >>> hypergeometric(33, 40, 40)
    (0.825, 0.825)
    """
    there = np.arange(successes, frame - (trials - successes) + 1)
    tail = (1 - confidence) / 2
    more = _hypergeometric_sum(successes, trials, frame, there)
    fewer = _hypergeometric_sum(trials - successes, trials, frame, frame - there)
    kept = there[(more > tail) & (fewer > tail)]
    return float(kept[0]) / frame, float(kept[-1]) / frame


def _hypergeometric_sum(
    least: int, trials: int, frame: int, there: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Probability of at least so many successes, for each number there may be in the list."""
    found = np.arange(least, trials + 1)[:, None]

    def log_choose(of: ArrayLike, some: ArrayLike) -> Numbers:
        n, k = np.asarray(of, float), np.asarray(some, float)
        inside = (k >= 0) & (k <= n)
        k = np.where(inside, k, 0)
        n = np.maximum(n, k)
        value = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
        return np.where(inside, value, -np.inf)

    logs = (
        log_choose(there, found) + log_choose(frame - there, trials - found)
        - log_choose(frame, trials)
    )  # fmt: skip
    return np.asarray(np.exp(logs).sum(axis=0))


def _half_counted(x: Numbers, n: Numbers, tail: float) -> Numbers:
    """Proportion at which more than x, and half of x itself, has the probability of a tail.

    It lies between the exact limits of x and of one success more.
    """
    above, left = np.maximum(x, 1e-12), np.maximum(n - x, 1e-12)
    low = np.asarray(special.betaincinv(above, n - x + 1, tail))
    high = np.asarray(special.betaincinv(x + 1, left, tail))
    for _ in range(_STEPS):
        middle = (low + high) / 2
        more = np.where(x >= n, 0.0, special.betainc(x + 1, left, middle))
        below = (more + special.betainc(above, n - x + 1, middle)) / 2 < tail
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    ends: Numbers = (low + high) / 2
    return ends
