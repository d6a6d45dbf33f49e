"""What radar adds to an optical run: days saved in the monsoon, and false sites. All is simulated.

`python -m tests.accuracy.fusion --seeds 701 702` writes both archives of each world, runs each
sensor with its defaults, fuses, and prints a table.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd

from minewatch import pipeline, synthetic
from minewatch.analysis import fuse
from minewatch.synthetic import PRESETS, Truth, WorldSpec
from minewatch.synthetic.scoring import GROWTH_M

SEEDS = tuple(range(701, 711))
WORLD = replace(
    PRESETS["mines"], name="fusion", size_px=240, mines=7, preexisting=0.15, steepness_deg=20.0,
    start=date(2019, 11, 1), end=date(2022, 4, 30), most_cloud_pct=80.0,
)  # fmt: skip
"""Three dry seasons and the monsoons between them; everything that looks like a mine is there."""
CACHE = Path("~/.cache/minewatch/fusion").expanduser()


NOW = date(2021, 9, 30)
"""A day in the second monsoon, on which somebody asks what has begun since it came."""
SINCE = date(2021, 5, 1)


def make_runs(spec: WorldSpec, folder: Path, *, end: date, period: str) -> tuple[Path, Path]:
    """Folders of the optical and of the radar run over a world; made where they are missing.

    Parameters
    ----------
    spec
        The world.
    folder
        Where its archives and runs are kept.
    end
        Last day of the runs.
    period
        Step of the optical one; radar is asked by quarter.
    """
    optical, radar = folder / f"optical-{end}-{period}", folder / f"radar-{end}"
    archive = synthetic.Archive(directory=folder / "optical-archive", spec=spec)
    if not archive.catalog.exists():
        archive = synthetic.write_archive(folder / "optical-archive", spec)
    if not (optical / "manifest.json").exists():
        pipeline.run(
            archive.aoi, start=spec.start, end=end, catalog=str(archive.catalog), out=optical,
            period=period, workers=1, dem="none",
        )  # fmt: skip
    archive = synthetic.Archive(directory=folder / "radar-archive", spec=spec)
    if not archive.catalog.exists():
        archive = synthetic.write_radar_archive(folder / "radar-archive", spec)
    if not (radar / "manifest.json").exists():
        pipeline.run(
            archive.aoi, start=spec.start, end=end, catalog=str(archive.catalog), out=radar,
            sensor="sentinel-1-rtc", detector="radar-clearings", resolution_m=20.0,
            period="quarter", workers=1, dem="none",
        )  # fmt: skip
    return optical, radar


MONSOON_MONTHS = range(5, 11)
SHOWN = ("provisional", "confirmed")
WAYS = {
    "optical": "sentinel_2_l2a_", "radar": "sentinel_1_rtc_", "fused": "",
}  # fmt: skip
"""Whose dates and alerts are measured, to how their columns begin."""


def compare_ways(fused: gpd.GeoDataFrame, truth: Truth) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A row a true mine begun within the archive and way; and a row a site of no mine and way."""
    sites = fused.to_crs(truth.sites.crs)
    shown = {way: sites[f"{start}alert"].isin(SHOWN) for way, start in WAYS.items()}
    shown["either"] = shown["optical"] | shown["radar"]
    grown = truth.sites.geometry.buffer(GROWTH_M)
    is_mine = sites.geometry.apply(lambda outline: bool(grown.intersects(outline).any()))
    false = pd.DataFrame(
        {way: [int((is_shown & ~is_mine).sum())] for way, is_shown in shown.items()}
    )
    rows = []
    for mine in truth.sites[truth.sites["start"] >= truth.start].itertuples():
        there = sites[sites.geometry.intersects(mine.geometry.buffer(GROWTH_M))]
        row = {
            "start": mine.start,
            "is_monsoon": date.fromisoformat(mine.start).month in MONSOON_MONTHS,
        }
        row["either_found"] = bool(shown["either"][there.index].any())
        for way, start in WAYS.items():
            known = there[shown[way][there.index]].sort_values(f"{start}first_detected")
            if len(known):
                first, last = known.iloc[0][[f"{start}first_detected", f"{start}last_undisturbed"]]
                row[f"{way}_lag"] = (pd.Timestamp(first) - pd.Timestamp(mine.start)).days
                is_after = last is None or last <= mine.start
                row[f"{way}_holds"] = bool(is_after and mine.start <= first)
                if last is not None:
                    row[f"{way}_width"] = (pd.Timestamp(first) - pd.Timestamp(last)).days
        rows.append(row)
    return pd.DataFrame(rows), false


def summary(mines: pd.DataFrame) -> str:
    """Found, lag and window of each way, for mines begun in the monsoon and in the dry season."""
    lines = []
    parts = {"monsoon": mines[mines["is_monsoon"]], "dry season": mines[~mines["is_monsoon"]]}
    for name, part in parts.items():
        lines.append(
            f"begun in the {name}: {len(part)} mines, {part['either_found'].sum()} found by either"
        )
        for way in WAYS:
            lag, holds = part[f"{way}_lag"].dropna(), part[f"{way}_holds"].dropna()
            lines.append(
                f"  {way}: {len(lag)} found, lag {lag.median()} (mean {lag.mean():.1f}) days, "
                f"{(lag < 0).sum()} too early, window {part[f'{way}_width'].median()} days, holds "
                f"the start of {holds.sum()}"
            )
        both = part.dropna(subset=["optical_lag", "fused_lag"])
        saved = both["optical_lag"] - both["fused_lag"]
        honest = saved[both["fused_lag"] >= 0]
        lines.append(
            f"  saved, dates before the start left out: earlier in {(honest > 0).sum()} of "
            f"{len(both)}, mean {honest.mean():.1f} days of all, {honest[honest > 0].median()} "
            f"(median) where earlier, at most {honest.max()}"
        )
    return "\n".join(lines)


def main() -> None:
    """Make the worlds, run, fuse, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument(
        "--now", action="store_true", help=f"what is known on {NOW} of mines begun since {SINCE}"
    )
    given = parser.parse_args()
    mines, false = [], []
    for seed in given.seeds:
        spec = replace(WORLD, name=f"fusion-{seed}", seed=seed)
        folder = given.cache / str(seed)
        asked = {"end": NOW, "period": "quarter"} if given.now else {
            "end": spec.end, "period": "dry-season",
        }  # fmt: skip
        optical, radar = make_runs(spec, folder, **asked)
        truth = synthetic.read_truth(folder / "optical-archive" / "truth.geojson")
        of_mines, of_false = compare_ways(fuse(optical, radar).sites, truth)
        mines.append(of_mines.assign(seed=seed))
        false.append(of_false.assign(seed=seed))
    table, no_mines = pd.concat(mines, ignore_index=True), pd.concat(false, ignore_index=True)
    if given.now:
        table = table[table["start"].between(str(SINCE), str(NOW))]
    sys.stdout.write(
        f"simulated; every mine begun within the archive\n{table.to_string()}\n\n"
        f"sites on no mine, provisional or better\n{no_mines.to_string()}\n"
        f"{no_mines.drop(columns='seed').sum().to_dict()} in {len(no_mines)} worlds of "
        f"{WORLD.area_km2:.1f} km2\n\n{summary(table)}\n"
    )


if __name__ == "__main__":
    main()
