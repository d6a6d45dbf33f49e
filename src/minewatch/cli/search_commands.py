"""`minewatch scenes` and `minewatch plan`: what there is, and what it would cost."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from minewatch.cli import terminal
from minewatch.cli.options import (
    Aoi,
    Catalog,
    Chunk,
    CloudCover,
    Collection,
    Debug,
    DrySeason,
    End,
    Json,
    MaxMemory,
    MaybeEnd,
    MaybeStart,
    PeriodName,
    Quiet,
    Resolution,
    Scenes,
    Sensor,
    Start,
    Workers,
)
from minewatch.model.defaults import (
    AUTO_SEASON,
    DEFAULT_CATALOG,
    DEFAULT_CHUNK_PX,
    DEFAULT_MAX_CLOUD_COVER_PCT,
    DEFAULT_PERIOD,
    DEFAULT_RESOLUTION_M,
    DEFAULT_SENSOR,
)

if TYPE_CHECKING:
    from minewatch.runtime.resources import MemoryPlan


def scenes(
    aoi: Aoi,
    start: Start,
    end: End,
    *,
    catalog: Catalog = DEFAULT_CATALOG,
    collection: Collection = None,
    sensor: Sensor = DEFAULT_SENSOR,
    max_cloud_cover: CloudCover = DEFAULT_MAX_CLOUD_COVER_PCT,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """What the catalogue has, by month: scenes, clouds, overpasses.

    Example: minewatch scenes --aoi chipwe-pangwa --start 2023-11-01 --end 2024-04-30
    """
    from minewatch import areas
    from minewatch import catalog as catalogs
    from minewatch.model import Period, parse_day

    area = areas.read_aoi(aoi)
    first, last = parse_day(start, name="--start"), parse_day(end, end=True, name="--end")
    span = Period(first, last)
    with terminal.progress(quiet=quiet or json) as listener:
        found = catalogs.find_scenes(
            area, span, catalog=catalog, collection=collection, sensor=sensor,
            max_cloud_cover_pct=max_cloud_cover, listener=listener,
        )  # fmt: skip
    months = catalogs.summarise_overpasses(found, span)
    if json:
        terminal.as_json(
            {
                "catalog": found.catalog, "collection": found.collection, "scenes": len(found),
                "bands": found.bands, "dropped": dict(found.dropped), "notes": found.notes,
                "months": months.to_dict("records"),
            }
        )  # fmt: skip
        return
    terminal.table(
        f"{area.name}: {len(found)} scenes in {found.collection} ({found.catalog})",
        tuple(map(str, months.columns)),
        [tuple(row) for row in months.itertuples(index=False)],
    )
    if found.dropped:
        terminal.line(f"items left out: {len(found.dropped)}; --json says why")
    for note in found.notes:
        terminal.line(f"note: {note}")


def plan(
    aoi: Aoi,
    *,
    start: MaybeStart = None,
    end: MaybeEnd = None,
    scenes: Scenes = None,
    catalog: Catalog = DEFAULT_CATALOG,
    collection: Collection = None,
    sensor: Sensor = DEFAULT_SENSOR,
    dry_season: DrySeason = AUTO_SEASON,
    max_cloud_cover: CloudCover = DEFAULT_MAX_CLOUD_COVER_PCT,
    resolution: Resolution = DEFAULT_RESOLUTION_M,
    period: PeriodName = DEFAULT_PERIOD,
    chunk: Chunk = DEFAULT_CHUNK_PX,
    workers: Workers = None,
    max_memory: MaxMemory = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Bytes to read, memory and time, before anything is fetched.

    Example: minewatch plan --aoi chipwe-pangwa --scenes scenes.json
    """
    from minewatch.pipeline import plan as planned

    with terminal.progress(quiet=quiet or json) as listener:
        result = planned(
            aoi, start=start, end=end, sensor=sensor, dry_season=dry_season,
            scenes=scenes, catalog=catalog, collection=collection, resolution_m=resolution,
            max_cloud_cover_pct=max_cloud_cover, period=period, chunk_px=chunk, workers=workers,
            max_memory_gib=max_memory, listener=listener,
        )  # fmt: skip
    if json:
        terminal.as_json(asdict(result))
        return
    cost = result.estimate
    terminal.table(
        f"Plan for {result.aoi} (an estimate; nothing was fetched)",
        ("what", "how much"),
        [
            ("area", f"{result.area_km2:,.0f} km²"),
            ("scenes", f"{result.scenes:,} in {result.overpasses:,} looks"),
            ("grid", f"{result.pixels / 1e6:,.1f} M pixels in {result.chunks:,} chunks"),
            ("to read", f"{cost.bytes / 1e9:,.1f} GB in {cost.requests:,} requests"),
            ("memory", _memory(result.memory)),
            ("time", _duration(cost.seconds)),
        ],
    )
    if result.dropped:
        terminal.line(f"items left out: {len(result.dropped)}; --json says why")


def _memory(plan: MemoryPlan) -> str:
    stages = (plan.read_bytes, plan.score_bytes, plan.find_bytes)
    read, score, find = (f"{size / 2**30:.1f}" for size in stages)
    return (
        f"{plan.peak_bytes / 2**30:.1f} GiB at the peak with {plan.workers} threads "
        f"(reading {read}, scoring {score}, finding sites {find})"
    )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
