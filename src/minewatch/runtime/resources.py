"""What a job may use of the machine: threads, memory, disk; and what it will need."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from minewatch import cube
from minewatch.errors import SettingsError
from minewatch.model import (
    DEFAULT_CACHE_GIB,
    Band,
    Grid,
    Period,
    PixelReader,
    ProgressListener,
    Scene,
    silent,
    steps_of,
)
from minewatch.settings import read_settings

GIB = 1 << 30
DEFAULT_MEMORY_GIB = 3.0
"""Memory that threads are chosen for when nothing is asked: a small laptop's [D]."""
BASE_BYTES = 600 << 20
"""Memory of the process besides its pixels: libraries, tables, compiled code; measured 0.45 GiB,
and what stays of one stage in the next."""
OVERPASS_PX_BYTES, OVERPASS_BAND_BYTES = 8, 4
"""Bytes of a pixel of an overpass in work: masks and flags, and twice uint16 a band."""
STATE_PX_BYTES, MONTH_PX_BYTES = 800, 56
"""Bytes of a pixel that is scored: its state, and each month; measured at 6, 14 and 26 months."""
GRID_PX_BYTES, PERIOD_PX_BYTES = 27, 1.5
"""Bytes of a pixel of the whole grid while sites are found, and of each period of it; measured on
9, 16 and 53 million pixels, 2 and 8 periods."""
SPARE = 1.15
"""What the allocator holds of memory that was given back, as a factor; measured."""


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What a job may use, and who hears of it."""

    scheduler: str | None = None
    """Address of a Dask scheduler; None: threads."""
    workers: int | None = None
    """Threads; None: one a core, or as many as fit into memory."""
    max_memory_gib: float | None = None
    """Bound of the memory; None: `DEFAULT_MEMORY_GIB` as far as that can be."""
    cache: Path | None = None
    """Folder for blocks of remote files; None: nothing is kept."""
    cache_gib: float = DEFAULT_CACHE_GIB
    """Bound of that folder."""
    reader: PixelReader | None = None
    """How pixels are read; None: `cube.RangeReader`."""
    listener: ProgressListener = silent
    """Hears of progress."""

    def open_reader(self, memory: MemoryPlan) -> PixelReader:
        """The reader that was given, or one of ours within its bounds."""
        if self.reader is not None:
            return self.reader
        store = cube.BlockStore(self.cache, int(self.cache_gib * GIB)) if self.cache else None
        return cube.RangeReader(read_settings(), cache_bytes=memory.cache_bytes, store=store)


@dataclass(frozen=True, kw_only=True)
class MemoryPlan:
    """How a job keeps within its memory. It changes no answer."""

    workers: int
    """Threads."""
    cache_bytes: int
    """Unpacked blocks kept in memory."""
    read_bytes: int
    """Most memory while months are read."""
    score_bytes: int
    """Most memory while evidence is scored."""
    find_bytes: int
    """Most memory while sites are found on the whole grid."""
    peak_bytes: int
    """Most memory of all."""


def plan_memory(
    scenes: Iterable[Scene],
    grid: Grid,
    *,
    span: Period,
    periods: Sequence[Period],
    bands: Sequence[Band],
    workers: int | None = None,
    max_memory_gib: float | None = None,
) -> MemoryPlan:
    """As many threads, and kept blocks, as fit into the memory.

    Parameters
    ----------
    scenes, grid, span, periods, bands
        What is read, onto what, and in which periods.
    workers
        Threads asked for; None: at most one a core.
    max_memory_gib
        The bound; None: `DEFAULT_MEMORY_GIB` decides how many threads there are when `workers`
        does not, and is no bound where one thread needs more.

    Raises
    ------
    SettingsError
        The bound cannot be kept.
    """
    overpasses = max(Counter((s.day.year, s.day.month, s.tile) for s in scenes).values(), default=0)
    chunk_px = max((c.geobox.shape[0] * c.geobox.shape[1] for c in grid.chunks), default=0)
    months = max((len(s.months) for s in steps_of(span, periods)), default=0)
    read = chunk_px * overpasses * (OVERPASS_PX_BYTES + OVERPASS_BAND_BYTES * len(bands))
    update_evidence = chunk_px * (STATE_PX_BYTES + MONTH_PX_BYTES * months)
    rows, cols = grid.geobox.shape
    find = rows * cols * (GRID_PX_BYTES + PERIOD_PX_BYTES * len(periods))

    def plan_for(workers: int, cache_bytes: int) -> MemoryPlan:
        needs = (cache_bytes + workers * read, workers * update_evidence, find)
        sizes = [BASE_BYTES + int(SPARE * need) for need in needs]
        return MemoryPlan(
            workers=workers, cache_bytes=cache_bytes, read_bytes=sizes[0], score_bytes=sizes[1],
            find_bytes=sizes[2], peak_bytes=max(sizes),
        )  # fmt: skip

    bound = GIB * (DEFAULT_MEMORY_GIB if max_memory_gib is None else max_memory_gib)
    most = workers or os.cpu_count() or 1
    if workers and max_memory_gib is None:
        return plan_for(workers, cube.CACHE_BYTES)
    for threads in [workers] if workers else range(most, 0, -1):
        for part in (1, 2, 4):
            plan = plan_for(threads, cube.CACHE_BYTES // part)
            if plan.peak_bytes <= bound:
                return plan
    least = plan_for(workers or 1, cube.CACHE_BYTES // 4)
    if max_memory_gib is None:
        return least
    raise SettingsError(
        f"--max-memory {max_memory_gib:g} GiB: at least {least.peak_bytes / GIB:.2f} are needed",
        hint=_hint(least, bound),
    )


def _hint(plan: MemoryPlan, bound: float) -> str:
    if plan.find_bytes > bound:
        return "cut the area into smaller ones, or give it more memory"
    return "give a smaller --chunk or fewer --workers: the answer stays the same"
