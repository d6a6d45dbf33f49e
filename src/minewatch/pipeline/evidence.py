"""Frozen months to evidence over the whole grid, chunk by chunk and period by period, on disk.

Each period of a chunk lies there under a key that hashes its months and the key of the period
before it. A new scene changes the keys of its own period and of later ones only, and what lies
before is not read again: what it said of each pixel is kept in little (`detect.Past`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from minewatch.pipeline.workers import Workers, give_back_memory

CHUNKS_AHEAD = 1
"""Chunks given out beyond one a thread: what a cluster tells of each waits until it is written."""


def gather_evidence(
    aoi: AreaOfInterest,
    grid: Grid,
    state: State,
    *,
    span: Period,
    periods: Sequence[Period],
    bands: Sequence[Band],
    frozen: Mapping[str, Sequence[str]],
    workers: Workers,
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
        Who weighs; each holds the months of one period of a chunk.
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

    if stale:
        held = {chunk.name: _common(layers.keys_of(chunk), keys[chunk.name]) for chunk in stale}
        layers.note(held)
        jobs = (
            _Job(state, chunk, inside[chunk.window], bands, steps, keys[chunk.name],
                 len(held[chunk.name]), layers if workers.are_here else None)
            for chunk in stale
        )  # fmt: skip
        weighed = workers.each(_weigh_chunk, jobs, spare=CHUNKS_AHEAD)
        for done, (job, sent) in enumerate(weighed, start=1):
            for at, told in sent:
                layers.write(job.chunk, job.inside, told, at)
            layers.let_go()
            listener(Progress("weighing evidence", done, len(stale), job.chunk.name))
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
    """A chunk to be weighed; it may be sent away."""

    state: State
    chunk: Chunk
    inside: np.ndarray
    bands: Sequence[Band]
    steps: Sequence[Step]
    keys: Sequence[str]
    held: int
    """Steps, from the first on, whose evidence is there."""
    layers: Layers | None
    """Where evidence is written; None: they are elsewhere, and it is sent there."""


Told = list[tuple[int | None, xr.Dataset]]
"""Number of a step, or None for the whole record, and its layers, dims (..., 1, pixel)."""


def _weigh_chunk(job: _Job) -> Told:
    """Weigh the steps that changed, from the last past that still holds; what is to be written."""
    sent: Told = []

    def tell(at: int | None, told: xr.Dataset) -> None:
        if job.layers:
            job.layers.write(job.chunk, job.inside, told, at)
        else:
            sent.append((at, told))

    pasts = Pasts(job.state.directory / "evidence" / "pasts" / job.chunk.name)
    begin, found = pasts.latest(job.keys[: job.held])
    pixels, wanted = int(job.inside.sum()), _kept(job.steps)
    known = found or Kept(detect.no_past(pixels))
    for at in range(begin, len(job.steps)):
        known, told = _weigh_step(job, known, job.steps[at])
        tell(at, told)
        if at in wanted:
            pasts.write(job.keys[at], known)
    tell(None, detect.conclude(known.past, shape=(1, pixels)))
    pasts.keep_only([job.keys[at] for at in wanted])
    give_back_memory()
    return sent


def _weigh_step(job: _Job, known: Kept, step: Step) -> tuple[Kept, xr.Dataset]:
    ground = read_months(job.state, job.chunk, step.months, job.bands, within=job.inside)
    settled = detect.settle_doubt(ground, before=known.recent)
    past, told = _tell(known.past, settled, step.period)
    return Kept(past, detect.recent_counts(ground, before=known.recent)), told


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
