"""Finished runs of many simulated sites over open sea, to give away and to attack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from minewatch import exporters, review
from minewatch.model import (
    SCHEMA_VERSION,
    AreaOfInterest,
    ControlInterval,
    Period,
    RunResult,
    period_label,
)

EPSG = 32647
AREA = shapely.box(95.2, 11.4, 95.65, 11.85)
"""Some 49 km by 50 km of the Andaman Sea."""
STATES = ("active", "idle", "abandoned_wet", "abandoned_dry", "revegetated", "not_observed")
SEASONS = tuple(
    Period(date(y, 11, 1), date(y + 1, 4, 30), is_dry_season=True) for y in range(2018, 2024)
)


@dataclass(frozen=True)
class Site:
    """A simulated site."""

    site_id: str
    lon: float
    lat: float
    since: int
    """Number of the season it is first seen in."""
    states: tuple[str, ...]
    """By season."""
    area_m2: float
    first: date
    """First look that shows it."""


def draw_sites(seed: int, count: int, *, seasons: int = 6, spread: float = 0.02) -> list[Site]:
    """Sites in clusters, so many degrees wide: cells with many, with few, and with one."""
    rng = np.random.default_rng(seed)
    west, south, east, north = AREA.bounds
    centres = rng.uniform([west, south], [east, north], (max(2, count // 6), 2))
    sites = []
    for _ in range(count):
        lon, lat = centres[rng.integers(len(centres))] + rng.normal(0, spread, 2)
        lon, lat = np.clip([lon, lat], [west + 1e-3, south + 1e-3], [east - 2e-3, north - 2e-3])
        since = int(rng.integers(0, seasons))
        first = SEASONS[since].start + timedelta(days=int(rng.integers(3, 170)))
        sites.append(
            Site(
                site_id=f"s{rng.integers(16**10):010x}", lon=float(lon), lat=float(lat),
                since=since, states=tuple(rng.choice(STATES, len(SEASONS)).tolist()),
                area_m2=float(np.round(rng.uniform(1500, 30000), 1)), first=first,
            )
        )  # fmt: skip
    return sites


def write_world(
    directory: Path,
    sites: Sequence[Site],
    *,
    seasons: int = 6,
    last_day: date | None = None,
    area: shapely.Geometry = AREA,
    operators: Mapping[str, str] | None = None,
) -> RunResult:
    """A finished run of sites, in a folder."""
    periods = SEASONS[:seasons]
    end = last_day or periods[-1].end + timedelta(days=185)
    aoi = AreaOfInterest(
        id="simulated-sea", name="Simulated sea of nobody", geometry=area, utm_epsg=EPSG,
        control=(ControlInterval(group="Simulated navy", start=None, end=None, source="none"),),
        properties={"attribution": "Simulated; no real place"}, notes=(),
    )  # fmt: skip
    inside = [s for s in sites if area.contains(shapely.Point(s.lon, s.lat)) and s.since < seasons]
    inventory = _inventory(inside, periods)
    if operators:
        inventory["operator"] = inventory["site_id"].map(operators)
    tables = {
        "inventory": inventory,
        "sites": _sites(inventory),
        "features": _none("features"),
        "changes": _none("changes"),
    }
    tables = dict(review.add_verdicts(tables, (), epsg=EPSG).tables)
    member = {"schema_version": SCHEMA_VERSION, "simulated": True, "attribution": "Simulated"}
    for name, layer in exporters.LAYERS.items():
        exporters.write_geojson(
            tables[name], directory / layer.filename, layer.contract, member=member
        )
    exporters.write_aoi(aoi, directory / "state" / "aoi.geojson")
    outputs = exporters.hash_outputs(directory, directory.glob("*.geojson"))
    manifest = _manifest(aoi, periods, end, inside, outputs)
    exporters.write_manifest(manifest, directory / "manifest.json")
    return exporters.open_result(directory)


def _manifest(
    aoi: AreaOfInterest, periods: Sequence[Period], end: date, sites: Sequence[Site], outputs: Any
) -> dict[str, Any]:
    days = sorted({site.first for site in sites} | {end})
    return {
        "version": "0.1.0", "simulated": True, "outputs": outputs, "failures": [], "warnings": [],
        "parameters": {
            "aoi": aoi.id, "start": "2018-11-01", "end": str(end), "period": "dry-season",
            "resolution_m": 10.0, "catalog": "simulated", "collection": "sentinel-2-l2a",
            "sensor": "sentinel-2-l2a",
        },
        "aoi": {
            "id": aoi.id, "name": aoi.name, "sha256": aoi.sha256,
            "area_km2": round(aoi.area_m2 / 1e6, 3), "attribution": "Simulated; no real place",
        },
        "periods": [
            {"start": str(p.start), "end": str(p.end), "label": period_label(p), "looks": 20,
             "clear_fraction": 0.6, "observed_fraction": 0.9}
            for p in periods
        ],
        "scenes": {"count": len(days), "dropped": {}, "bands": ["blue"], "missing_bands": []},
        "facts": [{"scene_id": _scene(day), "day": str(day)} for day in days],
        "rows": {},
    }  # fmt: skip


def _scene(day: date) -> str:
    return f"SIM_S2A_47PLN_{day:%Y%m%d}_0_L2A"


def _outline(site: Site, season: int) -> shapely.Geometry:
    centre = gpd.GeoSeries([shapely.Point(site.lon, site.lat)], crs=4326).to_crs(EPSG).iloc[0]
    side = 30.0 + 8.0 * (season - site.since)
    return shapely.box(centre.x - side, centre.y - side, centre.x + side, centre.y + side)


def _inventory(sites: Sequence[Site], periods: Sequence[Period]) -> gpd.GeoDataFrame:
    rows = []
    for site in sites:
        for season, period in enumerate(periods):
            if season < site.since:
                continue
            state = site.states[season]
            seen = state != "not_observed"
            rows.append({
                **dict.fromkeys(exporters.LAYERS["inventory"].contract),
                "aoi": "simulated-sea", "site_id": site.site_id,
                "period_start": str(period.start), "period_end": str(period.end),
                "alert": "confirmed", "alert_then": "confirmed", "state": state,
                "disturbed_area_m2": site.area_m2 + 100.3 * season if seen else None,
                "confidence": 0.9, "clear_looks": 9 if seen else 0,
                "observed_fraction": 0.9 if seen else 0.0, "first_detected": str(site.first),
                "last_undisturbed": str(site.first - timedelta(days=11)),
                "controlling_group": "Simulated navy (none)",
                "evidence": [_scene(site.first)], "merged_from": [], "split_from": [],
                "geometry": _outline(site, season),
            })  # fmt: skip
    columns = [*exporters.LAYERS["inventory"].contract, "geometry"]
    return gpd.GeoDataFrame(rows, columns=None if rows else columns, geometry="geometry", crs=EPSG)


def _sites(inventory: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    last = inventory.drop_duplicates("site_id", keep="last").copy()
    largest = inventory.groupby("site_id")["disturbed_area_m2"].max()
    last["max_disturbed_area_m2"] = last["site_id"].map(largest).astype(float).fillna(0.0)
    last["max_pool_area_m2"] = None
    names = [name for name in exporters.LAYERS["sites"].contract if name in last]
    return gpd.GeoDataFrame(last[[*names, "geometry"]], geometry="geometry", crs=EPSG)


def _none(name: str) -> gpd.GeoDataFrame:
    columns = [*exporters.LAYERS[name].contract, "geometry"]
    return gpd.GeoDataFrame({c: [] for c in columns}, geometry="geometry", crs=EPSG)
