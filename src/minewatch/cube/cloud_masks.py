"""Which pixels of an overpass are ground: mask classes, grown clouds, and what is only suspect.

Everything works on a window that reaches `halo` pixels beyond the pixels asked for, so that the
answer does not depend on how the grid is cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from minewatch.compiled import kernel
from minewatch.cube.pixel_kernels import grow
from minewatch.model import ZERO_CLASS
from minewatch.sensors import MaskRule

Bool = NDArray[np.bool_]
UInt8 = NDArray[np.uint8]
UInt16 = NDArray[np.uint16]

SEEN, GROUND, DARK, SPREADS = (1 << bit for bit in range(4))
"""A pixel is there; shows the ground; is dark ground or shadow; hides its margin too."""
OPEN_SKY_M = 250.0
"""How far round a hidden pixel the sky is judged [D]: most sites fit, most cloud fields do not."""
OPEN_SKY_COVER = 0.25
"""Most of that ground that may be hidden for a hidden pixel to be only suspect [D]."""
SHADE_REACH = 2
"""Dark ground this many times the growth from cloud or shadow is taken for shadow [D]."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The distances of the mask in pixels of a grid."""

    growth: int
    """Radius by which clouds grow."""
    shade: int
    """Radius within which dark ground is not trusted."""
    sky: int
    """Half the side of the box in which the sky is judged."""

    @property
    def halo(self) -> int:
        """How far from a pixel anything can matter to it."""
        return max(self.growth, self.shade, self.sky) + 1


def reach_of(rule: MaskRule, resolution_m: float) -> Reach:
    """The distances of a mask rule on a grid; each is at least one pixel."""
    growth = math.ceil(rule.grow_m / resolution_m - 1e-9)
    sky = max(1, math.ceil(OPEN_SKY_M / resolution_m - 1e-9))
    return Reach(growth=growth, shade=SHADE_REACH * growth, sky=sky)


def flag(values: UInt16, rule: MaskRule) -> UInt8:
    """What the mask band says of each pixel, as a set of flags: `SEEN`, `GROUND`, ...

    Parameters
    ----------
    values
        Mask band, any shape, 0 = no pixel, `ZERO_CLASS` = a class 0.
    rule
        What its values mean.

    Returns
    -------
    array of the same shape, uint8
        0 where there is no pixel.
    """
    return _flags(rule)[values]


@lru_cache(maxsize=8)
def _flags(rule: MaskRule) -> UInt8:
    """Flags of every possible value of a mask band."""
    values = np.arange(np.iinfo(np.uint16).max + 1, dtype=np.uint16)
    values[ZERO_CLASS] = 0

    def holds(numbers: tuple[int, ...]) -> Bool:
        if rule.bits:
            return np.asarray(values & np.uint16(sum(1 << bit for bit in numbers)) != 0)
        return np.isin(values, numbers)

    shade = holds(rule.shade)
    ground = ~holds(rule.drop) if rule.bits else holds(rule.keep) | shade
    seen = ~holds(rule.fill_bits) if rule.bits else np.ones_like(ground)
    flags = (
        SEEN * seen | GROUND * (ground & seen) | DARK * shade | SPREADS * holds(rule.grow)
    ).astype(np.uint8)
    flags[0] = 0
    flags.flags.writeable = False
    return flags


def find_clear(flags: UInt8, reach: Reach) -> tuple[Bool, Bool]:
    """Where each overpass shows the ground, and where it is only suspect.

    Clouds and shadows grow by the rule's distance; dark ground near them is left out. What they
    hide under an otherwise open sky is suspect: it may be a small cloud, but bright pads are
    called cloud and dark pools shadow as well, and those come back at the same place overpass after
    overpass. Who sees many overpasses can decide (`minewatch.detect.settle_cloud_commission`).

    Parameters
    ----------
    flags
        Overpasses, dims (overpass, y, x).
    reach
        Distances of the mask rule on this grid.

    Returns
    -------
    clear, suspect : array, dims (overpass, y, x), bool
        Never both. Right at least `reach.halo` pixels away from the edges.
    """
    clear = flags & GROUND > 0
    suspect = np.zeros_like(clear)
    for overpass in range(len(flags)):
        spreads = flags[overpass] & SPREADS > 0
        if not spreads.any():
            continue
        ground = clear[overpass].copy()
        hidden = grow(spreads, reach.growth)
        dark = flags[overpass] & DARK > 0
        if dark.any():
            hidden |= dark & grow(spreads, reach.shade)
        clear[overpass] &= ~hidden
        cover = share_around(~ground, reach.sky)
        suspect[overpass] = hidden & (ground | spreads) & (cover <= OPEN_SKY_COVER)
    return clear, suspect


@kernel("boolean[:,::1], int64")
def share_around(mask: Bool, radius_px: int) -> NDArray[np.float64]:  # pragma: no cover - compiled
    """Share of a square box round each pixel that a mask covers, dims (y, x), 0..1.

    Beyond the edges the box is cut.
    """
    rows, cols = mask.shape
    out = np.empty((rows, cols))
    in_column = np.zeros(cols, np.int64)
    for row in range(-radius_px, rows):
        if row + radius_px < rows:
            for col in range(cols):
                in_column[col] += mask[row + radius_px, col]
        if row > radius_px:
            for col in range(cols):
                in_column[col] -= mask[row - radius_px - 1, col]
        if row < 0:
            continue
        high = min(row + radius_px + 1, rows) - max(row - radius_px, 0)
        total = 0
        for col in range(-radius_px, cols):
            if col + radius_px < cols:
                total += in_column[col + radius_px]
            if col > radius_px:
                total -= in_column[col - radius_px - 1]
            if col >= 0:
                wide = min(col + radius_px + 1, cols) - max(col - radius_px, 0)
                out[row, col] = total / (high * wide)
    return out
