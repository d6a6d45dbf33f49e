"""What a job meets is compiled ahead, whole and once; whatever fails there, the job goes on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.flow.conftest import SMALL

from minewatch import synthetic
from minewatch.detect.morphology import opened
from minewatch.runtime import warmup

JOB = """
import json, sys
from datetime import date
from minewatch.compiled import KERNELS
from minewatch.pipeline import run
from minewatch.runtime import warmup
folder, out, first, last = sys.argv[1:]
run(f"{folder}/aoi.geojson", start=date.fromisoformat(first), end=date.fromisoformat(last),
    catalog=f"{folder}/catalog.json", out=out, chunk_px=96)
kinds = lambda found: sorted(map(str, found))
print(json.dumps({
    kernel.__name__: [kinds(kernel.signatures), kinds(warmup._arguments(kernel))]
    for kernel in KERNELS
}))
"""
ONE = "minewatch.detect.morphology:_shrink"


def told_by(code: str, *arguments: object, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *map(str, arguments)],
        env=os.environ | env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.splitlines()[-1]


@pytest.fixture(autouse=True)
def nobody_at_it(monkeypatch):
    monkeypatch.setattr(warmup, "_helpers", [])


def test_what_kernels_say_they_meet_is_what_a_job_calls_them_with(tmp_path):
    archive = synthetic.write_archive(tmp_path / "archive", SMALL)
    synthetic.write_elevation(archive)
    told = json.loads(told_by(JOB, archive.directory, tmp_path / "run", SMALL.start, SMALL.end))
    assert sum(bool(said) for _, said in told.values()) > 20
    assert {name: met for name, (met, _) in told.items()} == {
        name: said for name, (_, said) in told.items()
    }


def test_a_helper_keeps_what_it_compiles_where_numba_looks(tmp_path):
    code = f"""
import json, minewatch.pipeline.jobs
from minewatch.runtime import warmup
find, before = warmup.uncompiled, warmup.uncompiled()
warmup.uncompiled = lambda: ["{ONE}"]
warmup.finish()
print(json.dumps([before, find(), [helper.returncode for helper in warmup._helpers]]))
"""
    before, after, codes = json.loads(told_by(code, NUMBA_CACHE_DIR=str(tmp_path)))
    assert codes == [0]
    assert sorted([*after, ONE]) == sorted(before)
    packages = [name.split(".")[1] for name in before]
    assert packages == sorted(packages)  # what reading needs comes first
    assert len(before) > 20


def run_by(program: Path, monkeypatch) -> None:
    """Start helpers as if a program were the one that runs; it fails at once."""
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(warmup, "uncompiled", lambda: [ONE])
    warmup.start()


def test_where_helpers_fail_nobody_waits_and_kernels_work(tmp_path, monkeypatch):
    run_by(tmp_path / "python", monkeypatch)
    assert len(warmup._helpers) == 1
    warmup.wait("minewatch.detect", lambda _: None)
    assert warmup._helpers[0].wait() == 1
    assert opened(np.arange(9), (3, 3)).tolist() == list(range(9))


def test_a_program_that_is_not_python_is_not_started_again(tmp_path, monkeypatch):
    run_by(tmp_path / "viewer", monkeypatch)
    assert warmup._helpers == []


def test_waiting_is_told_and_ends_with_the_package(monkeypatch):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as busy:
        monkeypatch.setattr(warmup, "_helpers", [busy])
        answers = iter([[ONE], [ONE], []])
        monkeypatch.setattr(warmup, "uncompiled", lambda: next(answers))
        heard = []
        warmup.wait("minewatch.detect", heard.append)
        assert busy.poll() is None  # it goes on with other packages
        busy.kill()
    assert {event.stage for event in heard} == {"compiling for this machine, once"}
    assert [event.total - event.done for event in heard] == [1, 1, 0]


def test_a_numba_that_keeps_its_code_elsewhere_compiles_when_called(monkeypatch):
    monkeypatch.setattr(warmup, "KERNELS", {object(): ("int64",)})
    assert warmup.uncompiled() == []


@pytest.mark.parametrize(
    "env",
    [
        {"NUMBA_DISABLE_JIT": "1"},
        {
            "NUMBA_CACHE_DIR": str(Path(os.devnull) / "nowhere"),
            "NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator",
        },
    ],
    ids=["nothing is compiled", "nothing can be kept"],
)
def test_no_helper_starts_where_it_could_not_help(env):
    code = """
import json, numpy as np, minewatch.pipeline.jobs
from minewatch.detect.morphology import opened
from minewatch.runtime import warmup
warmup.start()
print(json.dumps([warmup.uncompiled(), warmup._helpers, opened(np.arange(9), (3, 3)).tolist()]))
"""
    assert json.loads(told_by(code, **env)) == [[], [], list(range(9))]
