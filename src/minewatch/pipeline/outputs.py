"""What a run leaves in its directory, put there all together or not at all.

Files are written beside the outputs, then the whole set is named `ready` in one step, then moved.
A process killed before that step leaves the previous outputs; killed after it, the next command on
the directory finishes the move.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr

import minewatch
from minewatch import catalog as catalogs
from minewatch import cube, export
from minewatch.model import (
    DETECTIONS,
    REFLECTANCE_BANDS,
    AreaOfInterest,
    Column,
    Contract,
    Grid,
    Period,
    SceneList,
    months_of,
    period_label,
)
from minewatch.pipeline.parameters import Parameters
from minewatch.pipeline.reduce import Reduction
from minewatch.pipeline.state import State

SITE_DETECTIONS: Contract = {"site_id": Column("text", "the site it is part of"), **DETECTIONS}
"""`state/detections.geojson`: every patch of every site, with its evidence terms."""
LIBRARIES = ("geopandas", "numpy", "odc-geo", "pyproj", "rasterio", "scipy", "shapely", "xarray")


def write(
    state: State,
    area: AreaOfInterest,
    parameters: Parameters,
    scenes: SceneList,
    reduction: Reduction,
    grid: Grid,
    evidence: xr.Dataset,
    periods: Sequence[Period],
    *,
    inventory: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    features: gpd.GeoDataFrame,
    changes: gpd.GeoDataFrame,
    detections: gpd.GeoDataFrame,
) -> None:
    """Write every output of a run, then put them in place together."""
    staged = state.directory / "staged"
    shutil.rmtree(staged, ignore_errors=True)
    (staged / "rasters").mkdir(parents=True)
    tables = {"inventory": inventory, "sites": sites, "features": features, "changes": changes}
    simulated = all(_is_simulated(scene.item) for scene in scenes)
    label = {"simulated": simulated, "attribution": attribution(area, simulated=simulated)}
    for name, layer in export.LAYERS.items():
        export.write_geojson(tables[name], staged / layer.filename, layer.contract, member=label)
    catalogs.write_scene_list(scenes, staged / "scenes.json")
    inside = cube.aoi_mask(area, grid.geobox)
    entries = _period_entries(scenes, reduction, evidence, periods, inside)
    _write_rasters(staged / "rasters", evidence, periods, simulated=simulated)
    manifest = {
        "version": minewatch.__version__,
        "libraries": _versions(),
        "simulated": simulated,
        "parameters": parameters.as_dict(area),
        "aoi": _aoi_entry(area, simulated=simulated),
        "periods": entries,
        "scenes": _scene_entry(scenes),
        "facts": _fact_entries(scenes, reduction),
        "failures": [_plain(failure) for failure in reduction.failures],
        "warnings": [
            *_warnings(area, scenes, reduction, parameters),
            *_explain_nothing(inventory, entries),
        ],
        "outputs": export.hash_outputs(staged, (p for p in staged.rglob("*") if p.is_file())),
    }
    export.write_manifest(manifest, staged / "manifest.json")
    kept = staged / state.detections_path.relative_to(state.directory.parent)
    export.write_geojson(detections, kept, SITE_DETECTIONS, member=label)
    ready = state.directory / "ready"
    staged.rename(ready)
    finish_interrupted(state)


def finish_interrupted(state: State) -> None:
    """Move a complete set of outputs into place, when one is waiting."""
    ready, out = state.directory / "ready", state.directory.parent
    if not ready.exists():
        return
    files = sorted(p.relative_to(ready) for p in ready.rglob("*") if p.is_file())
    files.sort(key=lambda path: path.name == "manifest.json")
    for path in files:
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (ready / path).replace(out / path)
    shutil.rmtree(ready)


def attribution(area: AreaOfInterest, *, simulated: bool) -> str:
    """Whose data this is made of, in a line."""
    imagery = (
        "simulated imagery, no real place"
        if simulated
        else "contains modified Copernicus Sentinel data"
    )
    outline = area.properties.get("geometry_licence")
    return f"{imagery}; outline: {outline}" if outline else imagery


def _write_rasters(
    folder: Path, evidence: xr.Dataset, periods: Sequence[Period], *, simulated: bool
) -> None:
    """The rasters of DESIGN section 2, and the pictures of the first and last season seen."""
    names = [period_label(period) for period in periods]
    looks = evidence["clear_looks"].astype("uint16")
    days = evidence["first_detected"].copy(data=_yyyymmdd(evidence["first_detected"].to_numpy()))
    picture = evidence["picture"].transpose("colour", "period", "y", "x")
    seen = np.flatnonzero(picture.to_numpy().any(axis=(0, 2, 3)))
    first, last = (int(seen[0]), int(seen[-1])) if len(seen) else (0, 0)

    def write(name: str, layer: xr.DataArray, meaning: str, unit: str = "1") -> None:
        stacked = layer.rename(period="band") if "period" in layer.dims else layer
        bands = names if "period" in layer.dims else ()
        export.write_cog(
            stacked, folder / f"{name}.tif",
            meaning=meaning, unit=unit, band_names=bands, simulated=simulated,
        )  # fmt: skip

    write("clear_looks", looks, "clear looks per period")
    write("observed", (looks > 0).astype("uint8"), "1 where seen clear in the period")
    write("score", evidence["score"], "change against the pixel's own baseline", "0.01 sd")
    write("first_detected", days, "day of the first look that shows it, 0: none", "YYYYMMDD")
    for name, step in (("rgb_before", first), ("rgb_after", last)):
        colour = picture.isel(period=step).rename(colour="band")
        write(name, colour, f"natural colour, {names[step]}")


def _yyyymmdd(days: np.ndarray) -> np.ndarray:
    """Days since 1970-01-01 as YYYYMMDD numbers, 0 kept."""
    values, where = np.unique(days, return_inverse=True)
    told = [
        0 if value <= 0 else int(str(np.datetime64(int(value), "D")).replace("-", ""))
        for value in values
    ]
    return np.array(told, dtype="int32")[where].reshape(days.shape)


def _period_entries(
    scenes: SceneList,
    reduction: Reduction,
    evidence: xr.Dataset,
    periods: Sequence[Period],
    inside: np.ndarray,
) -> list[dict[str, Any]]:
    entries = []
    for step, period in enumerate(periods):
        within = [s for s in scenes if s.day in period and s.id in reduction.facts]
        clear = [reduction.facts[s.id].clear_fraction for s in within]
        seen = evidence["clear_looks"][step].to_numpy()[inside] > 0
        entries.append(
            {
                "start": period.start.isoformat(),
                "end": period.end.isoformat(),
                "label": period_label(period),
                "looks": len({s.look for s in within}),
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
    return [band for band in REFLECTANCE_BANDS if band not in scenes.bands]


def _fact_entries(scenes: SceneList, reduction: Reduction) -> list[dict[str, Any]]:
    rows = []
    for scene in scenes:
        if fact := reduction.facts.get(scene.id):
            about = {"day": scene.day.isoformat(), "baseline": scene.baseline}
            rows.append({**_plain(fact), **about})
    return rows


def _warnings(
    area: AreaOfInterest, scenes: SceneList, reduction: Reduction, parameters: Parameters
) -> list[str]:
    warnings = [*area.notes, *scenes.notes]
    if missing := _missing_bands(scenes):
        warnings.append(f"no {', '.join(missing)} in this catalogue: judged without")
    if parameters.resolution_m > 15:
        warnings.append(
            f"at {parameters.resolution_m:g} m a pool of 8-14 m cannot be seen; "
            "only large clearings can"
        )
    overruled = [f.scene_id for f in reduction.facts.values() if f.offset_source == "pixels"]
    if overruled:
        warnings.append(
            f"the pixels overruled the offset metadata of {len(overruled)} scenes: "
            f"{', '.join(sorted(overruled)[:5])}"
        )
    unseen = [m for m in months_of(parameters.span) if not any(s.day in m for s in scenes)]
    if unseen:
        warnings.append(
            f"{len(unseen)} of {len(months_of(parameters.span))} months have no scene: "
            f"{', '.join(f'{m.start:%Y-%m}' for m in unseen[:12])}"
        )
    return warnings


def _explain_nothing(
    inventory: gpd.GeoDataFrame, entries: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Why an inventory is empty: nothing there, or nothing seen."""
    if len(inventory):
        return []
    seen = ", ".join(f"{e['label']} {100 * e['observed_fraction']:.0f} %" for e in entries)
    return [f"no site was found; share of the area seen clear at least once: {seen}"]


def _aoi_entry(area: AreaOfInterest, *, simulated: bool) -> dict[str, Any]:
    return {
        "id": area.id,
        "name": area.name,
        "sha256": area.sha256,
        "utm_epsg": area.utm_epsg,
        "area_km2": round(area.area_m2 / 1e6, 4),
        "bbox": [round(float(v), 7) for v in shapely.bounds(area.geometry)],
        "attribution": attribution(area, simulated=simulated),
    }


def _is_simulated(item: Any) -> bool:
    return bool(item.get("properties", {}).get("minewatch:simulated", False))


def _plain(value: Any) -> dict[str, Any]:
    return asdict(value)


def _versions() -> dict[str, str]:
    return {name: version(name) for name in LIBRARIES}
