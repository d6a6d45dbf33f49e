"""`run` and `update`: from a polygon to an inventory over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from minewatch import areas, cube, exporters
from minewatch import catalog as catalogs
from minewatch.addresses import plain_address
from minewatch.detect import broken_detectors, get_detection, get_detector, list_detectors
from minewatch.errors import SettingsError, StateError
from minewatch.model import (
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
    NO_DEM,
    AreaOfInterest,
    Grid,
    Job,
    Parameters,
    Period,
    PixelReader,
    ProgressListener,
    RunResult,
    SceneList,
    Terrain,
    bands_of,
    choose_dry_season,
    parse_day,
    silent,
)
from minewatch.pipeline.climate_step import find_climate
from minewatch.pipeline.inventory_step import write_inventory
from minewatch.pipeline.month_reading import FrozenMonths, collect_kept_months, read_all_months
from minewatch.pipeline.rule_files import checked_rules
from minewatch.pipeline.scene_lists import find_scene_list
from minewatch.pipeline.terrain_step import canonical_dem, find_terrain, kept_terrain
from minewatch.runtime import warmup
from minewatch.runtime.memory import give_back_memory
from minewatch.runtime.resources import MemoryPlan, Resources, plan_memory
from minewatch.runtime.workers import open_workers
from minewatch.sensors import get_sensor
from minewatch.store import output_folder
from minewatch.store.folder_claim import check_same, claimed
from minewatch.store.kept_grid import kept_grid
from minewatch.store.rule_versions import (
    READ_ANEW,
    changed_rules,
    flat_rules,
    rule_versions,
)
from minewatch.store.state_folder import StateFolder


def run(
    aoi: str | Path | AreaOfInterest,
    *,
    start: str | date,
    end: str | date,
    out: str | Path,
    catalog: str = DEFAULT_CATALOG,
    collection: str | None = None,
    sensor: str = DEFAULT_SENSOR,
    detector: str = DEFAULT_DETECTOR,
    rules: str | Path | Mapping[str, Any] | None = None,
    dry_season: str = AUTO_SEASON,
    period: str = DEFAULT_PERIOD,
    resolution_m: float = DEFAULT_RESOLUTION_M,
    max_cloud_cover_pct: float = DEFAULT_MAX_CLOUD_COVER_PCT,
    chunk_px: int = DEFAULT_CHUNK_PX,
    dem: str = AUTO_DEM,
    scenes: str | Path | SceneList | None = None,
    scheduler: str | None = None,
    workers: int | None = None,
    max_memory_gib: float | None = None,
    cache: str | Path | None = None,
    cache_gib: float = DEFAULT_CACHE_GIB,
    resume: bool = False,
    reader: PixelReader | None = None,
    listener: ProgressListener = silent,
) -> RunResult:
    """An inventory of mine sites over time, from a polygon.

    Parameters
    ----------
    aoi
        Bundled name, polygon file, or area.
    start, end
        First and last day to look at, UTC, both included; a month or a year is its first day, or
        its last.
    out
        Directory to write. Must be empty or absent, unless `resume`.
    catalog, collection, sensor, detector, rules, dry_season, period, resolution_m, dem, scenes
        As in `minewatch.run`.
    max_cloud_cover_pct, chunk_px, scheduler, workers, max_memory_gib, cache, cache_gib
        As in `minewatch.run`.
    resume
        Go on with a run that was cut, reading only what is missing; what other rules made is read
        or scored again.
    reader
        How pixels are read; None takes `cube.RangeReader`.
    listener
        Hears of progress.

    Returns
    -------
    RunResult
        The finished run, opened from `out`. `manifest["failures"]` lists what could not be read.

    Raises
    ------
    MinewatchError
        With the problem and the mend. `NoScenesError` when the search finds nothing.
    """
    sensor = sensor if scenes is not None else catalogs.sensor_for(str(catalog), sensor)
    get_sensor(sensor)  # an unknown one ends here, before there is a folder or a search
    area = aoi if isinstance(aoi, AreaOfInterest) else areas.read_aoi(aoi)
    parameters = Parameters(
        span=Period(parse_day(start, name="start"), parse_day(end, end=True, name="end")),
        catalog=catalogs.canonical_catalog(catalog),
        collection=collection,
        sensor=sensor,
        detector=detector,
        rules=checked_rules(rules, detector=detector),
        dry_season=choose_dry_season(dry_season, area),
        period=period,
        resolution_m=resolution_m,
        max_cloud_cover_pct=max_cloud_cover_pct,
        chunk_px=chunk_px,
        dem=canonical_dem(dem),
    )
    parameters.periods(parameters.climate_before(area))  # dates without a period end here
    check_detector_fits(parameters.detector, parameters.sensor)
    resources = Resources(
        scheduler=scheduler, workers=workers, max_memory_gib=max_memory_gib,
        cache=Path(cache) if cache else None, cache_gib=cache_gib, reader=reader, listener=listener,
    )  # fmt: skip
    before = StateFolder(directory=Path(out) / "state")
    goes_on = resume and before.parameters_path.exists()
    if goes_on:
        before.read_parameters()  # a run of another layout is left as it is
    other = list[str]()
    with claimed(Path(out), is_new=not goes_on) as state:
        if goes_on:
            check_same(state, area, parameters)
            found = state.read_scenes()
            job = _make_job(area, parameters, found, state, resources)
            other = _other_rules(state, job)
            _remember(state, job)
        else:
            found = find_scene_list(area, parameters, scenes, listener)
            job = _make_job(area, parameters, found, state, resources)  # a wrong --dem ends here
            exporters.write_aoi(area, state.aoi_path)
            _remember(state, job)
        return _work("run", job, state, other_rules=other, resources=resources)


def update(
    directory: str | Path,
    *,
    end: str | date | None = None,
    period: str | None = None,
    today: str | date | None = None,
    catalog: str | None = None,
    scenes: str | Path | SceneList | None = None,
    scheduler: str | None = None,
    workers: int | None = None,
    max_memory_gib: float | None = None,
    cache: str | Path | None = None,
    cache_gib: float = DEFAULT_CACHE_GIB,
    reader: PixelReader | None = None,
    listener: ProgressListener = silent,
) -> RunResult:
    """A run carried on to a later day: only months with new, changed or failed scenes are read.

    The answer is byte for byte that of a run from nothing over the whole span, whatever became of
    the scenes since: late ones are taken up, those processed anew replace the old, those withdrawn
    count no more. What other rules made is made again, all of it. `read_log` lists what there was
    of each.

    Parameters
    ----------
    directory
        A finished or interrupted run.
    end
        New last day; None takes `today`.
    period
        New step of the inventory; None keeps the old. Alone, without `end` and `scenes`, it takes
        the frozen months as they are: nothing is searched for and no imagery is read.
    today
        The day to update to when `end` is not given.
    catalog
        Where to search from now on; None searches where the run did. A run from a signed address
        needs it: signatures are not kept.
    scenes
        A frozen `scenes.json` to use instead of searching.
    scheduler, workers, max_memory_gib, cache, cache_gib, reader, listener
        As in `run`.

    Raises
    ------
    MinewatchError
        With the problem and the mend.
    """
    resources = Resources(
        scheduler=scheduler, workers=workers, max_memory_gib=max_memory_gib,
        cache=Path(cache) if cache else None, cache_gib=cache_gib, reader=reader, listener=listener,
    )  # fmt: skip
    state = StateFolder(directory=Path(directory) / "state")
    state.read_parameters()  # no folder is made where there is no run
    with claimed(Path(directory), is_new=False) as state:
        before = Parameters.from_dict(state.read_parameters())
        area = exporters.read_aoi_snapshot(state.aoi_path)
        if period is not None and end is None and scenes is None and catalog is None:
            parameters = replace(before, period=period)
            return _repeat(area, parameters, state, resources=resources)
        if catalog is not None:
            address = catalogs.canonical_catalog(catalog)
            before = replace(before, catalog=address, signed_catalog=False)
        elif before.needs_signature and scenes is None:
            raise SettingsError(
                f"{before.catalog} was given to this run with a signature or a password, which is "
                "not kept",
                hint="give the whole address again with --catalog, or a list with --scenes",
            )
        last = end or today
        span = _extended(before.span, parse_day(last, end=True, name="end") if last else None)
        parameters = replace(before, span=span, period=period or before.period)
        found = find_scene_list(area, parameters, scenes, listener)
        job = _make_job(area, parameters, found, state, resources)
        other = _other_rules(state, job)
        _remember(state, job)
        return _work("update", job, state, other_rules=other, resources=resources)


def _remember(state: StateFolder, job: Job) -> None:
    """Write down what is being done, and by which rules."""
    rules = rule_versions(job.detection, job.scenes)
    state.write_job(job.parameters.as_dict(job.area), job.scenes, rules=rules)


def _other_rules(state: StateFolder, job: Job) -> list[str]:
    """What the outputs in place were made by, where that is not what this job works by."""
    versions, values = output_folder.rules_before(state)
    changed = changed_rules(versions, rule_versions(job.detection, job.scenes))
    return changed + (changed_rules(values, flat_rules(job.detection)) if values else [])


def _check_nothing_to_read(state: StateFolder, job: Job) -> None:
    """Raise when what is kept was read by other rules: other periods read nothing."""
    versions, _ = output_folder.rules_before(state)
    now = rule_versions(job.detection, job.scenes)
    kinds = READ_ANEW if job.parameters.dem == NO_DEM else (*READ_ANEW, "terrain")
    if changed := changed_rules(versions, {kind: now[kind] for kind in kinds}):
        raise StateError(
            f"{state.directory.parent} was read by other rules: {'; '.join(changed)}",
            hint="run `minewatch update` with --end, too: it reads again what they decide",
        )


def _work(
    name: str,
    job: Job,
    state: StateFolder,
    *,
    other_rules: Sequence[str],
    resources: Resources,
) -> RunResult:
    """Read what is missing, then score it and write the inventory."""
    memory = _memory(job, resources)
    state = StateFolder(directory=state.directory.absolute())  # workers may stand elsewhere
    with open_workers(resources.scheduler, memory.workers) as workers:
        months = read_all_months(
            job, state, reader=resources.open_reader(memory), workers=workers,
            listener=resources.listener,
        )  # fmt: skip
        give_back_memory()
        return write_inventory(
            name, _with_climate(job, months), months, state,
            other_rules=tuple(other_rules), workers=workers, listener=resources.listener,
        )  # fmt: skip


def _repeat(
    area: AreaOfInterest, parameters: Parameters, state: StateFolder, *, resources: Resources
) -> RunResult:
    """The inventory of frozen months in other periods."""
    scenes, grid = state.read_scenes(), kept_grid(state, area, parameters)
    terrain = kept_terrain(parameters, grid, state) or Terrain(reason="not had so far")
    job = _job(area, parameters, scenes, grid, terrain)
    _check_nothing_to_read(state, job)
    memory = _memory(job, resources)
    months = collect_kept_months(job, state, unopened=output_folder.unopened_scenes(state))
    _remember(state, job)
    with open_workers(resources.scheduler, memory.workers) as workers:
        return write_inventory(
            "other periods", _with_climate(job, months), months, state,
            workers=workers, listener=resources.listener,
        )  # fmt: skip


def check_detector_fits(detector: str, sensor: str) -> None:
    """Raise when a detector judges bands that a sensor does not have.

    Parameters
    ----------
    detector, sensor
        Their names.

    Raises
    ------
    SettingsError
        Names the detectors that fit.
    """
    profile = get_sensor(sensor)
    wanted = bands_of(get_detector(detector))
    if set(wanted) <= set(profile.assets):
        return
    whole = (name for name in list_detectors() if name not in broken_detectors())
    fitting = [n for n in whole if set(bands_of(get_detector(n))) <= set(profile.assets)]
    raise SettingsError(
        f"{detector} judges {', '.join(wanted)}, and {profile.title} has "
        f"{', '.join(profile.core_bands)}",
        hint=f"add --detector {' or '.join(fitting)}",
    )


def _with_climate(job: Job, months: FrozenMonths) -> Job:
    """The job with the seasons of its area, and periods by them."""
    pixels = int(cube.aoi_mask(job.area, job.grid.geobox).sum())
    climate = find_climate(job.parameters, job.area, months.records, pixels=pixels)
    return replace(job, climate=climate, periods=job.parameters.periods(climate))


def _make_job(
    area: AreaOfInterest,
    parameters: Parameters,
    scenes: SceneList,
    state: StateFolder,
    resources: Resources,
) -> Job:
    """Everything that the steps are handed: the one place where the grid is built."""
    warmup.wait("minewatch.cube", resources.listener)  # from here on pixels are read
    grid = kept_grid(state, area, parameters)
    is_searched = plain_address(parameters.catalog) == scenes.catalog
    terrain = find_terrain(
        area, parameters, grid, state, listener=resources.listener,
        catalog=parameters.catalog if is_searched else scenes.catalog,
    )  # fmt: skip
    return _job(area, parameters, scenes, grid, terrain)


def _job(
    area: AreaOfInterest, parameters: Parameters, scenes: SceneList, grid: Grid, terrain: Terrain
) -> Job:
    """The job, with the seasons that are set or expected."""
    climate = parameters.climate_before(area)
    return Job(
        area=area, parameters=parameters, scenes=scenes, grid=grid, terrain=terrain,
        detection=get_detection(parameters.detector, parameters.rules),
        native_pixel_m=get_sensor(parameters.sensor).core_pixel_m_of(scenes),
        climate=climate, periods=parameters.periods(climate),
    )  # fmt: skip


def _memory(job: Job, resources: Resources) -> MemoryPlan:
    return plan_memory(
        job.scenes, job.grid,
        span=job.span, periods=job.periods, bands=job.scenes.bands,
        workers=resources.workers, max_memory_gib=resources.max_memory_gib,
    )  # fmt: skip


def _extended(span: Period, last: date | None) -> Period:
    """The span with a later last day."""
    if last is None:
        raise SettingsError("update needs a last day", hint="pass end= or today=")
    if last < span.end:
        raise SettingsError(
            f"--end {last} is before the end of the run, {span.end}",
            hint="an update only goes forward; run into a new folder for a shorter span",
        )
    return Period(span.start, last)
