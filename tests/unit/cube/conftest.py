"""Tiny real COGs, and a server on loopback that misbehaves on request. All pixels are simulated."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox
from shapely.geometry import box
from tests.range_server import serving

from minewatch.model import AreaOfInterest, Asset, Scene, SceneQuality

EPSG = 32647
WEST, NORTH = 500_000, 2_800_000
FOREST = {"blue": 160, "green": 360, "red": 180, "nir": 2860, "swir16": 1490, "swir22": 610}
"""Reflectance x 10,000 of evergreen forest [DOMAIN §2]."""
NATIVE_M = {"swir16": 20, "swir22": 20, "mask": 20}


class Archive:
    """A folder of simulated scenes, all over one square of ground."""

    forest = FOREST
    west, north = WEST, NORTH

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url: str | None = None

    def aoi(self, width_m=1600, height_m=1600, *, west=WEST, north=NORTH) -> AreaOfInterest:
        square = box(west, north - height_m, west + width_m, north)
        geometry = gpd.GeoSeries([square], crs=EPSG).to_crs(4326).iloc[0]
        return AreaOfInterest(id="simulated", name="Simulated", geometry=geometry, utm_epsg=EPSG)

    def geobox(self, rows, cols, *, west=WEST, north=NORTH, res=10, epsg=EPSG) -> GeoBox:
        return GeoBox((rows, cols), Affine(res, 0, west, 0, -res, north), f"EPSG:{epsg}")

    def cog(self, name, pixels, *, west=WEST, north=NORTH, res=10, **options) -> Asset:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        profile = {
            "nodata": 0, "blocksize": 128, "overview_resampling": "nearest", "compress": "deflate",
            **options,
        }  # fmt: skip
        with rasterio.open(
            path,
            "w",
            driver="COG",
            width=pixels.shape[1],
            height=pixels.shape[0],
            count=1,
            dtype=pixels.dtype,
            crs=f"EPSG:{EPSG}",
            transform=Affine(res, 0, west, 0, -res, north),
            **profile,
        ) as file:
            file.write(pixels, 1)
        return Asset(href=f"{self.url}/{name}" if self.url else str(path), epsg=EPSG)

    def scene(
        self,
        id="S2A_47RMJ_20240105",
        *,
        day="2024-01-05",
        pixels=None,
        mask=4,
        size_px=160,
        west=WEST,
        north=NORTH,
        bands=tuple(FOREST),
        add_dn=0,
        **properties,
    ) -> Scene:
        """A flat forest, or `pixels[band]` where given; `mask` as 20 m array or one class."""
        assets = {}
        place = {"west": west, "north": north}
        for band in bands:
            res = NATIVE_M.get(band, 10)
            side = size_px * 10 // res
            values = (pixels or {}).get(band, FOREST[band]) * np.ones((side, side), int)
            digital = np.where(values > 0, values + add_dn, 0).astype(np.uint16)
            assets[band] = self.cog(f"{id}/{band}.tif", digital, res=res, **place)
        if mask is not None:
            classes = (mask * np.ones((size_px // 2, size_px // 2), int)).astype(np.uint8)
            assets["mask"] = self.cog(f"{id}/mask.tif", classes, res=20, **place)
        square = box(west, north - size_px * 10, west + size_px * 10, north)
        stated = {
            "collection": "sentinel-2-l2a",
            "sensor": "sentinel-2-l2a",
            "tile": "47RMJ",
            "datatake": f"GS2A_{day}",
            "platform": "sentinel-2a",
            "baseline": "05.10",
            "boa_offset_applied": True,
            **properties,
        }
        return Scene(
            id=id,
            acquired=datetime.fromisoformat(day).replace(hour=4, tzinfo=UTC),
            footprint=gpd.GeoSeries([square], crs=EPSG).to_crs(4326).iloc[0],
            assets=assets,
            **stated,
        )

    def facts(self, *scenes, **known) -> dict[str, SceneQuality]:
        stated = {
            "scale": 0.0001,
            "offset_dn": 0,
            "offset_source": "test",
            "offset_metadata_dn": 0,
            "dark_vegetation_dn": None,
            "clear_fraction": 1.0,
            **known,
        }
        return {s.id: SceneQuality(scene_id=s.id, **stated) for s in scenes}


@pytest.fixture
def archive(tmp_path) -> Archive:
    """A new archive in a folder of its own."""
    return Archive(tmp_path)


@pytest.fixture
def server(archive):
    """The archive over loopback HTTP; `faults[path]` are answers given first, the last for ever."""
    with serving(archive.folder) as running:
        archive.url = running.url
        yield running
