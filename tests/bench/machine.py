"""What the figures were measured on, and its limits."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

import numba
import numpy as np


@numba.njit(parallel=True, fastmath=True)
def _triad(a, b, c):  # type: ignore[no-untyped-def]
    for at in numba.prange(len(a)):
        a[at] = b[at] + 3.0 * c[at]


def triad_gb_per_s(size: int = 20_000_000) -> float:
    """Memory bandwidth: bytes moved by `a = b + 3 c` on all cores, the best of five."""
    a, b, c = np.zeros(size), np.ones(size), np.ones(size)
    _triad(a, b, c)
    taken = []
    for _ in range(5):
        begun = time.perf_counter()
        _triad(a, b, c)
        taken.append(time.perf_counter() - begun)
    return 3 * a.nbytes / min(taken) / 1e9


def facts() -> dict[str, str]:
    """Machine and versions, without a name or a path."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in lines if "model name" in line), "unknown")
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 2**20
    names = ("numpy", "numba", "rasterio", "odc-stac", "xarray", "dask", "deflate")
    return {
        "processor": f"{model}, {os.cpu_count()} cores",
        "memory": f"{memory:.0f} GiB, triad {triad_gb_per_s():.1f} GB/s",
        "load": f"{os.getloadavg()[2]:.1f} processes ready on average over the last 15 minutes",
        "software": f"Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in names),
    }
