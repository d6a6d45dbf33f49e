"""The whole job where people start: small areas from disk, beside what they would write or pick.

`python -m tests.bench.first_area [--rounds N] [--only WAY]`: two worlds, every way a command of its
own from its first import on, in turn. `MINEWATCH_BESIDE` names another checkout to time as well.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from minewatch import synthetic

from .machine import facts
from .page import marks_of, write_page

FOLDER = Path(tempfile.gettempdir()) / "minewatch-first-area"
BESIDE = "MINEWATCH_BESIDE"
ROOT = Path(__file__).parents[2]
OURS, LIMIT = "minewatch run", "(limit: unpacking only)"


@dataclass(frozen=True, kw_only=True)
class World:
    """A simulated world, and what is run on it."""

    title: str
    """What it is, in a line."""
    size_px: int
    """Its side."""
    start: date
    """First day."""
    revisit_days: int
    """Days from overpass to overpass."""
    ways: Mapping[str, str]
    """Way to the module in `pipelines` that goes it."""
    end: date = date(2023, 4, 30)
    """Last day."""
    cloudiness: float = 0.79
    """Times the clouds of the preset: of 402 overpasses, 326 are not quite cloudy then."""

    @property
    def archive(self) -> synthetic.Archive:
        """Where it lies."""
        spec = replace(
            synthetic.PRESETS["mines"], name="bench", seed=3, quarries=0, size_px=self.size_px,
            cloudiness=self.cloudiness,
            start=self.start, end=self.end, revisit_days=self.revisit_days,
        )  # fmt: skip
        directory = FOLDER / f"{self.size_px}-{self.start}-{self.end}-{self.revisit_days}"
        return synthetic.Archive(directory=directory, spec=spec)

    def make(self) -> synthetic.Archive:
        """Write it, unless it is there."""
        archive = self.archive
        if not archive.truth_overpasses.exists():
            shutil.rmtree(archive.directory, ignore_errors=True)
            synthetic.write_archive(archive.directory, archive.spec)
        return archive


SEASONS = "odc-stac + xarray, every dry season"
SITS, FORDEAD, NRT = "as sits: months, gaps filled, a forest", "FORDEAD's steps", "nrt EWMA"
SLOW = (SITS, FORDEAD, NRT)
"""Run once."""
WORLDS = {
    "first": World(
        title="512 x 512 px, five and a half years, six bands and mask, from disk",
        size_px=512, start=date(2017, 11, 1), revisit_days=5,
        ways={
            SEASONS: "straightforward",
            SITS: "regularised_classes",
            FORDEAD: "fordead_steps",
            NRT: "nrt_monitor",
            LIMIT: "unpacking",
        },
    ),
    "least": World(
        title="256 x 256 px, two dry seasons and what lies between, six bands and mask, from disk",
        size_px=256, start=date(2020, 11, 1), end=date(2022, 4, 30), revisit_days=10,
        ways={"odc-stac + xarray, two seasons": "two_seasons", LIMIT: "unpacking"},
    ),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Took:
    """What one command took, its imports and children too."""

    seconds: float
    cpu_seconds: float
    memory_gib: float


@dataclass
class Rounds:
    """What a way took, round by round; or why it could not be gone."""

    took: list[Took] = field(default_factory=list)
    failed: str = ""

    def middle(self, name: str) -> float:
        """Median over the rounds."""
        return statistics.median(getattr(one, name) for one in self.took)

    def beside(self, ours: Rounds, name: str) -> float:
        """Ours to theirs: median of ratios of runs that followed one another."""
        pairs = zip(ours.took, self.took, strict=False)  # slow ones are run once
        return statistics.median(getattr(o, name) / getattr(t, name) for o, t in pairs)


def commands(world: World) -> Iterator[tuple[str, Path, list[str]]]:
    """Every way: its name, the checkout it is of, and its words after `python`."""
    archive, out = world.archive, FOLDER / "out"
    run = [
        "-m", "minewatch", "run", "--aoi", str(archive.aoi), "--start", str(world.start),
        "--end", str(world.end), "--catalog", str(archive.catalog), "--out", str(out),
    ]  # fmt: skip
    yield OURS, ROOT, run
    if other := os.environ.get(BESIDE):
        yield f"{OURS}, the code before", Path(other), run
    for name, module in world.ways.items():
        words = ["-m", f"tests.bench.pipelines.{module}", str(archive.directory), str(out)]
        yield name, ROOT, words


def time_command(checkout: Path, words: Sequence[str]) -> Took | str:
    """What it took; a text says why it failed."""
    shutil.rmtree(FOLDER / "out", ignore_errors=True)
    paths = [str(checkout / "src"), str(checkout), os.environ.get("PYTHONPATH", "")]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", *words], stdout=said, stderr=complained, env=env,
            cwd=checkout,
        )  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0), complained.seek(0)
        lines, errors = said.read().splitlines(), complained.read().splitlines()
    if process.returncode:
        return (errors or ["failed"])[-1][:90]
    told = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    return Took(
        seconds=told.get("seconds", seconds),
        cpu_seconds=told.get("cpu_seconds", used.ru_utime + used.ru_stime),
        memory_gib=used.ru_maxrss / 2**20,
    )


def measure(world: World, *, rounds: int, only: Sequence[str]) -> dict[str, Rounds]:
    """Every way in turn, over again."""
    world.make()
    found: dict[str, Rounds] = {}
    for number in range(rounds + 1):  # the first brings files and compiled kernels to hand
        for name, checkout, words in commands(world):
            if only and name not in only:
                continue
            way = found.setdefault(name, Rounds())
            is_ours = words[1] == "minewatch"
            if way.failed or (number == 0 and not is_ours) or (number > 1 and name in SLOW):
                continue
            took = time_command(checkout, words)
            if isinstance(took, str):
                way.failed = took
            elif number:
                way.took.append(took)
                print(f"{name}: {took}", file=sys.stderr, flush=True)  # noqa: T201
    return found


def table(world: World, found: Mapping[str, Rounds]) -> str:
    """A row a way."""
    scenes = sum(1 for _ in (world.archive.directory / "items").iterdir())
    head = ["", "seconds", "ours / theirs", "CPU s", "ours / theirs", "peak GiB", "ours / theirs"]
    lines = [
        f"{world.title}: {scenes} scenes in the archive, those of more than 90 % cloud left out.",
        "", _row(head), _row(["---"] * len(head)),
    ]  # fmt: skip
    ours = found[OURS]
    for name, way in found.items():
        if way.failed or ours.failed:
            lines.append(_row([name, way.failed or "–", *[""] * 5]))
            continue
        cells = [
            f"{value:.2f}"
            for measured in ("seconds", "cpu_seconds", "memory_gib")
            for value in (way.middle(measured), way.beside(ours, measured))
        ]
        lines.append(_row([name, *cells]))
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main(
    worlds: Annotated[list[str] | None, typer.Argument(help="`first`, `least`; both.")] = None,
    *,
    rounds: Annotated[int, typer.Option(help="Times that each is run, in turn.")] = 3,
    only: Annotated[list[str] | None, typer.Option(help="Only these ways.")] = None,
    write: Annotated[Path | None, typer.Option(help="Page to write the tables into.")] = None,
) -> None:
    """Print a table for each world."""
    tables = []
    for name in worlds or WORLDS:
        found = measure(WORLDS[name], rounds=rounds, only=only or ())
        tables.append(table(WORLDS[name], found))
        print(tables[-1], end="\n\n", flush=True)  # noqa: T201
    if write:
        write_page(
            write, "\n\n".join([told_by(sys.argv[1:]), *tables]) + "\n", **marks_of("first_area")
        )


def told_by(words: Sequence[str]) -> str:
    """When, by what and on what it was measured."""
    machine = "; ".join(f"{name} {fact}" for name, fact in facts().items())
    command = " ".join(["python -m tests.bench.first_area", *words])
    return f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC with `{command}`, on {machine}."


if __name__ == "__main__":
    typer.run(main)
