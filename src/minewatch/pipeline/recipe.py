"""`run`, `update`, `plan`: the recipe from a polygon to an inventory over time."""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path

from minewatch import aoi as areas
from minewatch import catalog as catalogs
from minewatch import cube, detect, export, sites
from minewatch.errors import NoScenesError, OutputError, SettingsError, StateError
from minewatch.model import (
    DETECTIONS,
    INVENTORY,
    OBSERVATIONS,
    SITES,
    TRACKS,
    AreaOfInterest,
    Period,
    PeriodKind,
    PixelReader,
    ProgressListener,
    RunResult,
    SceneList,
    check_columns,
    silent,
    split_periods,
)
from minewatch.pipeline import outputs
from minewatch.pipeline.evidence import gather_evidence
from minewatch.pipeline.parameters import (
    DEFAULT_CATALOG,
    DEFAULT_CHUNK_PX,
    DEFAULT_MAX_CLOUD_COVER_PCT,
    DEFAULT_PERIOD,
    DEFAULT_RESOLUTION_M,
    DEFAULT_SENSOR,
    Parameters,
)
from minewatch.pipeline.reduce import open_executor, reduce_all
from minewatch.pipeline.state import State, locked
from minewatch.pipeline.vector import polygonise, rasterise

log = logging.getLogger(__name__)


def run(
    aoi: str | Path | AreaOfInterest,
    *,
    start: date,
    end: date,
    out: str | Path,
    catalog: str = DEFAULT_CATALOG,
    collection: str | None = None,
    sensor: str = DEFAULT_SENSOR,
    period: PeriodKind = DEFAULT_PERIOD,
    resolution_m: float = DEFAULT_RESOLUTION_M,
    max_cloud_cover_pct: float = DEFAULT_MAX_CLOUD_COVER_PCT,
    chunk_px: int = DEFAULT_CHUNK_PX,
    scenes: str | Path | SceneList | None = None,
    scheduler: str | None = None,
    workers: int | None = None,
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
        First and last day to look at, UTC, both included.
    out
        Directory to write. Must be empty or absent, unless `resume`.
    catalog
        Known name, STAC API root, or address of a static `catalog.json`.
    collection
        Collection id; None takes the catalogue's own for the sensor.
    sensor
        Sensor profile.
    period
        Step in which the inventory is told.
    resolution_m
        Pixel of the grid, metres. Pools are seen at 10 m only.
    max_cloud_cover_pct
        Scenes cloudier than this are not read.
    chunk_px
        Side of a chunk, pixels. Sets the memory, never the answer.
    scenes
        A frozen `scenes.json` to use instead of searching.
    scheduler
        Address of a Dask scheduler; None works in threads on this machine.
    workers
        Threads; None takes one a core.
    resume
        Go on with a run that was cut, reading only what is missing.
    reader
        How pixels are read; None reads with rasterio.
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
    area = aoi if isinstance(aoi, AreaOfInterest) else areas.read_aoi(aoi)
    parameters = Parameters(
        span=Period(start, end),
        catalog=str(catalog),
        collection=collection,
        sensor=sensor,
        period=period,
        resolution_m=resolution_m,
        max_cloud_cover_pct=max_cloud_cover_pct,
        chunk_px=chunk_px,
    )
    state = _prepare(Path(out), area, parameters, resume=resume)
    with locked(state.directory):
        outputs.finish_interrupted(state)
        found = _scene_list(area, parameters, state, scenes, resume=resume, listener=listener)
        return _work(
            area, parameters, found, state,
            reader=reader, scheduler=scheduler, workers=workers, listener=listener,
        )  # fmt: skip


def update(
    directory: str | Path,
    *,
    end: date | None = None,
    today: date | None = None,
    scheduler: str | None = None,
    workers: int | None = None,
    reader: PixelReader | None = None,
    listener: ProgressListener = silent,
) -> RunResult:
    """A run carried on to a later day: only months with new, changed or failed scenes are read.

    The answer is byte for byte that of a run from nothing over the whole span.

    Parameters
    ----------
    directory
        A finished or interrupted run.
    end
        New last day; None takes `today`.
    today
        The day to update to when `end` is not given.
    scheduler, workers, reader, listener
        As in `run`.
    """
    state = State(directory=Path(directory) / "state")
    before = Parameters.from_dict(state.read_parameters())
    last = end or today
    if last is None:
        raise SettingsError("update needs a last day", hint="pass end= or today=")
    if last < before.span.end:
        raise SettingsError(
            f"--end {last} is before the end of the run, {before.span.end}",
            hint="an update only goes forward; run into a new folder for a shorter span",
        )
    area = export.read_aoi_snapshot(state.aoi_path)
    span = Period(before.span.start, last)
    parameters = Parameters.from_dict({**before.as_dict(area), "end": span.end.isoformat()})
    with locked(state.directory):
        outputs.finish_interrupted(state)
        found = _search(area, parameters, listener)
        catalogs.write_scene_list(found, state.scenes_path)
        state.write_parameters(parameters.as_dict(area))
        return _work(
            area, parameters, found, state,
            reader=reader, scheduler=scheduler, workers=workers, listener=listener,
        )  # fmt: skip


def _work(
    area: AreaOfInterest,
    parameters: Parameters,
    scenes: SceneList,
    state: State,
    *,
    reader: PixelReader | None,
    scheduler: str | None,
    workers: int | None,
    listener: ProgressListener,
) -> RunResult:
    """The recipe: months, evidence, patches, sites, inventory, files."""
    grid = cube.make_grid(area, resolution_m=parameters.resolution_m, chunk_px=parameters.chunk_px)
    periods = split_periods(parameters.span, parameters.period)
    with open_executor(scheduler, workers) as executor:
        reduction = reduce_all(
            scenes, area, grid, state,
            span=parameters.span, bands=scenes.bands, reader=reader or cube.RasterioReader(),
            executor=executor, listener=listener,
        )  # fmt: skip
    evidence = gather_evidence(
        area, grid, state,
        span=parameters.span, periods=periods, bands=scenes.bands, listener=listener,
    )  # fmt: skip

    findings = detect.find(evidence, grid=grid, periods=periods, polygonise=polygonise)
    check_columns(findings.detections, DETECTIONS, name="detections", epsg=grid.epsg)
    links = sites.link(findings.detections, aoi_id=area.id, epsg=grid.epsg)
    check_columns(links.tracks, TRACKS, name="tracks", epsg=grid.epsg)
    features = sites.assign(findings.features, links.tracks)
    observed = detect.measure(
        evidence, links.tracks, grid=grid, periods=periods, rasterise=rasterise
    )
    check_columns(observed, OBSERVATIONS, name="observations")
    inventory, table = sites.build_inventory(
        links, observed, aoi=area, scenes=scenes, periods=periods
    )
    check_columns(inventory, INVENTORY, name="inventory", epsg=grid.epsg)
    check_columns(table, SITES, name="sites", epsg=grid.epsg)

    outputs.write(
        state, area, parameters, scenes, reduction, grid, evidence, periods,
        inventory=inventory, sites=table, features=features, changes=findings.changes,
        detections=links.members,
    )  # fmt: skip
    return export.open_result(state.directory.parent)


def _prepare(out: Path, area: AreaOfInterest, parameters: Parameters, *, resume: bool) -> State:
    """The state folder of a run that may start: new, or the same one cut before."""
    state = State(directory=out / "state")
    if resume and state.parameters_path.exists():
        _check_same(state, area, parameters)
        return state
    begun_only = resume and out.is_dir() and {p.name for p in out.iterdir()} <= {"state"}
    if out.exists() and not begun_only and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(
            f"{out} is not empty",
            hint="give a new folder, or --resume to go on with the run in it",
        )
    try:
        state.directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot write to {out}: {error.strerror}", hint="give a folder you may write to"
        ) from None
    export.write_aoi(area, state.aoi_path)
    state.write_parameters(parameters.as_dict(area))
    return state


def _check_same(state: State, area: AreaOfInterest, parameters: Parameters) -> None:
    """Raise when the run in a folder was asked something else."""
    then, now = state.read_parameters(), parameters.as_dict(area)
    for name in now:
        if then.get(name) != now[name]:
            raise StateError(
                f"{state.directory.parent} holds a run with another {name}: "
                f"{then.get(name)}, not {now[name]}",
                hint="resume with the same parameters, or give a new --out",
            )


def _scene_list(
    area: AreaOfInterest,
    parameters: Parameters,
    state: State,
    scenes: str | Path | SceneList | None,
    *,
    resume: bool,
    listener: ProgressListener,
) -> SceneList:
    """The frozen scenes: those of the cut run, those given, or a search."""
    if resume and state.scenes_path.exists():
        return catalogs.read_scene_list(state.scenes_path)
    if isinstance(scenes, SceneList):
        found = scenes
    elif scenes is not None:
        found = catalogs.read_scene_list(Path(scenes))
    else:
        found = _search(area, parameters, listener)
    if not len(found):
        raise NoScenesError("the scene list is empty", hint="widen the dates or the cloud limit")
    catalogs.write_scene_list(found, state.scenes_path)
    return found


def _search(area: AreaOfInterest, parameters: Parameters, listener: ProgressListener) -> SceneList:
    return catalogs.find_scenes(
        area,
        parameters.span,
        catalog=parameters.catalog,
        collection=parameters.collection,
        sensor=parameters.sensor,
        max_cloud_cover_pct=parameters.max_cloud_cover_pct,
        listener=listener,
    )
