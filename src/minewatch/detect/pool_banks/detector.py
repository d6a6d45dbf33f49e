"""The pool-bank detector: what `minewatch.model.Detector` asks of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import geopandas as gpd
import pandas as pd
import xarray as xr

from minewatch.detect.pool_banks.disturbed_runs import RUNS
from minewatch.detect.pool_banks.evidence_layers import EVIDENCE_LAYERS
from minewatch.detect.pool_banks.evidence_terms import TERMS
from minewatch.detect.pool_banks.find import find
from minewatch.detect.pool_banks.measure import measure
from minewatch.detect.pool_banks.score import conclude, update_evidence
from minewatch.detect.pool_banks.state_layers import PIXEL_STATE_LAYERS, start_state
from minewatch.model import (
    EvidenceLayer,
    EvidenceTerm,
    Findings,
    Grid,
    Period,
    PixelState,
    PixelStateLayer,
    Rasterise,
)


@dataclass(frozen=True)
class PoolBanks:
    """Finds banks of pools on ground that lost its vegetation, each pixel against its own past."""

    name: ClassVar[str] = "pool-banks"
    title: ClassVar[str] = "banks of pools on cleared ground, against each pixel's own past"
    version: ClassVar[int] = 1
    rules: Any = None
    """Thresholds."""

    @property
    def state_layers(self) -> Mapping[str, PixelStateLayer]:
        """See `minewatch.model.Detector`."""
        return PIXEL_STATE_LAYERS

    @property
    def evidence_layers(self) -> Mapping[str, EvidenceLayer]:
        """See `minewatch.model.Detector`."""
        return EVIDENCE_LAYERS

    @property
    def evidence_sizes(self) -> Mapping[str, int]:
        """See `minewatch.model.Detector`."""
        return {"run": RUNS}

    @property
    def terms(self) -> Mapping[str, EvidenceTerm]:
        """See `minewatch.model.Detector`."""
        return TERMS

    def start(self, pixels: int) -> PixelState:
        """See `minewatch.model.Detector`."""
        return start_state(pixels)

    def update(
        self, state: PixelState, months: xr.Dataset, *, period: Period | None
    ) -> tuple[PixelState, xr.Dataset]:
        """See `minewatch.model.Detector`."""
        return update_evidence(state, months, period=period)

    def conclude(self, state: PixelState, *, shape: tuple[int, int]) -> xr.Dataset:
        """See `minewatch.model.Detector`."""
        return conclude(state, shape=shape)

    def find(
        self,
        evidence: xr.Dataset,
        *,
        grid: Grid,
        periods: Sequence[Period],
        gradient: xr.Dataset | None = None,
    ) -> Findings:
        """See `minewatch.model.Detector`."""
        return find(evidence, grid=grid, periods=periods, gradient=gradient)

    def measure(
        self,
        evidence: xr.Dataset,
        tracks: gpd.GeoDataFrame,
        *,
        grid: Grid,
        periods: Sequence[Period],
        rasterise: Rasterise,
    ) -> pd.DataFrame:
        """See `minewatch.model.Detector`."""
        return measure(evidence, tracks, grid=grid, periods=periods, rasterise=rasterise)
