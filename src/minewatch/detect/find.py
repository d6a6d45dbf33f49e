"""Evidence to patches: what may be a mine in each period, its parts, and what is not one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from minewatch.detect.confusers import name_confuser
from minewatch.detect.evidence import check_evidence, to_day
from minewatch.detect.labels import count_pixels, label_patches
from minewatch.detect.masks import MIN_PATCH_PX
from minewatch.detect.morphology import grown, opened
from minewatch.detect.outlines import outline_labels
from minewatch.detect.patches import describe, pool_ranges
from minewatch.detect.pools import SEED_PCT
from minewatch.detect.relief import LIE, lie_of
from minewatch.detect.seasons import find_seasons
from minewatch.detect.terms import confidence, evidence_terms
from minewatch.model import CHANGES, DETECTIONS, FEATURES, Grid, Period, empty_table

KEEP_CONFIDENCE = 0.3
"""Patches less likely than this are told as changes, not as detections [D]."""
POOLS_SEEN_UP_TO_M = 15.0
"""Pixel size above which a pool of 8-14 m cannot be seen (25 % of sites at 20 m) [DOMAIN §2]."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What was found, in the UTM zone of the grid."""

    detections: gpd.GeoDataFrame
    """Contract `DETECTIONS`: one row a patch and period, with `anchor_x` and `anchor_y` (metres),
    the middle of the pixel that began first."""
    features: gpd.GeoDataFrame
    """Contract `FEATURES`: pads, pools and roads through time."""
    changes: gpd.GeoDataFrame
    """Contract `CHANGES`: what changed but is not a mine."""


def find(
    evidence: xr.Dataset,
    *,
    grid: Grid,
    periods: Sequence[Period],
    rise: xr.Dataset | None = None,
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
    rise
        How the ground rises, as `relief.lie_of` takes it, when heights are at hand; tells a
        landslide by its slope.

    Returns
    -------
    Findings
        Sorted by period and place; empty tables when nothing was found.
    """
    check_evidence(evidence)
    sees_pools = grid.resolution_m <= POOLS_SEEN_UP_TO_M
    seasons, pools = find_seasons(
        evidence, periods if sees_pools else (), resolution_m=grid.resolution_m
    )
    rows, cols = grid.geobox.shape
    found, union = [], np.zeros((rows, cols), bool)
    for season in seasons:
        likely = season.table[season.table["confidence"] >= KEEP_CONFIDENCE]
        labels = replace(season, table=likely).labels((rows, cols))
        union |= labels > 0
        found.append((season.period, likely, _outlines(labels, grid)))
    return Findings(
        detections=_detections(found, grid),
        features=_features(evidence, union, pools, periods, grid),
        changes=_changes(evidence, union, pools, periods, grid, rise),
    )


def _outlines(labels: NDArray[np.integer], grid: Grid) -> dict[int, BaseGeometry]:
    """Outline of each label in metres."""
    parts: dict[int, list[BaseGeometry]] = {}
    for number, outline in outline_labels(labels, transform=list(grid.geobox.transform)[:6]):
        parts.setdefault(number, []).append(outline)
    return {n: shapely.normalize(shapely.union_all(p)) for n, p in sorted(parts.items())}


def _onset_columns(table: pd.DataFrame) -> dict[str, list[str | None]]:
    return {
        "first_detected": [to_day(d) for d in table["first"]],
        "last_undisturbed": [to_day(d) if d > 0 else None for d in table["before"]],
    }


def _detections(
    found: Sequence[tuple[Period, pd.DataFrame, dict[int, BaseGeometry]]], grid: Grid
) -> gpd.GeoDataFrame:
    """Patches of every period with their outlines, put together in one go."""
    told = [(period, table, outlines) for period, table, outlines in found if len(table)]
    if not told:
        return empty_table(DETECTIONS, epsg=grid.epsg)
    counts = [len(table) for _, table, _ in told]
    outlines = [of[int(number)] for _, table, of in told for number in table.index]
    table = pd.concat([table for _, table, _ in told], ignore_index=True)
    at = zip(table["anchor_col"] + 0.5, table["anchor_row"] + 0.5, strict=True)
    anchors = [grid.geobox.transform * place for place in at]
    rows = pd.DataFrame(
        {
            "period_start": np.repeat([p.start.isoformat() for p, _, _ in told], counts),
            "period_end": np.repeat([p.end.isoformat() for p, _, _ in told], counts),
            **_onset_columns(table),
            **{
                n: np.nan_to_num(table[n].to_numpy(float))  # carried back to a season not seen
                for n in ("disturbed_area_m2", "pad_area_m2", "pool_area_m2")
            },
            **pool_ranges(table["pool_area_m2"].to_numpy()),
            "confidence": table["confidence"].to_numpy(),
            "terms": list(table["terms"]),
            "anchor_x": [x for x, _ in anchors],
            "anchor_y": [y for _, y in anchors],
            "geometry": outlines,
        }
    )
    return _stacked([rows], DETECTIONS, grid)


def _features(
    evidence: xr.Dataset,
    union: NDArray[np.bool_],
    pools: NDArray[np.uint8],
    periods: Sequence[Period],
    grid: Grid,
) -> gpd.GeoDataFrame:
    """Pools, pads and roads of the mines, each with its own dates."""
    if not union.any():
        return empty_table(FEATURES, epsg=grid.epsg)
    ever = evidence["first_detected"].to_numpy() > 0
    is_pool = union & (pools >= SEED_PCT)
    wide = opened(ever) | union
    is_road = _touching(ever & ~wide, union)
    tables = []
    for kind, mask in (("pad", union & ~is_pool), ("pool", is_pool), ("road", is_road)):
        labels, count = label_patches(mask)
        if count == 0:
            continue
        table = _whole_time(labels.astype(np.int32), count, evidence, periods, pools, grid)
        outlines = _outlines(labels, grid)
        area = [outlines[int(n)].area for n in table.index]
        tables.append(
            pd.DataFrame(
                {
                    "kind": kind,
                    **_onset_columns(table),
                    "last_seen": [to_day(d) for d in table["last"]],
                    "area_m2": table["water_area_m2"].to_numpy() if kind == "pool" else area,
                    "geometry": [outlines[int(n)] for n in table.index],
                }
            )
        )
    return _stacked(tables, FEATURES, grid)


def _touching(mask: NDArray[np.bool_], other: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Parts of a mask that touch another one, whole."""
    labels, count = label_patches(mask)
    touches = np.zeros(count + 1, bool)
    touches[labels[grown(other, 2) & mask]] = True
    return np.asarray(touches[labels])


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
    rise: xr.Dataset | None,
) -> gpd.GeoDataFrame:
    """Lost ground that is no mine, labelled."""
    if not len(periods):
        return empty_table(CHANGES, epsg=grid.epsg)
    ever = evidence["first_detected"].to_numpy() > 0
    labels, count = label_patches(ever & ~grown(union))
    labels = np.where(count_pixels(labels, count)[labels] >= MIN_PATCH_PX, labels, 0)
    table = _whole_time(labels.astype(np.int32), count, evidence, periods, pools, grid)
    table = table[(table["pixels"] >= MIN_PATCH_PX) & (table["first"] > 0)]
    table["area_m2"] = table["pixels"] * grid.pixel_area_m2
    if rise is None:
        table[list(LIE)] = np.nan
    else:
        table = table.join(lie_of(labels, table, rise, grid=grid))
    outlines = _outlines(np.where(np.isin(labels, table.index), labels, 0), grid)
    named = [name_confuser(row) for row in table.to_dict("records")]
    changes = pd.DataFrame(
        {
            "kind": [kind for kind, _ in named],
            "reject_reason": [reason for _, reason in named],
            **_onset_columns(table),
            "last_seen": [to_day(d) for d in table["last"]],
            "area_m2": [outlines[int(n)].area for n in table.index],
            **{name: table[name].to_numpy(float).round() for name in ("slope_deg", "aspect_deg")},
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
