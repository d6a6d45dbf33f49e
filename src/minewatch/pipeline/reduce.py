"""Scenes to frozen months: the only part of a run that reads imagery."""

from __future__ import annotations

import logging
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from minewatch import cube, detect
from minewatch.errors import ReadError, SettingsError
from minewatch.model import (
    AreaOfInterest,
    Band,
    Chunk,
    Grid,
    Period,
    PixelReader,
    Progress,
    ProgressListener,
    ReadFailure,
    Scene,
    SceneFacts,
    SceneList,
    months_of,
)
from minewatch.pipeline.state import MonthRecord, State, month_key

log = logging.getLogger(__name__)

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Reduction:
    """What reading a whole scene list came to."""

    facts: Mapping[str, SceneFacts]
    """Facts of every scene that could be opened."""
    failures: tuple[ReadFailure, ...]
    """Reads that failed: that ground was not observed then."""
    months_read: int
    """Chunk-months that were read now."""
    months_kept: int
    """Chunk-months that were frozen before and still hold."""


@contextmanager
def open_executor(scheduler: str | None, workers: int | None) -> Iterator[Executor]:
    """Threads on this machine, or the workers of a Dask cluster.

    Parameters
    ----------
    scheduler
        Address of a Dask scheduler; its workers must see the run directory under the same path.
    workers
        Threads when there is no scheduler; None takes one a core.
    """
    if scheduler is None:
        with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
            yield pool
        return
    try:
        from distributed import Client
    except ImportError:
        raise SettingsError(
            f"--scheduler {scheduler} needs Dask distributed",
            hint="pip install 'minewatch[cluster]'",
        ) from None
    with Client(scheduler, timeout="10s") as client:
        yield client.get_executor()


def find_all_facts(
    scenes: SceneList,
    aoi: AreaOfInterest,
    state: State,
    *,
    reader: PixelReader,
    executor: Executor,
    listener: ProgressListener,
) -> tuple[dict[str, SceneFacts], tuple[ReadFailure, ...]]:
    """Facts of every scene, found once and remembered.

    Returns
    -------
    facts
        By scene id; a scene that cannot be opened has none.
    failures
        One for each scene that cannot be opened.
    """
    known = state.read_facts()
    facts = {scene.id: known[scene.id] for scene in scenes if scene.id in known}
    missing = [scene for scene in scenes if scene.id not in facts]
    failures: list[ReadFailure] = []
    waiting = {executor.submit(cube.find_facts, s, aoi, reader=reader): s for s in missing}
    for done, future in enumerate(_drained(waiting), start=1):
        scene = waiting[future]
        try:
            facts[scene.id] = future.result()
        except ReadError as error:
            log.warning("%s cannot be opened: %s", scene.id, error.problem)
            failures.append(
                ReadFailure(scene_id=scene.id, band="*", chunk="*", reason=error.problem)
            )
        listener(Progress("looking over scenes", done, len(missing), scene.id))
    if missing:
        state.write_facts({**known, **facts})
    return facts, tuple(sorted(failures))


def reduce_all(
    scenes: SceneList,
    aoi: AreaOfInterest,
    grid: Grid,
    state: State,
    *,
    span: Period,
    bands: Sequence[Band],
    reader: PixelReader,
    executor: Executor,
    listener: ProgressListener,
) -> Reduction:
    """Freeze every month of every chunk that is not frozen yet.

    Parameters
    ----------
    scenes, aoi, grid
        What to read, and where.
    state
        Where months are kept.
    span
        Days covered.
    bands
        Reflectance bands.
    reader, executor, listener
        How pixels come, where the work runs, who hears of it.
    """
    facts, broken = find_all_facts(
        scenes, aoi, state, reader=reader, executor=executor, listener=listener
    )
    failures, kept = list(broken), 0
    waiting: dict[Future[MonthRecord], str] = {}
    by_month = _by_month(scenes, facts)
    for chunk in grid.chunks:
        over_chunk = {scene.id for scene in cube.scenes_over(scenes, chunk)}
        for month in months_of(span):
            over = [scene for scene in by_month[month.start] if scene.id in over_chunk]
            if not over:
                state.month_path(chunk, month).unlink(missing_ok=True)
                continue
            key = month_key(over, facts, bands, chunk)
            record = state.read_record(chunk, month)
            if record and record.key == key and not record.failures:
                kept += 1
                continue
            future = executor.submit(
                _reduce_one, over, facts, chunk, month, bands, reader, state, key
            )
            waiting[future] = f"{month.start:%Y-%m} {chunk.name}"
    bytes_read = 0
    for done, finished in enumerate(_drained(waiting), start=1):
        record = finished.result()
        failures.extend(record.failures)
        bytes_read += record.bytes_read
        listener(Progress("reading months", done, len(waiting), waiting[finished], bytes_read))
    return Reduction(
        facts=facts,
        failures=tuple(sorted(set(failures))),
        months_read=len(waiting),
        months_kept=kept,
    )


def _reduce_one(
    scenes: Sequence[Scene],
    facts: Mapping[str, SceneFacts],
    chunk: Chunk,
    month: Period,
    bands: Sequence[Band],
    reader: PixelReader,
    state: State,
    key: str,
) -> MonthRecord:
    reduced = cube.reduce_month(
        scenes,
        facts,
        chunk,
        month=month,
        bands=bands,
        reader=reader,
        is_disturbed=detect.is_disturbed,
    )
    record = MonthRecord(
        key=key,
        looks=reduced.looks,
        failures=tuple(sorted(reduced.failures)),
        bytes_read=reduced.bytes_read,
    )
    state.write_month(chunk, month, reduced.cube, record)
    return record


def _by_month(scenes: SceneList, facts: Mapping[str, SceneFacts]) -> defaultdict[date, list[Scene]]:
    months: defaultdict[date, list[Scene]] = defaultdict(list)
    for scene in scenes:
        if scene.id in facts:
            months[scene.day.replace(day=1)].append(scene)
    return months


def _drained(waiting: Mapping[Future[Result], object]) -> Iterator[Future[Result]]:
    """Futures as they finish; the ones not begun are dropped when one of them raises."""
    try:
        yield from as_completed(waiting)
    except BaseException:
        for future in waiting:
            future.cancel()
        raise
