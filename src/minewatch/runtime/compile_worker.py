"""A process that compiles kernels for others: names come on its standard input.

`minewatch.runtime.warmup` starts several as `python -m minewatch.runtime.compile_worker RECORD`;
they share one pipe, and each takes the next name until there is none.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

from numba.core import sigutils

from minewatch.compiled import KERNELS

NAME_BYTES = 96
"""Bytes of a name in the pipe, filled up with spaces."""


def compile_kernel(name: str) -> None:
    """Compile a kernel for all kinds of arguments that it meets in a job.

    Parameters
    ----------
    name
        `module:function`. What numba has kept is loaded, not compiled again.
    """
    module, _, function = name.partition(":")
    kernel = getattr(import_module(module), function)
    for kinds in KERNELS[kernel]:
        arguments, _ = sigutils.normalize_signature(kinds)  # type: ignore[no-untyped-call]
        kernel.compile(arguments)


def add_to_record(record: Path, name: str) -> None:
    """Write down that a kernel is compiled; several processes may do so at once."""
    with record.open("ab", buffering=0) as file:  # one write of few bytes is never torn
        file.write(f"{name}\n".encode())


def _compile_next(record: Path) -> bool:
    """Compile the kernel whose name comes next; False when there is none."""
    name = os.read(sys.stdin.fileno(), NAME_BYTES).decode().strip()
    if not name:
        return False
    compile_kernel(name)
    add_to_record(record, name)
    return True


if __name__ == "__main__":
    job = os.getppid()
    while os.getppid() == job and _compile_next(Path(sys.argv[1])):
        pass  # a job that was killed needs nothing more
