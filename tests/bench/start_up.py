"""How long small commands take beside `import geopandas`, in turn, each in a process of its own.

`python -m tests.bench.start_up RUN [rounds]`, of a finished run.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from minewatch.cli import terminal

GOALS = {"--help": 0.35, "sites": 1.3}
"""Largest share of the time of `import geopandas`."""


def main(run: Path, rounds: int) -> None:
    """Print the least time of each, and its ratio to `import geopandas`."""
    minewatch = [sys.executable, "-m", "minewatch"]
    with tempfile.TemporaryDirectory() as scratch:
        commands = {
            "import geopandas": [sys.executable, "-c", "import geopandas"],
            "import minewatch": [sys.executable, "-c", "import minewatch"],
            "--help": [*minewatch, "--help"],
            "aoi list": [*minewatch, "aoi", "list"],
            "sites": [*minewatch, "sites", str(run)],
            "diff": [*minewatch, "diff", str(run), str(run)],
            "export csv": [
                *minewatch, "export", str(run), "--format", "csv", "--out", f"{scratch}/csv",
            ],
        }  # fmt: skip
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                began = time.perf_counter()
                subprocess.run(command, check=True, capture_output=True)
                seconds[name].append(time.perf_counter() - began)
    beside = min(seconds["import geopandas"])
    terminal.line(f"{'':18}seconds  of geopandas  goal")
    for name, took in seconds.items():
        goal = f"{GOALS[name]:.2f}" if name in GOALS else ""
        terminal.line(f"{name:18}{min(took):7.2f}{min(took) / beside:14.2f}{goal:>6}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 7)
