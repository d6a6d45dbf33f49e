"""Killed without warning, again and again: earlier outputs stay whole, the end is the same.

A child process ends itself with SIGKILL at a chosen one of its file operations, so that moments are
random but seeded, and those between two renames come up too, which no clock would hit.
"""

from __future__ import annotations

import multiprocessing
import random
import shutil
import signal
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from minewatch import synthetic
from minewatch.model import RunResult
from minewatch.pipeline import run, update
from minewatch.store import open_result

from .conftest import TINY, all_bytes, run_archive
from .killed import Job, child

pytestmark = pytest.mark.timeout(900)

KILLS = 12
SHORT_END = date(2021, 1, 31)
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["minewatch.pipeline.jobs"])


def killed_at(job: Job, out: Path, fatal: int) -> int | None:
    """Run a job in a process that dies at that operation; None when it did."""
    answers = SERVER.SimpleQueue()
    process = SERVER.Process(target=child, args=(job, out, fatal, answers))
    process.start()
    process.join(120)
    assert process.exitcode in {0, -signal.SIGKILL}
    return None if process.exitcode else answers.get()


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a child process find this package."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1])


def moments(operations: int, seed: int) -> list[int]:
    """Half of them anywhere, half among the last operations, where outputs change hands."""
    drawn = random.Random(seed)
    anywhere = [drawn.randint(1, operations) for _ in range(KILLS // 2)]
    late = [drawn.randint(max(1, operations - 60), operations) for _ in range(KILLS - KILLS // 2)]
    return anywhere + late


def outputs(out: Path) -> dict[str, bytes] | None:
    """Every output, checked against the manifest; None when there is no result yet."""
    if not (out / "manifest.json").exists() and not (out / "state" / "ready").exists():
        return None
    return all_bytes(open_result(out))


@pytest.fixture(scope="module")
def whole(tiny_archive: synthetic.Archive, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return run_archive(tiny_archive, tmp_path_factory.mktemp("whole") / "run")


def running(archive: synthetic.Archive, out: Path, **changes: Any) -> Job:
    arguments = {"start": TINY.start, "end": TINY.end, "catalog": str(archive.catalog), "out": out}
    return partial(run, archive.aoi, workers=1, **{**arguments, **changes})


def test_a_run_killed_at_any_moment_is_finished_by_resume(
    tiny_archive: synthetic.Archive, whole: RunResult, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    operations = killed_at(running(tiny_archive, tmp_path / "count"), tmp_path / "count", 0)
    assert operations is not None
    kills = 0
    for seed in range(4):
        for fatal in moments(operations, seed):
            if killed_at(running(tiny_archive, out, resume=True), out, fatal) is None:
                kills += 1
            found = outputs(out)
            assert found in (None, all_bytes(whole))
        if kills >= KILLS:
            break
    assert kills >= KILLS
    result = run_archive(tiny_archive, out, resume=True)
    assert all_bytes(result) == all_bytes(whole)
    assert not list((out / "state").rglob(".minewatch-part-*"))


def test_an_update_killed_at_any_moment_leaves_the_old_outputs_or_the_new(
    tiny_archive: synthetic.Archive, whole: RunResult, tmp_path: Path
) -> None:
    early, counted, out = tmp_path / "early", tmp_path / "count", tmp_path / "run"
    before = all_bytes(run_archive(tiny_archive, early, end=SHORT_END))
    after = all_bytes(whole)
    shutil.copytree(early, counted)
    operations = killed_at(partial(update, counted, end=TINY.end, workers=1), counted, 0)
    assert operations is not None
    seen = set()
    shutil.copytree(early, out)
    for fatal in moments(operations, seed=7):
        killed_at(partial(update, out, end=TINY.end, workers=1), out, fatal)
        found = outputs(out)
        assert found in (before, after)
        seen.add(found == after)
        if found == after:
            assert all_bytes(update(out, end=TINY.end)) == after
            shutil.rmtree(out)
            shutil.copytree(early, out)
    assert seen == {False, True}
    assert all_bytes(update(out, end=TINY.end)) == after
