"""An elevation model beside a simulated archive, as Copernicus DEM lies beside real scenes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.transform import Affine, from_origin
from rasterio.warp import reproject, transform_bounds
from shapely.geometry import box, mapping

from minewatch.model import WGS84
from minewatch.synthetic.archive import Archive
from minewatch.synthetic.hills import make_terrain
from minewatch.synthetic.spec import PIXEL_M
from minewatch.synthetic.stac import SIMULATED

COLLECTION = "cop-dem-glo-30"
"""Earth Search's and Planetary Computer's name of Copernicus DEM, so that it is found alike."""
_ARC_SECOND = 1 / 3600


def write_elevation(archive: Archive) -> None:
    """Write the heights of a simulated world next to its scenes: one tile of one arc-second.

    Parameters
    ----------
    archive
        An archive from `write_archive`; its catalogue gains a second collection.
    """
    spec = archive.spec
    name = f"SIM_Copernicus_DSM_COG_10_{spec.name}_{spec.seed}_DEM"
    folder = archive.directory / COLLECTION
    folder.mkdir(exist_ok=True)
    bounds = _write_heights(archive, folder / f"{name}.tif")
    _write_json(folder / f"{name}.json", _item(name, bounds))
    _write_json(folder / "collection.json", _collection(name, bounds))
    catalog = json.loads(archive.catalog.read_text("utf-8"))
    href = f"./{COLLECTION}/collection.json"
    others = [link for link in catalog["links"] if link["href"] != href]
    catalog["links"] = [*others, {"rel": "child", "href": href, "type": "application/json"}]
    _write_json(archive.catalog, catalog)


def _write_heights(archive: Archive, path: Path) -> tuple[float, float, float, float]:
    """The tile, in degrees; returns its bounds."""
    spec = archive.spec
    heights = make_terrain(spec).altitude_m.astype("float32")
    west, south, east, north = spec.bounds
    edges = transform_bounds(spec.place.epsg, WGS84, west, south, east, north)
    left, top = (round(v / _ARC_SECOND) * _ARC_SECOND for v in (edges[0], edges[3]))
    cols, rows = (round((edges[i] - edges[i - 2]) / _ARC_SECOND) for i in (2, 3))
    grid = from_origin(left, top, _ARC_SECOND, _ARC_SECOND)
    tile = np.full((rows, cols), np.nan, np.float32)
    reproject(
        heights, tile, src_crs=f"EPSG:{spec.place.epsg}", dst_crs=WGS84, dst_transform=grid,
        src_transform=Affine(PIXEL_M, 0, west, 0, -PIXEL_M, north),
        src_nodata=np.nan, dst_nodata=np.nan, resampling=Resampling.average,
    )  # fmt: skip
    with rasterio.open(
        path, "w", driver="COG", width=cols, height=rows, count=1, dtype="float32", crs=WGS84,
        transform=grid, nodata=np.nan, compress="DEFLATE", predictor="YES",
    ) as file:  # fmt: skip
        file.write(tile, 1)
        file.update_tags(TIFFTAG_IMAGEDESCRIPTION=SIMULATED, minewatch_simulated="true")
    return left, top - rows * _ARC_SECOND, left + cols * _ARC_SECOND, top


def _item(name: str, bounds: tuple[float, float, float, float]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "collection": COLLECTION,
        "geometry": mapping(box(*bounds)),
        "bbox": list(bounds),
        "properties": {
            "title": f"{name} ({SIMULATED})",
            "minewatch:simulated": True,
            "datetime": "2021-04-22T00:00:00Z",
            "gsd": 30,
            "proj:epsg": 4326,
        },
        "links": [
            {"rel": "parent", "href": "./collection.json", "type": "application/json"},
            {"rel": "collection", "href": "./collection.json", "type": "application/json"},
        ],
        "assets": {
            "data": {
                "href": f"./{name}.tif",
                "type": "image/tiff; application=geotiff; profile=cloud-optimized",
                "title": "heights, metres (simulated)",
                "roles": ["data"],
            }
        },
    }


def _collection(name: str, bounds: tuple[float, float, float, float]) -> dict[str, Any]:
    return {
        "type": "Collection",
        "stac_version": "1.0.0",
        "id": COLLECTION,
        "title": "Heights of a simulated world",
        "description": f"Made by minewatch.synthetic: {SIMULATED}",
        "license": "Apache-2.0",
        "minewatch:simulated": True,
        "keywords": ["simulated"],
        "extent": {
            "spatial": {"bbox": [list(bounds)]},
            "temporal": {"interval": [["2021-04-22T00:00:00Z", "2021-04-22T00:00:00Z"]]},
        },
        "links": [
            {"rel": "root", "href": "../catalog.json", "type": "application/json"},
            {"rel": "parent", "href": "../catalog.json", "type": "application/json"},
            {"rel": "item", "href": f"./{name}.json", "type": "application/geo+json"},
        ],
    }


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
