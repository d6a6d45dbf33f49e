"""`minewatch publish`: proves that a file gives away nothing of a private inventory."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

import typer

from minewatch.cli import terminal
from minewatch.cli.options import Debug, Json
from minewatch.errors import SettingsError

LEAKS_FOUND = 1
"""Exit code when a file would give something away, or could not be checked."""
_SHOWN = 5
"""Leaks of a kind that are shown one by one; `--json` has them all."""

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Whether a file may be published.",
)


@app.command("check")
def check_command(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE...]", help="Files of any format, and folders of them."),
    ] = None,
    *,
    run: Annotated[
        Path, typer.Option("--run", help="Folder of the run whose inventory is private.")
    ],
    ledger: Annotated[
        Path | None,
        typer.Option("--ledger", help="Also ask whether each file is a release of this ledger."),
    ] = None,
    profile: Annotated[
        Literal["partner", "public"],
        typer.Option("--profile", help="Whose grid and cells the files may show."),
    ] = "public",
    townships: Annotated[
        Path | None,
        typer.Option("--townships", help="Districts whose outlines may be in the files."),
    ] = None,
    allow_pictures: Annotated[
        bool,
        typer.Option(
            "--allow-pictures", help="A person looked at the pictures: check only their metadata."
        ),
    ] = False,
    dsn: Annotated[
        str | None,
        typer.Option(
            "--dsn",
            help="Also read a database, as who logs in with this address; best a reader's, without "
            "the password: libpq finds it in ~/.pgpass or PGPASSWORD.",
        ),
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Look for anything private of a run in files.

    That is coordinates finer than the grid, ids of sites and scenes, days, names, areas.
    Ends with exit code 1 when something was found, or when part of a file could not be read.

    Example: minewatch publish check layer.gpkg page.html --run pangwa --ledger pangwa/releases
    """
    from minewatch.analysis import check_files
    from minewatch.publishing.leak_index import LEAK_KINDS

    if not files and dsn is None:
        raise SettingsError("nothing to check is named", hint="give files, folders or --dsn")
    found = check_files(
        files or (), run, profile=profile, ledger=ledger, townships=townships,
        allow_pictures=allow_pictures, dsn=dsn,
    )  # fmt: skip
    leaks = [leak for of_file in found.values() for leak in of_file]
    if json:
        terminal.as_json(
            [
                {"file": str(path), "kind": leak.kind, "where": leak.where, "what": leak.what}
                for path, of_file in found.items()
                for leak in of_file
            ]
        )
    else:
        counts = Counter(leak.kind for leak in leaks)
        rows = [(kind, counts[kind], meaning) for kind, meaning in LEAK_KINDS.items()]
        terminal.table(f"{len(found)} files, leaks by kind", ("kind", "found", "what it is"), rows)
        for kind in counts:
            for leak in [leak for leak in leaks if leak.kind == kind][:_SHOWN]:
                terminal.line(f"{leak.kind}: {leak.where}: {leak.what}")
        terminal.line("may not be published" if leaks else "nothing private was found")
    if leaks:
        raise typer.Exit(LEAKS_FOUND)
