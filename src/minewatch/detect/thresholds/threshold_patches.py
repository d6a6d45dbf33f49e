"""Bare patches and the water beside them: their figures, and the rows of tables made of these."""

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
    patches = label_pixels(at, grid.geobox.shape[1])
    size = np.bincount(patches.label, minlength=patches.count + 1)[1:]
    return patches.without(size < area_pixels(rules.min_patch_m2, grid.resolution_m))


def describe_patches(
    patches: Patches, here: PeriodEvidence, grid: Grid, *, rules: ThresholdRules
) -> pd.DataFrame:
    """Columns of `FIGURES` for every patch; index its label."""
    pixels = pd.DataFrame(
        {
            "label": patches.label, "at": patches.at,
            **{name: here.whole[layer].reshape(-1)[patches.at].astype(np.int64)
               for name, layer in (("first", "first_detected"), ("before", "before"),
                                   ("last", "last"))},
        }
    )  # fmt: skip
    grouped = pixels.groupby("label")
    table = pd.DataFrame({"pixels": grouped.size()})
    table["water"] = _water_pixels(patches, here, grid, rules)
    table["first"] = grouped["first"].quantile(0.25, interpolation="lower")
    table["before"] = grouped["before"].min().clip(upper=table["first"] - 1)
    table["last"] = grouped["last"].max()
    ordered = pixels.sort_values(["label", "first", "at"])
    table["anchor"] = ordered.groupby("label")["at"].first()
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
            "water": _ramp(table["water"] / table["pixels"], *rules.water_share),
            "lasting": _ramp(table["last"] - table["first"], *rules.lasting_days),
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
    terms = score_patches(table, rules=rules)
    water, ground = (table[n] * grid.pixel_area_m2 for n in ("water", "pixels"))
    rows, cols = np.divmod(table["anchor"].to_numpy(), grid.geobox.shape[1])
    affine = grid.geobox.transform
    columns = {
        "period_start": here.period.start.isoformat(), "period_end": here.period.end.isoformat(),
        **_onset(table),
        **ground_columns(ground.to_numpy(float), water.to_numpy(float), rules=rules),
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
    patches: Patches, table: pd.DataFrame, grid: Grid, *, rules: ThresholdRules
) -> gpd.GeoDataFrame:
    """Rows of `CHANGES`: swidden when bare for a short time, else another clearing."""
    days = table["last"] - table["first"]
    columns = {
        "kind": np.where(days < rules.swidden_days, "swidden", "other_clearing"),
        "reject_reason": [f"bare for {d} days, by thresholds on medians" for d in days],
        **_onset(table), **_end(table), "slope_deg": np.nan, "aspect_deg": np.nan,
        "confidence": score_patches(table, rules=rules).min(axis=1),
    }  # fmt: skip
    rows = outlined(columns, patches, table, grid)
    return rows.assign(area_m2=shapely.area(rows.geometry))


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
