"""`python -m tests.bench.context_full_size [FOLDER]`: every context command over Chipwe/Pangwa.

The outline is true; scenes, heights, rivers and villages are simulated (`wide_archive`,
`draw_river_terrain`). A run that lies in the folder is taken as it is. Every command is alone in a
process of its own, as a person would type it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from tests.bench.wide_archive import LAST, make_wide_archive

from minewatch import areas
from minewatch.pipeline import run
from minewatch.synthetic import draw_river_terrain, write_river_terrain

AREA, YEARS = "chipwe-pangwa", 4
SIZE_M, TRIBUTARIES, ROUGHNESS_M = 130_000.0, 80, 60.0
VILLAGES = 300


def prepare(folder: Path) -> None:
    """The run, the heights and the villages, those that are not there yet."""
    out = folder / "run"
    if not (out / "manifest.json").exists():
        archive = make_wide_archive(folder / "wide", AREA, years=YEARS)
        run(AREA, out=out, start=archive.start, end=LAST, catalog=str(archive.catalog))
    if (folder / "hills" / "heights.tif").exists():
        return
    area = areas.read_aoi(AREA)
    middle = area.geometry_utm.envelope.centroid
    terrain = draw_river_terrain(
        seed=1, size_m=SIZE_M, tributaries=TRIBUTARIES, roughness_m=ROUGHNESS_M,
        centre=(middle.x, middle.y),
    )  # fmt: skip
    write_river_terrain(terrain, folder / "hills")
    west, south, east, north = area.geometry.bounds
    rng = np.random.default_rng(1)
    lines = ["name,lat,lon"]
    for number in range(VILLAGES):
        lat, lon = rng.uniform(south - 0.1, north + 0.1), rng.uniform(west - 0.1, east + 0.1)
        lines.append(f"Simulated village {number + 1},{lat:.5f},{lon:.5f}")
    (folder / "villages.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def commands(folder: Path) -> dict[str, list[str]]:
    """What is typed, by name."""
    heights, villages = str(folder / "hills" / "heights.tif"), f"village={folder / 'villages.csv'}"
    directory = str(folder / "run")
    return {
        "downstream": ["context", "downstream", directory, "--dem", heights, "--rivers",
                       str(folder / "hills" / "rivers.geojson"), "--places", villages,
                       "--draws", "5"],
        "slopes": ["context", "slopes", directory, "--dem", heights],
        "control": ["context", "control", directory],
        "absence": ["context", "absence", directory],
        "trade": ["context", "trade", directory],
        "people": ["context", "people", directory, "--layer", villages],
        "report": ["report", directory],
        "export qgis": ["export", directory, "--format", "qgis", "--rasters", "none"],
    }  # fmt: skip


def main(
    folder: Annotated[Path, typer.Argument(help="Where everything is kept.")],
    *,
    only: Annotated[str, typer.Option(help="One of the commands.")] = "",
    here: Annotated[bool, typer.Option("--here", help="In this process.")] = False,
) -> None:
    """Time and memory of every command, as a table."""
    if here:
        from minewatch.cli import main as cli

        start = time.perf_counter()
        try:
            cli([*commands(folder)[only], "--quiet"])
        except SystemExit as end:
            code = end.code
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(json.dumps({  # noqa: T201
            "code": code, "seconds": time.perf_counter() - start,
            "cpu": used.ru_utime + used.ru_stime, "gib": used.ru_maxrss / 2**20,
        }))  # fmt: skip
        return
    prepare(folder)
    print("| command | seconds | CPU s | peak GiB |\n| --- | --- | --- | --- |")  # noqa: T201
    for name in commands(folder):
        if only and name != only:
            continue
        job = [sys.executable, "-W", "ignore", "-m", "tests.bench.context_full_size", str(folder)]
        done = subprocess.run(
            [*job, "--only", name, "--here"], capture_output=True, text=True, check=True
        )
        (folder / f"{name.replace(' ', '-')}.txt").write_text(done.stdout, encoding="utf-8")
        found = json.loads(done.stdout.strip().splitlines()[-1])
        print(  # noqa: T201
            f"| {name} | {found['seconds']:.0f} | {found['cpu']:.0f} | {found['gib']:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    typer.run(main)
