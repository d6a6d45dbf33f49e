"""`minewatch review`: what people say of sites, kept through every later run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from minewatch.cli import terminal
from minewatch.cli.options import Debug, Json, Quiet, RunDirectory
from minewatch.cli.review_figures_commands import agreement_command, said_words, suggest_command
from minewatch.cli.review_page_command import serve_command

PARTLY_TAKEN = 1
"""Exit code when rows of a file were left behind."""

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Verdicts of people: in, out, and kept through every later run.",
)

Reviewer = Annotated[
    str | None,
    typer.Option(
        "--by", envvar="MINEWATCH_REVIEWER", help="Who says so; stands in tables and exports."
    ),
]


@app.command("set")
def set_command(
    directory: RunDirectory,
    site: Annotated[
        str,
        typer.Argument(metavar="SITE", help="Id of a site; new: one that --outline draws."),
    ],
    verdict: Annotated[
        str | None,
        typer.Argument(
            metavar="[VERDICT]",
            help="mine, not_mine (with --reason), unsure, or withdrawn: takes back what was said.",
        ),
    ] = None,
    *,
    reason: Annotated[
        str | None,
        typer.Option("--reason", help="With not_mine: a kind of change, such as swidden."),
    ] = None,
    note: Annotated[str | None, typer.Option("--note", help="Free words.")] = None,
    reviewer: Reviewer = None,
    outline: Annotated[
        Path | None,
        typer.Option("--outline", help="Vector file with the outline as it should be."),
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say what one site is.

    Example: minewatch review set pangwa s0123456789 not_mine --reason swidden --by Kai
    """
    from minewatch.analysis import set_verdict

    entry, note_of_tables = set_verdict(
        directory, site, verdict, time=_now(), reason=reason, note=note, reviewer=reviewer,
        outline=outline,
    )  # fmt: skip
    if not quiet:
        terminal.line(f"{entry.subject}: {said_words(entry.verdict, entry.reason)}")
    _show_note(note_of_tables)


@app.command("list")
def list_command(
    directory: RunDirectory,
    *,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """What people said, and what became of each place in the inventory.

    Example: minewatch review list pangwa
    """
    from minewatch.analysis import open_review

    known = open_review(directory)
    detected = {row["site_id"]: row for row in known.result.read_rows("sites")}
    rows = [_row(place, detected.get(place.site_id or "")) for place in known.places]
    if json:
        terminal.as_json(
            {"simulated": known.result.simulated, "verdicts": rows, "notes": known.notes}
        )
        return
    title = f"verdicts of people: {len(rows)}; sites of the detector: {len(detected)}"
    if known.result.simulated:
        title = f"SIMULATED, no real place: {title}"
    columns = ("id", "verdict", "by", "on", "detector", "now")
    shown = [
        (
            r["id"], said_words(r["verdict"], r["reason"]), r["by"] or "–", r["at"][:10],
            _detector(r), _now_words(r),
        )
        for r in rows
    ]  # fmt: skip
    terminal.table(title, columns, shown)
    for row in rows:
        for other in row["others"]:
            terminal.line(f"{row['id']}: reviewers differ: {other}")
    for row in rows:
        if row["lost"]:
            terminal.line(f"{row['id']}: people call it a mine, and it is in the inventory no more")
    for note in known.notes:
        terminal.line(f"note: {note}")


@app.command("import")
def import_command(
    directory: RunDirectory,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="GeoPackage, GeoJSON or CSV that was edited.")
    ],
    *,
    reviewer: Reviewer = None,
    prefer: Annotated[
        Literal["file", "log"] | None,
        typer.Option("--prefer", help="Who is right in a conflict; default: nothing is written."),
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Take verdicts, notes and outlines from a file that people edited.

    Conflicts are listed and not written; the command then ends with exit code 1.

    Example: minewatch review import pangwa pangwa/export/minewatch.gpkg --by Kai
    """
    from minewatch.analysis import import_verdicts

    plan, note_of_tables = import_verdicts(
        directory, file, time=_now(), reviewer=reviewer, prefer=prefer
    )
    if json:
        terminal.as_json(
            {
                "taken": [
                    {
                        "id": e.subject, "verdict": e.verdict, "reason": e.reason,
                        "outline": e.corrected is not None,
                    }
                    for e in plan.entries
                ],
                "unchanged": plan.unchanged, "conflicts": plan.conflicts,
                "left_out": plan.left_out, "notes": plan.notes,
            }
        )  # fmt: skip
    else:
        for entry in plan.entries:
            words = [said_words(entry.verdict, entry.reason)] if entry.verdict else []
            words += ["outline corrected"] if entry.corrected is not None else []
            words += [f"note: {entry.note}"] if entry.note else []
            terminal.line(f"{entry.subject}: {', '.join(words)}")
        terminal.line(f"{len(plan.entries)} taken, {plan.unchanged} rows say nothing new")
        for kind, lines in (
            ("conflict", plan.conflicts), ("left out", plan.left_out), ("note", plan.notes),
        ):  # fmt: skip
            for text in lines:
                terminal.line(f"{kind}: {text}")
        if plan.conflicts:
            terminal.line("nothing of these was written: give --prefer file or --prefer log")
    _show_note(note_of_tables)
    if not plan.is_whole:
        raise typer.Exit(PARTLY_TAKEN)


@app.command("export")
def export_command(
    directory: RunDirectory,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="File to write: .gpkg, .geojson or .csv."),
    ],
    *,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write every site with its verdict into one file, to be edited and imported again.

    Example: minewatch review export pangwa verdicts.gpkg
    """
    from minewatch.analysis import export_verdicts

    path = export_verdicts(directory, file)
    if not quiet:
        terminal.line(str(path))


app.command("serve")(serve_command)
app.command("agreement")(agreement_command)
app.command("suggest")(suggest_command)


def _now() -> datetime:
    return datetime.now(UTC)


def _row(place: Any, detected: dict[str, Any] | None) -> dict[str, Any]:
    """A judgement as plain values."""
    judgement = place.judgement
    return {
        "id": judgement.subject, "site_id": place.site_id, "verdict": judgement.verdict,
        "reason": judgement.reason, "by": judgement.reviewer, "at": judgement.time,
        "note": judgement.note, "outline_corrected": judgement.corrected is not None,
        "found_by": place.way, "what_became": place.note, "lost": place.is_lost,
        "others": list(judgement.others),
        "alert": detected and detected["alert"], "state": detected and detected["state"],
        "confidence": detected and detected["confidence"],
    }  # fmt: skip


def _detector(row: dict[str, Any]) -> str:
    if row["alert"] is None:
        return "no site"
    return f"{row['alert']}, {str(row['state']).replace('_', ' ')}"


def _now_words(row: dict[str, Any]) -> str:
    if row["site_id"] is None:
        return row["what_became"] or "drawn by hand"
    by = "" if row["found_by"] == "id" else " (by its place)"
    return f"{row['site_id']}{by}" if row["site_id"] != row["id"] else "the same id"


def _show_note(note: str) -> None:
    if note:
        terminal.note(f"note: {note}")
