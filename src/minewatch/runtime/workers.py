"""Where work runs: threads on this machine, or the workers of a Dask cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from minewatch.errors import SettingsError
from minewatch.raster_warnings import expect_threads

Job = TypeVar("Job")
Result = TypeVar("Result")
ANSWERS_WITHIN = "10s"
"""Time a scheduler has to answer [D]."""


@dataclass(frozen=True)
class Workers:
    """Who does the work, and how much of it is given out at once."""

    executor: Executor
    """Takes a job; those of a lost worker go to another."""
    threads: Callable[[], int]
    """How many jobs it does at once by now: a cluster may grow."""
    are_here: bool = True
    """They share the memory of this process."""

    def each(
        self, work: Callable[[Job], Result], jobs: Iterable[Job], *, spare: int
    ) -> Generator[tuple[Job, Result]]:
        """Jobs as they are done, with what came of each.

        Parameters
        ----------
        work
            Does one; sent to the workers, so it must be a function of a module.
        jobs
            Taken as there is room for them.
        spare
            Jobs given out beyond one for each thread. With them there are so many results at once
            that were not taken yet, whatever the number of jobs.
        """
        coming, under_way = iter(jobs), dict[Future[Result], Job]()
        try:
            while True:
                room = max(1, self.threads() + spare) - len(under_way)
                for job in islice(coming, max(0, room)):
                    under_way[self.executor.submit(work, job)] = job
                if not under_way:
                    return
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    yield under_way.pop(future), future.result()
        finally:
            for future in under_way:  # those not begun; one raised, or nobody asks any more
                future.cancel()


@contextmanager
def open_workers(scheduler: str | None, threads: int | None) -> Iterator[Workers]:
    """Threads on this machine, or the workers of a Dask cluster.

    Parameters
    ----------
    scheduler
        Address of a Dask scheduler; its workers must see the run directory under the same path.
    threads
        How many when there is no scheduler; None takes one a core.

    Raises
    ------
    SettingsError
        Dask distributed is not installed, or the scheduler does not answer.
    """
    if scheduler is None:
        expect_threads()
        count = threads or os.cpu_count() or 1
        with ThreadPoolExecutor(count) as pool:
            yield Workers(pool, lambda: count)
        return
    try:
        from distributed import Client
    except ImportError:
        raise SettingsError(
            f"--scheduler {scheduler} needs Dask distributed",
            hint="pip install 'minewatch[cluster]'",
        ) from None
    try:
        client = Client(scheduler, timeout=ANSWERS_WITHIN)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"--scheduler {scheduler} does not answer: {error}",
            hint="start one with `dask scheduler`, and workers with `dask worker ADDRESS`",
        ) from None
    with client:
        executor = client.get_executor()  # type: ignore[no-untyped-call]
        yield Workers(executor, partial(_threads_of, client), are_here=False)


def _threads_of(client: Any) -> int:
    return sum(client.nthreads().values())
