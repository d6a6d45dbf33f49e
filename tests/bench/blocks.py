"""The loop over blocks beside dask: the same reduction of each block, ours or theirs to feed it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product
from typing import Any

import numpy as np
from odc.geo.geobox import GeoBox

from minewatch.cube import RangeReader
from minewatch.cube.pixel_kernels import median_of_overpasses
from minewatch.model import Asset

from .case import Case, Setup, Work
from .loading import BANDS, IN_FLIGHT, dates, geobox_of, items, make_files, name, window_px

CHUNK_PX, WORKERS = 512, 2


def loop_ours(setup: Setup, **how: Any) -> Work:
    """Blocks on two threads, band by band: from disk there is nothing to wait for."""
    geobox, side = geobox_of(setup), window_px(setup)
    small = geobox[:64, :64]
    RangeReader().read(Asset(href=str(setup.folder / name(0, "swir16"))), small, band="swir16")
    median_of_overpasses(np.ones((2, 4, 4), np.uint16))

    def work() -> Any:
        reader, out = RangeReader(**how), np.empty((len(BANDS), side, side), np.uint16)

        def block(corner: tuple[int, int]) -> None:
            here = tuple(slice(at, min(at + CHUNK_PX, side)) for at in corner)
            for at, band in enumerate(BANDS):
                files = [f"{setup.where}/{name(day, band)}" for day in range(dates(setup))]
                overpasses = [reader.read(Asset(href=f), geobox[here], band=band) for f in files]
                out[at, *here] = median_of_overpasses(np.stack(overpasses))

        corners = product(range(0, side, CHUNK_PX), repeat=2)
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(block, corners))
        return out

    return work


def loop_dask(setup: Setup, workers: int = WORKERS) -> Work:
    """The same function mapped over the blocks of a cube that odc-stac loads lazily."""
    import dask
    import odc.stac

    known = items(setup)
    resampling = {"*": "nearest", "swir16": "bilinear", "swir22": "bilinear"}

    def work(geobox: GeoBox) -> Any:
        cube = odc.stac.load(
            known, bands=list(BANDS), geobox=geobox, resampling=resampling,
            dtype="uint16", nodata=0, chunks={"x": CHUNK_PX, "y": CHUNK_PX},
        )  # fmt: skip
        lazy = [
            cube[band].data.rechunk({0: -1}).map_blocks(_median, drop_axis=0, dtype=np.uint16)
            for band in BANDS
        ]
        return np.stack(dask.compute(*lazy, scheduler="threads", num_workers=workers))

    work(geobox_of(setup)[:64, :64])
    return lambda: work(geobox_of(setup))


def _median(overpasses: Any) -> Any:
    return median_of_overpasses(np.ascontiguousarray(overpasses))


CASES = {
    "blocks": Case(
        title="Medians over overpasses, block by block of 512 px, six bands, from disk",
        ways={
            "minewatch": loop_ours,
            "minewatch, no block kept": partial(loop_ours, cache_bytes=0),
            "dask, two threads": loop_dask,
            "dask, eight threads": lambda setup: loop_dask(setup, IN_FLIGHT),
        },
        notes="The same compiled median in all: what differs is who reads and who schedules.",
    ),
}
MAKERS = {"blocks": make_files}
