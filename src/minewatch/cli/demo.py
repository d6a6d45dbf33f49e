"""`minewatch demo`: the whole job on a simulated archive, without a network."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from minewatch.cli import show
from minewatch.cli.jobs import close
from minewatch.cli.options import Debug, Quiet


def demo(
    *,
    out: Annotated[Path, typer.Option("--out", help="Folder to write.")] = Path("demo"),
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """The whole job on a simulated archive: no network, no real place, under two minutes.

    Example: minewatch demo --out demo
    """
    from minewatch import pipeline, synthetic
    from minewatch.errors import OutputError

    spec = synthetic.PRESETS["demo"]
    if out.exists() and any(p.name not in {"archive", "run"} for p in out.iterdir()):
        raise OutputError(f"{out} holds other files than a demo", hint="give --out another folder")
    with show.progress(quiet=quiet) as listener:
        archive = synthetic.write_archive(out / "archive", spec, listener=listener)
        shutil.rmtree(out / "run", ignore_errors=True)
        result = pipeline.run(
            archive.aoi, start=spec.start, end=spec.end, out=out / "run",
            catalog=str(archive.catalog), listener=listener,
        )  # fmt: skip
    pages = pipeline.report(result.directory)
    if not quiet:
        for name, path in (("inventory", result.directory / "inventory.geojson"), *pages.items()):
            show.line(f"{name:<13} {path}")
        show.line("")
    close(result, json=False, quiet=quiet)
