"""Scenes to frozen months: the only part of a run that reads imagery."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

import numpy as np

from minewatch import cube, detect
from minewatch.errors import StateError
from minewatch.model import (
    Band,
    Chunk,
    Grid,
    Job,
    Period,
    PixelReader,
    Progress,
    ProgressListener,
    ReadFailure,
    Scene,
    SceneList,
    SceneQuality,
    months_of,
)
from minewatch.pipeline.file_versions import (
    expect_versions,
    kept_versions,
    mixed_scenes,
    versions_read,
)
from minewatch.pipeline.scene_survey import survey_scenes
from minewatch.runtime.workers import Workers
from minewatch.store.keys import MonthKeys
from minewatch.store.month_files import MonthRecord, read_record, remove_month, write_month
from minewatch.store.registration_reference import read_reference, scene_quality_keys
from minewatch.store.rule_versions import month_rules
from minewatch.store.state_folder import StateFolder

MONTHS_QUEUED = 64
"""Chunk-months given out beyond one a thread: workers never wait, and a country's fit [D]."""


OTHER_RULES = "months of other rules"
"""Progress: how many there are, and the bytes that reading them took."""


@dataclass(frozen=True, kw_only=True)
class FrozenMonths:
    """What reading a whole scene list came to."""

    quality: Mapping[str, SceneQuality]
    """Quality of every scene that could be opened."""
    failures: tuple[ReadFailure, ...]
    """Reads that failed: that ground was not observed then."""
    months_read: int
    """Chunk-months that were read now."""
    months_kept: int
    """Chunk-months that were frozen before and still hold."""
    frozen: Mapping[str, tuple[str, ...]]
    """Name of each chunk to what its months hold, in order of time."""
    bytes_read: int = 0
    """Bytes fetched now."""
    other_rules: int = 0
    """Chunk-months that were read now because other rules had made them."""
    other_scenes: int = 0
    """Scenes that were looked over now because other rules had made what was kept of them."""
    records: Mapping[tuple[str, date], MonthRecord] = field(default_factory=dict, repr=False)
    """Name of a chunk and first day of a month to what is known of it."""


def read_all_months(
    job: Job,
    state: StateFolder,
    *,
    reader: PixelReader,
    workers: Workers,
    listener: ProgressListener,
) -> FrozenMonths:
    """Freeze every month of every chunk that is not frozen yet.

    Parameters
    ----------
    job
        What to read, and where.
    state
        Where months are kept.
    reader, workers, listener
        How pixels come, where the work runs, who hears of it.
    """
    scenes, grid, bands = job.scenes, job.grid, job.scenes.bands
    before = _records_before(job, state)
    replaced = _replaced_scenes(before.values())
    replaced |= {failure.scene_id for failure in mixed_scenes(before.values())}
    survey = survey_scenes(
        scenes, job.area, state, reader=reader, workers=workers, listener=listener,
        replaced=replaced,
    )  # fmt: skip
    quality = survey.quality
    failures, records = list(survey.failures), dict[tuple[str, date], MonthRecord]()
    missing: list[tuple[_ChunkMonth, str]] = []
    other_rules = dict[tuple[str, date], int]()
    rules = month_rules(job.detection, scenes)
    keys = MonthKeys(scenes=scenes, quality=quality, bands=bands, chunks=grid.chunks, rules=rules)
    for step in _steps(scenes, grid, quality, job.span):
        if not step.scenes:
            remove_month(state, step.chunk, step.month)
            continue
        key = keys.of(step.scenes, step.chunk)
        record = before.get(step.place)
        is_whole = record is not None and record.key == key and not record.failures
        if record and is_whole and replaced.isdisjoint(scene.id for scene in step.scenes):
            records[step.place] = record
        else:
            missing.append((step, key))
            if record and record.rules != rules:
                other_rules[step.place] = record.bytes_read
    kept, bytes_read = len(records), survey.bytes_read
    again, size = 0, sum(other_rules.values())  # what they took then: the best estimate there is
    if other_rules:
        listener(Progress(OTHER_RULES, 0, len(other_rules), "are read again", size))
    inside = cube.aoi_mask(job.area, grid.geobox)
    versions = kept_versions(records.values())
    jobs = (
        _ReadJob(
            step,
            {s.id: quality[s.id] for s in step.scenes},
            bands,
            reader,
            state,
            key,
            rules,
            job.detection.overpass,
            inside[step.chunk.window],
            {s.id: versions[s.id] for s in step.scenes if s.id in versions},
        )
        for step, key in missing
    )
    done_jobs = workers.each(_reduce_one, jobs, spare=MONTHS_QUEUED)
    for done, (read, record) in enumerate(done_jobs, start=1):
        records[read.step.place] = record
        failures.extend(record.failures)
        bytes_read += record.bytes_read
        again += read.step.place in other_rules
        if other_rules:
            listener(Progress(OTHER_RULES, again, len(other_rules), "are read again", size))
        listener(Progress("reading months", done, len(missing), str(read.step), bytes_read))
    failures.extend(mixed_scenes(records.values()))
    return FrozenMonths(
        quality=quality,
        failures=tuple(sorted(set(failures))),
        months_read=len(missing),
        months_kept=kept,
        frozen=_by_chunk(grid, records),
        bytes_read=bytes_read,
        other_rules=len(other_rules),
        other_scenes=survey.other_rules,
        records=records,
    )


def _records_before(job: Job, state: StateFolder) -> dict[tuple[str, date], MonthRecord]:
    """Every month that is frozen, by the name of its chunk and its first day."""
    found = {
        (chunk.name, month.start): read_record(state, chunk, month)
        for month in months_of(job.span)
        for chunk in job.grid.chunks
    }
    return {place: record for place, record in found.items() if record is not None}


def _replaced_scenes(records: Iterable[MonthRecord]) -> set[str]:
    """Scenes of which a file was replaced while they were read: months hold parts of both."""
    return {
        failure.scene_id
        for record in records
        for failure in record.failures
        if failure.is_of_replaced_file
    }


def collect_kept_months(
    job: Job, state: StateFolder, *, unopened: Sequence[ReadFailure]
) -> FrozenMonths:
    """What was read before, without reading anything.

    Parameters
    ----------
    job, state
        As in `read_all_months`.
    unopened
        Failures of whole scenes that the job before reported.

    Raises
    ------
    StateError
        When a month is missing.
    """
    scenes, grid, bands = job.scenes, job.grid, job.scenes.bands
    measured = state.read_scene_quality(scene_quality_keys(scenes, read_reference(state)))
    quality = cube.decide_offsets(scenes, measured)
    failures, records = list(unopened), dict[tuple[str, date], MonthRecord]()
    rules = month_rules(job.detection, scenes)
    keys = MonthKeys(scenes=scenes, quality=quality, bands=bands, chunks=grid.chunks, rules=rules)
    for step in _steps(scenes, grid, quality, job.span):
        if not step.scenes:
            continue
        record = read_record(state, step.chunk, step.month)
        if record is not None and record.rules != rules:
            raise StateError(
                f"{state.directory.parent} holds months that other rules made: {record.rules}, "
                f"this minewatch makes {rules}",
                hint="run `minewatch update` with the last day of the run: it reads them again",
            )
        if record is None or record.key != keys.of(step.scenes, step.chunk):
            raise StateError(
                f"{state.directory.parent} lacks {step.month.start:%Y-%m} of {step.chunk.name}",
                hint="finish the run first: `minewatch run` with --resume, or `minewatch update`",
            )
        failures.extend(record.failures)
        records[step.place] = record
    failures.extend(mixed_scenes(records.values()))
    return FrozenMonths(
        quality=quality,
        failures=tuple(sorted(set(failures))),
        months_read=0,
        months_kept=len(records),
        frozen=_by_chunk(grid, records),
        records=records,
    )


@dataclass(frozen=True, kw_only=True)
class _ChunkMonth:
    """One month of one chunk."""

    chunk: Chunk
    month: Period
    scenes: tuple[Scene, ...]

    def __str__(self) -> str:
        return f"{self.month.start:%Y-%m} {self.chunk.name}"

    @property
    def place(self) -> tuple[str, date]:
        return self.chunk.name, self.month.start


def _steps(
    scenes: SceneList, grid: Grid, quality: Mapping[str, SceneQuality], span: Period
) -> Iterator[_ChunkMonth]:
    """Every month of every chunk, with the scenes that reach it and are read.

    Month by month, and chunks that share blocks of the files one after the other: a reader that
    keeps blocks then fetches each about once.
    """
    by_month = _by_month(scenes, quality)
    over = {c.name: {scene.id for scene in cube.scenes_over(scenes, c)} for c in grid.chunks}
    chunks = cube.in_reading_order(grid)
    for month in months_of(span):
        for chunk in chunks:
            here = tuple(s for s in by_month[month.start] if s.id in over[chunk.name])
            yield _ChunkMonth(chunk=chunk, month=month, scenes=here)


@dataclass(frozen=True)
class _ReadJob:
    """A step to be read, and no more than it needs: it may be sent away."""

    step: _ChunkMonth
    quality: Mapping[str, SceneQuality]
    bands: Sequence[Band]
    reader: PixelReader
    state: StateFolder
    key: str
    rules: str
    overpass: Any
    inside: np.ndarray
    versions: Mapping[str, str]


def _reduce_one(job: _ReadJob) -> MonthRecord:
    step = job.step
    expect_versions(job.reader, step.scenes, job.versions)
    reduced = cube.reduce_month(
        step.scenes,
        job.quality,
        step.chunk,
        month=step.month,
        bands=job.bands,
        reader=job.reader,
        is_disturbed=partial(detect.is_disturbed, rules=job.overpass),
    )
    clear, greenness, seen = cube.sky_and_greenness(reduced.cube, job.inside)
    record = MonthRecord(
        key=job.key,
        rules=job.rules,
        clear_pixels=clear,
        greenness_sum=greenness,
        seen_pixels=seen,
        overpasses=reduced.overpasses,
        failures=tuple(sorted(reduced.failures)),
        bytes_read=reduced.bytes_read,
        versions=versions_read(job.reader, step.scenes),
    )
    return write_month(job.state, step.chunk, step.month, reduced.cube, record)


def _by_chunk(
    grid: Grid, records: Mapping[tuple[str, date], MonthRecord]
) -> dict[str, tuple[str, ...]]:
    """What the months of each chunk hold, in order of time."""
    held: dict[str, list[str]] = {chunk.name: [] for chunk in grid.chunks}
    for (chunk, month), record in sorted(records.items(), key=lambda entry: entry[0]):
        held[chunk].append(f"{month} {record.content}")
    return {chunk: tuple(months) for chunk, months in held.items()}


def is_read(scene: Scene, quality: Mapping[str, SceneQuality]) -> bool:
    """Whether a scene could be opened and is not left out: others show nothing."""
    return scene.id in quality and not quality[scene.id].left_out


def _by_month(
    scenes: SceneList, quality: Mapping[str, SceneQuality]
) -> defaultdict[date, list[Scene]]:
    months: defaultdict[date, list[Scene]] = defaultdict(list)
    for scene in scenes:
        if is_read(scene, quality):
            months[scene.day.replace(day=1)].append(scene)
    return months
