"""Water in the pools of a site, and pools that hold none, each pixel against its own site.

Benches are darker than the forest round them, by as much as a pool would be, and light differs from
slope to slope. So a site is its own measure: its plain ground, the median of what holds no pool,
says how dark and how blue ground without water is here. Water is darker than that in near-infrared
*and* bluer in the ratio of green to near-infrared, which no shade changes; the geometric mean of
the two shares is taken, so that what is only dark or only blue counts for little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
    label = pixels["label"].to_numpy()
    groups = _Groups.of(label)
    nir = pixels["nir"].to_numpy(float) / NIR_SCALE
    blue = _blue_share(pixels, rules)
    quantile = np.full(len(groups.size), rules.plain_quantile)
    water = _water_share(blue, nir, groups, quantile, rules)
    quantile = groups.mean(water <= rules.pool_share) / 2  # half of the ground without pools
    water = _water_share(blue, nir, groups, quantile, rules)
    milky = pixels["milky_pct"].to_numpy(float).clip(max=100) / 100
    white = _above(milky, groups.quantile(milky, quantile), rules)
    lined = np.maximum(water, white)
    return pd.DataFrame({"water": water, "lined": lined}, index=pixels.index)


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


def water_green(pixels: pd.DataFrame, *, rules: FillRules) -> pd.Series:
    """Green reflectance of the water of each site: milky liquor is bright, standing water dark.

    A pool fills part of a pixel. So green is read off where the line from the plain ground of the
    site through its bluest pixels comes down to the near-infrared of water.

    Parameters
    ----------
    pixels
        As for `fill_shares`.
    rules
        Thresholds.

    Returns
    -------
    pandas.Series
        Index the label, 0..1; missing where a site has fewer than four pixels, or none of the
        bluest is darker than its plain ground.

    Examples
    --------
    >>> bank = pd.DataFrame({"label": 0, "nir": [108] * 8 + [66] * 2, "ndwi": [65] * 8 + [108] * 2})
    >>> water_green(bank, rules=FillRules()).round(2).tolist()
    [0.26]
    """
    nir = pixels["nir"] / NIR_SCALE
    index = (pixels["ndwi"].astype(float) - 100) / 100
    light = pd.DataFrame({"label": pixels["label"], "nir": nir, "ndwi": index})
    light["green"] = nir * (1 + index) / np.maximum(1 - index, 0.01)
    ordered = light.sort_values(["label", "ndwi"], kind="stable")  # rows come in scan order
    groups = ordered.groupby("label")
    rank, size = groups.cumcount(), groups["ndwi"].transform("size")
    plain = ordered[(rank < size // 2) & (size >= 4)].groupby("label")[["nir", "green"]].median()
    bluest = ordered[rank >= size - np.maximum(2, size // 6)]
    of_plain = plain.reindex(bluest["label"]).set_axis(bluest.index)
    darker = (of_plain["nir"] - bluest["nir"]).clip(lower=0)
    brighter = bluest["green"] - of_plain["green"]
    label = bluest["label"]
    squares = (darker**2).groupby(label).sum()
    slope = (darker * brighter).groupby(label).sum() / squares.where(squares > 0)
    at_water = plain["green"] + slope * (plain["nir"] - rules.water[1])
    return at_water.clip(0, 1)


@dataclass(frozen=True)
class _Groups:
    """Which pixels are of one site and period."""

    number: NDArray[np.intp]
    """Number of the group of each pixel, from 0."""
    size: NDArray[np.intp]
    """Pixels of each group."""

    @classmethod
    def of(cls, label: NDArray[Any]) -> _Groups:
        """The groups of equal labels."""
        _, number, size = np.unique(label, return_inverse=True, return_counts=True)
        return cls(number.astype(np.intp), size.astype(np.intp))

    def mean(self, values: NDArray[Any]) -> Floats:
        """Mean of each group."""
        return np.bincount(self.number, weights=values, minlength=len(self.size)) / self.size

    def quantile(self, values: Floats, quantile: Floats) -> Floats:
        """In each pixel the quantile of its group, one for each of them, from below."""
        ordered = values[np.lexsort((values, self.number))]
        first = np.cumsum(self.size) - self.size
        at = first + np.floor(quantile * (self.size - 1)).astype(np.intp)
        return np.asarray(ordered[at][self.number])


def _water_share(
    blue: Floats, nir: Floats, groups: _Groups, quantile: Floats, rules: FillRules
) -> Floats:
    """Share of water, when plain ground is as blue as a quantile of the site."""
    blue = _above(blue, groups.quantile(blue, quantile), rules)
    dark = _dark_share(nir, blue, groups, rules)
    return np.sqrt(blue * dark)


def _above(share: Floats, plain: Floats, rules: FillRules) -> Floats:
    """Shares above that of plain ground, 0..1."""
    plain = np.minimum(plain, rules.most_water)
    return np.clip((share - plain) / (1 - plain), 0, 1)


def _blue_share(pixels: pd.DataFrame, rules: FillRules) -> Floats:
    """Share of water that explains the ratio of green to near-infrared, beside the plants seen."""
    index = (pixels["ndwi"].to_numpy(float) - 100) / 100
    ratio = (1 + index) / np.maximum(1 - index, 0.01)
    plants = pixels["vegetation_pct"].to_numpy(float).clip(max=100) / 100
    land_green, land_nir = (
        plants * of_plants + (1 - plants) * of_soil
        for of_plants, of_soil in zip(rules.plants, rules.soil, strict=True)
    )
    green, nir = (water - soil for water, soil in zip(rules.water, rules.soil, strict=True))
    fall = np.maximum(green - ratio * nir, 1e-6)
    return np.asarray((ratio * land_nir - land_green) / fall)


def _dark_share(nir: Floats, blue: Floats, groups: _Groups, rules: FillRules) -> Floats:
    """Share of water by what near-infrared lacks against the land of the site.

    The land's is the one that explains the pixels best, those with less water counting for more.
    """
    water = rules.water[1]
    land_share = 1 - np.minimum(blue, rules.most_water)
    of_land = groups.mean((nir - water * (1 - land_share)) * land_share)
    land = (of_land / groups.mean(land_share**2))[groups.number]
    in_light = np.minimum(water, rules.shaded_water * land)
    share = np.clip((land - nir) / np.maximum(land - in_light, 0.01), 0, 1)
    return np.where(land >= rules.least_land_nir, share, 0.0)
