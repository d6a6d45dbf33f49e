"""Two detectors on the same worlds: the plain baseline is the yardstick of the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd

from minewatch.detect import get_detector
from minewatch.synthetic import Score

from .harness import Ran
from .page import as_markdown
from .pooled import score_together, score_world

BEGIN, END = "<!-- baseline: begin -->", "<!-- baseline: end -->"
"""Where the tables stand on the page."""


def make_comparison(
    by_detector: Mapping[str, Sequence[Ran]], *, command: str, commit: str, today: date
) -> str:
    """Markdown with the figures of several detectors side by side.

    Parameters
    ----------
    by_detector
        Name of each detector to its runs: the same worlds in the same order.
    command, commit, today
        How, from what and when it was made.
    """
    worlds = next(iter(by_detector.values()))
    area = sum(ran.spec.area_km2 for ran in worlds)
    titles = [f"- `{name}`: {get_detector(name).title}" for name in by_detector]
    together = {f"`{name}`": _figures(score_together(ran)) for name, ran in by_detector.items()}
    return "\n\n".join(
        [
            f"Made with `{command}` from commit `{commit}` on {today}: {len(worlds)} of the "
            f"simulated reporting worlds, {area:.0f} km², each detector with its rules as shipped. "
            "**This is a simulation, not Kachin.**",
            "\n".join(titles),
            as_markdown(pd.DataFrame(together), "all of them together"),
            as_markdown(_by_world(by_detector), "world (seed)"),
            "*Found* and *false* count rows of a site and a season, as above.",
        ]
    )


def _figures(score: Score) -> dict[str, float]:
    """What the detectors are compared by."""
    seasons = score.seasons
    return {
        "true sites, season by season": seasons["true_sites"].sum(),
        "found": seasons["hits"].sum(),
        "false": seasons["false"].sum(),
        "second detections of a site": seasons["duplicates"].sum(),
        "precision": score.precision,
        "recall": score.recall,
        "F1": score.f1,
        "false sites per km² and season": score.false_per_km2_season,
        "window holds the true start": score.window_share,
        "median lag, days": score.lag_days,
        "cleared ground over the true one": score.area_ratio,
        "pool area over the true one": score.pool_area_ratio,
        "wet or dry right after a year": score.abandoned_share,
    }


def _by_world(by_detector: Mapping[str, Sequence[Ran]]) -> pd.DataFrame:
    """Found and false rows of every world, a pair of columns a detector."""
    rows: dict[str, dict[str, float]] = {}
    for name, worlds in by_detector.items():
        for ran in worlds:
            score = score_world(ran)
            row = rows.setdefault(
                f"{ran.spec.name} ({ran.spec.seed})", {"true": score.seasons["true_sites"].sum()}
            )
            row[f"found, `{name}`"] = score.seasons["hits"].sum()
            row[f"false, `{name}`"] = score.seasons["false"].sum()
            row[f"F1, `{name}`"] = score.f1
    return pd.DataFrame(rows).T
