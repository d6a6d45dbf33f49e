"""`minewatch review agreement` and `suggest`: what verdicts say of reviewers and of other sites."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from minewatch.cli import terminal
from minewatch.cli.options import Debug, Json, RunDirectory

_FEW = 30


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
        columns = (f"{one} says", *(f"{two}: {said_words(c, None)}" for c in CATEGORIES))
        rows = [
            (said_words(c, None), *map(str, row))
            for c, row in zip(CATEGORIES, pair.table, strict=True)
        ]
        terminal.table(title, columns, rows)
        terminal.line(_kappa_words(kappa))
        for place in pair.disagreements:
            said = "; ".join(f"{name}: {words}" for name, words in place.words.items())
            kind = "" if place.is_of_verdict else " (of the reason only)"
            terminal.line(f"{place.subject}{kind}: {said}")


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
            s.site_id, f"{s.likeness:.2f}", f"{s.like}: {said_words(s.like_verdict, None)}",
            s.alert, f"{s.confidence:.2f}",
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


def said_words(verdict: str | None, reason: str | None) -> str:
    """A verdict in words.

    Examples
    --------
    >>> said_words("not_mine", "fish_pond")
    'not mine (fish pond)'
    """
    words = (verdict or "no verdict").replace("_", " ")
    return f"{words} ({reason.replace('_', ' ')})" if reason else words
