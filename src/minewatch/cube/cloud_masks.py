"""Which pixels of an overpass are ground: mask classes, grown clouds, and what is only suspect.

Everything works on a window that reaches `halo` pixels beyond the pixels asked for, so that the
answer does not depend on how the grid is cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from minewatch.compiled import kernel, part
from minewatch.model import ZERO_CLASS
from minewatch.sensors import MaskRule

Bool = NDArray[np.bool_]
UInt8 = NDArray[np.uint8]
UInt16 = NDArray[np.uint16]

SEEN, GROUND, DARK, SPREADS = (1 << bit for bit in range(4))
"""A pixel is there; shows the ground; is dark ground or shadow; hides its margin too."""
OPEN_SKY_M = 250.0
"""How far round a hidden pixel the sky is judged [D]: most sites fit, most cloud fields do not."""
OPEN_SKY_COVER = 0.25
"""Most of that ground that may be hidden for a hidden pixel to be only suspect [D]."""
SHADE_REACH = 2
"""Dark ground this many times the growth from cloud or shadow is taken for shadow [D]."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The distances of the mask in pixels of a grid."""

    growth: int
    """Radius by which clouds grow."""
    shade: int
    """Radius within which dark ground is not trusted."""
    sky: int
    """Half the side of the box in which the sky is judged."""

    @property
    def halo(self) -> int:
        """How far from a pixel anything can matter to it."""
        return max(self.growth, self.shade, self.sky) + 1


def reach_of(rule: MaskRule, resolution_m: float) -> Reach:
    """The distances of a mask rule on a grid; each is at least one pixel."""
    growth = math.ceil(rule.grow_m / resolution_m - 1e-9)
    sky = max(1, math.ceil(OPEN_SKY_M / resolution_m - 1e-9))
    return Reach(growth=growth, shade=SHADE_REACH * growth, sky=sky)


def flag(values: UInt16, rule: MaskRule) -> UInt8:
    """What the mask band says of each pixel, as a set of flags: `SEEN`, `GROUND`, ...

    Parameters
    ----------
    values
        Mask band, any shape, 0 = no pixel, `ZERO_CLASS` = a class 0.
    rule
        What its values mean.

    Returns
    -------
    array of the same shape, uint8
        0 where there is no pixel.
    """
    return _look_up(values.reshape(-1), _flags(rule)).reshape(values.shape)


@kernel("uint16[::1], Array(uint8, 1, 'C', readonly=True)")
def _look_up(values: UInt16, table: UInt8) -> UInt8:  # pragma: no cover - compiled
    out = np.empty(len(values), np.uint8)
    for at in range(len(values)):
        out[at] = table[values[at]]
    return out


@lru_cache(maxsize=8)
def _flags(rule: MaskRule) -> UInt8:
    """Flags of every possible value of a mask band."""
    values = np.arange(np.iinfo(np.uint16).max + 1, dtype=np.uint16)
    values[ZERO_CLASS] = 0

    def holds(numbers: tuple[int, ...]) -> Bool:
        if rule.bits:
            return np.asarray(values & np.uint16(sum(1 << bit for bit in numbers)) != 0)
        return np.isin(values, numbers)

    shade = holds(rule.shade)
    ground = ~holds(rule.drop) if rule.bits else holds(rule.keep) | shade
    seen = ~holds(rule.fill_bits) if rule.bits else np.ones_like(ground)
    flags = (
        SEEN * seen | GROUND * (ground & seen) | DARK * shade | SPREADS * holds(rule.grow)
    ).astype(np.uint8)
    flags[0] = 0
    flags.flags.writeable = False
    return flags


def find_green(
    values: UInt16,
    pixels: UInt16,
    inside: Bool,
    rule: MaskRule,
    *,
    wanted: int,
    vegetation: tuple[int, ...],
) -> tuple[Bool, Bool]:
    """Where a scene shows ground, and where vegetation; no cloud is grown.

    Parameters
    ----------
    values, pixels
        Mask band and another band, dims (y, x), 0 = no pixel.
    inside
        Where it matters, dims (y, x).
    rule
        What values of the mask mean.
    wanted
        The flag that says ground: `GROUND`.
    vegetation
        Values of the mask that say vegetation; none: all ground counts as such.

    Returns
    -------
    ground, green : array, dims (y, x), bool
    """
    flags, is_green = _flags(rule), _is_among(vegetation)
    ground, green = np.empty(values.shape, np.bool_), np.empty(values.shape, np.bool_)
    _find_green(values, pixels, inside, flags & wanted > 0, is_green, ground, green)
    return ground, green


@kernel(
    "uint16[:,::1], uint16[:,::1], boolean[:,::1], boolean[::1], "
    "Array(boolean, 1, 'C', readonly=True), boolean[:,::1], boolean[:,::1]"
)
def _find_green(
    values: UInt16,
    pixels: UInt16,
    inside: Bool,
    is_ground: Bool,
    is_green: Bool,
    ground: Bool,
    green: Bool,
) -> None:  # pragma: no cover - compiled
    for row in range(values.shape[0]):
        for col in range(values.shape[1]):
            value = values[row, col]
            is_there = is_ground[value] and pixels[row, col] != 0 and inside[row, col]
            ground[row, col] = is_there
            green[row, col] = is_there and is_green[value]


@lru_cache(maxsize=8)
def _is_among(classes: tuple[int, ...]) -> Bool:
    """Whether each possible value of a mask is one of some classes; of none: all are."""
    values = np.arange(1 << 16)
    is_among = np.isin(values, classes) if classes else np.ones(len(values), np.bool_)
    is_among.flags.writeable = False
    return is_among


def find_clear(flags: UInt8, reach: Reach) -> tuple[Bool, Bool]:
    """Where each overpass shows the ground, and where it is only suspect.

    Clouds and shadows grow by the rule's distance; dark ground near them is left out. What they
    hide under an otherwise open sky is suspect: it may be a small cloud, but bright pads are
    called cloud and dark pools shadow as well, and those come back at the same place overpass after
    overpass. Who sees many overpasses can decide (`minewatch.detect.settle_cloud_commission`).

    Parameters
    ----------
    flags
        Overpasses, dims (overpass, y, x).
    reach
        Distances of the mask rule on this grid.

    Returns
    -------
    clear, suspect : array, dims (overpass, y, x), bool
        Never both. Right at least `reach.halo` pixels away from the edges.
    """
    clear, suspect = np.empty(flags.shape, np.bool_), np.empty(flags.shape, np.bool_)
    for overpass in range(len(flags)):
        _find_clear(
            flags[overpass], clear[overpass], suspect[overpass],
            reach.growth, reach.shade, reach.sky,
        )  # fmt: skip
    return clear, suspect


@kernel("uint8[:,::1], boolean[:,::1], boolean[:,::1], int64, int64, int64")
def _find_clear(
    flags: UInt8, clear: Bool, suspect: Bool, growth: int, shade: int, sky: int
) -> None:  # pragma: no cover - compiled
    """`find_clear` of one overpass; distances in pixels."""
    rows, cols = flags.shape
    spreads, covered = np.empty((rows, cols), np.bool_), np.empty((rows, cols), np.bool_)
    # As bytes: beside wider numbers fewer pixels are reckoned at a time.
    ground, dark, spread, found = np.uint8(GROUND), np.uint8(DARK), np.uint8(SPREADS), np.uint8(0)
    for row in range(rows):
        line, is_clear, is_suspect = flags[row], clear[row], suspect[row]
        does_spread, is_covered = spreads[row], covered[row]
        for col in range(cols):
            found |= line[col]
            is_ground = (line[col] & ground) != 0
            is_clear[col], is_covered[col] = is_ground, not is_ground
            is_suspect[col] = False
            does_spread[col] = (line[col] & spread) != 0
    if not found & spread:
        return
    hidden = grow(spreads, growth)
    if found & dark:
        shaded = grow(spreads, shade)
        for row in range(rows):
            line, is_hidden, is_shaded = flags[row], hidden[row], shaded[row]
            for col in range(cols):
                is_hidden[col] |= is_shaded[col] & ((line[col] & dark) != 0)
    for row in range(rows):
        is_clear, is_suspect = clear[row], suspect[row]
        is_hidden, does_spread = hidden[row], spreads[row]
        for col in range(cols):
            is_suspect[col] = is_hidden[col] & (is_clear[col] | does_spread[col])
            is_clear[col] &= not is_hidden[col]
    keep_under_open_sky(suspect, covered, sky)


@kernel("uint8[:,::1], uint8[:,::1], uint8[:,::1], int64")
def lay_under(
    flags: UInt8, tile: UInt8, found: UInt8, number: int
) -> None:  # pragma: no cover - compiled
    """Take the flags of one more tile of an overpass where no tile before it saw anything.

    Parameters
    ----------
    flags, tile
        Flags of the overpass, and the number of the tile they are of (0: none), dims (y, x).
    found, number
        Flags of the tile, and its number.
    """
    for row in range(flags.shape[0]):
        for col in range(flags.shape[1]):
            if tile[row, col] == 0 and found[row, col] & SEEN:
                flags[row, col] = found[row, col]
                tile[row, col] = number


@part
def grow(mask: Bool, radius_px: int) -> Bool:  # pragma: no cover - compiled
    """A mask grown by a disc: every pixel within `radius_px` of a true one, centre to centre.

    Parameters
    ----------
    mask
        Dims (y, x).
    radius_px
        Radius of the disc, pixels.

    Returns
    -------
    array, dims (y, x), bool
    """
    # A disc is columns side by side: those of one height are grown once, by whole rows of bytes.
    rows, cols = mask.shape
    of, tall = mask.view(np.uint8), mask.copy().view(np.uint8)
    out, height = np.zeros((rows, cols), np.uint8), 0
    for right in range(radius_px, -1, -1):
        while (height + 1) ** 2 + right**2 <= radius_px**2:
            height += 1
            for row in range(rows):
                if row >= height:
                    _join(tall[row], of[row - height])
                if row + height < rows:
                    _join(tall[row], of[row + height])
        for row in range(rows if right < cols else 0):
            _join(out[row, : cols - right], tall[row, right:])
            _join(out[row, right:], tall[row, : cols - right])
    return out.view(np.bool_)


@part
def _join(out: NDArray[np.uint8], more: NDArray[np.uint8]) -> None:  # pragma: no cover - compiled
    for at in range(len(out)):
        out[at] |= more[at]


@part
def keep_under_open_sky(
    kept: Bool, covered: Bool, radius_px: int
) -> None:  # pragma: no cover - compiled
    """Set `kept` to False where more than `OPEN_SKY_COVER` of a square box round it is covered.

    Both have dims (y, x). Beyond the edges the box is cut.
    """
    rows, cols = covered.shape
    in_column, until = np.zeros(cols, np.int32), np.zeros(cols + 1, np.int32)
    box = 2 * radius_px + 1
    for row in range(-radius_px, rows):
        if row + radius_px < rows:
            line = covered[row + radius_px]
            for col in range(cols):
                in_column[col] += np.int32(line[col])
        if row > radius_px:
            line = covered[row - radius_px - 1]
            for col in range(cols):
                in_column[col] -= np.int32(line[col])
        if row < 0 or not kept[row].any():
            continue
        for col in range(cols):
            until[col + 1] = until[col] + in_column[col]
        high = min(row + radius_px + 1, rows) - max(row - radius_px, 0)
        before, after, middle = until[: max(0, cols - box + 1)], until[box:], kept[row, radius_px:]
        most = np.int32(OPEN_SKY_COVER * high * box)
        for col in range(len(after)):
            middle[col] &= after[col] - before[col] <= most
        for col in range(cols):
            if col < radius_px or col >= cols - radius_px:
                first, last = max(0, col - radius_px), min(cols, col + radius_px + 1)
                hidden = until[last] - until[first]
                kept[row, col] &= hidden <= OPEN_SKY_COVER * high * (last - first)
