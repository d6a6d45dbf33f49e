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

from minewatch.detect.days import to_day
from minewatch.detect.labels import Patches, label_pixels, side_by_side
from minewatch.detect.morphology import Pixels, grown, is_among, opened
from minewatch.detect.outlines import outlines_by_label
from minewatch.detect.pixel_sizes import area_pixels, odd_pixels, whole_pixels
from minewatch.detect.pool_banks.change_rules import name_change
from minewatch.detect.pool_banks.clearings import find_clearings
from minewatch.detect.pool_banks.evidence_layers import NO_SHARE, check_evidence
from minewatch.detect.pool_banks.evidence_terms import confidence, evidence_terms
from minewatch.detect.pool_banks.patch_figures import describe
from minewatch.detect.pool_banks.patch_slope import SLOPE_COLUMNS, slopes_under
from minewatch.detect.pool_banks.period_patches import Judge, find_seasons
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT, PoolBankRules
from minewatch.detect.pool_ranges import pool_ranges
from minewatch.model import (
    CHANGES,
    DETECTIONS,
    FEATURES,
    KACHIN,
    POOL_COLUMNS,
    Climate,
    Evidence,
    Findings,
    Grid,
    Period,
    empty_table,
    sees_pools_at,
)


def find(
    evidence: Evidence,
    *,
    grid: Grid,
    pixel_m: float,
    climate: Climate = KACHIN,
    gradient: xr.Dataset | None = None,
    rules: PoolBankRules = DEFAULT,
) -> Findings:
    """Patches that may be mines in each period, their parts, and labelled changes.

    Parameters
    ----------
    evidence
        Layers of the detector over the whole grid.
    grid
        The grid.
    pixel_m
        The coarser of the grid's pixel and the sensor's own, metres: above
        `POOLS_SEEN_UP_TO_M` clearings are found instead of pools.
    climate
        When the rains and the field season are.
    gradient
        How the ground slopes, as `patch_slope.slopes_under` takes it, when heights are at hand;
        a landslide is recognised by its slope.
    rules
        Thresholds.

    Returns
    -------
    Findings
        Sorted by period and place; empty tables when nothing was found.
    """
    check_evidence(evidence.layers)
    judge = Judge(evidence, grid.resolution_m, rules, climate)
    sees_pools = sees_pools_at(pixel_m)
    pools, channels = np.zeros(evidence.shape, np.uint8), np.empty(0, np.intp)
    if sees_pools:
        seasons, pools, channels = find_seasons(judge)
    else:
        seasons = find_clearings(judge, grid=grid, pixel_m=pixel_m, gradient=gradient)
    found, mines = [], np.zeros(pools.shape, bool)
    for season in seasons:
        likely = season.table[season.table["confidence"] >= rules.periods.keep_confidence]
        at, label = season.pixels_of(likely.index)
        mines.reshape(-1)[at] = True
        found.append((season.period, likely, outlines_by_label(at, label, grid)))
    ever = np.flatnonzero(evidence.whole["first_detected"] > 0)
    ground = _Ground(judge, grid, ever, np.flatnonzero(mines), pools, channels)
    detections = _detections(found, grid, rules)
    features = _features(ground)
    if not sees_pools:
        detections[list(POOL_COLUMNS)] = np.nan
        features = features[features["kind"] == "pad"].reset_index(drop=True)
    changes = _changes(ground, gradient, sees_pools=sees_pools)
    return Findings(detections=detections, features=features, changes=changes)


@dataclass(frozen=True)
class _Ground:
    """What parts and changes are made of."""

    judge: Judge
    grid: Grid
    ever: Pixels
    """Pixels that ever lost their vegetation."""
    mines: Pixels
    """Pixels of mines in any period."""
    pools: NDArray[np.uint8]
    """Largest pool share of any period, per cent, dims (y, x)."""
    channels: Pixels
    """Strips of rivers."""

    def pixels(self, length_m: float) -> int:
        """A length in pixels."""
        return whole_pixels(length_m, self.judge.pixel_m)

    def describe(self, patches: Patches) -> pd.DataFrame:
        """Figures of patches over all periods as one."""
        evidence = self.judge.evidence
        last = evidence.of(len(evidence) - 1)
        span = Period(evidence.periods[0].start, evidence.periods[-1].end)
        return describe(
            patches, replace(last, period=span), variability=evidence.latest("nir_variability"),
            pools=self.pools.reshape(-1)[patches.at], pixel_m=self.judge.pixel_m,
            rules=self.judge.rules,
        )  # fmt: skip


def _onset_columns(table: pd.DataFrame) -> dict[str, list[str | None]]:
    return {
        "first_detected": [to_day(d) for d in table["first"]],
        "last_undisturbed": [to_day(d) if d > 0 else None for d in table["before"]],
    }


def _detections(
    found: Sequence[tuple[Period, pd.DataFrame, dict[int, BaseGeometry]]],
    grid: Grid,
    rules: PoolBankRules,
) -> gpd.GeoDataFrame:
    """Patches of every period with their outlines, put together in one go."""
    kept = [(period, table, outlines) for period, table, outlines in found if len(table)]
    if not kept:
        return empty_table(DETECTIONS, epsg=grid.epsg)
    counts = [len(table) for _, table, _ in kept]
    outlines = [of[int(number)] for _, table, of in kept for number in table.index]
    table = pd.concat([table for _, table, _ in kept], ignore_index=True)
    at = zip(table["anchor_col"] + 0.5, table["anchor_row"] + 0.5, strict=True)
    anchors = [grid.geobox.transform * place for place in at]
    rows = pd.DataFrame(
        {
            "period_start": np.repeat([p.start.isoformat() for p, _, _ in kept], counts),
            "period_end": np.repeat([p.end.isoformat() for p, _, _ in kept], counts),
            **_onset_columns(table),
            **{
                n: np.nan_to_num(table[n].to_numpy(float))  # carried back to a season not seen
                for n in ("disturbed_area_m2", "pad_area_m2", "pool_area_m2")
            },
            **pool_ranges(table["pool_area_m2"].to_numpy(), rules=rules.ranges),
            "confidence": table["confidence"].to_numpy(),
            "terms": list(table["terms"]),
            "anchor_x": [x for x, _ in anchors],
            "anchor_y": [y for _, y in anchors],
            "geometry": outlines,
        }
    )
    return _stacked([rows], DETECTIONS, grid)


def _features(ground: _Ground) -> gpd.GeoDataFrame:
    """Pools, pads and roads of the mines, each with its own dates."""
    grid, rules, shape = ground.grid, ground.judge.rules, ground.pools.shape
    if not len(ground.mines):
        return empty_table(FEATURES, epsg=grid.epsg)
    is_pool = ground.pools.reshape(-1)[ground.mines] >= rules.water.seed_pct
    ever, mines = ground.ever, ground.mines
    wide = opened(ever, shape, odd_pixels(rules.patches.narrow_m, grid.resolution_m))
    narrow = ever[~is_among(ever, wide) & ~is_among(ever, mines)]
    near = grown(mines, shape, ground.pixels(rules.patches.road_gap_m))
    roads = _touching(narrow, near, grid)
    pixels = {"pad": mines[~is_pool], "pool": mines[is_pool], "road": roads}
    parts = {kind: label_pixels(at, shape[1]) for kind, at in pixels.items() if len(at)}
    figures = ground.describe(side_by_side(parts.values()))
    tables, shift = [], 0
    for kind, patches in parts.items():
        table = figures.iloc[shift : shift + patches.count]
        table = table.set_axis(table.index - shift)
        shift += patches.count
        outlines = outlines_by_label(patches.at, patches.label, grid)
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


def _changes(ground: _Ground, gradient: xr.Dataset | None, *, sees_pools: bool) -> gpd.GeoDataFrame:
    """Lost ground that is no mine, labelled."""
    grid, judge, shape = ground.grid, ground.judge, ground.pools.shape
    rules = judge.rules
    if not len(judge.evidence):
        return empty_table(CHANGES, epsg=grid.epsg)
    taken = grown(ground.mines, shape, ground.pixels(rules.patches.margin_m))
    others = ground.ever[~is_among(ground.ever, taken)]
    start = judge.evidence.whole["start_disturbed_pct"].reshape(-1)[others]
    was_open = (start >= rules.water.channel_old_pct) & (start != NO_SHARE)
    river = others[was_open & is_among(others, ground.channels)]  # new roads run along rivers, too
    patches = label_pixels(others, shape[1])
    size = np.bincount(patches.label, minlength=patches.count + 1)[1:]
    patches = patches.without(size < area_pixels(rules.patches.min_patch_m2, judge.pixel_m))
    table = ground.describe(patches)
    begun = (table["first"] > 0).to_numpy()
    table, patches = table[begun].reset_index(drop=True), patches.without(~begun)
    table.index += 1
    table["area_m2"] = table["pixels"] * grid.pixel_area_m2
    in_channel = pd.Series(is_among(patches.at, river)).groupby(patches.label)
    table["channel_pct"] = 100 * in_channel.mean()
    if gradient is None:
        table[list(SLOPE_COLUMNS)] = np.nan
    else:
        table = table.join(slopes_under(patches, table, gradient, grid=grid))
    outlines = outlines_by_label(patches.at, patches.label, grid)
    geometry = [outlines[int(n)] for n in table.index]
    named = [
        name_change(row, rules=rules.changes, climate=judge.climate, sees_pools=sees_pools)
        for row in table.to_dict("records")
    ]
    terms = evidence_terms(table, rules=rules.terms, climate=judge.climate)
    chance = confidence(terms, rules=rules.confidence).to_numpy()
    changes = pd.DataFrame(
        {
            "kind": [kind for kind, _ in named],
            "reject_reason": [reason for _, reason in named],
            **_onset_columns(table),
            "last_seen": [to_day(d) for d in table["last"]],
            "area_m2": shapely.area(geometry),
            **{name: table[name].to_numpy(float).round() for name in ("slope_deg", "aspect_deg")},
            "confidence": chance.clip(0, rules.periods.keep_confidence),
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
