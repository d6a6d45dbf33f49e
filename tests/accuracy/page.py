"""The table of figures as Markdown: what `make accuracy` prints and `docs/accuracy.md` holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from minewatch.synthetic import Score

from .harness import Ran
from .labels import label_table
from .pooled import left_dry_before, mean_or_nan, overlap_of_hits, score_together, score_world

BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"
_GOALS: Sequence[tuple[str, str, str, Callable[[float], bool]]] = (
    ("F1 per dry season, sites of 0.1 ha and more", "f1", "≥ 0.90", lambda v: v >= 0.9),
    ("date window holds the true start", "window_share", "≥ 0.90", lambda v: v >= 0.9),
    ("median lag in days of usable overpasses", "lag_usable_days", "≤ 30", lambda v: v <= 30),
    ("pool area over the true one", "pool_area_ratio", "0.75–1.25", lambda v: 0.75 <= v <= 1.25),
    ("pool count range holds the truth", "pool_count_share", "≥ 0.80", lambda v: v >= 0.8),
    ("abandoned wet or dry right after a year", "abandoned_share", "≥ 0.80", lambda v: v >= 0.8),
)


def make_page(worlds: Sequence[Ran], *, command: str, commit: str, today: date) -> str:
    """Markdown with every figure of a set of worlds.

    Parameters
    ----------
    worlds
        Worlds and their runs.
    command, commit, today
        How, from what and when it was made.
    """
    scores = {ran.spec.name: score_world(ran) for ran in worlds}
    overlaps = {ran.spec.name: overlap_of_hits(ran, scores[ran.spec.name]) for ran in worlds}
    together = score_together(worlds)
    area = sum(ran.spec.area_km2 for ran in worlds)
    parts = [
        f"Made with `{command}` from commit `{commit}` on {today}: {len(worlds)} simulated worlds, "
        f"{area:.0f} km². **This is a simulation, not Kachin.**",
        "## Against the goals",
        _goals(together, scores, worlds),
        _without_what_was_never_seen(together, scores, worlds),
        "## World by world",
        _world_table(worlds, scores, overlaps, together),
        _LEGEND,
        "## By dry season",
        as_markdown(together.seasons, "season until"),
        "## By size of the cleared ground",
        as_markdown(together.recall_by_size, "hectares"),
        "## By number of pools",
        as_markdown(together.recall_by_pools, "pools"),
        "## False sites by what they lie on",
        as_markdown(together.false_by_confuser, "simulated confuser")
        if len(together.false_by_confuser)
        else "None.",
        "## What is no mine, and what it is called",
        as_markdown(label_table(worlds), "simulated ground"),
    ]
    return "\n\n".join(parts) + "\n"


def write_page(path: Path, generated: str, *, begin: str = BEGIN, end: str = END) -> None:
    """Put a generated part into a page, between two marks; what people wrote round it stays."""
    head, mark, rest = path.read_text("utf-8").partition(begin)
    if not mark or end not in rest:
        raise ValueError(f"{path} lacks {begin} or {end}")
    tail = rest.partition(end)[2]
    path.write_text(f"{head}{begin}\n\n{generated}\n{end}{tail}", encoding="utf-8")


_LEGEND = """\
A row counts sites season by season: *true* ones that count (0.1 ha cleared, 60 days after the
start, also when long abandoned), *found*, *false* and *doubles* (a second detection of a true
site). *Older* and *within*: recall of mines that began before the archive and in it. *Isolated*:
precision of found sites with no other within 400 m. *False/km²* is per season. *Area* and *pool
area* are ratios of sums over the found sites; *IoU* is the mean over found sites of footprint
against footprint. *Window*: share of dated sites whose window holds the true start; *lag*: median
days from start to first detection. *Count*: share whose range of pool counts holds the truth.
*Abandoned*: share whose wet or dry state is right a year after work stopped. A dash: nothing to
judge."""


def _goals(together: Score, scores: Mapping[str, Score], worlds: Sequence[Ran]) -> str:
    rows = [(what, goal, getattr(together, name), reached) for what, name, goal, reached in _GOALS]
    empty = [scores[ran.spec.name] for ran in worlds if ran.spec.mines == 0]
    if empty:
        false = sum(s.false_per_km2_season for s in empty) / len(empty)
        rows.insert(
            1, ("false sites per km² and season, worlds without mines", "≤ 0.01", false,
                lambda v: v <= 0.01),
        )  # fmt: skip
    rows_of_text = ["| what | goal | simulated | |", "| --- | --- | --- | --- |"]
    for what, goal, value, reached in rows:
        verdict = "–" if pd.isna(value) else "reached" if reached(value) else "**missed**"
        rows_of_text.append(f"| {what} | {goal} | {number(value)} | {verdict} |")
    return "\n".join(rows_of_text)


def _without_what_was_never_seen(
    together: Score, scores: Mapping[str, Score], worlds: Sequence[Ran]
) -> str:
    """Recall and F1 if sites that no overpass shows at work did not count."""
    seasons = together.seasons
    true, hits, false = (int(seasons[n].sum()) for n in ("true_sites", "hits", "false"))
    gone = sum(left_dry_before(ran, scores[ran.spec.name]) for ran in worlds)
    recall, precision = hits / max(true - gone, 1), hits / max(hits + false, 1)
    return (
        f"Of {true - hits} missed rows {gone} are of sites that were left dry before the archive "
        f"begins, so that no overpass shows a pool. Without them recall is {recall:.2f} and F1 "
        f"{2 * precision * recall / max(precision + recall, 1e-9):.2f}."
    )


def _world_table(
    worlds: Sequence[Ran],
    scores: Mapping[str, Score],
    overlaps: Mapping[str, pd.Series],
    together: Score,
) -> str:
    rows = {
        f"{ran.spec.name} ({ran.spec.seed})": _figures(
            scores[ran.spec.name], overlaps[ran.spec.name]
        )
        for ran in worlds
    }
    table = pd.DataFrame(rows).T
    # a world without mines has no precision: its false sites are counted by area
    mean = table[table["true"] > 0].mean()
    mean[["true", "found", "false", "doubles"]] = float("nan")
    mean["false/km²"] = table["false/km²"].mean()
    rows["**mean over worlds**"] = dict(mean)
    rows["**all**"] = _figures(together, pd.concat(list(overlaps.values())))
    return as_markdown(pd.DataFrame(rows).T, "world (seed)")


def _figures(score: Score, overlap: pd.Series) -> dict[str, float]:
    seasons = score.seasons
    return {
        "true": seasons["true_sites"].sum(),
        "found": seasons["hits"].sum(),
        "false": seasons["false"].sum(),
        "doubles": seasons["duplicates"].sum(),
        "precision": score.precision,
        "recall": score.recall,
        "older": score.recall_of("older"),
        "within": score.recall_of("within"),
        "F1": score.f1,
        "isolated": score.precision_isolated,
        "false/km²": score.false_per_km2_season,
        "area": score.area_ratio,
        "IoU": mean_or_nan(overlap),
        "window": score.window_share,
        "lag d": score.lag_days,
        "pool area": score.pool_area_ratio,
        "count": score.pool_count_share,
        "abandoned": score.abandoned_share,
    }


def as_markdown(table: pd.DataFrame, index: str) -> str:
    """A table as Markdown; `index` heads the column of its labels."""
    names = [str(c).replace("_", " ") for c in table.columns]
    rows = [
        "| " + " | ".join([index, *names]) + " |",
        "| --- |" + " ---: |" * len(names),
    ]
    for label, row in table.iterrows():
        rows.append("| " + " | ".join([str(label), *(number(v) for v in row)]) + " |")
    return "\n".join(rows)


def number(value: float | str) -> str:
    """Words and counts as they are, shares with two decimals, small rates with four."""
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return "–"
    if float(value).is_integer():
        return str(int(value))
    decimals = 4 if abs(value) < 0.1 else 2 if abs(value) < 10 else 0
    return f"{value:.{decimals}f}"
