"""Bare patches and the water beside them: their figures, and the rows of tables made of these."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from minewatch.detect import plain_patches
from minewatch.detect.labels import Patches
from minewatch.detect.morphology import grown
from minewatch.detect.pixel_sizes import whole_pixels
from minewatch.detect.plain_patches import ramp
from minewatch.detect.pool_ranges import pool_ranges
from minewatch.detect.thresholds.threshold_evidence import is_water
from minewatch.detect.thresholds.threshold_rules import ThresholdRules
from minewatch.model import EvidenceTerm, Figure, Grid, PeriodEvidence

TERMS: Mapping[str, EvidenceTerm] = {
    "water": EvidenceTerm(weight=None, meaning="water beside the bare ground"),
    "lasting": EvidenceTerm(weight=None, meaning="still bare after months"),
}
"""The weaker of the two is the confidence."""
FIGURES: Mapping[str, Figure] = {
    "pixels": Figure("1", "pixels in the patch"),
    "water": Figure("1", "water pixels in it and in the ring round it"),
    "first": Figure("day", "first bare month of the earliest quarter of its pixels"),
    "before": Figure("day", "last green month before it; 0: unknown"),
    "last": Figure("day", "last bare month"),
    "anchor": Figure("1", "flat index of the pixel that began first"),
}


def find_patches(at: NDArray[np.intp], grid: Grid, *, rules: ThresholdRules) -> Patches:
    """Connected pixels of at least the mapping unit."""
    return plain_patches.connected(at, grid, least_m2=rules.min_patch_m2)


def describe_patches(
    patches: Patches, here: PeriodEvidence, grid: Grid, *, rules: ThresholdRules
) -> pd.DataFrame:
    """Columns of `FIGURES` for every patch; index its label."""
    table = plain_patches.dated(patches, here)
    table["water"] = _water_pixels(patches, here, grid, rules)
    return table.astype(np.int64)


def _water_pixels(
    patches: Patches, here: PeriodEvidence, grid: Grid, rules: ThresholdRules
) -> list[int]:
    """Water pixels in each patch and the ring round it, in the order of their labels."""
    shape, index = tuple(grid.geobox.shape), here.layers["water"].reshape(-1)
    ring = whole_pixels(rules.ring_m, grid.resolution_m)
    each = (patches.at[patches.label == n] for n in range(1, patches.count + 1))
    return [int(is_water(index[grown(own, shape, ring)], rules).sum()) for own in each]


def score_patches(table: pd.DataFrame, *, rules: ThresholdRules) -> pd.DataFrame:
    """Evidence terms of every patch, 0 (against) to 1 (for): `TERMS`."""
    return pd.DataFrame(
        {
            "water": ramp(table["water"] / table["pixels"], *rules.water_share),
            "lasting": ramp(table["last"] - table["first"], *rules.lasting_days),
        }
    )


def detection_rows(
    here: PeriodEvidence,
    patches: Patches,
    table: pd.DataFrame,
    grid: Grid,
    *,
    rules: ThresholdRules,
) -> gpd.GeoDataFrame:
    """Rows of `DETECTIONS`; index the label."""
    water, ground = (table[n].to_numpy(float) * grid.pixel_area_m2 for n in ("water", "pixels"))
    return plain_patches.detection_rows(
        here, patches, table, grid, terms=score_patches(table, rules=rules),
        areas=ground_columns(ground, water, rules=rules),
    )  # fmt: skip


def change_rows(
    patches: Patches, table: pd.DataFrame, grid: Grid, *, rules: ThresholdRules
) -> gpd.GeoDataFrame:
    """Rows of `CHANGES`: swidden when bare for a short time, else another clearing."""
    return plain_patches.change_rows(
        patches, table, grid, terms=score_patches(table, rules=rules),
        swidden_days=rules.swidden_days, reason="bare for {days} days, by thresholds on medians",
    )  # fmt: skip


def ground_columns(
    ground: NDArray[np.float64], pools: NDArray[np.float64], *, rules: ThresholdRules
) -> dict[str, NDArray[np.float64]]:
    """Columns of areas: bare ground and pools beside it, m², and the ranges of pools."""
    return {
        "disturbed_area_m2": np.maximum(ground, pools),
        "pad_area_m2": np.maximum(ground - pools, 0),
        "pool_area_m2": pools,
        **pool_ranges(pools, rules=rules.ranges),
    }
