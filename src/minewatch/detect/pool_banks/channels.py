"""Rivers: their courses over the whole record, and the strip of ground that is theirs.

Old water that reaches far is a river, or a river with whatever lies beside it: pools of a mine are
often a few steps from the water. So what is taken out is the course itself, from end to end, as
wide as the river is along it; what lies beside it stays to be judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from minewatch.detect.labels import label_pixels
from minewatch.detect.morphology import (
    Pixels,
    Shape,
    grown,
    is_among,
    reached,
    spread,
    values_at,
)
from minewatch.detect.pixel_sizes import whole_pixels
from minewatch.detect.pool_banks.evidence_layers import NDWI_ZERO, NO_SHARE
from minewatch.detect.pool_banks.lost_ground import Ground
from minewatch.detect.pool_banks.pool_bank_rules import WaterRules
from minewatch.model import Evidence

Bool = NDArray[np.bool_]
Floats = NDArray[np.float64]
MOST_COURSES = 64
"""Courses looked for in one connected system of waters: an end to the search, never met."""
_STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))
"""To the neighbours of a pixel, each pair of neighbours once."""


def find_channels(
    evidence: Evidence, grounds: Sequence[Ground], *, pixel_m: float, rules: WaterRules
) -> Pixels:
    """Rivers of any period: flat indices of their strips, in order.

    They are water on ground that never was green, or is so by turns, or is seldom seen at all.

    Parameters
    ----------
    evidence
        Layers of the detector over the whole grid.
    grounds
        From `lost_ground.find_ground`, of one period at least.
    pixel_m, rules
        Pixel size, and thresholds.
    """
    whole = evidence.whole
    start, seasonal = whole["start_disturbed_pct"], whole["seasonal_pct"]
    overpasses = _overpasses(evidence)
    hidden = _hidden(overpasses, rules)
    old = (start >= rules.channel_old_pct) & ((start != NO_SHARE) | hidden)
    old |= (seasonal >= rules.channel_seasonal_pct) & (seasonal != NO_SHARE)
    old |= whole["run_before"][0] == 0
    wet = np.zeros(evidence.shape, bool)
    for ground in grounds:
        at = ground.wet_at[ground.water_pct >= rules.seed_pct]
        wet.reshape(-1)[at[is_among(at, ground.lost_at)]] = True
    wet &= old
    return find_strips(
        np.flatnonzero(wet), hidden, unseen=overpasses == 0, ndwi=_ndwi(evidence, wet),
        pixel_m=pixel_m, rules=rules,
    )  # fmt: skip


def _ndwi(evidence: Evidence, wet: Bool) -> Floats:
    """NDWI of wet pixels, median of the periods, in hundredths; NaN elsewhere; dims (y, x)."""
    stored = np.stack([here.layers["ndwi"][wet] for here in evidence]).astype(float)
    stored[stored == NO_SHARE] = np.nan
    out = np.full(wet.shape, np.nan)
    out[wet] = np.nanmedian(stored, axis=0) - NDWI_ZERO  # what is wet was seen
    return out


def _overpasses(evidence: Evidence) -> NDArray[np.uint16]:
    """Clear overpasses of the whole record, dims (y, x)."""
    overpasses = np.zeros(evidence.shape, np.uint16)
    for here in evidence:
        overpasses += here.layers["clear_looks"]
    return overpasses


def _hidden(overpasses: NDArray[np.uint16], rules: WaterRules) -> Bool:
    """Pixels seen far less often than most: bright bars are taken for cloud."""
    usual = np.median(overpasses[overpasses > 0]) if overpasses.any() else 0.0
    return np.asarray((overpasses > 0) & (overpasses < rules.hidden_share * usual))


def find_strips(
    wet: Pixels, hidden: Bool, *, unseen: Bool, ndwi: Floats, pixel_m: float, rules: WaterRules
) -> Pixels:
    """The strips of ground along the courses of rivers.

    Parameters
    ----------
    wet
        Pixels with old water: flat indices, in order.
    hidden
        Pixels seen far less often than most, dims (y, x): they join waters, but make none.
    unseen
        Pixels that were never seen, dims (y, x): rivers flow on into them.
    ndwi
        NDWI of the wet pixels, in hundredths, dims (y, x); NaN: not known, as elsewhere.
    pixel_m, rules
        Pixel size, and thresholds.

    Returns
    -------
    array, dims (pixel,)
        Flat indices, in order.
    """
    strips = np.zeros(hidden.shape, bool)
    nowhere = np.zeros(hidden.shape, bool)
    for gap_m, bars in ((rules.channel_touch_m, nowhere), (rules.channel_gap_m, hidden)):
        waiting = [wet[~strips.reshape(-1)[wet]]]
        for _ in range(MOST_COURSES):
            waiting = [
                beside
                for water in waiting
                for system in _systems(water, bars, gap_m, pixel_m=pixel_m, rules=rules)
                for beside in _take(strips, system, water, bars, ndwi, pixel_m=pixel_m, rules=rules)
            ]
            if not waiting:
                break
    strips.reshape(-1)[_ends(strips, wet, unseen, pixel_m=pixel_m, rules=rules)] = True
    return np.flatnonzero(strips)


def _ends(strips: Bool, wet: Pixels, unseen: Bool, *, pixel_m: float, rules: WaterRules) -> Pixels:
    """Water between a strip and the edge of what is seen, with its banks: rivers flow on there."""
    rows, cols = shape = strips.shape
    water = label_pixels(grown(wet[~strips.reshape(-1)[wet]], shape), cols)
    row, col = np.divmod(water.at, cols)
    at_edge = (row == 0) | (col == 0) | (row == rows - 1) | (col == cols - 1)
    at_edge |= unseen.reshape(-1)[water.at]
    meets = strips.reshape(-1)[water.at]
    is_end = np.zeros(water.count + 1, bool)
    is_end[np.intersect1d(water.label[at_edge], water.label[meets])] = True
    margin = whole_pixels(rules.channel_margin_m, pixel_m)
    return grown(water.at[is_end[water.label]], shape, margin)


def _systems(
    water: Pixels, bars: Bool, gap_m: float, *, pixel_m: float, rules: WaterRules
) -> list[Pixels]:
    """Waters joined over gaps and bars, with these: those that reach far enough for a river."""
    shape = bars.shape
    around = grown(water, shape, whole_pixels(gap_m / 2, pixel_m))
    joined = reached(around, bars, whole_pixels(rules.channel_hidden_m, pixel_m))
    patches = label_pixels(joined, shape[1])
    order = np.argsort(patches.label, kind="stable")
    bounds = np.searchsorted(patches.label[order], np.arange(1, patches.count + 2))
    systems = [patches.at[order[i:j]] for i, j in pairwise(bounds)]
    return [s for s in systems if _extent(s, shape) * pixel_m > rules.channel_extent_m]


def _take(
    strips: Bool,
    system: Pixels,
    water: Pixels,
    bars: Bool,
    ndwi: Floats,
    *,
    pixel_m: float,
    rules: WaterRules,
) -> list[Pixels]:
    """Add the strip of a system's river to the others: the water beside it, when there is one."""
    shape = bars.shape
    water = water[is_among(water, system)]
    is_water = is_among(system, water)
    is_clear = ndwi.reshape(-1)[system] >= rules.channel_ndwi
    course = _course(system, is_water, is_clear, bars, pixel_m=pixel_m, rules=rules)
    colour = ndwi.reshape(-1)[course[is_among(course, water)]]
    if not len(course) or not np.nanmedian(colour) >= rules.channel_ndwi:
        return []
    strip = _strip(course, water, shape, pixel_m=pixel_m, rules=rules)
    strips.reshape(-1)[strip] = True
    return [water[~is_among(water, strip)]]


def _course(
    system: Pixels, is_wet: Bool, is_clear: Bool, bars: Bool, *, pixel_m: float, rules: WaterRules
) -> Pixels:
    """The way along the water between the two ends of a system; empty when it is no river."""
    if is_wet.sum() < rules.channel_wet_share * len(system) or not is_clear.any():
        return np.empty(0, np.intp)
    water = system[is_wet]
    flows = is_wet | bars.reshape(-1)[system]
    cost = np.where(flows, 1.0, 1.5)
    for depth in range(
        2, rules.channel_depth_px + 1
    ):  # in the middle, not along a bank or across a bend
        land = np.setdiff1d(grown(water, bars.shape), water, assume_unique=True)
        water = water[~is_among(water, grown(land, bars.shape))]
        cost[is_among(system, water)] = 1 / depth**2
    way = _between_the_ends(system, bars.shape, is_clear, cost)
    is_long = _extent(system[way], bars.shape) * pixel_m > rules.channel_extent_m
    if not is_long or flows[way].mean() < rules.channel_flow_share:
        return np.empty(0, np.intp)
    return system[way]


def _extent(at: Pixels, shape: Shape) -> float:
    """Diagonal of the box round some pixels, in pixels."""
    rows, cols = np.divmod(at, shape[1])
    return float(np.hypot(np.ptp(rows) + 1, np.ptp(cols) + 1))


def _between_the_ends(
    system: Pixels, shape: Shape, may_end: Bool, cost: Floats
) -> NDArray[np.intp]:
    """The cheapest way between the two ends that are furthest apart: places in `system`.

    As the crow flies, or an arm of shade that leaves the river would be further than its end.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    rows, cols = np.divmod(system, shape[1])
    one, other, price = [], [], []
    for down, right in _STEPS:
        inside = (cols + right >= 0) & (cols + right < shape[1]) & (rows + down < shape[0])
        place = np.flatnonzero(inside)
        to = system[place] + down * shape[1] + right
        found = values_at(to, system, np.arange(1, len(system) + 1)) - 1
        place, found = place[found >= 0], found[found >= 0]
        one.append(place)
        other.append(found)
        price.append((cost[place] + cost[found]) * np.hypot(down, right) / 2)
    ends = np.concatenate(one), np.concatenate(other)
    graph = csr_array((np.concatenate(price), ends), shape=(len(system), len(system)))
    end = np.flatnonzero(may_end)
    begun = end[0]
    for _ in range(2):
        away = np.hypot(rows[end] - rows[begun], cols[end] - cols[begun])
        start, begun = begun, int(end[np.argmax(away)])
    back = dijkstra(graph, directed=False, indices=begun, return_predecessors=True)[1]
    way = [start]
    while way[-1] != begun:
        way.append(int(back[way[-1]]))
    return np.array(way)


def _strip(
    course: Pixels, water: Pixels, shape: Shape, *, pixel_m: float, rules: WaterRules
) -> Pixels:
    """Ground within half the river's usual width of its course, and a margin."""
    near = whole_pixels(rules.broad_m[0], pixel_m)
    touching = reached(course, spread(water, shape), near)
    half_m = rules.channel_widening * len(touching) / len(course) * pixel_m / 2
    return grown(course, shape, whole_pixels(half_m + rules.channel_margin_m, pixel_m))
