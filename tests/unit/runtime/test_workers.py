"""Jobs are given out as there is room, and results taken as they come."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

import pytest

from minewatch.runtime.workers import Workers, open_workers


class Slow(Executor):
    """Does a job only when let."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], int]] = []
        self.most = 0

    def submit(self, work: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, args[0]))
        self.most = max(self.most, len(self.waiting))
        threading.Timer(0.01, self.finish).start()
        return future

    def finish(self) -> None:
        future, job = self.waiting.pop(0)
        if not future.cancelled():
            future.set_result(-job)


class Stuck(Slow):
    """Does the first job, and never another."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if args[0] == 0:
            future.set_result(0)
        else:
            self.waiting.append((future, args[0]))
        return future


@pytest.mark.parametrize(("threads", "spare"), [(1, 0), (2, 1), (3, 8)])
def test_no_more_jobs_are_out_than_there_is_room_for(threads: int, spare: int) -> None:
    slow = Slow()
    done = dict(Workers(slow, lambda: threads).each(abs, range(40), spare=spare))
    assert done == {job: -job for job in range(40)}
    assert slow.most == threads + spare


def test_a_cluster_that_grows_is_given_more() -> None:
    slow = Slow()
    workers = Workers(slow, lambda: 1 if len(done) < 10 else 5)
    done: list[int] = []
    for job, _ in workers.each(abs, range(40), spare=0):
        assert len(done) >= 10 or slow.most == 1
        done.append(job)
    assert slow.most == 5


def test_a_cluster_without_workers_yet_is_given_one_to_grow_by() -> None:
    assert list(Workers(Slow(), lambda: 0).each(abs, [7], spare=0)) == [(7, -7)]


def _fail_on_three(job: int) -> int:
    if job == 3:
        raise ValueError("job 3")
    return job


def test_what_a_job_raises_is_raised_and_no_more_are_given_out() -> None:
    taken = []

    def jobs() -> Any:
        for job in range(1000):
            taken.append(job)
            yield job

    with open_workers(None, 2) as workers, pytest.raises(ValueError, match="job 3"):
        list(workers.each(_fail_on_three, jobs(), spare=2))
    assert len(taken) <= 3 + 1 + 4


def test_jobs_not_begun_are_taken_back_when_nobody_waits_for_them() -> None:
    stuck = Stuck()
    coming = Workers(stuck, lambda: 8).each(abs, range(40), spare=0)
    next(coming)
    coming.close()
    assert len(stuck.waiting) == 7
    assert all(future.cancelled() for future, _ in stuck.waiting)


def test_there_may_be_nothing_to_do() -> None:
    with open_workers(None, None) as workers:
        assert list(workers.each(abs, [], spare=1)) == []
