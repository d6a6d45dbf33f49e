"""How far two interpreters agree beyond what chance gives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minewatch.estimates.binomial_limits import normal_quantile, wilson


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Two interpreters over the units that both labelled. NaN without any."""

    units: int
    """Units that both labelled."""
    agreed: float
    """Share on which they agree, 0..1."""
    agreed_low: float
    """Lower limit of that."""
    agreed_high: float
    """Upper limit."""
    kappa: float
    """Cohen's kappa: 1 full agreement, 0 no more than chance; NaN when both only used one label."""
    kappa_low: float
    """Lower limit of it."""
    kappa_high: float
    """Upper limit."""


def cohen_kappa(
    first: Sequence[str], second: Sequence[str], *, confidence: float = 0.95
) -> Agreement:
    """Agreement of two interpreters, and Cohen's kappa with the interval of Fleiss et al. (1969).

    Parameters
    ----------
    first, second
        Their labels of the same units.
    confidence
        Share of samples whose interval should hold the truth.

    References
    ----------
    Cohen, J. (1960), doi:10.1177/001316446002000104.
    Fleiss, J. L., Cohen, J. & Everitt, B. S. (1969), doi:10.1037/h0028106.

    Examples
    --------
    >>> found = cohen_kappa(["a", "a", "b", "b"], ["a", "b", "b", "b"])
    >>> found.agreed, round(found.kappa, 2)
    (0.75, 0.5)
    """
    names = sorted({*first, *second})
    n = len(first)
    if n == 0:
        return Agreement(units=0, **dict.fromkeys(_NUMBERS, math.nan))
    index = {name: i for i, name in enumerate(names)}
    table = np.zeros((len(names), len(names)))
    for a, b in zip(first, second, strict=True):
        table[index[a], index[b]] += 1 / n
    rows, columns, same = table.sum(axis=1), table.sum(axis=0), float(np.trace(table))
    chance = float(rows @ columns)
    low, high = wilson(same * n, n, confidence)
    limits = {"agreed": same, "agreed_low": float(low), "agreed_high": float(high)}
    if chance >= 1:
        return Agreement(units=n, **limits, **dict.fromkeys(_NUMBERS[3:], math.nan))
    kappa = (same - chance) / (1 - chance)
    half = normal_quantile(confidence) * _kappa_error(table, kappa, n)
    return Agreement(
        units=n, **limits, kappa=kappa, kappa_low=max(kappa - half, -1.0),
        kappa_high=min(kappa + half, 1.0),
    )  # fmt: skip


_NUMBERS = ("agreed", "agreed_low", "agreed_high", "kappa", "kappa_low", "kappa_high")


def _kappa_error(table: np.ndarray, kappa: float, n: int) -> float:
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    chance = float(rows @ columns)
    diagonal = np.diag(table)
    both = rows[:, None] + columns[None, :]
    on = float(np.sum(diagonal * (1 - np.diag(both) * (1 - kappa)) ** 2))
    crossed = (columns[:, None] + rows[None, :]) ** 2
    off = (1 - kappa) ** 2 * float(np.sum(table * crossed) - np.sum(diagonal * np.diag(crossed)))
    rest = (kappa - chance * (1 - kappa)) ** 2
    return math.sqrt(max(on + off - rest, 0.0) / n) / (1 - chance)
