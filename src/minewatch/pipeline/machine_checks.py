"""Whether this machine can do the work, and what to mend: what `minewatch doctor` shows."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from minewatch.errors import CatalogError
from minewatch.redaction import redact
from minewatch.sensors import CATALOGS
from minewatch.settings import read_settings

Outcome = Literal["ok", "note", "fault"]
"""Good; works, but something is missing that may be wanted; does not work."""

LEAST_FREE_GB = 5.0
"""Below it the state of a middling area may not fit [D]."""
EXTRAS: Mapping[str, tuple[str, str]] = {
    "notebook": ("maplibre", "maps in notebooks"),
    "cluster": ("distributed", "--scheduler"),
    "context": ("pyflwdir", "context downstream"),
    "evidence": ("typst", "evidence sheets as PDF"),
    "parquet": ("pyarrow", "GeoParquet, and catalogues that are tables"),
    "pmtiles": ("pmtiles", "export --format pmtiles"),
    "postgis": ("psycopg", "export --format postgis"),
    "review": ("scikit-learn", "review suggest"),
}
"""Extra to a package that comes with it, and what it is for."""
DRIVERS: Mapping[str, tuple[Outcome, str]] = {
    "GTiff": ("fault", "no GeoTIFF can be read: install rasterio from PyPI"),
    "JP2OpenJPEG": ("note", "JPEG 2000, the imagery of CDSE, cannot be read"),
}
"""Driver of GDAL to what its absence is, and means."""
KEYS = (
    "EARTHDATA_TOKEN", "MINEWATCH_HOST_TOKENS", "NETRC", "PC_SDK_SUBSCRIPTION_KEY",
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
)  # fmt: skip
"""Variables that may hold a key: said is whether they are set, never what they hold."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    name: str
    """What."""
    outcome: Outcome
    """How it stands."""
    found: str
    """What was found, without secrets."""
    mend: str = ""
    """What to do about it; empty when nothing is to be done."""


def check_machine(
    *,
    folder: Path,
    cache: Path | None = None,
    catalogs: Iterable[str] = (),
    environ: Mapping[str, str] = os.environ,
) -> Iterator[Check]:
    """What is looked at, one after the other.

    Parameters
    ----------
    folder
        Where a run would be written.
    cache
        Folder of `--cache`; None looks at none.
    catalogs
        Names or addresses of catalogues to ask for their first page; nothing else uses a network.
    environ
        Where keys are looked for.
    """
    yield _python()
    yield Check(name="minewatch", outcome="ok", found=version("minewatch"))
    yield from _gdal()
    yield _kernels()
    yield _cores()
    yield _memory()
    yield _disk("disk", folder)
    yield _writable("folder", folder)
    if cache is not None:
        yield _writable("cache", cache)
    yield from (_extra(name, *of) for name, of in EXTRAS.items())
    held = [name for name in KEYS if environ.get(name)]
    yield Check(name="keys", outcome="ok", found=", ".join(held) or "none is set")
    yield from (_catalog(name) for name in catalogs)


def _python() -> Check:
    found = f"{platform.python_version()} at {platform.system()} {platform.machine()}"
    return Check(name="python", outcome="ok", found=found)


def _gdal() -> Iterator[Check]:
    import rasterio
    from rasterio.env import GDALVersion

    found = f"{GDALVersion.runtime()} in rasterio {rasterio.__version__}"
    yield Check(name="gdal", outcome="ok", found=found)
    with rasterio.Env() as env:
        known = set(env.drivers())
    for driver, (outcome, mend) in DRIVERS.items():
        if driver not in known:
            yield Check(name="gdal", outcome=outcome, found=f"no driver {driver}", mend=mend)
    data = os.environ.get("PROJ_LIB") or os.environ.get("PROJ_DATA")
    if data:
        yield Check(
            name="proj", outcome="note", found=f"PROJ_LIB or PROJ_DATA is set: {data}",
            mend="unset it if an outline ends up in the wrong place: another PROJ's data is read",
        )  # fmt: skip


def _kernels() -> Check:
    from minewatch.runtime import warmup

    if warmup.record_path() is None:
        return Check(
            name="kernels", outcome="note", found="compiled anew by each command",
            mend="make ~/.cache/minewatch writable, or set NUMBA_CACHE_DIR to a folder that is",
        )  # fmt: skip
    waiting = len(warmup.uncompiled())
    if waiting:
        return Check(
            name="kernels", outcome="note", found=f"{waiting} not compiled for this machine yet",
            mend="the first run does it, in about a quarter of a minute",
        )  # fmt: skip
    return Check(name="kernels", outcome="ok", found="compiled for this machine")


def _cores() -> Check:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Check(name="cores", outcome="ok", found=str(count))


def _memory() -> Check:
    from minewatch.runtime.resources import DEFAULT_MEMORY_GIB

    try:
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
        whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    except (AttributeError, ValueError, OSError):
        return Check(name="memory", outcome="note", found="unknown on this system")
    found = f"{whole:.1f} GiB, {free:.1f} of them free"
    if whole < DEFAULT_MEMORY_GIB:
        mend = f"give run --max-memory {max(whole / 2, 0.5):.1f}"
        return Check(name="memory", outcome="note", found=found, mend=mend)
    return Check(name="memory", outcome="ok", found=found)


def _disk(name: str, folder: Path) -> Check:
    there = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    free = shutil.disk_usage(there).free / 1e9
    found = f"{free:.1f} GB free at {folder}"
    if free < LEAST_FREE_GB:
        return Check(
            name=name, outcome="note", found=found, mend="make room, or give another folder"
        )
    return Check(name=name, outcome="ok", found=found)


def _writable(name: str, folder: Path) -> Check:
    there = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        why = error.strerror or str(error)
        mend = "give another folder, or the right to write there"
        return Check(name=name, outcome="fault", found=f"{there}: {why}", mend=mend)
    return Check(name=name, outcome="ok", found=f"{there} can be written")


def _extra(name: str, package: str, purpose: str) -> Check:
    try:
        found = f"{package} {version(package)}: {purpose}"
    except PackageNotFoundError:
        mend = f"pip install 'minewatch[{name}]', when you want {purpose}"
        return Check(name=f"extra {name}", outcome="note", found="not installed", mend=mend)
    return Check(name=f"extra {name}", outcome="ok", found=found)


def _catalog(name: str, clock: Callable[[], float] = time.monotonic) -> Check:
    from minewatch.catalog import ask_root

    began = clock()
    try:
        title = ask_root(CATALOGS[name].url if name in CATALOGS else name, read_settings())
    except CatalogError as error:
        return Check(name=redact(name), outcome="fault", found=error.problem, mend=error.hint)
    return Check(name=redact(name), outcome="ok", found=f"{title}, in {clock() - began:.1f} s")
