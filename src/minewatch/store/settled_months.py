"""Frozen months of a chunk as a detector sees them: cloud commission settled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from minewatch import detect
from minewatch.model import Band, Chunk, Period, months_of
from minewatch.store.month_files import read_months
from minewatch.store.state_folder import StateFolder


def read_settled_months(
    state: StateFolder, chunk: Chunk, inside: np.ndarray, *, span: Period, bands: Sequence[Band]
) -> xr.Dataset:
    """The months of a chunk as they are scored: nothing seen outside the area.

    Parameters
    ----------
    state, chunk
        Where they lie.
    inside
        Dims (y, x), bool: the pixels of the chunk that belong to the area.
    span, bands
        Days covered, and reflectance bands to bring.

    Returns
    -------
    xarray.Dataset
        Month cube, dims (time, y, x), uint16, 0 where nothing was seen.
    """
    months = detect.settle_cloud_commission(read_months(state, chunk, months_of(span), bands))
    settled: xr.Dataset = months.where(xr.DataArray(inside, dims=("y", "x")), 0).astype("uint16")
    return settled
