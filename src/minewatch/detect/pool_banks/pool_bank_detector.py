"""The pool-bank detector: what `minewatch.model.Detector` asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from minewatch.detect.overpass_thresholds import OverpassRules
from minewatch.detect.pool_banks.alternatives import score_alternatives, undecided_alternatives
from minewatch.detect.pool_banks.clearings import PREFIX, clearing_terms_of
from minewatch.detect.pool_banks.disturbed_runs import RUNS
from minewatch.detect.pool_banks.evidence_layers import EVIDENCE_LAYERS
from minewatch.detect.pool_banks.evidence_terms import terms_of
from minewatch.detect.pool_banks.expected_months import expected_months
from minewatch.detect.pool_banks.find import find
from minewatch.detect.pool_banks.measure import measure
from minewatch.detect.pool_banks.patch_figures import FIGURES
from minewatch.detect.pool_banks.pool_bank_evidence import conclude, update_evidence
from minewatch.detect.pool_banks.pool_bank_rules import PoolBankRules
from minewatch.detect.pool_banks.state_layers import PIXEL_STATE_LAYERS, start_state
from minewatch.model import (
    KACHIN,
    Alternative,
    Climate,
    Evidence,
    EvidenceLayer,
    EvidenceTerm,
    Figure,
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
    title: ClassVar[str] = "Banks of pools on cleared ground, each pixel against its own past"
    version: ClassVar[int] = 2
    confidence_basis: ClassVar[str] = "set on simulated worlds, not calibrated"
    rules: PoolBankRules = field(default_factory=PoolBankRules)
    """Thresholds."""
    overpass: OverpassRules = field(default_factory=OverpassRules)
    """Thresholds of what one overpass shows."""

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
    def figures(self) -> Mapping[str, Figure]:
        """See `minewatch.model.Detector`."""
        return FIGURES

    @property
    def terms(self) -> Mapping[str, EvidenceTerm]:
        """See `minewatch.model.Detector`."""
        return {**terms_of(self.rules.confidence), **clearing_terms_of(self.rules.clearings)}

    def start(self, pixels: int) -> PixelState:
        """See `minewatch.model.Detector`."""
        return start_state(pixels)

    def update(
        self, state: PixelState, months: xr.Dataset, *, period: Period | None
    ) -> tuple[PixelState, xr.Dataset]:
        """See `minewatch.model.Detector`."""
        return update_evidence(
            state, months, period=period, rules=self.rules, overpass=self.overpass
        )

    def conclude(self, state: PixelState, *, shape: tuple[int, int]) -> xr.Dataset:
        """See `minewatch.model.Detector`."""
        return conclude(state, shape=shape, rules=self.rules)

    def find(
        self,
        evidence: Evidence,
        *,
        grid: Grid,
        pixel_m: float,
        climate: Climate = KACHIN,
        gradient: xr.Dataset | None = None,
    ) -> Findings:
        """See `minewatch.model.Detector`."""
        return find(
            evidence, grid=grid, pixel_m=pixel_m, climate=climate, gradient=gradient,
            rules=self.rules,
        )  # fmt: skip

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
        return measure(
            evidence, tracks, grid=grid, pixel_m=pixel_m, rasterise=rasterise, rules=self.rules
        )

    def alternatives(self, terms: Mapping[str, float]) -> tuple[Alternative, ...]:
        """See `minewatch.model.Detector`."""
        clearing = {n.removeprefix(PREFIX): v for n, v in terms.items() if n.startswith(PREFIX)}
        if len(clearing) == len(terms):  # found in pixels that cannot show pools
            return undecided_alternatives(clearing)
        return score_alternatives({n: v for n, v in terms.items() if not n.startswith(PREFIX)})

    def expected(self, months: xr.Dataset, inside: NDArray[np.bool_]) -> pd.DataFrame:
        """See `minewatch.model.Detector`."""
        return expected_months(months, inside, rules=self.rules, overpass=self.overpass)
