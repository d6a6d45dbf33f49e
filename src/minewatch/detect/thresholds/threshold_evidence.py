"""Months to medians of a period, pixel by pixel, and what they are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from minewatch.detect.thresholds.threshold_rules import ThresholdRules
from minewatch.model import (
    EvidenceLayer,
    Period,
    PixelState,
    PixelStateLayer,
    check_month_cube,
)

NONE = 255
"""Index that was not seen."""
_PERIODIC, _PLAIN = ("period", "y", "x"), ("y", "x")

STATE_LAYERS: Mapping[str, PixelStateLayer] = {
    "best_ndvi": PixelStateLayer("uint8", (), 0, "largest NDVI of any period, 100 + 100 NDVI"),
    "first": PixelStateLayer("uint16", (), 0, "first bare month, days since 1970-01-01"),
    "before": PixelStateLayer("uint16", (), 0, "last green month before it"),
    "last": PixelStateLayer("uint16", (), 0, "last bare month"),
    "green": PixelStateLayer("uint16", (), 0, "last green month"),
}
"""What is kept of each pixel."""
EVIDENCE: Mapping[str, EvidenceLayer] = {
    "clear_looks": EvidenceLayer(_PERIODIC, "uint8", 0, "1", "clear looks in the period"),
    "score": EvidenceLayer(
        _PERIODIC, "int16", -32768, "0.01 NDVI", "fall of NDVI below its largest of any period"
    ),
    "ndvi": EvidenceLayer(_PERIODIC, "uint8", NONE, "0.01", "100 + 100 NDVI, median of months"),
    "ndwi": EvidenceLayer(_PERIODIC, "uint8", NONE, "0.01", "100 + 100 NDWI, median of months"),
    "lost": EvidenceLayer(
        _PERIODIC, "uint8", 0, "1", "1 where ground is bare that was green before"
    ),
    "first_detected": EvidenceLayer(_PLAIN, "uint16", 0, "day", "first bare month"),
    "before": EvidenceLayer(_PLAIN, "uint16", 0, "day", "last green month before it"),
    "last": EvidenceLayer(_PLAIN, "uint16", 0, "day", "last bare month"),
}
"""What is said of each pixel."""


def start_state(pixels: int) -> PixelState:
    """The state before the first month."""
    layers = {n: np.full(pixels, of.initial, of.dtype) for n, of in STATE_LAYERS.items()}
    return PixelState(0, 0, layers)


def update_state(
    state: PixelState, months: xr.Dataset, *, period: Period | None, rules: ThresholdRules
) -> tuple[PixelState, xr.Dataset]:
    """Months taken in, and the evidence of the period they complete; see `model.Detector`."""
    check_month_cube(months)
    shape = months.sizes["y"], months.sizes["x"]
    days = months["time"].to_numpy().astype("datetime64[D]").astype(np.int64)
    flat = {str(n): v.to_numpy().reshape(len(days), -1) for n, v in months.data_vars.items()}
    ndvi = _index(flat["nir"], flat["red"])
    layers = state.copied()
    for day, of_month in zip(days, ndvi, strict=True):
        is_green = of_month >= 100 + 100 * rules.green_ndvi
        is_green &= of_month != NONE
        is_bare = of_month < 100 + 100 * rules.bare_ndvi
        begins = is_bare & (layers["best_ndvi"] >= 100 + 100 * rules.green_ndvi)
        begins &= layers["first"] == 0
        layers["before"][begins] = layers["green"][begins]
        layers["first"][begins] = day
        layers["last"][is_bare & (layers["first"] > 0)] = day
        layers["green"][is_green] = day
        best = np.where(of_month == NONE, 0, of_month)
        layers["best_ndvi"] = np.maximum(layers["best_ndvi"], best).astype(np.uint8)
    first_day = state.first_day if state.months else int(days[0]) if len(days) else 0
    now = PixelState(state.months + len(days), first_day, layers)
    if period is None:
        return now, xr.Dataset()
    inside = np.array([_in(period, day) for day in days], bool)
    return now, _evidence(flat, ndvi, inside, layers["best_ndvi"], shape, rules)


def conclude(state: PixelState, *, shape: tuple[int, int]) -> xr.Dataset:
    """The evidence that belongs to no period."""
    of = state.layers
    values = {"first_detected": of["first"], "before": of["before"], "last": of["last"]}
    return xr.Dataset({name: _layer(name, v.reshape(shape)) for name, v in values.items()})


def _evidence(
    flat: Mapping[str, NDArray[Any]],
    ndvi: NDArray[np.uint8],
    inside: NDArray[np.bool_],
    best: NDArray[np.uint8],
    shape: tuple[int, int],
    rules: ThresholdRules,
) -> xr.Dataset:
    """Medians over the months of a period."""
    green, blue = _median(ndvi[inside]), _median(_index(flat["green"], flat["nir"])[inside])
    seen = green != NONE
    is_bare = seen & (green < 100 + 100 * rules.bare_ndvi)
    lost = is_bare & (best >= 100 + 100 * rules.green_ndvi)
    values = {
        "clear_looks": np.minimum(flat["clear_looks"][inside].sum(axis=0, dtype=np.int64), 255),
        "score": np.where(seen, best.astype(np.int16) - green, EVIDENCE["score"].missing),
        "ndvi": green,
        "ndwi": blue,
        "lost": lost,
    }
    return xr.Dataset({name: _layer(name, v.reshape(shape)) for name, v in values.items()})


def _index(above: NDArray[np.uint16], below: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """A normalised difference as 100 + 100 times it; `NONE` where not seen."""
    a, b = above.astype(np.float32), below.astype(np.float32)
    index = np.rint(100 + 100 * (a - b) / np.maximum(a + b, 1))
    return np.where((above > 0) & (below > 0), index, NONE).astype(np.uint8)


def _median(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lower median over axis 0 of what was seen."""
    if not len(values):
        return np.full(values.shape[1:], NONE, np.uint8)
    ordered = np.sort(values, axis=0)  # NONE last
    count = (values != NONE).sum(axis=0)
    middle = np.maximum(count - 1, 0) // 2
    return np.asarray(np.take_along_axis(ordered, middle[None], axis=0)[0], np.uint8)


def _layer(name: str, values: NDArray[Any]) -> tuple[tuple[str, ...], NDArray[Any], dict[str, Any]]:
    layer = EVIDENCE[name]
    return layer.dims[-2:], values.astype(layer.dtype), layer.attributes


def _in(period: Period, day: int) -> bool:
    return np.datetime64(int(day), "D").astype(object) in period
