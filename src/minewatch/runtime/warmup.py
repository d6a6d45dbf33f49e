"""Kernels compiled ahead of their first use, by processes of their own, while a job goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from numba.core import config, sigutils

from minewatch.compiled import KERNELS
from minewatch.model.progress import Progress, ProgressListener

MOST_HELPERS = 4
"""Processes that compile, 0.4 GiB each for some seconds: more would wait for the longest kernel."""
PATIENCE_S = 120.0
"""Time after which a job no longer waits, and compiles what is missing by itself."""
_RECORD = 96  # bytes of a name in the pipe
_helpers: list[subprocess.Popen[bytes]] = []


def start() -> None:
    """Begin to compile what this machine has not compiled yet: all of it in the first job, once.

    Helpers keep what they compile where numba looks for it. Where they fail, or end too soon,
    numba compiles each kernel when it is first called.
    """
    names = uncompiled()
    if names and not any(helper.poll() is None for helper in _helpers):
        _helpers[:] = _begin(names)


def finish() -> None:
    """Compile now what this machine has not compiled yet, as an installation may."""
    start()
    for helper in _helpers:
        helper.wait()


def wait(package: str, listener: ProgressListener) -> None:
    """Wait until the kernels of a package are compiled, or nobody is at it.

    Parameters
    ----------
    package
        Such as `minewatch.cube`.
    listener
        Hears of it when there is something to wait for.
    """
    until = time.monotonic() + PATIENCE_S
    of_package = sum(kernel.__module__.startswith(package) for kernel in KERNELS)
    missing = of_package
    while missing and any(helper.poll() is None for helper in _helpers):
        missing = sum(name.startswith(package) for name in uncompiled())
        done = of_package - missing
        listener(Progress("compiling for this machine, once", done, of_package))
        if time.monotonic() > until:
            break
        if missing:
            time.sleep(0.2)


def uncompiled() -> list[str]:
    """Kernels, as `module:function`, of which numba keeps no code for some kind of arguments.

    In the order in which a job needs them, by package; of each the longest first. None where
    nothing is compiled or nothing can be kept.
    """
    if config.DISABLE_JIT:  # type: ignore[attr-defined]
        return []
    waiting = [kernel for kernel in KERNELS if not _is_kept(kernel)]
    waiting.sort(key=lambda kernel: (kernel.__module__.split(".")[1], -_length(kernel)))
    return [f"{kernel.__module__}:{kernel.__name__}" for kernel in waiting]


def _length(kernel: Any) -> int:
    return len(kernel.py_func.__code__.co_code)


def _is_kept(kernel: Any) -> bool:
    """Whether numba need not compile a kernel, could not keep it, or does not tell."""
    try:  # numba has no public way to ask
        cache, codegen = kernel._cache, kernel.targetctx.codegen()
        if cache.cache_path is None:
            return True
        kept = cache._cache_file._load_index()
        return all(cache._index_key(kinds, codegen) in kept for kinds in _arguments(kernel))
    except AttributeError:
        return True


def _arguments(kernel: Any) -> list[tuple[Any, ...]]:
    """Kinds of arguments that a kernel meets in a job, as types of numba."""
    read = sigutils.normalize_signature
    return [read(text)[0] for text in KERNELS[kernel]]  # type: ignore[no-untyped-call]


def _begin(names: list[str]) -> list[subprocess.Popen[bytes]]:
    """Processes that share a pipe of names; each compiles the next one until there is none."""
    if not Path(sys.executable or "").stem.startswith("python"):
        return []  # inside of another program
    out, into = os.pipe()
    try:
        os.write(into, b"".join(name.encode().ljust(_RECORD) for name in names))
        os.close(into)
        return [
            subprocess.Popen(
                [sys.executable, "-P", "-m", __name__],
                stdin=out,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
            for _ in range(min(os.cpu_count() or 1, MOST_HELPERS, len(names)))
        ]
    except OSError:
        return []
    finally:
        os.close(out)


def _compile_next() -> bool:
    """Compile the kernel whose name comes next on standard input; False when there is none."""
    name = os.read(sys.stdin.fileno(), _RECORD).decode().strip()
    if not name:
        return False
    module, _, function = name.partition(":")
    kernel = getattr(import_module(module), function)
    for kinds in _arguments(kernel):
        kernel.compile(kinds)
    return True


if __name__ == "__main__":
    job = os.getppid()
    while os.getppid() == job and _compile_next():  # a job that was killed needs nothing more
        pass
