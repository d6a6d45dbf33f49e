"""Which way water runs over heights: from each cell to the next, down to where the heights end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from scipy import ndimage

from minewatch.errors import ContractError, SettingsError

BURN_M: Final = 50.0
"""How much lower a river of the user's layer is made than its heights; starting value."""
NO_HEIGHT: Final = -9999.0
_GENTLE_SD_M, _STEEP_SD_M = 2.4, 4.9
_STEEP_GRADIENT = 0.2
_GRAIN_CELLS = 3.0

Cells = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Heights:
    """Heights of the ground on a grid in metres."""

    metres: NDArray[np.float32]
    """Metres above the sea, dims (y, x), north up; NaN: unknown."""
    transform: Affine
    """From (column, row) to metres of the zone."""
    epsg: int
    """The UTM zone."""
    source: str = ""
    """Whose they are."""
    simulated: bool = False
    """Whether no real place has them."""

    @property
    def cell_m(self) -> float:
        """Edge of a cell, metres."""
        return float(abs(self.transform.a))


@dataclass(frozen=True, kw_only=True)
class Drainage:
    """Where the water of each cell goes next."""

    downstream: Cells
    """Number of the next cell, dims (cell,), row by row; its own number where water leaves the
    heights; -1: no heights."""
    catchment_m2: NDArray[np.float64]
    """Ground that drains through a cell, its own included, as far as there are heights."""
    shape: tuple[int, int]
    """Rows and columns."""
    transform: Affine = field(repr=False)
    """From (column, row) to metres."""

    def xy(self, cells: Cells) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Middles of cells, metres."""
        rows, cols = np.divmod(np.asarray(cells, np.int64), self.shape[1])
        return middles_of(self.transform, rows, cols)

    def steps_m(self, cells: Cells, following: Cells) -> NDArray[np.float64]:
        """Metres from cells to those that follow them."""
        x, y = self.xy(cells)
        there_x, there_y = self.xy(following)
        return np.hypot(there_x - x, there_y - y)


def find_drainage(heights: Heights, *, rivers: NDArray[np.bool_] | None = None) -> Drainage:
    """Flow directions (D8) and catchments, with every hollow filled.

    Hollows are filled and directions found as by Wang and Liu (2006,
    doi:10.1080/13658810500433453), with pyflwdir. Water leaves at the edge of the heights, and into
    ground without heights.

    Parameters
    ----------
    heights
        Heights, metres.
    rivers
        Cells of known rivers, dims (y, x): they are made `BURN_M` lower, so that water keeps to
        them.

    Raises
    ------
    SettingsError
        When pyflwdir is not installed.
    ContractError
        When there are no heights at all.
    """
    try:
        import pyflwdir
    except ImportError:
        raise SettingsError(
            "flow directions need pyflwdir, which is not installed",
            hint="pip install 'minewatch[context]'",
        ) from None
    known = np.isfinite(heights.metres)
    if not known.any():
        raise ContractError(
            f"{heights.source or 'the heights'} hold no number at all",
            hint="give heights that cover the area",
        )
    metres = np.where(known, heights.metres, NO_HEIGHT).astype(np.float32)
    if rivers is not None:
        metres[rivers & known] -= np.float32(BURN_M)
    flow = pyflwdir.from_dem(metres, nodata=NO_HEIGHT, transform=heights.transform, latlon=False)
    cells = np.asarray(flow.upstream_area("cell"), float).ravel()
    return Drainage(
        downstream=np.asarray(flow.idxs_ds).astype(np.int64).ravel(),
        catchment_m2=np.maximum(cells, 0) * heights.cell_m**2,
        shape=(int(metres.shape[0]), int(metres.shape[1])), transform=heights.transform,
    )  # fmt: skip


def walk_down(
    drainage: Drainage, cells: Cells
) -> Iterator[tuple[NDArray[np.intp], Cells, NDArray[np.float64]]]:
    """The ways of water from some cells, all of them a cell further at each step.

    Parameters
    ----------
    drainage
        Where the water of each cell goes.
    cells
        Where the walks begin; each has heights.

    Yields
    ------
    walk
        Numbers of the walks that are still under way.
    cell
        Where each of these is.
    metres
        How far each has come.
    """
    walks = np.arange(len(cells))
    here, metres = np.asarray(cells, np.int64), np.zeros(len(cells))
    while len(walks):
        yield walks, here, metres
        following = drainage.downstream[here]
        goes_on = (following >= 0) & (following != here)
        walks, before, here = walks[goes_on], here[goes_on], following[goes_on]
        metres = metres[goes_on] + drainage.steps_m(before, here)


def path_down(drainage: Drainage, cell: int) -> tuple[Cells, NDArray[np.float64]]:
    """The way of water from one cell to where it leaves the heights, and metres to each cell."""
    path, downstream = [int(cell)], drainage.downstream
    while (following := int(downstream[path[-1]])) not in (-1, path[-1]):
        path.append(following)
    cells = np.array(path, np.int64)
    steps = drainage.steps_m(cells[:-1], cells[1:])
    return cells, np.concatenate([[0.0], np.cumsum(steps)])


def cells_within(
    drainage: Drainage, outline: shapely.Geometry, *, distance_m: float = 0.0
) -> Cells:
    """Cells with heights whose middle is on a piece of ground, or at most so far from it.

    Of ground that holds no middle of a cell it is the cell that it lies in.

    Parameters
    ----------
    drainage
        Its grid is meant.
    outline
        Any geometry, metres of the same zone.
    distance_m
        How far from it.
    """
    found = cells_under(drainage.shape, drainage.transform, outline, distance_m=distance_m)
    kept: Cells = found[drainage.downstream[found] >= 0]
    return kept


def cells_under(
    shape: tuple[int, int], transform: Affine, outline: shapely.Geometry, *, distance_m: float = 0.0
) -> Cells:
    """The same of any grid, with heights or not."""
    rows, cols = shape
    west, south, east, north = outline.bounds
    back = ~transform
    left, top = back * (west - distance_m, north + distance_m)
    right, bottom = back * (east + distance_m, south - distance_m)
    col = np.arange(max(int(np.floor(left)), 0), min(int(np.floor(right)) + 1, cols))
    row = np.arange(max(int(np.floor(top)), 0), min(int(np.floor(bottom)) + 1, rows))
    found: Cells = (row[:, None] * cols + col[None, :]).ravel().astype(np.int64)
    if not len(found):
        return found
    x, y = middles_of(transform, found // cols, found % cols)
    near = shapely.dwithin(shapely.points(x, y), outline, max(distance_m, 1e-6))
    if not near.any():
        middle = outline.representative_point() if outline.area else outline.centroid
        near = np.arange(len(found)) == np.hypot(x - middle.x, y - middle.y).argmin()
    kept: Cells = found[near]
    return kept


def middles_of(
    transform: Affine, rows: Cells, cols: Cells
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Middles of the cells of a north-up grid, metres."""
    x = transform.c + transform.a * (np.asarray(cols) + 0.5)
    y = transform.f + transform.e * (np.asarray(rows) + 0.5)
    return np.asarray(x, float), np.asarray(y, float)


def disturb_heights(heights: Heights, *, seed: int, draw: int) -> Heights:
    """The same heights as another measurement might have given them.

    Errors of Copernicus GLO-30, as its handbook limits them: 90 % within 4 m, so a standard
    deviation of 2.4 m; where the ground is steeper than 20 % twice that, as its limit of the
    relative error doubles there. Neighbours err alike, over about 90 m (starting value). What
    stands on the ground (trees, roofs) is no part of it.

    Parameters
    ----------
    heights
        As measured.
    seed, draw
        Equal ones give equal heights.
    """
    rng = np.random.default_rng([seed, draw])
    noise = rng.standard_normal(heights.metres.shape, dtype=np.float32)
    noise = ndimage.gaussian_filter(noise, _GRAIN_CELLS, mode="reflect")
    noise *= 2 * np.sqrt(np.pi) * _GRAIN_CELLS  # smoothing shrank its standard deviation so much
    spread = np.where(gradient_of(heights) > _STEEP_GRADIENT, _STEEP_SD_M, _GENTLE_SD_M)
    metres = heights.metres + noise * spread.astype(np.float32)
    return Heights(
        metres=metres.astype(np.float32), transform=heights.transform, epsg=heights.epsg,
        source=heights.source, simulated=heights.simulated,
    )  # fmt: skip


def gradient_of(heights: Heights) -> NDArray[np.float64]:
    """How much the ground rises per metre, dims (y, x); 0 beside unknown ground."""
    south, east = np.gradient(heights.metres.astype(float), heights.cell_m)
    return np.asarray(np.nan_to_num(np.hypot(south, east)), float)
