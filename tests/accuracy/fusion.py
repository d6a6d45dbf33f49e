"""What radar adds to an optical run: days saved in the monsoon, and false sites. All is simulated.

`python -m tests.accuracy.fusion --seeds 701 702` writes both archives of each world, runs each
sensor with its defaults, fuses, and prints a table.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import date
from pathlib import Path

from minewatch import pipeline, synthetic
from minewatch.synthetic import PRESETS, WorldSpec

SEEDS = (701, 702, 703, 704, 705, 706)
WORLD = replace(
    PRESETS["mines"], name="fusion", size_px=240, mines=7, preexisting=0.15, steepness_deg=20.0,
    start=date(2019, 11, 1), end=date(2022, 4, 30), most_cloud_pct=80.0,
)  # fmt: skip
"""Three dry seasons and the monsoons between them; everything that looks like a mine is there."""
CACHE = Path("~/.cache/minewatch/fusion").expanduser()


def make_runs(spec: WorldSpec, folder: Path) -> tuple[Path, Path]:
    """Folders of the optical and of the radar run over a world; made where they are missing."""
    optical, radar = folder / "optical", folder / "radar"
    if not (optical / "manifest.json").exists():
        archive = synthetic.write_archive(folder / "optical-archive", spec)
        pipeline.run(
            archive.aoi, start=spec.start, end=spec.end, catalog=str(archive.catalog), out=optical,
            workers=1, dem="none",
        )  # fmt: skip
    if not (radar / "manifest.json").exists():
        archive = synthetic.write_radar_archive(folder / "radar-archive", spec)
        pipeline.run(
            archive.aoi, start=spec.start, end=spec.end, catalog=str(archive.catalog), out=radar,
            sensor="sentinel-1-rtc", detector="radar-clearings", resolution_m=20.0,
            period="quarter", workers=1, dem="none",
        )  # fmt: skip
    return optical, radar


def main() -> None:
    """Make the worlds, run, fuse, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--cache", type=Path, default=CACHE)
    given = parser.parse_args()
    for seed in given.seeds:
        spec = replace(WORLD, name=f"fusion-{seed}", seed=seed)
        make_runs(spec, given.cache / str(seed))


if __name__ == "__main__":
    main()
