"""A finished run of made-up sites, for whatever reads runs. Nothing in it is a real place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords

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
WEST, SOUTH, SIZE_M = 700_000, 2_830_000, 2_000
PERIODS = tuple(Period(date(y, 11, 1), date(y + 1, 4, 30)) for y in (2021, 2022, 2023))
SITES = {
    # id -> x, y, and for each period: state, disturbed m2, pool m2; None: not observed
    "simulated-aaaa": (400, 500, (None, ("active", 4200, 610), ("active", 7600, 1150))),
    "simulated-bbbb": (
        1300, 1400, (("active", 5100, 900), ("idle", 5200, 880), ("abandoned_wet", 5000, 700)),
    ),
    "simulated-cccc": (
        1500, 400, (("active", 1500, 90), ("abandoned_dry", 1400, 0), ("revegetated", 200, 0)),
    ),
}  # fmt: skip
ALERTS = {
    "simulated-aaaa": "confirmed",
    "simulated-bbbb": "confirmed",
    "simulated-cccc": "provisional",
}


def _square(x: float, y: float, side: float) -> shapely.Polygon:
    return shapely.box(WEST + x, SOUTH + y, WEST + x + side, SOUTH + y + side)


def _inventory() -> gpd.GeoDataFrame:
    rows = []
    for site_id, (x, y, history) in SITES.items():
        for period, seen in zip(PERIODS, history, strict=True):
            state, disturbed, pool = seen or ("not_observed", None, None)
            pools = None if pool is None else round(pool / 100)
            rows.append({
                "aoi": "simulated-valley", "site_id": site_id,
                "period_start": str(period.start), "period_end": str(period.end),
                "alert": ALERTS[site_id], "state": state,
                "disturbed_area_m2": disturbed,
                "pad_area_m2": None if disturbed is None else disturbed - pool,
                "pool_area_m2": pool,
                "pool_area_low_m2": None if pool is None else 0.5 * pool,
                "pool_area_high_m2": None if pool is None else 2.0 * pool,
                "water_area_m2": None if pool is None else 0.8 * pool,
                "water_area_low_m2": None if pool is None else 0.3 * pool,
                "water_area_high_m2": None if pool is None else 1.6 * pool,
                "pool_count_low": pools,
                "pool_count_high": None if pools is None else pools * 2,
                "new_area_m2": None if disturbed is None else 100.0,
                "confidence": 0.87, "clear_looks": 0 if seen is None else 9,
                "observed_fraction": 0.0 if seen is None else 0.93,
                "first_detected": "2022-01-14",
                "last_undisturbed": None if site_id.endswith("b") else "2021-12-20",
                "last_activity": None if seen is None else "2023-02-01",
                "controlling_group": "Simulated group (source: none, simulated)",
                "evidence": ["SIM_20211220", "SIM_20220114"],
                "merged_from": [], "split_from": [], "alert_then": ALERTS[site_id],
                "water_last_seen": None if not pool else "2023-01-20",
                "geometry": _square(x, y, 80 if seen is None else 40 + disturbed / 100),
            })  # fmt: skip
    return gpd.GeoDataFrame(rows, crs=EPSG)


def _sites(inventory: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    last = inventory.drop_duplicates("site_id", keep="last").set_index("site_id", drop=False)
    by_site = inventory.groupby("site_id")
    sites = last[[c for c in exporters.LAYERS["sites"].contract if c in last]].copy()
    sites["max_disturbed_area_m2"] = by_site["disturbed_area_m2"].max().astype(float)
    sites["max_pool_area_m2"] = by_site["pool_area_m2"].max().astype(float)
    for period in PERIODS:
        rows = inventory[inventory["period_start"] == str(period.start)].set_index("site_id")
        label = f"{period.start:%Y}_{period.end:%y}_dry"
        sites[f"{label}_state"] = rows["state"]
        sites[f"{label}_pool_area_m2"] = rows["pool_area_m2"].astype(float)
        sites[f"{label}_water_area_m2"] = rows["water_area_m2"].astype(float)
    outlines = by_site["geometry"].apply(lambda g: shapely.union_all(list(g)))
    return gpd.GeoDataFrame(sites, geometry=gpd.GeoSeries(outlines, crs=EPSG)).reset_index(
        drop=True
    )


def _features() -> gpd.GeoDataFrame:
    rows = []
    for site_id, (x, y, _) in SITES.items():
        window = {
            "site_id": site_id,
            "first_detected": "2022-01-14",
            "last_undisturbed": "2021-12-20",
        }
        parts = [("pad", _square(x, y, 60), 3600.0), ("road", _square(x - 150, y + 20, 10), 900.0)]
        parts += [("pool", _square(x + 12 * i, y + 12, 11), 110.0) for i in range(4)]
        rows += [
            {
                "kind": kind,
                **window,
                "last_seen": "2024-03-02",
                "area_m2": area,
                "geometry": outline,
            }
            for kind, outline, area in parts
        ]
    return gpd.GeoDataFrame(rows, crs=EPSG)


def _changes() -> gpd.GeoDataFrame:
    kinds = {"swidden": "green again within one monsoon", "landslide": "long axis <downslope>"}
    rows = [
        {
            "kind": kind, "reject_reason": reason, "first_detected": "2022-03-01",
            "last_undisturbed": "2022-02-10", "last_seen": "2022-04-20", "area_m2": 14_400.0,
            "slope_deg": 31.0 if kind == "landslide" else None,
            "aspect_deg": 90.0 if kind == "landslide" else None,
            "confidence": 0.1, "geometry": _square(200 + 600 * i, 1500, 120),
        }
        for i, (kind, reason) in enumerate(kinds.items())
    ]  # fmt: skip
    return gpd.GeoDataFrame(rows, crs=EPSG)


def _rasters(folder: Path) -> None:
    """The rasters of a run, as the pipeline names them."""
    geobox = GeoBox.from_bbox(
        (WEST, SOUTH, WEST + SIZE_M, SOUTH + SIZE_M), crs=f"EPSG:{EPSG}", resolution=10
    )
    rng = np.random.default_rng(7)
    forest = np.array([38, 62, 30], "uint8")[:, None, None]
    before = forest + rng.integers(0, 18, (3, 200, 200), dtype="uint8")
    after = before.copy()
    for x, y, _ in SITES.values():
        row, col = (SIZE_M - y) // 10, x // 10
        after[:, row - 9 : row, col : col + 9] = np.array([190, 160, 120])[:, None, None]
    changed = (after != before).any(0, keepdims=True)
    overpasses = rng.integers(0, 12, (len(PERIODS), 200, 200), dtype="uint16")
    names, rgb = [period_label(p) for p in PERIODS], ["red", "green", "blue"]
    score = np.repeat(changed * 400, len(PERIODS), axis=0).astype("int16")
    for name, values, bands, meaning, unit in (
        ("rgb_before", before, rgb, f"natural colour, {names[0]}", "1"),
        ("rgb_after", after, rgb, f"natural colour, {names[-1]}", "1"),
        ("first_detected", np.int32(changed * 20220114), ["day"], "first look", "YYYYMMDD"),
        ("score", score, names, "change", "0.01 sd"),
        ("observed", (overpasses > 2).astype("uint8"), names, "seen clear", "1"),
        ("clear_looks", overpasses, names, "clear overpasses per period", "1"),
    ):  # fmt: skip
        layer = xr.DataArray(values, dims=("band", "y", "x"), coords=xr_coords(geobox))
        exporters.write_cog(
            layer, folder / f"{name}.tif",
            meaning=meaning, unit=unit, band_names=bands, simulated=True,
        )  # fmt: skip


def _aoi() -> AreaOfInterest:
    outline = gpd.GeoSeries([_square(0, 0, SIZE_M)], crs=EPSG).to_crs(4326).iloc[0]
    group = ControlInterval(
        group="Simulated group", start=date(2020, 1, 1), end=None, source="none"
    )
    return AreaOfInterest(
        id="simulated-valley",
        name="Simulated valley",
        geometry=outline,
        utm_epsg=EPSG,
        control=(group,),
        properties={"attribution": "Simulated; no real place"},
        notes=("made for the tests",),
    )


def _manifest(
    aoi: AreaOfInterest, rows: dict[str, int], outputs: dict[str, str]
) -> dict[str, object]:
    return {
        "version": "0.1.0",
        "simulated": True,
        "parameters": {
            "aoi": aoi.id, "start": "2021-11-01", "end": "2024-04-30", "period": "dry-season",
            "resolution_m": 10.0, "catalog": "simulated archive", "collection": "sentinel-2-l2a",
        },
        "aoi": {
            "id": aoi.id, "name": aoi.name, "sha256": aoi.sha256,
            "area_km2": round(aoi.area_m2 / 1e6, 3), "attribution": aoi.properties["attribution"],
        },
        "periods": [
            {
                "start": str(p.start), "end": str(p.end), "label": period_label(p), "looks": 20 + i,
                "clear_fraction": 0.6, "observed_fraction": 0.9 - 0.1 * i,
            }
            for i, p in enumerate(PERIODS)
        ],
        "scenes": {
            "count": 61, "dropped": {"SIM_20220101": "duplicate <b>of</b> SIM_20220101_1"},
            "bands": ["blue", "green", "red", "nir"], "missing_bands": ["swir16", "swir22"],
        },
        "facts": [
            {
                "scene_id": "SIM_20220114", "day": "2022-01-14", "baseline": "05.10",
                "offset_dn": -1000, "offset_source": "pixels", "dark_vegetation_dn": 1180.0,
                "clear_fraction": 0.81, "notes": ["the flag said 0"],
            }
        ],
        "failures": [
            {
                "scene_id": "SIM_20230303", "band": "nir", "chunk": "r000000c000000",
                "reason": "404 <script>alert(1)</script>",
            }
        ],
        "warnings": ["no SWIR band in this catalogue"],
        "rows": rows,
        "outputs": outputs,
    }  # fmt: skip


def _write_run(directory: Path) -> RunResult:
    aoi, inventory = _aoi(), _inventory()
    tables = {
        "inventory": inventory,
        "sites": _sites(inventory),
        "features": _features(),
        "changes": _changes(),
    }
    tables = dict(review.add_verdicts(tables, (), epsg=EPSG).tables)
    member = {
        "schema_version": SCHEMA_VERSION,
        "simulated": True,
        "attribution": "Simulated; no real place",
    }
    for name, layer in exporters.LAYERS.items():
        exporters.write_geojson(
            tables[name], directory / layer.filename, layer.contract, member=member
        )
    _rasters(directory / "rasters")
    exporters.write_aoi(aoi, directory / "state" / "aoi.geojson")
    files = [*directory.glob("*.geojson"), *directory.glob("rasters/*.tif")]
    outputs = exporters.hash_outputs(directory, files)
    rows = {name: len(table) for name, table in tables.items()}
    exporters.write_manifest(_manifest(aoi, rows, outputs), directory / "manifest.json")
    return exporters.open_result(directory)


@pytest.fixture
def write_simulated_run() -> Callable[[Path], RunResult]:
    """Writes a small finished run of simulated sites into a folder, and opens it."""
    return _write_run


@pytest.fixture(scope="session")
def simulated_run(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """A small finished run of simulated sites. Shared: do not write into its folder."""
    return _write_run(tmp_path_factory.mktemp("simulated-run"))


@pytest.fixture(scope="session")
def empty_run(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """A finished run that found nothing."""
    directory = tmp_path_factory.mktemp("empty-run")
    full = _write_run(directory)
    for layer in exporters.LAYERS.values():
        none = layer.table(full).iloc[:0]
        exporters.write_geojson(none, directory / layer.filename, layer.contract)
    files = [directory / name for name in full.manifest["outputs"]]
    outputs = exporters.hash_outputs(directory, files)
    manifest = {**full.manifest, "rows": dict.fromkeys(exporters.LAYERS, 0), "outputs": outputs}
    exporters.write_manifest(manifest, directory / "manifest.json")
    return exporters.open_result(directory)
