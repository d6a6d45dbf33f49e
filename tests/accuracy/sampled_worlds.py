"""Samples of simulated worlds: `python -m tests.accuracy.sampled_worlds [--worlds 20] [--first 0]`.

Each world is run, sampled, and labelled from its truth, with and without mistakes, by one
interpreter or by several. Counted is in how many the 95 % interval of the area of pools, and of
mines, holds the true area. Simulated.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

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
from minewatch.samples.unit_files import SampleUnit

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


@dataclass(frozen=True, kw_only=True)
class Labelling:
    """How often labels are wrong, and who looks."""

    mistake: Mistake
    """What one look says."""
    looks: Literal["one", "two", "again"] = "one"
    """`two`: two look at everything. `again`: the second looks at a tenth drawn at random, and at
    what the first calls a mine. A third looks where two differ."""


LABELLINGS: dict[str, Labelling] = {
    "none": Labelling(mistake=_none),
    "5 % read a pixel beside": Labelling(mistake=_beside),
    "5 % any other label": Labelling(mistake=_anything),
    "5 % any other label, everything labelled twice": Labelling(mistake=_anything, looks="two"),
    "5 % any other label, mines looked at again": Labelling(mistake=_anything, looks="again"),
}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One sample of one world."""

    seed: int
    """Seed of the world."""
    mistakes: str
    """How labels were wrong."""
    figure: str
    """`area`, or `area_corrected`."""
    looks: int
    """Labels that were given."""
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


def label(sample: Path, grid: np.ndarray, labelling: Labelling, *, seed: int) -> int:
    """Label every unit of a sample of pixels or blocks; returns how many labels it took."""
    rng = random.Random(seed)
    design = read_design(sample)
    entries = []
    for unit in read_units(sample):

        def look(
            interpreter: str, *, unit: SampleUnit = unit, third: bool = False
        ) -> list[LabelEntry]:
            names = [CLASSES[labelling.mistake(grid, r, c, rng)] for r, c, _ in unit.cells]
            text = names[0] if len(set(names)) == 1 else ";".join(names)
            return [
                LabelEntry(
                    unit=unit.unit, period=p["start"], interpreter=interpreter, label=text,
                    third=third,
                )
                for p in design.periods
            ]  # fmt: skip

        said = look("first")
        is_again = unit.second or said[-1].label != "other"
        if labelling.looks == "two" or (labelling.looks == "again" and is_again):
            said += look("second")
            if len({entry.label for entry in said}) > 1:
                said += look("third", third=True)
        entries += said
    append_labels(sample, entries)
    return len(entries)


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
        for number, (kind, labelling) in enumerate(LABELLINGS.items()):
            sample = folder / f"sample-{n}-{number}"
            draw_sample(out, size=size, out=sample, seed=str(n))
            if grid is None:
                grid = truth_grid(spec, sample)
            looks = label(sample, grid, labelling, seed=1_000 * seed + n)
            for figure in assess(out, sample).figures:
                if figure.figure in ("area", "area_corrected") and figure.of in true:
                    e = figure.estimate
                    found.append(
                        Outcome(
                            seed=seed, mistakes=kind, of=figure.of, truth=true[figure.of],
                            figure=figure.figure, looks=looks, value=e.value, low=e.low,
                            high=e.high, mapped=figure.mapped or 0.0,
                        )
                    )  # fmt: skip
    return found


def table(found: list[Outcome]) -> str:
    """What came out, one line a kind of mistake."""
    seeds = sorted({one.seed for one in found})
    lines = [
        f"{len(seeds)} simulated worlds (seeds {seeds[0]} to {seeds[-1]}), samples of 300 units.\n",
        "| labels wrong | labels | of | figure | intervals that hold the truth | "
        "mean estimate / truth | mean width / truth | too low | too high |",
        "| --- | ---: | --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    keys = dict.fromkeys((one.mistakes, one.figure, one.of) for one in found)
    for kind, figure, of in keys:
        rows = [one for one in found if (one.mistakes, one.figure, one.of) == (kind, figure, of)]
        true = sum(one.truth for one in rows)
        lines.append(
            f"| {kind} | {sum(one.looks for one in rows) / len(rows):.0f} | {of} | "
            f"{figure.replace('_', ' ')} | {sum(one.holds for one in rows)} of {len(rows)} | "
            f"{sum(one.value for one in rows) / true:.2f} | "
            f"{sum(one.high - one.low for one in rows) / true:.1f} | "
            f"{sum(one.high < one.truth for one in rows)} | "
            f"{sum(one.low > one.truth for one in rows)} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--draws", type=int, default=1)
    parser.add_argument("--out", type=Path, help="JSON lines: every outcome, as it comes.")
    words = parser.parse_args()
    found = list[Outcome]()
    for n in range(words.first, words.worlds):
        with tempfile.TemporaryDirectory() as folder:
            new = outcomes(FIRST_SEED + n, Path(folder), draws=words.draws)
        found += new
        if words.out:
            with words.out.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(asdict(one)) + "\n" for one in new)
        sys.stdout.write(table(found))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
