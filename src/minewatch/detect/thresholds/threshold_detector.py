"""Thresholds on dry-season medians: the plain baseline, shipped as a yardstick.

Ground that was green in an earlier period and is bare in this one, with water beside it, in patches
of the usual mapping unit. No pool is unmixed, no season of the year set apart, and nothing fitted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import NDArray

from minewatch.detect.days import to_day
from minewatch.detect.labels import Patches, label_pixels
from minewatch.detect.morphology import grown
from minewatch.detect.outlines import outlines_by_label
from minewatch.detect.pixel_sizes import area_pixels, whole_pixels
from minewatch.detect.pool_ranges import pool_ranges
from minewatch.detect.thresholds.threshold_evidence import (
    EVIDENCE,
    NONE,
    STATE_LAYERS,
    conclude,
    start_state,
    update_state,
)
from minewatch.detect.thresholds.threshold_rules import ThresholdRules
from minewatch.model import (
    CHANGES,
    DETECTIONS,
    FEATURES,
    KACHIN,
    POOL_COLUMNS,
    Alternative,
    Climate,
    Evidence,
    EvidenceLayer,
    EvidenceTerm,
    Figure,
    Findings,
    Grid,
    Period,
    PeriodEvidence,
    PixelState,
    PixelStateLayer,
    Rasterise,
    empty_table,
    sees_pools_at,
)

TERMS: Mapping[str, EvidenceTerm] = {
    "water": EvidenceTerm(weight=None, meaning="water beside the bare ground"),
    "lasting": EvidenceTerm(weight=None, meaning="still bare after months"),
}
"""The weaker of the two is the confidence."""
FIGURES: Mapping[str, Figure] = {
    "pixels": Figure("1", "pixels in the patch"),
    "water_share": Figure("1", "water pixels in it and the ring round it, of its own"),
    "first": Figure("day", "first bare month of the earliest quarter of its pixels"),
    "before": Figure("day", "last green month before it; 0: unknown"),
    "last": Figure("day", "last bare month"),
}


@dataclass(frozen=True)
class DrySeasonThresholds:
    """Bare ground that was green before, with water beside it: a baseline, nothing fitted."""

    name: ClassVar[str] = "dry-season-thresholds"
    title: ClassVar[str] = "Thresholds on dry-season medians: the plain baseline, a yardstick"
    version: ClassVar[int] = 1
    confidence_basis: ClassVar[str] = "the weaker of its terms, not calibrated"
    state_layers: ClassVar[Mapping[str, PixelStateLayer]] = STATE_LAYERS
    evidence_layers: ClassVar[Mapping[str, EvidenceLayer]] = EVIDENCE
    evidence_sizes: ClassVar[Mapping[str, int]] = {}
    figures: ClassVar[Mapping[str, Figure]] = FIGURES
    terms: ClassVar[Mapping[str, EvidenceTerm]] = TERMS
    rules: ThresholdRules = field(default_factory=ThresholdRules)
    """Thresholds."""

    def start(self, pixels: int) -> PixelState:
        """See `minewatch.model.Detector`."""
        return start_state(pixels)

    def update(
        self, state: PixelState, months: xr.Dataset, *, period: Period | None
    ) -> tuple[PixelState, xr.Dataset]:
        """See `minewatch.model.Detector`."""
        return update_state(state, months, period=period, rules=self.rules)

    def conclude(self, state: PixelState, *, shape: tuple[int, int]) -> xr.Dataset:
        """See `minewatch.model.Detector`."""
        return conclude(state, shape=shape)

    def find(
        self,
        evidence: Evidence,
        *,
        grid: Grid,
        pixel_m: float,
        climate: Climate = KACHIN,
        gradient: xr.Dataset | None = None,
    ) -> Findings:
        """See `minewatch.model.Detector`; seasons and slopes are not looked at."""
        del climate, gradient
        found = [self._patches(here, grid) for here in evidence]
        mines = [
            self._rows(here, patches, table, grid)
            for here, (patches, table) in zip(evidence, found, strict=True)
        ]
        kept = [rows[rows["confidence"] >= self.rules.keep_confidence] for rows in mines]
        taken = np.unique(
            np.concatenate(
                [
                    np.empty(0, np.intp),
                    *(self._pixels(p, k) for (p, _), k in zip(found, kept, strict=True)),
                ]
            )
        )
        detections = _table(kept, DETECTIONS, grid)
        features = self._features(evidence, taken, grid)
        if not sees_pools_at(pixel_m):
            detections[list(POOL_COLUMNS)] = np.nan
            features = features[features["kind"] != "pool"].reset_index(drop=True)
        return Findings(
            detections=detections,
            features=features,
            changes=self._changes(evidence, taken, grid),
        )

    def measure(
        self,
        evidence: Evidence,
        tracks: gpd.GeoDataFrame,
        *,
        grid: Grid,
        pixel_m: float,
        rasterise: Rasterise,
    ) -> pd.DataFrame:
        """See `minewatch.model.Detector`."""
        tracks = tracks.sort_values("site_id", ignore_index=True)
        core = rasterise(list(tracks.geometry), grid).reshape(-1)
        at = np.flatnonzero(core)
        label, sites = core[at] - 1, len(tracks)
        tables = [self._measure(here, at, label, sites, grid) for here in evidence]
        for table in tables:
            table.insert(0, "site_id", tracks["site_id"].to_numpy())
            if not sees_pools_at(pixel_m):
                table[list(POOL_COLUMNS)] = np.nan
        if not tables:
            return pd.DataFrame()
        return pd.concat(tables).sort_values(["site_id", "period_start"], ignore_index=True)

    def alternatives(self, terms: Mapping[str, float]) -> tuple[Alternative, ...]:
        """See `minewatch.model.Detector`: it knows of none."""
        del terms
        return ()

    def expected(self, months: xr.Dataset, inside: NDArray[np.bool_]) -> pd.DataFrame:
        """See `minewatch.model.Detector`: it expects nothing."""
        del inside
        return pd.DataFrame(index=range(months.sizes["time"]))

    def _patches(self, here: PeriodEvidence, grid: Grid) -> tuple[Patches, pd.DataFrame]:
        """Bare patches of one period, and their figures; index the label."""
        rules, cols = self.rules, grid.geobox.shape[1]
        patches = label_pixels(np.flatnonzero(here.layers["lost"] == 1), cols)
        size = np.bincount(patches.label, minlength=patches.count + 1)[1:]
        patches = patches.without(size < area_pixels(rules.min_patch_m2, grid.resolution_m))
        return patches, self._describe(patches, here, grid)

    def _describe(self, patches: Patches, here: PeriodEvidence, grid: Grid) -> pd.DataFrame:
        pixels = pd.DataFrame(
            {
                "label": patches.label, "at": patches.at,
                **{n: here.whole[n].reshape(-1)[patches.at].astype(np.int64)
                   for n in ("first_detected", "before", "last")},
                "water": _is_water(here, patches.at, self.rules),
            }
        )  # fmt: skip
        grouped = pixels.groupby("label")
        table = pd.DataFrame({"pixels": grouped.size(), "water": grouped["water"].sum()})
        table["first"] = grouped["first_detected"].quantile(0.25).round().astype(np.int64)
        before = grouped["before"].min()
        table["before"] = before.clip(upper=table["first"] - 1).clip(lower=0)
        table["last"] = grouped["last"].max()
        first_pixel = pixels.sort_values(["label", "first_detected", "at"]).groupby("label").first()
        table["anchor"] = first_pixel["at"]
        ring = self._water_around(patches, here, grid)
        table["water"] = table["water"] + pd.Series(ring, dtype=float).reindex(table.index).fillna(
            0
        )
        table["water_share"] = table["water"] / table["pixels"]
        return table

    def _water_around(self, patches: Patches, here: PeriodEvidence, grid: Grid) -> dict[int, int]:
        """Water pixels in the ring round each patch."""
        shape = tuple(grid.geobox.shape)
        ring = whole_pixels(self.rules.ring_m, grid.resolution_m)
        counts: dict[int, int] = {}
        for number in range(1, patches.count + 1):
            own = patches.at[patches.label == number]
            around = np.setdiff1d(grown(own, shape, ring), own, assume_unique=True)
            counts[number] = int(_is_water(here, around, self.rules).sum())
        return counts

    def _rows(
        self, here: PeriodEvidence, patches: Patches, table: pd.DataFrame, grid: Grid
    ) -> pd.DataFrame:
        """Rows of `DETECTIONS`; index the label."""
        rules, pixel_m2 = self.rules, grid.pixel_area_m2
        terms = pd.DataFrame(
            {
                "water": _ramp(table["water_share"], *rules.water_share),
                "lasting": _ramp(table["last"] - table["first"], *rules.lasting_days),
            }
        )
        water, ground = table["water"] * pixel_m2, table["pixels"] * pixel_m2
        rows, cols = np.divmod(table["anchor"].to_numpy(np.int64), grid.geobox.shape[1])
        to_metres = grid.geobox.transform
        xs, ys = to_metres.c + (cols + 0.5) * to_metres.a, to_metres.f + (rows + 0.5) * to_metres.e
        outlines = outlines_by_label(patches.at, patches.label, grid)
        return pd.DataFrame(
            {
                "period_start": here.period.start.isoformat(),
                "period_end": here.period.end.isoformat(),
                **_onset(table),
                "disturbed_area_m2": np.maximum(ground, water),
                "pad_area_m2": np.maximum(ground - water, 0),
                "pool_area_m2": water,
                **pool_ranges(water.to_numpy(float), rules=rules.ranges),
                "confidence": terms.min(axis=1),
                "terms": terms.round(4).to_dict("records"),
                "anchor_x": xs, "anchor_y": ys,
                "geometry": [outlines[int(n)] for n in table.index],
            },
            index=table.index,
        )  # fmt: skip

    def _pixels(self, patches: Patches, kept: pd.DataFrame) -> NDArray[np.intp]:
        return patches.at[np.isin(patches.label, kept.index.to_numpy())]

    def _features(
        self, evidence: Evidence, taken: NDArray[np.intp], grid: Grid
    ) -> gpd.GeoDataFrame:
        """Pads: the bare ground of mines over all periods."""
        if not len(taken):
            return empty_table(FEATURES, epsg=grid.epsg)
        patches = label_pixels(taken, grid.geobox.shape[1])
        table = self._describe(patches, evidence.of(len(evidence) - 1), grid)
        outlines = outlines_by_label(patches.at, patches.label, grid)
        geometry = [outlines[int(n)] for n in table.index]
        rows = pd.DataFrame(
            {
                "kind": "pad", **_onset(table), "last_seen": [to_day(d) for d in table["last"]],
                "area_m2": shapely.area(geometry), "geometry": geometry,
            }
        )  # fmt: skip
        return gpd.GeoDataFrame(rows, geometry="geometry", crs=grid.epsg)

    def _changes(self, evidence: Evidence, taken: NDArray[np.intp], grid: Grid) -> gpd.GeoDataFrame:
        """Bare ground of any period that is no mine: swidden, or another clearing."""
        if not len(evidence):
            return empty_table(CHANGES, epsg=grid.epsg)
        here = evidence.of(len(evidence) - 1)
        ever = np.setdiff1d(np.flatnonzero(here.whole["first_detected"] > 0), taken)
        patches = label_pixels(ever, grid.geobox.shape[1])
        size = np.bincount(patches.label, minlength=patches.count + 1)[1:]
        patches = patches.without(size < area_pixels(self.rules.min_patch_m2, grid.resolution_m))
        if not patches.count:
            return empty_table(CHANGES, epsg=grid.epsg)
        table = self._describe(patches, here, grid)
        outlines = outlines_by_label(patches.at, patches.label, grid)
        geometry = [outlines[int(n)] for n in table.index]
        days = table["last"] - table["first"]
        is_brief = days < self.rules.swidden_days
        rows = pd.DataFrame(
            {
                "kind": np.where(is_brief, "swidden", "other_clearing"),
                "reject_reason": [f"bare for {d} days, by thresholds on medians" for d in days],
                **_onset(table), "last_seen": [to_day(d) for d in table["last"]],
                "area_m2": shapely.area(geometry), "slope_deg": np.nan, "aspect_deg": np.nan,
                "confidence": 0.0, "geometry": geometry,
            }
        )  # fmt: skip
        return gpd.GeoDataFrame(rows, geometry="geometry", crs=grid.epsg)

    def _measure(
        self,
        here: PeriodEvidence,
        at: NDArray[np.intp],
        label: NDArray[np.int32],
        sites: int,
        grid: Grid,
    ) -> pd.DataFrame:
        """Figures of every site in one period."""
        ndvi = here.layers["ndvi"].reshape(-1)[at]
        seen, looks = ndvi != NONE, here.layers["clear_looks"].reshape(-1)[at]

        def count(where: NDArray[np.bool_]) -> NDArray[np.float64]:
            return np.bincount(label[where], minlength=sites).astype(float)

        whole, clear = count(np.ones(len(at), bool)), count(seen)
        green = count(seen & (ndvi >= 100 + 100 * self.rules.green_ndvi))
        pool = count(_is_water(here, at, self.rules)) * grid.pixel_area_m2
        bare = count(seen & (ndvi < 100 + 100 * self.rules.bare_ndvi)) * grid.pixel_area_m2
        medians = pd.Series(looks).groupby(label).median().reindex(range(sites)).fillna(0)
        with np.errstate(invalid="ignore", divide="ignore"):
            vegetated = green / clear
        return pd.DataFrame(
            {
                "period_start": here.period.start.isoformat(),
                "period_end": here.period.end.isoformat(),
                "disturbed_area_m2": np.maximum(bare, pool),
                "pad_area_m2": np.maximum(bare - pool, 0),
                "pool_area_m2": pool,
                **pool_ranges(pool, rules=self.rules.ranges),
                "clear_looks": medians.astype(int).to_numpy(),
                "observed_fraction": clear / np.maximum(whole, 1),
                "vegetated_fraction": vegetated,
            }
        )


def _is_water(
    here: PeriodEvidence, at: NDArray[np.intp], rules: ThresholdRules
) -> NDArray[np.bool_]:
    """Which pixels are water by their NDWI."""
    ndwi = here.layers["ndwi"].reshape(-1)[at]
    return (ndwi > 100 + 100 * rules.water_ndwi) & (ndwi != NONE)  # type: ignore[no-any-return]


def _onset(table: pd.DataFrame) -> dict[str, list[str | None]]:
    return {
        "first_detected": [to_day(d) for d in table["first"]],
        "last_undisturbed": [to_day(d) if d > 0 else None for d in table["before"]],
    }


def _table(found: list[pd.DataFrame], contract: Any, grid: Grid) -> gpd.GeoDataFrame:
    rows = [table for table in found if len(table)]
    if not rows:
        return empty_table(contract, epsg=grid.epsg)
    table = pd.concat(rows, ignore_index=True)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=grid.epsg)


def _ramp(values: pd.Series, low: float, high: float) -> pd.Series:
    """0 up to `low`, 1 from `high`, straight between."""
    return ((values - low) / (high - low)).clip(0, 1).fillna(0)
