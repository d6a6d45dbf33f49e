"""Water in the pools of a site, and pools that hold none, each pixel against its own site.

Benches are darker than the forest round them, by as much as a pool would be, and light differs from
slope to slope. So a site is its own measure: its plain ground says how dark and how blue ground
without water is here. Water is darker than that in near-infrared *and* bluer in the ratio of green
to near-infrared, which no shade changes; the geometric mean of the two shares is taken, so that
what is only dark or only blue counts for little.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from minewatch.detect.pool_banks.evidence_layers import NIR_SCALE
from minewatch.detect.pool_banks.pool_bank_rules import FillRules

Floats = NDArray[np.float64]


def fill_shares(pixels: pd.DataFrame, *, rules: FillRules) -> pd.DataFrame:
    """Share of standing water and of lined pools in pixels of sites.

    Parameters
    ----------
    pixels
        Seen pixels of sites, with `label` (of a site in a period), `nir`, `ndwi`, `vegetation_pct`
        and `milky_pct`: the layers of evidence, the last one `pool_pct` there.
    rules
        Thresholds.

    Returns
    -------
    pandas.DataFrame
        Index as `pixels`: `water` and `lined`, 0..1. Lined are pools with water, and white ones.

    Examples
    --------
    >>> bank = pd.DataFrame({"label": 0, "nir": [108] * 8 + [24] * 2, "ndwi": [65] * 8 + [137] * 2,
    ...                      "vegetation_pct": 0, "milky_pct": 0})
    >>> fill_shares(bank, rules=FillRules())["water"].round(1).tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0]
    """
    label = pixels["label"]
    blue = _above_plain(_blue_share(pixels, rules), label, rules)
    nir = pixels["nir"].astype(float) / NIR_SCALE
    dark = _dark_share(nir, blue, label, rules)
    water = np.sqrt(blue * dark)
    milky = pixels["milky_pct"].astype(float).clip(upper=100) / 100
    white = _above_plain(milky, label, rules)
    return pd.DataFrame({"water": water, "lined": np.maximum(water, white)})


def built_so_far(lined: pd.Series, *, rules: FillRules) -> pd.Series:
    """Pools of one site as they are built: the most that showed so far.

    Pools that show neither water nor white for `empty_periods` in a row are none any more: they
    are left to grass.

    Parameters
    ----------
    lined
        Area of pools that showed in each period, in order; NaN where nothing was seen.
    rules
        Thresholds.

    Examples
    --------
    >>> built_so_far(pd.Series([0.0, 700.0, np.nan, 500.0, 0.0, 0.0]), rules=FillRules()).tolist()
    [0.0, 700.0, 700.0, 700.0, 700.0, 0.0]
    """
    built, most, empty = [], 0.0, 0
    for area in lined:
        if not np.isnan(area):
            most = max(most, area)
            empty = 0 if area > rules.empty_share * most else empty + 1
            most = area if empty >= rules.empty_periods else most
        built.append(most)
    return pd.Series(built, index=lined.index, dtype=float)


def _blue_share(pixels: pd.DataFrame, rules: FillRules) -> pd.Series:
    """Share of water that explains the ratio of green to near-infrared, beside the plants seen."""
    index = (pixels["ndwi"].astype(float) - 100) / 100
    ratio = (1 + index) / (1 - index).clip(lower=0.01)
    plants = pixels["vegetation_pct"].astype(float).clip(upper=100) / 100
    land_green, land_nir = (
        plants * of_plants + (1 - plants) * of_soil
        for of_plants, of_soil in zip(rules.plants, rules.soil, strict=True)
    )
    green, nir = (water - soil for water, soil in zip(rules.water, rules.soil, strict=True))
    share = (ratio * land_nir - land_green) / (green - ratio * nir)
    return share.where(green - ratio * nir > 0, 0.0)


def _above_plain(share: pd.Series, label: pd.Series, rules: FillRules) -> pd.Series:
    """Shares above that of the plain ground of the same site, 0..1."""
    plain = label.map(share.groupby(label).quantile(rules.plain_quantile))
    plain = plain.clip(upper=rules.most_water)
    return ((share - plain) / (1 - plain)).clip(0, 1)


def _dark_share(nir: pd.Series, blue: pd.Series, label: pd.Series, rules: FillRules) -> pd.Series:
    """Share of water by what near-infrared lacks against the land of the site.

    The land's is the one that explains the pixels best, those with less water counting for more.
    """
    water = rules.water[1]
    land_share = 1 - blue.clip(upper=rules.most_water)
    of_land = ((nir - water * (1 - land_share)) * land_share).groupby(label).sum()
    land = label.map(of_land / (land_share**2).groupby(label).sum())
    share = ((land - nir) / (land - water).clip(lower=0.01)).clip(0, 1)
    return share.where(land >= rules.least_land_nir, 0.0)
