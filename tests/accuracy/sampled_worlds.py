"""Samples of simulated worlds: `python -m tests.accuracy.sampled_worlds [--worlds 20] [--out DIR]`.

Each world is run, sampled, and labelled from its truth, with and without mistakes. Counted is in
how many the 95 % interval of the area of pools, and of mines, holds the true area. Simulated.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import rasterio

from minewatch import synthetic
from minewatch.analysis import assess, draw_sample
from minewatch.pipeline import run
from minewatch.samples import (
    CLASSES,
    LabelEntry,
    append_labels,
    read_design,
    read_units,
)

FIRST_SEED = 400
WORLD = replace(
    synthetic.PRESETS["demo"], name="sampled", size_px=160, mines=6, villages=1, quarries=0,
    revisit_days=10, start=date(2019, 11, 1), end=date(2021, 4, 30),
)  # fmt: skip
MISTAKE = 0.05
Mistake = Callable[[np.ndarray, int, int, random.Random], int]


def _none(grid: np.ndarray, row: int, col: int, rng: random.Random) -> int:
    return int(grid[row, col])


def _beside(grid: np.ndarray, row: int, col: int, rng: random.Random) -> int:
    """5 % of labels are those of a pixel beside: a picture that lies a pixel off."""
    if rng.random() >= MISTAKE:
        return int(grid[row, col])
    r = min(max(row + rng.choice((-1, 0, 1)), 0), grid.shape[0] - 1)
    c = min(max(col + rng.choice((-1, 0, 1)), 0), grid.shape[1] - 1)
    return int(grid[r, c])


def _anything(grid: np.ndarray, row: int, col: int, rng: random.Random) -> int:
    """5 % of labels are any other, forest far from any mine too."""
    true = int(grid[row, col])
    others = [n for n in range(len(CLASSES)) if n != true]
    return rng.choice(others) if rng.random() < MISTAKE else true


MISTAKES: dict[str, Mistake] = {
    "none": _none, "5 % read a pixel beside": _beside, "5 % any other label": _anything
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One sample of one world."""

    seed: int
    """Seed of the world."""
    mistakes: str
    """How labels were wrong."""
    of: str
    """`pool` or `mine`."""
    truth: float
    """True area, ha."""
    value: float
    low: float
    high: float
    mapped: float

    @property
    def holds(self) -> bool:
        """Whether the interval holds the truth."""
        return self.low <= self.truth <= self.high


def truth_grid(spec: synthetic.WorldSpec, sample: Path) -> np.ndarray:
    """Class of every pixel centre on the last day of the period, dims (y, x)."""
    design = read_design(sample)
    rows, cols = design.run["shape"]
    at = rasterio.Affine(*design.run["transform"])
    points = [at @ (c + 0.5, r + 0.5) for r in range(rows) for c in range(cols)]
    day = date.fromisoformat(design.periods[-1]["end"])
    said = synthetic.interpret_points(spec, [p[0] for p in points], [p[1] for p in points], day)
    return np.array([CLASSES.index(one.label) for one in said]).reshape(rows, cols)


def label(sample: Path, grid: np.ndarray, mistake: Mistake, *, seed: int) -> None:
    """Label every unit of a sample of pixels or blocks."""
    rng = random.Random(seed)
    design = read_design(sample)
    entries = []
    for unit in read_units(sample):
        names = [CLASSES[mistake(grid, r, c, rng)] for r, c, _ in unit.cells]
        text = names[0] if len(set(names)) == 1 else ";".join(names)
        entries += [
            LabelEntry(unit=unit.unit, period=p["start"], interpreter="truth", label=text)
            for p in design.periods
        ]
    append_labels(sample, entries)


def outcomes(seed: int, folder: Path, *, draws: int = 1, size: int = 300) -> list[Outcome]:
    """Samples of one world with each kind of mistake."""
    spec = replace(WORLD, seed=seed, name=f"sampled-{seed}")
    archive = synthetic.write_archive(folder / "archive", spec)
    synthetic.write_elevation(archive)
    out = folder / "run"
    run(archive.aoi, start=spec.start, end=spec.end, catalog=str(archive.catalog), out=out)
    truth = synthetic.read_truth(archive.truth)
    last = truth.seasons[truth.seasons["period_end"] == truth.periods[-1]]
    true = {
        "pool": float(last["pool_area_m2"].sum()) / 10_000,
        "mine": float(last["disturbed_area_m2"].sum()) / 10_000,
    }
    found, grid = [], None
    for n in range(draws):
        for kind, mistake in MISTAKES.items():
            sample = folder / f"sample-{n}-{kind.replace(' ', '').replace('%', '')}"
            draw_sample(out, size=size, out=sample, seed=str(n))
            if grid is None:
                grid = truth_grid(spec, sample)
            label(sample, grid, mistake, seed=1_000 * seed + n)
            for figure in assess(out, sample).figures:
                if figure.figure == "area" and figure.of in true:
                    e = figure.estimate
                    found.append(
                        Outcome(
                            seed=seed, mistakes=kind, of=figure.of, truth=true[figure.of],
                            value=e.value, low=e.low, high=e.high, mapped=figure.mapped or 0.0,
                        )
                    )  # fmt: skip
    return found


def table(found: list[Outcome], worlds: int) -> str:
    """What came out, one line a kind of mistake."""
    lines = [
        f"{worlds} simulated worlds (seeds from {FIRST_SEED}), samples of 300 pixels.\n",
        "| labels wrong | of | intervals that hold the truth | mean estimate / truth | "
        "mapped / truth | too low | too high |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for kind in MISTAKES:
        for of in ("pool", "mine"):
            rows = [one for one in found if one.mistakes == kind and one.of == of]
            true = sum(one.truth for one in rows)
            lines.append(
                f"| {kind} | {of} | {sum(one.holds for one in rows)} of {len(rows)} | "
                f"{sum(one.value for one in rows) / true:.2f} | "
                f"{sum(one.mapped for one in rows) / true:.2f} | "
                f"{sum(one.high < one.truth for one in rows)} | "
                f"{sum(one.low > one.truth for one in rows)} |"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=20)
    parser.add_argument("--draws", type=int, default=1)
    words = parser.parse_args()
    found = []
    for n in range(words.worlds):
        with tempfile.TemporaryDirectory() as folder:
            found += outcomes(FIRST_SEED + n, Path(folder), draws=words.draws)
        sys.stdout.write(table(found, n + 1))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
