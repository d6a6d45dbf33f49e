"""What a job meets is compiled before it, whole and once; whatever fails there, the job goes on."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.flow.conftest import SMALL, TINY

from minewatch import synthetic
from minewatch.detect.morphology import opened
from minewatch.runtime import warmup
from minewatch.runtime.compile_worker import add_to_record

JOB = """
import json, sys
from datetime import date
from pathlib import Path
import rasterio
from odc.geo.geobox import GeoBox
from minewatch.compiled import KERNELS
from minewatch.cube import RangeReader
from minewatch.model import Asset
from minewatch.pipeline import run
from numba.core import sigutils
folder, out, first, last = sys.argv[1:]
run(f"{folder}/aoi.geojson", start=date.fromisoformat(first), end=date.fromisoformat(last),
    catalog=f"{folder}/catalog.json", out=out, chunk_px=96)
path = next(Path(folder).rglob("B08.tif"))  # an area of this size has no need of overviews
with rasterio.open(path) as file:
    between = GeoBox.from_rio(file)[1:, 1:].zoom_out(2)[:-1, :-1]
RangeReader().read(Asset(href=str(path)), between, band="nir")
kinds = lambda found: sorted(map(str, found))
read = lambda texts: [sigutils.normalize_signature(text)[0] for text in texts]
print(json.dumps({
    kernel.__name__: [kinds(kernel.signatures), kinds(read(KERNELS[kernel]))]
    for kernel in KERNELS
}))
"""
ONE = "minewatch.detect.morphology:_shrink"


def printed_by(code: str, *arguments: object, **env: str) -> str:
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
    kinds = json.loads(printed_by(JOB, archive.directory, tmp_path / "run", SMALL.start, SMALL.end))
    assert sum(bool(said) for _, said in kinds.values()) > 20
    assert {name: met for name, (met, _) in kinds.items()} == {
        name: said for name, (_, said) in kinds.items()
    }


def test_a_helper_keeps_what_it_compiles_where_numba_looks(tmp_path):
    code = f"""
import json
from minewatch.runtime import warmup
warmup.load_kernels()
find, before = warmup.uncompiled, warmup.uncompiled()
warmup.uncompiled = lambda: ["{ONE}"]
warmup.finish()
print(json.dumps([before, find(), [helper.returncode for helper in warmup._helpers]]))
"""
    before, after, codes = json.loads(printed_by(code, NUMBA_CACHE_DIR=str(tmp_path)))
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


def test_waiting_is_shown_and_ends_with_the_package(monkeypatch):
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


def test_a_change_of_a_source_or_processor_asks_for_compiling_again(tmp_path, monkeypatch):
    monkeypatch.setattr(warmup.numba.config, "CACHE_DIR", str(tmp_path))
    warmup.load_kernels()
    names = warmup.uncompiled()
    for name in names:
        add_to_record(warmup.record_path(), name)
    assert warmup.uncompiled() == []
    with monkeypatch.context() as patch:
        patch.setattr(warmup.binding, "get_host_cpu_name", lambda: "another")
        assert warmup.uncompiled() == names
    copy = tmp_path / "minewatch"
    shutil.copytree(warmup._PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(warmup, "_PACKAGE", copy)
    (copy / "cube" / "correlate.py").touch()
    assert warmup.uncompiled() == names


def test_every_module_with_kernels_is_known():
    sources = warmup._PACKAGE.rglob("*.py")
    found = {p for p in sources if "\n@kernel(" in p.read_text("utf-8")}
    names = {".".join(p.relative_to(warmup._PACKAGE).with_suffix("").parts) for p in found}
    assert names == set(warmup.KERNEL_MODULES)


def test_a_library_call_starts_no_process_and_changes_no_logging(tmp_path):
    archive = synthetic.write_archive(tmp_path / "archive", TINY)
    synthetic.write_elevation(archive)
    code = """
import logging, subprocess, sys
from datetime import date
before = logging.getLogRecordFactory()
from minewatch.cube import RasterioReader
from minewatch.pipeline import run
from minewatch.runtime import memory, warmup
def refuse(*_, **__): raise AssertionError("a library call changed the process")
subprocess.Popen = memory.share_memory_pools = refuse
memory._of_glibc = lambda name: refuse() if name == "mallopt" else None
folder, out, first, last = sys.argv[1:]
run(f"{folder}/aoi.geojson", start=date.fromisoformat(first), end=date.fromisoformat(last),
    catalog=f"{folder}/catalog.json", out=out, reader=RasterioReader())
print(warmup._helpers, logging.getLogRecordFactory() is before)
"""
    empty = {"NUMBA_CACHE_DIR": str(tmp_path / "numba"), "NUMBA_DISABLE_JIT": "0"}
    shown = printed_by(code, archive.directory, tmp_path / "run", TINY.start, TINY.end, **empty)
    assert shown == "[] True"


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
    assert json.loads(printed_by(code, **env)) == [[], [], list(range(9))]
