"""Processor seconds that an update with one new overpass costs, by length of the history and stage.

Run `python -m tests.bench.cost_of_a_scene [SIZE_PX | AREA]`: a simulated world of so many pixels,
or a bundled area at full size. The archive is kept in the system's folder for temporary files. The
catalogue of each length holds no scene from before. Seconds of all threads together, so that other
work on the machine matters less; medians of warm rounds, in which the lengths take turns.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from tests.bench.wide_archive import make_wide_archive

from minewatch import exporters, sites, synthetic
from minewatch.catalog import hrefs
from minewatch.detect.pool_banks.pool_bank_detector import PoolBanks
from minewatch.pipeline import inventory_step, jobs, run, update
from minewatch.store import read_log

BEFORE, LAST = date(2023, 3, 10), date(2023, 3, 18)
YEARS, ROUNDS = (1, 4, 8), 5
STAGES = (
    (jobs, "find_scene_list", "search"), (jobs, "read_all_months", "read"),
    (inventory_step, "score_chunks", "evidence"), (PoolBanks, "find", "find"),
    (sites, "link", "link"), (PoolBanks, "measure", "measure"),
    (sites, "build_inventory", "inventory"),
    (inventory_step, "write_products", "write"), (exporters, "open_result", "open"),
)  # fmt: skip


def watched(work: Callable[..., Any], label: str, spent: dict[str, float]) -> Callable[..., Any]:
    """The same work, with its processor seconds added up."""

    def timed(*arguments: Any, **named: Any) -> Any:
        begun = time.process_time()
        try:
            return work(*arguments, **named)
        finally:
            spent[label] = spent.get(label, 0.0) + time.process_time() - begun

    return timed


@dataclass(frozen=True)
class Job:
    """What is watched, and where its simulated scenes lie."""

    aoi: str | Path
    """Polygon file or bundled area."""
    archive: Path
    """Folder of the static catalogue."""

    def catalog_from(self, start: date) -> Path:
        """A catalogue of the scenes from a day on, beside that of all scenes."""
        collection = json.loads((self.archive / "collection.json").read_text())
        collection["links"] = [
            link
            for link in collection["links"]
            if link["rel"] != "item" or self._day_of(link["href"]) >= start
        ]
        path = self.archive / f"collection-{start}.json"
        path.write_text(json.dumps(collection))
        return path

    def _day_of(self, href: str) -> date:
        item = json.loads((self.archive / href).read_text())
        return date.fromisoformat(item["properties"]["datetime"][:10])


def make_job(world: str, base: Path) -> Job:
    """A job on a simulated archive, which is made once."""
    archive = base / "archive"
    if not world.isdecimal():
        make_wide_archive(archive, world, years=YEARS[-1])
        return Job(world, archive)
    spec = replace(
        synthetic.PRESETS["demo"], name=f"bench-{world}", seed=3, size_px=int(world),
        start=date(2015, 11, 1), end=date(2023, 3, 31),
    )  # fmt: skip
    made = synthetic.Archive(directory=archive, spec=spec)
    if not made.truth_overpasses.exists():
        shutil.rmtree(base, ignore_errors=True)
        synthetic.write_archive(archive, spec)
    return Job(made.aoi, archive)


def update_cost(before: Path, out: Path, spent: dict[str, float]) -> float:
    """Processor seconds of one update of a copy of a run; those of its stages go into `spent`."""
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(before, out)
    for kept in (hrefs._clean_text, hrefs._clean_copy):
        kept.cache_clear()  # a new process has none of it
    spent.clear()
    begun = time.process_time()
    update(out, end=LAST)
    return time.process_time() - begun


def main(world: str) -> None:
    """Print a line for each length of the history, and the ratio of the longest to the shortest."""
    base = Path(tempfile.gettempdir()) / f"minewatch-bench-{world}"
    job = make_job(world, base)
    for years in YEARS:
        shutil.rmtree(base / f"run-{years}", ignore_errors=True)
        start = date(2023 - years, 11, 1) if years > 1 else date(2022, 4, 1)
        run(
            job.aoi, start=start, end=BEFORE, catalog=str(job.catalog_from(start)),
            out=base / f"run-{years}",
        )  # fmt: skip
    spent: dict[str, float] = {}
    for module, name, label in STAGES:
        setattr(module, name, watched(getattr(module, name), label, spent))
    taken: dict[int, list[dict[str, float]]] = {years: [] for years in YEARS}
    for number in range(ROUNDS + 1):
        for years in YEARS:
            total = update_cost(base / f"run-{years}", base / "updated", spent)
            if number:  # the first round warms up
                taken[years].append({"all": total, **spent})
    middle = {
        years: {n: statistics.median(r[n] for r in rounds) for n in rounds[0]}
        for years, rounds in taken.items()
    }
    for years, costs in middle.items():
        stages = "  ".join(f"{label} {seconds:.2f}" for label, seconds in costs.items())
        scenes = read_log(base / f"run-{years}")[-1].scenes + 1
        print(f"{world}, {years} y, {scenes} scenes, 1 of them new: {stages}")  # noqa: T201
    ratios = sorted(
        long["all"] / short["all"] for long, short in zip(taken[YEARS[-1]], taken[1], strict=True)
    )
    quickest = {years: min(r["all"] for r in rounds) for years, rounds in taken.items()}
    print(  # noqa: T201
        f"{world}, {YEARS[-1]} years to 1: {statistics.median(ratios):.2f} "
        f"({ratios[0]:.2f} to {ratios[-1]:.2f} in {ROUNDS} rounds), "
        f"of the quickest round of each {quickest[YEARS[-1]] / quickest[1]:.2f}"
    )


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "256")
