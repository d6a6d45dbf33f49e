"""Which pixels lost their vegetation in a period, and how they are cut into patches."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from minewatch.detect.days import from_day
from minewatch.detect.labels import Patches, label_pixels
from minewatch.detect.morphology import (
    Pixels,
    Shape,
    grown,
    is_among,
    opened,
    reached,
    spread,
)
from minewatch.detect.pixel_sizes import odd_pixels, whole_pixels
from minewatch.detect.pool_banks.evidence_layers import NO_SHARE
from minewatch.detect.pool_banks.pool_bank_rules import PatchRules
from minewatch.model import PeriodEvidence


def lost_ground(evidence: PeriodEvidence, *, rules: PatchRules) -> Pixels:
    """Where a confirmed run of disturbed overpasses is under way in a period.

    Parameters
    ----------
    evidence
        Of the period.
    rules
        Thresholds.

    Returns
    -------
    array, dims (pixel,)
        Flat indices, in order.
    """
    share = evidence.layers["disturbed_pct"]
    at = np.flatnonzero((share >= rules.lost_pct) & (share != NO_SHARE))
    return at[run_of(evidence, np.unravel_index(at, share.shape)) >= 0]


def run_of(evidence: PeriodEvidence, at: Any = ...) -> NDArray[np.int8]:
    """Index of the run under way in a period, -1: none; dims (y, x), or those of the pixels `at`.

    Parameters
    ----------
    evidence
        Of the period.
    at
        Rows and columns wanted, as an index of an array; all when not given.
    """
    start, end = from_day(evidence.period.start), from_day(evidence.period.end)
    starts, ends = evidence.whole["run_start"], evidence.whole["run_end"]
    found = np.full(starts[0][at].shape, -1, np.int8)
    for k in range(len(starts)):
        begins = starts[k][at]
        is_on = (begins > 0) & (begins <= end) & (ends[k][at] >= start)
        found[is_on & (found < 0)] = k
    return found


def cut_patches(
    lost: Pixels, seeds: Pixels, shape: Shape, *, pixel_m: float, rules: PatchRules
) -> Patches:
    """Lost ground round pools, cut free of the roads, rivers and slides it touches.

    Ground belongs to a pool when it can be reached over lost ground within `reach_m` without
    going along anything narrower than `narrow_m`, other than right beside the pool.

    Parameters
    ----------
    lost, seeds
        Lost ground, and pool pixels in it: flat indices, in order.
    shape
        Rows and columns of the grid.
    pixel_m, rules
        Pixel size, and thresholds.

    Returns
    -------
    Patches
        Numbered from 1; each holds a pool at least.
    """
    reach = whole_pixels(rules.reach_m, pixel_m)
    wide = opened(lost, shape, odd_pixels(rules.narrow_m, pixel_m))
    beside = grown(seeds, shape, whole_pixels(rules.beside_m, pixel_m))
    is_open = is_among(lost, wide) | is_among(lost, beside)
    return label_pixels(reached(seeds, spread(lost[is_open], shape), reach), shape[1])
