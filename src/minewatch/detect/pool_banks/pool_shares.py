"""Where pools are: dark or milky water in spots, and not in rivers."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from minewatch.detect.labels import label_pixels
from minewatch.detect.morphology import (
    Pixels,
    Shape,
    grown,
    is_among,
    opened_values,
    reached,
)
from minewatch.detect.pool_banks.evidence_layers import NO_SHARE
from minewatch.detect.pool_banks.nir_deficit import nir_deficit_share

UInt8 = NDArray[np.uint8]
Bool = NDArray[np.bool_]

DARK_DOUBT_PCT = 8
"""Median darkness of forest, whose light is compared with its brighter quarter [C, simulated]; it
is taken off, and the rest stretched."""
MILKY_PER_DARK = 2
"""Milky or white water is believed up to this many times the darkness of its pixel: within a season
every pool is dark for a time, roofs and grey rock never are [D]."""
SEED_PCT = 25
"""Pool share that may begin a mine: a third of the smallest pool in one pixel [DOMAIN §2]."""
BROAD_PX = (5, 7)
"""No bank of pools is as broad as this, one way and the other: three rows of pools 15 m apart, and
five [DOMAIN §2]. What is dark over more than that is shade, water of another kind or dark rock."""
CHANNEL_EXTENT_M = 400.0
"""Connected water longer than this is a channel or a lake; 90 % of whole sites, dry ground
included, are at most 291 m across [DOMAIN §2], a third more for the gaps."""
CHANNEL_GAP_M = 60.0
"""Gap between waters that are still one channel: bright bars between them are often taken for
cloud and not seen [D]."""
CHANNEL_WET_SHARE = 0.05
"""Least share of water in a channel, its gaps and hidden bars [D]."""
CHANNEL_MARGIN_M = 30.0
"""Ground so near a channel is its bank [D]."""


def pool_share(evidence: xr.Dataset, step: int, at: Pixels) -> UInt8:
    """Share of pools in some pixels in one period, per cent: `in_banks` of `water_share`.

    Parameters and result as for `water_share`.
    """
    return in_banks(at, water_share(evidence, step, at), evidence["nir"].shape[1:])


def in_banks(at: Pixels, water: UInt8, shape: Shape) -> UInt8:
    """Water without what is dark over more than `BROAD_PX`: a white top-hat.

    Parameters
    ----------
    at, water
        All pixels with water, flat indices in order, and their shares, per cent.
    shape
        Rows and columns of the grid.

    Returns
    -------
    array, dims (pixel,), uint8
        Of the same pixels, per cent.

    Examples
    --------
    >>> slope, bank = np.full((9, 9), 30, np.uint8), np.zeros((9, 9), np.uint8)
    >>> bank[4, 2:7] = 50
    >>> found = [in_banks(np.arange(81), w.ravel(), (9, 9)) for w in (slope, slope + bank)]
    >>> int(found[0].max()), found[1][36:45].tolist()
    (0, [0, 0, 50, 50, 50, 50, 50, 0, 0])
    """
    narrow, wide = BROAD_PX
    windows = (narrow, wide), (wide, narrow)
    broad = np.maximum(*(opened_values(at, water, shape, *window) for window in windows))
    return np.asarray(water - broad, np.uint8)


def water_share(evidence: xr.Dataset, step: int, at: Pixels) -> UInt8:
    """Share of dark or milky water in some pixels in one period, per cent.

    Dark water is found against the surroundings, milky and white water by its colour, which must
    not be bright all season long; a pixel has the larger of the two. Small shares count only
    beside a large one: a pool's light is smeared over its neighbours, while forest and soil are a
    little dark everywhere.

    Parameters
    ----------
    evidence, step
        Layers of `score`, and which period.
    at
        The pixels: flat indices, in order.

    Returns
    -------
    array, dims (pixel,), uint8
        0 where not observed.
    """
    nir = np.ascontiguousarray(evidence.variables["nir"][step].to_numpy())
    dark = nir_deficit_share(nir, at)
    milky = evidence.variables["pool_pct"][step].to_numpy()[np.unravel_index(at, nir.shape)]
    dark = np.where(dark == NO_SHARE, 0, dark).astype(np.int16)
    dark = np.maximum(dark - DARK_DOUBT_PCT, 0) * 100 // (100 - DARK_DOUBT_PCT)
    milky = np.minimum(np.where(milky == NO_SHARE, 0, milky), MILKY_PER_DARK * dark)
    share = np.maximum(dark, milky).astype(np.uint8)
    near_pool = is_among(at, grown(at[share >= SEED_PCT], nir.shape))
    return np.asarray(share * near_pool)


def find_channels(wet: Pixels, hidden: Bool, *, resolution_m: float) -> Pixels:
    """Rivers and lakes with their banks: old water too long to be one mine.

    Parameters
    ----------
    wet
        Pixels with water that were without vegetation from the start: flat indices, in order.
    hidden
        Pixels seen far less often than most, dims (y, x): bright bars are taken for cloud. They
        join waters, but make none.
    resolution_m
        Pixel size.

    Returns
    -------
    array, dims (pixel,)
        Flat indices, in order.
    """
    shape, cols = hidden.shape, hidden.shape[1]
    gap = max(1, round(CHANNEL_GAP_M / 2 / resolution_m))
    joined = label_pixels(reached(grown(wet, shape, gap), hidden, hidden.size), cols)
    number = joined.label - 1
    water = np.bincount(number[is_among(joined.at, wet)], minlength=joined.count)
    is_channel = water >= CHANNEL_WET_SHARE * np.bincount(number, minlength=joined.count)
    sides = [_extents(number, joined.count, of) - 2 * gap for of in np.divmod(joined.at, cols)]
    is_channel &= np.hypot(*sides) * resolution_m > CHANNEL_EXTENT_M
    margin = max(1, round(CHANNEL_MARGIN_M / resolution_m))
    return grown(joined.at[is_channel[number]], shape, margin)


def _extents(number: NDArray[np.int32], count: int, place: NDArray[np.intp]) -> NDArray[np.intp]:
    """Rows, or columns, from the first to the last pixel of each number."""
    first, last = np.full(count, place.max(initial=0)), np.zeros(count, np.intp)
    np.minimum.at(first, number, place)
    np.maximum.at(last, number, place)
    return np.asarray(last - first + 1)
