"""Simulated mines drawn into real Sentinel-2 pixels: what the detector makes of them.

    python tests/real/drawn_mines.py [FOLDER] [SEED ...]

FOLDER holds `data/`; without it MINEWATCH_SHARED, or `../shared` beside the repository. The ground
is real: seven dates of a deciduous forest with fields and a clear-cut (no mine, none of it
Kachin), blended from date to date through the year. Mines, sky, noise and misplacement are
simulated. Sites and areas of it are labelled simulated.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio

from minewatch import pipeline, synthetic
from minewatch.exporters import open_result
from minewatch.model import REFLECTANCE_BANDS

DAYS = (119, 133, 189, 227, 258, 288, 319)
"""Days of the year of the seven pictures, April to November 2018."""
BANDS = (0, 1, 2, 3, 8, 9)
"""B2, B3, B4, B8, B11 and B12 among the ten of each date."""
SIZE_PX = 226
SEEDS = (1, 2)


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What a run over one world of drawn mines gave."""

    score: synthetic.Score
    """Against the mines that were drawn."""
    changes_pct: float
    """Area of the changes that are no mines, of the whole area, per cent."""
    changes: gpd.GeoDataFrame
    """They."""


def real_ground(folder: Path) -> Callable[[int], np.ndarray]:
    """Reflectance on a day of the year, dims (band, y, x): blended from the dates around it."""
    with rasterio.open(next(folder.glob("*.tif"))) as file:
        values = file.read().reshape(len(DAYS), 10, file.height, file.width)
    pictures = np.maximum(values[:, BANDS, :SIZE_PX, :SIZE_PX] / 1e4, 0.001).astype("float32")
    around = np.array([DAYS[-1] - 365, *DAYS, DAYS[0] + 365])
    order = [len(DAYS) - 1, *range(len(DAYS)), 0]

    def on(day_of_year: int) -> np.ndarray:
        after = int(np.searchsorted(around, day_of_year, side="right"))
        share = (day_of_year - around[after - 1]) / (around[after] - around[after - 1])
        before, later = pictures[order[after - 1]], pictures[order[after]]
        return before + np.float32(share) * (later - before)

    return on


def spec_of(seed: int) -> synthetic.WorldSpec:
    """Mines of every age in forest, with nothing simulated beside them but their roads and sky."""
    return synthetic.WorldSpec(
        name=f"drawn-into-real-{seed}", kind="drawn-into-real", seed=seed, size_px=SIZE_PX,
        start=date(2018, 11, 1), end=date(2024, 4, 30), revisit_days=10, most_cloud_pct=60.0,
        mines=7, preexisting=0.5, surroundings=("slope",), mixed_pools=0.5, colour_shift=0.1,
        fog=0.1, smoke=0.1, river=False, villages=0, quarries=0, swidden_per_km2_year=0.0,
        landslides_per_km2_year=0.0, clearings_per_km2_year=0.0, bands=REFLECTANCE_BANDS,
    )  # fmt: skip


def score_drawn(data: Path, seed: int, folder: Path) -> Drawn:
    """Draw, run and score one world; the archive and the run stay in `folder`."""
    spec = spec_of(seed)
    archive = synthetic.Archive(directory=folder / f"archive_simulated_{seed}", spec=spec)
    if not archive.directory.exists():
        ground = real_ground(data / "s2_forest_phenology")
        synthetic.write_archive(archive.directory, spec, backdrop=ground)
    out = folder / f"run_simulated_{seed}"
    pipeline.run(
        archive.aoi, start=spec.start, end=spec.end, catalog=str(archive.catalog), out=out,
        workers=1, resume=True,
    )  # fmt: skip
    result = open_result(out, verify=False)
    truth = synthetic.read_truth(archive.truth)
    changes = result.changes
    area = changes.to_crs(changes.estimate_utm_crs()).area.sum() if len(changes) else 0.0
    return Drawn(
        score=synthetic.score_inventory(result.inventory, result.sites, truth),
        changes_pct=100 * area / (truth.area_km2 * 1e6), changes=changes,
    )  # fmt: skip


def main(args: Sequence[str]) -> None:
    here = Path(__file__).parents[2]
    shared = (
        Path(args[0]) if args else Path(os.environ.get("MINEWATCH_SHARED") or here / "../shared")
    )
    with tempfile.TemporaryDirectory() as folder:
        for seed in [int(s) for s in args[1:]] or SEEDS:
            drawn = score_drawn(shared / "data", seed, Path(folder))
            kinds = drawn.changes.groupby("kind")["area_m2"].agg(["count", "sum"])
            sys.stdout.write(
                f"seed {seed} (simulated mines, real ground)\n{drawn.score}\n"
                f"changes {drawn.changes_pct:.1f} % of the area\n{kinds.to_string()}\n"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
