"""Natural colour of each period, for people to look at."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from minewatch.compiled import kernel
from minewatch.model import (
    PICTURE_LAYER,
    RADAR_BANDS,
    REFLECTANCE_SCALE,
    Period,
    core_bands_of,
    number_of,
)

BANDS = ("red", "green", "blue")
RADAR_COLOURS = ("vv", "vh", "vv")
_LEVELS_DB = ((-18.0, -3.0), (-25.0, -9.0), (-18.0, -3.0))
"""Backscatter drawn as black and as full colour, by colour: forest is pale green [D]."""
_WHITE = 0.25
"""Reflectance drawn as white [D]; bright pads reach .2-.3."""


def season_pictures(months: xr.Dataset, periods: Sequence[Period]) -> xr.DataArray:
    """`season_picture` of every period.

    Returns
    -------
    xarray.DataArray
        `picture`, dims (period, y, x, colour).
    """
    frames = [season_picture(months, period) for period in periods]
    return xr.concat(frames, "period").transpose("period", "y", "x", "colour")


def season_picture(months: xr.Dataset, period: Period) -> xr.DataArray:
    """The median of a period's months, square-root stretched.

    Parameters
    ----------
    months
        Month cube, dims (time, y, x).
    period
        Which of them to show.

    Returns
    -------
    xarray.DataArray
        `picture`, dims (colour, y, x), uint8; 0 where nothing was seen.
    """
    starts = months["time"].to_numpy().astype("datetime64[D]").astype(object)
    steps = np.array([start in period for start in starts], dtype=bool)
    is_radar = core_bands_of(set(map(str, months))) == RADAR_BANDS
    bands = RADAR_COLOURS if is_radar else BANDS
    colours = np.stack([_median_seen(months[b].to_numpy()[steps]) for b in bands])
    if is_radar:
        low, high = (
            np.array([[[number_of(level)]] for level in ends])
            for ends in zip(*_LEVELS_DB, strict=True)
        )
        stretched = np.clip((colours.astype(np.float64) - low) / (high - low), 0, 1)
        frame = np.where(colours > 0, 1 + stretched * 254, 0).astype("uint8")
    else:
        frame = _stretch().take(colours)
    return xr.DataArray(frame, dims=PICTURE_LAYER.dims[1:], name="picture")


@cache
def _stretch() -> NDArray[np.uint8]:
    """What each reflectance x 10,000 is drawn as: found once, not a pixel at a time."""
    values = np.arange(1 << 16)
    stretched = np.sqrt(np.clip(values / (_WHITE * REFLECTANCE_SCALE), 0, 1))
    return np.where(values > 0, 1 + stretched * 254, 0).astype("uint8")


def _median_seen(values: np.ndarray) -> np.ndarray:
    """Lower median over axis 0 of what is not 0; 0 where nothing is."""
    out = np.zeros(values.shape[1:], np.uint16)
    flat = np.ascontiguousarray(values, np.uint16).reshape(len(values), out.size)
    write_lower_median(flat, out.reshape(-1))
    return out


@kernel("uint16[:,::1], uint16[::1]")
def write_lower_median(values: NDArray[np.uint16], out: NDArray[np.uint16]) -> None:
    """Write the lower median over months of what is not 0.

    Parameters
    ----------
    values
        Dims (month, pixel).
    out
        Dims (pixel,); stays as it is where nothing was seen.
    """
    months, pixels = values.shape
    lanes = 1024  # pixels whose months are sorted side by side
    ordered, seen = np.empty((months, lanes), np.uint16), np.empty(lanes, np.uint16)
    for begin in range(0, pixels, lanes):
        count = min(lanes, pixels - begin)
        seen[:] = 0
        for t in range(months):
            row, given = ordered[t], values[t, begin : begin + count]
            for i in range(count):
                row[i] = given[i] - np.uint16(1)  # what was not seen wraps round and comes last
                seen[i] += np.uint16(given[i] != 0)
        for last in range(months - 1, 0, -1):
            for t in range(last):
                lows, highs = ordered[t], ordered[t + 1]
                for i in range(count):
                    low, high = lows[i], highs[i]
                    lows[i], highs[i] = min(low, high), max(low, high)
        for i in range(count):
            if seen[i]:
                middle = np.uintp(seen[i] - np.uint16(1)) >> np.uintp(1)
                out[begin + i] = ordered[middle, i] + np.uint16(1)
