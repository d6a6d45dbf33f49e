"""What stands between the ground and the sensor: clouds, their shadows, haze; and how SCL errs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from minewatch.synthetic.fog_smoke import is_clear_air, seen_through_air
from minewatch.synthetic.hills import smooth_noise
from minewatch.synthetic.spec import PIXEL_M, WorldSpec

_CLOUD = np.array([0.62, 0.61, 0.62, 0.66, 0.45, 0.36], "float32")
"""Reflectance of thick cloud [D]."""
_MEAN_COVER = (0.28, 0.25, 0.30, 0.40, 0.65, 0.85, 0.90, 0.86, 0.75, 0.50, 0.28, 0.22)
"""Mean cloud cover of Kachin by month: May to September mostly cloudy [DOMAIN 4; figures D]."""


@dataclass(frozen=True, kw_only=True)
class Sky:
    """The sky over one overpass, dims (y, x) at 10 m."""

    opacity: np.ndarray
    """0 clear … 1 thick cloud."""
    shadow: np.ndarray
    """0 lit … 1 in full cloud shadow."""
    missed: np.ndarray
    """Thin cloud that the mask will not see, opacity 0..1."""
    haze: np.ndarray
    """Path radiance added to red, reflectance; more in blue."""
    air: np.ndarray | None = None
    """Density of fog and of smoke that no mask sees, dims (kind, y, x); None: clear air."""

    @property
    def is_clear(self) -> np.ndarray:
        """True where the ground is really seen, dims (y, x)."""
        clear = (self.opacity < 0.08) & (self.shadow < 0.3) & (self.missed < 0.05)
        return np.asarray(clear & is_clear_air(self.air))

    @property
    def cover(self) -> float:
        """Share of the overpass under cloud that a mask can see."""
        return float((self.opacity > 0.15).mean())


def draw_sky(
    spec: WorldSpec, rng: np.random.Generator, *, month: int, sun: tuple[float, float]
) -> Sky:
    """The sky of one overpass.

    Parameters
    ----------
    spec
        The world.
    rng
        Source of randomness of this overpass.
    month
        1..12.
    sun
        Zenith and azimuth, degrees: where shadows fall.
    """
    shape = (spec.size_px, spec.size_px)
    in_kachin = (month - 1 - spec.season_shift_months) % 12
    mean = min(_MEAN_COVER[in_kachin] * spec.cloudiness, 0.98)
    # cover is U-shaped: days are mostly clear or mostly covered
    cover = float(rng.beta(0.9 * mean + 0.02, 0.9 * (1 - mean) + 0.02)) if mean else 0.0
    field = smooth_noise(rng, shape, scale_px=45, slope=2.2)
    opacity = np.zeros(shape, "float32")
    if cover > 0.005:
        edge = np.quantile(field[::4, ::4], 1 - min(cover, 0.995))
        opacity = np.clip((field - edge) / 0.35, 0, 1).astype("float32")
    zenith, azimuth = np.radians(sun[0]), np.radians(sun[1])
    reach = rng.uniform(700, 2600) * np.tan(zenith) / PIXEL_M
    move = (reach * np.cos(azimuth), -reach * np.sin(azimuth))  # away from the sun
    shadow = ndimage.shift(opacity, move, order=1, mode="mirror", prefilter=False)
    thin = np.roll(field, (shape[0] // 3, shape[1] // 2), (0, 1))[::4, ::4]
    share = min(spec.missed_cloud * rng.lognormal(0, 0.6), 0.5)
    edge = np.quantile(thin, 1 - share) if share else np.inf
    thin = np.clip((thin - edge + 0.15) * 0.3, 0, 0.25)
    missed = ndimage.zoom(thin, 4, order=1, grid_mode=True, mode="nearest")[: shape[0], : shape[1]]
    level = rng.gamma(1.5, 0.0055) - 0.006
    haze = spec.haze * (level + 0.0035 * np.roll(field, (shape[0] // 2, 0), (0, 1)))
    return Sky(
        opacity=opacity, shadow=shadow * (1 - opacity), missed=missed.astype("float32"), haze=haze
    )


def seen_through(ground: np.ndarray, sky: Sky) -> np.ndarray:
    """Reflectance of the ground seen through a sky, dims (band, y, x)."""
    weight = np.array([1.5, 1.15, 1.0, 0.6, 0.3, 0.2], "float32")[:, None, None]
    lit = seen_through_air(ground * (1 - 0.62 * sky.shadow), sky.air)
    seen = lit + weight * sky.haze
    veil = np.maximum(sky.opacity, sky.missed)
    return np.asarray(seen + veil * (_CLOUD[:, None, None] - seen), "float32")


def classify(
    spec: WorldSpec, rng: np.random.Generator, ground: np.ndarray, light: np.ndarray, sky: Sky
) -> np.ndarray:
    """Scene classification as Sen2Cor would give it, with its errors.

    Parameters
    ----------
    spec
        Its `wrong_scl` decides how often bright pads are called cloud, dark water shadow and
        terrain shadow water.
    rng
        Source of randomness of this overpass.
    ground
        Reflectance without sky, dims (band, y, x) at 10 m.
    light
        Light on the slopes in red, dims (y, x).
    sky
        The sky.

    Returns
    -------
    array, dims (y, x) at 20 m, uint8
        SCL classes 2..11.
    """
    blue, green, red, nir, swir, _ = (halve(b) for b in ground)
    ndvi, ndwi = (nir - red) / (nir + red), (green - nir) / (green + nir)
    ndsi = (green - swir) / (green + swir)
    scl = np.where(ndvi > 0.42, 4, 5).astype("uint8")
    scl[(ndwi > 0.05) & (nir < 0.16)] = 6
    scl[(nir < 0.09) & (ndwi <= 0.05)] = 2
    scl[(ndsi > 0.4) & (green > 0.3)] = 11
    luck = 0.5 + 0.5 * np.tanh(smooth_noise(rng, blue.shape, scale_px=6, slope=1.5))
    err = spec.wrong_scl
    bright = (scl == 5) & (blue > 0.10)
    scl[bright & (luck < 0.65 * err)] = 8
    scl[bright & (blue > 0.16) & (luck < 0.4 * err)] = 9
    scl[(scl == 6) & (luck > 1 - 0.2 * err)] = 3
    scl[(halve(light) < 0.45) & (scl == 4) & (luck > 1 - 0.5 * err)] = 6
    opacity, shadow = halve(sky.opacity), halve(sky.shadow)
    scl[shadow > 0.3] = 3
    scl[(opacity > 0.08) & (luck > 0.75)] = 7
    scl[opacity > 0.15] = 10
    scl[opacity > 0.3] = 8
    scl[opacity > 0.65] = 9
    return scl


def halve(a: np.ndarray) -> np.ndarray:
    """Mean of 2 x 2 pixels over the last two dims."""
    quads = a[..., ::2, ::2] + a[..., 1::2, ::2] + a[..., ::2, 1::2] + a[..., 1::2, 1::2]
    return np.asarray(quads * np.float32(0.25), "float32")
