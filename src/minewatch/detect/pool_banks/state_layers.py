"""What the pool-bank detector keeps of each pixel: all that scoring later months needs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from minewatch.detect.pool_banks.baseline import FIT_FIELDS
from minewatch.detect.pool_banks.disturbed_runs import OPEN_FIELDS, RUNS
from minewatch.detect.pool_banks.evidence_layers import NO_SHARE
from minewatch.detect.pool_banks.season_statistics import SWING_BINS, YEAR_FIELDS
from minewatch.model import PixelState, PixelStateLayer

START_MONTHS = 12
"""Months from the first one of the record that count as the state at the start [D]."""

PIXEL_STATE_LAYERS: Mapping[str, PixelStateLayer] = {
    "fit": PixelStateLayer("float32", (FIT_FIELDS,), 0, "sums of the harmonic fit: `baseline`"),
    "runs": PixelStateLayer("uint16", (RUNS, 3), 0, "ended runs of lost vegetation, days"),
    "under_way": PixelStateLayer("uint16", (len(OPEN_FIELDS),), 0, "the run under way"),
    "years": PixelStateLayer("uint16", (YEAR_FIELDS,), 0, "years in which it turned green again"),
    "swing": PixelStateLayer("uint8", (SWING_BINS,), 0, "months at each step of near-infrared"),
    "start_looks": PixelStateLayer(
        "uint16", (2,), 0, "clear and disturbed overpasses of the first `START_MONTHS` months"
    ),
    "start_pool": PixelStateLayer(
        "uint8", (START_MONTHS,), NO_SHARE, "share of water in each of these months, per cent"
    ),
}
"""Layer to dtype, fields a pixel, initial value and meaning."""


def start_state(pixels: int) -> PixelState:
    """The record of pixels before the first month."""
    layers = {
        name: np.full((pixels, *layer.fields), layer.initial, layer.dtype)
        for name, layer in PIXEL_STATE_LAYERS.items()
    }
    return PixelState(0, 0, layers)
