"""What is measured of a patch of pixels: areas, dates, shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from minewatch.detect.labels import Patches
from minewatch.detect.pool_banks.evidence_layers import NO_SCORE, NO_SHARE, SCORE_SCALE
from minewatch.detect.pool_banks.patch_cutting import run_of
from minewatch.model import Period

PLAIN_QUANTILE = 0.3
"""Rank of the pool share that ground without pools has in a patch: dark or grey soil and rock look
a little like water everywhere, pools only in spots [D]."""
OLD_PCT = 50
"""Share of the looks of the first year without vegetation from which ground was there before: dry
fields and yards are green for a few looks of every year [D]."""
EARLY_SHARE = 0.2
"""Share of a patch's pixels that must have begun for the patch to have begun: a first bank, not one
cloud too many [D]."""
EARLY_PIXELS = 3
"""… and so many of them, where there are [D]."""


def describe(
    patches: Patches,
    evidence: xr.Dataset,
    step: int,
    period: Period,
    *,
    pools: NDArray[np.uint8],
    pixel_m: float,
) -> pd.DataFrame:
    """Figures of every patch in one period.

    Parameters
    ----------
    patches
        The patches.
    evidence, step, period
        Layers of `score` and the period.
    pools
        Pool share known so far of each pixel of the patches, per cent, dims (pixel,).
    pixel_m
        Pixel size, metres.

    Returns
    -------
    pandas.DataFrame
        Index the label; areas in m2, days since 1970-01-01 (0: none), shares 0..1.
    """
    seen = look_at(patches, evidence, step, period, pools=pools)
    return summarise(seen, patches.count, pixel_m=pixel_m)


def look_at(
    patches: Patches,
    evidence: xr.Dataset,
    step: int,
    period: Period,
    *,
    pools: NDArray[np.uint8],
) -> dict[str, NDArray[Any]]:
    """What one period and the whole record say of each pixel in a patch, in scan order.

    Parameters
    ----------
    patches, evidence, step, period, pools
        As for `describe`.

    Returns
    -------
    dict
        `label`, `row`, `col` and the figures `summarise` needs, dims (pixel,).
    """
    at = rows, cols = np.unravel_index(patches.at, evidence["first_detected"].shape)
    pixels: dict[str, NDArray[Any]] = {"label": patches.label, "row": rows, "col": cols}

    def here(name: str, *plane: int) -> NDArray[Any]:
        return np.asarray(evidence.variables[name].to_numpy()[*plane][at])

    for name in ("bare_pct", "vegetation_pct", "ndwi"):
        pixels[name] = _seen(here(name, step))
    pixels["nir_variability"] = _seen(here("nir_variability", -1))  # all that is known
    for name in ("start_disturbed_pct", "start_pool_pct", "seasonal_pct"):
        pixels[name] = _seen(here(name))
    score = here("score", step)
    pixels["score"] = np.where(score == NO_SCORE, np.nan, score / SCORE_SCALE)
    pixels["looks"] = here("clear_looks", step)
    pixels["pool_pct"] = pools.astype(float)
    pixels["milky_pct"] = _seen(here("pool_pct", step))
    run = run_of(evidence, period, at)
    for name in ("run_start", "run_before", "run_end"):
        days = evidence.variables[name].to_numpy()[np.maximum(run, 0), rows, cols].astype(np.int64)
        pixels[name] = np.where(run >= 0, days, 0)
    return pixels


def _seen(values: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.where(values == NO_SHARE, np.nan, values.astype(float))


def summarise(seen: Mapping[str, NDArray[Any]], count: int, *, pixel_m: float) -> pd.DataFrame:
    """Figures of patches, each from its own pixels alone: patches of many periods at once.

    Parameters
    ----------
    seen
        From `look_at`; of several periods one after the other, no label twice.
    count, pixel_m
        As for `describe`.
    """
    pixels = pd.DataFrame(dict(seen))
    grouped = pixels.groupby("label")
    area = pixel_m**2 / 100
    table = pd.DataFrame(index=pd.RangeIndex(1, count + 1, name="label"))
    table["pixels"] = grouped.size()
    table["water_area_m2"] = grouped["pool_pct"].sum() * area
    plain = grouped["pool_pct"].quantile(PLAIN_QUANTILE)
    table["plain_pool_pct"] = plain
    excess = (pixels["pool_pct"] - pixels["label"].map(plain)).clip(lower=0)
    pixels["pool_pct"] = (excess * 100 / (100 - pixels["label"].map(plain))).fillna(0)
    table["pool_area_m2"] = grouped["pool_pct"].sum() * area
    is_bare = (100 - pixels["pool_pct"] - pixels["vegetation_pct"].fillna(0)).clip(lower=0)
    table["pad_area_m2"] = is_bare.groupby(pixels["label"]).sum() * area
    table["disturbed_area_m2"] = table["pool_area_m2"] + table["pad_area_m2"]
    for name in ("start_disturbed_pct", "start_pool_pct", "seasonal_pct", "bare_pct"):
        table[name] = grouped[name].mean().fillna(0)
    table["score"] = grouped["score"].median()
    table["looks"] = grouped["looks"].median()
    table["top_pool_pct"] = _second(pixels, "pool_pct")
    table["pool_pixels"] = (pixels["pool_pct"] >= 25).groupby(pixels["label"]).sum()
    table["top_milky_pct"] = _second(pixels, "milky_pct") - grouped["milky_pct"].quantile(0.3)
    table["pool_ndwi"] = pool_ndwi(pixels)
    table["pool_ndwi_correlation"] = _correlation(pixels, "pool_pct", "ndwi")
    table["nir_variability"] = _second(pixels, "nir_variability")
    begun = pixels[pixels["run_start"] > 0]
    table = table.join(onset(begun)).fillna({"first": 0, "before": 0, "last": 0})
    is_new = (pixels["run_before"] > 0) & ~(pixels["start_disturbed_pct"] >= OLD_PCT)
    table["new"] = is_new.groupby(pixels["label"]).mean()
    table["lasting_days"] = (
        (pixels["run_end"] - pixels["run_start"]).groupby(pixels["label"]).median()
    )
    return table.join(shape(pixels, pixel_m))


def _second(pixels: pd.DataFrame, name: str) -> pd.Series:
    """Second largest value of each patch: one odd pixel proves nothing."""
    ordered = pixels.dropna(subset=[name]).sort_values(["label", name])
    from_top = ordered.groupby("label").cumcount(ascending=False)
    size = ordered.groupby("label")[name].transform("size")
    return ordered[from_top == np.minimum(1, size - 1)].set_index("label")[name]


def pool_ndwi(pixels: pd.DataFrame) -> pd.Series:
    """How much more the wettest pixels look like water than the driest, in hundredths.

    Dark soil is dark in every colour; a dark pool turns the ratio of green to near-infrared.

    Parameters
    ----------
    pixels
        In scan order, with `label`, `pool_pct` and `ndwi`.

    Returns
    -------
    pandas.Series
        Index the label; missing where a patch has fewer than four pixels.
    """
    ordered = pixels.sort_values(["label", "pool_pct"], kind="stable")  # rows come in scan order
    rank = ordered.groupby("label").cumcount()
    size = ordered.groupby("label")["pool_pct"].transform("size")
    wettest = ordered[rank >= size - np.maximum(2, size // 6)].groupby("label")["ndwi"].mean()
    driest = ordered[(rank < size // 2) & (size >= 4)].groupby("label")["ndwi"].median()
    return wettest - driest


def _correlation(pixels: pd.DataFrame, a: str, b: str) -> pd.Series:
    """Correlation of two columns over the pixels of each patch; NaN where one does not vary."""
    both = pixels.dropna(subset=[a, b])
    label = both["label"]
    off = {n: both[n] - both.groupby("label")[n].transform("mean") for n in (a, b)}
    product, *squares = (
        (off[m] * off[n]).groupby(label).sum() for m, n in ((a, b), (a, a), (b, b))
    )
    spread = (squares[0] * squares[1]) ** 0.5
    return product / spread.where(spread > 0)


def onset(begun: pd.DataFrame) -> pd.DataFrame:
    """When and where each patch began.

    A patch has begun when a fifth of its pixels have, at least three where it has so many; before
    that day lies the last look at which every pixel that began first was green. Its anchor is the
    pixel that began first of all, the upper left one of several: more ground does not move it.

    Parameters
    ----------
    begun
        Pixels with `label`, `row`, `col`, `run_start`, `run_before` and `run_end`.

    Returns
    -------
    pandas.DataFrame
        Index the label; `first`, `before` (0: unknown) and `last` in days since 1970-01-01,
        `anchor_row` and `anchor_col`.
    """
    ordered = begun.sort_values(["label", "run_start", "row", "col"])
    rank = ordered.groupby("label").cumcount()
    size = ordered.groupby("label")["run_start"].transform("size")
    need = np.maximum(np.minimum(EARLY_PIXELS, size), np.ceil(size * EARLY_SHARE)).astype(int)
    early = ordered[rank < need]
    grouped = early.groupby("label")
    first = grouped["run_start"].max()
    before = np.minimum(grouped["run_before"].min(), first - 1).clip(lower=0)
    last = begun.groupby("label")["run_end"].max()
    anchor = ordered.groupby("label")[["row", "col"]].first()
    return pd.DataFrame(
        {
            "first": first, "before": before, "last": last,
            "anchor_row": anchor["row"], "anchor_col": anchor["col"],
        }
    ).astype(np.int64)  # fmt: skip


def shape(pixels: pd.DataFrame, pixel_m: float) -> pd.DataFrame:
    """Length and width of the ellipse with the same moments, metres, and their ratio.

    `axis_deg` is where its long axis points, degrees clockwise from north, 0..180.
    """
    label = pixels["label"]
    moments = {}
    means = {n: pixels.groupby("label")[n].transform("mean") for n in ("row", "col")}
    dy, dx = pixels["row"] - means["row"], pixels["col"] - means["col"]
    for name, product in (("yy", dy * dy), ("xx", dx * dx), ("xy", dx * dy)):
        moments[name] = product.groupby(label).mean() + (1 / 12 if name != "xy" else 0)
    half = (moments["xx"] + moments["yy"]) / 2
    spread = np.sqrt(((moments["xx"] - moments["yy"]) / 2) ** 2 + moments["xy"] ** 2)
    length = 4 * np.sqrt(half + spread) * pixel_m
    width = 4 * np.sqrt(np.maximum(half - spread, 1 / 12)) * pixel_m
    from_east = np.arctan2(2 * moments["xy"], moments["xx"] - moments["yy"]) / 2  # southwards
    axis = (90 + np.degrees(from_east)) % 180
    return pd.DataFrame(
        {"length_m": length, "width_m": width, "elongation": length / width, "axis_deg": axis}
    )


def area_range(pool_area_m2: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Least and most pool area that a measured one may be, m2, dims (site, 2).

    Examples
    --------
    >>> area_range([0.0, 900.0]).tolist()
    [[0.0, 0.0], [485.0, 1315.0]]
    """
    area = np.nan_to_num(np.asarray(pool_area_m2, float))
    doubt = np.where(area > 0, AREA_DOUBT * area + LEAST_DOUBT_M2, 0)
    return np.stack([np.maximum(area - doubt, 0), area + doubt], axis=-1)


def count_range(pool_area_m2: Sequence[float] | NDArray[np.float64]) -> NDArray[np.int64]:
    """Fewest and most pools that explain a pool area within its doubt, dims (site, 2).

    Pools are round or square, 8 to 14 m across [DOMAIN §2]: 50 m2 for the smallest round one,
    196 m2 for the largest square one.

    Examples
    --------
    >>> count_range([0.0, 900.0]).tolist()
    [[0, 0], [3, 18]]
    """
    low, high = area_range(pool_area_m2).T
    fewest, most = np.ceil(low / LARGEST_POOL_M2), np.floor(high / SMALLEST_POOL_M2)
    return np.stack([fewest, most], axis=-1).astype(np.int64)


def pool_ranges(pool_area_m2: Sequence[float] | NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """The columns of a table that tell the doubt of its pool areas, in area and in pools."""
    (least, most), (fewest, many) = area_range(pool_area_m2).T, count_range(pool_area_m2).T
    return {
        "pool_area_low_m2": least,
        "pool_area_high_m2": most,
        "pool_count_low": fewest,
        "pool_count_high": many,
    }


AREA_DOUBT = 0.35
"""Relative doubt of one site's summed pool area …"""
LEAST_DOUBT_M2 = 100.0
"""… and what comes on top, one pool of 10 m: chosen so that the range holds the true count more
than four times in five on the simulated tuning worlds, and is as narrow as can be."""
SMALLEST_POOL_M2 = 70.0
"""A bank's mean pool at the small end: 9 m, between round and square [DOMAIN §2]."""
LARGEST_POOL_M2 = 175.0
"""A bank's mean pool at the large end: 14 m, between round and square [DOMAIN §2]."""
