"""What a program may change of its own process before a job; the library never does by itself."""

from __future__ import annotations

from minewatch.runtime import warmup
from minewatch.runtime.memory import keep_freed_memory, share_memory_pools


def tune_process() -> None:
    """Make this process fit for a job: kernels compiled by helpers, memory kept in shared pools.

    It starts processes when something is to be compiled, and changes how the allocator works: so
    the command line calls it, and a program or notebook of yours may. Answers stay the same.
    """
    warmup.start()
    share_memory_pools()
    keep_freed_memory()
