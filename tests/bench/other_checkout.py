"""What each benchmark takes here beside another checkout of minewatch, in turn.

`python -m tests.bench.other_checkout FOLDER [CASE ...] [--rounds N] [--scale S]`: our own way of
each benchmark that reads from disk, each time in a process of its own. The other makes the files.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from minewatch.cli import terminal

from .__main__ import ROOT
from .suite import CASES, MAKERS

MAKE = (
    "import sys; from pathlib import Path; from tests.bench.case import Setup; "
    "from tests.bench.suite import MAKERS; name, folder, scale = sys.argv[1:]; "
    "MAKERS[name](Setup(folder=Path(folder), where=folder, scale=float(scale)))"
)
MEASURES = ("seconds", "cpu_seconds", "memory_gib")


def main(
    other: Annotated[Path, typer.Argument(help="Another checkout.")],
    names: Annotated[list[str] | None, typer.Argument(help="Benchmarks; default: all.")] = None,
    *,
    rounds: Annotated[int, typer.Option(help="Times that each is run, in turn.")] = 5,
    scale: Annotated[float, typer.Option(help="Size of the data; 1 as published.")] = 1.0,
) -> None:
    """Print medians of both and the median of their ratios, for time, processor and memory."""
    folder = Path(tempfile.gettempdir()) / f"minewatch-beside-{scale:g}"
    folder.mkdir(exist_ok=True)
    terminal.line(f"{'':10}{'':12}{'there':>9}{'here':>9}{'here / there (range)':>26}")
    for name in names or [name for name, case in CASES.items() if not case.far]:
        if name in MAKERS:
            python_in(other, ["-c", MAKE, name, str(folder), str(scale)])
        there, here = [], []
        for round_ in range(rounds):
            pair = [(other, there), (ROOT, here)]
            for checkout, took in pair if round_ % 2 else reversed(pair):
                job = [name, next(iter(CASES[name].ways)), str(folder), str(folder), str(scale)]
                answer = str(folder / "answer.npy")
                printed = python_in(checkout, ["-m", "tests.bench.one", *job, answer])
                took.append(json.loads(printed.splitlines()[-1]))
        for measure in MEASURES:
            before, now = ([once[measure] for once in took] for took in (there, here))
            ratios = [n / max(b, 1e-9) for b, n in zip(before, now, strict=True)]
            terminal.line(
                f"{name:10}{measure:12}{statistics.median(before):9.3f}"
                f"{statistics.median(now):9.3f}{statistics.median(ratios):9.2f} "
                f"({min(ratios):.2f} to {max(ratios):.2f})"
            )


def python_in(checkout: Path, words: list[str]) -> str:
    """What Python prints that imports from a checkout."""
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", *words], cwd=checkout, text=True, check=True,
        stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": f"{checkout}/src:{checkout}"},
    )  # fmt: skip
    return ran.stdout


if __name__ == "__main__":
    typer.run(main)
