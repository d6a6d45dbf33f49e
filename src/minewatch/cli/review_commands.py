"""`minewatch review`: what people say of sites, kept through every later run."""

from __future__ import annotations

import signal
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from minewatch.cli import terminal
from minewatch.cli.options import Debug, Json, Quiet, RunDirectory
from minewatch.errors import SettingsError

PARTLY_TAKEN = 1
"""Exit code when rows of a file were left behind."""
_FEW = 30

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
        terminal.line(f"{entry.subject}: {_said(entry.verdict, entry.reason)}")
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
            r["id"], _said(r["verdict"], r["reason"]), r["by"] or "–", r["at"][:10],
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
            words = [_said(entry.verdict, entry.reason)] if entry.verdict else []
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


@app.command("serve")
def serve_command(
    directory: RunDirectory,
    *,
    reviewer: Annotated[
        str | None,
        typer.Option(
            "--reviewer",
            "--by",
            envvar="MINEWATCH_REVIEWER",
            help="Who judges; stands in tables and exports.",
        ),
    ] = None,
    blind: Annotated[
        bool,
        typer.Option(
            "--blind", help="Keep the detector's opinion and that of others from the page."
        ),
    ] = False,
    sample: Annotated[
        str | None,
        typer.Option("--sample", help="Label the units of this sample instead: name or folder."),
    ] = None,
    second: Annotated[
        bool,
        typer.Option("--second", help="With --sample: only units drawn for a second interpreter."),
    ] = False,
    third: Annotated[
        bool,
        typer.Option(
            "--third", help="With --sample: only units on which two differ; this look decides."
        ),
    ] = False,
    host: Annotated[
        str,
        typer.Option("--host", help="Address to listen on; another than this machine is a risk."),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port; 0: any that is free.")
    ] = 0,
    debug: Debug = False,
) -> None:
    """A page on this machine on which sites are judged, one after the other. Ctrl-C ends it.

    Example: minewatch review serve pangwa --reviewer Kai
    """
    from minewatch.serving import ReviewServer, SampleTask, SiteTask

    if (second or third) and not sample:
        option = "--second" if second else "--third"
        raise SettingsError(f"{option} is for the units of a sample", hint="give --sample NAME too")
    task: SiteTask | SampleTask = (
        SampleTask(directory, sample, interpreter=reviewer, is_second=second, is_third=third)
        if sample
        else SiteTask(directory, reviewer=reviewer, is_blind=blind)
    )
    server = ReviewServer(
        task, host=host, port=port,
        say_entrance=lambda address: terminal.line(f"another browser, once: {address}"),
    )  # fmt: skip
    if not server.is_private:
        terminal.note(
            f"warning: everybody who reaches {host} can try to open this page, and what is sent is "
            "not encrypted: exact positions and verdicts can be read on the way. Use it on a "
            "network that you trust, and stop it when done."
        )
    terminal.line(f"open once: {server.visitors.entrance}")
    terminal.line("Ctrl-C stops it; every verdict is kept as soon as it is given")
    signal.signal(signal.SIGTERM, _stop)
    note = server.run()
    kept = task.given
    terminal.line(f"{kept} {'entry' if kept == 1 else 'entries'} added to {task.log}")
    _show_note(note)


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


@app.command("agreement")
def agreement_command(
    directory: RunDirectory,
    *,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """How far reviewers agree beyond chance (Cohen's kappa), and where they do not.

    Example: minewatch review agreement pangwa
    """
    from minewatch.analysis import CATEGORIES, compare_reviewers, open_review

    known = open_review(directory)
    pairs = compare_reviewers(known.entries)
    if json:
        terminal.as_json(
            {
                "simulated": known.result.simulated, "categories": CATEGORIES,
                "pairs": [asdict(pair) for pair in pairs],
            }
        )  # fmt: skip
        return
    if not pairs:
        terminal.line("no two reviewers with a name: give --reviewer to `review serve`")
    for pair in pairs:
        one, two = pair.reviewers
        kappa = pair.kappa
        title = f"{one} and {two}: {kappa.count} places judged by both"
        if known.result.simulated:
            title = f"SIMULATED, no real place: {title}"
        columns = (f"{one} says", *(f"{two}: {_said(c, None)}" for c in CATEGORIES))
        rows = [
            (_said(c, None), *map(str, row)) for c, row in zip(CATEGORIES, pair.table, strict=True)
        ]
        terminal.table(title, columns, rows)
        terminal.line(_kappa_words(kappa))
        for place in pair.disagreements:
            said = "; ".join(f"{name}: {words}" for name, words in place.words.items())
            kind = "" if place.is_of_verdict else " (of the reason only)"
            terminal.line(f"{place.subject}{kind}: {said}")


@app.command("suggest")
def suggest_command(
    directory: RunDirectory,
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most sites shown.")] = 20,
    recalibrate: Annotated[
        bool,
        typer.Option(
            "--recalibrate", help="With 50 verdicts: show confidence fitted to them, too."
        ),
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """More like this: sites that nobody judged, by their likeness to those that people call mines.

    Needs ten verdicts, both of mines and of others, and scikit-learn: pip install
    'minewatch[review]'. Nothing is written.

    Example: minewatch review suggest pangwa
    """
    from minewatch.analysis import suggest

    found = suggest(directory, recalibrate=recalibrate)
    if json:
        shown = asdict(found)
        if found.calibration is not None:
            del shown["calibration"]["calibrated"]  # stands beside each suggestion
        terminal.as_json(shown)
        return
    title = f"{len(found.suggestions)} sites that nobody judged, the most like mines first"
    if found.simulated:
        title = f"SIMULATED, no real place: {title}"
    columns = ["site", "likeness", "most like", "detector", "confidence"]
    rows = [
        [
            s.site_id, f"{s.likeness:.2f}", f"{s.like}: {_said(s.like_verdict, None)}", s.alert,
            f"{s.confidence:.2f}",
            *([] if s.calibrated is None else [f"{s.calibrated:.2f}"]),
        ]
        for s in found.suggestions[:limit]
    ]  # fmt: skip
    terminal.table(title, [*columns, *(["fitted"] if recalibrate else [])], rows)
    for text in _suggestion_words(found):
        terminal.line(text)


def _suggestion_words(found: Any) -> list[str]:
    """How far all that can be trusted."""
    ranking = found.ranking
    lines = [
        f"from {found.judged} verdicts, {found.mines} of mines; judged sites are no random sample"
    ]
    if ranking.likeness is None:
        lines.append("how well it ranks is unknown: no part of the area could be held out")
    else:
        lines.append(
            f"held out by space ({ranking.blocks} parts, {ranking.count} sites, {ranking.mines} "
            f"mines): a mine comes before another site in {ranking.likeness:.0%} of pairs "
            f"({ranking.low:.0%} to {ranking.high:.0%}; 50 % is chance); by the detector's "
            f"confidence in {ranking.confidence:.0%}"
        )
        if ranking.likeness <= ranking.confidence:
            lines.append("likeness ranks no better than the detector's own confidence here")
    if found.without_evidence:
        lines.append(f"{found.without_evidence} sites have no evidence terms and are not ranked")
    if (fit := found.calibration) is not None:
        lines.append(
            f"confidence on {fit.count} sites held out: mean squared error {fit.before:.3f} as it "
            f"is, {fit.after:.3f} fitted{'' if fit.is_better else ': no better, do not use it'}"
        )
        for name, bins in (("as it is", fit.bins_before), ("fitted", fit.bins_after)):
            said = "; ".join(f"{b.said:.2f} → {b.found:.2f} ({b.count})" for b in bins)
            lines.append(f"{name}, said → found to be mines (sites): {said}")
        lines.append("nothing was changed: tables keep the detector's confidence")
    return lines


def _kappa_words(kappa: Any) -> str:
    if not kappa.count:
        return "nothing can be said: they judged no place in common"
    same = f"they say the same of {kappa.observed:.0%}"
    if kappa.kappa is None:
        return f"{same}; kappa is not defined where both say one and the same of all"
    few = "; with so few places the interval is too narrow" if kappa.count < _FEW else ""
    return (
        f"{same}; kappa {kappa.kappa:.2f}, 95 % interval {kappa.low:.2f} to {kappa.high:.2f}{few}"
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _said(verdict: str | None, reason: str | None) -> str:
    words = (verdict or "no verdict").replace("_", " ")
    return f"{words} ({reason.replace('_', ' ')})" if reason else words


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
