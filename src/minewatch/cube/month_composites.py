"""The medians and counts of one month's overpasses: the step in which the past is frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from minewatch.compiled import kernel
from minewatch.cube.pixel_kernels import median_of_overpasses
from minewatch.model import RADAR_BANDS, Band, Period, check_month_cube, core_bands_of, cubes

UInt16 = NDArray[np.uint16]
Bool = NDArray[np.bool_]


@kernel("boolean[:,:,::1], boolean[:,:,::1], boolean[:,:,::1], uint16[::1]")
def count_looks(
    clear: Bool, suspect: Bool, disturbed: Bool, days: UInt16
) -> tuple[Bool, UInt16]:  # pragma: no cover - compiled
    """Which looks count, and how often and when ground was seen as far as one month shows.

    Parameters
    ----------
    clear, suspect, disturbed
        Dims (overpass, y, x), in order of time; `disturbed` counts where a look counts.
    days
        Day of the month of each overpass.

    Returns
    -------
    counted
        Where a look counts: the clear ones, and the suspect ones where none is clear.
    layers
        `COUNT_LAYERS` and `DAY_LAYERS`, dims (layer, y, x), as `minewatch.model.MONTH_LAYERS` says.
    """
    overpasses, rows, cols = clear.shape
    counted, layers = np.empty(clear.shape, np.bool_), np.empty((5, rows, cols), np.uint16)
    # Lines that lie in one piece are reckoned many columns at a time.
    looks, doubtful = np.empty(cols, np.uint16), np.empty(cols, np.uint16)
    bare_looks = np.empty(cols, np.uint16)
    last, since = np.empty(cols, np.uint16), np.empty(cols, np.uint16)
    none = np.uint16(0)
    for row in range(rows):
        for line in (looks, doubtful, bare_looks, last, since):
            line[:] = none
        for at in range(overpasses):
            is_clear, is_suspect = clear[at, row], suspect[at, row]
            for col in range(cols):
                looks[col] += np.uint16(is_clear[col])
                doubtful[col] += np.uint16(is_suspect[col])
        for at in range(overpasses):
            day, is_counted = days[at], counted[at, row]
            is_clear, is_suspect, is_bare = clear[at, row], suspect[at, row], disturbed[at, row]
            for col in range(cols):
                is_seen = is_clear[col] | (is_suspect[col] & (looks[col] == none))
                is_green = is_seen & (not is_bare[col])
                is_counted[col] = is_seen
                bare_looks[col] += np.uint16(is_seen & is_bare[col])
                last[col] = day if is_green else last[col]
                begun = none if is_green else since[col]
                since[col] = day if is_seen & is_bare[col] & (begun == none) else begun
        for number, line in enumerate((looks, doubtful, bare_looks, last, since)):
            layers[number, row] = line
    return counted, layers


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
        Band to reflectance x 10,000, dims (overpass, y, x), 0 = not seen.
    clear, suspect
        Where an overpass shows the ground, and where it may; dims (overpass, y, x).
    disturbed, days
        As in `count_looks`.
    month
        The calendar month.
    geobox
        The pixels.

    Returns
    -------
    xarray.Dataset
        Contract `minewatch.model.check_month_cube`; `x` and `y` are pixel centres.
    """
    counted, counts = count_looks(clear, suspect, disturbed, np.array(days, np.uint16))
    layers: dict[str, UInt16] = {
        band: median_of_overpasses(pixels, counted) for band, pixels in overpasses.items()
    }
    layers |= zip((*cubes.COUNT_LAYERS, *cubes.DAY_LAYERS), counts, strict=True)
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
    clear = month["clear_looks"].to_numpy()[0]
    if core_bands_of(set(map(str, month))) == RADAR_BANDS:
        return int(clear[inside].sum(dtype=np.int64)), 0, 0
    red, nir = (month[band].to_numpy()[0] for band in ("red", "nir"))
    looks, greenness, seen = _sum_greenness(clear, red, nir, np.ascontiguousarray(inside))
    return int(looks), int(greenness), int(seen)


@kernel("uint16[:,::1], uint16[:,::1], uint16[:,::1], boolean[:,::1]")
def _sum_greenness(
    clear: UInt16, red: UInt16, nir: UInt16, inside: Bool
) -> tuple[np.int64, np.int64, np.int64]:  # pragma: no cover - compiled
    looks, greenness, seen = np.int64(0), np.int64(0), np.int64(0)
    for row in range(clear.shape[0]):
        for col in range(clear.shape[1]):
            if inside[row, col] and clear[row, col]:
                looks += clear[row, col]
                dark, bright = np.int64(red[row, col]), np.int64(nir[row, col])
                if dark + bright:
                    greenness += 1000 * (bright - dark) // (bright + dark)
                    seen += 1
    return looks, greenness, seen
