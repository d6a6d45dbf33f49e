"""`python -m tests.bench`: every benchmark, on the screen or in `docs/performance.md`."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from minewatch.cli import terminal

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
    unknown = set(only or ()) - {*CASES, *TEXTS}
    if unknown:
        raise typer.BadParameter(f"known benchmarks: {', '.join([*CASES, *TEXTS])}")
    folder = Path(tempfile.gettempdir()) / f"minewatch-bench-{scale:g}"
    folder.mkdir(exist_ok=True)
    told = Told(folder / "told.json", is_new=not only)
    for name, case in CASES.items():
        if name not in only if only else case.only_asked:
            continue
        setup = Setup(folder=folder, where=str(folder), scale=scale)
        if name in MAKERS:
            terminal.err().print(f"{name}: making files")
            MAKERS[name](setup)
        with served(setup) if case.far else unserved(setup) as ready:
            told.add(name, measure(name, case, ready, rounds=rounds, tell=terminal.err().print))
        told.publish(write)
    for name, (title, make) in TEXTS.items():
        if name in only if only else update and name == "update":
            told.add_text(title, make(quick))
            told.publish(write)
    terminal.line(told.section())


class Told:
    """What was found so far, kept beside the files: a benchmark run again changes its own only."""

    def __init__(self, path: Path, *, is_new: bool) -> None:
        self._path = path
        self._command = " ".join(["python -m tests.bench", *sys.argv[1:]])
        kept = {} if is_new or not path.exists() else json.loads(path.read_text("utf-8"))
        self._commands: dict[str, str] = kept.get("commands", {})
        self._texts: dict[str, str] = kept.get("texts", {})
        self._found: dict[str, dict[str, Figures | str]] = {
            name: {way: Figures(**f) if isinstance(f, dict) else f for way, f in ways.items()}
            for name, ways in kept.get("found", {}).items()
        }

    def add(self, name: str, ways: dict[str, Figures | str]) -> None:
        """Figures of a benchmark."""
        self._found[name], self._commands[name] = ways, self._command
        self._found = {n: self._found[n] for n in CASES if n in self._found}

    def add_text(self, title: str, text: str) -> None:
        """What follows the benchmarks."""
        self._texts[title] = text

    def publish(self, page: Path | None) -> None:
        """Keep what is there so far, and write it."""
        kept = {"found": self._found, "commands": self._commands, "texts": self._texts}
        self._path.write_text(json.dumps(kept, default=asdict), "utf-8")
        if page:
            write_page(page, self.section())
            write_plot(page.with_suffix(".png"), self._found)

    def section(self) -> str:
        """The measured part of the page."""
        return section(
            self._found, machine=facts(), command=self._command, commands=self._commands,
            texts=self._texts,
        )  # fmt: skip


@contextmanager
def served(setup: Setup) -> Iterator[Setup]:
    """The files over HTTP on loopback, with a wait before every answer."""
    command = [sys.executable, "-m", "tests.range_server", str(setup.folder), str(WAIT_S)]
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


def _cost_of_a_scene(quick: bool, *, worlds: Sequence[str]) -> str:
    """What `cost_of_a_scene.py` prints of simulated worlds or areas."""
    told = [_printed("tests.bench.cost_of_a_scene", of) for of in (["128"] if quick else worlds)]
    return (
        f"Processor seconds, `tests.bench.cost_of_a_scene`.\n\n```\n{''.join(told).rstrip()}\n```"
    )


def _real_size(quick: bool) -> str:
    """What `real_size.py` prints."""
    return _printed("tests.bench.real_size", *(["nhkawng-pa", "--years", "1"] if quick else []))


def _printed(*module: str) -> str:
    command = [sys.executable, "-W", "ignore", "-m", *module]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.stdout or ran.stderr[-500:]


TEXTS = {
    "update": (
        "An update by one new overpass, by length of the history",
        partial(_cost_of_a_scene, worlds=["256"]),
    ),
    "update-large": (
        "The same, of larger worlds and of an area at full size, simulated scenes",
        partial(_cost_of_a_scene, worlds=["512", "1024", "nhkawng-pa"]),
    ),
    "real-size": ("Both areas at full size, eight years, simulated scenes", _real_size),
}
"""What is told in words of its own: title, and what makes it. Only the first is told unasked."""


if __name__ == "__main__":
    typer.run(main)
