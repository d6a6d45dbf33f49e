"""How many pools, and how much of them, a measured pool area may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minewatch.model.rule_fields import rule

_SIZES = "DOMAIN §2: pools are 8-14 m across"


@dataclass(frozen=True, kw_only=True)
class PoolRangeRules:
    """How wide the ranges of pool areas and counts are."""

    area_uncertainty: float = rule(
        0.35, unit="1", moves="ranges of pool areas and counts widen",
        source="so that the range holds the true count four times in five on the simulated tuning "
        "worlds",
    )  # fmt: skip
    least_uncertainty_m2: float = rule(
        100.0, unit="m²", moves="ranges of small sites widen", source="one pool of 10 m"
    )
    smallest_pool_m2: float = rule(
        70.0,
        unit="m²",
        moves="fewer pools at most",
        least=1.0,
        source=f"mean of a bank of 9 m ({_SIZES})",
    )
    largest_pool_m2: float = rule(
        175.0,
        unit="m²",
        moves="fewer pools at least",
        least=1.0,
        source=f"mean of a bank of 14 m ({_SIZES})",
    )


POOL_RANGES = PoolRangeRules()


def area_range(
    pool_area_m2: Sequence[float] | NDArray[np.float64], *, rules: PoolRangeRules = POOL_RANGES
) -> NDArray[np.float64]:
    """Least and most pool area that a measured one may be, m2, dims (site, 2).

    Examples
    --------
    >>> area_range([0.0, 900.0]).tolist()
    [[0.0, 0.0], [485.0, 1315.0]]
    """
    area = np.nan_to_num(np.asarray(pool_area_m2, float))
    spread = rules.area_uncertainty * area + rules.least_uncertainty_m2
    spread = np.where(area > 0, spread, 0)
    return np.stack([np.maximum(area - spread, 0), area + spread], axis=-1)


def count_range(
    pool_area_m2: Sequence[float] | NDArray[np.float64], *, rules: PoolRangeRules = POOL_RANGES
) -> NDArray[np.int64]:
    """Fewest and most pools that explain a pool area within its range, dims (site, 2).

    Pools are round or square, 8 to 14 m across [DOMAIN §2]: 50 m2 for the smallest round one,
    196 m2 for the largest square one.

    Examples
    --------
    >>> count_range([0.0, 900.0]).tolist()
    [[0, 0], [3, 18]]
    """
    low, high = area_range(pool_area_m2, rules=rules).T
    fewest, most = np.ceil(low / rules.largest_pool_m2), np.floor(high / rules.smallest_pool_m2)
    return np.stack([fewest, most], axis=-1).astype(np.int64)


def pool_ranges(
    pool_area_m2: Sequence[float] | NDArray[np.float64], *, rules: PoolRangeRules = POOL_RANGES
) -> dict[str, NDArray[Any]]:
    """The columns of a table that hold the range of its pool areas, in area and in pools."""
    least, most = area_range(pool_area_m2, rules=rules).T
    fewest, many = count_range(pool_area_m2, rules=rules).T
    return {
        "pool_area_low_m2": least,
        "pool_area_high_m2": most,
        "pool_count_low": fewest,
        "pool_count_high": many,
    }
