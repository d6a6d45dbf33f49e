"""`minewatch run` and `minewatch update`: the main job."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from minewatch.cli import terminal
from minewatch.cli.options import (
    Aoi,
    Cache,
    CacheSize,
    Catalog,
    Chunk,
    CloudCover,
    Collection,
    Debug,
    Dem,
    DetectorName,
    DrySeason,
    End,
    Json,
    MaxMemory,
    MaybeCatalog,
    MaybeEnd,
    MaybePeriod,
    PeriodName,
    Quiet,
    Resolution,
    Rules,
    RunDirectory,
    Scenes,
    Scheduler,
    Sensor,
    Start,
    Workers,
)
from minewatch.model.defaults import (
    AUTO_DEM,
    AUTO_SEASON,
    DEFAULT_CACHE_GIB,
    DEFAULT_CATALOG,
    DEFAULT_CHUNK_PX,
    DEFAULT_DETECTOR,
    DEFAULT_MAX_CLOUD_COVER_PCT,
    DEFAULT_PERIOD,
    DEFAULT_RESOLUTION_M,
    DEFAULT_SENSOR,
)
from minewatch.model.progress import Progress, ProgressListener

if TYPE_CHECKING:
    from minewatch.model import RunResult
    from minewatch.store import Entry

PARTLY_READ = 4
"""Exit code when part of the area or period could not be read."""


@contextmanager
def started(*, quiet: bool) -> Iterator[ProgressListener]:
    """Progress from the first moment on: what a job needs is loaded under it."""
    with terminal.progress(quiet=quiet) as listener:
        listener(Progress("starting", 0, 1))
        from minewatch.pipeline import jobs  # noqa: F401 - libraries of a second or two
        from minewatch.runtime.process_tuning import tune_process

        tune_process()
        listener(Progress("starting", 1, 1))
        yield listener


def run(
    aoi: Aoi,
    start: Start,
    end: End,
    out: Annotated[Path, typer.Option("--out", help="Folder to write; new or empty.")],
    *,
    catalog: Catalog = DEFAULT_CATALOG,
    collection: Collection = None,
    sensor: Sensor = DEFAULT_SENSOR,
    detector: DetectorName = DEFAULT_DETECTOR,
    rules: Rules = None,
    dry_season: DrySeason = AUTO_SEASON,
    period: PeriodName = DEFAULT_PERIOD,
    resolution: Resolution = DEFAULT_RESOLUTION_M,
    max_cloud_cover: CloudCover = DEFAULT_MAX_CLOUD_COVER_PCT,
    chunk: Chunk = DEFAULT_CHUNK_PX,
    dem: Dem = AUTO_DEM,
    scenes: Scenes = None,
    scheduler: Scheduler = None,
    workers: Workers = None,
    max_memory: MaxMemory = None,
    cache: Cache = None,
    cache_size: CacheSize = DEFAULT_CACHE_GIB,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was cut in --out.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """From a polygon to a GeoJSON inventory of sites over time.

    Example: minewatch run --aoi chipwe-pangwa --start 2019-11-01 --end 2024-04-30 --out pangwa
    """
    with started(quiet=quiet or json) as listener:
        from minewatch.pipeline import run as job

        result = job(
            aoi, start=start, end=end, out=out, catalog=catalog, collection=collection,
            sensor=sensor, detector=detector, rules=rules, dry_season=dry_season,
            period=period, resolution_m=resolution,
            max_cloud_cover_pct=max_cloud_cover, chunk_px=chunk, dem=dem, scenes=scenes,
            scheduler=scheduler, workers=workers, max_memory_gib=max_memory, cache=cache,
            cache_gib=cache_size, resume=resume, listener=listener,
        )  # fmt: skip
    close(result, json=json, quiet=quiet)


def update(
    directory: RunDirectory,
    *,
    end: MaybeEnd = None,
    period: MaybePeriod = None,
    catalog: MaybeCatalog = None,
    scenes: Scenes = None,
    scheduler: Scheduler = None,
    workers: Workers = None,
    max_memory: MaxMemory = None,
    cache: Cache = None,
    cache_size: CacheSize = DEFAULT_CACHE_GIB,
    alert: Annotated[
        bool,
        typer.Option(
            "--alert",
            help="Say what is provisional or confirmed for the first time; then exit code 5.",
        ),
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Carry a run on: only months with new scenes are read.

    The answer is that of a run from nothing.

    With `--period` alone the frozen months are scored in other periods: no search, no imagery.

    Example: minewatch update pangwa --end 2024-12-31
    """
    if alert:
        from minewatch.analysis import note_known_sites

        note_known_sites(directory)

    with started(quiet=quiet or json) as listener:
        from minewatch.pipeline import update as job

        result = job(
            directory, end=end, period=period, catalog=catalog, scenes=scenes,
            today=datetime.now(UTC).date(), scheduler=scheduler, workers=workers,
            max_memory_gib=max_memory, cache=cache, cache_gib=cache_size, listener=listener,
        )  # fmt: skip
    if not alert:
        close(result, json=json, quiet=quiet)
        return
    from minewatch.analysis import find_alert

    news = find_alert(directory)
    if json:
        found = {"alert": {"line": news.line, "sites": news.sites}}
        terminal.as_json({**summary(result), **found})
    elif not quiet:
        _show(result)
        _suggest(result)
    if news.line and not json:
        terminal.line(news.line)
    leave(result, news.exit_code)


def close(result: RunResult, *, json: bool, quiet: bool) -> None:
    """Say what a run found and what it could not see, then leave with its exit code."""
    if json:
        terminal.as_json(summary(result))
    elif not quiet:
        _show(result)
        _suggest(result)
    leave(result)


def leave(result: RunResult, news: int = 0) -> None:
    """End with the exit code of what happened: news first, then what could not be read."""
    if code := news or (PARTLY_READ if result.manifest["failures"] else 0):
        raise typer.Exit(code)


def _suggest(result: RunResult) -> None:
    """Pages that show an earlier inventory, and what to do next."""
    from minewatch.analysis import stale_products

    where, command = shlex.quote(str(result.directory)), terminal.command()
    if stale := stale_products(result.directory):
        names = ", ".join(stale[:5]) + (f" and {len(stale) - 5} more" if stale[5:] else "")
        terminal.line(f"of the inventory before this: {names}; make them again")
    terminal.line(
        f"next: {command} sites {where}; {command} report {where}; "
        f"{command} export {where} --format qgis"
    )


def summary(result: RunResult) -> dict[str, object]:
    """The closing words of a run for a program."""
    from minewatch.analysis import stale_products

    job, rows = _last_job(result), result.manifest["rows"]
    return {
        "directory": str(result.directory),
        "simulated": result.simulated,
        "sites": rows["sites"],
        "rows": rows["inventory"],
        "changes": rows["changes"],
        "review": result.manifest.get("review"),
        "failures": len(result.manifest["failures"]),
        "warnings": result.manifest["warnings"],
        "periods": result.manifest["periods"],
        "stale": stale_products(result.directory),
        "job": asdict(job) if job else None,
    }


def _last_job(result: RunResult) -> Entry | None:
    from minewatch.store import read_log

    jobs = read_log(result.directory)
    return jobs[-1] if jobs else None


def _show(result: RunResult) -> None:
    periods, rows = [], result.manifest["rows"]
    for period in result.manifest["periods"]:
        here = result.inventory[result.inventory["period_start"] == period["start"]]
        counts = here["alert"].value_counts()
        periods.append(
            (
                period["label"], period["looks"], f"{100 * period['observed_fraction']:.0f} %",
                int(counts.get("confirmed", 0)), int(counts.get("provisional", 0)),
                int(counts.get("candidate", 0)), int((here["state"] == "not_observed").sum()),
            )
        )  # fmt: skip
    title = "SIMULATED imagery: no real place" if result.simulated else result.aoi.name
    columns = ("period", "looks", "seen", "confirmed", "provisional", "candidate", "not observed")
    terminal.table(title, columns, periods)
    terminal.line(
        f"{rows['sites']} sites, {rows['changes']} changes that are not mines, as detected, "
        f"in {result.directory}"
    )
    if said := result.manifest.get("review"):
        counts = ", ".join(f"{n} {v.replace('_', ' ')}" for v, n in said["verdicts"].items())
        terminal.line(f"people say: {counts or 'nothing yet'}; the table counts what was detected")
    if job := _last_job(result):
        terminal.line(f"{job.job}: {'; '.join(job.words())}")
    for warning in result.manifest["warnings"]:
        terminal.line(f"note: {warning}")
    if failures := result.manifest["failures"]:
        terminal.line(f"{len(failures)} reads failed: that ground counts as not observed. First:")
        terminal.line(f"  {failures[0]['scene_id']} {failures[0]['band']}: {failures[0]['reason']}")
        terminal.line("run again with --resume to read only what is missing")
