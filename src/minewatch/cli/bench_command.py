"""`minewatch bench`: speed and memory beside other tools, from a checkout of the repository."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from minewatch.cli.options import Debug
from minewatch.errors import MinewatchError

ROOT = Path(__file__).parents[3]


def bench(
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Small and once, four minutes.")] = False,
    only: Annotated[list[str] | None, typer.Option("--only", help="Only this benchmark.")] = None,
    debug: Debug = False,
) -> None:
    """Speed and memory beside other tools, in one table. Needs a checkout of the repository.

    Example: minewatch bench --quick
    """
    if not (ROOT / "tests" / "bench" / "__main__.py").exists():
        raise MinewatchError(
            "the benchmarks are part of the repository, not of the installed package",
            hint="clone the repository, then `make bench` there; it installs what is compared",
        )
    chosen = [word for name in only or () for word in ("--only", name)]
    command = [sys.executable, "-m", "tests.bench", *(["--quick"] if quick else []), *chosen]
    raise typer.Exit(subprocess.run(command, cwd=ROOT, check=False).returncode)
