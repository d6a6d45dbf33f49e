"""A finished run of 300 made-up sites over eight periods, as large as a report must stand."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords
from scipy.ndimage import gaussian_filter

from minewatch import exporters
from minewatch.model import (
    ALERTS,
    STATES,
    VERDICT,
    AreaOfInterest,
    Period,
    RunResult,
    period_label,
)
from minewatch.store.keys import LAYOUT_VERSION
from minewatch.store.output_folder import SITE_DETECTIONS

EPSG = 32647
WEST, NORTH, PIXELS = 700_000, 2_860_000, 1_500
PERIODS = tuple(Period(date(y, 11, 1), date(y + 1, 4, 30)) for y in range(2016, 2024))
TERMS = (
    "spots", "ndwi", "agree", "not_plain", "bare", "alive", "lasting", "compact", "not_seasonal",
    "land",
)  # fmt: skip


def write_large_run(
    directory: Path,
    *,
    sites: int = 300,
    name: str = "Simulated large valley",
    verdicts: tuple[str | None, ...] = (),
) -> RunResult:
    """Write the run into a folder, and open it.

    Parameters
    ----------
    directory
        The folder.
    sites
        How many sites.
    name
        Name of the area: it may be hostile.
    verdicts
        Given to the sites in turn, in `sites.geojson`; empty: none.
    """
    rng = np.random.default_rng(11)
    aoi = _aoi(name)
    rows, patches = [], []
    for number in range(sites):
        of_site, of_patches = _site(rng, number)
        rows += of_site
        patches += of_patches
    inventory = gpd.GeoDataFrame(rows, crs=EPSG).assign(**dict.fromkeys(VERDICT))
    last = inventory.drop_duplicates("site_id", keep="last").copy()
    last["max_disturbed_area_m2"] = last["site_id"].map(
        inventory.groupby("site_id")["disturbed_area_m2"].max().fillna(0.0)
    )
    last["max_pool_area_m2"] = 300.0
    if verdicts:
        last["verdict"] = [verdicts[n % len(verdicts)] for n in range(len(last))]
    member = {"simulated": True, "attribution": "Simulated; no real place"}
    tables = {"inventory": inventory, "sites": last}
    for layer_name, layer in exporters.LAYERS.items():
        table = tables.get(layer_name, _none(layer.contract))
        exporters.write_geojson(table, directory / layer.filename, layer.contract, member=member)
    state = directory / "state"
    exporters.write_geojson(
        gpd.GeoDataFrame(patches, crs=EPSG), state / "detections.geojson", SITE_DETECTIONS
    )
    exporters.write_aoi(aoi, state / "aoi.geojson")
    (state / "run.json").write_text(json.dumps({**_parameters(aoi), "scenes": "scenes-0.json"}))
    _pictures(rng, directory)
    files = [*directory.glob("*.geojson"), *directory.glob("rasters/*.tif")]
    outputs = exporters.hash_outputs(directory, files)
    exporters.write_manifest(_manifest(aoi, outputs), directory / "manifest.json")
    return exporters.open_result(directory)


def _none(contract: exporters.Contract) -> gpd.GeoDataFrame:
    from minewatch.model import empty_table

    return empty_table(contract, epsg=EPSG)


def _site(rng: np.random.Generator, number: int) -> tuple[list[dict], list[dict]]:
    """Rows of one site from its first period on, and its patches."""
    site_id = f"simulated-{number:04d}"
    across, down = 20, 15
    x = WEST + 600 + (number % across) * 700 + rng.integers(0, 20) * 10
    y = NORTH - 800 - (number // across % down) * 900 - rng.integers(0, 20) * 10
    first = int(rng.integers(0, len(PERIODS))) if number % 3 else 0
    began = PERIODS[first].start.isoformat()
    alert = ALERTS[int(rng.choice(4, p=(0.15, 0.25, 0.55, 0.05)))]
    rows, patches, side = [], [], int(rng.integers(3, 9))
    for period in PERIODS[first:]:
        side += int(rng.integers(0, 2))
        state = STATES[int(rng.choice(6, p=(0.4, 0.15, 0.2, 0.1, 0.05, 0.1)))]
        seen = state != "not_observed"
        outline = _blocks(rng, x, y, side)
        ground = float(outline.area)
        common = {
            "period_start": str(period.start), "period_end": str(period.end),
            "disturbed_area_m2": ground if seen else None,
            "pad_area_m2": 0.8 * ground if seen else None,
            "pool_area_m2": 0.2 * ground if seen else None,
            "pool_area_low_m2": 0.1 * ground if seen else None,
            "pool_area_high_m2": 0.4 * ground if seen else None,
            "pool_count_low": side if seen else None,
            "pool_count_high": 2 * side if seen else None,
            "first_detected": began,
            "last_undisturbed": None if first == 0 else str(PERIODS[first - 1].end),
            "geometry": outline,
        }  # fmt: skip
        confidence = round(float(rng.uniform(0.2, 1)), 3)
        rows.append({
            "aoi": "simulated-large", "site_id": site_id, **common, "alert": alert, "state": state,
            "water_area_m2": 0.1 * ground if seen else None,
            "water_area_low_m2": 0.0 if seen else None,
            "water_area_high_m2": 0.2 * ground if seen else None,
            "new_area_m2": 0.0 if seen else None, "confidence": confidence,
            "clear_looks": 7 if seen else 0, "observed_fraction": 0.9 if seen else 0.0,
            "last_activity": began, "controlling_group": None,
            "evidence": [f"SIM_{period.start:%Y%m%d}", f"SIM_{period.end:%Y%m%d}"],
            "merged_from": [], "split_from": [],
            "alert_then": "candidate" if period == PERIODS[first] else alert,
            "water_last_seen": began if seen else None,
        })  # fmt: skip
        if seen:
            terms = {term: round(float(rng.uniform()), 4) for term in TERMS}
            detected = {n: common[n] or 0.0 for n in common if n.endswith("_m2")}
            patches.append(
                {
                    **common, **detected, "site_id": site_id, "confidence": confidence,
                    "terms": terms,
                }
            )  # fmt: skip
    return rows, patches


def _blocks(rng: np.random.Generator, x: float, y: float, side: int) -> shapely.Polygon:
    """A ragged outline of whole pixels, in one piece."""
    bars, at = [], 0
    for row in range(side):
        at += int(rng.integers(-1, 2))
        bars.append(shapely.box(x + 10 * at, y + 10 * row, x + 10 * (at + side), y + 10 * row + 10))
    return shapely.union_all(bars)


def _pictures(rng: np.random.Generator, directory: Path) -> None:
    """Forest with texture and noise in every period, a strip of each not seen."""
    shape = (PIXELS, PIXELS)
    texture = (
        gaussian_filter(rng.normal(size=shape), 6) * 60
        + gaussian_filter(rng.normal(size=shape), 1.5) * 20
    )
    layers = np.zeros((len(PERIODS), 3, *shape), "uint8")
    for at in range(len(PERIODS)):
        noise = texture + rng.normal(0, 4, shape)
        for colour, level in enumerate((70, 95, 62)):
            layers[at, colour] = np.clip(level + noise, 1, 255).astype("uint8")
        layers[at, :, 150 * at : 150 * at + 60, :700] = 0
    folder = directory / "state" / "evidence"
    folder.mkdir(parents=True)
    layers.tofile(folder / "picture.raw")
    geobox = GeoBox.from_bbox(
        (WEST, NORTH - 10 * PIXELS, WEST + 10 * PIXELS, NORTH), crs=f"EPSG:{EPSG}", resolution=10
    )
    for name, at in (("rgb_before", 0), ("rgb_after", -1)):
        exporters.write_cog(
            xr.DataArray(layers[at], dims=("band", "y", "x"), coords=xr_coords(geobox)),
            directory / "rasters" / f"{name}.tif",
            meaning=f"natural colour, {period_label(PERIODS[at])}", unit="1",
            band_names=["red", "green", "blue"], simulated=True,
        )  # fmt: skip


def _aoi(name: str) -> AreaOfInterest:
    size = 10 * PIXELS
    square = shapely.box(WEST, NORTH - size, WEST + size, NORTH)
    outline = gpd.GeoSeries([square], crs=EPSG).to_crs(4326).iloc[0]
    return AreaOfInterest(
        id="simulated-large", name=name, geometry=outline, utm_epsg=EPSG,
        properties={"attribution": "Simulated; no real place"},
    )  # fmt: skip


def _parameters(aoi: AreaOfInterest) -> dict[str, object]:
    return {
        "aoi": aoi.id, "aoi_sha256": aoi.sha256, "catalog": "simulated archive", "chunk_px": 512,
        "collection": "sentinel-2-l2a", "dem": "auto", "detector": "pool-banks",
        "dry_season": "auto", "end": "2024-04-30", "layout_version": LAYOUT_VERSION,
        "max_cloud_cover_pct": 90.0, "period": "dry-season", "resolution_m": 10.0, "rules": {},
        "sensor": "sentinel-2-l2a", "start": "2016-11-01",
    }  # fmt: skip


def _manifest(aoi: AreaOfInterest, outputs: dict[str, str]) -> dict[str, object]:
    return {
        "version": "0.1.0", "simulated": True, "parameters": _parameters(aoi),
        "aoi": {
            "id": aoi.id, "name": aoi.name, "sha256": aoi.sha256,
            "area_km2": round(aoi.area_m2 / 1e6, 3), "attribution": "Simulated; no real place",
        },
        "periods": [
            {
                "start": str(p.start), "end": str(p.end), "label": period_label(p),
                "looks": 12 + at, "clear_fraction": 0.6, "observed_fraction": 0.93,
            }
            for at, p in enumerate(PERIODS)
        ],
        "scenes": {
            "count": 210, "dropped": {}, "bands": ["blue", "green", "red", "nir"],
            "missing_bands": [], "collection": "sentinel-2-l2a",
        },
        "facts": [], "failures": [], "warnings": [], "rows": {}, "outputs": outputs,
    }  # fmt: skip
