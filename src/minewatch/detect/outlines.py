"""Outlines of labelled pixels, as polygons on the edges of the pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from minewatch.compiled import kernel, part
from minewatch.detect.labels import root_of
from minewatch.errors import ContractError
from minewatch.model import Grid

# Directions of travel along a pixel's edge with the pixel on the left hand: west along its top,
# south along its left, east along its bottom, north along its right edge.
_AHEAD_ROW = np.array([0, 1, 0, -1])
_AHEAD_COL = np.array([-1, 0, 1, 0])
_RIGHT_ROW = np.array([-1, 0, 1, 0])
_RIGHT_COL = np.array([0, -1, 0, 1])
_END_ROW = np.array([0, 1, 1, 0])
_END_COL = np.array([0, 0, 1, 1])


def outline_labels(
    labels: NDArray[np.integer | np.bool_], *, transform: Sequence[float]
) -> list[tuple[int, Polygon]]:
    """One polygon for every 4-connected patch of equal label, holes kept.

    Parameters
    ----------
    labels
        Dims (y, x), integer or bool; 0 is background and gets no outline. One label may lie in
        several patches, each of which comes back on its own.
    transform
        Affine transform from (column, row) to the coordinates wanted: at least the six numbers
        `(a, b, c, d, e, f)`, as an `affine.Affine` holds them.

    Returns
    -------
    list of (label, polygon)
        In the order in which the patches begin, row by row. Vertices lie where the outline
        turns; on a north-up transform exteriors run counter-clockwise. Every polygon is valid.

    Raises
    ------
    ContractError
        When `labels` is not a two-dimensional array of integers.

    Examples
    --------
    >>> [(label, polygon)] = outline_labels(np.array([[0, 7]]), transform=(10, 0, 0, 0, -10, 0))
    >>> label, polygon.bounds
    (7, (10.0, -10.0, 20.0, 0.0))
    """
    if labels.ndim != 2 or labels.dtype.kind not in "iub":
        raise ContractError(
            f"labels to outline: {labels.ndim}-d {labels.dtype}", hint="give integers, dims (y, x)"
        )
    values = np.ascontiguousarray(labels)
    return _outlined(values, np.flatnonzero(values != 0), transform)


def outline_pixels(
    at: NDArray[np.intp],
    label: NDArray[np.int32],
    shape: tuple[int, ...],
    *,
    transform: Sequence[float],
) -> list[tuple[int, Polygon]]:
    """The same as `outline_labels` for few pixels of many.

    Parameters
    ----------
    at, label
        Flat indices of the pixels in order, and their labels, none of them 0.
    shape
        Rows and columns of the grid.
    transform
        As for `outline_labels`.

    Returns
    -------
    list of (label, polygon)
        As of `outline_labels`.
    """
    values = np.zeros(shape, np.int32)
    values.reshape(-1)[at] = label
    return _outlined(values, at, transform)


def outlines_by_label(
    at: NDArray[np.intp], label: NDArray[np.int32], grid: Grid
) -> dict[int, BaseGeometry]:
    """Outline of each label in metres; its pieces touch at corners of pixels only.

    Parameters
    ----------
    at, label
        As for `outline_pixels`.
    grid
        Where the pixels lie.
    """
    transform = list(grid.geobox.transform)[:6]
    pieces = outline_pixels(at, label, tuple(grid.geobox.shape), transform=transform)
    if not pieces:
        return {}
    labels, polygons = (np.array(column) for column in zip(*pieces, strict=True))
    numbers, of, count = np.unique(labels, return_inverse=True, return_counts=True)
    order = np.argsort(of, kind="stable")
    outlines = shapely.multipolygons(polygons[order], indices=of[order])
    whole = count[of] == 1
    outlines[of[whole]] = polygons[whole]
    return dict(zip(numbers.tolist(), shapely.normalize(outlines), strict=True))


def _outlined(
    values: NDArray[np.integer | np.bool_], at: NDArray[np.intp], transform: Sequence[float]
) -> list[tuple[int, Polygon]]:
    """Polygons of the patches of equal value; `at` are the pixels that are not 0, in order."""
    patches = np.zeros(values.shape, np.int32)
    first_pixels = _number_patches(values, at, patches)
    rows, cols, ring_ends, ring_patches = _rings(patches, at, np.zeros(values.shape, bool))
    if not len(ring_ends):
        return []
    order = np.argsort(ring_patches, kind="stable")
    rings = _closed_rings(rows, cols, ring_ends, order, transform)
    holes_end = np.flatnonzero(np.diff(ring_patches[order], append=-1)) + 1
    polygons = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON, rings[0], (rings[1], np.concatenate([[0], holes_end]))
    )
    names = values.ravel()[first_pixels]
    return list(zip(names.tolist(), polygons, strict=True))


def _closed_rings(
    rows: NDArray[np.int32],
    cols: NDArray[np.int32],
    ends: NDArray[np.int64],
    order: NDArray[np.int64],
    transform: Sequence[float],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Coordinates of the rings in `order`, the first vertex repeated, and where each ring ends."""
    starts = np.concatenate([[0], ends[:-1]])
    sizes = (ends - starts)[order] + 1
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], sizes)
    within[offsets[1:] - 1] = 0
    take = np.repeat(starts[order], sizes) + within
    x, y = cols[take].astype(float), rows[take].astype(float)
    a, b, c, d, e, f = (float(v) for v in list(transform)[:6])
    return np.column_stack([a * x + b * y + c, d * x + e * y + f]), offsets


@kernel("int32[:,::1], int64[::1], int32[:,::1]")
def _number_patches(
    values: NDArray[np.integer | np.bool_], at: NDArray[np.int64], out: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Number 4-connected patches of equal value from 1 in scan order; return their first pixels.

    `at` are the flat indices of values that are not 0, in order; `out` holds 0 and is filled.
    """
    width = values.shape[1]
    parent = np.empty(len(at) + 1, np.int32)
    for node in range(len(parent)):
        parent[node] = node
    count = 0
    for pixel in at:
        r, c = pixel // width, pixel % width
        value = values[r, c]
        above = root_of(parent, out[r - 1, c]) if r and values[r - 1, c] == value else 0
        left = root_of(parent, out[r, c - 1]) if c and values[r, c - 1] == value else 0
        if above == 0 and left == 0:
            count += 1
            out[r, c] = count
        elif above == 0 or left == 0:
            out[r, c] = above + left
        else:
            out[r, c] = min(above, left)
            parent[max(above, left)] = min(above, left)
    number = np.zeros(count + 1, np.int32)
    first = np.empty(count, np.int64)
    final = 0
    for pixel in at:
        r, c = pixel // width, pixel % width
        root = root_of(parent, out[r, c])
        if number[root] == 0:
            first[final] = pixel
            final += 1
            number[root] = final
        out[r, c] = number[root]
    return first[:final]


@part
def _at(patches: NDArray[np.int32], r: int, c: int) -> int:
    if r < 0 or c < 0 or r >= patches.shape[0] or c >= patches.shape[1]:
        return 0
    return int(patches[r, c])


@kernel("int32[:,::1], int64[::1], boolean[:,::1]")
def _rings(
    patches: NDArray[np.int32], at: NDArray[np.int64], seen: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64], NDArray[np.int32]]:
    """Turning points of every ring, where each ring ends, and the patch it belongs to.

    Each ring has a top edge, so one scan over top edges meets every ring; the first ring met of
    a patch is its exterior. A patch that touches itself at a corner is walked so that what it
    encloses there becomes a hole: rings then never touch themselves. `at` are the flat indices of
    the patches' pixels, in order; `seen` is all false and is filled.
    """
    width = patches.shape[1]
    most = 4 * len(at)  # edges, no fewer than turns; memory that is not touched costs nothing
    rows = np.empty(most, np.int32)
    cols = np.empty(most, np.int32)
    ends = np.empty(len(at), np.int64)
    owners = np.empty(len(at), np.int32)
    turns, rings = 0, 0
    for pixel in at:
        r0, c0 = pixel // width, pixel % width
        own = patches[r0, c0]
        if seen[r0, c0] or _at(patches, r0 - 1, c0) == own:
            continue
        r, c, d = r0, c0, 0
        while True:
            if d == 0:
                seen[r, c] = True
            ahead_r, ahead_c = r + _AHEAD_ROW[d], c + _AHEAD_COL[d]
            across_r, across_c = ahead_r + _RIGHT_ROW[d], ahead_c + _RIGHT_COL[d]
            end_r, end_c = r + _END_ROW[d], c + _END_COL[d]
            if _at(patches, across_r, across_c) == own:
                r, c, d, is_turn = across_r, across_c, (d + 3) % 4, True
            elif _at(patches, ahead_r, ahead_c) == own:
                r, c, is_turn = ahead_r, ahead_c, False
            else:
                d, is_turn = (d + 1) % 4, True
            if is_turn:
                rows[turns], cols[turns] = end_r, end_c
                turns += 1
            if r == r0 and c == c0 and d == 0:
                break
        ends[rings], owners[rings] = turns, own
        rings += 1
    return rows[:turns], cols[:turns], ends[:rings], owners[:rings]
