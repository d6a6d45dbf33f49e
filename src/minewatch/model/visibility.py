"""What a pixel can show of a mine, by its size: pools, or no more than the clearing."""

from __future__ import annotations

from dataclasses import dataclass

POOLS_SEEN_UP_TO_M = 15.0
"""Pixel size above which a pool of 8-14 m cannot be seen (25 % of sites at 20 m) [DOMAIN §2]."""


@dataclass(frozen=True, kw_only=True)
class Visibility:
    """What the pixels of a run can show.

    A grid that is finer than the imagery shows no more than the imagery does, and one that is
    coarser no more than its own pixels: the effective pixel is the larger of both.

    Examples
    --------
    >>> Visibility(grid_pixel_m=10.0, native_pixel_m=10.0).sees_pools
    True
    >>> Visibility(grid_pixel_m=10.0, native_pixel_m=30.0).effective_pixel_m
    30.0
    """

    grid_pixel_m: float
    """Pixel of the grid, metres."""
    native_pixel_m: float
    """Pixel in which the sensor takes the core bands, metres; 0: not known, the grid decides."""

    @property
    def effective_pixel_m(self) -> float:
        """The larger of both pixels, metres."""
        return max(self.grid_pixel_m, self.native_pixel_m)

    @property
    def sees_pools(self) -> bool:
        """Whether a pool of 8-14 m can be seen; if not, only clearings can."""
        return self.effective_pixel_m <= POOLS_SEEN_UP_TO_M

    @property
    def reason(self) -> str:
        """Why no more can be seen, in words; empty where pools can be."""
        if self.sees_pools:
            return ""
        native, grid = f"{self.native_pixel_m:g} m", f"{self.grid_pixel_m:g} m"
        is_native = self.native_pixel_m > self.grid_pixel_m
        whose = (
            f"the sensor's pixels are {native}" if is_native else f"the grid's pixels are {grid}"
        )
        return (
            f"{whose}: a pool of 8-14 m cannot be seen above {POOLS_SEEN_UP_TO_M:g} m, only "
            "clearings that began within the record; their pools and water are unknown, and no "
            "site is more than provisional"
        )
