"""Months of backscatter to a baseline and what fell below it, pixel by pixel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from minewatch.detect.radar.radar_rules import RadarRules
from minewatch.model import (
    RADAR_BANDS,
    STEP_DB,
    EvidenceLayer,
    Period,
    PixelState,
    PixelStateLayer,
    check_month_cube,
    number_of,
)

NO_SCORE = -32768
_PERIODIC, _PLAIN = ("period", "y", "x"), ("y", "x")

STATE_LAYERS: Mapping[str, PixelStateLayer] = {
    "sum": PixelStateLayer("uint32", (), 0, "VH of the months of the baseline, summed, 0.01 dB"),
    "count": PixelStateLayer("uint16", (), 0, "months of the baseline"),
    "run": PixelStateLayer("uint16", (), 0, "dark months in a row"),
    "since": PixelStateLayer("uint16", (), 0, "last overpass of the first of them, day"),
    "prior": PixelStateLayer("uint16", (), 0, "last overpass of the last month before them, day"),
    "usual": PixelStateLayer("uint16", (), 0, "last overpass of the last usual month, day"),
    "first": PixelStateLayer("uint16", (), 0, "`since` of the first run that lasted, day"),
    "before": PixelStateLayer("uint16", (), 0, "`prior` of that run, day"),
    "last": PixelStateLayer("uint16", (), 0, "last dark overpass since then, day"),
}
"""What is kept of each pixel."""
EVIDENCE: Mapping[str, EvidenceLayer] = {
    "clear_looks": EvidenceLayer(_PERIODIC, "uint8", 0, "1", "overpasses in the period"),
    "score": EvidenceLayer(
        _PERIODIC, "int16", NO_SCORE, "0.01 dB", "median fall of VH below the baseline"
    ),
    "dark": EvidenceLayer(
        _PERIODIC, "uint8", 0, "1", "1 where the last month of the period seen is in a dark run"
    ),
    "forest": EvidenceLayer(_PLAIN, "uint8", 0, "1", "1 where the baseline is that of forest"),
    "first_detected": EvidenceLayer(
        _PLAIN, "uint16", 0, "day", "last overpass of the first dark month"
    ),
    "before": EvidenceLayer(_PLAIN, "uint16", 0, "day", "last overpass of the month before it"),
    "last": EvidenceLayer(_PLAIN, "uint16", 0, "day", "last dark overpass"),
}
"""What is said of each pixel."""


def start_state(pixels: int) -> PixelState:
    """The state before the first month."""
    layers = {n: np.full(pixels, of.initial, of.dtype) for n, of in STATE_LAYERS.items()}
    return PixelState(0, 0, layers)


def update_state(
    state: PixelState, months: xr.Dataset, *, period: Period | None, rules: RadarRules
) -> tuple[PixelState, xr.Dataset]:
    """Months taken in, and the evidence of the period they complete; see `model.Detector`."""
    check_month_cube(months, core=RADAR_BANDS)
    firsts = months["time"].to_numpy().astype("datetime64[D]").astype(np.int64)
    flat = {str(n): v.to_numpy().reshape(len(firsts), -1) for n, v in months.data_vars.items()}
    layers = state.copied()
    last_day = np.maximum(flat["last_undisturbed_day"], 1).astype(np.int64)
    falls = np.full(flat["vh"].shape, NO_SCORE, np.int16)
    for step, first in enumerate(firsts):
        day = first + last_day[step] - 1
        falls[step] = _take_in(layers, flat["vh"][step], day, rules)
    first_day = state.first_day if state.months else int(firsts[0]) if len(firsts) else 0
    after = PixelState(state.months + len(firsts), first_day, layers)
    if period is None:
        return after, xr.Dataset()
    dates = firsts.astype("datetime64[D]").astype(object)
    inside = np.array([day in period for day in dates], bool)
    seen = flat["vh"][inside] > 0
    is_dark = (layers["run"] >= rules.lasting_months) & seen.any(axis=0)
    evidence = {
        "clear_looks": np.minimum(flat["clear_looks"][inside].sum(axis=0, dtype=np.int64), 255),
        "score": _median(falls[inside]),
        "dark": is_dark & (layers["first"] > 0),
    }
    shape = months.sizes["y"], months.sizes["x"]
    return after, xr.Dataset({n: _layer(n, v.reshape(shape)) for n, v in evidence.items()})


def conclude(state: PixelState, *, shape: tuple[int, int], rules: RadarRules) -> xr.Dataset:
    """The evidence that belongs to no period."""
    of = state.layers
    values = {
        "forest": is_forest(of, rules), "first_detected": of["first"], "before": of["before"],
        "last": of["last"],
    }  # fmt: skip
    return xr.Dataset({name: _layer(name, v.reshape(shape)) for name, v in values.items()})


def is_forest(layers: Mapping[str, NDArray[Any]], rules: RadarRules) -> NDArray[np.bool_]:
    """Where the baseline is known, and as bright as forest."""
    base = layers["sum"] / np.maximum(layers["count"], 1)
    return np.asarray((layers["count"] >= rules.base_months) & (base >= number_of(rules.forest_db)))


def _take_in(
    layers: dict[str, NDArray[Any]],
    vh: NDArray[np.uint16],
    day: NDArray[np.int64],
    rules: RadarRules,
) -> NDArray[np.int16]:
    """One month into the state; its fall below the baseline, `NO_SCORE` where nothing is known."""
    seen, known = vh > 0, layers["count"] >= rules.base_months
    base = layers["sum"] / np.maximum(layers["count"], 1)
    fall = np.rint(base - vh)
    dark = seen & is_forest(layers, rules) & (fall >= rules.drop_db / STEP_DB)
    usual = seen & ~dark
    begins = dark & (layers["run"] == 0)
    layers["since"][begins] = day[begins]
    layers["prior"][begins] = layers["usual"][begins]
    layers["run"][dark] += 1
    layers["run"][usual] = 0
    layers["usual"][usual] = day[usual]
    lasts = dark & (layers["run"] == rules.lasting_months) & (layers["first"] == 0)
    layers["first"][lasts] = layers["since"][lasts]
    layers["before"][lasts] = layers["prior"][lasts]
    goes_on = dark & (layers["run"] >= rules.lasting_months)
    layers["last"][goes_on] = day[goes_on]
    learns = usual & (layers["first"] == 0)
    layers["sum"][learns] += vh[learns]
    layers["count"][learns] += 1
    return np.where(seen & known, np.clip(fall, -9999, 9999), NO_SCORE).astype(np.int16)


def _median(falls: NDArray[np.int16]) -> NDArray[np.int16]:
    """Lower median over the months of a period of what is known."""
    if not len(falls):
        return np.full(falls.shape[1:], NO_SCORE, np.int16)
    ordered = np.sort(np.where(falls == NO_SCORE, np.int16(32767), falls), axis=0)
    count = (falls != NO_SCORE).sum(axis=0)
    middle = np.take_along_axis(ordered, (np.maximum(count - 1, 0) // 2)[None], axis=0)[0]
    return np.where(count > 0, middle, NO_SCORE).astype(np.int16)


def _layer(name: str, values: NDArray[Any]) -> xr.DataArray:
    of = EVIDENCE[name]
    return xr.DataArray(values.astype(of.dtype), dims=("y", "x"), attrs=of.attributes)
