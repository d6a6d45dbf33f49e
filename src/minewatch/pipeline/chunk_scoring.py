"""Frozen months to evidence over the whole grid, chunk by chunk and period by period, on disk.

Each period of a chunk lies there under a key that hashes its months and the key of the period
before it. A new scene changes the keys of its own period and of later ones only, and what lies
before is not read again: what it said of each pixel is kept in little (`detect.PixelState`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import rasterio
import xarray as xr

from minewatch import cube, detect
from minewatch.cube.natural_colour import season_picture
from minewatch.model import (
    PICTURE_LAYER,
    Band,
    Chunk,
    Detection,
    Evidence,
    Job,
    Progress,
    ProgressListener,
    Step,
    months_of,
    steps_of,
)
from minewatch.runtime.memory import give_back_memory, release_mapped
from minewatch.runtime.workers import Workers
from minewatch.store.evidence_arrays import EvidenceArrays, open_evidence_arrays
from minewatch.store.hashing import hash_values
from minewatch.store.month_files import read_months
from minewatch.store.pixel_state_files import ChunkState, PixelStateFiles, join_states
from minewatch.store.rule_versions import evidence_rules
from minewatch.store.state_folder import StateFolder

PART_PX = 60_000
"""Pixels of a chunk that are scored at once [D]: what they need on the way is 1.2 KB each."""
CHUNKS_QUEUED = 1
"""Chunks given out beyond one a thread: what a cluster finds of each waits until it is written."""


def score_chunks(
    job: Job,
    state: StateFolder,
    *,
    frozen: Mapping[str, Sequence[str]],
    workers: Workers,
    listener: ProgressListener,
) -> Evidence:
    """Per-pixel evidence of every chunk, laid side by side.

    Parameters
    ----------
    job, state
        What is asked, and the folder with the frozen months.
    frozen
        Name of each chunk to what its months hold: `FrozenMonths.frozen`.
    workers
        Where it runs; each worker holds the months of one period of a chunk.
    listener
        Hears of each chunk.

    Returns
    -------
    Evidence
        The layers of the detector over the grid, memory-mapped, and `picture`, dims
        (period, colour, y, x), uint8, 0 where nothing was seen. Pixels outside the AOI are not
        observed. `layers.attrs["contents"]` has a hash of what lies in the layers of each period.
    """
    grid, periods, bands = job.grid, job.periods, job.scenes.bands
    detector = job.detection.detector
    steps = steps_of(job.span, periods)
    asked = [str(grid.geobox), str(months_of(job.span)[0]), list(bands)]
    layout = hash_values([evidence_rules(job.detection), job.area.sha256, *asked])
    keys = {chunk.name: _chain(layout, steps, frozen[chunk.name]) for chunk in grid.chunks}
    inside = cube.aoi_mask(job.area, grid.geobox)
    arrays = open_evidence_arrays(
        state.directory / "evidence", layout, grid,
        contract={**detector.evidence_layers, "picture": PICTURE_LAYER},
        sizes={**detector.evidence_sizes, "colour": 3}, periods=len(periods),
    )  # fmt: skip
    stale = [chunk for chunk in grid.chunks if arrays.keys_of(chunk) != keys[chunk.name]]

    if stale:
        held = {chunk.name: _common(arrays.keys_of(chunk), keys[chunk.name]) for chunk in stale}
        arrays.note(held)
        # Where chunks are fewer than threads, the pixels of each are shared among some.
        threads = max(1, workers.threads() // len(stale)) if workers.are_here else 1
        tasks = (
            _ScoreTask(job.detection, state, chunk, inside[chunk.window], bands, steps,
                       keys[chunk.name], len(held[chunk.name]),
                       arrays if workers.are_here else None, threads)
            for chunk in stale
        )  # fmt: skip
        scored = workers.each(_score_chunk, tasks, spare=CHUNKS_QUEUED)
        for done, (task, sent) in enumerate(scored, start=1):
            for at, evidence in sent:
                arrays.write(task.chunk, task.inside, evidence, at)
            arrays.release()
            listener(Progress("scoring evidence", done, len(stale), task.chunk.name))
        arrays.flush()
        arrays.note({chunk.name: keys[chunk.name] for chunk in stale})
    axes = {name: grid.geobox.coordinates[name].values for name in ("y", "x")}
    contents = [hash_values([keys[c.name][at] for c in grid.chunks]) for at in range(len(periods))]
    crs = rasterio.CRS.from_epsg(grid.epsg).to_wkt()
    named = {"crs_wkt": crs, "spatial_ref": crs}  # as rioxarray does, which brings dask
    evidence = xr.Dataset(
        arrays.variables(), coords={**axes, "spatial_ref": ((), 0, named)},
        attrs={"contents": contents},
    )  # fmt: skip
    release = partial(release_mapped, list(arrays.arrays.values()))
    return Evidence(evidence, tuple(periods), release)


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
class _ScoreTask:
    """A chunk to be scored; it may be sent away."""

    detection: Detection
    state: StateFolder
    chunk: Chunk
    inside: np.ndarray
    bands: Sequence[Band]
    steps: Sequence[Step]
    keys: Sequence[str]
    held: int
    """Steps, from the first on, whose evidence is there."""
    arrays: EvidenceArrays | None
    """Where evidence is written; None: they are elsewhere, and it is sent there."""
    threads: int
    """Parts of its pixels that are scored at once."""


StepEvidence = list[tuple[int | None, xr.Dataset]]
"""Number of a step, or None for the whole record, and its layers, dims (..., 1, pixel)."""


def _score_chunk(task: _ScoreTask) -> StepEvidence:
    """Score the steps that changed, from the last state that still holds; what is to be written."""
    sent: StepEvidence = []

    def hand_over(at: int | None, evidence: xr.Dataset) -> None:
        if task.arrays:
            task.arrays.write(task.chunk, task.inside, evidence, at)
        else:
            sent.append((at, evidence))

    files = PixelStateFiles(task.state.pixel_state_folder(task.chunk))
    layers = tuple(task.detection.detector.state_layers)
    begin, found = files.latest(task.keys[: task.held], layers)
    pixels, wanted = int(task.inside.sum()), _kept(task.steps)
    parts = _parts(pixels, task.threads)
    whole = found or ChunkState(task.detection.detector.start(pixels))
    known = [whole.cut(part) for part in parts]
    del whole, found
    under_way: list[Future[None]] = []
    with ThreadPoolExecutor(task.threads) if task.threads > 1 else nullcontext() as pool:
        each = pool.map if pool else map
        for at in range(begin, len(task.steps)):
            known, evidence = _score_step(task, task.steps[at], known, parts, each)
            hand_over(at, evidence)
            del evidence
            if at in wanted:
                write = partial(files.write, task.keys[at], join_states(known))
                if pool:  # while the next step is scored
                    under_way.append(pool.submit(write))
                else:
                    write()
        for written in under_way:
            written.result()
    conclude = task.detection.detector.conclude
    sizes = [part.stop - part.start for part in parts]
    hand_over(None, _beside([
        conclude(state.pixels, shape=(1, size)) for state, size in zip(known, sizes, strict=True)
    ]))  # fmt: skip
    files.keep_only([task.keys[at] for at in wanted])
    give_back_memory()
    return sent


def _score_step(
    task: _ScoreTask, step: Step, known: Sequence[ChunkState], parts: Sequence[slice], each: Any
) -> tuple[list[ChunkState], xr.Dataset]:
    """The states of all parts after a step, and its evidence."""
    months = read_months(
        task.state, task.chunk, step.months, task.bands, within=task.inside, each=each
    )
    scored = list(each(partial(_score_part, task, step, months), known, parts))
    return [state for state, _ in scored], _beside([evidence for _, evidence in scored])


def _parts(pixels: int, threads: int) -> list[slice]:
    """The pixels in parts of much the same size: as many for each thread, and none too large."""
    count = threads * max(-(-pixels // (PART_PX * threads)), 1)
    ends = [pixels * at // count for at in range(count + 1)]
    return [slice(*ends) for ends in pairwise(ends)]


def _score_part(
    task: _ScoreTask, step: Step, months: xr.Dataset, known: ChunkState, part: slice
) -> tuple[ChunkState, xr.Dataset]:
    """Some pixels of a step: no pixel looks at another, so parts of any size say the same."""
    months = months.isel(x=part)
    rules = task.detection.cloud_commission
    settled = detect.settle_cloud_commission(months, before=known.recent, rules=rules)
    pixels, evidence = task.detection.detector.update(known.pixels, settled, period=step.period)
    if step.period:
        evidence = evidence.assign(picture=season_picture(settled, step.period))
    recent = detect.recent_counts(months, before=known.recent, rules=rules)
    return ChunkState(pixels, recent), evidence


def _beside(parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Evidence of pixels that were cut apart, dims (..., 1, pixel)."""
    first, *others = parts
    if not others:
        return first
    return xr.Dataset({
        name: (layer.dims, np.concatenate([part[name].to_numpy() for part in parts], axis=-1))
        for name, layer in first.data_vars.items()
    })  # fmt: skip


def _kept(steps: Sequence[Step]) -> set[int]:
    """The steps whose states are kept: the last two periods, and those of the last half year."""
    complete = [at for at, step in enumerate(steps) if step.period]
    late = {m.start for step in steps[-1:] for m in step.months[-1:]}
    recent = {at for at in complete for day in late if (day - steps[at].months[-1].end).days <= 183}
    return recent | set(complete[-2:])
