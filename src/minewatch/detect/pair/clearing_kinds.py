"""What a patch of lost ground most likely is, judged from two pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from minewatch.detect.pair.pair_rules import PairConfidenceRules, PairKindRules, PairRules
from minewatch.detect.pair.picture_checks import Picture
from minewatch.detect.pair.vegetation_loss import Change
from minewatch.detect.pixel_sizes import area_pixels, whole_pixels


def describe(
    labels: NDArray[np.int32],
    change: Change,
    before: Picture,
    after: Picture,
    water: NDArray[np.float32],
    *,
    raw: tuple[Picture, Picture],
    pixel_m: float,
    rules: PairRules,
) -> pd.DataFrame:
    """Figures of every patch.

    Parameters
    ----------
    labels
        Patches from 1, dims (y, x).
    change, before, after
        Dims (y, x), the pictures with haze evened out in parts.
    water
        Lit share of water after, dims (y, x), 0..1.
    raw
        The pictures with haze evened out as a whole, so that clouds are left as they are.
    pixel_m, rules
        Pixel size, metres, and thresholds.

    Returns
    -------
    pandas.DataFrame
        Index the label. Areas in m2; every band's mean after, over the lost ground; `channel` and
        `channel_nearby`, the share of the ring and of the surroundings that was open water before;
        `growth`, new open ground against all open ground, old and new; `whitening`, the gain of
        blue against that of red, and `green_over_blue`, both before haze is evened out in
        parts; `hidden`, the share of the ring not seen; `fall`, the median fall of NDVI, and
        `fall_nearby`, what most plants in the surroundings that are not lost fell by at least;
        `unevenness`, spread of NIR after over before, by its mean.
    """
    figures = rules.figures
    was_water = (before["green"] > before["nir"]) & (before["nir"] < figures.water_nir)
    was_open = (change.green < rules.loss.open_ndvi) & ~was_water
    ring_px, nearby_px = (whole_pixels(m, pixel_m) for m in (figures.ring_m, figures.nearby_m))
    rows: list[dict[str, float]] = []
    for label, window in enumerate(ndimage.find_objects(labels), 1):
        wide = tuple(slice(max(0, s.start - nearby_px), s.stop + nearby_px) for s in window)
        patch = labels[wide] == label
        away = ndimage.distance_transform_cdt(~patch, "chessboard")
        ring, nearby = ((away > 0) & (away <= reach) for reach in (ring_px, nearby_px))
        lost = patch & change.lost[wide]
        nir_left = after["nir"][wide][lost] / before["nir"][wide][lost]
        fall = change.green[wide] - change.left[wide]
        green = nearby & ~change.lost[wide] & (change.green[wide] > rules.loss.stable_ndvi)
        stripped = int((change.stripped[wide] & patch).sum())
        new = int((lost & (change.left[wide] < rules.loss.open_ndvi)).sum())
        row: dict[str, Any] = {
            "lost_m2": lost.sum() * pixel_m**2,
            "stripped_m2": stripped * pixel_m**2,
            "stripped_pixels": stripped,
            "kernel_pixels": (change.kernel[wide] & patch).sum(),
            "growth": new / max(new + int(was_open[wide][nearby].sum()), 1),
            "channel": _mean(was_water[wide][ring]),
            "channel_nearby": _mean(was_water[wide][nearby]),
            "width_m": 2 * ndimage.distance_transform_edt(np.pad(patch, 1)).max() * pixel_m,
            "length_m": np.hypot(*(s.stop - s.start for s in window)) * pixel_m,
            "fall": np.median(fall[lost]),
            "fall_nearby": _quantile(fall[green], 1 - figures.most_nearby),
            "ndvi_before": _mean(change.green[wide][lost]),
            "was_forest": _mean(change.green[wide][lost]) >= rules.loss.dense_ndvi,
            "nir_before": _mean(before["nir"][wide][lost]),
            "unevenness": nir_left.std() / _mean(nir_left),
            "red_top": np.percentile(after["red"][wide][lost], 100 * figures.brightest),
            "pool_m2": (water[wide][lost] > figures.pool_share).sum() * pixel_m**2,
        }
        blue_gain, red_gain = (
            _mean(raw[1][band][wide][lost] - raw[0][band][wide][lost]) for band in ("blue", "red")
        )
        row["whitening"] = blue_gain / red_gain if red_gain > figures.least_red_gain else 0.0
        row["green_over_blue"] = _mean(raw[1]["green"][wide][lost]) / _mean(
            raw[1]["blue"][wide][lost]
        )
        row["hidden"] = _mean(~np.isfinite(change.left[wide][ring]))
        rows.append(row | {band: _mean(values[wide][lost]) for band, values in after.items()})
    return pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="label"))


def _mean(values: NDArray[Any]) -> float:
    """Mean of what was seen; NaN when nothing was."""
    seen = values[np.isfinite(values)]
    return float(seen.mean()) if seen.size else float("nan")


def _quantile(values: NDArray[Any], share: float) -> float:
    """Quantile of what was seen; NaN when nothing was."""
    seen = values[np.isfinite(values)]
    return float(np.quantile(seen, share)) if seen.size else float("nan")


def name_kind(patch: pd.Series, *, pixel_m: float, rules: PairKindRules) -> tuple[str, str]:
    """Kind of a patch (`site` or one of `model.CHANGE_KINDS`), and the reason in words.

    Parameters
    ----------
    patch
        One row of `describe`.
    pixel_m, rules
        Pixel size, metres, and thresholds.
    """
    if "swir16" in patch and patch["green"] > rules.snow_green:
        ndsi = (patch["green"] - patch["swir16"]) / (patch["green"] + patch["swir16"])
        if ndsi > rules.snow_ndsi:
            return "snow", f"bright, and dark in shortwave infrared (NDSI {ndsi:.2f})"
    if patch["whitening"] > rules.whitening and patch["green_over_blue"] < rules.white_green:
        return "cloud_residue", f"blue rose {patch['whitening']:.2f} times as much as red"
    if patch["hidden"] > rules.hidden:
        return "cloud_residue", f"{patch['hidden']:.0%} of what surrounds it is hidden"
    is_dark = patch["nir"] < rules.shadow_nir * patch["nir_before"]
    if is_dark and patch["red"] < rules.shadow_red and not patch["pool_m2"]:
        return "shadow", "darker in every band, and nothing bare"
    is_beside_water = (
        patch["channel"] >= rules.channel or patch["channel_nearby"] >= rules.channel_nearby
    )
    if is_beside_water and patch["width_m"] < rules.widest_bar_m:
        wet = patch["pool_m2"] / patch["lost_m2"]
        kind = "flood" if wet > rules.flood_share else "river_bar"
        return kind, f"beside open water that was there before ({patch['channel']:.0%} of its rim)"
    least = max(area_pixels(rules.min_kernel_m2, pixel_m), rules.min_kernel_pixels)
    if patch["kernel_pixels"] < least:
        return "misregistration", "no wider than a shift by one pixel explains"
    width_m = patch["lost_m2"] / patch["length_m"]
    is_strip = (
        width_m < rules.widest_strip_m and patch["length_m"] > rules.strip_elongation * width_m
    )
    is_even = patch["unevenness"] < rules.road_unevenness
    if is_strip and is_even and not patch["pool_m2"]:
        return "road", f"a strip of {patch['length_m']:.0f} by {width_m:.0f} m without pools"
    is_few = patch["stripped_pixels"] < rules.min_site_pixels
    if patch["stripped_m2"] < rules.min_site_m2 or is_few:
        return (
            "other_clearing",
            f"only {patch['stripped_m2']:.0f} m2 went from forest to open ground",
        )
    is_faint = patch["fall"] < rules.season_fall and not patch["was_forest"]
    if is_faint and patch["fall_nearby"] > rules.season_nearby:
        return "other_clearing", "all that is green round it lost some of it too: a dry season"
    if patch["growth"] < rules.least_growth:
        return "other_clearing", "the rim of ground that was open before"
    return "site", f"{patch['stripped_m2']:.0f} m2 went from dense forest to open ground"


def confidence(patches: pd.DataFrame, *, rules: PairConfidenceRules) -> pd.Series:
    """Confidence 0..1 that a clearing is a mine, by logistic sum of four terms.

    `dense`, NDVI before; `bright`, red of the brightest tenth after, which is subsoil; `pools`,
    ground with water after; `new`, new against all open ground.

    Parameters
    ----------
    patches
        From `describe`.
    rules
        Ramps and weights of the terms.
    """
    terms = {
        "dense": _ramp(patches["ndvi_before"], *rules.dense_ndvi),
        "bright": _ramp(patches["red_top"], *rules.bright_red),
        "pools": _ramp(patches["pool_m2"], *rules.pool_m2),
        "new": _ramp(patches["growth"], *rules.growth),
    }
    odds = rules.bias + sum(getattr(rules, name) * term for name, term in terms.items())
    return pd.Series(1 / (1 + np.exp(-odds)), index=patches.index)


def _ramp(values: pd.Series, low: float, high: float) -> pd.Series:
    return ((values - low) / (high - low)).clip(0, 1)
