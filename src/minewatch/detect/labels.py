"""Patches of a mask, numbered: the one place where pixels are put together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from minewatch.compiled import kernel, part


@dataclass(frozen=True)
class Patches:
    """Patches of a mask of few pixels."""

    at: NDArray[np.intp]
    """Flat indices of the pixels, in order."""
    label: NDArray[np.int32]
    """Patch of each of them, from 1 in the order in which they begin, row by row."""
    count: int
    """How many patches there are."""

    def without(self, dropped: NDArray[np.bool_]) -> Patches:
        """The others, numbered from 1 in the same order.

        Parameters
        ----------
        dropped
            Which patches go, dims (patch,), in the order of their numbers.
        """
        number = np.where(dropped, 0, np.cumsum(~dropped)).astype(np.int32)[self.label - 1]
        return Patches(self.at[number > 0], number[number > 0], int((~dropped).sum()))


def side_by_side(masks: Iterable[Patches]) -> Patches:
    """The patches of several masks as one table of figures takes them, mask after mask.

    Parameters
    ----------
    masks
        Patches of each; the same pixel may be in several.

    Returns
    -------
    Patches
        Numbered on from mask to mask; pixels in order within each mask only.

    Examples
    --------
    >>> side_by_side([label_pixels(np.array([0, 2]), 3), label_pixels(np.array([1]), 3)]).label
    array([1, 2, 3], dtype=int32)
    """
    masks = list(masks)
    shifts = np.cumsum([0, *(m.count for m in masks)], dtype=np.int32)
    at = [np.empty(0, np.intp), *(m.at for m in masks)]
    label = [np.empty(0, np.int32)]
    label += [m.label + shift for m, shift in zip(masks, shifts, strict=False)]
    return Patches(np.concatenate(at), np.concatenate(label), int(shifts[-1]))


def label_pixels(at: NDArray[np.intp], cols: int, reach: int = 1) -> Patches:
    """Patches of a mask of few pixels, as `label_patches` numbers them.

    Parameters
    ----------
    at
        Flat indices of its pixels, in order.
    cols
        Columns of the grid.
    reach
        As for `label_patches`.

    Returns
    -------
    Patches
        Of all of its pixels.

    Examples
    --------
    >>> label_pixels(np.array([0, 2, 4, 9]), 3).label.tolist()
    [1, 1, 1, 2]
    """
    labels = np.empty(len(at), np.int32)
    count = _label_pixels(at, cols, reach, np.empty((5, len(at)), np.int32), labels)
    return Patches(at, labels, count)


@kernel("int64[::1], int64, int64, int32[:,::1], int32[::1]")
def _label_pixels(
    at: NDArray[np.intp],
    cols: int,
    reach: int,
    of_runs: NDArray[np.int32],
    labels: NDArray[np.int32],
) -> int:
    """Write the number of each pixel's patch into `labels`; how many there are."""
    rows, starts, ends = of_runs[0], of_runs[1], of_runs[2]
    parents, numbers = of_runs[3], of_runs[4]
    runs = 0
    for pixel in at:
        row, col = pixel // cols, pixel % cols
        if runs and rows[runs - 1] == row and ends[runs - 1] == col:
            ends[runs - 1] = col + 1
            continue
        rows[runs], starts[runs], ends[runs], parents[runs] = row, col, col + 1, runs
        runs += 1
    above = 0
    for run in range(runs):
        row_above = rows[run] - 1
        while rows[above] < row_above or (
            rows[above] == row_above and ends[above] + reach <= starts[run]
        ):
            above += 1
        touching = above
        while rows[touching] == row_above and starts[touching] < ends[run] + reach:
            _join(parents, touching, run)
            touching += 1
    count = numbered = 0
    for run in range(runs):
        root = root_of(parents, run)
        if root == run:
            count += 1
            numbers[run] = count
        for _ in range(starts[run], ends[run]):
            labels[numbered] = numbers[root]
            numbered += 1
    return count


def label_patches(mask: NDArray[np.bool_], reach: int = 1) -> tuple[NDArray[np.int32], int]:
    """Number the patches of a mask, as `scipy.ndimage.label` does.

    Runs of true pixels along rows are joined with those they touch in the row above (Rosenfeld
    and Pfaltz, doi:10.1145/321356.321357, over runs).

    Parameters
    ----------
    mask
        Dims (y, x).
    reach
        1: pixels that touch at a corner belong together; 0: only those that share an edge.

    Returns
    -------
    labels, count
        Dims (y, x), int32: patches from 1 in the order in which they begin, row by row; 0 outside.

    Examples
    --------
    >>> mask = np.array([[1, 0, 1], [0, 1, 0], [0, 0, 0], [1, 0, 0]], bool)
    >>> label_patches(mask)[0].tolist()
    [[1, 0, 1], [0, 1, 0], [0, 0, 0], [2, 0, 0]]
    >>> label_patches(mask, 0)[1]
    4
    """
    patches = label_pixels(np.flatnonzero(mask), mask.shape[1], reach)
    labels = np.zeros(mask.shape, np.int32)
    labels.reshape(-1)[patches.at] = patches.label
    return labels, patches.count


@part
def root_of(parents: NDArray[np.int32], run: int) -> int:
    """The first run of a patch; the way there is made shorter."""
    while parents[run] != run:
        parents[run] = parents[parents[run]]
        run = parents[run]
    return run


@part
def _join(parents: NDArray[np.int32], one: int, other: int) -> None:
    low, high = root_of(parents, one), root_of(parents, other)
    if low < high:
        parents[high] = low
    else:
        parents[low] = high
