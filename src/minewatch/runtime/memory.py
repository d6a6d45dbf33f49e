"""Memory given back: by the allocator, and by files that are mapped into memory."""

from __future__ import annotations

import ctypes
import mmap
import sys
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_RELEASED_BYTES = 1 << 22
"""Smaller files stay in memory: all layers of a small grid are few MB, and dear to fetch again."""


def release_mapped(arrays: Iterable[NDArray[Any]]) -> None:
    """Take arrays that lie in mapped files out of memory; they come again where they are read.

    The system would do so only when memory runs out. Arrays of other kinds stay as they are.

    Parameters
    ----------
    arrays
        Arrays, or parts of them.
    """
    for array in arrays:
        base: object = array
        while isinstance(base, np.ndarray):
            base = base.base
        if not isinstance(base, mmap.mmap) or len(base) < LEAST_RELEASED_BYTES:
            continue
        if hasattr(mmap, "MADV_DONTNEED"):
            base.madvise(mmap.MADV_DONTNEED)


KEPT_BYTES = 1 << 26
"""Free memory that stays with the process [D]: what a month of a chunk takes, over and over."""
POOLED_BYTES = 1 << 25
"""A larger array is the system's, as before [D]: of cubes nothing is kept."""


def share_memory_pools() -> None:
    """Make threads take memory from one pool that keeps a little: glibc gives each its own.

    What a pool once held is kept for its thread, so many threads that each unpack a block now and
    then come to hold far more than all of them need at once (1.29 GiB where 0.96 do, measured). And
    glibc hands free memory back at once, to be given it again, page by page and full of zeros, for
    the next band: a tenth of the processor time of a small area (measured).
    """
    if tune := _of_glibc("mallopt"):
        tune(_M_ARENA_MAX, 1)
        tune(_M_MMAP_THRESHOLD, POOLED_BYTES)
        tune(_M_TRIM_THRESHOLD, KEPT_BYTES)


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""Numbers of the options in glibc's malloc.h."""


def give_back_memory() -> None:
    """Make the allocator give freed memory back to the system: by itself glibc keeps much of it."""
    if trim := _of_glibc("malloc_trim"):
        trim(0)


def _of_glibc(name: str) -> Callable[..., int] | None:
    """A function of the system's allocator; None where there is another one."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
