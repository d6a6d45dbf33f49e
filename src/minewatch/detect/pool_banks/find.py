"""Evidence to patches: what may be a mine in each period, its parts, and what is not one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from minewatch.detect.labels import Patches, label_pixels
from minewatch.detect.morphology import Pixels, grown, is_among, opened
from minewatch.detect.outlines import outline_pixels
from minewatch.detect.pool_banks.change_rules import name_confuser
from minewatch.detect.pool_banks.clearings import find_clearing_seasons, without_pools
from minewatch.detect.pool_banks.evidence_layers import check_evidence, to_day
from minewatch.detect.pool_banks.evidence_terms import confidence, evidence_terms
from minewatch.detect.pool_banks.patch_cutting import MIN_PATCH_PX
from minewatch.detect.pool_banks.patch_figures import describe, pool_ranges
from minewatch.detect.pool_banks.patch_slope import SLOPE_COLUMNS, slopes_under
from minewatch.detect.pool_banks.period_patches import find_seasons
from minewatch.detect.pool_banks.pool_shares import SEED_PCT
from minewatch.model import CHANGES, DETECTIONS, FEATURES, Findings, Grid, Period, empty_table

KEEP_CONFIDENCE = 0.3
"""Patches less likely than this are told as changes, not as detections [D]."""


def find(
    evidence: xr.Dataset,
    *,
    grid: Grid,
    periods: Sequence[Period],
    gradient: xr.Dataset | None = None,
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
        How the ground rises, as `relief.slopes_under` takes it, when heights are at hand; tells a
        landslide by its slope.

    Returns
    -------
    Findings
        Sorted by period and place; empty tables when nothing was found.
    """
    check_evidence(evidence)
    sees_pools = grid.visibility.sees_pools
    seasons, pools = (
        find_seasons(evidence, periods, resolution_m=grid.resolution_m)
        if sees_pools
        else find_clearing_seasons(evidence, periods, grid=grid, gradient=gradient)
    )
    found, mines = [], np.zeros(pools.shape, bool)
    for season in seasons:
        likely = season.table[season.table["confidence"] >= KEEP_CONFIDENCE]
        at, label = season.pixels_of(likely.index)
        mines.reshape(-1)[at] = True
        found.append((season.period, likely, _outlines(at, label, grid)))
    union = np.flatnonzero(mines)
    ever = np.flatnonzero(evidence["first_detected"].to_numpy() > 0)
    detections = _detections(found, grid)
    features = _features(evidence, ever, union, pools, periods, grid)
    if not sees_pools:
        detections = without_pools(detections)
        features = features[features["kind"] == "pad"].reset_index(drop=True)
    return Findings(
        detections=detections,
        features=features,
        changes=_changes(evidence, ever, union, pools, periods, grid, gradient),
    )


def _outlines(at: Pixels, label: NDArray[np.int32], grid: Grid) -> dict[int, BaseGeometry]:
    """Outline of each label in metres; its pieces touch at corners of pixels only."""
    transform = list(grid.geobox.transform)[:6]
    pieces = outline_pixels(at, label, tuple(grid.geobox.shape), transform=transform)
    if not pieces:
        return {}
    told, polygons = (np.array(column) for column in zip(*pieces, strict=True))
    numbers, of, count = np.unique(told, return_inverse=True, return_counts=True)
    order = np.argsort(of, kind="stable")
    outlines = shapely.multipolygons(polygons[order], indices=of[order])
    whole = count[of] == 1
    outlines[of[whole]] = polygons[whole]
    return dict(zip(numbers.tolist(), shapely.normalize(outlines), strict=True))


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
    ever: Pixels,
    union: Pixels,
    pools: NDArray[np.uint8],
    periods: Sequence[Period],
    grid: Grid,
) -> gpd.GeoDataFrame:
    """Pools, pads and roads of the mines, each with its own dates."""
    if not len(union):
        return empty_table(FEATURES, epsg=grid.epsg)
    shape = pools.shape
    is_pool = pools.reshape(-1)[union] >= SEED_PCT
    narrow = ever[~is_among(ever, opened(ever, shape)) & ~is_among(ever, union)]
    roads = _touching(narrow, grown(union, shape, 2), grid)
    tables = []
    for kind, at in (("pad", union[~is_pool]), ("pool", union[is_pool]), ("road", roads)):
        if not len(at):
            continue
        patches = label_pixels(at, shape[1])
        table = _whole_time(patches, evidence, periods, pools, grid)
        outlines = _outlines(patches.at, patches.label, grid)
        geometry = [outlines[int(n)] for n in table.index]
        area = table["water_area_m2"] if kind == "pool" else shapely.area(geometry)
        tables.append(
            pd.DataFrame(
                {
                    "kind": kind,
                    **_onset_columns(table),
                    "last_seen": [to_day(d) for d in table["last"]],
                    "area_m2": np.asarray(area),
                    "geometry": geometry,
                }
            )
        )
    return _stacked(tables, FEATURES, grid)


def _touching(at: Pixels, others: Pixels, grid: Grid) -> Pixels:
    """Patches of a mask that overlap another one, whole."""
    patches = label_pixels(at, grid.geobox.shape[1])
    touches = np.zeros(patches.count, bool)
    touches[patches.label[is_among(at, others)] - 1] = True
    return at[touches[patches.label - 1]]


def _whole_time(
    patches: Patches,
    evidence: xr.Dataset,
    periods: Sequence[Period],
    pools: NDArray[np.uint8],
    grid: Grid,
) -> pd.DataFrame:
    """Figures of patches over all periods as one."""
    return describe(
        patches, evidence, len(periods) - 1, Period(periods[0].start, periods[-1].end),
        pools=pools.reshape(-1)[patches.at], pixel_m=grid.resolution_m,
    )  # fmt: skip


def _changes(
    evidence: xr.Dataset,
    ever: Pixels,
    union: Pixels,
    pools: NDArray[np.uint8],
    periods: Sequence[Period],
    grid: Grid,
    gradient: xr.Dataset | None,
) -> gpd.GeoDataFrame:
    """Lost ground that is no mine, labelled."""
    if not len(periods):
        return empty_table(CHANGES, epsg=grid.epsg)
    shape = pools.shape
    patches = label_pixels(ever[~is_among(ever, grown(union, shape))], shape[1])
    size = np.bincount(patches.label, minlength=patches.count + 1)[1:]
    patches = patches.without(size < MIN_PATCH_PX)
    table = _whole_time(patches, evidence, periods, pools, grid)
    begun = (table["first"] > 0).to_numpy()
    table, patches = table[begun].reset_index(drop=True), patches.without(~begun)
    table.index += 1
    table["area_m2"] = table["pixels"] * grid.pixel_area_m2
    if gradient is None:
        table[list(SLOPE_COLUMNS)] = np.nan
    else:
        table = table.join(slopes_under(patches, table, gradient, grid=grid))
    outlines = _outlines(patches.at, patches.label, grid)
    geometry = [outlines[int(n)] for n in table.index]
    named = [name_confuser(row) for row in table.to_dict("records")]
    changes = pd.DataFrame(
        {
            "kind": [kind for kind, _ in named],
            "reject_reason": [reason for _, reason in named],
            **_onset_columns(table),
            "last_seen": [to_day(d) for d in table["last"]],
            "area_m2": shapely.area(geometry),
            **{name: table[name].to_numpy(float).round() for name in ("slope_deg", "aspect_deg")},
            "confidence": confidence(evidence_terms(table)).to_numpy().clip(0, KEEP_CONFIDENCE),
            "geometry": geometry,
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
