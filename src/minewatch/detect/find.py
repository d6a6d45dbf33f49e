"""Evidence to patches: what may be a mine in each period, its parts, and what is not one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import NDArray
from scipy import ndimage
from shapely.geometry.base import BaseGeometry

from minewatch.detect.confusers import name_confuser
from minewatch.detect.evidence import NO_SHARE, check_evidence, to_day
from minewatch.detect.masks import cut_patches, lost_ground
from minewatch.detect.outlines import outline_labels
from minewatch.detect.patches import count_range, describe
from minewatch.detect.pools import EIGHT, SEED_PCT, find_channels, pool_share
from minewatch.detect.terms import confidence, evidence_terms
from minewatch.model import CHANGES, DETECTIONS, FEATURES, Grid, Period, empty_table

KEEP_CONFIDENCE = 0.3
"""Patches less likely than this are told as changes, not as detections [D]."""
HIDDEN_SHARE = 0.35
"""Share of the usual number of looks below which a pixel counts as hidden [D]."""
MIN_PATCH_PX = 4
"""Fewer lost pixels are neither a mine nor a change worth telling [D]."""
POOLS_SEEN_UP_TO_M = 15.0
"""Pixel size above which a pool of 8-14 m cannot be seen (25 % of sites at 20 m) [DOMAIN §2]."""

Polygonise = Callable[[NDArray[np.int32], Any], Sequence[tuple[Any, int]]]


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What was found, in the UTM zone of the grid."""

    detections: gpd.GeoDataFrame
    """Contract `DETECTIONS`: one row a patch and period."""
    features: gpd.GeoDataFrame
    """Contract `FEATURES`: pads, pools and roads through time."""
    changes: gpd.GeoDataFrame
    """Contract `CHANGES`: what changed but is not a mine."""


def find(
    evidence: xr.Dataset,
    *,
    grid: Grid,
    periods: Sequence[Period],
    slope: NDArray[np.floating] | None = None,
    polygonise: Polygonise | None = None,
) -> Findings:
    """Patches that may be mines in each period, their parts, and labelled changes.

    Parameters
    ----------
    evidence
        Layers of `score` over the whole grid.
    grid
        The grid.
    periods
        The periods `score` was given.
    slope
        Slope in degrees, dims (y, x), when a terrain model is at hand; sharpens "landslide".
    polygonise
        Outlines of a label array and its transform, as `(geometry, label)`; None uses
        `outlines.outline_labels`.

    Returns
    -------
    Findings
        Sorted by period and place; empty tables when nothing was found.
    """
    check_evidence(evidence)
    draw = _Drawing(grid, polygonise)
    found, union = [], np.zeros(grid.geobox.shape, bool)
    pools = np.zeros(grid.geobox.shape, np.uint8)
    best, channels = pools, np.zeros(grid.geobox.shape, bool)
    sees_pools = grid.resolution_m <= POOLS_SEEN_UP_TO_M
    for step, period in enumerate(periods if sees_pools else ()):
        lost = lost_ground(evidence, step, period)
        near = ndimage.binary_dilation(lost, EIGHT)
        now = pool_share(evidence, step, near)
        pools = np.where(near & (pools > 0), (pools.astype(np.int16) + now) // 2, now).astype("u1")
        channels |= _channels(evidence, lost & (pools >= SEED_PCT), grid)
        labels, table = _patches_of(evidence, step, period, lost & ~channels, pools, grid)
        best = np.maximum(best, pools)
        kept = table[table["confidence"] >= KEEP_CONFIDENCE]
        labels = np.where(np.isin(labels, kept.index), labels, 0).astype(np.int32)
        union |= labels > 0
        found.append(_detections(kept, draw.outlines(labels), period))
    return Findings(
        detections=_stacked(found, DETECTIONS, grid),
        features=_features(evidence, union, best, periods, grid, draw),
        changes=_changes(evidence, union, best, periods, grid, draw, slope),
    )


def _patches_of(
    evidence: xr.Dataset,
    step: int,
    period: Period,
    lost: NDArray[np.bool_],
    pools: NDArray[np.uint8],
    grid: Grid,
) -> tuple[NDArray[np.int32], pd.DataFrame]:
    """Patches with pools in one period: labels and figures, terms and confidence."""
    labels, count = cut_patches(lost, lost & (pools >= SEED_PCT))
    table = describe(labels, count, evidence, step, period, pools=pools, pixel_m=grid.resolution_m)
    table = table[table["pixels"] >= MIN_PATCH_PX]
    terms = evidence_terms(table)
    table = table.assign(confidence=confidence(terms), terms=_as_dicts(terms))
    return labels, table


def _channels(evidence: xr.Dataset, wet: NDArray[np.bool_], grid: Grid) -> NDArray[np.bool_]:
    """Rivers and lakes: water on ground that never was green, or is so by turns."""
    start = evidence["start_disturbed_pct"].to_numpy()
    seasonal = evidence["seasonal_pct"].to_numpy()
    old = ((start >= 50) & (start != NO_SHARE)) | ((seasonal >= 40) & (seasonal != NO_SHARE))
    old |= evidence["run_before"][0].to_numpy() == 0
    looks = evidence["clear_looks"].to_numpy().sum(axis=0, dtype=np.uint16)
    hidden = (looks > 0) & (looks < HIDDEN_SHARE * np.median(looks[looks > 0]))
    return find_channels(wet & old, hidden, resolution_m=grid.resolution_m)


def _as_dicts(terms: pd.DataFrame) -> list[dict[str, float]]:
    return [{str(k): float(v) for k, v in row.items()} for row in terms.round(4).to_dict("records")]


@dataclass(frozen=True)
class _Drawing:
    grid: Grid
    polygonise: Polygonise | None

    def outlines(self, labels: NDArray[np.int32]) -> dict[int, BaseGeometry]:
        """Outline of each label in metres."""
        transform = self.grid.geobox.transform
        if self.polygonise is None:
            pairs = [(g, n) for n, g in outline_labels(labels, transform=list(transform)[:6])]
        else:
            pairs = [(_shape(g), n) for g, n in self.polygonise(labels, transform)]
        parts: dict[int, list[BaseGeometry]] = {}
        for geometry, number in pairs:
            parts.setdefault(int(number), []).append(geometry)
        return {n: shapely.normalize(shapely.union_all(p)) for n, p in sorted(parts.items())}


def _shape(geometry: Any) -> BaseGeometry:
    return geometry if isinstance(geometry, BaseGeometry) else shapely.geometry.shape(geometry)


def _onset_columns(table: pd.DataFrame) -> dict[str, list[str | None]]:
    return {
        "first_detected": [to_day(d) for d in table["first"]],
        "last_undisturbed": [to_day(d) if d > 0 else None for d in table["before"]],
    }


def _detections(
    table: pd.DataFrame, outlines: dict[int, BaseGeometry], period: Period
) -> pd.DataFrame:
    counts = count_range(table["pool_area_m2"].to_numpy())
    return pd.DataFrame(
        {
            "period_start": period.start.isoformat(),
            "period_end": period.end.isoformat(),
            **_onset_columns(table),
            **{
                n: table[n].to_numpy() for n in ("disturbed_area_m2", "pad_area_m2", "pool_area_m2")
            },
            "pool_count_low": counts[:, 0],
            "pool_count_high": counts[:, 1],
            "confidence": table["confidence"].to_numpy(),
            "terms": list(table["terms"]),
            "geometry": [outlines[int(n)] for n in table.index],
        }
    )


def _features(
    evidence: xr.Dataset,
    union: NDArray[np.bool_],
    pools: NDArray[np.uint8],
    periods: Sequence[Period],
    grid: Grid,
    draw: _Drawing,
) -> gpd.GeoDataFrame:
    """Pools, pads and roads of the mines, each with its own dates."""
    if not union.any():
        return empty_table(FEATURES, epsg=grid.epsg)
    ever = evidence["first_detected"].to_numpy() > 0
    is_pool = union & (pools >= SEED_PCT)
    wide = ndimage.binary_opening(ever, EIGHT) | union
    is_road = _touching(ever & ~wide, union)
    tables = []
    for kind, mask in (("pad", union & ~is_pool), ("pool", is_pool), ("road", is_road)):
        labels, count = ndimage.label(mask, EIGHT)
        if count == 0:
            continue
        table = _whole_time(labels.astype(np.int32), count, evidence, periods, pools, grid)
        outlines = draw.outlines(labels.astype(np.int32))
        area = [outlines[int(n)].area for n in table.index]
        tables.append(
            pd.DataFrame(
                {
                    "kind": kind,
                    **_onset_columns(table),
                    "last_seen": [to_day(d) for d in table["last"]],
                    "area_m2": table["pool_area_m2"].to_numpy() if kind == "pool" else area,
                    "geometry": [outlines[int(n)] for n in table.index],
                }
            )
        )
    return _stacked(tables, FEATURES, grid)


def _touching(mask: NDArray[np.bool_], other: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Parts of a mask that touch another one, whole."""
    near = ndimage.binary_dilation(other, EIGHT, iterations=2) & mask
    return ndimage.binary_propagation(near, EIGHT, mask=mask)


def _whole_time(
    labels: NDArray[np.int32],
    count: int,
    evidence: xr.Dataset,
    periods: Sequence[Period],
    pools: NDArray[np.uint8],
    grid: Grid,
) -> pd.DataFrame:
    """Figures of patches over all periods as one."""
    span = Period(periods[0].start, periods[-1].end)
    last = len(periods) - 1
    return describe(labels, count, evidence, last, span, pools=pools, pixel_m=grid.resolution_m)


def _changes(
    evidence: xr.Dataset,
    union: NDArray[np.bool_],
    pools: NDArray[np.uint8],
    periods: Sequence[Period],
    grid: Grid,
    draw: _Drawing,
    slope: NDArray[np.floating] | None,
) -> gpd.GeoDataFrame:
    """Lost ground that is no mine, labelled."""
    if not len(periods):
        return empty_table(CHANGES, epsg=grid.epsg)
    near = ndimage.binary_dilation(union, EIGHT)
    ever = evidence["first_detected"].to_numpy() > 0
    labels, count = ndimage.label(ever & ~near, EIGHT)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    labels = np.where(sizes[labels] >= MIN_PATCH_PX, labels, 0).astype(np.int32)
    table = _whole_time(labels, count, evidence, periods, pools, grid)
    table = table[(table["pixels"] >= MIN_PATCH_PX) & (table["first"] > 0)]
    if slope is not None:
        table["slope_deg"] = ndimage.mean(slope, labels, table.index)
    outlines = draw.outlines(np.where(np.isin(labels, table.index), labels, 0).astype(np.int32))
    named = [name_confuser(row) for _, row in table.iterrows()]
    changes = pd.DataFrame(
        {
            "kind": [kind for kind, _ in named],
            "reject_reason": [reason for _, reason in named],
            **_onset_columns(table),
            "last_seen": [to_day(d) for d in table["last"]],
            "area_m2": [outlines[int(n)].area for n in table.index],
            "confidence": confidence(evidence_terms(table)).to_numpy().clip(0, KEEP_CONFIDENCE),
            "geometry": [outlines[int(n)] for n in table.index],
        }
    )
    return _stacked([changes], CHANGES, grid)


def _stacked(tables: Sequence[pd.DataFrame], contract: Any, grid: Grid) -> gpd.GeoDataFrame:
    """The rows of all tables in the CRS of the grid; the contract's empty table when none."""
    rows = [t for t in tables if len(t)]
    if not rows:
        return empty_table(contract, epsg=grid.epsg)
    table = pd.concat(rows, ignore_index=True)
    table = table.astype({"last_undisturbed": object})
    table.loc[table["last_undisturbed"].isna(), "last_undisturbed"] = None
    return gpd.GeoDataFrame(table, geometry="geometry", crs=grid.epsg)
