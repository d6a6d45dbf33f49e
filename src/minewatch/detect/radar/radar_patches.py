"""Dark patches and the forest round them: their figures, and the rows of tables made of these."""

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
from minewatch.detect.radar.radar_evidence import NO_SCORE
from minewatch.detect.radar.radar_rules import RadarRules
from minewatch.model import (
    POOL_COLUMNS,
    STEP_DB,
    WATER_COLUMNS,
    EvidenceTerm,
    Figure,
    Grid,
    PeriodEvidence,
)

TERMS: Mapping[str, EvidenceTerm] = {
    "fall": EvidenceTerm(weight=None, meaning="backscatter fell as when forest becomes soil"),
    "lasting": EvidenceTerm(weight=None, meaning="still dark after months"),
    "in_forest": EvidenceTerm(weight=None, meaning="forest stands round it"),
}
"""The weakest is the confidence."""
FIGURES: Mapping[str, Figure] = {
    "pixels": Figure("1", "pixels in the patch"),
    "fall": Figure("0.01 dB", "median fall of VH below the baseline"),
    "forest": Figure("0.01", "share of the ring round it that was forest"),
    "first": Figure("day", "last overpass of the first dark month, earliest quarter of its pixels"),
    "before": Figure("day", "last overpass of the month before it; 0: unknown"),
    "last": Figure("day", "last dark overpass"),
    "anchor": Figure("1", "flat index of the pixel that began first"),
}


def find_patches(at: NDArray[np.intp], grid: Grid, *, rules: RadarRules) -> Patches:
    """Connected pixels of at least the mapping unit."""
    return plain_patches.connected(at, grid, least_m2=rules.min_patch_m2)


def describe_patches(
    patches: Patches, here: PeriodEvidence, grid: Grid, *, rules: RadarRules
) -> pd.DataFrame:
    """Columns of `FIGURES` for every patch; index its label."""
    table = plain_patches.dated(patches, here)
    fall = here.layers["score"].reshape(-1)[patches.at].astype(np.int64)
    pixels = pd.DataFrame({"label": patches.label, "fall": fall})
    known = pixels[pixels["fall"] != NO_SCORE].groupby("label")["fall"].median()
    table["fall"] = known.reindex(table.index).fillna(0)
    table["forest"] = _forest_round(patches, here, grid, rules)
    return table.astype(np.int64)


def _forest_round(
    patches: Patches, here: PeriodEvidence, grid: Grid, rules: RadarRules
) -> list[int]:
    """Percent of the ring round each patch that was forest, in the order of their labels."""
    shape, forest = tuple(grid.geobox.shape), here.whole["forest"].reshape(-1)
    reach = whole_pixels(rules.ring_m, grid.resolution_m)
    shares = []
    for number in range(1, patches.count + 1):
        own = patches.at[patches.label == number]
        ring = np.setdiff1d(grown(own, shape, reach), own)
        shares.append(int(100 * forest[ring].mean()) if len(ring) else 0)
    return shares


def score_patches(table: pd.DataFrame, *, rules: RadarRules) -> pd.DataFrame:
    """Evidence terms of every patch, 0 (against) to 1 (for): `TERMS`."""
    return pd.DataFrame(
        {
            "fall": ramp(table["fall"] * STEP_DB, *rules.fall_db),
            "lasting": ramp(table["last"] - table["first"], *rules.lasting_days),
            "in_forest": ramp(table["forest"] / 100, *rules.forest_share),
        }
    )


def detection_rows(
    here: PeriodEvidence, patches: Patches, table: pd.DataFrame, grid: Grid, *, rules: RadarRules
) -> gpd.GeoDataFrame:
    """Rows of `DETECTIONS`; index the label. What is said of pools and water is null."""
    ground = (table["pixels"] * grid.pixel_area_m2).to_numpy(float)
    return plain_patches.detection_rows(
        here, patches, table, grid,
        terms=score_patches(table, rules=rules), areas=ground_columns(ground),
    )  # fmt: skip


def change_rows(
    patches: Patches, table: pd.DataFrame, grid: Grid, *, rules: RadarRules
) -> gpd.GeoDataFrame:
    """Rows of `CHANGES`: swidden when dark for a short time, else another clearing."""
    return plain_patches.change_rows(
        patches, table, grid, terms=score_patches(table, rules=rules),
        swidden_days=rules.short_days, reason="dark for {days} days in radar",
    )  # fmt: skip


def ground_columns(ground: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Columns of areas, m²: radar says nothing of pools and water."""
    unknown = np.full(len(ground), np.nan)
    return {
        "disturbed_area_m2": ground, "pad_area_m2": ground,
        **dict.fromkeys(POOL_COLUMNS, unknown), **dict.fromkeys(WATER_COLUMNS, unknown),
    }  # fmt: skip
