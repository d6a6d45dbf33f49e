"""Sites month by month, read from the frozen months of a run one chunk after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from minewatch.cube.rasterise import rasterise
from minewatch.detect import get_detection, settle_cloud_commission
from minewatch.detect.site_series import site_series
from minewatch.errors import MinewatchError
from minewatch.model import Chunk, Grid, Parameters, RunResult, months_of
from minewatch.model.progress import Progress, ProgressListener, silent
from minewatch.store.kept_grid import kept_grid
from minewatch.store.month_files import read_months
from minewatch.store.state_folder import StateFolder

STAGE: Final = "reading months"
Pixels = NDArray[np.int64]


def months_of_sites(
    result: RunResult, site_ids: Sequence[str], *, listener: ProgressListener = silent
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Of each site its `detect.site_series`, as soon as all of its chunks were read.

    Only the pixels of sites are held, and only until their last chunk was read.

    Parameters
    ----------
    result
        A finished run.
    site_ids
        Sites of it.
    listener
        Hears of every chunk.

    Yields
    ------
    site_id : str
        The site.
    series : DataFrame
        A row a month. Nothing is yielded when the run came without the months in its `state/`.

    Raises
    ------
    StateError
        When the pixels of a month are not those that were frozen.
    """
    state = StateFolder(directory=result.directory / "state")
    try:
        parameters = Parameters.from_dict(state.read_parameters())
        detector = get_detection(parameters.detector, parameters.rules).detector
    except MinewatchError:  # not there, of an earlier layout, or of a detector that is not here
        return
    if not site_ids or not (state.directory / "months").is_dir():
        return
    grid = kept_grid(state, result.aoi, parameters)
    bands = result.manifest["scenes"]["bands"]
    outlines = result.sites.set_index("site_id").geometry.to_crs(grid.epsg)
    where = {site: _pixels(outlines[site], grid) for site in site_ids}
    open_chunks = {site: set(_chunks_of(pixels, grid)) for site, pixels in where.items()}
    parts: dict[str, list[xr.Dataset]] = {site: [] for site in site_ids}
    used = sorted(set().union(*open_chunks.values()))
    for done, number in enumerate(used, start=1):
        chunk = grid.chunks[number]
        here = [site for site, chunks in open_chunks.items() if number in chunks]
        within = np.zeros(chunk.geobox.shape, bool)
        for site in here:
            within[_inside(where[site], chunk)] = True
        months = read_months(state, chunk, months_of(parameters.span), bands, within=within)
        settled = settle_cloud_commission(months)
        places = np.flatnonzero(within)
        for site in here:
            own = np.ravel_multi_index(_inside(where[site], chunk), within.shape)
            parts[site].append(settled.isel(x=np.searchsorted(places, np.sort(own))))
            open_chunks[site].discard(number)
        listener(Progress(STAGE, done, len(used), chunk.name))
        for site in here:
            if not open_chunks[site]:
                pixels = xr.concat(parts.pop(site), dim="x")
                inside = np.ones((1, pixels.sizes["x"]), bool)
                yield site, site_series(pixels, inside, detector=detector)


def _pixels(outline: BaseGeometry, grid: Grid) -> tuple[Pixels, Pixels]:
    """Rows and columns of the pixels of a site on the whole grid."""
    rows, cols = np.nonzero(rasterise([outline], grid))
    return rows, cols


def _chunks_of(pixels: tuple[Pixels, Pixels], grid: Grid) -> list[int]:
    """Numbers of the chunks that hold pixels of a site."""
    return [n for n, chunk in enumerate(grid.chunks) if len(_inside(pixels, chunk)[0])]


def _inside(pixels: tuple[Pixels, Pixels], chunk: Chunk) -> tuple[Pixels, Pixels]:
    """Rows and columns in a chunk of those pixels that it holds."""
    rows, cols = chunk.window
    is_in = (
        (pixels[0] >= rows.start) & (pixels[0] < rows.stop)
        & (pixels[1] >= cols.start) & (pixels[1] < cols.stop)
    )  # fmt: skip
    return pixels[0][is_in] - rows.start, pixels[1][is_in] - cols.start
