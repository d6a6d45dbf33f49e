"""What a patch of lost ground most likely is, judged from two pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from minewatch.detect.pair.picture_checks import Picture
from minewatch.detect.pair.vegetation_loss import OPEN_NDVI, Change

MIN_SITE_M2 = 1_000.0
"""Least ground stripped of dense forest in a site: the smallest that counts [DESIGN §5]."""
MIN_SITE_PIXELS = 9
"""Least pixels stripped in a site, whatever their size: fewer are noise and cloud edges [D]."""
MIN_KERNEL_PIXELS = 4
"""Least pixels lost that a shift by one pixel cannot explain [D]."""
RING_M = 20.0
"""Reach of what touches a patch [D]."""
NEARBY_M = 100.0
"""Reach of its surroundings: the median extent of a site [DOMAIN §2]."""
LEAST_GROWTH = 0.15
"""Least share of new ground in all open ground of patch and surroundings; below it, the rim of
something that was open before has merely moved [D]."""
WIDEST_BAR_M = 80.0
"""A patch beside water that is wider than this is more than a bar or a bank that moved [D]."""
WIDEST_STRIP_M = 40.0
"""Roads, fire breaks and power lines with their verges are no wider than this [D]."""
WHITENING = 0.8
"""Rise of blue against red from which a change is light added by haze or cloud: that of new mines
is 0.57, one in a hundred above 0.82; that of clouds 0.85 to 1.2 [C, real pairs of Brazil]."""
WEIGHTS: Mapping[str, float] = {"dense": 2.5, "bright": 1.5, "pools": 1.5, "new": 0.5}
"""Log-odds that each term of the confidence adds when it is 1. Set by hand near a logistic
regression with no weight below 0 on one half of real pairs of Brazil (clearings in forest, gold
mine or not: 3.1, 1.6, 1.1, 0), evened out after a look at the other half: a rank, not a chance."""
BIAS = -3.2
"""Log-odds with no evidence, fitted likewise. It says nothing of Kachin."""


def describe(
    labels: NDArray[np.int32],
    change: Change,
    before: Picture,
    after: Picture,
    water: NDArray[np.float32],
    *,
    pixel_m: float,
) -> pd.DataFrame:
    """Figures of every patch.

    Parameters
    ----------
    labels
        Patches from 1, dims (y, x).
    change, before, after
        Dims (y, x), the pictures on one scale.
    water
        Lit share of water after, dims (y, x), 0..1.
    pixel_m
        Pixel size, metres.

    Returns
    -------
    pandas.DataFrame
        Index the label. Areas in m2; every band's mean after, over the lost ground; `channel` and
        `channel_nearby`, the share of the ring and of the surroundings that was open water before;
        `growth`, new open ground against all open ground, old and new; `whitening`, the rise of
        blue against that of red; `hidden`, the share of the ring not seen.
    """
    was_water = (before["green"] > before["nir"]) & (before["nir"] < 0.2)
    was_open = (change.green < OPEN_NDVI) & ~was_water
    ring_px, nearby_px = (max(1, round(reach / pixel_m)) for reach in (RING_M, NEARBY_M))
    rows: list[dict[str, float]] = []
    for label, window in enumerate(ndimage.find_objects(labels), 1):
        wide = tuple(slice(max(0, s.start - nearby_px), s.stop + nearby_px) for s in window)
        patch = labels[wide] == label
        away = ndimage.distance_transform_cdt(~patch, "chessboard")
        ring, nearby = ((away > 0) & (away <= reach) for reach in (ring_px, nearby_px))
        lost = patch & change.lost[wide]
        new = int((change.stripped[wide] & patch).sum())
        row: dict[str, Any] = {
            "lost_m2": lost.sum() * pixel_m**2,
            "stripped_m2": new * pixel_m**2,
            "stripped_pixels": new,
            "kernel_pixels": (change.kernel[wide] & patch).sum(),
            "growth": new / max(new + int(was_open[wide][nearby].sum()), 1),
            "channel": _mean(was_water[wide][ring]),
            "channel_nearby": _mean(was_water[wide][nearby]),
            "width_m": 2 * ndimage.distance_transform_edt(np.pad(patch, 1)).max() * pixel_m,
            "length_m": np.hypot(*(s.stop - s.start for s in window)) * pixel_m,
            "ndvi_before": _mean(change.green[wide][lost]),
            "nir_before": _mean(before["nir"][wide][lost]),
            "red_top": np.percentile(after["red"][wide][lost], 90),
            "pool_m2": (water[wide][lost] > 0.3).sum() * pixel_m**2,
        }
        blue_rise, red_rise = (
            _mean(after[band][wide][lost] - before[band][wide][lost]) for band in ("blue", "red")
        )
        row["whitening"] = blue_rise / red_rise if red_rise > 0.02 else 0.0
        row["hidden"] = _mean(~np.isfinite(change.left[wide][ring]))
        rows.append(row | {band: _mean(values[wide][lost]) for band, values in after.items()})
    return pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="label"))


def _mean(values: NDArray[Any]) -> float:
    """Mean of what was seen; NaN when nothing was."""
    seen = values[np.isfinite(values)]
    return float(seen.mean()) if seen.size else float("nan")


def name_kind(patch: pd.Series) -> tuple[str, str]:
    """Kind of a patch (`site` or one of `model.CHANGE_KINDS`), and the reason in words.

    Parameters
    ----------
    patch
        One row of `describe`.
    """
    is_white = patch["whitening"] > WHITENING and patch["green"] < 1.25 * patch["blue"]
    if "swir16" in patch and patch["green"] > 0.25:
        ndsi = (patch["green"] - patch["swir16"]) / (patch["green"] + patch["swir16"])
        if ndsi > 0.4:
            return "snow", f"bright, and dark in shortwave infrared (NDSI {ndsi:.2f})"
    if is_white:
        return "cloud_residue", f"blue rose {patch['whitening']:.2f} times as much as red"
    if patch["hidden"] > 0.3:
        return "cloud_residue", f"{patch['hidden']:.0%} of what surrounds it is hidden"
    if patch["nir"] < 0.5 * patch["nir_before"] and patch["red"] < 0.045 and not patch["pool_m2"]:
        return "shadow", "darker in every band, and nothing bare"
    is_beside_water = patch["channel"] >= 0.12 or patch["channel_nearby"] >= 0.3
    if is_beside_water and patch["width_m"] < WIDEST_BAR_M:
        wet = patch["pool_m2"] / patch["lost_m2"]
        kind = "flood" if wet > 0.5 else "river_bar"
        return kind, f"beside open water that was there before ({patch['channel']:.0%} of its rim)"
    if patch["kernel_pixels"] < MIN_KERNEL_PIXELS:
        return "misregistration", "no wider than a shift by one pixel explains"
    width_m = patch["lost_m2"] / patch["length_m"]
    is_strip = width_m < WIDEST_STRIP_M and patch["length_m"] > 8 * width_m
    if is_strip and not patch["pool_m2"]:
        return "road", f"a strip of {patch['length_m']:.0f} by {width_m:.0f} m without pools"
    if patch["stripped_m2"] < MIN_SITE_M2 or patch["stripped_pixels"] < MIN_SITE_PIXELS:
        return (
            "other_clearing",
            f"only {patch['stripped_m2']:.0f} m2 went from forest to open ground",
        )
    if patch["growth"] < LEAST_GROWTH:
        return "other_clearing", "the rim of ground that was open before"
    return "site", f"{patch['stripped_m2']:.0f} m2 went from dense forest to open ground"


def confidence(patches: pd.DataFrame) -> pd.Series:
    """Confidence 0..1 that a clearing is a mine, by logistic sum of four terms.

    ======= ==========================================================
    dense   NDVI before: 0.65 to 0.85
    bright  red of the brightest tenth after: 0.12 to 0.30, subsoil
    pools   ground with water after: none to 1,000 m2
    new     growth, new against all open ground: 0.05 to 0.5
    ======= ==========================================================
    """
    terms = {
        "dense": _ramp(patches["ndvi_before"], 0.65, 0.85),
        "bright": _ramp(patches["red_top"], 0.12, 0.30),
        "pools": _ramp(patches["pool_m2"], 0, 1_000),
        "new": _ramp(patches["growth"], 0.05, 0.5),
    }
    odds = BIAS + sum(WEIGHTS[name] * term for name, term in terms.items())
    return pd.Series(1 / (1 + np.exp(-odds)), index=patches.index)


def _ramp(values: pd.Series, low: float, high: float) -> pd.Series:
    return ((values - low) / (high - low)).clip(0, 1)
