"""Is a confidence of 0.8 right four times in five? Fitted on the tuning worlds, checked on others.

`python -m tests.accuracy.calibration` draws `docs/images/reliability.png`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from minewatch.cli import terminal
from minewatch.exporters import read_geojson
from minewatch.store.output_folder import SITE_DETECTIONS
from minewatch.synthetic import read_truth

from .harness import DEFAULT_CACHE, PROCESSES, Ran, current_commit, run_worlds
from .worlds import REPORTING, TUNING

Float = NDArray[np.float64]
Panels = Mapping[str, Mapping[str, tuple[pd.DataFrame, NDArray[np.float64]]]]
"""Title of a panel, to the name of a curve, to its verdicts and the confidence."""
NEAR_M = 10.0
"""A patch within one pixel of a true site is of it."""
BINS = 8
TITLE = (
    "SIMULATED worlds, no real place: share of detections that are mines, by confidence given\n"
    "bars: 95 % intervals; numbers: patches or sites; dashed: as often right as the confidence says"
)
"""What is drawn."""
PRIOR = 2.0
"""How strongly few patches are drawn to "no correction", in patches."""


@dataclass(frozen=True)
class Map:
    """A logistic map from given to calibrated confidence: never falling, two numbers."""

    offset: float = 0.0
    """Added to the log-odds."""
    slope: float = 1.0
    """Multiplies the log-odds."""

    def __call__(self, confidence: Float) -> Float:
        """Calibrated confidence 0..1."""
        return np.asarray(expit(self.offset + self.slope * logit(_inside(confidence))))


def patch_verdicts(ran: Ran) -> pd.DataFrame:
    """Every detection of a run: its `confidence`, and whether it `is_mine`."""
    truth = read_truth(ran.archive.truth)
    path = ran.result.directory / "state" / "detections.geojson"
    patches = read_geojson(path, SITE_DETECTIONS).to_crs(truth.sites.crs)
    true = [
        bool((truth.sites.distance(row.geometry) <= NEAR_M)[truth.sites["start"] <= end].any())
        for end, row in zip(patches["period_end"], patches.itertuples(), strict=True)
    ]
    return pd.DataFrame({"confidence": patches["confidence"].astype(float), "is_mine": true})


def site_verdicts(ran: Ran) -> pd.DataFrame:
    """Every site of a run by its latest confidence; rejected ones too."""
    truth = read_truth(ran.archive.truth)
    sites = ran.result.sites.to_crs(truth.sites.crs)
    true = [bool((truth.sites.distance(g) <= NEAR_M).any()) for g in sites.geometry]
    return pd.DataFrame({"confidence": sites["confidence"].astype(float), "is_mine": true})


def fit_map(verdicts: pd.DataFrame) -> Map:
    """The map under which the verdicts are likeliest, drawn a little to no correction."""
    x = logit(_inside(verdicts["confidence"].to_numpy(float)))
    y = verdicts["is_mine"].to_numpy(float)

    def loss(parameters: Float) -> float:
        offset, log_slope = parameters
        odds = offset + np.exp(log_slope) * x
        misfit = np.logaddexp(0, odds) - y * odds
        return float(misfit.sum() + PRIOR * (parameters**2).sum())

    offset, log_slope = minimize(loss, np.zeros(2)).x
    return Map(offset=float(offset), slope=float(np.exp(log_slope)))


def brier(verdicts: pd.DataFrame, confidence: Float) -> float:
    """Mean squared difference of confidence and truth: 0 is perfect."""
    return float(np.mean((confidence - verdicts["is_mine"].to_numpy(float)) ** 2))


def reliability(verdicts: pd.DataFrame, confidence: Float) -> pd.DataFrame:
    """Mean confidence and share of mines of equal slices of confidence, with 95 % intervals."""
    bins = np.clip((confidence * BINS).astype(int), 0, BINS - 1)
    true = verdicts["is_mine"].to_numpy(float)
    table = pd.DataFrame({"confidence": confidence, "true": true, "bin": bins})
    out = table.groupby("bin").agg(
        confidence=("confidence", "mean"), true=("true", "mean"), n=("true", "size")
    )
    return out.join(_wilson(out["true"], out["n"]))


def off_by(table: pd.DataFrame) -> float:
    """Mean distance of confidence from truth over the slices, weighted by their size."""
    return float(np.average((table["confidence"] - table["true"]).abs(), weights=table["n"]))


def draw(panels: Panels, path: Path) -> None:
    """Write the reliability diagram.

    Parameters
    ----------
    panels
        Title of a panel, to the name of a curve, to its verdicts and the confidence.
    path
        PNG file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    content = reliability_figure(panels)
    content.savefig(path, metadata={"Software": None}, bbox_inches="tight")  # the legends, too


def reliability_figure(panels: Panels) -> Figure:
    """The reliability diagram, which says that it is simulated and what is drawn; see `draw`."""
    figure = Figure(figsize=(5.2 * len(panels), 6.2), dpi=100, layout="constrained")
    figure.suptitle(TITLE)
    for axes, (title, curves) in zip(
        np.atleast_1d(figure.subplots(1, len(panels))), panels.items(), strict=True
    ):
        axes.plot([0, 1], [0, 1], color="black", lw=0.8, ls="--")
        for (name, (verdicts, confidence)), colour in zip(
            curves.items(), ("#d55e00", "#0072b2", "#009e73"), strict=False
        ):
            _curve(axes, name, reliability(verdicts, confidence), colour)
        axes.set(
            title=title, xlabel="confidence given", ylabel="share that is a mine",
            xlim=(0, 1), ylim=(0, 1.02), aspect="equal",
        )  # fmt: skip
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), fontsize="small")
    return figure


def _curve(axes: Axes, name: str, table: pd.DataFrame, colour: str) -> None:
    errors = np.abs(table[["low", "high"]].to_numpy().T - table["true"].to_numpy())
    label = f"{name}: {table['n'].sum()} cases, off by {off_by(table):.2f}"
    axes.errorbar(
        table["confidence"], table["true"], errors, color=colour, marker="o", capsize=3, label=label
    )
    for row in table.itertuples():
        axes.annotate(str(row.n), (row.confidence, row.true), (4, -10), textcoords="offset points",
                      fontsize="x-small", color=colour)  # fmt: skip


def _wilson(share: pd.Series, n: pd.Series) -> pd.DataFrame:
    """95 % interval of a share (doi:10.1080/01621459.1927.10502953)."""
    z = 1.96
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return pd.DataFrame({"low": middle - half, "high": middle + half})


def _inside(confidence: Float) -> Float:
    return np.clip(confidence, 1e-4, 1 - 1e-4)


def _all(verdicts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(verdicts, ignore_index=True)


def main(
    *,
    cache: Annotated[Path, typer.Option(help="Folder for archives and runs.")] = DEFAULT_CACHE,
    processes: Annotated[int, typer.Option(help="Worlds worked on at a time.")] = PROCESSES,
    picture: Annotated[Path, typer.Option(help="PNG to write.")] = Path(
        "docs/images/reliability.png"
    ),
) -> None:
    """Fit the map on the tuning worlds, check it on the reporting worlds, draw both."""
    sets = {
        "tuning": run_worlds(list(TUNING.values()), cache=cache, processes=processes),
        "reporting": run_worlds(list(REPORTING.values()), cache=cache, processes=processes),
    }
    patches = {name: _all([patch_verdicts(r) for r in ran]) for name, ran in sets.items()}
    sites = {name: _all([site_verdicts(r) for r in ran]) for name, ran in sets.items()}
    fitted = fit_map(patches["tuning"])
    terminal.line(
        f"commit {current_commit()}: offset {fitted.offset:.3f}, slope {fitted.slope:.3f}"
    )
    panels = {}
    for name in sets:
        given = patches[name]["confidence"].to_numpy()
        curves = {
            "patches as given": (patches[name], given),
            "patches, map fitted on tuning": (patches[name], fitted(given)),
            "sites as given": (sites[name], sites[name]["confidence"].to_numpy()),
        }
        for label, (verdicts, values) in curves.items():
            off = off_by(reliability(verdicts, values))
            terminal.line(
                f"{name}, {label}: n {len(values)}, off by {off:.3f}, Brier "
                f"{brier(verdicts, values):.3f}"
            )
        panels[f"{name} worlds"] = curves
    draw(panels, picture)
    terminal.line(str(picture))


if __name__ == "__main__":
    typer.run(main)
