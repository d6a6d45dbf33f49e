"""`minewatch fuse`: runs of several sensors as one inventory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from minewatch.cli import terminal
from minewatch.cli.options import Debug, Json, Quiet


def fuse(
    directory: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Folder of the leading run: the finest pixels, best."),
    ],
    others: Annotated[
        list[Path],
        typer.Argument(metavar="OTHER...", help="Folders of further runs over the same area."),
    ],
    *,
    out: Annotated[Path, typer.Option("--out", help="Folder to write.")],
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """One inventory from runs of several sensors over one area.

    Example: minewatch fuse pangwa pangwa-radar --out pangwa-fused
    """
    from minewatch import analysis

    with terminal.status("fusing", quiet=quiet):
        fusion = analysis.fuse(directory, *others, out=out)
    if json:
        sites = terminal.plain_rows(fusion.sites.drop(columns="geometry"))
        runs = {name: dict(run) for name, run in fusion.runs.items()}
        terminal.as_json({"simulated": fusion.simulated, "runs": runs, "sites": sites})
        return
    columns = ("site", "alert", "agreement", "began", *fusion.runs)
    rows = [
        (
            site["site_id"], site["alert"], site["agreement"],
            f"{site['last_undisturbed'] or 'before'} –\n{site['first_detected']}",
            *(_says(site[f"{run}_verdict"], site[f"{run}_change"]) for run in fusion.runs),
        )
        for site in fusion.sites.to_dict("records")
    ]  # fmt: skip
    title = f"{len(rows)} sites of {len(fusion.runs)} runs"
    title = f"SIMULATED, no real place: {title}" if fusion.simulated else title
    terminal.table(title, columns, rows)
    for verdict in dict.fromkeys(
        site[f"{run}_verdict"] for run in fusion.runs for site in fusion.sites.to_dict("records")
    ):
        terminal.line(f"{verdict.replace('_', ' ')}: {analysis.VERDICTS[verdict]}")
    for name, known in fusion.runs.items():
        if known["failures"]:
            terminal.line(
                f"note: {name}: {known['failures']} reads failed: that ground is not seen"
            )
    if not quiet:
        for path in fusion.files:
            terminal.line(str(path))


def _says(verdict: str, change: str | None) -> str:
    return f"{verdict}: {change}".replace("_", " ") if change else verdict.replace("_", " ")
