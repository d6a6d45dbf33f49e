"""Patches of detectors that judge a patch by itself: how they are cut and dated, and their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from minewatch.detect.days import to_day
from minewatch.detect.labels import Patches, label_pixels
from minewatch.detect.outlines import outlines_by_label
from minewatch.detect.pixel_sizes import area_pixels
from minewatch.model import Contract, Grid, PeriodEvidence, empty_table


def connected(at: NDArray[np.intp], grid: Grid, *, least_m2: float) -> Patches:
    """Connected pixels of at least the mapping unit."""
    patches = label_pixels(at, grid.geobox.shape[1])
    size = np.bincount(patches.label, minlength=patches.count + 1)[1:]
    return patches.without(size < area_pixels(least_m2, grid.resolution_m))


def dated(patches: Patches, here: PeriodEvidence) -> pd.DataFrame:
    """Columns `pixels`, `first`, `before`, `last` (days) and `anchor`; index the label.

    A patch begins with the earliest quarter of its pixels, by the layers `first_detected`, `before`
    and `last`; its anchor is the flat index of the pixel that began first.
    """
    whole = {
        name: here.whole[layer].reshape(-1)[patches.at].astype(np.int64)
        for name, layer in (("first", "first_detected"), ("before", "before"), ("last", "last"))
    }
    pixels = pd.DataFrame({"label": patches.label, "at": patches.at, **whole})
    grouped = pixels.groupby("label")
    table = pd.DataFrame({"pixels": grouped.size()})
    table["first"] = grouped["first"].quantile(0.25, interpolation="lower")
    table["before"] = grouped["before"].min().clip(upper=table["first"] - 1)
    table["last"] = grouped["last"].max()
    ordered = pixels.sort_values(["label", "first", "at"])
    table["anchor"] = ordered.groupby("label")["at"].first()
    return table


def ramp(values: pd.Series, low: float, high: float) -> pd.Series:
    """0 up to `low`, 1 from `high`, straight between."""
    return ((values - low) / (high - low)).clip(0, 1)


def begun(table: pd.DataFrame) -> dict[str, list[str | None]]:
    """Columns of the window of every patch of `dated`."""
    return {
        "first_detected": [to_day(d) for d in table["first"]],
        "last_undisturbed": [to_day(d) if d > 0 else None for d in table["before"]],
    }


def ended(table: pd.DataFrame) -> dict[str, list[str]]:
    """Column of the last day of every patch of `dated`."""
    return {"last_seen": [to_day(d) for d in table["last"]]}


def detection_rows(
    here: PeriodEvidence, patches: Patches, table: pd.DataFrame, grid: Grid,
    *, terms: pd.DataFrame, areas: Mapping[str, object],
) -> gpd.GeoDataFrame:  # fmt: skip
    """Rows of `DETECTIONS`; index the label. The weakest term is the confidence."""
    rows, cols = np.divmod(table["anchor"].to_numpy(), grid.geobox.shape[1])
    affine = grid.geobox.transform
    columns = {
        "period_start": here.period.start.isoformat(), "period_end": here.period.end.isoformat(),
        **begun(table), **areas,
        "confidence": terms.min(axis=1), "terms": terms.round(4).to_dict("records"),
        "anchor_x": affine.c + (cols + 0.5) * affine.a,
        "anchor_y": affine.f + (rows + 0.5) * affine.e,
    }  # fmt: skip
    return outlined(columns, patches, table, grid)


def feature_rows(patches: Patches, table: pd.DataFrame, grid: Grid) -> gpd.GeoDataFrame:
    """Rows of `FEATURES`: every patch is a pad."""
    rows = outlined({"kind": "pad", **begun(table), **ended(table)}, patches, table, grid)
    return rows.assign(area_m2=shapely.area(rows.geometry))


def change_rows(
    patches: Patches, table: pd.DataFrame, grid: Grid,
    *, terms: pd.DataFrame, swidden_days: int, reason: str,
) -> gpd.GeoDataFrame:  # fmt: skip
    """Rows of `CHANGES`: swidden when it lasted a short time, else another clearing.

    `reason` holds `{days}`.
    """
    days = table["last"] - table["first"]
    columns = {
        "kind": np.where(days < swidden_days, "swidden", "other_clearing"),
        "reject_reason": [reason.format(days=d) for d in days],
        **begun(table), **ended(table), "slope_deg": np.nan, "aspect_deg": np.nan,
        "confidence": terms.min(axis=1),
    }  # fmt: skip
    rows = outlined(columns, patches, table, grid)
    return rows.assign(area_m2=shapely.area(rows.geometry))


def outlined(
    columns: Mapping[str, object], patches: Patches, table: pd.DataFrame, grid: Grid
) -> gpd.GeoDataFrame:
    """Columns with the outlines of patches, in the CRS of the grid; index as `table`."""
    outlines = outlines_by_label(patches.at, patches.label, grid)
    geometry = [outlines[int(label)] for label in table.index]
    rows = pd.DataFrame(dict(columns), index=table.index)
    return gpd.GeoDataFrame(rows, geometry=geometry, crs=grid.epsg)


def stacked(tables: Sequence[gpd.GeoDataFrame], contract: Contract, grid: Grid) -> gpd.GeoDataFrame:
    """The rows of all tables; an empty one that keeps the contract when there are none."""
    full = [table for table in tables if len(table)]
    if not full:
        return empty_table(contract, epsg=grid.epsg)
    return gpd.GeoDataFrame(pd.concat(full, ignore_index=True), crs=grid.epsg)
