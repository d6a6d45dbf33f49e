"""What pixels of a size can show of a mine."""

from __future__ import annotations

from typing import Final

POOLS_SEEN_UP_TO_M: Final = 15.0
"""Pixel size above which a pool of 8-14 m cannot be seen: 25 % of sites at 20 m [DOMAIN §2]."""
POOL_COLUMNS: Final = (
    "pool_area_m2", "pool_area_low_m2", "pool_area_high_m2", "pool_count_low", "pool_count_high",
)  # fmt: skip
"""What is said of pools, in every table; null where they cannot be seen."""
WATER_COLUMNS: Final = ("water_area_m2", "water_area_low_m2", "water_area_high_m2")
"""What is said of the water in the pools of a site; null where pools cannot be seen."""


def sees_pools_at(pixel_m: float) -> bool:
    """Whether pools can be seen in pixels of a size, metres."""
    return pixel_m <= POOLS_SEEN_UP_TO_M


def why_no_pools(pixel_m: float) -> str:
    """Why pools cannot be seen in pixels of a size, metres, in words; empty where they can."""
    if sees_pools_at(pixel_m):
        return ""
    return (
        f"at {pixel_m:g} m a pool of 8-14 m cannot be seen: clearings are found, as sites of at "
        "most provisional, and what is said of pools is null"
    )
