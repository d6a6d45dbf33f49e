"""The recipe from frozen months to an inventory: evidence, patches, sites, files."""

from __future__ import annotations

from minewatch import detect, export, sites
from minewatch.model import (
    DETECTIONS,
    INVENTORY,
    OBSERVATIONS,
    SITES,
    TRACKS,
    AreaOfInterest,
    Grid,
    ProgressListener,
    RunResult,
    SceneList,
    check_columns,
    split_periods,
)
from minewatch.pipeline import ahead, outputs
from minewatch.pipeline.elevation import Elevation
from minewatch.pipeline.evidence import gather_evidence
from minewatch.pipeline.history import Entry, compare_scenes
from minewatch.pipeline.parameters import Parameters
from minewatch.pipeline.reduce import Reduction
from minewatch.pipeline.state import State
from minewatch.pipeline.vector import rasterise
from minewatch.pipeline.workers import Workers


def tell(
    job: str,
    area: AreaOfInterest,
    parameters: Parameters,
    scenes: SceneList,
    grid: Grid,
    reduction: Reduction,
    elevation: Elevation,
    state: State,
    *,
    workers: Workers,
    listener: ProgressListener,
) -> RunResult:
    """The inventory that frozen months hold, written and opened.

    Parameters
    ----------
    job
        `run`, `update` or `retell`, for the log.
    area, parameters, scenes, grid
        What was asked, and what there was.
    reduction
        What was read.
    elevation
        How the ground rises, where that is known.
    state
        The folder with the months.
    workers, listener
        Who weighs evidence, and who hears of it.
    """
    ahead.wait("minewatch.detect", listener)
    periods = split_periods(parameters.span, parameters.period)
    evidence = gather_evidence(
        area, grid, state,
        span=parameters.span, periods=periods, bands=scenes.bands, frozen=reduction.frozen,
        workers=workers, listener=listener,
    )  # fmt: skip
    findings = detect.find(evidence, grid=grid, periods=periods, rise=elevation.rise)
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

    entry = Entry(
        job=job, end=parameters.span.end.isoformat(), period=parameters.period, scenes=len(scenes),
        changes=compare_scenes(outputs.scenes_before(state, scenes), scenes),
        months_read=reduction.months_read, months_kept=reduction.months_kept,
        bytes_read=reduction.bytes_read,
    )  # fmt: skip
    outputs.write(
        state, area, parameters, scenes, reduction, elevation, grid, evidence, periods,
        inventory=inventory, sites=table, features=features, changes=findings.changes,
        detections=links.members, entry=entry,
    )  # fmt: skip
    return export.open_result(state.directory.parent, verify=False)  # all was hashed just now
