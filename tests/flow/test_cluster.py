"""The same bytes from the workers of a Dask cluster, though one of them is lost on the way."""

import os
import signal
from concurrent.futures import Executor, Future
from contextlib import nullcontext

import cloudpickle
import pytest
from distributed import LocalCluster
from tests.flow.conftest import all_bytes, run_archive

from minewatch.errors import SettingsError
from minewatch.pipeline import jobs
from minewatch.runtime import workers

SECRET = "CANARY123"


@pytest.fixture
def cluster():
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None,
        worker_dashboard_address=None, silence_logs=50,
    ) as running:  # fmt: skip
        yield running


@pytest.mark.parametrize("stage", ["reading months", "scoring evidence"])
def test_a_lost_worker_changes_no_byte(tiny_archive, cluster, tmp_path, monkeypatch, stage):
    alone = run_archive(tiny_archive, tmp_path / "threads", chunk_px=32)
    lost = []

    def lose_a_worker(progress):
        if progress.stage == stage and not lost:
            lost.append(cluster.workers[0].pid)
            os.kill(lost[0], signal.SIGKILL)

    monkeypatch.chdir(tmp_path)
    together = run_archive(
        tiny_archive, "cluster", chunk_px=32, scheduler=cluster.scheduler_address,
        listener=lose_a_worker,
    )  # fmt: skip
    assert lost
    assert cluster.workers[0].pid != lost[0]
    assert all_bytes(together) == all_bytes(alone)


class Recorder(Executor):
    """Does the work here, and keeps what would have been sent away."""

    def __init__(self):
        self.sent = b""

    def submit(self, work, /, *args, **named):
        self.sent += cloudpickle.dumps((work, args, named))
        future = Future()
        future.set_result(work(*args, **named))
        return future


def test_what_is_sent_to_workers_holds_no_secret(tiny_archive, tmp_path, monkeypatch):
    for name in ("AWS_SECRET_ACCESS_KEY", "VSICURL_PC_SAS_TOKEN", "GDAL_HTTP_BEARER"):
        monkeypatch.setenv(name, SECRET)
    recorder = Recorder()
    workers_ = workers.Workers(recorder, lambda: 1, are_here=False)
    monkeypatch.setattr(jobs, "open_workers", lambda *_: nullcontext(workers_))
    run_archive(tiny_archive, tmp_path / "run")
    assert tiny_archive.spec.bands[0].encode() in recorder.sent
    for work in (b"_look_over", b"_reduce_one", b"_score_chunk"):
        assert work in recorder.sent
    assert SECRET.encode() not in recorder.sent


def test_a_scheduler_that_is_not_there_is_said_in_two_lines(tiny_archive, tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "ANSWERS_WITHIN", "1s")
    with pytest.raises(SettingsError, match=r"127\.0\.0\.1:9"):
        run_archive(tiny_archive, tmp_path / "run", scheduler="tcp://127.0.0.1:9")
