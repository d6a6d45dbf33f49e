"""Where work runs: threads on this machine, or the workers of a Dask cluster."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import TypeVar

from minewatch.errors import SettingsError

Result = TypeVar("Result")
ANSWERS_WITHIN = "10s"
"""Time a scheduler has to answer [D]."""


@contextmanager
def open_executor(scheduler: str | None, workers: int | None) -> Iterator[Executor]:
    """Threads on this machine, or the workers of a Dask cluster.

    Parameters
    ----------
    scheduler
        Address of a Dask scheduler; its workers must see the run directory under the same path.
    workers
        Threads when there is no scheduler; None takes one a core.

    Raises
    ------
    SettingsError
        Dask distributed is not installed, or the scheduler does not answer.
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
    try:
        client = Client(scheduler, timeout=ANSWERS_WITHIN)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"--scheduler {scheduler} does not answer: {error}",
            hint="start one with `dask scheduler`, and workers with `dask worker ADDRESS`",
        ) from None
    with client:
        # The tasks of a lost worker go to another.
        yield client.get_executor()  # type: ignore[no-untyped-call]


def share_memory_pools() -> None:
    """Make threads take memory from the same two pools: glibc gives each thread one of its own.

    What a pool once held is kept for its thread, so many threads that each unpack a block now and
    then come to hold far more than all of them need at once (1.29 GiB where 0.96 do, measured).
    """
    if tune := _of_glibc("mallopt"):
        tune(_M_ARENA_MAX, 2)


_M_ARENA_MAX = -8
"""Number of the option in glibc's malloc.h."""


def give_back_memory() -> None:
    """Make the allocator give freed memory back to the system: by itself glibc keeps much of it."""
    if trim := _of_glibc("malloc_trim"):
        trim(0)


def _of_glibc(name: str) -> Callable[..., int] | None:
    """A function of the system's allocator; None where there is another one."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None


def drained(waiting: Mapping[Future[Result], object]) -> Iterator[Future[Result]]:
    """Futures as they finish; the ones not begun are dropped when one of them raises."""
    try:
        yield from as_completed(waiting)
    except BaseException:
        for future in waiting:
            future.cancel()
        raise
