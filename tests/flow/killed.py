"""A process that ends itself without warning at a chosen one of its file operations."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

WATCHED = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate"}

Job = Callable[[], object]


def watch(out: Path, fatal: int) -> Callable[[], int]:
    """Count the file operations of this process in a folder, and die at the fatal one."""
    ticks, last = count(1), [0]

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event in WATCHED and str(out) in str(arguments[0]):
            last[0] = next(ticks)
            if last[0] == fatal:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hear)
    return lambda: last[0]


def child(job: Job, out: Path, fatal: int, answers: Any) -> None:
    operations = watch(out, fatal)
    job()
    answers.put(operations())
