"""Frozen months to an inventory: evidence, patches, sites, files."""

from __future__ import annotations

from dataclasses import replace

from minewatch import exporters, sites
from minewatch.cube.rasterise import rasterise
from minewatch.model import (
    DETECTIONS,
    INVENTORY,
    OBSERVATIONS,
    SITES,
    TRACKS,
    Job,
    ProgressListener,
    RunResult,
    check_columns,
    sees_pools_at,
)
from minewatch.pipeline.chunk_scoring import score_chunks
from minewatch.pipeline.month_reading import FrozenMonths, is_read
from minewatch.pipeline.products import Products, write_products
from minewatch.runtime import warmup
from minewatch.runtime.workers import Workers
from minewatch.store import output_folder
from minewatch.store.job_log import Entry, compare_scenes
from minewatch.store.state_folder import StateFolder


def write_inventory(
    name: str,
    job: Job,
    months: FrozenMonths,
    state: StateFolder,
    *,
    other_rules: tuple[str, ...] = (),
    workers: Workers,
    listener: ProgressListener,
) -> RunResult:
    """The inventory of frozen months, written and opened.

    Parameters
    ----------
    name
        `run`, `update` or `other periods`, for the log.
    job, months
        What was asked, and what was read.
    state
        The folder with the months.
    other_rules
        What was of other rules before, in words.
    workers, listener
        Who scores evidence, and who hears of it.
    """
    warmup.wait("minewatch.detect", listener)
    grid, periods = job.grid, job.periods
    detector = job.detection.detector
    evidence = score_chunks(job, state, frozen=months.frozen, workers=workers, listener=listener)
    findings = detector.find(
        evidence, grid=grid, pixel_m=job.pixel_m, climate=job.climate,
        gradient=job.terrain.gradient,
    )  # fmt: skip
    check_columns(findings.detections, DETECTIONS, name="detections", epsg=grid.epsg)
    links = sites.link(findings.detections, area_key=job.area.sha256, epsg=grid.epsg)
    check_columns(links.tracks, TRACKS, name="tracks", epsg=grid.epsg)
    features = sites.assign(findings.features, links.tracks)
    observed = detector.measure(
        evidence, links.tracks, grid=grid, pixel_m=job.pixel_m, rasterise=rasterise
    )
    check_columns(observed, OBSERVATIONS, name="observations")
    inventory, table = sites.build_inventory(
        links,
        observed,
        aoi=job.area,
        scenes=replace(
            job.scenes, scenes=tuple(s for s in job.scenes if is_read(s, months.quality))
        ),
        periods=periods,
        sees_pools=sees_pools_at(job.pixel_m),
        features=features,
    )
    check_columns(inventory, INVENTORY, name="inventory", epsg=grid.epsg)
    check_columns(table, SITES, name="sites", epsg=grid.epsg)

    entry = Entry(
        job=name, end=job.span.end.isoformat(), period=job.parameters.period,
        scenes=len(job.scenes),
        changes=compare_scenes(output_folder.scenes_before(state, job.scenes), job.scenes),
        months_read=months.months_read, months_kept=months.months_kept,
        bytes_read=months.bytes_read, other_rules=other_rules, other_months=months.other_rules,
        other_scenes=months.other_scenes,
    )  # fmt: skip
    products = Products(
        inventory=inventory, sites=table, features=features, changes=findings.changes,
        detections=links.members, evidence=evidence,
    )  # fmt: skip
    write_products(products, job, months, state, entry=entry)
    return exporters.open_result(state.directory.parent, verify=False)  # all was hashed just now
