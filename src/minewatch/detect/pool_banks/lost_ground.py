"""Lost ground and water of every period, held as the few pixels that have any."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from minewatch.detect.morphology import Pixels, Shape, grown, values_at
from minewatch.detect.pixel_sizes import whole_pixels
from minewatch.detect.pool_banks.patch_cutting import lost_ground
from minewatch.detect.pool_banks.pool_bank_rules import PoolBankRules
from minewatch.detect.pool_banks.pool_shares import in_banks, water_share
from minewatch.model import Evidence, Period

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
    """Share of water in banks, per cent: see `pool_shares.in_banks`."""


def find_ground(evidence: Evidence, *, pixel_m: float, rules: PoolBankRules) -> Iterator[Ground]:
    """Lost ground and water of each period; the share of water halves what it knew before.

    Parameters
    ----------
    evidence
        Layers of the detector over the whole grid.
    pixel_m, rules
        Pixel size, and thresholds.
    """
    shape = evidence.shape
    wet_at, water = np.empty(0, np.intp), np.empty(0, np.uint8)
    for step, here in enumerate(evidence):
        lost = lost_ground(here, rules=rules.patches)
        near = grown(lost, shape, whole_pixels(rules.water.near_m, pixel_m))
        before = values_at(near, wet_at, water)
        now = water_share(here, near, pixel_m=pixel_m, rules=rules.water)
        now = np.where(before > 0, (before.astype(np.int16) + now) // 2, now).astype(np.uint8)
        wet_at, water = near[now > 0], now[now > 0]
        yield Ground(
            step=step, period=here.period, shape=shape, lost_at=lost,
            wet_at=wet_at, water_pct=water,
            pool_pct=in_banks(wet_at, water, shape, pixel_m=pixel_m, rules=rules.water),
        )  # fmt: skip
