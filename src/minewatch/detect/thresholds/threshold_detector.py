"""Thresholds on dry-season medians: the plain baseline of the field, shipped as a yardstick.

Ground whose median NDVI of a period is low, with water beside it, in patches of the usual mapping
unit. No pool is unmixed, no pixel's own season is learnt, and nothing is fitted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from minewatch.detect.plain_patches import feature_rows, stacked
from minewatch.detect.pool_ranges import water_ranges
from minewatch.detect.thresholds import threshold_evidence as medians
from minewatch.detect.thresholds import threshold_patches as patches
from minewatch.detect.thresholds.threshold_rules import ThresholdRules
from minewatch.model import (
    CHANGES,
    DETECTIONS,
    FEATURES,
    KACHIN,
    POOL_COLUMNS,
    WATER_COLUMNS,
    Alternative,
    Climate,
    Contract,
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
    sees_pools_at,
)

Table = TypeVar("Table", bound=pd.DataFrame)


@dataclass(frozen=True)
class DrySeasonThresholds:
    """Bare ground with water beside it, by medians of periods: a baseline, nothing fitted."""

    name: ClassVar[str] = "dry-season-thresholds"
    title: ClassVar[str] = "Thresholds on dry-season medians: the plain baseline, a yardstick"
    version: ClassVar[int] = 2
    confidence_basis: ClassVar[str] = "the weaker of its terms, not calibrated"
    state_layers: ClassVar[Mapping[str, PixelStateLayer]] = medians.STATE_LAYERS
    evidence_layers: ClassVar[Mapping[str, EvidenceLayer]] = medians.EVIDENCE
    evidence_sizes: ClassVar[Mapping[str, int]] = {}
    figures: ClassVar[Mapping[str, Figure]] = patches.FIGURES
    terms: ClassVar[Mapping[str, EvidenceTerm]] = patches.TERMS
    rules: ThresholdRules = field(default_factory=ThresholdRules)
    """Thresholds."""

    def start(self, pixels: int) -> PixelState:
        """See `minewatch.model.Detector`."""
        return medians.start_state(pixels)

    def update(
        self, state: PixelState, months: xr.Dataset, *, period: Period | None
    ) -> tuple[PixelState, xr.Dataset]:
        """See `minewatch.model.Detector`."""
        return medians.update_state(state, months, period=period, rules=self.rules)

    def conclude(self, state: PixelState, *, shape: tuple[int, int]) -> xr.Dataset:
        """See `minewatch.model.Detector`."""
        return medians.conclude(state, shape=shape)

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
        mines: list[gpd.GeoDataFrame] = []
        taken = np.empty(0, np.intp)
        for here in evidence:
            found = patches.find_patches(
                np.flatnonzero(here.layers["bare"] == 1), grid, rules=self.rules
            )
            table = patches.describe_patches(found, here, grid, rules=self.rules)
            rows = patches.detection_rows(here, found, table, grid, rules=self.rules)
            rows = rows[rows["confidence"] >= self.rules.keep_confidence]
            mines.append(rows)
            taken = np.union1d(taken, found.at[np.isin(found.label, rows.index)])
        here = evidence.of(len(evidence) - 1)
        others = np.setdiff1d(np.flatnonzero(here.whole["first_detected"]), taken)
        return Findings(
            detections=_visible(stacked(mines, DETECTIONS, grid), pixel_m),
            features=self._rows(taken, here, grid, FEATURES),
            changes=self._rows(others, here, grid, CHANGES),
        )

    def _rows(
        self, at: NDArray[np.intp], here: PeriodEvidence, grid: Grid, contract: Contract
    ) -> gpd.GeoDataFrame:
        """Patches over all periods: pads of mines, or what is none."""
        found = patches.find_patches(at, grid, rules=self.rules)
        table = patches.describe_patches(found, here, grid, rules=self.rules)
        if contract is FEATURES:
            rows = feature_rows(found, table, grid)
        else:
            rows = patches.change_rows(found, table, grid, rules=self.rules)
        return stacked([rows], contract, grid)

    def measure(
        self,
        evidence: Evidence,
        tracks: gpd.GeoDataFrame,
        *,
        grid: Grid,
        pixel_m: float,
        rasterise: Rasterise,
    ) -> pd.DataFrame:
        """See `minewatch.model.Detector`; pools are the most water that stood so far."""
        tracks = tracks.sort_values("site_id", ignore_index=True)
        number = rasterise(list(tracks.geometry), grid).reshape(-1)
        at = np.flatnonzero(number)
        tables = [
            self._measure(here, at, number[at] - 1, list(tracks["site_id"]), grid)
            for here in evidence
        ]
        table = pd.concat(tables).sort_values(["site_id", "period_start"], ignore_index=True)
        pools = table["water_area_m2"].groupby(table["site_id"]).cummax().to_numpy(float)
        areas = patches.ground_columns(
            table["disturbed_area_m2"].to_numpy(float), pools, rules=self.rules
        )
        return _visible(table.assign(**areas), pixel_m)

    def _measure(
        self,
        here: PeriodEvidence,
        at: NDArray[np.intp],
        site: NDArray[np.int32],
        names: Sequence[str],
        grid: Grid,
    ) -> pd.DataFrame:
        """Figures of every site in one period."""
        layers = {name: layer.reshape(-1)[at] for name, layer in here.layers.items()}
        ndvi, seen = layers["ndvi"], layers["ndvi"] != medians.NONE

        def count(where: NDArray[np.bool_]) -> NDArray[np.float64]:
            return np.bincount(site[where], minlength=len(names)).astype(float)

        clear = count(seen)
        water = count(medians.is_water(layers["water"], self.rules)) * grid.pixel_area_m2
        bare = count(ndvi < 100 + 100 * self.rules.bare_ndvi) * grid.pixel_area_m2
        green = count(seen & (ndvi >= 100 + 100 * self.rules.green_ndvi))
        overpasses = (
            pd.Series(layers["clear_looks"]).groupby(site).median().reindex(range(len(names)))
        )
        return pd.DataFrame(
            {
                "site_id": list(names),
                "period_start": here.period.start.isoformat(),
                "period_end": here.period.end.isoformat(),
                "disturbed_area_m2": bare,
                **water_ranges(water, rules=self.rules.ranges),
                "clear_looks": overpasses.fillna(0).astype(int).to_numpy(),
                "observed_fraction": clear / np.maximum(count(seen | True), 1),
                "vegetated_fraction": np.where(clear > 0, green / np.maximum(clear, 1), np.nan),
                "water_green": np.nan,
            }
        )

    def alternatives(self, terms: Mapping[str, float]) -> tuple[Alternative, ...]:
        """See `minewatch.model.Detector`: it knows of none."""
        del terms
        return ()

    def expected(self, months: xr.Dataset, inside: NDArray[np.bool_]) -> pd.DataFrame:
        """See `minewatch.model.Detector`: it expects nothing."""
        del inside
        return pd.DataFrame(index=range(months.sizes["time"]))


def _visible(table: Table, pixel_m: float) -> Table:
    """A table whose pool columns are null where pixels are too large for pools."""
    if not sees_pools_at(pixel_m):
        table[[c for c in (*POOL_COLUMNS, *WATER_COLUMNS) if c in table]] = np.nan
    return table
