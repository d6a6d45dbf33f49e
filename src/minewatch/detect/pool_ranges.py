"""How many pools, and how much of them or of their water, a measured area may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minewatch.model.rule_fields import rule

_SIZES = "DOMAIN §2: pools are 8-14 m across"
_FOUR_IN_FIVE = (
    "the range holds the truth in four of five sites and seasons of the simulated tuning worlds"
)


@dataclass(frozen=True, kw_only=True)
class PoolRangeRules:
    """How wide the ranges of pool areas and counts are."""

    area_uncertainty: float = rule(
        0.35, unit="1", moves="areas and counts may be less",
        source=f"of what is measured over true pools; {_FOUR_IN_FIVE}",
    )  # fmt: skip
    missed_share: float = rule(
        0.9, unit="1", moves="areas and counts may be more",
        source="of what is measured: outlines miss parts of a site, at rivers most of it; "
        f"{_FOUR_IN_FIVE}",
    )  # fmt: skip
    least_uncertainty_m2: float = rule(
        150.0, unit="m²", moves="ranges of small sites widen",
        source=f"one large pool; {_FOUR_IN_FIVE}",
    )  # fmt: skip
    smallest_pool_m2: float = rule(
        90.0,
        unit="m²",
        moves="fewer pools at most",
        least=1.0,
        source=f"mean of a bank of 9.5 m ({_SIZES})",
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
    area_m2: Sequence[float] | NDArray[np.float64], *, rules: PoolRangeRules = POOL_RANGES
) -> NDArray[np.float64]:
    """Least and most area of pools, or of water, that a measured one may be, m2, dims (site, 2).

    It comes from simulated sites: measured areas of them over the true ones. It is wider upwards,
    since the outline of a site may miss a part of it. Where nothing showed both are 0.

    Examples
    --------
    >>> area_range([0.0, 900.0]).tolist()
    [[0.0, 0.0], [435.0, 1860.0]]
    """
    area = np.nan_to_num(np.asarray(area_m2, float))
    least = area * (1 - rules.area_uncertainty) - rules.least_uncertainty_m2
    most = area * (1 + rules.missed_share) + rules.least_uncertainty_m2
    return np.stack([np.maximum(least, 0), np.where(area > 0, most, 0)], axis=-1)


def count_range(
    pool_area_m2: Sequence[float] | NDArray[np.float64], *, rules: PoolRangeRules = POOL_RANGES
) -> NDArray[np.int64]:
    """Fewest and most pools that explain a pool area within its range, dims (site, 2).

    Pools are round or square, 8 to 14 m across [DOMAIN §2]: 50 m2 for the smallest round one,
    196 m2 for the largest square one.

    Examples
    --------
    >>> count_range([0.0, 900.0]).tolist()
    [[0, 0], [3, 20]]
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


def water_ranges(
    water_area_m2: Sequence[float] | NDArray[np.float64], *, rules: PoolRangeRules = POOL_RANGES
) -> dict[str, NDArray[Any]]:
    """The columns of a table that hold the water of its sites and the range of it."""
    least, most = area_range(water_area_m2, rules=rules).T
    return {
        "water_area_m2": np.asarray(water_area_m2, float),
        "water_area_low_m2": least,
        "water_area_high_m2": most,
    }
