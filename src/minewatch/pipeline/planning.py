"""What a run will cost, before anything is fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from minewatch import areas, cube
from minewatch import catalog as catalogs
from minewatch.errors import SettingsError
from minewatch.model import (
    AUTO_SEASON,
    DEFAULT_CATALOG,
    DEFAULT_CHUNK_PX,
    DEFAULT_MAX_CLOUD_COVER_PCT,
    DEFAULT_PERIOD,
    DEFAULT_RESOLUTION_M,
    DEFAULT_SENSOR,
    AreaOfInterest,
    Parameters,
    Period,
    ProgressListener,
    SceneList,
    choose_dry_season,
    parse_day,
    silent,
)
from minewatch.pipeline.scene_lists import read_given, within
from minewatch.runtime.resources import MemoryPlan, plan_memory


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Bytes, memory and time of a run: an estimate, and said to be one."""

    aoi: str
    """Id of the area."""
    area_km2: float
    """Its size."""
    scenes: int
    """Scenes to read."""
    overpasses: int
    """Passes they make."""
    chunks: int
    """Chunks of the grid that touch the area."""
    pixels: int
    """Pixels in those chunks."""
    estimate: cube.ReadEstimate
    """Bytes, requests and seconds."""
    memory: MemoryPlan
    """Threads that fit into the memory, and the most they will need."""
    dropped: Mapping[str, str]
    """Scenes left out, and why."""


def plan(
    aoi: str | Path | AreaOfInterest,
    *,
    start: str | date | None = None,
    end: str | date | None = None,
    catalog: str = DEFAULT_CATALOG,
    collection: str | None = None,
    sensor: str = DEFAULT_SENSOR,
    resolution_m: float = DEFAULT_RESOLUTION_M,
    max_cloud_cover_pct: float = DEFAULT_MAX_CLOUD_COVER_PCT,
    chunk_px: int = DEFAULT_CHUNK_PX,
    dry_season: str = AUTO_SEASON,
    period: str = DEFAULT_PERIOD,
    scenes: str | Path | SceneList | None = None,
    workers: int | None = None,
    max_memory_gib: float | None = None,
    listener: ProgressListener = silent,
) -> Plan:
    """What `run` with the same arguments would read; no pixel is fetched.

    Parameters
    ----------
    aoi, start, end, catalog, collection, sensor, resolution_m, max_cloud_cover_pct, chunk_px, \
    dry_season, period, workers, max_memory_gib
        As in `run`. With `scenes` the days may be left out.
    scenes
        A frozen `scenes.json`; with it no network is needed.
    listener
        Hears of progress.

    Raises
    ------
    NoScenesError
        When nothing is left to read.
    """
    area = aoi if isinstance(aoi, AreaOfInterest) else areas.read_aoi(aoi)
    first = parse_day(start, name="start") if start else None
    last = parse_day(end, end=True, name="end") if end else None
    if scenes is None and (first is None or last is None):
        raise SettingsError(
            "plan needs --start and --end, or --scenes", hint="add the dates of the run"
        )
    if scenes is None:
        found = catalogs.find_scenes(
            area, Period(first or date.min, last or date.max), catalog=catalog,
            collection=collection, sensor=sensor, max_cloud_cover_pct=max_cloud_cover_pct,
            listener=listener,
        )  # fmt: skip
    else:
        found = within(read_given(scenes, sensor=sensor), area, start=first, end=last)
    grid = cube.make_grid(area, resolution_m=resolution_m, chunk_px=chunk_px)
    days = sorted(scene.day for scene in found)
    span = Period(first or days[0], last or days[-1])
    season = choose_dry_season(dry_season, area)
    asked = Parameters(span=span, period=period, dry_season=season)
    memory = plan_memory(
        found, grid, span=span, periods=asked.periods(asked.climate_before(area)),
        bands=found.bands, workers=workers, max_memory_gib=max_memory_gib,
    )  # fmt: skip
    return Plan(
        aoi=area.id,
        area_km2=area.area_m2 / 1e6,
        scenes=len(found),
        overpasses=len({scene.overpass for scene in found}),
        chunks=len(grid.chunks),
        pixels=sum(c.geobox.shape[0] * c.geobox.shape[1] for c in grid.chunks),
        estimate=cube.estimate_read(
            found, grid, bands=found.bands, aoi=area, workers=memory.workers
        ),
        memory=memory,
        dropped=found.dropped,
    )
