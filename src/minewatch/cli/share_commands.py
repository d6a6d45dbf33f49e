"""`minewatch export` and `minewatch report`: what a finished run hands on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from minewatch.cli import terminal
from minewatch.cli.options import Debug, Quiet, RunDirectory
from minewatch.errors import SettingsError

if TYPE_CHECKING:
    from minewatch.analysis import ReleaseChoices
    from minewatch.exporters.qgis.project_rasters import RasterChoice

FORMATS = (
    "geojson", "gpkg", "qgis", "geoparquet", "flatgeobuf", "csv", "kml", "pmtiles", "stac",
    "smart", "postgis", "evidence",
)  # fmt: skip
"""Names in `minewatch.exporters.EXPORTERS`, repeated so that help loads no exporter."""
ProfileName = Annotated[
    Literal["private", "partner", "public"],
    typer.Option(
        "--profile",
        help="Who it is for: private (exact), partner (1 km grid), public (coarser, and late); see "
        "docs/publishing.md.",
    ),
]
Grid = Annotated[
    int | None, typer.Option("--grid", help="Cell in km: public 10 or 5, partner 1 or 5.")
]
Townships = Annotated[
    Path | None,
    typer.Option("--townships", help="With public: polygons with a `name`, instead of a grid."),
]
Ledger = Annotated[
    Path | None,
    typer.Option("--ledger", help="Ledger of releases, one for all runs; default: DIR/releases."),
]
Licence = Annotated[
    str, typer.Option("--licence", help="Of a release: its licence, said in every file.")
]
NoTotals = Annotated[
    bool, typer.Option("--no-totals", help="Say nothing of all cells together; hides fewer cells.")
]


def export(
    directory: RunDirectory,
    format: Annotated[str, typer.Option("--format", help=f"One of: {', '.join(FORMATS)}.")],
    *,
    profile: ProfileName = "private",
    grid: Grid = None,
    townships: Townships = None,
    ledger: Ledger = None,
    no_totals: NoTotals = False,
    licence: Licence = "",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Folder to write; default: DIR/export, or a new one in the ledger."
        ),
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
    from minewatch.analysis import export_to_database, is_database

    if no_rasters and link_rasters:
        raise SettingsError(
            "--no-rasters and --link-rasters say two things", hint="give one of them"
        )
    rasters: RasterChoice = "none" if no_rasters else "link" if link_rasters else "copy"
    choices = _choices(profile, grid, townships, ledger, no_totals, licence)
    of_files = {
        "--site": bool(site), "--lang": bool(lang), "--no-rasters": no_rasters,
        "--link-rasters": link_rasters,
    }  # fmt: skip
    if choices is not None:
        in_database = is_database(format)
        of_release = {"--dsn": dsn is not None and not in_database,
                      "--out": out is not None and in_database}  # fmt: skip
        _refuse({**of_files, **of_release}, f"--profile {profile}")
    elif is_database(format):
        _refuse(of_files, f"--format {format}")
    else:
        _refuse({"--dsn": dsn is not None}, f"--format {format}")
    done, written = "", list[Path]()
    with terminal.progress(quiet=quiet) as listener:
        if choices is not None and is_database(format):
            from minewatch.analysis import publish_to_database

            done = publish_to_database(directory, format=format, choices=choices, dsn=dsn)
        elif choices is not None:
            from minewatch.analysis import publish_layers

            written = publish_layers(directory, format=format, choices=choices, out=out)
        elif is_database(format):
            done = export_to_database(directory, format=format, dsn=dsn)
        else:
            written = job(
                directory, format=format, out=out, rasters=rasters, sites=site or (),
                language=lang, listener=listener,
            )  # fmt: skip
    if done and not quiet:
        terminal.line(done)
    if not quiet and format == "evidence" and choices is None:
        terminal.line(f"{sum(path.suffix == '.pdf' for path in written)} sheets, listed in")
        written = written[-2:]
    if not quiet:
        for path in written:
            terminal.line(str(path))


def report(
    directory: RunDirectory,
    *,
    profile: ProfileName = "private",
    grid: Grid = None,
    townships: Townships = None,
    ledger: Ledger = None,
    no_totals: NoTotals = False,
    licence: Licence = "",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="HTML file to write; default: DIR/report.html. With another profile: a folder.",
        ),
    ] = None,
    lang: Annotated[
        str, typer.Option("--lang", help="Language it begins in: en, my (Burmese), zh (Chinese).")
    ] = "en",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write the report: one self-contained HTML page, and its pictures.

    For a partner or the public it is another page: tables and drawings by cell, no pictures.

    Example: minewatch report pangwa
    """
    from minewatch.analysis import report as job

    choices = _choices(profile, grid, townships, ledger, no_totals, licence)
    if choices is not None:
        _refuse({"--lang": lang != "en"}, f"--profile {profile}")
    with terminal.status("drawing the report", quiet=quiet):
        if choices is None:
            written = list(job(directory, out=out, language=lang).values())
        else:
            from minewatch.analysis import publish_page

            written = publish_page(directory, choices=choices, out=out)
    if not quiet:
        for path in written:
            terminal.line(str(path))


def _refuse(given: Mapping[str, bool], where: str) -> None:
    """Stop at options that would be passed over in silence."""
    unused = [name for name, is_given in given.items() if is_given]
    if unused:
        raise SettingsError(
            f"{' and '.join(unused)} changes nothing with {where}", hint="leave it away"
        )


def _choices(
    profile: str,
    grid: int | None,
    townships: Path | None,
    ledger: Path | None,
    no_totals: bool,
    licence: str,
) -> ReleaseChoices | None:
    """What was chosen of a release; None when it is for the user alone."""
    if profile == "private":
        if (grid, townships, ledger, no_totals, licence) != (None, None, None, False, ""):
            raise SettingsError(
                "--grid, --townships, --ledger, --no-totals and --licence are for releases, and "
                "this is private",
                hint="add --profile public or --profile partner",
            )
        return None
    from minewatch.analysis import ReleaseChoices

    return ReleaseChoices(
        profile=profile, grid_km=grid, townships=townships, ledger=ledger,
        with_totals=not no_totals, licence=licence,
    )  # fmt: skip
