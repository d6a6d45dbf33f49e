"""`python -m tests.accuracy`: figures on simulated worlds, see `docs/accuracy.md`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from minewatch.cli import terminal
from minewatch.model import DEFAULT_DETECTOR

from . import comparison, honest_page, page
from .comparison import make_comparison
from .failures import write_failures
from .harness import DEFAULT_CACHE, PROCESSES, Ran, current_commit, run_worlds
from .honest_page import make_honest_page
from .page import make_page
from .pooled import score_world
from .worlds import SETS

BASELINE = "dry-season-thresholds"
"""The yardstick."""


def main(
    *,
    report: Annotated[bool, typer.Option("--report", help="The reporting worlds.")] = False,
    beside: Annotated[
        bool, typer.Option("--beside", help="Two detectors on some reporting worlds.")
    ] = False,
    tune: Annotated[bool, typer.Option("--tune", help="The tuning worlds.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Three small worlds.")] = False,
    honest: Annotated[
        bool, typer.Option("--honest", help="One tuning world of each honest kind.")
    ] = False,
    honest_more: Annotated[
        bool, typer.Option("--honest-more", help="Two more tuning worlds of each honest kind.")
    ] = False,
    honest_former: Annotated[
        bool, typer.Option("--honest-former", help="Honest reporting worlds of before.")
    ] = False,
    honest_report: Annotated[
        bool, typer.Option("--honest-report", help="Honest reporting worlds: run them once.")
    ] = False,
    only: Annotated[list[str] | None, typer.Option(help="Only the world of this name.")] = None,
    cache: Annotated[Path, typer.Option(help="Folder for archives and runs.")] = DEFAULT_CACHE,
    processes: Annotated[int, typer.Option(help="Worlds worked on at a time.")] = PROCESSES,
    detector: Annotated[str, typer.Option(help="Who judges.")] = DEFAULT_DETECTOR,
    pictures: Annotated[
        Path | None, typer.Option(help="Folder for pictures of misses and false sites.")
    ] = None,
    write: Annotated[Path | None, typer.Option(help="Page to write the tables into.")] = None,
) -> None:
    """Run minewatch over simulated worlds and print how well it finds their truth."""
    asked = {
        "report": report, "beside": beside, "tune": tune,
        "quick": quick, "honest": honest, "honest-more": honest_more,
        "honest-former": honest_former, "honest-report": honest_report,
    }  # fmt: skip
    chosen = [name for name, on in asked.items() if on]
    if len(chosen) != 1:
        raise typer.BadParameter(f"choose one of --{', --'.join(asked)}")
    worlds = [w for w in SETS[chosen[0]].values() if not only or w.name in only]
    if not worlds:
        raise typer.BadParameter(f"no such world; known: {', '.join(SETS[chosen[0]])}")

    def run(detector: str) -> list[Ran]:
        return run_worlds(
            worlds,
            detector=detector,
            cache=cache,
            processes=processes,
            on_done=lambda name: terminal.err().print(f"done: {name}, {detector}"),
        )

    if write and detector != DEFAULT_DETECTOR:
        raise typer.BadParameter("the tables of the page are those of the default detector")
    made = {
        "command": f"python -m tests.accuracy --{chosen[0]}"
        + (f" --detector {detector}" if detector != DEFAULT_DETECTOR else ""),
        "commit": current_commit(),
        "today": datetime.now(UTC).date(),
    }
    if beside:
        other = BASELINE if detector == DEFAULT_DETECTOR else detector
        text = make_comparison({name: run(name) for name in (DEFAULT_DETECTOR, other)}, **made)
        begin, end = comparison.BEGIN, comparison.END
    else:
        ran = run(detector)
        if chosen[0].startswith("honest"):
            text, begin, end = make_honest_page(ran, **made), honest_page.BEGIN, honest_page.END
        else:
            text, begin, end = make_page(ran, **made), page.BEGIN, page.END
        if pictures:
            write_failures(ran, [score_world(r) for r in ran], pictures)
    terminal.line(text)
    if write:
        page.write_page(write, text, begin=begin, end=end)


if __name__ == "__main__":
    typer.run(main)
