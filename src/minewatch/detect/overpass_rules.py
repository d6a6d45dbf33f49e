"""What one overpass, or the median of a month, shows of a pixel: vegetation or the lack of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from minewatch.compiled import kernel, part
from minewatch.detect.overpass_thresholds import OVERPASS, OverpassRules

UInt16 = NDArray[np.uint16]
Bool = NDArray[np.bool_]
Limits = NDArray[np.int64]
Reflectances = Mapping[str, NDArray[np.uint16]]
"""Band name to reflectance x 10,000; 0: not seen."""


def is_disturbed(bands: Reflectances, *, rules: OverpassRules = OVERPASS) -> NDArray[np.bool_]:
    """Where an overpass shows ground without its vegetation: bare soil, pools, roofs, rock, water.

    Red is compared with near-infrared, so that the light on a slope cancels; a small allowance
    for path light keeps deep shade over forest out. Snow and clouds are left out as far as the
    bands allow; a pixel filled by white sludge may be lost with them.

    Parameters
    ----------
    bands
        `blue, green, red, nir` and, when there, `swir16`: any shape, reflectance x 10,000,
        uint16, 0 where not seen.
    rules
        Thresholds.

    Returns
    -------
    bool array of the same shape
        False where not seen.

    Examples
    --------
    >>> forest, pad = (160, 360, 180, 2860), (1420, 2020, 2440, 3220)
    >>> bands = dict(zip(("blue", "green", "red", "nir"), np.array([forest, pad], "uint16").T))
    >>> is_disturbed(bands).tolist()
    [False, True]
    """
    blue, green, red, nir, swir = _lines(bands, "blue", "green", "red", "nir", "swir16")
    found = np.empty(len(red), np.bool_)
    _find_disturbed(blue, green, red, nir, swir, _limits(rules), found)
    return found.reshape(bands["red"].shape)


def is_snow(bands: Reflectances, *, rules: OverpassRules = OVERPASS) -> NDArray[np.bool_]:
    """Where an overpass shows snow, or a cloud as bright.

    Parameters
    ----------
    bands
        As for `is_disturbed`.
    rules
        Thresholds.

    Returns
    -------
    bool array of the same shape
        Without `swir16` only by brightness.
    """
    blue, green, swir = _lines(bands, "blue", "green", "swir16")
    found, limits = np.empty(len(blue), np.bool_), _limits(rules)
    _find_snow(blue, green, swir, limits, found)
    return found.reshape(bands["blue"].shape)


def _lines(bands: Reflectances, *names: str) -> list[NDArray[np.uint16]]:
    """Bands as rows of pixels; one that is not there has none."""
    return [
        np.ascontiguousarray(bands[name], np.uint16).reshape(-1) if name in bands else _NONE
        for name in names
    ]


_NONE = np.zeros(0, np.uint16)


@lru_cache(maxsize=8)
def _limits(rules: OverpassRules) -> NDArray[np.int64]:
    """The thresholds as the kernels take them, shares in hundredths and tenths."""
    return np.array([
        rules.path_light_dn, round(100 * rules.red_over_nir), rules.cloud_dn, rules.snow_blue_dn,
        round(10 * rules.snow_ndsi), rules.snow_green_dn,
    ])  # fmt: skip


@kernel("uint16[::1], uint16[::1], uint16[::1], uint16[::1], uint16[::1], int64[::1], boolean[::1]")
def _find_disturbed(
    blue: UInt16, green: UInt16, red: UInt16, nir: UInt16, swir: UInt16, limits: Limits, found: Bool
) -> None:  # pragma: no cover - compiled
    path_light, red_over_nir, cloud = limits[:3]
    _find_snow_part(blue, green, swir, limits, found)
    for at in range(len(red)):
        lost = 100 * (np.int64(red[at]) - path_light) > red_over_nir * np.int64(nir[at])
        veiled = 2 * np.int64(blue[at]) > np.int64(red[at]) + 2 * cloud
        found[at] = lost & (red[at] > 0) & (nir[at] > 0) & (not veiled) & (not found[at])


@kernel("uint16[::1], uint16[::1], uint16[::1], int64[::1], boolean[::1]")
def _find_snow(
    blue: UInt16, green: UInt16, swir: UInt16, limits: Limits, found: Bool
) -> None:  # pragma: no cover - compiled
    _find_snow_part(blue, green, swir, limits, found)


@part
def _find_snow_part(
    blue: UInt16, green: UInt16, swir: UInt16, limits: Limits, found: Bool
) -> None:  # pragma: no cover - compiled
    bright, flatness, least_green = limits[3:]
    for at in range(len(blue)):
        found[at] = blue[at] > bright
    for at in range(len(swir)):
        ours, theirs = np.int64(green[at]), np.int64(swir[at])
        is_flat = (theirs > 0) & (10 * (ours - theirs) > flatness * (ours + theirs))
        found[at] |= is_flat & (ours > least_green)


def greenness(bands: Reflectances, *, rules: OverpassRules = OVERPASS) -> NDArray[np.float32]:
    """NDVI with an allowance for path light, so that shade does not make forest look bare.

    Parameters
    ----------
    bands
        `red` and `nir`, reflectance x 10,000, any shape.
    rules
        Thresholds.

    Returns
    -------
    float32 array of the same shape
        -1 to 1; NaN where not seen.
    """
    red = np.maximum(bands["red"].astype(np.float32) - rules.path_light_dn, 0)
    nir = bands["nir"].astype(np.float32)
    seen = (bands["red"] > 0) & (bands["nir"] > 0)
    return np.where(seen, (nir - red) / np.maximum(nir + red, 1), np.nan).astype(np.float32)
