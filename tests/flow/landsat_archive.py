"""A simulated Sentinel-2 archive as Landsat would have seen it: 30 m, its names and numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import Resampling

from minewatch.catalog import scene_from_item
from minewatch.sensors import get_sensor

SENTINEL_2, LANDSAT = get_sensor("sentinel-2-l2a"), get_sensor("landsat-c2-l2")
PIXEL_M = 30.0
_ASSETS = {band: names[0] for band, names in LANDSAT.assets.items()}
_FILL, _CLOUD, _SHADOW, _SNOW, _CLEAR, _WATER = (1 << bit for bit in (0, 3, 4, 5, 6, 7))
_BITS = {3: _SHADOW, 6: _CLEAR | _WATER, 8: _CLOUD, 9: _CLOUD, 10: _CLOUD, 11: _SNOW}
"""Scene classification to `QA_PIXEL`; what is not named is clear."""


def as_landsat(archive: Path, out: Path) -> Path:
    """Write a simulated Sentinel-2 archive anew in pixels and in the dialect of Landsat.

    Parameters
    ----------
    archive
        Folder of `minewatch.synthetic.write_archive`.
    out
        A folder that does not exist.

    Returns
    -------
    Path
        The static `catalog.json`.
    """
    out.mkdir(parents=True)
    links = []
    for path in sorted(archive.glob("items/*/*.json")):
        item = json.loads(path.read_text("utf-8"))
        folder = out / "items" / item["id"]
        folder.mkdir(parents=True)
        made = _item(item, path, folder)
        (folder / f"{item['id']}.json").write_text(json.dumps(made), "utf-8")
        links.append({"rel": "item", "href": f"./items/{item['id']}/{item['id']}.json"})
    return write_collection(out, "landsat-c2-l2", links)


def write_collection(out: Path, name: str, links: list[dict[str, str]]) -> Path:
    """Write the collection of an archive, and return where it lies."""
    collection = {
        "type": "Collection", "stac_version": "1.0.0", "id": name, "license": "other",
        "description": "simulated, not a real place", "links": links,
        "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]},
                   "temporal": {"interval": [[None, None]]}},
    }  # fmt: skip
    (out / "catalog.json").write_text(json.dumps(collection), "utf-8")
    return out / "catalog.json"


def _item(item: dict[str, Any], path: Path, folder: Path) -> dict[str, Any]:
    scene = scene_from_item(item, profile=SENTINEL_2, base=str(path))
    offset_dn = SENTINEL_2.offset_from_metadata(scene).offset_dn
    assets = {}
    for band, asset in scene.assets.items():
        pixels, transform, crs = coarse_pixels(Path(asset.href), is_mask=band == "mask")
        values = _quality(pixels) if band == "mask" else _numbers(pixels, offset_dn)
        name = f"{_ASSETS[band]}.tif"
        with rasterio.open(
            folder / name, "w", driver="GTiff", width=values.shape[1], height=values.shape[0],
            count=1, dtype="uint16", crs=crs, transform=transform, nodata=int(band == "mask"),
            tiled=True, blockxsize=128, blockysize=128, compress="deflate",
        ) as file:  # fmt: skip
            file.write(values, 1)
        assets[_ASSETS[band]] = {
            "href": f"./{name}", "proj:shape": list(values.shape),
            "proj:transform": list(transform)[:6],
        }  # fmt: skip
    given = item["properties"]
    properties = {
        "datetime": given["datetime"], "platform": "landsat-8", "proj:code": given.get("proj:code"),
        "proj:epsg": given.get("proj:epsg"), "eo:cloud_cover": given.get("eo:cloud_cover"),
        "landsat:wrs_path": "132", "landsat:wrs_row": "042", "minewatch:simulated": True,
    }  # fmt: skip
    kept = {key: item[key] for key in ("type", "stac_version", "id", "geometry", "bbox")}
    return {
        **kept, "collection": "landsat-c2-l2", "links": [], "assets": assets,
        "properties": {key: value for key, value in properties.items() if value is not None},
    }  # fmt: skip


def coarse_pixels(path: Path, *, is_mask: bool) -> tuple[NDArray[Any], Affine, Any]:
    """Pixels of 30 m: means of what lies in them, or the most frequent class."""
    with rasterio.open(path) as file:
        step = PIXEL_M / file.res[0]
        rows, cols = (int(side // step) for side in file.shape)
        window = rasterio.windows.Window(0, 0, cols * step, rows * step)
        how = Resampling.mode if is_mask else Resampling.average
        pixels = file.read(1, window=window, out_shape=(rows, cols), resampling=how)
        return pixels, file.transform * Affine.scale(step), file.crs


def _numbers(pixels: NDArray[Any], offset_dn: int) -> NDArray[np.uint16]:
    """Landsat's digital numbers of those of Sentinel-2; 0 stays 0."""
    reflectance = (pixels.astype(float) + offset_dn) * SENTINEL_2.scale
    numbers = np.rint(reflectance / LANDSAT.scale - LANDSAT.constant_offset_dn).clip(1, 65535)
    return np.where(pixels == 0, 0, numbers).astype(np.uint16)


def _quality(classes: NDArray[Any]) -> NDArray[np.uint16]:
    """`QA_PIXEL` of a scene classification."""
    table = np.full(256, _CLEAR, np.uint16)
    table[0] = _FILL
    for number, bits in _BITS.items():
        table[number] = bits
    return table[classes]
