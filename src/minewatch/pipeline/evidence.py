"""Frozen months to evidence over the whole grid, chunk by chunk and period by period, on disk.

Each period of a chunk lies there under a key that hashes its months and the key of the period
before it. A new scene changes the keys of its own period and of later ones only, and what lies
before is not read again: what it said of each pixel is kept in little (`detect.Past`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import rioxarray  # noqa: F401 - gives arrays their CRS
import xarray as xr

from minewatch import cube, detect
from minewatch.model import (
    AreaOfInterest,
    Band,
    Chunk,
    Grid,
    Period,
    Progress,
    ProgressListener,
    months_of,
)
from minewatch.pipeline.keys import code_key, hash_values
from minewatch.pipeline.layers import Layers, open_layers
from minewatch.pipeline.months import empty_months, read_months
from minewatch.pipeline.pasts import Kept, Pasts
from minewatch.pipeline.picture import PICTURE_VERSION, season_picture
from minewatch.pipeline.state import State
from minewatch.pipeline.workers import drained, give_back_memory


def gather_evidence(
    aoi: AreaOfInterest,
    grid: Grid,
    state: State,
    *,
    span: Period,
    periods: Sequence[Period],
    bands: Sequence[Band],
    frozen: Mapping[str, Sequence[str]],
    workers: int | None,
    listener: ProgressListener,
) -> xr.Dataset:
    """Per-pixel evidence of every chunk, laid side by side.

    Parameters
    ----------
    aoi, grid, state
        The area, its grid, and the folder with the frozen months.
    span, periods
        Days covered, and the periods they are told in.
    bands
        Reflectance bands frozen.
    frozen
        Name of each chunk to what its months hold, as `Reduction.frozen` tells.
    workers
        Threads; None takes one a core. Each holds the months of one period of a chunk.
    listener
        Hears of each chunk.

    Returns
    -------
    xarray.Dataset
        The layers of `detect.score` over the grid, memory-mapped, and `picture`, dims
        (period, colour, y, x), uint8, 0 where nothing was seen. Pixels outside the AOI are not
        observed. `attrs["contents"]` has a hash of what lies in the layers of each period.
    """
    steps = steps_of(span, periods)
    asked = [str(grid.geobox), str(months_of(span)[0]), list(bands)]
    layout = hash_values([code_key(detect), PICTURE_VERSION, aoi.sha256, *asked])
    keys = {chunk.name: _chain(layout, steps, frozen[chunk.name]) for chunk in grid.chunks}
    inside = cube.aoi_mask(aoi, grid.geobox)
    layers = open_layers(
        state.directory / "evidence", layout, grid,
        seasonal=_tell(detect.no_past(1), empty_months((1, 1), (), bands), span)[1],
        whole=detect.conclude(detect.no_past(1), shape=(1, 1)), periods=len(periods),
    )  # fmt: skip
    stale = [chunk for chunk in grid.chunks if layers.keys_of(chunk) != keys[chunk.name]]

    def work(chunk: Chunk) -> None:
        job = _Job(state, chunk, inside[chunk.window], bands, steps, keys[chunk.name], layers)
        job.do()

    if stale:
        held = {chunk.name: layers.keys_of(chunk) for chunk in stale}
        layers.note({name: _common(held[name], keys[name]) for name in held})
        with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
            waiting = {pool.submit(work, chunk): chunk for chunk in stale}
            for done, finished in enumerate(drained(waiting), start=1):
                finished.result()
                layers.let_go()
                give_back_memory()
                name = waiting[finished].name
                listener(Progress("weighing evidence", done, len(stale), name))
        layers.flush()
        layers.note({chunk.name: keys[chunk.name] for chunk in stale})
    axes = {name: grid.geobox.coordinates[name].values for name in ("y", "x")}
    contents = [hash_values([keys[c.name][at] for c in grid.chunks]) for at in range(len(periods))]
    evidence = xr.Dataset(layers.variables(), coords=axes, attrs={"contents": contents})
    evidence.rio.write_crs(grid.epsg, inplace=True)  # else all layers are copied into memory
    return evidence


@dataclass(frozen=True)
class Step:
    """Months that are weighed together."""

    period: Period | None
    """The period they are told in; None: not yet."""
    months: tuple[Period, ...]
    """They themselves."""


def steps_of(span: Period, periods: Sequence[Period]) -> list[Step]:
    """The months of a span as they are weighed, up to the end of each period."""
    months = months_of(span)
    starts = [month.start for month in months]
    return [Step(period, months[at]) for period, at in detect.split_months(starts, periods)]


def _chain(layout: str, steps: Sequence[Step], frozen: Sequence[str]) -> list[str]:
    """A key for each step: what its months hold, and the key of the step before."""
    holds = {entry.split(" ", 1)[0]: entry for entry in frozen}
    keys, key = [], layout
    for step in steps:
        named = [month.start.isoformat() for month in step.months]
        key = hash_values([key, str(step.period), named, [holds.get(n) for n in named]])
        keys.append(key)
    return keys


def _common(held: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """The keys that two chains begin with."""
    pairs = list(zip(held, wanted, strict=False))
    return [a for at, (a, b) in enumerate(pairs) if all(x == y for x, y in pairs[: at + 1])]


@dataclass(frozen=True)
class _Job:
    """The weighing of one chunk."""

    state: State
    chunk: Chunk
    inside: np.ndarray
    bands: Sequence[Band]
    steps: Sequence[Step]
    keys: Sequence[str]
    layers: Layers

    def do(self) -> None:
        """Weigh the steps that changed, from the last past that still holds."""
        pasts = Pasts(self.state.directory / "evidence" / "pasts" / self.chunk.name)
        changed = len(_common(self.layers.keys_of(self.chunk), self.keys))
        begin, known = pasts.latest(self.keys[:changed])
        known = known or Kept(detect.no_past(int(self.inside.sum())))
        wanted = _kept(self.steps)
        for at in range(begin, len(self.steps)):
            known = self._weigh_step(known, at)
            if at in wanted:
                pasts.write(self.keys[at], known)
        whole = detect.conclude(known.past, shape=(1, int(self.inside.sum())))
        self.layers.write(self.chunk, self.inside, whole)
        pasts.keep_only([self.keys[at] for at in wanted])

    def _weigh_step(self, known: Kept, at: int) -> Kept:
        step = self.steps[at]
        ground = read_months(self.state, self.chunk, step.months, self.bands, within=self.inside)
        settled = detect.settle_doubt(ground, before=known.recent)
        past, told = _tell(known.past, settled, step.period)
        self.layers.write(self.chunk, self.inside, told, at)
        return Kept(past, detect.recent_counts(ground, before=known.recent))


def _tell(
    past: detect.Past, settled: xr.Dataset, period: Period | None
) -> tuple[detect.Past, xr.Dataset]:
    """`detect.weigh`, with a picture of the period."""
    past, told = detect.weigh(past, settled, period=period)
    return past, told.assign(picture=season_picture(settled, period)) if period else told


def _kept(steps: Sequence[Step]) -> set[int]:
    """The steps whose pasts are kept: the last two periods, and those of the last half year."""
    told = [at for at, step in enumerate(steps) if step.period]
    late = {m.start for step in steps[-1:] for m in step.months[-1:]}
    recent = {at for at in told for day in late if (day - steps[at].months[-1].end).days <= 183}
    return recent | set(told[-2:])


def read_ground(
    state: State, chunk: Chunk, inside: np.ndarray, *, span: Period, bands: Sequence[Band]
) -> xr.Dataset:
    """The months of a chunk as they are weighed: doubt settled, nothing seen outside the area.

    Parameters
    ----------
    state, chunk
        Where they lie.
    inside
        Dims (y, x), bool: the pixels of the chunk that belong to the area.
    span, bands
        Days covered, and reflectance bands to bring.
    """
    months = detect.settle_doubt(read_months(state, chunk, months_of(span), bands))
    ground: xr.Dataset = months.where(xr.DataArray(inside, dims=("y", "x")), 0).astype("uint16")
    return ground
