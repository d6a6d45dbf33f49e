"""Where pools are: dark or milky water in spots."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from minewatch.detect.labels import label_pixels
from minewatch.detect.morphology import (
    Pixels,
    Shape,
    grown,
    is_among,
    opened_values,
)
from minewatch.detect.pixel_sizes import odd_pixels, whole_pixels
from minewatch.detect.pool_banks.evidence_layers import NO_SHARE
from minewatch.detect.pool_banks.nir_deficit import nir_deficit_share
from minewatch.detect.pool_banks.pool_bank_rules import WaterRules
from minewatch.model import PeriodEvidence

UInt8 = NDArray[np.uint8]
Bool = NDArray[np.bool_]


def pool_share(evidence: PeriodEvidence, at: Pixels, *, pixel_m: float, rules: WaterRules) -> UInt8:
    """Share of pools in some pixels in one period, per cent: `in_banks` of `water_share`.

    Parameters and result as for `water_share`.
    """
    water = water_share(evidence, at, pixel_m=pixel_m, rules=rules)
    return in_banks(at, water, evidence.layers["nir"].shape, pixel_m=pixel_m, rules=rules)


def in_banks(at: Pixels, water: UInt8, shape: Shape, *, pixel_m: float, rules: WaterRules) -> UInt8:
    """Water without what is dark over more than `broad_m`: a white top-hat.

    Parameters
    ----------
    at, water
        All pixels with water, flat indices in order, and their shares, per cent.
    shape
        Rows and columns of the grid.
    pixel_m, rules
        Pixel size, and thresholds.

    Returns
    -------
    array, dims (pixel,), uint8
        Of the same pixels, per cent.

    Examples
    --------
    >>> slope, bank = np.full((9, 9), 30, np.uint8), np.zeros((9, 9), np.uint8)
    >>> bank[4, 2:7] = 50
    >>> rules, grounds = WaterRules(), (slope, slope + bank)
    >>> found = [in_banks(np.arange(81), ground.ravel(), (9, 9), pixel_m=10, rules=rules)
    ...          for ground in grounds]
    >>> int(found[0].max()), found[1][36:45].tolist()
    (0, [0, 0, 50, 50, 50, 50, 50, 0, 0])
    """
    narrow, wide = (odd_pixels(length, pixel_m) for length in rules.broad_m)
    windows = (narrow, wide), (wide, narrow)
    broad = np.maximum(*(opened_values(at, water, shape, *window) for window in windows))
    return np.asarray(water - broad, np.uint8)


def water_share(
    evidence: PeriodEvidence, at: Pixels, *, pixel_m: float, rules: WaterRules
) -> UInt8:
    """Share of dark or milky water in some pixels in one period, per cent.

    Dark water is found against the surroundings, milky and white water by its colour, which must
    not be bright all season long, unless it stands out from new bare ground: see `_stands_out`. A
    pixel has the larger of the two. Small shares count only beside a large one: a pool's light is
    smeared over its neighbours, while forest and soil are a little dark everywhere.

    Parameters
    ----------
    evidence
        Of the period.
    at
        The pixels: flat indices, in order.
    pixel_m, rules
        Pixel size, and thresholds.

    Returns
    -------
    array, dims (pixel,), uint8
        0 where not observed.
    """
    nir = np.ascontiguousarray(evidence.layers["nir"])
    dark = nir_deficit_share(nir, at, pixel_m=pixel_m, rules=rules)
    milky = evidence.layers["pool_pct"][np.unravel_index(at, nir.shape)]
    dark, bias = np.where(dark == NO_SHARE, 0, dark).astype(np.int16), rules.dark_bias_pct
    dark = np.maximum(dark - bias, 0) * 100 // (100 - bias)
    most = np.where(_stands_out(evidence, at, rules), 100, rules.milky_per_dark * dark)
    milky = np.minimum(np.where(milky == NO_SHARE, 0, milky), most)
    share = np.maximum(dark, milky).astype(np.uint8)
    near = whole_pixels(rules.near_m, pixel_m)
    near_pool = is_among(at, grown(at[share >= rules.seed_pct], nir.shape, near))
    return np.asarray(share * near_pool)


def _stands_out(evidence: PeriodEvidence, at: Pixels, rules: WaterRules) -> Bool:
    """Which pixels of new bare ground are nearer to water in colour than the ground they lie in.

    Pools at work are white or drained in many months, and so no darker than soil. Roofs and rock
    are as bright, but roofs were there from the start, and rock is one colour.
    """
    shape = evidence.layers["nir"].shape
    place = np.unravel_index(at, shape)
    start, ndwi = evidence.whole["start_disturbed_pct"][place], evidence.layers["ndwi"][place]
    is_new = (start < rules.channel_old_pct) & (evidence.whole["run_before"][0][place] > 0)
    is_bare = evidence.layers["vegetation_pct"][place] < rules.milky_plants_pct
    out = np.asarray(is_new & is_bare & (ndwi != NO_SHARE))
    colour = pd.Series(ndwi[out].astype(float))
    ground = label_pixels(at[out], shape[1]).label
    plain = colour.groupby(ground).quantile(rules.milky_plain_quantile)
    out[out] = colour.to_numpy() - plain.reindex(ground).to_numpy() >= rules.milky_ndwi
    return out
