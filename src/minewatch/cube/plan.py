"""What reading will cost, by arithmetic alone: nothing is opened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from minewatch.model import Band, Grid, Scene

BYTES_PER_PIXEL = 1.5
"""Deflated bytes of a reflectance pixel of a COG; refined below by measurement."""


@dataclass(frozen=True, kw_only=True)
class ReadEstimate:
    """What reading is expected to cost: an estimate, from shapes and footprints alone."""

    bytes: int
    """Compressed bytes to fetch."""
    requests: int
    """Range requests to send."""
    seconds: float
    """Time for both, and for decoding."""
    peak_memory_bytes: int
    """Largest memory in use."""


def estimate_read(scenes: Iterable[Scene], grid: Grid, *, bands: Sequence[Band]) -> ReadEstimate:
    """A stub that is refined shortly."""
    area = sum(c.geobox.shape[0] * c.geobox.shape[1] for c in grid.chunks)
    count = sum(1 for _ in scenes)
    return ReadEstimate(
        bytes=int(area * count * len(bands) * BYTES_PER_PIXEL),
        requests=count * len(bands) * len(grid.chunks),
        seconds=0.0,
        peak_memory_bytes=0,
    )
