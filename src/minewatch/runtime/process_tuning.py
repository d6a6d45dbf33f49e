"""What a program may change of its own process before a job; the library never does by itself."""

from __future__ import annotations

from minewatch.runtime import warmup
from minewatch.runtime.memory import share_memory_pools


def tune_process() -> None:
    """Make this process fit for a job: kernels compiled by helpers, memory in one shared pool.

    It starts processes when something is to be compiled, and changes how the allocator works: so
    the command line calls it, and a program or notebook of yours may. Answers stay the same.
    """
    warmup.start()
    share_memory_pools()
