"""Cube contracts: what a plain `xarray.Dataset` must hold at a stage door.

A *overpass* is one pass of a satellite, mosaicked over tiles, harmonised and masked. A *month cube*
holds, for each calendar month, the medians of its clear overpasses: the step in which the past is
frozen, so that a new scene touches one month and memory never grows with the number of scenes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from minewatch.errors import ContractError
from minewatch.model.scenes import REFLECTANCE_BANDS, Band, core_bands_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

DAY_LAYERS: Final = ("last_undisturbed_day", "disturbed_since_day")
COUNT_LAYERS: Final = ("clear_looks", "doubtful_looks", "disturbed_looks")
MONTH_LAYERS: Final = (*REFLECTANCE_BANDS, *COUNT_LAYERS, *DAY_LAYERS)
"""Variables of a month cube, dims (time, y, x), all uint16, `time` the first day of each month.

All but the first two counts are of clear overpasses; where there is none, of suspect ones that
a small cloud hides, or bright ground called cloud. `detect.settle_cloud_commission` decides.

==================== ===========================================================================
a band               median reflectance of the clear overpasses x 10,000; 0: not seen, or no such
band clear_looks          number of clear overpasses doubtful_looks       number of overpasses
hidden under an otherwise open sky; may be absent disturbed_looks      how many of them show ground
without its vegetation last_undisturbed_day day of the month of the last clear overpass with
vegetation; 0: none disturbed_since_day  day of the month on which the run of disturbed overpasses
began that reaches the
                     month's last clear overpass; 0: the last clear overpass is undisturbed, or none
==================== ===========================================================================
"""


def check_month_cube(cube: xr.Dataset, *, core: Sequence[Band] | None = None) -> None:
    """Raise unless the cube has dims (time, y, x), the core bands and the counts.

    Parameters
    ----------
    cube
        The cube.
    core
        Bands that it must have; None: those of reflectance, or of radar where it holds that.

    Raises
    ------
    ContractError
        Names what is missing.
    """
    needed = (
        *(core or core_bands_of(set(map(str, cube)))),
        "clear_looks",
        "disturbed_looks",
        *DAY_LAYERS,
    )
    missing = [v for v in needed if v not in cube]
    if missing:
        raise ContractError(f"month cube: variable {missing[0]!r} is missing")
    for name in cube.data_vars:
        layer = cube.variables[name]
        if layer.dims != ("time", "y", "x"):
            raise ContractError(
                f"month cube: {name!r} has dims {layer.dims}, not ('time', 'y', 'x')"
            )
        if layer.dtype != "uint16":
            raise ContractError(f"month cube: {name!r} is {layer.dtype}, not uint16")
