"""`python -m tests.bench.growth [PAGE]`: what a run costs as its area and its years grow.

Simulated archives, an overpass every ten days; every run is warm, alone in a process of its own, on
two workers.
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
from minewatch.pipeline import plan, run

from .page import marks_of, write_page

FOLDER = Path(tempfile.gettempdir()) / "minewatch-growth"
WORKERS = 2
CHUNK_PX = 512
RUNS = (
    (128, 1), (256, 1), (512, 1), (1024, 1), (2048, 1), (256, 2), (256, 4), (256, 8),
)  # fmt: skip
"""Side of the world, pixels, and years."""


def archive_of(size_px: int, years: int) -> synthetic.Archive:
    """A simulated archive, written once."""
    spec = replace(
        synthetic.PRESETS["demo"], name=f"growth-{size_px}-{years}", seed=5, size_px=size_px,
        revisit_days=10, quarries=0, villages=0,
        start=date(2023 - years, 5, 1), end=date(2023, 4, 30),
    )  # fmt: skip
    archive = synthetic.Archive(directory=FOLDER / spec.name, spec=spec)
    if not archive.truth_overpasses.exists():
        shutil.rmtree(archive.directory, ignore_errors=True)
        synthetic.write_archive(archive.directory, spec)
    return archive


def one(size_px: int, years: int, chunk_px: int = CHUNK_PX) -> dict[str, float]:
    """Seconds, processor seconds, most memory of one run, and what `plan` said it would be."""
    archive, out = archive_of(size_px, years), FOLDER / "run"
    last: dict[str, Progress] = {}
    shutil.rmtree(out, ignore_errors=True)
    begun, cpu = time.perf_counter(), time.process_time()
    run(
        archive.aoi, start=archive.spec.start, end=archive.spec.end, catalog=str(archive.catalog),
        out=out, chunk_px=chunk_px, workers=WORKERS,
        listener=lambda told: last.update({told.stage: told}),
    )  # fmt: skip
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    status = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    told = plan(
        archive.aoi, start=archive.spec.start, end=archive.spec.end, catalog=str(archive.catalog),
        chunk_px=chunk_px, workers=WORKERS,
    )  # fmt: skip
    return {
        "planned_gib": told.memory.peak_bytes / 2**30,
        "seconds": seconds, "cpu_seconds": cpu, "peak_gib": peak / 2**20,
        "chunk_months": last["reading months"].total,
        "state_mb": sum(p.stat().st_size for p in (out / "state").rglob("*") if p.is_file()) / 1e6,
    }  # fmt: skip


def main(page: Path | None) -> None:
    """Print a row for each size, and write them into a page."""
    columns = ["side, px", "km2", "years", "chunk-months", "seconds", "CPU s"]
    columns += ["CPU s a km2 and year", "peak GiB", "planned GiB", "state MB"]
    rows = [f"| {' | '.join(columns)} |", f"{'| --- ' * len(columns)}|"]
    for job in RUNS:
        size_px, years = job
        area_km2 = archive_of(size_px, years).spec.area_km2
        command = [sys.executable, "-W", "ignore", "-m", "tests.bench.growth", *map(str, job)]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        found = json.loads(ran.stdout.splitlines()[-1])
        cells = [
            str(size_px), f"{area_km2:.1f}", str(years), f"{found['chunk_months']:.0f}",
            f"{found['seconds']:.1f}", f"{found['cpu_seconds']:.1f}",
            f"{found['cpu_seconds'] / area_km2 / years:.3f}",
            f"{found['peak_gib']:.2f}", f"{found['planned_gib']:.2f}", f"{found['state_mb']:.1f}",
        ]  # fmt: skip
        rows.append(f"| {' | '.join(cells)} |")
        print(rows[-1], flush=True)  # noqa: T201
    print("\n".join(rows))  # noqa: T201
    if page:
        write_page(page, "\n".join(rows) + "\n", **marks_of("growth"))


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(one(*map(int, sys.argv[1:]))))  # noqa: T201
    else:
        main(Path(sys.argv[1]) if sys.argv[1:] else None)
