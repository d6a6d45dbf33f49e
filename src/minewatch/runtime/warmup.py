"""Kernels compiled before their first use, by processes of their own, while a job goes on.

numba keeps what it compiles. Which kernels that is true of stands in a record of ours beside its
files: one for each state of our sources, version of numba and kind of processor.

`python -m minewatch.runtime.warmup` compiles everything now, as `make setup` does.
"""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import numba
from llvmlite import binding  # type: ignore[import-untyped]

import minewatch
from minewatch.compiled import KERNELS
from minewatch.model.progress import Progress, ProgressListener
from minewatch.runtime.compile_worker import NAME_BYTES

MOST_HELPERS = 4
"""Processes that compile, 0.4 GiB each for some seconds: more would wait for the longest kernel."""
PATIENCE_S = 120.0
"""Time after which a job no longer waits, and compiles what is missing by itself."""
KERNEL_MODULES = (
    "cube.cloud_masks", "cube.correlate", "cube.month_composites", "cube.natural_colour",
    "cube.pixel_kernels", "detect.cloud_commission", "detect.labels", "detect.morphology",
    "detect.outlines", "detect.overpass_rules", "detect.pool_banks.baseline",
    "detect.pool_banks.disturbed_runs", "detect.pool_banks.month_passes",
    "detect.pool_banks.nir_deficit", "detect.pool_banks.season_statistics", "detect.simplex",
)  # fmt: skip
"""Modules with kernels, below `minewatch`."""
_PACKAGE = Path(str(minewatch.__file__)).parent
_helpers: list[subprocess.Popen[bytes]] = []


def start() -> None:
    """Begin to compile what this machine has not compiled yet: all of it in the first job, once.

    Starts processes: a program calls it, never the library by itself. Where they fail, or end too
    soon, numba compiles each kernel when it is first called.
    """
    load_kernels()
    names = uncompiled()
    if names and not any(helper.poll() is None for helper in _helpers):
        _helpers[:] = _begin(names)


def load_kernels() -> None:
    """Import every module with kernels, so that `uncompiled` knows them."""
    for module in KERNEL_MODULES:
        import_module(f"minewatch.{module}")


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
    """Kernels, as `module:function`, that the record of this machine does not hold.

    In the order in which a job needs them, by package; of each the longest first. None where
    nothing is compiled or nothing can be kept.
    """
    record = record_path()
    if numba.config.DISABLE_JIT or record is None:  # type: ignore[attr-defined]
        return []
    try:
        held = set(record.read_text("utf-8").splitlines())
    except OSError:
        held = set()
    waiting = [kernel for kernel in KERNELS if KERNELS[kernel] and _name(kernel) not in held]
    waiting.sort(key=lambda kernel: (kernel.__module__.split(".")[1], -_length(kernel)))
    return [_name(kernel) for kernel in waiting]


def record_path() -> Path | None:
    """Where it is written down what is compiled; None where numba can keep nothing.

    The record is of the files with kernels as they lie there, so that it ends with them.
    """
    folder = _cache_folder()
    if folder is None:
        return None
    made_by = [numba.__version__, platform.python_version(), binding.get_host_cpu_name()]
    for module in KERNEL_MODULES:
        source = _PACKAGE.joinpath(*module.split(".")).with_suffix(".py").stat()
        made_by += [module, str(source.st_mtime_ns), str(source.st_size)]
    digest = hashlib.sha256("\n".join(made_by).encode()).hexdigest()[:16]
    return folder / f"minewatch-compiled-{digest}.txt"


def _cache_folder() -> Path | None:
    """A folder that can be written: where numba keeps what it compiles, or one of the user's."""
    asked = numba.config.CACHE_DIR  # type: ignore[attr-defined]
    beside, of_user = _PACKAGE / "__pycache__", Path("~/.cache/minewatch").expanduser()
    for folder in [Path(asked)] if asked else [beside, of_user]:
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                return folder
    return None


def _name(kernel: Any) -> str:
    return f"{kernel.__module__}:{kernel.__name__}"


def _length(kernel: Any) -> int:
    return len(kernel.py_func.__code__.co_code)


def _begin(names: list[str]) -> list[subprocess.Popen[bytes]]:
    """Processes that share a pipe of names; each compiles the next one until there is none."""
    record = record_path()
    if record is None or not Path(sys.executable or "").stem.startswith("python"):
        return []  # nothing can be kept, or we are inside of another program
    out, into = os.pipe()
    try:
        os.write(into, b"".join(name.encode().ljust(NAME_BYTES) for name in names))
        os.close(into)
        return [
            subprocess.Popen(
                [sys.executable, "-P", "-m", "minewatch.runtime.compile_worker", str(record)],
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


def compile_all() -> list[str]:
    """Compile every kernel that this machine lacks; those that are still missing after that."""
    finish()
    return uncompiled()


if __name__ == "__main__":
    from minewatch.runtime import warmup  # the module that others import, not a second copy of it

    sys.exit(1 if warmup.compile_all() else 0)
