"""Backscatter of the materials of a world, and how slopes look from a radar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from minewatch.synthetic.ground_spectra import MATERIALS, WATERS
from minewatch.synthetic.hills import Terrain

_LEVELS: Final[Mapping[str, tuple[float, float]]] = {
    # gamma nought, VV and VH, decibels: C band over the wet tropics, from the literature's ranges,
    # not from one source [D]
    "evergreen": (-7.0, -13.0), "deciduous": (-7.5, -13.5), "scrub": (-8.5, -15.0),
    "grass": (-10.5, -17.5), "crop": (-10.0, -16.5), "paddy_green": (-9.5, -16.5),
    "sparse": (-11.0, -18.0), "bare_fresh": (-11.5, -19.0), "bare_old": (-12.0, -19.5),
    "road": (-12.5, -20.5), "landslide": (-11.0, -18.5), "quarry": (-9.5, -18.5),
    "bar": (-11.5, -20.0), "slash": (-8.5, -15.0), "char": (-10.5, -17.5),
    "stubble": (-11.0, -18.5), "village": (-3.0, -12.5), "roof_grey": (-2.0, -12.0),
    "roof_blue": (-3.0, -13.0), "snow": (-12.0, -20.0), "sheeted": (-14.0, -22.0),
    "drained": (-12.0, -19.5), "white": (-14.0, -22.0),
}  # fmt: skip
_WATER: Final = (-19.0, -26.0)
"""Of calm water, VV and VH, decibels [D]."""
LEAF_SWING_DB: Final = 0.4
"""How much forest darkens at the end of the dry season, decibels [D]."""
INCIDENCE_DEG: Final = 39.0
"""Angle of incidence in the middle of the swath of IW."""


def backscatter_library(day_of_year: float) -> np.ndarray:
    """Linear power of each material on a day, dims (material, 6): VV, VH, and four empty columns.

    It has the shape of a library of spectra, so that the ground is put together by the same sums.
    """
    library = np.zeros((len(MATERIALS), 6))
    swing = LEAF_SWING_DB * np.cos(2 * np.pi * (day_of_year - 80) / 365.25)
    for row, name in enumerate(MATERIALS):
        known = _LEVELS.get(name) or (_WATER if name in WATERS else _LEVELS["deciduous"])
        is_green = name in {"evergreen", "deciduous", "scrub"} or name.startswith("leafless")
        library[row, :2] = 10 ** ((np.array(known) - swing * is_green) / 10)
    return library


def layover_shadow(terrain: Terrain, *, is_ascending: bool) -> np.ndarray:
    """What a radar that looks to its right does not see, dims (y, x), uint8.

    Returns
    -------
    array
        0 seen, 1 shadow, 2 layover: the values of OPERA's products.
    """
    look_east = 1.0 if is_ascending else -1.0
    up = np.cos(np.radians(terrain.slope_deg))
    away = np.degrees(np.arctan2(terrain.east * look_east, up))  # > 0: turned from the radar
    out = np.zeros(terrain.slope_deg.shape, np.uint8)
    out[away > 90 - INCIDENCE_DEG] = 1
    out[-away > INCIDENCE_DEG] = 2
    return out
