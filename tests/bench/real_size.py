"""`python -m tests.bench.real_size [AREA ...]`: whole runs over the bundled areas at full size.

The areas are true, the scenes simulated (`wide_archive`) and read from disk; every run is alone in
a process of its own with the default settings. What each stage needs is watched from outside.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer
from tests.bench.cost_of_a_scene import STAGES
from tests.bench.wide_archive import LAST, make_wide_archive

from minewatch.pipeline import plan, run

AREAS = ("nhkawng-pa", "chipwe-pangwa")
FOLDER = Path(tempfile.gettempdir()) / "minewatch-real-size"
EVERY_S = 0.1
GIB = 2**30


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What a process and its children had taken at a moment."""

    clock: float
    """Seconds."""
    cpu: float
    """Processor seconds."""
    read: int
    """Bytes read from files."""
    resident: int
    """Bytes of memory, mapped files too."""
    own: int
    """Bytes of memory without mapped files, which the system may take back."""


def sample(pid: int) -> Sample:
    """What a process and its children have taken by now."""
    folder = Path("/proc")
    children = (folder / f"{pid}/task/{pid}/children").read_text().split()
    cpu, read, resident, own = 0.0, 0, 0, 0
    for of in (folder / str(pid), *(folder / child for child in children)):
        status = dict(line.split(":", 1) for line in (of / "status").read_text().splitlines())
        told = dict(line.split(":") for line in (of / "io").read_text().splitlines())
        ticks = (of / "stat").read_text().rpartition(")")[2].split()[11:13]
        cpu += sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
        read += int(told["rchar"])
        resident += 1024 * int(status["VmRSS"].split()[0])
        own += 1024 * sum(int(status[name].split()[0]) for name in ("RssAnon", "RssShmem"))
    return Sample(clock=time.perf_counter(), cpu=cpu, read=read, resident=resident, own=own)


def watch(process: subprocess.Popen[str]) -> tuple[list[tuple[str, Sample]], dict[str, Any]]:
    """Samples of a process with the stage it had told last, and what it says at its end."""
    told = ["start"]

    def listen() -> None:
        assert process.stdout is not None
        told.extend(line.strip() for line in process.stdout)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    samples = []
    while process.poll() is None:
        stage = told[-1]
        with suppress(OSError, KeyError):  # it is just ending
            samples.append((stage, sample(process.pid)))
        time.sleep(EVERY_S)
    listener.join()
    if process.returncode:
        raise RuntimeError(f"the run failed with {process.returncode}")
    return samples, json.loads(told[-1])


def one(area: str, years: int) -> None:
    """The run itself, telling its stages; figures on the last line."""
    archive = make_wide_archive(FOLDER / area, area, years=years)
    job: dict[str, Any] = {"start": archive.start, "end": LAST, "catalog": str(archive.catalog)}
    planned, out = plan(area, **job), FOLDER / f"run-{area}"
    shutil.rmtree(out, ignore_errors=True)
    for module, name, label in STAGES:
        setattr(module, name, _telling(getattr(module, name), label))
    result = run(area, out=out, **job)
    files = [path for path in out.rglob("*") if path.is_file()]
    status = Path("/proc/self/status").read_text().split()
    print(json.dumps({  # noqa: T201
        "peak": 1024 * int(status[status.index("VmHWM:") + 1]),
        "planned": planned.memory.peak_bytes, "planned_bytes": planned.estimate.bytes,
        "pixels": planned.pixels, "chunks": planned.chunks, "looks": planned.overpasses,
        "sites": len(result.sites), "rows": len(result.inventory), "changes": len(result.changes),
        "disk": sum(path.stat().st_size for path in files),
    }))  # fmt: skip


def _telling(work: Any, label: str) -> Any:
    """The same work, its name told before."""

    def told(*arguments: Any, **named: Any) -> Any:
        print(label, flush=True)  # noqa: T201
        return work(*arguments, **named)

    return told


def measure(area: str, years: int) -> str:
    """A table of one area."""
    make_wide_archive(FOLDER / area, area, years=years)
    job = [sys.executable, "-W", "ignore", "-m", "tests.bench.real_size", area]
    command = [*job, "--years", str(years), "--here"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        samples, found = watch(process)
    stages = [(name, list(of)) for name, of in groupby(samples, key=lambda entry: entry[0])]
    ends = [of[0][1] for _, of in stages[1:]] + [samples[-1][1]]
    rows = [
        f"{area}, {years} years, simulated: {found['pixels'] / 1e6:.1f} million pixels in "
        f"{found['chunks']} chunks, {found['looks']} overpasses; {found['sites']} sites, "
        f"{found['rows']} rows, {found['changes']} changes; {found['disk'] / 1e9:.1f} GB left.",
        "", "| stage | seconds | CPU s | GB read | peak GiB | of it own |",
        "| --- | --- | --- | --- | --- | --- |",
        *(
            _row(name, [s for _, s in of], of[0][1], end)
            for (name, of), end in zip(stages, ends, strict=True) if name[:1] != "{"
        ),
        _row("all", [s for _, s in samples], samples[0][1], samples[-1][1]),
        "", f"Most memory {found['peak'] / GIB:.2f} GiB by the system's count, "
        f"{found['planned'] / GIB:.2f} planned; {found['planned_bytes'] / 1e9:.1f} GB planned.",
    ]  # fmt: skip
    return "\n".join(rows)


def _row(name: str, of: list[Sample], first: Sample, last: Sample) -> str:
    return (
        f"| {name} | {last.clock - first.clock:.1f} | {last.cpu - first.cpu:.1f} "
        f"| {(last.read - first.read) / 1e9:.1f} | {max(s.resident for s in of) / GIB:.2f} "
        f"| {max(s.own for s in of) / GIB:.2f} |"
    )


def main(
    areas: Annotated[list[str] | None, typer.Argument(help="Bundled areas; all of them.")] = None,
    *,
    years: Annotated[int, typer.Option(help="Dry seasons.")] = 8,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the files.")] = False,
    here: Annotated[bool, typer.Option("--here", help="In this process, unwatched.")] = False,
) -> None:
    """Run the whole job over bundled areas and print what every stage needs."""
    for area in areas or AREAS:
        if here:
            one(area, years)
            continue
        print(measure(area, years), end="\n\n", flush=True)  # noqa: T201
        if not keep:
            shutil.rmtree(FOLDER, ignore_errors=True)


if __name__ == "__main__":
    typer.run(main)
