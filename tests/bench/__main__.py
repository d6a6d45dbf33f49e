"""`python -m tests.bench`: every benchmark, on the screen or in `docs/performance.md`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from minewatch.cli import show

from .case import Figures, Setup, measure
from .machine import facts
from .page import section, write_page, write_plot
from .suite import CASES, MAKERS

WAIT_S = 0.05
ROOT = Path(__file__).parents[2]


def main(
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Small and once: does it work?")] = False,
    rounds: Annotated[int, typer.Option(help="Times that each is run, in turn.")] = 3,
    scale: Annotated[float, typer.Option(help="Size of the data; 1 as published.")] = 1.0,
    only: Annotated[list[str] | None, typer.Option(help="Only this benchmark.")] = None,
    update: Annotated[bool, typer.Option(help="The cost of one new scene too.")] = True,
    write: Annotated[Path | None, typer.Option(help="Page to write the figures into.")] = None,
) -> None:
    """Run minewatch and its peers in turn, each in a process of its own, and print a table."""
    if quick:
        rounds, scale = 1, 0.15
    unknown = set(only or ()) - {*CASES, "update"}
    if unknown:
        raise typer.BadParameter(f"known benchmarks: {', '.join(CASES)}, update")
    folder = Path(tempfile.gettempdir()) / f"minewatch-bench-{scale:g}"
    folder.mkdir(exist_ok=True)
    found: dict[str, dict[str, Figures | str]] = {}
    for name, case in CASES.items():
        if only and name not in only:
            continue
        setup = Setup(folder=folder, where=str(folder), scale=scale)
        if name in MAKERS:
            show.err.print(f"{name}: making files")
            MAKERS[name](setup)
        with served(setup) if case.far else unserved(setup) as ready:
            found[name] = measure(name, case, ready, rounds=rounds, tell=show.err.print)
        _publish(found, "", write)
    if update and _wanted("update", only):
        _publish(found, cost_of_a_scene(128 if quick else 256), write)
    show.line(_told(found, ""))


def _told(found: dict[str, dict[str, Figures | str]], cost: str) -> str:
    command = " ".join(["python -m tests.bench", *sys.argv[1:]])
    return section(found, cost=cost, machine=facts(), command=command)


def _publish(found: dict[str, dict[str, Figures | str]], cost: str, page: Path | None) -> None:
    """Write what is there so far."""
    if page:
        write_page(page, _told(found, cost))
        write_plot(page.with_suffix(".png"), found)


def _wanted(name: str, only: list[str] | None) -> bool:
    return not only or name in only


@contextmanager
def served(setup: Setup) -> Iterator[Setup]:
    """The files over HTTP on loopback, with a wait before every answer."""
    command = [sys.executable, "-m", "tests.bench.server", str(setup.folder), str(WAIT_S)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            yield replace(setup, where=f"http://127.0.0.1:{port}")
        finally:
            server.terminate()


@contextmanager
def unserved(setup: Setup) -> Iterator[Setup]:
    """The files on disk."""
    yield setup


def cost_of_a_scene(size_px: int) -> str:
    """What `cost_of_a_scene.py` prints."""
    script = Path(__file__).with_name("cost_of_a_scene.py")
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", str(script), str(size_px)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return ran.stdout or ran.stderr[-500:]


if __name__ == "__main__":
    typer.run(main)
