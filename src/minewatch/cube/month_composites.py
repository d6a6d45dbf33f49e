"""The medians and counts of one month's overpasses: the step in which the past is frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from minewatch.cube.pixel_kernels import median_of_overpasses
from minewatch.model import RADAR_BANDS, Band, Period, check_month_cube, core_bands_of

UInt16 = NDArray[np.uint16]
Bool = NDArray[np.bool_]


def day_layers(clear: Bool, disturbed: Bool, days: Sequence[int]) -> tuple[UInt16, UInt16]:
    """The days between which ground lost its vegetation, as far as one month shows.

    Parameters
    ----------
    clear, disturbed
        Dims (overpass, y, x), in order of time; `disturbed` counts where clear.
    days
        Day of the month of each overpass.

    Returns
    -------
    last_undisturbed_day, disturbed_since_day
        Dims (y, x), uint16, as `minewatch.model.MONTH_LAYERS` says.
    """
    last = np.zeros(clear.shape[1:], np.uint16)
    since = np.zeros(clear.shape[1:], np.uint16)
    for seen, bare, day in zip(clear, disturbed, days, strict=True):
        green = seen & ~bare
        last[green] = day
        since[green] = 0
        since[seen & bare & (since == 0)] = day
    return last, since


def month_cube(
    overpasses: Mapping[Band, UInt16],
    clear: Bool,
    suspect: Bool,
    disturbed: Bool,
    days: Sequence[int],
    *,
    month: Period,
    geobox: GeoBox,
) -> xr.Dataset:
    """One month of a month cube.

    Where no overpass of the month is clear, the suspect ones are counted instead; `clear_looks` is
    0.

    Parameters
    ----------
    overpasses
        Band to reflectance x 10,000, dims (overpass, y, x), 0 = not seen. Changed in place.
    clear, suspect
        Where an overpass shows the ground, and where it may; dims (overpass, y, x).
    disturbed, days
        As in `day_layers`.
    month
        The calendar month.
    geobox
        The pixels.

    Returns
    -------
    xarray.Dataset
        Contract `minewatch.model.check_month_cube`; `x` and `y` are pixel centres.
    """
    counted = clear | (suspect & ~clear.any(axis=0))
    for pixels in overpasses.values():
        pixels *= counted
    last, since = day_layers(counted, disturbed, days)
    layers: dict[str, UInt16] = {
        band: median_of_overpasses(pixels) for band, pixels in overpasses.items()
    }
    layers["clear_looks"] = clear.sum(axis=0, dtype=np.uint16)
    layers["doubtful_looks"] = suspect.sum(axis=0, dtype=np.uint16)
    layers["disturbed_looks"] = (counted & disturbed).sum(axis=0, dtype=np.uint16)
    layers["last_undisturbed_day"], layers["disturbed_since_day"] = last, since
    axes = {name: axis.values for name, axis in geobox.coordinates.items()}
    cube = xr.Dataset(
        {name: (("time", "y", "x"), layer[np.newaxis]) for name, layer in layers.items()},
        coords={
            "time": np.array([month.start], "datetime64[ns]"),
            "y": axes["y"],
            "x": axes["x"],
            "spatial_ref": ((), 0, {"crs_wkt": geobox.crs.to_wkt()} if geobox.crs else {}),
        },
    )
    check_month_cube(cube)
    return cube


def sky_and_greenness(month: xr.Dataset, inside: NDArray[np.bool_]) -> tuple[int, int, int]:
    """How clear the sky was over an area in a month, and how green the ground.

    Whole numbers that add up over chunks, whatever their size.

    Parameters
    ----------
    month
        Month cube of one time step, dims (time, y, x).
    inside
        Pixels of the area, dims (y, x).

    Returns
    -------
    clear, greenness, seen
        Clear overpasses summed over the pixels; NDVI x 1,000 summed over the pixels that were seen;
        how many these are. The last two are 0 for radar.
    """
    clear = month["clear_looks"].to_numpy()[0][inside]
    if core_bands_of(set(map(str, month))) == RADAR_BANDS:
        return int(clear.sum(dtype=np.int64)), 0, 0
    red, nir = (month[band].to_numpy()[0][inside].astype(np.int64) for band in ("red", "nir"))
    seen = (clear > 0) & (red + nir > 0)
    ndvi = 1000 * (nir - red)[seen] // (nir + red)[seen]
    return int(clear.sum(dtype=np.int64)), int(ndvi.sum()), int(seen.sum())
