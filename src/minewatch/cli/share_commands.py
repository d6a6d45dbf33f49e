"""`minewatch export` and `minewatch report`: what a finished run hands on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from minewatch.cli import terminal
from minewatch.cli.options import Debug, Quiet, RunDirectory
from minewatch.errors import SettingsError

if TYPE_CHECKING:
    from minewatch.exporters.qgis.project_rasters import RasterChoice

FORMATS = (
    "geojson", "gpkg", "qgis", "geoparquet", "flatgeobuf", "csv", "kml", "pmtiles", "stac",
    "smart", "postgis",
)  # fmt: skip
"""Names in `minewatch.exporters.EXPORTERS`, repeated so that help loads no exporter."""


def export(
    directory: RunDirectory,
    format: Annotated[str, typer.Option("--format", help=f"One of: {', '.join(FORMATS)}.")],
    *,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to write; default: DIR/export.")
    ] = None,
    no_rasters: Annotated[
        bool, typer.Option("--no-rasters", help="QGIS: leave rasters out, for a small folder.")
    ] = False,
    link_rasters: Annotated[
        bool,
        typer.Option("--link-rasters", help="QGIS: refer to the rasters of DIR, copy nothing."),
    ] = False,
    dsn: Annotated[
        str | None,
        typer.Option(
            "--dsn",
            help="Address of the database for --format postgis; default: MINEWATCH_POSTGIS_DSN. "
            "Best without the password: libpq finds it in ~/.pgpass or PGPASSWORD.",
            show_default=False,
        ),
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write a finished run in another format.

    Example: minewatch export pangwa --format qgis
    """
    from minewatch.analysis import export as job
    from minewatch.analysis import export_to_database, is_database

    if no_rasters and link_rasters:
        raise SettingsError(
            "--no-rasters and --link-rasters say two things", hint="give one of them"
        )
    rasters: RasterChoice = "none" if no_rasters else "link" if link_rasters else "copy"
    with terminal.status(f"writing {format}", quiet=quiet):
        if is_database(format):
            done = export_to_database(directory, format=format, dsn=dsn)
            written: list[Path] = []
        else:
            done, written = "", job(directory, format=format, out=out, rasters=rasters)
    if done and not quiet:
        terminal.line(done)
    if not quiet:
        for path in written:
            terminal.line(str(path))


def report(
    directory: RunDirectory,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", help="HTML file to write; default: DIR/report.html.")
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write the report: one self-contained HTML page, and its pictures.

    Example: minewatch report pangwa
    """
    from minewatch.analysis import report as job

    with terminal.status("drawing the report", quiet=quiet):
        written = job(directory, out=out)
    if not quiet:
        for path in written.values():
            terminal.line(str(path))
