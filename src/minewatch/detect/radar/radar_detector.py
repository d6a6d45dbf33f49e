"""Forest that darkens in radar and stays dark: clearings, whatever the clouds do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from minewatch.detect.plain_patches import feature_rows, stacked
from minewatch.detect.radar import radar_evidence as months_of_radar
from minewatch.detect.radar import radar_patches as patches
from minewatch.detect.radar.radar_rules import RadarRules
from minewatch.model import (
    CHANGES,
    DETECTIONS,
    FEATURES,
    KACHIN,
    RADAR_BANDS,
    STEP_DB,
    Alternative,
    Band,
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
)


@dataclass(frozen=True)
class RadarClearings:
    """Clearings inside forest by a lasting fall of VH backscatter; nothing is said of pools."""

    name: ClassVar[str] = "radar-clearings"
    title: ClassVar[str] = "Clearings in forest by a lasting fall of radar backscatter"
    version: ClassVar[int] = 1
    confidence_basis: ClassVar[str] = "the weakest of its terms, not calibrated"
    bands: ClassVar[tuple[Band, ...]] = RADAR_BANDS
    state_layers: ClassVar[Mapping[str, PixelStateLayer]] = months_of_radar.STATE_LAYERS
    evidence_layers: ClassVar[Mapping[str, EvidenceLayer]] = months_of_radar.EVIDENCE
    evidence_sizes: ClassVar[Mapping[str, int]] = {}
    figures: ClassVar[Mapping[str, Figure]] = patches.FIGURES
    terms: ClassVar[Mapping[str, EvidenceTerm]] = patches.TERMS
    rules: RadarRules = field(default_factory=RadarRules)
    """Thresholds."""

    def start(self, pixels: int) -> PixelState:
        """See `minewatch.model.Detector`."""
        return months_of_radar.start_state(pixels)

    def update(
        self, state: PixelState, months: xr.Dataset, *, period: Period | None
    ) -> tuple[PixelState, xr.Dataset]:
        """See `minewatch.model.Detector`."""
        return months_of_radar.update_state(state, months, period=period, rules=self.rules)

    def conclude(self, state: PixelState, *, shape: tuple[int, int]) -> xr.Dataset:
        """See `minewatch.model.Detector`."""
        return months_of_radar.conclude(state, shape=shape, rules=self.rules)

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
        del climate, gradient, pixel_m
        mines: list[gpd.GeoDataFrame] = []
        taken = np.empty(0, np.intp)
        for here in evidence:
            at = np.flatnonzero(here.layers["dark"] == 1)
            found = patches.find_patches(at, grid, rules=self.rules)
            table = patches.describe_patches(found, here, grid, rules=self.rules)
            rows = patches.detection_rows(here, found, table, grid, rules=self.rules)
            rows = rows[rows["confidence"] >= self.rules.keep_confidence]
            mines.append(rows)
            taken = np.union1d(taken, found.at[np.isin(found.label, rows.index)])
        here = evidence.of(len(evidence) - 1)
        others = np.setdiff1d(np.flatnonzero(here.whole["first_detected"]), taken)
        return Findings(
            detections=stacked(mines, DETECTIONS, grid),
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
        """See `minewatch.model.Detector`; what is said of pools and water is null."""
        del pixel_m
        tracks = tracks.sort_values("site_id", ignore_index=True)
        number = rasterise(list(tracks.geometry), grid).reshape(-1)
        at = np.flatnonzero(number)
        tables = [
            self._measure(here, at, number[at] - 1, list(tracks["site_id"]), grid)
            for here in evidence
        ]
        return pd.concat(tables).sort_values(["site_id", "period_start"], ignore_index=True)

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
        seen = layers["clear_looks"] > 0
        known = layers["score"] != months_of_radar.NO_SCORE

        def count(where: NDArray[np.bool_]) -> NDArray[np.float64]:
            return np.bincount(site[where], minlength=len(names)).astype(float)

        clear, judged = count(seen), count(known)
        fallen = layers["score"] >= self.rules.drop_db / STEP_DB
        grown_over = known & (layers["score"] < self.rules.recovered_db / STEP_DB)
        overpasses = (
            pd.Series(layers["clear_looks"]).groupby(site).median().reindex(range(len(names)))
        )
        return pd.DataFrame(
            {
                "site_id": list(names),
                "period_start": here.period.start.isoformat(),
                "period_end": here.period.end.isoformat(),
                **patches.ground_columns(count(known & fallen) * grid.pixel_area_m2),
                "clear_looks": overpasses.fillna(0).astype(int).to_numpy(),
                "observed_fraction": clear / np.maximum(count(seen | True), 1),
                "vegetated_fraction": np.where(
                    judged > 0, count(grown_over) / np.maximum(judged, 1), np.nan
                ),
                "water_green": np.nan,
            }
        )

    def alternatives(self, terms: Mapping[str, float]) -> tuple[Alternative, ...]:
        """See `minewatch.model.Detector`: it knows of none."""
        del terms
        return ()

    def expected(self, months: xr.Dataset, inside: NDArray[np.bool_]) -> pd.DataFrame:
        """See `minewatch.model.Detector`: nothing of greenness."""
        del inside
        return pd.DataFrame(index=range(months.sizes["time"]))
