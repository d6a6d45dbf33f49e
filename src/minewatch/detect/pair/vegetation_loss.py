"""Which pixels lost their vegetation between two pictures, and the patches they form."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from minewatch.detect.labels import label_patches
from minewatch.detect.pair.picture_checks import Picture

GREEN_NDVI = 0.6
"""NDVI from which ground counts as vegetated before [D]."""
DENSE_NDVI = 0.75
"""NDVI of dense forest: stable evergreen forest has 0.85-0.9 [DOMAIN §2]. A picture whose greenest
tenth stays below it lowers it to 0.1 under that tenth, never under `GREEN_NDVI`."""
OPEN_NDVI = 0.45
"""NDVI below which no closed vegetation is left [D]; as `looks.GREEN_SLOPE`."""
LOST_NDVI = 0.25
"""Fall of NDVI that makes lost ground [DESIGN §5, the plain baseline]."""
STRIPPED_NDVI = 0.30
"""Fall of NDVI from dense forest to open ground [D]."""
MOST_HAZE = 0.06
"""Largest difference of path light between two pictures that is evened out, reflectance [D]."""
_CROSS = ndimage.generate_binary_structure(2, 1)
_EIGHT = np.ones((3, 3), bool)
_VISIBLE = ("blue", "green", "red")


def ndvi(picture: Picture) -> NDArray[np.float32]:
    """Normalised difference vegetation index, dims (y, x), NaN where not seen."""
    return (picture["nir"] - picture["red"]) / (picture["nir"] + picture["red"])


def level(before: Picture, after: Picture) -> Picture:
    """The picture after, with its visible bands shifted to the path light of the one before.

    Haze adds the same light everywhere, and vegetation that stayed green shows how much.
    """
    stable = (ndvi(before) > LOST_NDVI * 2) & (ndvi(after) > LOST_NDVI * 2)
    if stable.sum() < 100:
        return after
    shifted = dict(after)
    for band in _VISIBLE:
        haze = np.median(after[band][stable] - before[band][stable])
        moved = after[band] - np.clip(haze, -MOST_HAZE, MOST_HAZE).astype(np.float32)
        shifted[band] = np.where(np.isnan(moved), moved, np.maximum(moved, np.float32(0.001)))
    return shifted


class Change(NamedTuple):
    """What became of the vegetation, dims (y, x); bool layers are False where not seen."""

    green: NDArray[np.float32]  # NDVI before
    left: NDArray[np.float32]  # NDVI after
    lost: NDArray[np.bool_]  # vegetation before, much less of it after
    stripped: NDArray[np.bool_]  # dense forest before, open ground after
    kernel: NDArray[np.bool_]  # lost, and not by a shift of one picture by a pixel


def find_change(before: Picture, after: Picture) -> Change:
    """Where the vegetation went.

    A shift by a pixel moves the rim of what was open already. The kernel is what is lost even
    when the least NDVI among a pixel and its four neighbours is taken for the one before.
    """
    green, left = ndvi(before), ndvi(after)
    lost, stripped = _lost(green, left)
    kernel = lost & _lost(_least_around(green), left)[0]
    return Change(green, left, lost, stripped, kernel)


def _lost(
    green: NDArray[np.float32], left: NDArray[np.float32]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    fall = green - left
    top = np.nanquantile(green, 0.9) if np.isfinite(green).any() else DENSE_NDVI
    dense = float(np.clip(top - 0.1, GREEN_NDVI, DENSE_NDVI))
    lost = (green > GREEN_NDVI) & (fall > LOST_NDVI)
    return lost, (green > dense) & (left < OPEN_NDVI) & (fall > STRIPPED_NDVI)


def _least_around(values: NDArray[np.float32]) -> NDArray[np.float32]:
    filled = np.where(np.isnan(values), np.float32(np.inf), values)
    least = ndimage.grey_erosion(filled, footprint=_CROSS)
    return np.where(np.isnan(values), values, least)


def find_patches(lost: NDArray[np.bool_], *, min_pixels: float) -> NDArray[np.int32]:
    """Patches of lost ground from 1 in scan order, 8-connected over gaps of up to two pixels."""
    joined = ndimage.binary_closing(np.pad(lost, 1), _EIGHT)[1:-1, 1:-1] | lost
    labels, count = label_patches(joined)
    kept = np.bincount(labels[lost], minlength=count + 1) >= min_pixels
    kept[0] = False
    numbers = np.where(kept, np.cumsum(kept), 0)
    return np.asarray(numbers[labels], np.int32)
