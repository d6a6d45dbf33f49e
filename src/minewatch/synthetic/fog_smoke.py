"""Valley fog in winter and the smoke of burning before the rains: light that no mask takes out."""

from __future__ import annotations

import numpy as np

from minewatch.synthetic.hills import Terrain, smooth_noise
from minewatch.synthetic.overpass_calendar import Overpass
from minewatch.synthetic.spec import WorldSpec

FOG_MONTHS, SMOKE_MONTHS = frozenset({11, 12, 1, 2}), frozenset({2, 3, 4})
"""Months in Kachin [D]."""
_FOG_LIGHT = np.array([0.115, 0.095, 0.080, 0.030, 0.010, 0.006], "float32")
"""What dense fog adds: much blue, hardly any NIR, as in a real scene whose darkest blue rose by
0.11 while its NIR did not [D]."""
_SMOKE_LIGHT = np.array([0.075, 0.056, 0.042, 0.018, 0.005, 0.002], "float32")
"""What dense smoke adds: falls with the wavelength faster than haze [D]."""
_CLEAR_AIR = 0.15
"""The ground counts as seen below this density."""


def draw_air(spec: WorldSpec, terrain: Terrain, overpass: Overpass) -> np.ndarray | None:
    """Fog or smoke of one overpass.

    Parameters
    ----------
    spec
        The world: its shares of mornings.
    terrain
        Fog fills the low ground.
    overpass
        Whose morning it is.

    Returns
    -------
    array or None, dims (kind, y, x), float32
        Density of fog and of smoke, 0 none … 1 dense; None: clear air.
    """
    rng = spec.random("air", overpass.index)
    month = (overpass.day.month - 1 - spec.season_shift_months) % 12 + 1
    is_foggy, is_smoky = rng.random(2) < (spec.fog, spec.smoke)
    is_foggy, is_smoky = is_foggy and month in FOG_MONTHS, is_smoky and month in SMOKE_MONTHS
    if not (is_foggy or is_smoky):
        return None
    shape = terrain.altitude_m.shape
    air = np.zeros((2, *shape), "float32")
    field = smooth_noise(rng, shape, scale_px=60, slope=2.2)
    if is_foggy:
        top = np.quantile(terrain.altitude_m, rng.uniform(0.3, 1.0))
        fill = (top - terrain.altitude_m) / 120 + 0.25 * field
        air[0] = rng.uniform(0.3, 1.0) * np.clip(fill, 0, 1)
    if is_smoky:
        air[1] = np.clip(rng.uniform(0.2, 1.0) * (1 + 0.2 * field), 0, 1.3)
    return air


def seen_through_air(ground: np.ndarray, air: np.ndarray | None) -> np.ndarray:
    """Reflectance of the ground through fog and smoke, dims (band, y, x)."""
    if air is None:
        return ground
    fog, smoke = air
    light = _FOG_LIGHT[:, None, None] * fog + _SMOKE_LIGHT[:, None, None] * smoke
    through = 1 - 0.35 * fog - 0.2 * smoke
    return np.asarray(ground * through + light, "float32")


def is_clear_air(air: np.ndarray | None) -> np.ndarray | bool:
    """True where fog and smoke leave the ground to be seen, dims (y, x)."""
    return True if air is None else air.sum(axis=0) < _CLEAR_AIR
