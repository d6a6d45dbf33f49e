"""Everything a run leaves in its folder: tables, rasters, scenes, manifest, put there together."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

import geopandas as gpd

from minewatch import exporters, review
from minewatch.exporters.manifest_file import MANIFEST
from minewatch.files import write_bytes_atomic
from minewatch.model import SCHEMA_VERSION, Evidence, Job
from minewatch.pipeline.manifest import attribution, is_simulated, make_manifest
from minewatch.pipeline.month_reading import FrozenMonths
from minewatch.pipeline.raster_products import write_rasters
from minewatch.store.job_log import Entry, extend_log
from minewatch.store.output_folder import SITE_DETECTIONS, put_in_place
from minewatch.store.state_folder import StateFolder


@dataclass(frozen=True, kw_only=True)
class Products:
    """What was found, in the UTM zone of the grid."""

    inventory: gpd.GeoDataFrame
    """Contract `INVENTORY`."""
    sites: gpd.GeoDataFrame
    """Contract `SITES`."""
    features: gpd.GeoDataFrame
    """Contract `FEATURES`, with `site_id`."""
    changes: gpd.GeoDataFrame
    """Contract `CHANGES`."""
    detections: gpd.GeoDataFrame
    """Contract `DETECTIONS`, with `site_id`."""
    evidence: Evidence
    """From `score_chunks`."""


def write_products(
    products: Products, job: Job, months: FrozenMonths, state: StateFolder, *, entry: Entry
) -> None:
    """Write every output of a run and its line of the log, then put them in place together."""
    staged = state.directory / "staged"
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir()
    said = review.read_verdicts(state.directory.parent)
    reviewed = review.add_verdicts(
        {name: getattr(products, name) for name in exporters.LAYERS}, said.entries,
        epsg=job.grid.epsg,
    )  # fmt: skip
    tables = reviewed.tables
    simulated = is_simulated(job.scenes)
    source = attribution(job, simulated=simulated)
    label = {"schema_version": SCHEMA_VERSION, "simulated": simulated, "attribution": source}
    for name, layer in exporters.LAYERS.items():
        exporters.write_geojson(tables[name], staged / layer.filename, layer.contract, member=label)
    write_bytes_atomic(staged / "scenes.json", state.scenes_path.read_bytes())
    hashes = exporters.hash_outputs(staged, (p for p in staged.rglob("*") if p.is_file()))
    hashes |= write_rasters(state, staged, products.evidence, job.grid, simulated=simulated)
    manifest = make_manifest(job, months, products.evidence, tables, hashes)
    manifest |= reviewed.manifest_entry()
    manifest["warnings"] += [*reviewed.warnings(), *said.notes]
    exporters.write_manifest(manifest, staged / MANIFEST)
    kept = staged / state.directory.name
    exporters.write_geojson(
        products.detections, kept / state.detections_path.name, SITE_DETECTIONS, member=label
    )
    write_bytes_atomic(kept / state.log_path.name, extend_log(state.log_path, entry))
    put_in_place(state, staged)
