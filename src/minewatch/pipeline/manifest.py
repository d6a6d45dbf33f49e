"""What the manifest says of a run: enough to trace every number, nothing of how it came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

import minewatch
from minewatch import cube
from minewatch.model import (
    CORE_BANDS,
    REFLECTANCE_BANDS,
    SCHEMA_VERSION,
    Detection,
    Evidence,
    Job,
    Period,
    SceneList,
    core_bands_of,
    expected_in,
    months_of,
    period_label,
    rule_values,
    why_no_pools,
)
from minewatch.pipeline.month_reading import FrozenMonths, is_read
from minewatch.pipeline.terrain_step import terrain_entry
from minewatch.sensors import get_sensor
from minewatch.store.rule_versions import rule_versions

LIBRARIES = ("geopandas", "numpy", "odc-geo", "pyproj", "rasterio", "scipy", "shapely", "xarray")


def make_manifest(
    job: Job,
    months: FrozenMonths,
    evidence: Evidence,
    tables: Mapping[str, gpd.GeoDataFrame],
    outputs: Mapping[str, str],
) -> dict[str, Any]:
    """The manifest of a run as plain values.

    Parameters
    ----------
    job, months, evidence, tables
        What the run was given, met and found.
    outputs
        Path of each output to its SHA-256.
    """
    area, parameters, scenes, terrain = job.area, job.parameters, job.scenes, job.terrain
    grid, periods = job.grid, job.periods
    simulated = is_simulated(scenes)
    inside = cube.aoi_mask(area, grid.geobox)
    entries = _period_entries(scenes, months, evidence, periods, inside)
    warnings = _warnings(job, months)
    return {
        "version": minewatch.__version__,
        "schema_version": SCHEMA_VERSION,
        "libraries": {name: version(name) for name in LIBRARIES},
        "simulated": simulated,
        "parameters": parameters.as_dict(area),
        "rule_versions": rule_versions(job.detection, scenes),
        "rules": _rule_entry(job.detection),
        "climate": asdict(job.climate),
        "visibility": _visibility(job),
        "aoi": _aoi_entry(job, simulated=simulated),
        "periods": entries,
        "scenes": _scene_entry(scenes),
        "elevation": terrain_entry(terrain),
        "facts": _quality_entries(scenes, months),
        "failures": [asdict(failure) for failure in months.failures],
        "warnings": [*warnings, *_explain_nothing(tables["inventory"], entries)],
        "rows": {name: len(table) for name, table in tables.items()},
        "outputs": dict(outputs),
    }


def _rule_entry(detection: Detection) -> dict[str, Any]:
    """Every threshold of a run, by section."""
    return {
        "overpass": rule_values(detection.overpass),
        "cloud_commission": rule_values(detection.cloud_commission),
        detection.detector.name: rule_values(detection.detector.rules),
    }


def is_simulated(scenes: SceneList) -> bool:
    """True when every scene was made by `minewatch.synthetic`."""
    return all(s.item.get("properties", {}).get("minewatch:simulated", False) for s in scenes)


def attribution(job: Job, *, simulated: bool) -> str:
    """Whose data this is made of, in a line."""
    profile = get_sensor(job.parameters.sensor)
    stated = {str(s.item.get("properties", {}).get("attribution", "")) for s in job.scenes}
    of_items = "; ".join(sorted(stated - {""})) if profile.is_stated_by_items else ""
    imagery = "simulated imagery, no real place" if simulated else of_items or profile.attribution
    outline = job.area.properties.get("geometry_licence")
    heights = terrain_entry(job.terrain).get("attribution")
    parts = (imagery, heights, f"outline: {outline}" if outline else "")
    return "; ".join(part for part in parts if part)


def _period_entries(
    scenes: SceneList,
    months: FrozenMonths,
    evidence: Evidence,
    periods: Sequence[Period],
    inside: np.ndarray,
) -> list[dict[str, Any]]:
    entries, clear_looks = [], evidence.layers["clear_looks"].to_numpy()
    opened = [(scene.day, scene) for scene in scenes if is_read(scene, months.quality)]
    for step, period in enumerate(periods):
        within = [scene for day, scene in opened if day in period]
        clear = [months.quality[s.id].clear_fraction for s in within]
        seen = clear_looks[step][inside] > 0
        entries.append(
            {
                "start": period.start.isoformat(),
                "end": period.end.isoformat(),
                "label": period_label(period),
                "looks": len({s.overpass for s in within}),
                "clear_fraction": round(float(np.mean(clear)), 4) if clear else 0.0,
                "observed_fraction": round(float(seen.mean()), 4) if seen.size else 0.0,
            }
        )
    return entries


def _scene_entry(scenes: SceneList) -> dict[str, Any]:
    return {
        "catalog": scenes.catalog,
        "collection": scenes.collection,
        "count": len(scenes),
        "sha256": scenes.sha256,
        "dropped": dict(sorted(scenes.dropped.items())),
        "bands": list(scenes.bands),
        "missing_bands": _missing_bands(scenes),
    }


def _missing_bands(scenes: SceneList) -> list[str]:
    if core_bands_of(scenes.bands) != CORE_BANDS:
        return []
    return [band for band in REFLECTANCE_BANDS if band not in scenes.bands]


def _quality_entries(scenes: SceneList, months: FrozenMonths) -> list[dict[str, Any]]:
    rows = []
    for scene in scenes:
        if found := months.quality.get(scene.id):
            about = {"day": scene.day.isoformat(), "baseline": scene.baseline}
            rows.append({**vars(found), **about})
    return rows


def _warnings(job: Job, months: FrozenMonths) -> list[str]:
    scenes = job.scenes
    warnings = [*job.area.notes, *scenes.notes]
    if job.parameters.needs_signature:
        warnings.append(
            f"the address {scenes.catalog} was given with a signature or a password, which is not "
            "kept: `minewatch update` needs it again, with --catalog"
        )
    if missing := _missing_bands(scenes):
        warnings.append(f"no {', '.join(missing)} in this catalogue: judged without")
    if reason := _visibility(job)["reason"]:
        warnings.append(reason)
    if job.parameters.rules:
        changed = ", ".join(_changed_names(job.parameters.rules))
        warnings.append(f"thresholds are not as shipped: {changed}")
    warnings += _season_warnings(job)
    warnings += _offset_warnings(months)
    seen = {scene.day.replace(day=1) for scene in scenes}
    unseen = [m for m in months_of(job.span) if m.start not in seen]
    if unseen:
        warnings.append(
            f"{len(unseen)} of {len(months_of(job.span))} months have no scene: "
            f"{', '.join(f'{m.start:%Y-%m}' for m in unseen[:12])}"
        )
    return warnings


def _offset_warnings(months: FrozenMonths) -> list[str]:
    """Scenes whose pixels and metadata do not agree on the offset."""
    found = months.quality.values()
    said = (
        (
            "the pixels overruled the offset metadata of",
            [f.scene_id for f in found if f.offset_source == "pixels"],
        ),
        (
            "left out, for their dark ends are raised by fog or by an offset:",
            [f.scene_id for f in found if f.left_out],
        ),
        (
            "the pixels do not bear out the offset metadata, which was kept, of",
            [f.scene_id for f in found if f.offset_is_open and not f.left_out],
        ),
    )
    return [
        f"{what} {len(names)} scenes: {', '.join(sorted(names)[:5])}"
        for what, names in said
        if names
    ]


def _season_warnings(job: Job) -> list[str]:
    """What a reader must know of the dry season: it is unusual, only assumed, or disputed."""
    climate = job.climate
    season = f"the dry season is taken to be {climate.setting} ({climate.source})"
    if climate.evidence and climate.evidence.against:
        return [f"{season}: {climate.evidence.against}"]
    is_unusual = climate.dry_season != expected_in(job.area)
    return [season] if is_unusual or climate.is_assumed else []


def _changed_names(rules: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Names of the thresholds that a user replaced."""
    names: list[str] = []
    for name, value in rules.items():
        place = f"{prefix}{name}"
        is_group = isinstance(value, Mapping)
        names += _changed_names(value, f"{place}.") if is_group else [f"{place} = {value}"]
    return names


def _visibility(job: Job) -> dict[str, Any]:
    """What pixels of this size can show."""
    reason = why_no_pools(job.pixel_m)
    return {"pixel_m": job.pixel_m, "sees_pools": not reason, "reason": reason}


def _explain_nothing(
    inventory: gpd.GeoDataFrame, entries: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Why an inventory is empty: nothing there, or nothing seen."""
    if len(inventory):
        return []
    seen = ", ".join(f"{e['label']} {100 * e['observed_fraction']:.0f} %" for e in entries)
    return [f"no site was found; share of the area seen clear at least once: {seen}"]


def _aoi_entry(job: Job, *, simulated: bool) -> dict[str, Any]:
    area = job.area
    return {
        "id": area.id,
        "name": area.name,
        "sha256": area.sha256,
        "utm_epsg": area.utm_epsg,
        "area_km2": round(area.area_m2 / 1e6, 4),
        "bbox": [round(float(v), 7) for v in shapely.bounds(area.geometry)],
        "attribution": attribution(job, simulated=simulated),
    }
