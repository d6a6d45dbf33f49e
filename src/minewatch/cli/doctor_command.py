"""`minewatch doctor`: whether this machine can do the work."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from minewatch.cli import terminal
from minewatch.cli.options import Debug, Json

_SHOWN = {"ok": "ok", "note": "note", "fault": "FAULT"}


def doctor(
    *,
    network: Annotated[
        bool, typer.Option("--network", help="Ask each known catalogue whether it answers.")
    ] = False,
    catalog: Annotated[
        list[str] | None,
        typer.Option("--catalog", help="Ask this catalogue, too: a name or an address."),
    ] = None,
    folder: Annotated[
        Path, typer.Option("--folder", help="Where runs are to be written.")
    ] = Path(),
    cache: Annotated[
        Path | None, typer.Option("--cache", help="Folder of run --cache to look at.")
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """What this machine has, and what to mend.

    Versions, kernels, memory, disk, extras, keys that are set, and catalogues. Without --network and --catalog no server is asked. Exit code 1 when something does not work.

    Example: minewatch doctor --network
    """
    from minewatch.pipeline import check_machine
    from minewatch.sensors import CATALOGS

    asked = [*(CATALOGS if network else ()), *(catalog or ())]
    with terminal.status("looking over this machine", quiet=json):
        found = list(check_machine(folder=folder, cache=cache, catalogs=asked))
    if json:
        terminal.as_json([asdict(check) for check in found])
    else:
        rows = [(_SHOWN[c.outcome], c.name, c.found, c.mend) for c in found]
        terminal.table("this machine", ("", "what", "found", "to mend"), rows)
    if any(check.outcome == "fault" for check in found):
        raise typer.Exit(1)
