"""What one look, or the median of a month, shows of a pixel: its vegetation or the lack of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Reflectances = Mapping[str, NDArray[np.uint16]]
"""Band name to reflectance x 10,000; 0: not seen."""

GREEN_SLOPE = 0.38
"""Red over near-infrared where vegetation no longer rules: NDVI 0.45 [D]. Evergreen forest has
0.06, new tropical mines 0.7 to 1.3 [DOMAIN §2]."""
PATH_LIGHT_DN = 100
"""Red that haze or an imperfect correction may add to shaded forest, reflectance x 10,000 [D]."""
CLOUD_DN = 700
"""Blue above half of red by which a look shows cloud: Fmask's test (doi:10.1016/j.rse.2011.10.028)
with 0.08, made a little stricter because only 5 % of bare ground comes near it [DOMAIN §2]."""
SNOW_BLUE_DN = 3500
"""Blue from which a pixel is taken for snow or cloud rather than ground; bare ground has at most
0.22 at the 90th percentile, white sludge fills no whole pixel [DOMAIN §2]."""
SNOW_NDSI = 0.4
"""Normalised difference of green and swir16 from which bright ground is snow
(doi:10.1016/0034-4257(95)00137-P)."""
SNOW_GREEN_DN = 2000
"""Green below which nothing is snow, reflectance x 10,000 [D]."""


def is_disturbed(bands: Reflectances) -> NDArray[np.bool_]:
    """Where a look shows ground without its vegetation: bare soil, pools, roofs, rock, water.

    Red is compared with near-infrared, so that the light on a slope cancels; a small allowance
    for path light keeps deep shade over forest out. Snow and clouds are left out as far as the
    bands allow; a pixel filled by white sludge may be lost with them.

    Parameters
    ----------
    bands
        `blue, green, red, nir` and, when there, `swir16`: any shape, reflectance x 10,000,
        uint16, 0 where not seen.

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
    lost = 100 * (red - PATH_LIGHT_DN) > round(100 * GREEN_SLOPE) * nir
    veiled = 2 * bands["blue"].astype(np.int32) > red + 2 * CLOUD_DN
    seen = (bands["red"] > 0) & (bands["nir"] > 0)
    return lost & seen & ~veiled & ~is_snow(bands)


def is_snow(bands: Reflectances) -> NDArray[np.bool_]:
    """Where a look shows snow, or a cloud as bright.

    Parameters
    ----------
    bands
        As for `is_disturbed`.

    Returns
    -------
    bool array of the same shape
        Without `swir16` only by brightness.
    """
    bright = bands["blue"] > SNOW_BLUE_DN
    if "swir16" not in bands:
        return bright
    green, swir = bands["green"].astype(np.int32), bands["swir16"].astype(np.int32)
    flat = (swir > 0) & (10 * (green - swir) > round(10 * SNOW_NDSI) * (green + swir))
    return bright | (flat & (green > SNOW_GREEN_DN))


def greenness(bands: Reflectances) -> NDArray[np.float32]:
    """NDVI with an allowance for path light, so that shade does not make forest look bare.

    Parameters
    ----------
    bands
        `red` and `nir`, reflectance x 10,000, any shape.

    Returns
    -------
    float32 array of the same shape
        -1 to 1; NaN where not seen.
    """
    red = np.maximum(bands["red"].astype(np.float32) - PATH_LIGHT_DN, 0)
    nir = bands["nir"].astype(np.float32)
    seen = (bands["red"] > 0) & (bands["nir"] > 0)
    return np.where(seen, (nir - red) / np.maximum(nir + red, 1), np.nan).astype(np.float32)
