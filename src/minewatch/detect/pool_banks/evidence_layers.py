"""The layers of evidence: what `score` says of each pixel, and `find` and `measure` read.

Shares are per cent of the pixel as uint8 with 255 for "not observed"; days count from 1970-01-01
as uint16 with 0 for "none". Every layer holds its "not observed" value in `attrs["_FillValue"]`.
"""

from __future__ import annotations

from collections.abc import Mapping

import xarray as xr

from minewatch.errors import ContractError
from minewatch.model import EvidenceLayer

NO_SHARE = 255
NO_SCORE = -32768
NDWI_ZERO = 100
"""Stored where NDWI is 0."""
NIR_SCALE = 400
"""`nir` is reflectance times this, at most 254."""
SCORE_SCALE = 100
"""`score` is robust standard deviations times this."""


_PERIODIC = ("period", "y", "x")
_PLAIN = ("y", "x")
_RUN = ("run", "y", "x")

EVIDENCE_LAYERS: Mapping[str, EvidenceLayer] = {
    "clear_looks": EvidenceLayer(
        _PERIODIC, "uint8", 0, "1", "clear overpasses in the period, 255 at most"
    ),
    "disturbed_pct": EvidenceLayer(
        _PERIODIC, "uint8", NO_SHARE, "%", "clear overpasses that show ground without vegetation"
    ),
    "vegetation_pct": EvidenceLayer(
        _PERIODIC, "uint8", NO_SHARE, "%", "vegetation, median of months"
    ),
    "bare_pct": EvidenceLayer(_PERIODIC, "uint8", NO_SHARE, "%", "bare ground, median of months"),
    "pool_pct": EvidenceLayer(
        _PERIODIC, "uint8", NO_SHARE, "%",
        "water or white sludge, mean of the wetter half of the months but the wettest: pools fill "
        "and drain, but one cloud is no pool",
    ),
    "nir": EvidenceLayer(
        _PERIODIC, "uint8", NO_SHARE, "1/400",
        "near-infrared reflectance, median of months: water is dark where soil and leaves are not",
    ),
    "ndwi": EvidenceLayer(
        _PERIODIC, "uint8", NO_SHARE, "0.01",
        "100 + 100 (green - nir) / (green + nir), median of months: rises from leaves over soil to "
        "water, whatever the light",
    ),
    "nir_variability": EvidenceLayer(
        _PERIODIC, "uint8", NO_SHARE, "0.01",
        "half the 10-90 % range of the logarithm of near-infrared over the months without "
        "vegetation up to the end of the period, six at least: pools are filled, whitened, "
        "drained and sheeted, soil is not",
    ),
    "score": EvidenceLayer(
        _PERIODIC, "int16", NO_SCORE, "0.01 sd",
        "median fall of greenness below the pixel's own seasonal baseline, positive is loss",
    ),
    "run_start": EvidenceLayer(
        _RUN, "uint16", 0, "day", "first overpass of a confirmed disturbed run"
    ),
    "run_before": EvidenceLayer(_RUN, "uint16", 0, "day", "last green overpass before the run"),
    "run_end": EvidenceLayer(_RUN, "uint16", 0, "day", "last overpass known to belong to the run"),
    "first_detected": EvidenceLayer(
        _PLAIN, "uint16", 0, "day", "first overpass of the first confirmed run"
    ),
    "start_disturbed_pct": EvidenceLayer(
        _PLAIN, "uint8", NO_SHARE, "%",
        "overpasses without vegetation among those of the first twelve months seen",
    ),
    "start_pool_pct": EvidenceLayer(
        _PLAIN, "uint8", NO_SHARE, "%", "as pool_pct, over the first twelve months seen"
    ),
    "seasonal_pct": EvidenceLayer(
        _PLAIN, "uint8", NO_SHARE, "%",
        "years in which the pixel, once without vegetation, turns green again, of the years seen",
    ),
}  # fmt: skip
"""Every layer of `score`, all with dims (period|run, y, x) or (y, x)."""


def check_evidence(evidence: xr.Dataset) -> None:
    """Raise unless every layer of `EVIDENCE_LAYERS` is there with its dims and dtype.

    Raises
    ------
    ContractError
        Names the layer.
    """
    for name, layer in EVIDENCE_LAYERS.items():
        if name not in evidence:
            raise ContractError(f"evidence: layer {name!r} is missing")
        found = evidence[name]
        if found.dims != layer.dims or found.dtype != layer.dtype:
            raise ContractError(
                f"evidence: {name!r} is {found.dtype} {found.dims}, not {layer.dtype} {layer.dims}"
            )
