"""Lost ground and water of every period, held as the few pixels that have any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from minewatch.detect.morphology import Pixels, Shape, grown, is_among, spread, values_at
from minewatch.detect.pool_banks.evidence_layers import NO_SHARE, let_go
from minewatch.detect.pool_banks.patch_cutting import lost_ground
from minewatch.detect.pool_banks.pool_shares import SEED_PCT, find_channels, in_banks, water_share
from minewatch.model import Period

HIDDEN_SHARE = 0.35
"""Share of the usual number of looks below which a pixel counts as hidden [D]."""

UInt8 = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Lost ground of one period and the water in it."""

    step: int
    """Which period."""
    period: Period
    """The period."""
    shape: Shape
    """Rows and columns of the grid."""
    lost_at: Pixels
    """Flat indices of lost pixels, in order."""
    wet_at: Pixels
    """Flat indices of pixels with water, in order."""
    water_pct: UInt8
    """Share of water in each of them, per cent."""
    pool_pct: UInt8
    """Share of water in banks, per cent: see `pools.in_banks`."""


def find_ground(evidence: xr.Dataset, periods: Sequence[Period]) -> Iterator[Ground]:
    """Lost ground and water of each period; the share of water halves what it knew before.

    Parameters
    ----------
    evidence
        Layers of `score`.
    periods
        The periods `score` was given.
    """
    shape = evidence["first_detected"].shape
    wet_at, water = np.empty(0, np.intp), np.empty(0, np.uint8)
    for step, period in enumerate(periods):
        lost = lost_ground(evidence, step, period)
        near = grown(lost, shape)
        before = values_at(near, wet_at, water)
        now = water_share(evidence, step, near)
        now = np.where(before > 0, (before.astype(np.int16) + now) // 2, now).astype(np.uint8)
        wet_at, water = near[now > 0], now[now > 0]
        yield Ground(
            step=step, period=period, shape=shape, lost_at=lost,
            wet_at=wet_at, water_pct=water, pool_pct=in_banks(wet_at, water, shape),
        )  # fmt: skip
        let_go(layer.to_numpy() for layer in evidence.variables.values())


def find_all_channels(
    evidence: xr.Dataset, grounds: Sequence[Ground], *, resolution_m: float
) -> Pixels:
    """Rivers and lakes of any period: flat indices, in order.

    They are water on ground that never was green, or is so by turns.

    Parameters
    ----------
    evidence
        Layers of `score`.
    grounds
        From `find_ground`, of one period at least.
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
    channels = []
    for ground in grounds:
        wet = ground.wet_at[ground.water_pct >= SEED_PCT]
        wet = wet[is_among(wet, ground.lost_at) & old.reshape(-1)[wet]]
        channels.append(find_channels(wet, hidden, resolution_m=resolution_m))
    return np.flatnonzero(spread(np.concatenate(channels), hidden.shape))
