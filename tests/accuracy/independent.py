"""`python -m tests.accuracy.independent`: figures on worlds that another simulator drew.

A folder of worlds holds a folder each: `catalog.json`, `aoi.geojson` and a `truth.geojson` whose
features are a `mine` (its `start`, `end`, `keeps_water`), its `pad` and `pond` parts (`site`, `on`)
and confusers (`confuser:river`, …). Runs lie in a folder of the same names.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import typer

from minewatch import pipeline
from minewatch.cli import terminal
from minewatch.exporters import open_result
from minewatch.model import WGS84, Period, split_periods
from minewatch.synthetic import Archive, Truth, WorldSpec

from .harness import Ran, current_commit
from .honest_page import make_honest_page

DEFAULT_WORLDS = (
    Path(os.environ.get("MINEWATCH_SHARED") or Path(__file__).parents[3] / "shared")
    / "data"
    / "independent_worlds"
)
KINDS: Final[Mapping[str, str]] = {
    "river": "river_bar", "taungya": "swidden", "fishpond": "fish_pond",
}  # fmt: skip
"""Its names of confusers where they are not ours."""
PIXEL_M = 10.0


def read_independent_truth(path: Path, *, start: date, end: date) -> Truth:
    """The truth of another simulator's world, in the form that is scored.

    It says neither when abandoned ground is green again nor how pools at work are filled: ground
    and pools stay in it once built, and standing water is known of sites left with water only.

    Parameters
    ----------
    path
        Its `truth.geojson`.
    start, end
        First and last day of its archive.
    """
    raw = json.loads(path.read_text("utf-8"))
    frame = gpd.GeoDataFrame.from_features(raw["features"], crs=WGS84)
    frame = frame.to_crs(frame.estimate_utm_crs())
    periods = split_periods(Period(start, end), "dry-season")
    mines = frame[frame["kind"] == "mine"].reset_index(drop=True)
    parts = frame[frame["kind"].isin(("pad", "pond"))]
    rows = [
        _season(mine, parts[parts["site"] == mine.id], period, end)
        for mine in mines.itertuples()
        for period in periods
    ]
    is_other = frame["kind"].str.startswith("confuser:")
    names = frame.loc[is_other, "kind"].str.removeprefix("confuser:")
    others = frame.loc[is_other, ["geometry"]].assign(
        id=[f"{name}-{i}" for i, name in enumerate(names)], kind=names.replace(dict(KINDS))
    )
    ended = mines["end"].where(mines["end"] <= end.isoformat(), None)
    sites = mines[["id", "kind", "start", "geometry"]].assign(
        disturbed_0_1_ha=[_day_of_area(parts[parts["site"] == m], 1000.0) for m in mines["id"]],
        ended=ended, fate=np.where(ended.isna(), "active",
                                   np.where(mines["keeps_water"], "wet", "dry")),
        surroundings=None, state_at_start=None,
    )  # fmt: skip
    west, south, east, north = frame.total_bounds
    return Truth(
        sites=sites, seasons=pd.DataFrame(rows), confusers=others.reset_index(drop=True),
        periods=tuple(p.end.isoformat() for p in periods),
        area_km2=(east - west) * (north - south) / 1e6,
        start=start.isoformat(), end=end.isoformat(),
        clear_days=pd.DataFrame(columns=["site_id", "date"]),
    )  # fmt: skip


def _season(mine: Any, parts: gpd.GeoDataFrame, period: Period, last: date) -> dict[str, Any]:
    """What there is of a mine at the end of a dry season."""
    day = min(period.end, last).isoformat()
    built = parts[parts["on"] <= day]
    ponds = built[built["kind"] == "pond"]
    is_left = mine.end < day
    left_as = "abandoned_wet" if mine.keeps_water else "abandoned_dry"
    disturbed, pools = (float(g.union_all().area) if len(g) else 0.0 for g in (built, ponds))
    is_wet = is_left and mine.keeps_water
    return {
        "site_id": mine.id, "period_start": period.start.isoformat(),
        "period_end": period.end.isoformat(),
        "state": "none" if day < mine.start else left_as if is_left else "active",
        "disturbed_area_m2": disturbed, "pad_area_m2": disturbed - pools, "pool_area_m2": pools,
        "pool_count": len(ponds), "water_area_m2": pools if is_wet else np.nan,
    }  # fmt: skip


def _day_of_area(parts: gpd.GeoDataFrame, least_m2: float) -> str | None:
    """First day on which the parts cover that much; None: never."""
    for day in sorted(parts["on"].unique()):
        if parts[parts["on"] <= day].union_all().area >= least_m2:
            return str(day)
    return None


def find_worlds(folder: Path) -> list[Path]:
    """Folders of worlds in a folder."""
    return sorted(p.parent for p in folder.glob("*/truth.geojson"))


def open_worlds(worlds: Path, runs: Path, *, make: bool = False) -> Iterator[Ran]:
    """Every world of a folder that has a run, with its truth.

    Parameters
    ----------
    worlds
        Folder of worlds.
    runs
        Folder of runs by dry season, of the same names.
    make
        Whether missing runs are made.
    """
    for world in find_worlds(worlds):
        out, (start, end) = runs / world.name, _days(world)
        if make and not (out / "manifest.json").exists():
            pipeline.run(world / "aoi.geojson", start=start, end=end, out=out, workers=1,
                         catalog=str(world / "catalog.json"))  # fmt: skip
        if not (out / "manifest.json").exists():
            continue
        result = open_result(out, verify=False)
        asked = result.manifest["parameters"]
        start, end = (date.fromisoformat(str(asked[name])[:10]) for name in ("start", "end"))
        truth = read_independent_truth(world / "truth.geojson", start=start, end=end)
        edge_px = 2 * round(np.sqrt(truth.area_km2 * 1e6) / PIXEL_M / 2)
        spec = WorldSpec(name=world.name, seed=0, size_px=max(edge_px, 64), start=start, end=end,
                         mines=len(truth.sites))  # fmt: skip
        archive = Archive(directory=world, spec=spec)
        yield Ran(spec=spec, archive=archive, result=result, own_truth=truth)


def _days(world: Path) -> tuple[date, date]:
    """First and last day that the collection of a world names."""
    collection = json.loads((world / "collection.json").read_text("utf-8"))
    first, last = collection["extent"]["temporal"]["interval"][0]
    return date.fromisoformat(first[:10]), date.fromisoformat(last[:10])


def main(
    runs: Annotated[Path, typer.Argument(help="Folder of runs, one a world and of its name.")],
    *,
    worlds: Annotated[Path, typer.Option(help="Folder of worlds.")] = DEFAULT_WORLDS,
    make: Annotated[bool, typer.Option("--make", help="Make the runs that are missing.")] = False,
) -> None:
    """Print how well runs over another simulator's worlds find their truth."""
    ran = list(open_worlds(worlds, runs, make=make))
    if not ran:
        raise typer.BadParameter(
            f"no run in {runs} for a world of {worlds}: {[w.name for w in find_worlds(worlds)]};"
            " --make makes them"
        )
    terminal.line(
        make_honest_page(ran, command="python -m tests.accuracy.independent",
                         commit=current_commit(), today=datetime.now(UTC).date())
    )  # fmt: skip


if __name__ == "__main__":
    typer.run(main)
