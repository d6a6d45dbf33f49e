"""Hills and the light on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft, ndimage

from minewatch.synthetic.spec import PIXEL_M, PLACES, WorldSpec

_DIFFUSE = np.array([0.45, 0.38, 0.32, 0.22, 0.14, 0.12], "float32")
"""Share of skylight in blue … swir22 [D]: why shadows are blue."""


def smooth_noise(
    rng: np.random.Generator, shape: tuple[int, int], *, scale_px: float, slope: float = 2.0
) -> np.ndarray:
    """Random field whose spectrum falls as a power law below a largest scale.

    Parameters
    ----------
    rng
        Source of randomness.
    shape
        Rows, columns.
    scale_px
        Size of the largest features, pixels.
    slope
        Exponent of the fall of amplitude with frequency: larger is smoother.

    Returns
    -------
    array, dims (y, x), float32
        Mean 0, standard deviation 1.
    """
    white = rng.standard_normal(shape, dtype="float32")
    fy, fx = np.meshgrid(fft.fftfreq(shape[0]), fft.rfftfreq(shape[1]), indexing="ij")
    gain = (1 + (np.hypot(fy, fx) * scale_px) ** 2) ** (-slope / 2)
    field = fft.irfft2(fft.rfft2(white) * gain.astype("float32"), s=shape)
    return np.asarray((field - field.mean()) / field.std(), "float32")


@dataclass(frozen=True, kw_only=True)
class Terrain:
    """The shape of a world, dims (y, x) on its 10 m grid."""

    altitude_m: np.ndarray
    """Metres above the sea."""
    slope_deg: np.ndarray
    """Degrees from the horizontal."""
    east: np.ndarray
    """East component of the downslope normal, -1..1."""
    north: np.ndarray
    """North component of the downslope normal, -1..1."""
    river_distance_m: np.ndarray
    """Metres from the axis of the valley."""
    river_x_m: np.ndarray
    """Axis of the valley: metres east of the western edge for each row."""

    def illumination(self, sun_zenith_deg: float, sun_azimuth_deg: float) -> np.ndarray:
        """Light on the slope relative to flat ground.

        Parameters
        ----------
        sun_zenith_deg, sun_azimuth_deg
            Where the sun stands.

        Returns
        -------
        array, dims (band, y, x), float32
            1 on flat ground; skylight is what a slope turned from the sun still gets.
        """
        zenith, azimuth = np.radians(sun_zenith_deg), np.radians(sun_azimuth_deg)
        flat = np.cos(zenith)
        tilt = self.east * np.sin(azimuth) + self.north * np.cos(azimuth)
        up = np.cos(np.radians(self.slope_deg))
        direct = np.clip(flat * up + np.sin(zenith) * tilt, 0, None) / flat
        diffuse = _DIFFUSE[:, None, None]
        return np.asarray(diffuse + (1 - diffuse) * direct, "float32")


def make_terrain(spec: WorldSpec) -> Terrain:
    """The hills of a world, with one valley from north to south."""
    rng, n = spec.random("terrain"), spec.size_px
    rows = np.arange(n) * PIXEL_M
    phase = rng.uniform(0, 2 * np.pi, 3)
    swing = sum(
        a * np.sin(2 * np.pi * rows / wave + p)
        for a, wave, p in zip((260, 120, 50), (5200, 2300, 900), phase, strict=True)
    )
    axis = spec.extent_m * rng.uniform(0.15, 0.3) + np.asarray(swing) * min(1, n / 512)
    axis = np.clip(axis, 60, spec.extent_m - 60)
    distance = np.abs(rows[None, :] - axis[:, None])
    distance = ndimage.gaussian_filter(distance, 3)
    hills = smooth_noise(rng, (n, n), scale_px=120, slope=2.6)
    hills = ndimage.gaussian_filter(hills, 1.5)
    relief = hills * np.clip(distance / 700, 0.02, 1) + 1.1 * (distance / 2000) ** 0.8
    dy, dx = np.gradient(relief, PIXEL_M)
    scale = np.tan(np.radians(spec.steepness_deg)) / np.mean(np.hypot(dx, dy))
    altitude = spec.base_altitude_m + scale * (relief - relief.min())
    dy, dx = np.gradient(altitude, PIXEL_M)
    norm = np.sqrt(1 + dx**2 + dy**2)
    return Terrain(
        altitude_m=altitude.astype("float32"),
        slope_deg=np.degrees(np.arctan(np.hypot(dx, dy))).astype("float32"),
        east=(-dx / norm).astype("float32"),
        north=(dy / norm).astype("float32"),  # rows run south
        river_distance_m=distance.astype("float32"),
        river_x_m=axis,
    )


def sun_position(
    day_of_year: float, *, latitude_deg: float = PLACES["north"].sun_latitude, hour: float = 10.7
) -> tuple[float, float]:
    """Zenith and azimuth of the sun at the pass of Sentinel-2.

    Parameters
    ----------
    day_of_year
        1..366.
    latitude_deg
        Over which it stands; that of Kachin.
    hour
        Local solar time.

    Returns
    -------
    tuple of float
        Zenith and azimuth (clockwise from north), degrees.

    Examples
    --------
    >>> [round(v) for v in sun_position(355)]
    [52, 157]
    >>> [round(v) for v in sun_position(172, latitude_deg=-25.5)]  # from the north, in winter
    [52, 23]
    """
    declination = np.radians(-23.44 * np.cos(2 * np.pi * (day_of_year + 10) / 365.25))
    latitude, angle = np.radians(latitude_deg), np.radians(15 * (hour - 12))
    up = np.sin(latitude) * np.sin(declination)
    up += np.cos(latitude) * np.cos(declination) * np.cos(angle)
    east = -np.cos(declination) * np.sin(angle)
    north = np.cos(latitude) * np.sin(declination)
    north -= np.sin(latitude) * np.cos(declination) * np.cos(angle)
    azimuth = np.degrees(np.arctan2(east, north)) % 360
    return float(np.degrees(np.arccos(up))), float(azimuth)
