"""From the ground and the sky of a day to the digital numbers of a scene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from scipy import ndimage

from minewatch.model import REFLECTANCE_BANDS
from minewatch.synthetic.fog_smoke import draw_air
from minewatch.synthetic.ground_spectra import material_index
from minewatch.synthetic.hills import sun_position
from minewatch.synthetic.overpass_calendar import Overpass
from minewatch.synthetic.sky import Sky, classify, draw_sky, halve, seen_through
from minewatch.synthetic.world import World

_ROUGHNESS = np.array([0.10, 0.09, 0.10, 0.085, 0.08, 0.09], "float32")
"""Relative roughness of vegetation between pixels [D]."""


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """One overpass before it is cut into tiles."""

    bands: Mapping[str, np.ndarray]
    """Digital numbers, uint16 (SCL uint8), 10 m or 20 m; 0 where the swath does not reach."""
    sun: tuple[float, float]
    """Zenith and azimuth, degrees."""
    cloud_cover_pct: float
    """Share of the overpass under cloud."""
    sky: Sky
    """The true sky."""


def ground_on(
    world: World, ordinal: int, day_of_year: int, light: np.ndarray | None = None
) -> np.ndarray:
    """Reflectance of the flat-lit ground on a day, dims (band, y, x), float32.

    `light` is what it will be multiplied by: real ground has its own already.
    """
    library = world.library.on(day_of_year, date.fromordinal(ordinal).year)
    if world.backdrop is not None:
        nature = np.array(world.backdrop(day_of_year), "float32")
        nature /= 1 if light is None else light
        return world.ground.apply(nature, ordinal, library)
    nature = np.zeros((6, *world.ground.shape), "float32")
    for band in range(6):
        for name, share in world.cover.items():
            nature[band] += np.float32(library[material_index(name), band]) * share
        nature[band] *= 1 + _ROUGHNESS[band] * world.texture
    ground = world.ground.apply(nature, ordinal, library)
    ground *= 1 + np.float32(0.05) * world.grain
    snow = _snow(world, day_of_year)
    if snow.any():
        white = library[material_index("snow")].astype("float32")[:, None, None]
        ground += snow * (white - ground)
    return ground


def render(world: World, overpass: Overpass) -> Rendered:
    """The digital numbers of one overpass."""
    spec = world.spec
    rng = spec.random("render", overpass.index)
    sun = sun_position(overpass.day_of_year, latitude_deg=spec.place.sun_latitude)
    light = world.terrain.illumination(*sun)
    ordinal = overpass.acquired.toordinal()
    ground = ground_on(world, ordinal, overpass.day_of_year, light) * light
    ground = _shift(ground, overpass.shift_px)
    sky = draw_sky(spec, rng, month=overpass.day.month, sun=sun)
    sky = replace(sky, air=draw_air(spec, world.terrain, overpass))
    scl = classify(spec, rng, ground, light[2], sky)
    seen = seen_through(ground, sky)
    seen *= np.float32(1 + 0.02 * spec.haze * rng.standard_normal())
    noise = rng.standard_normal(seen.shape, dtype="float32")
    seen += noise * (0.0012 + 0.012 * seen) * spec.haze
    valid = _swath(overpass, spec.size_px)
    bands: dict[str, np.ndarray] = {}
    for i, band in enumerate(REFLECTANCE_BANDS):
        if band in spec.bands:
            values, mask = seen[i], valid
            if band.startswith("swir"):
                values, mask = halve(values), valid[::2, ::2]
            dn = (np.rint(values * 10_000) + overpass.offset_dn).clip(1, 28_000)
            bands[band] = np.where(mask, dn, 0).astype("uint16")
    bands["scl"] = np.where(valid[::2, ::2], scl, 0).astype("uint8")
    cloudy = np.isin(scl, (8, 9, 10)) & valid[::2, ::2]
    pct = 100.0 * float(cloudy.sum()) / max(1, int(valid[::2, ::2].sum()))
    return Rendered(bands=bands, sun=sun, cloud_cover_pct=round(pct, 6), sky=sky)


def _snow(world: World, day_of_year: int) -> np.ndarray:
    """Snow cover 0..1: above 2,500 m in the three months of winter, lowest at its end [D]."""
    is_south = world.spec.place.sun_latitude < 0
    away = abs((day_of_year - (28 + 182 if is_south else 28) + 182) % 365 - 182)
    if away > 60:
        return np.zeros(1, "float32")
    shaded = -world.terrain.north if is_south else world.terrain.north
    line = 2500 + 900 * (away / 60) ** 2 - 250 * shaded  # slopes turned from the sun keep it
    depth = np.clip((world.terrain.altitude_m - line) / 120, 0, 0.95)
    return np.asarray(depth, "float32")


def _shift(image: np.ndarray, shift_px: tuple[float, float]) -> np.ndarray:
    """The image moved by (east, south) pixels with a windowed sinc of seven taps."""
    for axis, move in ((2, shift_px[0]), (1, shift_px[1])):
        if not move:
            continue
        taps = np.arange(-3, 4) - move
        kernel = np.sinc(taps) * np.sinc(taps / 4)
        kernel /= kernel.sum()
        image = ndimage.convolve1d(image, kernel, axis=axis, mode="nearest")
    return np.asarray(np.maximum(image, 0.001), "float32")


def _swath(overpass: Overpass, size: int) -> np.ndarray:
    """True where the swath reaches, dims (y, x), in steps of 2 x 2 pixels."""
    if overpass.swath is None:
        return np.ones((size, size), bool)
    half = size // 2
    edge = np.linspace(overpass.swath[0], overpass.swath[1], half) * half
    west = np.arange(half)[None, :] + 0.5 < edge[:, None]
    return np.kron(west == overpass.swath_west, np.ones((2, 2), bool)).astype(bool)
