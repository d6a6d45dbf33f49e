"""Quality of scenes: found once, remembered, found again when a scene is processed anew."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from minewatch import cube
from minewatch.errors import PixelKindError, ReadError
from minewatch.model import (
    AreaOfInterest,
    PixelReader,
    Progress,
    ProgressListener,
    ReadFailure,
    Scene,
    SceneList,
    SceneQuality,
)
from minewatch.runtime.workers import Workers
from minewatch.store.registration_reference import hold_reference, scene_quality_keys
from minewatch.store.rule_versions import rules_of
from minewatch.store.state_folder import StateFolder

log = logging.getLogger(__name__)

SCENES_QUEUED = 8
"""Scenes given out beyond one a thread [D]."""
SCENES_OF_OTHER_RULES = "scenes of other rules"
"""Progress: how many there are, each to be looked over again."""
KEPT_EVERY_S = 5.0
"""Seconds between two times that the quality of scenes is put on disk [D]: all of it each time."""


@dataclass(frozen=True)
class Survey:
    """What a first look over all scenes came to."""

    quality: dict[str, SceneQuality]
    """By scene id; a scene that cannot be opened has none."""
    failures: tuple[ReadFailure, ...]
    """One for each scene that cannot be opened."""
    bytes_read: int
    """Bytes fetched now."""
    other_rules: int = 0
    """Scenes looked over now because other rules had made what is kept of them."""


def survey_scenes(
    scenes: SceneList,
    aoi: AreaOfInterest,
    state: StateFolder,
    *,
    reader: PixelReader,
    workers: Workers,
    listener: ProgressListener,
    replaced: Collection[str] = (),
) -> Survey:
    """Quality of every scene, found once and remembered, with its shift against the reference.

    Scenes of which a file was `replaced` since are looked over again. Where no scene can be opened,
    and one for the kind of its pixels, that is the end: `PixelKindError`.

    What is remembered of a scene is what its own pixels say. Its offset depends on the scenes near
    it in time, too, so it is decided anew from all of them whenever scenes come or go.
    """
    take_bytes = bytes_counter(reader)
    take_bytes()
    reference = hold_reference(scenes, aoi, state, reader=reader)
    keys = scene_quality_keys(scenes, reference)
    bytes_read = take_bytes()
    quality = state.read_scene_quality(keys)
    missing = [s for s in scenes if s.id not in quality or s.id in replaced or quality[s.id].unread]
    rules = " ".join(rules_of(kind, scenes) for kind in ("reference", "scene_quality"))
    made_by = state.scene_quality_rules()
    others = {scene.id for scene in missing if made_by.get(scene.id, rules) != rules}
    again = 0
    if others:
        listener(Progress(SCENES_OF_OTHER_RULES, 0, len(others), "are looked over again"))
    failures: list[ReadFailure] = []
    odd: PixelKindError | None = None
    jobs = (_Job(scene, aoi, reader, reference) for scene in missing)
    kept_at = time.monotonic()
    looked = workers.each(_look_over, jobs, spare=SCENES_QUEUED)
    for done, (job, (found, fetched)) in enumerate(looked, start=1):
        scene = job.scene
        bytes_read += fetched
        if isinstance(found, SceneQuality):
            quality[scene.id] = found
        else:
            quality.pop(scene.id, None)
            odd = found if isinstance(found, PixelKindError) else odd
            log.warning("%s cannot be opened: %s", scene.id, found.problem)
            failures.append(
                ReadFailure(scene_id=scene.id, band="*", chunk="*", reason=found.problem)
            )
        if others:
            again += scene.id in others
            listener(Progress(SCENES_OF_OTHER_RULES, again, len(others), "are looked over again"))
        listener(Progress("looking over scenes", done, len(missing), scene.id))
        if done == len(missing) or time.monotonic() - kept_at >= KEPT_EVERY_S:
            state.write_scene_quality(quality, keys, rules=rules)
            kept_at = time.monotonic()
    if odd and not quality:
        raise odd  # no scene can ever be read: said now, not after hours of trying
    decided = cube.decide_offsets(scenes, quality)
    return Survey(decided, tuple(sorted(failures)), bytes_read, len(others))


@dataclass(frozen=True)
class _Job:
    """A scene to be looked over; it may be sent away."""

    scene: Scene
    aoi: AreaOfInterest
    reader: PixelReader
    reference: cube.Reference


def _look_over(job: _Job) -> tuple[SceneQuality | ReadError, int]:
    """Its quality, or why it cannot be opened; and the bytes fetched."""
    take_bytes = bytes_counter(job.reader)
    take_bytes()
    found: SceneQuality | ReadError
    try:
        found = cube.measure_scene_quality(
            job.scene, job.aoi, reader=job.reader, reference=job.reference
        )
    except ReadError as error:
        found = error
    return found, take_bytes()


def bytes_counter(reader: PixelReader) -> Callable[[], int]:
    """What says how many bytes this thread has fetched since it was last asked; 0 when unknown."""
    counter: Callable[[], int] = getattr(reader, "take_bytes", int)
    return counter
