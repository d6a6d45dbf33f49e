"""Months to medians of a period, pixel by pixel, and what they are compared with.

Ground counts as bare when the median NDVI of a period is low, and it was green in an earlier period
or bare in all of them: the second finds mines that are older than the record.
"""

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
NO_SCORE = -32768
_PERIODIC, _PLAIN = ("period", "y", "x"), ("y", "x")

STATE_LAYERS: Mapping[str, PixelStateLayer] = {
    "best": PixelStateLayer("uint8", (), 0, "largest NDVI of an earlier period, 100 + 100 NDVI"),
    "green": PixelStateLayer("uint16", (), 0, "last green month, days since 1970-01-01"),
    "since": PixelStateLayer("uint16", (), 0, "first month of the last bare run"),
    "prior": PixelStateLayer("uint16", (), 0, "last green month before that run"),
    "first": PixelStateLayer("uint16", (), 0, "`since` in the first period that counts as bare"),
    "before": PixelStateLayer("uint16", (), 0, "`prior` in that period"),
    "last": PixelStateLayer("uint16", (), 0, "last bare month of the last such period"),
}
"""What is kept of each pixel."""
EVIDENCE: Mapping[str, EvidenceLayer] = {
    "clear_looks": EvidenceLayer(_PERIODIC, "uint8", 0, "1", "clear overpasses in the period"),
    "score": EvidenceLayer(
        _PERIODIC, "int16", NO_SCORE, "0.01 NDVI", "fall below the largest NDVI of earlier periods"
    ),
    "ndvi": EvidenceLayer(_PERIODIC, "uint8", NONE, "0.01", "100 + 100 NDVI, median of months"),
    "water": EvidenceLayer(
        _PERIODIC, "uint8", NONE, "0.01", "100 + 100 NDWI or MNDWI, the larger median of months"
    ),
    "bare": EvidenceLayer(_PERIODIC, "uint8", 0, "1", "1 where the period counts as bare"),
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
    days = months["time"].to_numpy().astype("datetime64[D]").astype(np.int64)
    flat = {str(n): v.to_numpy().reshape(len(days), -1) for n, v in months.data_vars.items()}
    ndvi, layers = _index(flat["nir"], flat["red"]), state.copied()
    bare = ndvi < _scaled(rules.bare_ndvi)  # NONE is larger
    for day, is_bare, index in zip(days, bare, ndvi, strict=True):
        is_green = (index >= _scaled(rules.green_ndvi)) & (index != NONE)
        layers["green"][is_green] = day
        begins = is_bare & ((layers["since"] == 0) | (layers["green"] > layers["since"]))
        layers["since"][begins] = day
        layers["prior"][begins] = layers["green"][begins]
    first_day = state.first_day if state.months else int(days[0]) if len(days) else 0
    if period is None:
        return PixelState(state.months + len(days), first_day, layers), xr.Dataset()
    dates = days.astype("datetime64[D]").astype(object)
    inside = np.array([day in period for day in dates], bool)
    shape = months.sizes["y"], months.sizes["x"]
    evidence = _medians({n: v[inside] for n, v in flat.items()}, layers["best"], rules)
    _note_bare(layers, evidence["bare"], bare[inside], days[inside])
    seen = evidence["ndvi"] != NONE
    layers["best"][seen] = np.maximum(layers["best"], evidence["ndvi"])[seen]
    named = xr.Dataset({n: _layer(n, v.reshape(shape)) for n, v in evidence.items()})
    return PixelState(state.months + len(days), first_day, layers), named


def conclude(state: PixelState, *, shape: tuple[int, int]) -> xr.Dataset:
    """The evidence that belongs to no period."""
    of = state.layers
    values = {"first_detected": of["first"], "before": of["before"], "last": of["last"]}
    return xr.Dataset({name: _layer(name, v.reshape(shape)) for name, v in values.items()})


def is_water(index: NDArray[np.uint8], rules: ThresholdRules) -> NDArray[np.bool_]:
    """Which pixels are water by the layer `water`."""
    return np.asarray((index > _scaled(rules.water_index)) & (index != NONE))


def _medians(
    flat: Mapping[str, NDArray[Any]], best: NDArray[np.uint8], rules: ThresholdRules
) -> dict[str, NDArray[Any]]:
    """Medians over the months of a period, beside the best of the periods before."""
    ndvi = _median(_index(flat["nir"], flat["red"]))
    water = _median(_index(flat["green"], flat["nir"]))
    if "swir16" in flat:
        other = _median(_index(flat["green"], flat["swir16"]))
        water = np.where((water == NONE) | (other == NONE), water, np.maximum(water, other))
    is_bare = (ndvi < _scaled(rules.bare_ndvi)) & (
        (best >= _scaled(rules.green_ndvi)) | (best < _scaled(rules.bare_ndvi))
    )
    fall = np.where((ndvi != NONE) & (best > 0), best.astype(np.int16) - ndvi, NO_SCORE)
    overpasses = flat["clear_looks"].sum(axis=0, dtype=np.int64)
    return {
        "clear_looks": np.minimum(overpasses, 255), "score": fall, "ndvi": ndvi, "water": water,
        "bare": is_bare,
    }  # fmt: skip


def _note_bare(
    layers: dict[str, NDArray[Any]],
    counts: NDArray[np.bool_],
    bare: NDArray[np.bool_],
    days: NDArray[np.int64],
) -> None:
    """Dates of the pixels that count as bare in a period, into the state."""
    begins = counts & (layers["first"] == 0)
    layers["first"][begins] = layers["since"][begins]
    layers["before"][begins] = layers["prior"][begins]
    last = np.where(bare, days[:, None], 0).max(axis=0, initial=0)
    layers["last"][counts] = last[counts]


def _index(above: NDArray[np.uint16], below: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """A normalised difference as 100 + 100 times it; `NONE` where not seen."""
    a, b = above.astype(np.float32), below.astype(np.float32)
    index = np.rint(100 + 100 * (a - b) / np.maximum(a + b, 1))
    return np.where((above > 0) & (below > 0), index, NONE).astype(np.uint8)


def _scaled(index: float) -> float:
    return 100 + 100 * index


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
