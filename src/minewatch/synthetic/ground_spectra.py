"""Reflectance of what lies on the ground, through the year and from world to world."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from minewatch.synthetic.spec import WorldSpec

Spectrum = tuple[float, float, float, float, float, float]

_WET: Final[Mapping[str, Spectrum]] = {
    # forest: median of Brazilian evergreen forest [DOMAIN 2]; deciduous, grass, crops [D]
    "evergreen": (0.016, 0.036, 0.018, 0.286, 0.149, 0.061),
    "deciduous": (0.020, 0.046, 0.025, 0.310, 0.165, 0.072),
    "grass": (0.032, 0.068, 0.045, 0.310, 0.210, 0.105),
    "scrub": (0.024, 0.055, 0.033, 0.300, 0.185, 0.085),
    "crop": (0.028, 0.062, 0.038, 0.330, 0.190, 0.088),
    "paddy_green": (0.028, 0.066, 0.040, 0.380, 0.180, 0.080),
    "sparse": (0.055, 0.095, 0.115, 0.270, 0.265, 0.165),
    # bare: Brazil .142 .202 .244 .322 .340 .222, Kachin's laterite darker in blue [DOMAIN 2]
    "bare_fresh": (0.098, 0.158, 0.225, 0.310, 0.340, 0.228),
    "bare_old": (0.085, 0.130, 0.185, 0.265, 0.305, 0.205),
    "road": (0.095, 0.140, 0.190, 0.265, 0.310, 0.215),
    "landslide": (0.090, 0.130, 0.175, 0.245, 0.295, 0.205),
    "quarry": (0.185, 0.220, 0.250, 0.295, 0.315, 0.270),
    "bar": (0.150, 0.190, 0.215, 0.260, 0.300, 0.250),
    # pools through their cycle: pure water and sludge; Brazil's mixed pixels are
    # .095 .155 .133 .100 .149 .083 [DOMAIN 2], pure colours [D]
    "leaching": (0.155, 0.225, 0.180, 0.080, 0.030, 0.020),
    "idle_water": (0.062, 0.094, 0.070, 0.036, 0.016, 0.011),
    "white": (0.340, 0.365, 0.365, 0.345, 0.175, 0.135),
    "drained": (0.115, 0.145, 0.165, 0.195, 0.215, 0.165),
    "sheeted": (0.040, 0.042, 0.044, 0.050, 0.055, 0.052),
    "standing": (0.055, 0.086, 0.062, 0.036, 0.016, 0.010),
    "roof_blue": (0.235, 0.225, 0.165, 0.215, 0.250, 0.205),
    # everything else [D]
    "slash": (0.070, 0.100, 0.130, 0.220, 0.285, 0.185),
    "char": (0.042, 0.048, 0.055, 0.088, 0.140, 0.125),
    "river": (0.055, 0.080, 0.060, 0.030, 0.014, 0.009),
    "river_muddy": (0.090, 0.125, 0.120, 0.070, 0.025, 0.015),
    "paddy_flooded": (0.060, 0.085, 0.075, 0.085, 0.050, 0.030),
    "stubble": (0.070, 0.100, 0.120, 0.225, 0.260, 0.160),
    "fish_pond": (0.050, 0.078, 0.052, 0.038, 0.018, 0.011),
    "village": (0.115, 0.130, 0.145, 0.205, 0.220, 0.175),
    "roof_grey": (0.160, 0.165, 0.170, 0.200, 0.215, 0.190),
    "snow": (0.720, 0.730, 0.720, 0.660, 0.120, 0.090),
}  # fmt: skip

_DRY: Final[Mapping[str, Spectrum]] = {
    "evergreen": (0.018, 0.036, 0.022, 0.255, 0.140, 0.060),
    "deciduous": (0.036, 0.058, 0.062, 0.215, 0.215, 0.120),
    "grass": (0.056, 0.082, 0.092, 0.225, 0.270, 0.165),
    "scrub": (0.036, 0.062, 0.058, 0.240, 0.220, 0.120),
    "crop": (0.050, 0.078, 0.082, 0.230, 0.250, 0.150),
    "sparse": (0.072, 0.108, 0.145, 0.235, 0.300, 0.200),
}  # fmt: skip
"""The same at the end of the dry season, for what has a season [D]."""

LEAFLESS: Final[Mapping[str, tuple[Spectrum, Spectrum, float]]] = {
    "leafless_early": (
        (0.021, 0.047, 0.026, 0.305, 0.166, 0.073),
        (0.048, 0.066, 0.083, 0.190, 0.235, 0.150), -40.0,
    ),
    "leafless_late": (
        (0.020, 0.045, 0.024, 0.315, 0.164, 0.070),
        (0.044, 0.064, 0.078, 0.205, 0.225, 0.138), 25.0,
    ),
    "leafless_bare": (
        (0.023, 0.050, 0.030, 0.300, 0.172, 0.078),
        (0.058, 0.076, 0.102, 0.182, 0.262, 0.178), -10.0,
    ),
}  # fmt: skip
"""Stands that lose all their leaves: in leaf, without leaves, and days by which their seasons come
later than those of other plants; NDVI without leaves .28 to .45 [D]."""
_STANDS: Final = tuple(LEAFLESS)
MATERIALS: Final = (*_WET, *_STANDS)
_INDEX: Final = {name: i for i, name in enumerate(MATERIALS)}
WATERS: Final = frozenset(
    {"leaching", "idle_water", "standing", "river", "river_muddy", "paddy_flooded", "fish_pond"}
)


def material_index(name: str) -> int:
    """Row of a material in a library of spectra."""
    return _INDEX[name]


def greenness(day_of_year: float) -> float:
    """How green the season is in Kachin: 1 in September, 0 in mid March [D].

    Examples
    --------
    >>> round(greenness(74)), round(greenness(257))
    (0, 1)
    """
    return float(0.5 - 0.5 * np.cos(2 * np.pi * (day_of_year - 74) / 365.25))


_SOILS: Final = frozenset(
    {"bare_fresh", "bare_old", "sparse", "road", "landslide", "quarry", "bar", "drained", "slash",
     "stubble", "village"}
)  # fmt: skip
_MADE: Final = frozenset({"roof_blue", "roof_grey", "sheeted", "white", "char", "snow"})


def _colour_of_world(spec: WorldSpec) -> np.ndarray:
    """Factor on each material and band by which soils, waters and plants of a world differ.

    All bands of a group move together by at most `colour_shift`; a third of that turns its colour
    from blue to SWIR. Dims (material, band).
    """
    factor = np.ones((len(MATERIALS), 6))
    rng, largest = spec.random("colours"), spec.colour_shift
    for group in (_SOILS, WATERS, frozenset(MATERIALS) - _SOILS - WATERS - _MADE):
        common, turn = rng.uniform(-largest, largest), rng.uniform(-largest, largest) / 3
        rows = [_INDEX[m] for m in MATERIALS if m in group]
        factor[rows] *= 1 + common + turn * np.linspace(-1, 1, 6)
    return factor


class SpectralLibrary:
    """The materials of one world.

    Parameters
    ----------
    spec
        Its seed and `spectra_variation` decide how far the world strays from the medians: the
        10-90 % range of real bare ground is about a factor 0.65 to 1.55 of its median [DOMAIN 2],
        of which a third lies between worlds.
    """

    def __init__(self, spec: WorldSpec) -> None:
        self._kachin_day = spec.kachin_day_of_year
        rng = spec.random("spectra")
        count, sigma = len(_WET), 0.12 * spec.spectra_variation
        common = rng.normal(0, sigma, (count, 1)).clip(-2 * sigma, 2 * sigma)
        by_band = rng.normal(0, sigma / 3, (count, 6)).clip(-sigma, sigma)
        factor = np.exp(common + by_band)
        factor[[_INDEX["evergreen"], _INDEX["snow"]]] **= 0.5
        factor = np.vstack([factor, np.repeat(factor[[_INDEX["deciduous"]]], len(_STANDS), axis=0)])
        factor *= _colour_of_world(spec)
        wet = [*_WET.values(), *(LEAFLESS[m][0] for m in _STANDS)]
        dry = [*(_DRY.get(m, _WET[m]) for m in _WET), *(LEAFLESS[m][1] for m in _STANDS)]
        self._wet, self._dry = np.array(wet) * factor, np.array(dry) * factor
        self._later = np.array([0.0] * len(_WET) + [LEAFLESS[m][2] for m in _STANDS])
        self._random = spec.random

    def on(self, day_of_year: float, year: int | None = None) -> np.ndarray:
        """Reflectance of every material on a day.

        Parameters
        ----------
        day_of_year
            1..366.
        year
            Stands lose their leaves some days sooner or later in it; None: in a mean year.

        Returns
        -------
        array, dims (material, band), float64
            Reflectance 0..1 in the order of `MATERIALS` and of the six reflectance bands.
        """
        day = self._kachin_day(day_of_year)
        green = np.full((len(MATERIALS), 1), greenness(day))
        moved = self._random("leaf fall", year).normal(0, 9) if year is not None else 0.0
        for row in range(len(MATERIALS) - len(_STANDS), len(MATERIALS)):
            green[row] = greenness(day - self._later[row] - moved)
        return np.asarray(np.minimum(self._dry + green * (self._wet - self._dry), 0.95))
