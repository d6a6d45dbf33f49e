"""Lost ground and water of every period, held as the few pixels that have any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from minewatch.detect.evidence import NO_SHARE, let_go
from minewatch.detect.masks import lost_ground
from minewatch.detect.morphology import grown
from minewatch.detect.pools import SEED_PCT, find_channels, in_banks, water_share
from minewatch.model import Period

HIDDEN_SHARE = 0.35
"""Share of the usual number of looks below which a pixel counts as hidden [D]."""

Bool = NDArray[np.bool_]
UInt8 = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Lost ground of one period and the water in it."""

    step: int
    """Which period."""
    period: Period
    """The period."""
    shape: tuple[int, int]
    """Rows and columns of the grid."""
    lost_at: NDArray[np.intp]
    """Flat indices of lost pixels."""
    wet_at: NDArray[np.intp]
    """Flat indices of pixels with water."""
    water_pct: UInt8
    """Share of water in each of them, per cent."""
    pool_pct: UInt8
    """Share of water in banks, per cent: see `pools.in_banks`."""

    @property
    def lost(self) -> Bool:
        """Where ground is lost, dims (y, x)."""
        return self._spread(self.lost_at, np.ones(len(self.lost_at), bool))

    @property
    def water(self) -> UInt8:
        """Share of water, per cent, dims (y, x)."""
        return self._spread(self.wet_at, self.water_pct)

    @property
    def pools(self) -> UInt8:
        """Share of pools, per cent, dims (y, x)."""
        return self._spread(self.wet_at, self.pool_pct)

    def _spread(self, at: NDArray[np.intp], values: NDArray[Any]) -> NDArray[Any]:
        out = np.zeros(self.shape[0] * self.shape[1], values.dtype)
        out[at] = values
        return out.reshape(self.shape)


def find_ground(evidence: xr.Dataset, periods: Sequence[Period]) -> Iterator[Ground]:
    """Lost ground and water of each period; the share of water halves what it knew before.

    Parameters
    ----------
    evidence
        Layers of `score`.
    periods
        The periods `score` was given.
    """
    rows, cols = evidence["first_detected"].shape
    water = np.zeros((rows, cols), np.uint8)
    for step, period in enumerate(periods):
        lost = lost_ground(evidence, step, period)
        near = grown(lost)
        now = water_share(evidence, step, near)
        again = near & (water > 0)
        now[again] = (water[again].astype(np.int16) + now[again]) // 2
        water = now
        wet_at = np.flatnonzero(water > 0)
        yield Ground(
            step=step, period=period, shape=(rows, cols), lost_at=np.flatnonzero(lost),
            wet_at=wet_at, water_pct=water.ravel()[wet_at],
            pool_pct=in_banks(water).ravel()[wet_at],
        )  # fmt: skip
        let_go(layer.to_numpy() for layer in evidence.variables.values())


def find_all_channels(
    evidence: xr.Dataset, grounds: Sequence[Ground], *, resolution_m: float
) -> Bool:
    """Rivers and lakes of any period, dims (y, x).

    They are water on ground that never was green, or is so by turns.

    Parameters
    ----------
    evidence
        Layers of `score`.
    grounds
        From `find_ground`.
    resolution_m
        Pixel size.
    """
    start = evidence.variables["start_disturbed_pct"].to_numpy()
    seasonal = evidence.variables["seasonal_pct"].to_numpy()
    old = ((start >= 50) & (start != NO_SHARE)) | ((seasonal >= 40) & (seasonal != NO_SHARE))
    old |= evidence.variables["run_before"][0].to_numpy() == 0
    looks = evidence.variables["clear_looks"].to_numpy().sum(axis=0, dtype=np.uint16)
    usual = np.median(looks[looks > 0]) if looks.any() else 0.0
    hidden = (looks > 0) & (looks < HIDDEN_SHARE * usual)
    channels = np.zeros(start.shape, bool)
    for ground in grounds:
        wet_at = np.intersect1d(
            ground.wet_at[ground.water_pct >= SEED_PCT], ground.lost_at, assume_unique=True
        )
        wet = np.zeros(start.shape, bool)
        wet.reshape(-1)[wet_at] = old.reshape(-1)[wet_at]
        if wet.any():
            channels |= find_channels(wet, hidden, resolution_m=resolution_m)
    return channels
