"""Tiny real COGs and the scenes that point at them. Simulated pixels, for tests only."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
from affine import Affine
from shapely.geometry import box

from minewatch.model import AreaOfInterest, Asset, Scene, SceneFacts

EPSG = 32647
WEST, NORTH = 500_000, 2_800_000
FOREST = {"blue": 160, "green": 360, "red": 180, "nir": 2860, "swir16": 1490, "swir22": 610}
NATIVE_M = {"swir16": 20, "swir22": 20, "scl": 20}


def make_aoi(width_m=1600, height_m=1600, *, west=WEST, north=NORTH) -> AreaOfInterest:
    square = box(west, north - height_m, west + width_m, north)
    geometry = gpd.GeoSeries([square], crs=EPSG).to_crs(4326).iloc[0]
    return AreaOfInterest(id="test", name="Test", geometry=geometry, utm_epsg=EPSG)


def write_cog(path, pixels, *, west=WEST, north=NORTH, res=10, nodata=0, epsg=EPSG, blocksize=256):
    path.parent.mkdir(parents=True, exist_ok=True)
    dtype = pixels.dtype
    with rasterio.open(
        path,
        "w",
        driver="COG",
        width=pixels.shape[1],
        height=pixels.shape[0],
        count=1,
        dtype=dtype,
        crs=f"EPSG:{epsg}",
        transform=Affine(res, 0, west, 0, -res, north),
        nodata=nodata,
        compress="deflate",
        blocksize=blocksize,
        overview_resampling="nearest",
    ) as file:
        file.write(pixels, 1)
    return path


def make_scene(
    folder: Path,
    *,
    id="S2A_47RMJ_20240105",
    day="2024-01-05",
    tile="47RMJ",
    datatake="GS2A_1",
    pixels=None,
    scl=None,
    size_px=200,
    west=WEST,
    north=NORTH,
    bands=tuple(FOREST),
    baseline="05.10",
    boa_offset_applied=True,
    add_dn=0,
    url=None,
    hour=4,
) -> Scene:
    """A scene whose bands are `pixels[band]` (10 m) or a flat forest; `scl` at 20 m or all 4."""
    assets = {}
    for band in (*bands, "scl"):
        res = NATIVE_M.get(band, 10)
        side = size_px * 10 // res
        if band == "scl":
            if scl is False:
                continue
            values = np.full((side, side), 4, np.uint8) if scl is None else scl.astype(np.uint8)
        else:
            given = (pixels or {}).get(band)
            values = np.full((side, side), FOREST[band]) if given is None else given
            values = np.where(values > 0, values + add_dn, 0).astype(np.uint16)
        path = write_cog(folder / id / f"{band}.tif", values, west=west, north=north, res=res)
        href = f"{url}/{id}/{band}.tif" if url else str(path)
        assets[band] = Asset(href=href, epsg=EPSG, nodata=0)
    square = box(west, north - size_px * 10, west + size_px * 10, north)
    return Scene(
        id=id,
        collection="sentinel-2-l2a",
        sensor="sentinel-2-l2a",
        acquired=datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC),
        footprint=gpd.GeoSeries([square], crs=EPSG).to_crs(4326).iloc[0],
        assets=assets,
        tile=tile,
        datatake=datatake,
        platform="sentinel-2a",
        baseline=baseline,
        boa_offset_applied=boa_offset_applied,
    )


def facts_of(scenes, *, offset_dn=0) -> dict[str, SceneFacts]:
    return {
        scene.id: SceneFacts(
            scene_id=scene.id,
            scale=0.0001,
            offset_dn=offset_dn,
            offset_source="test",
            offset_metadata_dn=offset_dn,
            dark_vegetation_dn=None,
            clear_fraction=1.0,
        )
        for scene in scenes
    }
