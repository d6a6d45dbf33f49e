"""Which pixels lost their vegetation between two pictures, and the patches they form."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from minewatch.detect.labels import label_patches
from minewatch.detect.pair.pair_rules import LossRules, PairRules
from minewatch.detect.pair.picture_checks import Picture
from minewatch.detect.pixel_sizes import area_pixels, whole_pixels

_CROSS = ndimage.generate_binary_structure(2, 1)
_EIGHT = np.ones((3, 3), bool)
_VISIBLE = ("blue", "green", "red")
_DARKEST = np.float32(0.001)


def ndvi(picture: Picture) -> NDArray[np.float32]:
    """Normalised difference vegetation index, dims (y, x), NaN where not seen."""
    return (picture["nir"] - picture["red"]) / (picture["nir"] + picture["red"])


def level(
    before: Picture, after: Picture, *, reach_px: float = np.inf, rules: LossRules
) -> tuple[Picture, Picture]:
    """Both pictures with the path light that one has more of than the other taken off.

    Haze adds light, and most in blue; vegetation that stayed green shows how much. What ground
    itself became brighter is no haze: it rises in red more than in blue, and in infrared.

    Parameters
    ----------
    before, after
        Dims (y, x).
    reach_px
        Haze is measured within this distance, in pixels, since a composite of few clear dates is
        hazy in parts; by default once over the whole picture.
    rules
        Thresholds.
    """
    stable = _stayed_green(before, after, rules)
    if stable.sum() < rules.least_stable:
        return before, after
    levelled = (dict(before), dict(after))
    bound: NDArray[np.float32] | None = None
    for band in _VISIBLE:
        light = _light(after[band] - before[band], stable, reach_px=reach_px, rules=rules)
        light = np.clip(light, -rules.most_haze, rules.most_haze)
        if bound is not None:
            light = np.clip(light, np.minimum(bound, 0), np.maximum(bound, 0))
        bound = light
        for picture, excess in zip(levelled, (-light, light), strict=True):
            values = picture[band] - np.maximum(excess, np.float32(0))
            picture[band] = np.where(np.isnan(values), values, np.maximum(values, _DARKEST))
    return levelled


def _stayed_green(before: Picture, after: Picture, rules: LossRules) -> NDArray[np.bool_]:
    """Ground that is green in both and as bright where haze does not reach, dims (y, x)."""
    stable = (ndvi(before) > rules.stable_ndvi) & (ndvi(after) > rules.stable_ndvi)
    for band in ("nir", "swir16"):
        if band in before:
            stable &= np.abs(after[band] - before[band]) < rules.stable_change
    if "swir22" in before:
        stable &= np.maximum(before["swir22"], after["swir22"]) < rules.stable_swir22
    return stable


def _light(
    gain: NDArray[np.float32], where: NDArray[np.bool_], *, reach_px: float, rules: LossRules
) -> NDArray[np.float32]:
    """Gain of light over the ground of `where`, near each pixel, dims (y, x)."""
    middle = np.float32(np.median(gain[where]))
    if np.isinf(reach_px):
        return np.full(gain.shape, middle)
    excess = np.where(where, gain - middle, np.float32(0))
    near, share = (
        ndimage.gaussian_filter(v, reach_px, mode="nearest")
        for v in (excess, where.astype(np.float32))
    )
    return np.asarray(middle + near / np.maximum(share, np.float32(rules.least_share)), np.float32)


def find_cloud(
    before: Picture, after: Picture, *, pixel_m: float, rules: PairRules
) -> NDArray[np.bool_]:
    """Where a cloud hides the ground that no mask took out, and its rim, dims (y, x)."""
    blue_gain, red_gain = (after[band] - before[band] for band in ("blue", "red"))
    is_white = (blue_gain > rules.loss.cloud_gain) & (blue_gain > rules.kinds.whitening * red_gain)
    is_white &= after["green"] < rules.kinds.white_green * after["blue"]
    labels, _ = label_patches(
        ndimage.binary_opening(is_white, _CROSS), area_pixels(rules.loss.min_cloud_m2, pixel_m)
    )
    rim_px = whole_pixels(rules.loss.cloud_rim_m, pixel_m)
    return np.asarray(ndimage.binary_dilation(labels > 0, _EIGHT, iterations=rim_px))


class Change(NamedTuple):
    """What became of the vegetation, dims (y, x); bool layers are False where not seen."""

    green: NDArray[np.float32]  # NDVI before
    left: NDArray[np.float32]  # NDVI after
    lost: NDArray[np.bool_]  # vegetation before, much less of it after
    stripped: NDArray[np.bool_]  # dense forest before, open ground after
    kernel: NDArray[np.bool_]  # lost, and not by a shift of one picture by `shift_m`


def find_change(before: Picture, after: Picture, *, pixel_m: float, rules: LossRules) -> Change:
    """Where the vegetation went.

    A shift by a pixel of the satellite moves the rim of what was open already. The kernel is what
    is lost even when the least NDVI among a pixel and those above, below and beside it within
    `shift_m` is taken for the one before.
    """
    green, left = ndvi(before), ndvi(after)
    lost, stripped = _lost(green, left, rules)
    least = _least_around(green, whole_pixels(rules.shift_m, pixel_m))
    kernel = lost & _lost(least, left, rules)[0]
    return Change(green, left, lost, stripped, kernel)


def _lost(
    green: NDArray[np.float32], left: NDArray[np.float32], rules: LossRules
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    fall = green - left
    top = np.nanquantile(green, rules.greenest) if np.isfinite(green).any() else rules.dense_ndvi
    dense = float(np.clip(top - rules.below_greenest, rules.green_ndvi, rules.dense_ndvi))
    lost = (green > rules.green_ndvi) & (fall > rules.lost_fall)
    return lost, (green > dense) & (left < rules.open_ndvi) & (fall > rules.stripped_fall)


def _least_around(values: NDArray[np.float32], px: int) -> NDArray[np.float32]:
    filled = np.where(np.isnan(values), np.float32(np.inf), values)
    least = filled
    for _ in range(px):
        least = ndimage.grey_erosion(least, footprint=_CROSS)
    return np.where(np.isnan(values), values, least)


def find_patches(lost: NDArray[np.bool_], *, min_pixels: float, join_px: int) -> NDArray[np.int32]:
    """Patches of lost ground from 1 in scan order, 8-connected over gaps of up to 2 `join_px`."""
    padded = ndimage.binary_closing(np.pad(lost, join_px), _EIGHT, iterations=join_px)
    joined = padded[join_px:-join_px, join_px:-join_px] | lost
    labels, count = label_patches(joined)
    kept = np.bincount(labels[lost], minlength=count + 1) >= min_pixels
    kept[0] = False
    numbers = np.where(kept, np.cumsum(kept), 0)
    return np.asarray(numbers[labels], np.int32)
