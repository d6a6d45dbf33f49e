"""Figures on honest worlds as Markdown: mines older than the archive apart from those begun within.

Every figure stands twice: pooled over all sites, and as the mean over kinds of worlds, in which a
kind with few sites counts as much as one with many.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

import pandas as pd

from minewatch.synthetic import Score

from .harness import Ran
from .page import as_markdown, number
from .pooled import by_kind, score_together, score_world

BEGIN, END = "<!-- honest: begin -->", "<!-- honest: end -->"
_FIGURES: Final[Mapping[str, Callable[[Score], float]]] = {
    "precision": lambda s: s.precision,
    "recall": lambda s: s.recall,
    "older": lambda s: s.recall_of("older"),
    "older, open": lambda s: s.recall_of("older", is_open=True),
    "within": lambda s: s.recall_of("within"),
    "F1": lambda s: s.f1,
    "isolated": lambda s: s.precision_isolated,
    "pool area": lambda s: s.pool_area_ratio,
    "water": lambda s: s.water_area_ratio,
    "count": lambda s: s.pool_count_share,
    "window": lambda s: s.window_share,
    "abandoned": lambda s: s.abandoned_share,
}
_Reached = Callable[[float], bool]
_GOALS: Final[Sequence[tuple[str, str, str, _Reached]]] = (
    ("F1 per dry season, sites of 0.1 ha and more", "F1", "≥ 0.90", lambda v: v >= 0.9),
    ("recall of mines older than the archive", "older", "≥ 0.85", lambda v: v >= 0.85),
    ("the same, seasons with 0.1 ha not overgrown", "older, open", "≥ 0.85", lambda v: v >= 0.85),
    ("recall of mines begun within it", "within", "≥ 0.90", lambda v: v >= 0.9),
    ("precision", "precision", "≥ 0.95", lambda v: v >= 0.95),
    ("pool area over the true one", "pool area", "0.75–1.25", lambda v: 0.75 <= v <= 1.25),
    ("pool count range holds the truth", "count", "≥ 0.80", lambda v: v >= 0.8),
    ("date window holds the true start", "window", "≥ 0.90", lambda v: v >= 0.9),
    ("abandoned wet or dry right after a year", "abandoned", "≥ 0.80", lambda v: v >= 0.8),
)


def make_honest_page(worlds: Sequence[Ran], *, command: str, commit: str, today: date) -> str:
    """Markdown with every figure of a set of honest worlds.

    Parameters
    ----------
    worlds
        Worlds and their runs.
    command, commit, today
        How, from what and when it was made.
    """
    kinds = by_kind(worlds)
    scores = {kind: score_together(runs) for kind, runs in kinds.items()}
    together = score_together(worlds)
    table = kind_table(scores, together)
    parts = [
        f"Made with `{command}` from commit `{commit}` on {today}: {len(worlds)} simulated worlds "
        f"of {len(kinds)} kinds, {sum(r.spec.area_km2 for r in worlds):.0f} km². **This is a "
        "simulation, not Kachin.**",
        _goals(table, scores, kinds),
        as_markdown(table, "kind of world"),
        _LEGEND,
        "By the state in which a site was, season by season:",
        as_markdown(together.recall_by_state, "begun, state"),
        "By what a site lies at:",
        _table_or_none(together.recall_by_surroundings, "lies at"),
        "False sites by what they lie on:",
        _table_or_none(together.false_by_confuser, "simulated confuser"),
        _missed(worlds),
    ]
    return "\n\n".join(parts) + "\n"


def kind_table(scores: Mapping[str, Score], together: Score) -> pd.DataFrame:
    """A row a kind of world, then their mean and the pooled figures.

    Parameters
    ----------
    scores
        Score of each kind of world.
    together
        Score of all worlds as one.
    """
    rows = {kind: _row(score) for kind, score in scores.items()}
    pooled = _row(together)
    counts = [name for name in pooled if name not in _FIGURES and name != "false/km²"]
    mean = pd.DataFrame(rows).T.drop(columns=counts).mean()
    rows["**mean over kinds**"] = {name: mean.get(name, float("nan")) for name in pooled}
    rows["**pooled**"] = pooled
    return pd.DataFrame(rows).T


def _row(score: Score) -> dict[str, float]:
    seasons = score.seasons
    has_sites = bool(seasons["true_sites"].sum())
    figures = {
        # a world without mines has no precision: its false sites are counted by area
        name: figure(score) if has_sites else float("nan")
        for name, figure in _FIGURES.items()
    }
    return {
        "true": seasons["true_sites"].sum(), "found": seasons["hits"].sum(),
        "false": seasons["false"].sum(), "doubles": seasons["duplicates"].sum(), **figures,
        "false/km²": score.false_per_km2_season,
    }  # fmt: skip


def _goals(
    table: pd.DataFrame, scores: Mapping[str, Score], kinds: Mapping[str, Sequence[Ran]]
) -> str:
    rows = ["| what | goal | mean over kinds | pooled | |", "| --- | --- | --- | --- | --- |"]
    for what, name, goal, reached in _GOALS:
        mean, pooled = table[name].iloc[-2:]
        rows.append(_goal(what, goal, mean, pooled, reached(mean) and reached(pooled)))
    worst = table["F1"].iloc[:-2]
    if worst.notna().any():
        least = float(worst.min())
        rows.append(_goal(f"F1 of the worst kind of world: {worst.idxmin()}", "≥ 0.80", least,
                          float("nan"), least >= 0.8))  # fmt: skip
    empty = [scores[k].false_per_km2_season for k, runs in kinds.items()
             if not any(r.spec.mines for r in runs)]  # fmt: skip
    if empty:
        false = sum(empty) / len(empty)
        rows.append(_goal("false sites per km² and season, worlds without mines", "≤ 0.01", false,
                          float("nan"), false <= 0.01))  # fmt: skip
    return "\n".join(rows)


def _goal(what: str, goal: str, mean: float, pooled: float, is_reached: bool) -> str:
    verdict = "–" if pd.isna(mean) else "reached" if is_reached else "**missed**"
    return f"| {what} | {goal} | {number(mean)} | {number(pooled)} | {verdict} |"


def _table_or_none(table: pd.DataFrame, index: str) -> str:
    return as_markdown(table, index) if len(table) else "None, or not known."


def _missed(worlds: Sequence[Ran]) -> str:
    """Each site that was missed in a season: what it is, and what its ground is called."""
    lines = ["Missed sites (seasons missed of those that count):", ""]
    for ran in worlds:
        matches = score_world(ran).matches
        for site, rows in matches.groupby("site_id") if len(matches) else ():
            missed = rows[rows["found_id"].isna()]
            if len(missed):
                lines.append(f"- {ran.spec.name} {site}: {len(missed)} of {len(rows)}, "
                             f"{_what(ran, str(site), missed.iloc[-1])}")  # fmt: skip
    return "\n".join(lines) if len(lines) > 2 else "No site was missed."


def _what(ran: Ran, site: str, last: pd.Series) -> str:
    sites = ran.truth.sites
    true = sites.set_index("id").loc[site]
    changes = ran.result.changes.to_crs(sites.crs)
    shared = changes.geometry.intersection(true.geometry.buffer(10)).area
    shared = shared.groupby(changes["kind"]).sum().sort_values()
    kinds = [f"{kind} {area:.0f} m²" for kind, area in shared[shared > 0].tail(2)[::-1].items()]
    return (
        f"at {true['surroundings'] or 'unknown ground'}, since {true['start']}, {last['state']}, "
        f"{last['disturbed_area_m2']:.0f} m², {last['pool_count']:.0f} pools, named: "
        f"{', '.join(kinds) or 'nothing'}"
    )


_LEGEND = """\
A row counts sites season by season. *Older* and *within*: recall of mines that began before the
archive and in it; *older, open*: of the older ones in seasons in which 0.1 ha of them was not yet
overgrown (what was left dry and green before the first scene counts as missed in *older*).
*Isolated*: precision of found sites with no other found site within 400 m.
*Pool area* (lined pools) and *water* (standing water, mean of the season) are ratios of sums over
the found sites. *Count*: share whose range of pool counts holds the truth. *Window*: share of dated
sites whose window holds the true start. *Abandoned*: share whose wet or dry state is right a year
after work stopped. *False/km²* is per season. A dash: nothing to judge."""
