"""The grid of a run, cut into chunks as its months were when they were frozen."""

from __future__ import annotations

from minewatch import cube
from minewatch.model import AreaOfInterest, Grid, Parameters
from minewatch.store.state_folder import StateFolder


def kept_grid(state: StateFolder, area: AreaOfInterest, parameters: Parameters) -> Grid:
    """The grid over an area; a run that was cut along all blocks of the tile stays so.

    Until decision 36 an area that fits into a chunk was cut as larger ones are.

    Parameters
    ----------
    state
        The folder with the months, if there are any.
    area, parameters
        What the run watches, and how.
    """
    grid, cut = (
        cube.make_grid(
            area, resolution_m=parameters.resolution_m, chunk_px=parameters.chunk_px,
            along_all_blocks=along,
        )
        for along in (False, True)
    )  # fmt: skip
    only_cut = {chunk.name for chunk in cut.chunks} - {chunk.name for chunk in grid.chunks}
    is_cut = any((state.directory / "months" / name).is_dir() for name in only_cut)
    return cut if is_cut else grid
