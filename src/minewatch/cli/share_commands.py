"""`minewatch export` and `minewatch report`: what a finished run hands on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from minewatch.cli import terminal
from minewatch.cli.options import Debug, Quiet, RunDirectory

FORMATS = ("geojson", "gpkg", "qgis", "geoparquet", "csv", "evidence")
"""Names in `minewatch.exporters.EXPORTERS`, repeated so that help loads no exporter."""


def export(
    directory: RunDirectory,
    format: Annotated[str, typer.Option("--format", help=f"One of: {', '.join(FORMATS)}.")],
    *,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to write; default: DIR/export.")
    ] = None,
    site: Annotated[
        list[str] | None,
        typer.Option("--site", help="Of --format evidence: only this site; may be repeated."),
    ] = None,
    lang: Annotated[
        str | None,
        typer.Option("--lang", help="Of --format evidence: en, my (Burmese) or zh (Chinese)."),
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write a finished run in another format.

    Example: minewatch export pangwa --format qgis
    """
    from minewatch.analysis import export as job

    with terminal.progress(quiet=quiet) as listener:
        written = job(
            directory, format=format, out=out, sites=site or (), language=lang, listener=listener
        )
    if not quiet and format == "evidence":
        terminal.line(f"{sum(path.suffix == '.pdf' for path in written)} sheets, listed in")
        written = written[-2:]
    if not quiet:
        for path in written:
            terminal.line(str(path))


def report(
    directory: RunDirectory,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", help="HTML file to write; default: DIR/report.html.")
    ] = None,
    lang: Annotated[
        str, typer.Option("--lang", help="Language it begins in: en, my (Burmese), zh (Chinese).")
    ] = "en",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write the report: one self-contained HTML page, and its pictures.

    Example: minewatch report pangwa
    """
    from minewatch.analysis import report as job

    with terminal.status("drawing the report", quiet=quiet):
        written = job(directory, out=out, language=lang)
    if not quiet:
        for path in written.values():
            terminal.line(str(path))
