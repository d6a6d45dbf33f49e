"""What is measured of a patch of pixels: areas, dates, shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from minewatch.detect.labels import Patches
from minewatch.detect.pixel_sizes import area_pixels
from minewatch.detect.pool_banks.evidence_layers import NO_SCORE, NO_SHARE, SCORE_SCALE
from minewatch.detect.pool_banks.patch_cutting import run_of
from minewatch.detect.pool_banks.pool_bank_rules import PatchRules, PoolBankRules
from minewatch.model import Figure, PeriodEvidence

FIGURES: Mapping[str, Figure] = {
    "pixels": Figure("1", "pixels in the patch"),
    "water_area_m2": Figure("m²", "water, summed shares of pixels"),
    "plain_pool_pct": Figure(
        "%", "pool share that ground without pools has here: dark or grey soil"
    ),
    "pool_area_m2": Figure("m²", "water above that of plain ground: pools"),
    "pad_area_m2": Figure("m²", "bare ground without pools"),
    "disturbed_area_m2": Figure("m²", "pools and pads"),
    "start_disturbed_pct": Figure("%", "overpasses of the first year without vegetation, mean"),
    "start_pool_pct": Figure("%", "water in the first year, mean"),
    "seasonal_pct": Figure("%", "years in which its pixels turn green again, mean"),
    "pool_seasonal_pct": Figure("%", "the same of its pool pixels, median"),
    "water_share_pct": Figure("%", "water, mean"),
    "bare_pct": Figure("%", "bare soil, mean"),
    "between_bare_pct": Figure("%", "bare soil of the pixels that hold little water, mean"),
    "score": Figure("sd", "fall of greenness below the baseline, median"),
    "overpasses": Figure("1", "clear overpasses in the period, median"),
    "top_pool_pct": Figure("%", "pool share of the second wettest pixel"),
    "pool_pixels": Figure("1", "pixels that may begin a mine"),
    "top_milky_pct": Figure("%", "milky water of the second milkiest pixel, above plain ground"),
    "pool_ndwi": Figure("0.01", "NDWI of the wettest pixels above that of the driest"),
    "pool_ndwi_correlation": Figure("1", "correlation of NDWI with pool share, pixel by pixel"),
    "nir_variability": Figure("0.01", "NIR variability of the second most variable pixel"),
    "first": Figure("day", "first overpass that shows it, days since 1970-01-01; 0: none"),
    "before": Figure("day", "last green overpass before; 0: unknown"),
    "last": Figure("day", "last overpass that shows it"),
    "anchor_row": Figure("1", "row of the pixel that began first"),
    "anchor_col": Figure("1", "column of the pixel that began first"),
    "new": Figure("1", "share of pixels that were green before"),
    "lasting_days": Figure("days", "how long its pixels stayed bare, median"),
    "length_m": Figure("m", "long axis of the ellipse with the same moments"),
    "width_m": Figure("m", "short axis of it"),
    "elongation": Figure("1", "length over width"),
    "axis_deg": Figure("degrees", "where the long axis points, clockwise from north, 0..180"),
    "area_m2": Figure("m²", "area of its pixels; of changes only"),
    "channel_pct": Figure("%", "old ground in the strip of a river, mean; of changes only"),
    "slope_deg": Figure("degrees", "mean slope under it; of changes only"),
    "aspect_deg": Figure("degrees", "where the slope falls to; of changes only"),
    "downhill": Figure("cosine", "between its long axis and the line of fall; of changes only"),
}
"""Columns of `describe`, and of `patch_slope.slopes_under`."""


def describe(
    patches: Patches,
    evidence: PeriodEvidence,
    *,
    variability: NDArray[np.uint8],
    pools: NDArray[np.uint8],
    pixel_m: float,
    rules: PoolBankRules,
) -> pd.DataFrame:
    """Figures of every patch in one period: `FIGURES`.

    Parameters
    ----------
    patches
        The patches.
    evidence
        Of the period.
    variability
        NIR variability of the last period, dims (y, x): all that is known by now.
    pools
        Pool share known so far of each pixel of the patches, per cent, dims (pixel,).
    pixel_m, rules
        Pixel size in metres, and thresholds.

    Returns
    -------
    pandas.DataFrame
        Index the label.
    """
    seen = read_pixels(patches, evidence, variability=variability, pools=pools)
    return summarise(seen, patches.count, pixel_m=pixel_m, rules=rules)


def read_pixels(
    patches: Patches,
    evidence: PeriodEvidence,
    *,
    variability: NDArray[np.uint8],
    pools: NDArray[np.uint8],
) -> dict[str, NDArray[Any]]:
    """What one period and the whole record say of each pixel in a patch, in scan order.

    Parameters
    ----------
    patches, evidence, variability, pools
        As for `describe`.

    Returns
    -------
    dict
        `label`, `row`, `col` and what `summarise` needs, dims (pixel,).
    """
    layers, whole = evidence.layers, evidence.whole
    at = rows, cols = np.unravel_index(patches.at, whole["first_detected"].shape)
    pixels: dict[str, NDArray[Any]] = {"label": patches.label, "row": rows, "col": cols}
    for name in ("bare_pct", "vegetation_pct", "ndwi"):
        pixels[name] = _seen(layers[name][at])
    pixels["nir_variability"] = _seen(variability[at])
    for name in ("start_disturbed_pct", "start_pool_pct", "seasonal_pct"):
        pixels[name] = _seen(whole[name][at])
    score = layers["score"][at]
    pixels["score"] = np.where(score == NO_SCORE, np.nan, score / SCORE_SCALE)
    pixels["overpasses"] = layers["clear_looks"][at]
    pixels["pool_pct"] = pools.astype(float)
    pixels["milky_pct"] = _seen(layers["pool_pct"][at])
    run = run_of(evidence, at)
    for name in ("run_start", "run_before", "run_end"):
        days = whole[name][np.maximum(run, 0), rows, cols].astype(np.int64)
        pixels[name] = np.where(run >= 0, days, 0)
    return pixels


def _seen(values: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.where(values == NO_SHARE, np.nan, values.astype(float))


def summarise(
    seen: Mapping[str, NDArray[Any]], count: int, *, pixel_m: float, rules: PoolBankRules
) -> pd.DataFrame:
    """Figures of patches, each from its own pixels alone: patches of many periods at once.

    Parameters
    ----------
    seen
        From `read_pixels`; of several periods one after the other, no label twice.
    count
        How many patches there are.
    pixel_m, rules
        As for `describe`.
    """
    pixels = pd.DataFrame(dict(seen))
    grouped = pixels.groupby("label")
    area = pixel_m**2 / 100
    table = pd.DataFrame(index=pd.RangeIndex(1, count + 1, name="label"))
    table["pixels"] = grouped.size()
    table["water_area_m2"] = grouped["pool_pct"].sum() * area
    table["water_share_pct"] = grouped["pool_pct"].mean()
    table["pool_seasonal_pct"] = _at_pools(pixels, "seasonal_pct", rules)
    plain = grouped["pool_pct"].quantile(rules.patches.plain_quantile)
    table["plain_pool_pct"] = plain
    excess = (pixels["pool_pct"] - pixels["label"].map(plain)).clip(lower=0)
    pixels["pool_pct"] = (excess * 100 / (100 - pixels["label"].map(plain))).fillna(0)
    table["pool_area_m2"] = grouped["pool_pct"].sum() * area
    is_bare = (100 - pixels["pool_pct"] - pixels["vegetation_pct"].fillna(0)).clip(lower=0)
    table["pad_area_m2"] = is_bare.groupby(pixels["label"]).sum() * area
    table["disturbed_area_m2"] = table["pool_area_m2"] + table["pad_area_m2"]
    for name in ("start_disturbed_pct", "start_pool_pct", "seasonal_pct", "bare_pct"):
        table[name] = grouped[name].mean().fillna(0)
    between = pixels[pixels["pool_pct"] < rules.water.seed_pct].groupby("label")
    table["between_bare_pct"] = between["bare_pct"].mean()
    table["score"] = grouped["score"].median()
    table["overpasses"] = grouped["overpasses"].median()
    table["top_pool_pct"] = _second(pixels, "pool_pct")
    table["pool_pixels"] = (
        (pixels["pool_pct"] >= rules.water.seed_pct).groupby(pixels["label"]).sum()
    )
    table["top_milky_pct"] = _second(pixels, "milky_pct") - grouped["milky_pct"].quantile(
        rules.patches.plain_quantile
    )
    table["pool_ndwi"] = pool_ndwi(pixels, pool_share=rules.patches.pool_share)
    table["pool_ndwi_correlation"] = _correlation(pixels, "pool_pct", "ndwi")
    table["nir_variability"] = _second(pixels, "nir_variability")
    begun = _own_ground(pixels[pixels["run_start"] > 0], rules.patches)
    table = table.join(onset(begun, pixel_m=pixel_m, rules=rules.patches)).fillna(
        {"first": 0, "before": 0, "last": 0}
    )
    is_new = (pixels["run_before"] > 0) & ~(pixels["start_disturbed_pct"] >= rules.patches.old_pct)
    table["new"] = is_new.groupby(pixels["label"]).mean()
    table["lasting_days"] = (
        (pixels["run_end"] - pixels["run_start"]).groupby(pixels["label"]).median()
    )
    return table.join(shape(pixels, pixel_m))


def _at_pools(pixels: pd.DataFrame, name: str, rules: PoolBankRules) -> pd.Series:
    """Median over the pools of each patch: its pixels with most water; missing without any."""
    most = pixels.groupby("label")["pool_pct"].transform("max")
    is_pool = pixels["pool_pct"] >= np.maximum(
        rules.water.seed_pct, rules.patches.pool_share * most
    )
    return pixels[is_pool].groupby("label")[name].median().reindex(pixels["label"].unique())


def _second(pixels: pd.DataFrame, name: str) -> pd.Series:
    """Second largest value of each patch: one odd pixel proves nothing."""
    ordered = pixels.dropna(subset=[name]).sort_values(["label", name])
    from_top = ordered.groupby("label").cumcount(ascending=False)
    size = ordered.groupby("label")[name].transform("size")
    return ordered[from_top == np.minimum(1, size - 1)].set_index("label")[name]


def pool_ndwi(pixels: pd.DataFrame, *, pool_share: float) -> pd.Series:
    """How much more the wettest pixels look like water than the driest, in hundredths.

    Dark soil is dark in every colour; a dark pool turns the ratio of green to near-infrared.

    Parameters
    ----------
    pixels
        In scan order, with `label`, `pool_pct` and `ndwi`.
    pool_share
        The wettest, a sixth of the pixels at most, have this part of the largest share and more: in
        a large patch with few pools the others are soil.

    Returns
    -------
    pandas.Series
        Index the label; missing where a patch has fewer than four pixels.
    """
    ordered = pixels.sort_values(["label", "pool_pct"], kind="stable")  # rows come in scan order
    rank = ordered.groupby("label").cumcount()
    size = ordered.groupby("label")["pool_pct"].transform("size")
    most = ordered.groupby("label")["pool_pct"].transform("max")
    is_wet = (ordered["pool_pct"] >= pool_share * most) & (rank >= size - size // 6)
    wettest = ordered[is_wet | (rank >= size - 2)].groupby("label")["ndwi"].mean()
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


def _own_ground(begun: pd.DataFrame, rules: PatchRules) -> pd.DataFrame:
    """Pixels that were green at first, of patches that have enough of them; of others all.

    Roads, slides and leafless wood that a mine grew into were open before it.
    """
    was_green = ~(begun["start_disturbed_pct"] >= rules.own_pct) & (begun["run_before"] > 0)
    share = was_green.groupby(begun["label"]).transform("mean")
    return begun[was_green | (share < rules.new_share)]


def onset(begun: pd.DataFrame, *, pixel_m: float, rules: PatchRules) -> pd.DataFrame:
    """When and where each patch began.

    A patch has begun when enough of its pixels have: a first bank, not one cloud too many. Before
    that day lies the last look at which every pixel that began first was green. Its anchor is the
    pixel that began first of all, the upper left one of several: more ground does not move it.

    Parameters
    ----------
    begun
        Pixels with `label`, `row`, `col`, `run_start`, `run_before` and `run_end`.
    pixel_m, rules
        Pixel size, and thresholds.

    Returns
    -------
    pandas.DataFrame
        Index the label; `first`, `before` (0: unknown) and `last` in days since 1970-01-01,
        `anchor_row` and `anchor_col`.
    """
    ordered = begun.sort_values(["label", "run_start", "row", "col"])
    rank = ordered.groupby("label").cumcount()
    size = ordered.groupby("label")["run_start"].transform("size")
    least = area_pixels(rules.early_m2, pixel_m)
    need = np.maximum(np.minimum(least, size), np.ceil(size * rules.early_share)).astype(int)
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
    centre = {n: pixels.groupby("label")[n].transform("mean") for n in ("row", "col")}
    dy, dx = pixels["row"] - centre["row"], pixels["col"] - centre["col"]
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
