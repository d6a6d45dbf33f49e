"""`python -m tests.bench.growth`: what a run costs as its area and its years grow.

Simulated archives; every run is warm, alone in a process of its own, on two workers.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

from minewatch import synthetic
from minewatch.model import Progress
from minewatch.pipeline import run

FOLDER = Path(tempfile.gettempdir()) / "minewatch-growth"
CHUNK_PX = 128
SIZES_AND_YEARS = ((128, 1), (256, 1), (384, 1), (128, 2), (128, 4))


def archive_of(size_px: int, years: int) -> synthetic.Archive:
    """A simulated archive, written once."""
    spec = replace(
        synthetic.PRESETS["demo"], name=f"growth-{size_px}-{years}", seed=5, size_px=size_px,
        revisit_days=10, quarries=0, villages=0,
        start=date(2023 - years, 5, 1), end=date(2023, 4, 30),
    )  # fmt: skip
    archive = synthetic.Archive(directory=FOLDER / spec.name, spec=spec)
    if not archive.truth_looks.exists():
        shutil.rmtree(archive.directory, ignore_errors=True)
        synthetic.write_archive(archive.directory, spec)
    return archive


def one(size_px: int, years: int) -> dict[str, float]:
    """Seconds, processor seconds and most memory of one run; bytes and months it read."""
    archive, out = archive_of(size_px, years), FOLDER / "run"
    last: dict[str, Progress] = {}
    shutil.rmtree(out, ignore_errors=True)
    begun, cpu = time.perf_counter(), time.process_time()
    run(
        archive.aoi, start=archive.spec.start, end=archive.spec.end, catalog=str(archive.catalog),
        out=out, chunk_px=CHUNK_PX, listener=lambda told: last.update({told.stage: told}),
    )  # fmt: skip
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    status = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    return {
        "seconds": seconds, "cpu_seconds": cpu, "peak_gib": peak / 2**20,
        "chunk_months": last["reading months"].total,
        "state_mb": sum(p.stat().st_size for p in (out / "state").rglob("*") if p.is_file()) / 1e6,
    }  # fmt: skip


def main() -> None:
    """Print a row for each size."""
    columns = ["side, px", "years", "chunk-months", "seconds", "CPU s", "CPU s a chunk-month"]
    print(f"| {' | '.join([*columns, 'peak GiB', 'state MB'])} |\n{'| --- ' * 8}|")  # noqa: T201
    for size_px, years in SIZES_AND_YEARS:
        archive_of(size_px, years)
        command = [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "tests.bench.growth",
            str(size_px),
            str(years),
        ]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        found = json.loads(ran.stdout.splitlines()[-1])
        months = found["chunk_months"]
        cells = [
            str(size_px), str(years), f"{months:.0f}", f"{found['seconds']:.1f}",
            f"{found['cpu_seconds']:.1f}", f"{found['cpu_seconds'] / months:.3f}",
            f"{found['peak_gib']:.2f}", f"{found['state_mb']:.1f}",
        ]  # fmt: skip
        print(f"| {' | '.join(cells)} |", flush=True)  # noqa: T201


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(one(int(sys.argv[1]), int(sys.argv[2]))))  # noqa: T201
    else:
        main()
