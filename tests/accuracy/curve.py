"""What a higher or lower confidence that counts would do: precision against recall.

`python -m tests.accuracy.curve` draws `docs/images/precision-recall.png`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from matplotlib.figure import Figure

from minewatch.cli import terminal
from minewatch.sites import AlertRules

from .harness import DEFAULT_CACHE, PROCESSES, Ran, current_commit, run_worlds
from .pooled import score_together
from .worlds import HONEST_REPORTING, REPORTING, TUNING

LEVELS = (0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 0.9)


def counted_from(ran: Ran, level: float) -> Ran:
    """A run as if sites counted from a confidence on: the ladder's other rules are left out."""
    latest = ran.result.sites.set_index("site_id")["confidence"]
    table = ran.result.inventory
    counts = table["site_id"].map(latest) >= level
    alert = np.where(table["alert"] == "rejected", "rejected",
                     np.where(counts, "provisional", "candidate"))  # fmt: skip
    return replace(ran, result=ran.result.with_tables(inventory=table.assign(alert=alert)))


def curve(worlds: Sequence[Ran], levels: Sequence[float] = LEVELS) -> pd.DataFrame:
    """Precision, recall, F1 and false sites per km² and season at each confidence that counts."""
    rows = {}
    for level in levels:
        score = score_together([counted_from(ran, level) for ran in worlds])
        rows[level] = {
            "precision": score.precision, "recall": score.recall, "f1": score.f1,
            "false_per_km2_season": score.false_per_km2_season,
        }  # fmt: skip
    return pd.DataFrame(rows).T.rename_axis("confidence")


def draw(curves: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write the curves of several sets of worlds as one picture."""
    figure = Figure(figsize=(7, 5.5), dpi=100, layout="constrained")
    axes = figure.subplots()
    figure.suptitle("SIMULATED worlds: precision and recall by the confidence that counts")
    for f1 in (0.7, 0.8, 0.9):
        recall = np.linspace(f1 / (2 - f1), 1, 50)
        axes.plot(recall, f1 * recall / (2 * recall - f1), color="#bbbbbb", lw=0.8)
        axes.annotate(f"F1 {f1}", (1.0, f1 / (2 - f1)), fontsize="x-small", color="#777777")
    for (name, table), colour in zip(
        curves.items(), ("#777777", "#0072b2", "#d55e00"), strict=False
    ):
        axes.plot(table["recall"], table["precision"], color=colour, marker="o", ms=3, label=name)
        for level, row in table.iterrows():
            if level in {0.3, 0.7, 0.9, AlertRules().support}:
                at = (row["recall"], row["precision"])
                axes.annotate(f"{level:g}", at, (3, 4), textcoords="offset points", color=colour)
    axes.set(xlabel="recall", ylabel="precision", xlim=(0.4, 1.03), ylim=(0.4, 1.03))
    axes.legend(loc="lower left")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})


def main(
    *,
    cache: Annotated[Path, typer.Option(help="Folder for archives and runs.")] = DEFAULT_CACHE,
    processes: Annotated[int, typer.Option(help="Worlds worked on at a time.")] = PROCESSES,
    picture: Annotated[Path, typer.Option(help="PNG to write.")] = Path(
        "docs/images/precision-recall.png"
    ),
) -> None:
    """Print and draw the curves of the tuning, the reporting and the honest reporting worlds."""
    sets = {"tuning": TUNING, "reporting": REPORTING, "honest reporting": HONEST_REPORTING}
    curves = {}
    terminal.line(f"commit {current_commit()}")
    for name, worlds in sets.items():
        ran = run_worlds(list(worlds.values()), cache=cache, processes=processes)
        curves[f"{name} worlds"] = curve(ran)
        terminal.line(f"{name}\n{curves[f'{name} worlds'].round(4).to_string()}")
    draw(curves, picture)
    terminal.line(str(picture))


if __name__ == "__main__":
    typer.run(main)
