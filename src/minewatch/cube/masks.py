"""Which pixels of a look are ground: mask classes, grown clouds, rescued bright places.

Everything works on a window that reaches `halo_px` beyond the pixels asked for, so that the answer
does not depend on how the grid is cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from minewatch.cube.kernels import grow
from minewatch.sensors import MaskRule

Bool = NDArray[np.bool_]
UInt16 = NDArray[np.uint16]

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


def is_any_of(values: UInt16, rule: MaskRule, numbers: tuple[int, ...]) -> Bool:
    """Where the mask band holds any of these classes, or has any of these bits set."""
    if rule.bits:
        wanted = np.uint16(sum(1 << bit for bit in numbers))
        return np.asarray((values & wanted) != 0)
    return np.isin(values, numbers)


def is_seen(values: UInt16, rule: MaskRule) -> Bool:
    """Where the mask band has a pixel at all: not 0, and not the fill bit."""
    seen = np.asarray(values != 0)
    return seen & ~is_any_of(values, rule, (0,)) if rule.bits else seen


def is_ground(values: UInt16, rule: MaskRule) -> Bool:
    """Where the mask band by itself calls the ground clear, doubtful dark ground included."""
    if rule.bits:
        return is_seen(values, rule) & ~is_any_of(values, rule, rule.drop)
    return is_any_of(values, rule, rule.keep + rule.care)


def find_clear(values: UInt16, rule: MaskRule, *, resolution_m: float) -> Bool:
    """Where each look of a month shows the ground.

    Clouds and shadows grow by the rule's distance; dark ground near them is left out; small bright
    places called cloud on most looks, while the ring round them is clear, are kept.

    Parameters
    ----------
    values
        Mask band of all looks of one month, dims (look, y, x), 0 = no pixel.
    rule
        What the values mean.
    resolution_m
        Pixel size, metres.

    Returns
    -------
    array, dims (look, y, x), bool
        Right at least `reach_of(rule, resolution_m).halo` pixels away from the edges.
    """
    reach = reach_of(rule, resolution_m)
    ground = is_ground(values, rule)
    rescued = find_rescued(values, rule, ground, reach)
    spreads = is_any_of(values, rule, rule.grow) & ~rescued
    doubtful = is_any_of(values, rule, rule.care)
    clear = ground | rescued
    for look in range(len(values)):
        if not spreads[look].any():
            continue
        clear[look] &= ~grow(spreads[look], reach.growth)
        clear[look] &= ~(doubtful[look] & grow(spreads[look], reach.care))
    return clear


def find_rescued(values: UInt16, rule: MaskRule, ground: Bool, reach: Reach) -> Bool:
    """Places called cloud in a look that are bright ground: isolated, and so on most looks.

    Of the looks in which a place is clear or an isolated small cloud, more than half, and at least
    two, must call it cloud.

    Returns
    -------
    array, dims (look, y, x), bool
    """
    others = tuple(number for number in rule.drop if number not in rule.rescue)
    cloud = is_any_of(values, rule, rule.rescue) & ~is_any_of(values, rule, others)
    isolated = np.stack(
        [find_isolated(c, g, reach) if c.any() else c for c, g in zip(cloud, ground, strict=True)]
    )
    often = isolated.sum(axis=0, dtype=np.uint16)
    looks = (isolated | ground).sum(axis=0, dtype=np.uint16)
    persistent = (often >= RESCUE_LOOKS) & (2 * often > looks)
    return np.asarray(isolated & persistent)


def find_isolated(cloud: Bool, ground: Bool, reach: Reach) -> Bool:
    """Small patches of cloud whose ring is clear, dims (y, x).

    A patch is small when its bounding box is; the ring lies between two boxes round that box.
    """
    labels, _ = ndimage.label(cloud, structure=_EIGHT_NEIGHBOURS)
    boxes = np.array(
        [(r.start, r.stop, c.start, c.stop) for r, c in ndimage.find_objects(labels)]
    ).reshape(-1, 4)
    small = np.maximum(boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2]) <= reach.extent
    inner, outer = reach.ring
    pixels = _box_areas(boxes, outer) - _box_areas(boxes, inner)
    clear = _box_sums(ground, boxes, outer) - _box_sums(ground, boxes, inner)
    isolated = np.concatenate([[False], small & (clear >= RESCUE_RING_CLEAR * pixels)])
    return np.asarray(isolated[labels])


def _box_areas(boxes: NDArray[np.int64], margin: int) -> NDArray[np.int64]:
    sides = boxes[:, 1::2] - boxes[:, ::2] + 2 * margin
    return np.asarray(sides[:, 0] * sides[:, 1])


def _box_sums(mask: Bool, boxes: NDArray[np.int64], margin: int) -> NDArray[np.int64]:
    """How many pixels of a mask lie in each box grown by a margin."""
    table = np.pad(mask.cumsum(axis=0, dtype=np.int64).cumsum(axis=1), ((1, 0), (1, 0)))
    limits = np.array([mask.shape[0], mask.shape[0], mask.shape[1], mask.shape[1]])
    grown = np.clip(boxes + np.array([-margin, margin, -margin, margin]), 0, limits)
    top, bottom, left, right = grown.T
    sums = table[bottom, right] - table[top, right] - table[bottom, left] + table[top, left]
    return np.asarray(sums)
