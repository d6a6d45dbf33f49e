"""Facts of scenes: found once, remembered, found again when a scene is processed anew."""

from __future__ import annotations

import logging
from concurrent.futures import Executor

from minewatch import cube
from minewatch.errors import ReadError
from minewatch.model import (
    AreaOfInterest,
    PixelReader,
    Progress,
    ProgressListener,
    ReadFailure,
    SceneFacts,
    SceneList,
)
from minewatch.pipeline.reference import fact_keys, hold_reference
from minewatch.pipeline.state import State
from minewatch.pipeline.workers import drained

log = logging.getLogger(__name__)

KEPT_EVERY = 50
"""Scenes looked over between two times that their facts are put on disk [D]."""


def find_all_facts(
    scenes: SceneList,
    aoi: AreaOfInterest,
    state: State,
    *,
    reader: PixelReader,
    executor: Executor,
    listener: ProgressListener,
) -> tuple[dict[str, SceneFacts], tuple[ReadFailure, ...]]:
    """Facts of every scene, found once and remembered, with its shift against the reference.

    Returns
    -------
    facts
        By scene id; a scene that cannot be opened has none.
    failures
        One for each scene that cannot be opened.
    """
    reference = hold_reference(scenes, aoi, state, reader=reader)
    keys = fact_keys(scenes, reference)
    facts = state.read_facts(keys)
    missing = [scene for scene in scenes if scene.id not in facts]
    failures: list[ReadFailure] = []
    waiting = {
        executor.submit(cube.find_facts, s, aoi, reader=reader, reference=reference): s
        for s in missing
    }
    for done, future in enumerate(drained(waiting), start=1):
        scene = waiting[future]
        try:
            facts[scene.id] = future.result()
        except ReadError as error:
            log.warning("%s cannot be opened: %s", scene.id, error.problem)
            failures.append(
                ReadFailure(scene_id=scene.id, band="*", chunk="*", reason=error.problem)
            )
        listener(Progress("looking over scenes", done, len(missing), scene.id))
        if done % KEPT_EVERY == 0 or done == len(missing):
            state.write_facts(facts, keys)
    return facts, tuple(sorted(failures))
