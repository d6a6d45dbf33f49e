"""`python -m tests.accuracy`: figures on simulated worlds, see `docs/accuracy.md`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from minewatch.cli import terminal

from .failures import write_failures
from .harness import DEFAULT_CACHE, DETECTOR, PROCESSES, current_commit, run_worlds
from .page import make_page, write_page
from .pooled import score_world
from .worlds import SETS


def main(
    *,
    report: Annotated[bool, typer.Option("--report", help="The reporting worlds.")] = False,
    blind: Annotated[
        bool, typer.Option("--blind", help="Worlds that nothing was chosen by.")
    ] = False,
    former: Annotated[bool, typer.Option("--former", help="Blind worlds of before.")] = False,
    tune: Annotated[bool, typer.Option("--tune", help="The tuning worlds.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Three small worlds.")] = False,
    only: Annotated[list[str] | None, typer.Option(help="Only the world of this name.")] = None,
    cache: Annotated[Path, typer.Option(help="Folder for archives and runs.")] = DEFAULT_CACHE,
    processes: Annotated[int, typer.Option(help="Worlds worked on at a time.")] = PROCESSES,
    detector: Annotated[str, typer.Option(help="Who judges.")] = DETECTOR,
    pictures: Annotated[
        Path | None, typer.Option(help="Folder for pictures of misses and false sites.")
    ] = None,
    write: Annotated[Path | None, typer.Option(help="Page to write the tables into.")] = None,
) -> None:
    """Run minewatch over simulated worlds and print how well it tells their truth."""
    asked = {"report": report, "blind": blind, "former": former, "tune": tune, "quick": quick}
    chosen = [name for name, on in asked.items() if on]
    if len(chosen) != 1:
        raise typer.BadParameter(f"choose one of --{', --'.join(asked)}")
    worlds = [w for w in SETS[chosen[0]].values() if not only or w.name in only]
    if not worlds:
        raise typer.BadParameter(f"no such world; known: {', '.join(SETS[chosen[0]])}")
    ran = run_worlds(
        worlds,
        cache=cache,
        processes=processes,
        detector=detector,
        tell=lambda name: terminal.err.print(f"done: {name}"),
    )
    command = f"python -m tests.accuracy --{chosen[0]}"
    if detector != DETECTOR:
        command += f" --detector {detector}"
    if write and detector != DETECTOR:
        raise typer.BadParameter("the tables of the page are those of the default detector")
    page = make_page(ran, command=command, commit=current_commit(), today=datetime.now(UTC).date())
    terminal.line(page)
    if pictures:
        write_failures(ran, [score_world(r) for r in ran], pictures)
    if write:
        write_page(write, page)


if __name__ == "__main__":
    typer.run(main)
