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
    state: StateFolder,
    chunk: Chunk,
    inside: np.ndarray,
    *,
    window: tuple[slice, slice],
    span: Period,
    bands: Sequence[Band],
) -> xr.Dataset:
    """The months of a part of a chunk as they are scored: nothing seen outside the area.

    Parameters
    ----------
    state, chunk
        Where they lie.
    inside
        Dims (y, x), bool: the pixels of the chunk that belong to the area.
    window
        Rows and columns of the chunk that are wanted.
    span, bands
        Days covered, and reflectance bands to bring.

    Returns
    -------
    xarray.Dataset
        Month cube, dims (time, y, x), uint16, 0 where nothing was seen.
    """
    within = np.zeros(chunk.geobox.shape, bool)
    within[window] = True
    months = read_months(state, chunk, months_of(span), bands, within=within)
    settled, of_area = detect.settle_cloud_commission(months), inside[window]
    shape = (settled.sizes["time"], *of_area.shape)
    layers = {
        name: (("time", "y", "x"), np.where(of_area, layer.to_numpy().reshape(shape), np.uint16(0)))
        for name, layer in settled.data_vars.items()
    }
    axes = {
        name: chunk.geobox.coordinates[name].values[part]
        for name, part in zip(("y", "x"), window, strict=True)
    }
    return xr.Dataset(layers, coords={"time": settled["time"], **axes})
