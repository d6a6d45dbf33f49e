"""Which pixels of a look are ground: mask classes, grown clouds, rescued bright places.

Everything works on a window that reaches `halo_px` beyond the pixels asked for, so that the answer
does not depend on how the grid is cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from minewatch.cube.kernels import grow
from minewatch.sensors import MaskRule

Bool = NDArray[np.bool_]
UInt8 = NDArray[np.uint8]
UInt16 = NDArray[np.uint16]

SEEN, GROUND, DOUBTFUL, SPREADS, CLOUD = (1 << bit for bit in range(5))
"""A pixel is there; shows the ground; is dark ground or shadow; hides its margin too; is a cloud
that may be bright ground."""
RESCUE_EXTENT_M = 300.0
"""Widest patch that is rescued [D]: 90 % of sites are at most 291 m across [DOMAIN §2]."""
RESCUE_RING_M = (60.0, 150.0)
"""Ring round a patch that must be clear [D]; starts where the mask's blur ends."""
RESCUE_RING_CLEAR = 0.8
"""Share of the ring that must be clear [D]; neighbouring pads may be called cloud as well."""
RESCUE_LOOKS = 2
"""Fewest looks of a month that must call a patch cloud for it to be rescued [D]."""
CARE_REACH = 2
"""Dark ground this many times the growth from cloud or shadow is taken for shadow [D]."""

_EIGHT_NEIGHBOURS = np.ones((3, 3), bool)


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The distances of the mask in pixels of a grid."""

    growth: int
    """Radius by which clouds grow."""
    care: int
    """Radius within which dark ground is not trusted."""
    extent: int
    """Widest patch that is rescued."""
    ring: tuple[int, int]
    """From and to how far from a patch its ring goes."""

    @property
    def halo(self) -> int:
        """How far from a pixel anything can matter to it."""
        return max(self.growth, self.care) + self.extent + self.ring[1] + 1


def reach_of(rule: MaskRule, resolution_m: float) -> Reach:
    """The distances of a mask rule on a grid; growth is at least one pixel."""
    growth = math.ceil(rule.grow_m / resolution_m - 1e-9)
    inner, outer = (math.ceil(m / resolution_m - 1e-9) for m in RESCUE_RING_M)
    return Reach(
        growth=growth,
        care=CARE_REACH * growth,
        extent=max(1, int(RESCUE_EXTENT_M / resolution_m + 1e-9)),
        ring=(inner, max(outer, inner + 1)),
    )


def flag(values: UInt16, rule: MaskRule) -> UInt8:
    """What the mask band says of each pixel, as a set of flags: `SEEN`, `GROUND`, ...

    Parameters
    ----------
    values
        Mask band, any shape, 0 = no pixel.
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

    def holds(numbers: tuple[int, ...]) -> Bool:
        if rule.bits:
            return np.asarray(values & np.uint16(sum(1 << bit for bit in numbers)) != 0)
        return np.isin(values, numbers)

    rescued = holds(rule.rescue)
    others = holds(tuple(number for number in rule.drop if number not in rule.rescue))
    care = holds(rule.care)
    ground = ~holds(rule.drop) if rule.bits else holds(rule.keep) | care
    seen = ~holds((0,)) if rule.bits else np.ones_like(ground)
    flags = (
        SEEN * seen
        | GROUND * (ground & seen)
        | DOUBTFUL * care
        | SPREADS * holds(rule.grow)
        | CLOUD * (rescued & ~others)
    ).astype(np.uint8)
    flags[0] = 0
    flags.flags.writeable = False
    return flags


def find_clear(flags: UInt8, reach: Reach) -> Bool:
    """Where each look of a month shows the ground.

    Clouds and shadows grow by the rule's distance; dark ground near them is left out; small bright
    places called cloud on most looks, while the ring round them is clear, are kept.

    Parameters
    ----------
    flags
        All looks of one month, dims (look, y, x).
    reach
        Distances of the mask rule on this grid.

    Returns
    -------
    array, dims (look, y, x), bool
        Right at least `reach.halo` pixels away from the edges.
    """
    rescued = find_rescued(flags, reach)
    clear = (flags & GROUND > 0) | rescued
    for look in range(len(flags)):
        spreads = (flags[look] & SPREADS > 0) & ~rescued[look]
        doubtful = flags[look] & DOUBTFUL > 0
        if spreads.any():
            clear[look] &= ~grow(spreads, reach.growth)
            if doubtful.any():
                clear[look] &= ~(doubtful & grow(spreads, reach.care))
    return np.asarray(clear)


def find_rescued(flags: UInt8, reach: Reach) -> Bool:
    """Places called cloud in a look that are bright ground: isolated, and so on most looks.

    Of the looks in which a place is clear or an isolated small cloud, more than half, and at least
    two, must call it cloud.

    Parameters
    ----------
    flags, reach
        As in `find_clear`.

    Returns
    -------
    array, dims (look, y, x), bool
    """
    ground, cloud = flags & GROUND > 0, flags & CLOUD > 0
    isolated = np.zeros_like(cloud)
    for look in np.flatnonzero(cloud.any(axis=(1, 2))):
        isolated[look] = find_isolated(cloud[look], ground[look], reach)
    often = isolated.sum(axis=0, dtype=np.uint16)
    looks = (isolated | ground).sum(axis=0, dtype=np.uint16)
    return np.asarray(isolated & (often >= RESCUE_LOOKS) & (2 * often > looks))


def find_isolated(cloud: Bool, ground: Bool, reach: Reach) -> Bool:
    """Small patches of cloud whose ring is clear, dims (y, x).

    A patch is small when its bounding box is; the ring lies between two boxes round that box.
    """
    labels, _ = ndimage.label(cloud, structure=_EIGHT_NEIGHBOURS)
    boxes = np.array(
        [(r.start, r.stop, c.start, c.stop) for r, c in ndimage.find_objects(labels)]
    ).reshape(-1, 4)
    small = np.maximum(boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2]) <= reach.extent
    table = np.pad(ground.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32), 1)
    inner, outer = reach.ring
    pixels = _box_areas(boxes, outer) - _box_areas(boxes, inner)
    clear = _box_sums(table, boxes, outer) - _box_sums(table, boxes, inner)
    isolated = np.concatenate([[False], small & (clear >= RESCUE_RING_CLEAR * pixels)])
    return np.asarray(isolated[labels])


def _box_areas(boxes: NDArray[np.int64], margin: int) -> NDArray[np.int64]:
    sides = boxes[:, 1::2] - boxes[:, ::2] + 2 * margin
    return np.asarray(sides[:, 0] * sides[:, 1])


def _box_sums(table: NDArray[np.int32], boxes: NDArray[np.int64], margin: int) -> NDArray[np.int32]:
    """Sums over boxes grown by a margin, of what a summed-area table (padded by 1) adds up."""
    rows, cols = (side - 2 for side in table.shape)
    grown = np.clip(boxes + margin * np.array([-1, 1, -1, 1]), 0, [rows, rows, cols, cols])
    top, bottom, left, right = grown.T
    sums = table[bottom, right] - table[top, right] - table[bottom, left] + table[top, left]
    return np.asarray(sums)
