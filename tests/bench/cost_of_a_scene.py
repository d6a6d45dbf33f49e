"""Processor seconds that an update with one new look costs, by length of the history and stage.

Run `python tests/bench/cost_of_a_scene.py [SIZE_PX]`; the simulated archive is kept in the system's
folder for temporary files. Seconds of all threads together, so that other work on the machine
matters little; each line after the first is warm.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from minewatch import detect, export, sites, synthetic
from minewatch.pipeline import outputs, read_log, recipe, run, tell, update

BEFORE, LAST = date(2023, 3, 10), date(2023, 3, 18)
STAGES = (
    (recipe, "find_scene_list", "search"), (recipe, "reduce_all", "read"),
    (tell, "gather_evidence", "evidence"), (detect, "find", "find"), (sites, "link", "link"),
    (detect, "measure", "measure"), (sites, "build_inventory", "inventory"),
    (outputs, "write", "write"), (export, "open_result", "open"),
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


def main(size_px: int) -> None:
    """Print one line for each length of the history."""
    spec = replace(
        synthetic.PRESETS["demo"], name=f"bench-{size_px}", seed=3, size_px=size_px,
        start=date(2015, 11, 1), end=date(2023, 3, 31),
    )  # fmt: skip
    base = Path(tempfile.gettempdir()) / f"minewatch-bench-{size_px}"
    archive = synthetic.Archive(directory=base / "archive", spec=spec)
    if not archive.truth_looks.exists():
        shutil.rmtree(base, ignore_errors=True)
        synthetic.write_archive(base / "archive", spec)
    spent: dict[str, float] = {}
    for module, name, label in STAGES:
        setattr(module, name, watched(getattr(module, name), label, spent))
    for years in (1, 1, 4, 8):
        out = base / f"run-{years}"
        shutil.rmtree(out, ignore_errors=True)
        start = date(2023 - years, 11, 1) if years > 1 else date(2022, 4, 1)
        run(archive.aoi, start=start, end=BEFORE, catalog=str(archive.catalog), out=out)
        spent.clear()
        begun = time.process_time()
        update(out, end=LAST)
        total, job = time.process_time() - begun, read_log(out)[-1]
        stages = "  ".join(f"{label} {seconds:.2f}" for label, seconds in spent.items())
        new = len(job.changes.new)
        print(f"{years} y, {job.scenes} scenes, {new} new: {total:.2f} s  {stages}")  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 256)
