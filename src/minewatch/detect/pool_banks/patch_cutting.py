"""Which pixels lost their vegetation in a period, and how they are cut into patches."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

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
from minewatch.detect.pool_banks.evidence_layers import NO_SHARE, from_day
from minewatch.model import Period

LOST_PCT = 50
"""Share of a period's clear looks without vegetation that makes a pixel lost [D]."""
MIN_PATCH_PX = 4
"""Fewer lost pixels are neither a mine nor a change worth telling [D]."""
REACH_PX = 7
"""How far lost ground may lie from a pool and still be the same mine, pixels: half of the median
extent of a site, 102 m [DOMAIN §2], and two more."""


def lost_ground(evidence: xr.Dataset, step: int, period: Period) -> Pixels:
    """Where a confirmed run of disturbed looks is under way in a period.

    Parameters
    ----------
    evidence
        Layers of `score`.
    step, period
        Which period.

    Returns
    -------
    array, dims (pixel,)
        Flat indices, in order.
    """
    share = evidence.variables["disturbed_pct"][step].to_numpy()
    at = np.flatnonzero((share >= LOST_PCT) & (share != NO_SHARE))
    return at[run_of(evidence, period, np.unravel_index(at, share.shape)) >= 0]


def run_of(evidence: xr.Dataset, period: Period, at: Any = ...) -> NDArray[np.int8]:
    """Index of the run under way in a period, -1: none; dims (y, x), or those of the pixels `at`.

    Parameters
    ----------
    evidence, period
        As for `lost_ground`.
    at
        Rows and columns wanted, as an index of an array; all when not given.
    """
    start, end = from_day(period.start), from_day(period.end)
    starts, ends = (evidence.variables[name].to_numpy() for name in ("run_start", "run_end"))
    found = np.full(starts[0][at].shape, -1, np.int8)
    for k in range(len(starts)):
        begins = starts[k][at]
        is_on = (begins > 0) & (begins <= end) & (ends[k][at] >= start)
        found[is_on & (found < 0)] = k
    return found


def cut_patches(lost: Pixels, seeds: Pixels, shape: Shape) -> Patches:
    """Lost ground round pools, cut free of the roads, rivers and slides it touches.

    Ground belongs to a pool when it can be reached over lost ground within `REACH_PX` without
    going along anything narrower than three pixels, other than right beside the pool.

    Parameters
    ----------
    lost, seeds
        Lost ground, and pool pixels in it: flat indices, in order.
    shape
        Rows and columns of the grid.

    Returns
    -------
    Patches
        Numbered from 1; each holds a pool at least.
    """
    is_open = is_among(lost, opened(lost, shape)) | is_among(lost, grown(seeds, shape))
    return label_pixels(reached(seeds, spread(lost[is_open], shape), REACH_PX), shape[1])
