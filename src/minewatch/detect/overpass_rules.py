"""What one overpass, or the median of a month, shows of a pixel: vegetation or the lack of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from minewatch.detect.overpass_thresholds import OVERPASS, OverpassRules

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
    red, nir = bands["red"].astype(np.int32), bands["nir"].astype(np.int32)
    lost = 100 * (red - rules.path_light_dn) > round(100 * rules.red_over_nir) * nir
    veiled = 2 * bands["blue"].astype(np.int32) > red + 2 * rules.cloud_dn
    seen = (bands["red"] > 0) & (bands["nir"] > 0)
    return lost & seen & ~veiled & ~is_snow(bands, rules=rules)


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
    bright = bands["blue"] > rules.snow_blue_dn
    if "swir16" not in bands:
        return bright
    green, swir = bands["green"].astype(np.int32), bands["swir16"].astype(np.int32)
    flat = (swir > 0) & (10 * (green - swir) > round(10 * rules.snow_ndsi) * (green + swir))
    return bright | (flat & (green > rules.snow_green_dn))


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
