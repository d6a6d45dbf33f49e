"""How long small commands take beside `import geopandas`, in turn, each in a process of its own.

`python -m tests.bench.start_up RUN [rounds]`, of a finished run with a site.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from minewatch.cli import terminal
from minewatch.store import open_result

GOALS = {"--help": 0.35, "sites": 1.3}
"""Largest share of the time of `import geopandas`."""
BESIDE = "import geopandas"


def main(run: Path, rounds: int) -> None:
    """Print the least time of each, and its ratio to `import geopandas`: clock and processor."""
    minewatch = [sys.executable, "-m", "minewatch"]
    site = open_result(run).read_rows("sites")[0]["site_id"]
    with tempfile.TemporaryDirectory() as scratch:
        commands = {
            BESIDE: [sys.executable, "-c", BESIDE],
            "import minewatch": [sys.executable, "-c", "import minewatch"],
            "--help": [*minewatch, "--help"],
            "aoi list": [*minewatch, "aoi", "list"],
            "sites": [*minewatch, "sites", str(run)],
            "sites --site": [*minewatch, "sites", str(run), "--site", site],
            "diff": [*minewatch, "diff", str(run), str(run)],
            "export csv": [
                *minewatch, "export", str(run), "--format", "csv", "--out", f"{scratch}/csv",
            ],
            "report": [*minewatch, "report", str(run), "--out", f"{scratch}/report.html"],
            "explain": [*minewatch, "explain", str(run), site, "--out", f"{scratch}/explain"],
        }  # fmt: skip
        took: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                took[name].append(time_of(command))
    least = {name: tuple(map(min, zip(*times, strict=True))) for name, times in took.items()}
    terminal.line(f"{'':18}seconds  of geopandas   CPU s  of geopandas  goal")
    for name, (seconds, cpu) in least.items():
        clock, processor = seconds / least[BESIDE][0], cpu / least[BESIDE][1]
        goal = f"{GOALS[name]:.2f}" if name in GOALS else ""
        terminal.line(f"{name:18}{seconds:7.2f}{clock:14.2f}{cpu:8.2f}{processor:14.2f}{goal:>6}")


def time_of(command: list[str]) -> tuple[float, float]:
    """Seconds by the clock and of the processor."""
    before, began = os.times(), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    seconds, after = time.perf_counter() - began, os.times()
    cpu = sum(after[2:4]) - sum(before[2:4])
    return seconds, cpu


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 7)
