"""Dark patches and the forest round them: their figures, and the rows of tables made of these."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from minewatch.detect.days import to_day
from minewatch.detect.labels import Patches, label_pixels
from minewatch.detect.morphology import grown
from minewatch.detect.outlines import outlines_by_label
from minewatch.detect.pixel_sizes import area_pixels, whole_pixels
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
    patches = label_pixels(at, grid.geobox.shape[1])
    size = np.bincount(patches.label, minlength=patches.count + 1)[1:]
    return patches.without(size < area_pixels(rules.min_patch_m2, grid.resolution_m))


def describe_patches(
    patches: Patches, here: PeriodEvidence, grid: Grid, *, rules: RadarRules
) -> pd.DataFrame:
    """Columns of `FIGURES` for every patch; index its label."""
    whole = {
        name: here.whole[layer].reshape(-1)[patches.at].astype(np.int64)
        for name, layer in (("first", "first_detected"), ("before", "before"), ("last", "last"))
    }
    fall = here.layers["score"].reshape(-1)[patches.at].astype(np.int64)
    pixels = pd.DataFrame({"label": patches.label, "at": patches.at, "fall": fall, **whole})
    grouped = pixels.groupby("label")
    table = pd.DataFrame({"pixels": grouped.size()})
    known = pixels[pixels["fall"] != NO_SCORE].groupby("label")["fall"].median()
    table["fall"] = known.reindex(table.index).fillna(0)
    table["forest"] = _forest_round(patches, here, grid, rules)
    table["first"] = grouped["first"].quantile(0.25, interpolation="lower")
    table["before"] = grouped["before"].min().clip(upper=table["first"] - 1)
    table["last"] = grouped["last"].max()
    ordered = pixels.sort_values(["label", "first", "at"])
    table["anchor"] = ordered.groupby("label")["at"].first()
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
            "fall": _ramp(table["fall"] * STEP_DB, *rules.fall_db),
            "lasting": _ramp(table["last"] - table["first"], *rules.lasting_days),
            "in_forest": _ramp(table["forest"] / 100, *rules.forest_share),
        }
    )


def detection_rows(
    here: PeriodEvidence, patches: Patches, table: pd.DataFrame, grid: Grid, *, rules: RadarRules
) -> gpd.GeoDataFrame:
    """Rows of `DETECTIONS`; index the label. What is said of pools and water is null."""
    terms = score_patches(table, rules=rules)
    ground = table["pixels"] * grid.pixel_area_m2
    rows, cols = np.divmod(table["anchor"].to_numpy(), grid.geobox.shape[1])
    affine = grid.geobox.transform
    columns = {
        "period_start": here.period.start.isoformat(), "period_end": here.period.end.isoformat(),
        **_onset(table), **ground_columns(ground.to_numpy(float)),
        "confidence": terms.min(axis=1), "terms": terms.round(4).to_dict("records"),
        "anchor_x": affine.c + (cols + 0.5) * affine.a,
        "anchor_y": affine.f + (rows + 0.5) * affine.e,
    }  # fmt: skip
    return outlined(columns, patches, table, grid)


def feature_rows(patches: Patches, table: pd.DataFrame, grid: Grid) -> gpd.GeoDataFrame:
    """Rows of `FEATURES`: every patch is a pad."""
    rows = outlined({"kind": "pad", **_onset(table), **_end(table)}, patches, table, grid)
    return rows.assign(area_m2=shapely.area(rows.geometry))


def change_rows(
    patches: Patches, table: pd.DataFrame, grid: Grid, *, rules: RadarRules
) -> gpd.GeoDataFrame:
    """Rows of `CHANGES`: swidden when dark for a short time, else another clearing."""
    days = table["last"] - table["first"]
    columns = {
        "kind": np.where(days < rules.short_days, "swidden", "other_clearing"),
        "reject_reason": [f"dark for {d} days in radar" for d in days],
        **_onset(table), **_end(table), "slope_deg": np.nan, "aspect_deg": np.nan,
        "confidence": score_patches(table, rules=rules).min(axis=1),
    }  # fmt: skip
    rows = outlined(columns, patches, table, grid)
    return rows.assign(area_m2=shapely.area(rows.geometry))


def ground_columns(ground: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Columns of areas, m²: radar says nothing of pools and water."""
    unknown = np.full(len(ground), np.nan)
    return {
        "disturbed_area_m2": ground, "pad_area_m2": ground,
        **dict.fromkeys(POOL_COLUMNS, unknown), **dict.fromkeys(WATER_COLUMNS, unknown),
    }  # fmt: skip


def outlined(
    columns: Mapping[str, object], patches: Patches, table: pd.DataFrame, grid: Grid
) -> gpd.GeoDataFrame:
    """Columns with the outlines of patches, in the CRS of the grid; index as `table`."""
    outlines = outlines_by_label(patches.at, patches.label, grid)
    geometry = [outlines[int(label)] for label in table.index]
    rows = pd.DataFrame(dict(columns), index=table.index)
    return gpd.GeoDataFrame(rows, geometry=geometry, crs=grid.epsg)


def _ramp(values: pd.Series, low: float, high: float) -> pd.Series:
    return ((values - low) / (high - low)).clip(0, 1)


def _onset(table: pd.DataFrame) -> dict[str, list[str | None]]:
    return {
        "first_detected": [to_day(d) for d in table["first"]],
        "last_undisturbed": [to_day(d) if d > 0 else None for d in table["before"]],
    }


def _end(table: pd.DataFrame) -> dict[str, list[str]]:
    return {"last_seen": [to_day(d) for d in table["last"]]}
