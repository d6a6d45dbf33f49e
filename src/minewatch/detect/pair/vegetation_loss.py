"""Which pixels lost their vegetation between two pictures, and the patches they form."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from minewatch.detect.labels import label_patches
from minewatch.detect.pair.pair_rules import LossRules
from minewatch.detect.pair.picture_checks import Picture
from minewatch.detect.pixel_sizes import whole_pixels

_CROSS = ndimage.generate_binary_structure(2, 1)
_EIGHT = np.ones((3, 3), bool)
_VISIBLE = ("blue", "green", "red")


def ndvi(picture: Picture) -> NDArray[np.float32]:
    """Normalised difference vegetation index, dims (y, x), NaN where not seen."""
    return (picture["nir"] - picture["red"]) / (picture["nir"] + picture["red"])


def level(before: Picture, after: Picture, *, rules: LossRules) -> Picture:
    """The picture after, with its visible bands shifted to the path light of the one before.

    Haze adds the same light everywhere, and vegetation that stayed green shows how much.
    """
    stable = (ndvi(before) > rules.stable_ndvi) & (ndvi(after) > rules.stable_ndvi)
    if stable.sum() < rules.least_stable:
        return after
    shifted = dict(after)
    for band in _VISIBLE:
        haze = np.median(after[band][stable] - before[band][stable])
        moved = after[band] - np.clip(haze, -rules.most_haze, rules.most_haze).astype(np.float32)
        shifted[band] = np.where(np.isnan(moved), moved, np.maximum(moved, np.float32(0.001)))
    return shifted


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
