"""A simulated Sentinel-2 archive as HLS v2 would hold it: S30 and L30 by turns, on 30 m."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray

from minewatch.catalog import scene_from_item
from minewatch.model import Band, Scene
from minewatch.sensors import SensorProfile, get_sensor

from .landsat_archive import coarse_pixels, write_collection

SENTINEL_2 = get_sensor("sentinel-2-l2a")
S30, L30 = get_sensor("hls-s30"), get_sensor("hls-l30")
_CLOUD, _SHADOW, _SNOW, _WATER, _AEROSOL = 2, 8, 16, 32, 64
_BITS = {3: _SHADOW, 6: _WATER, 8: _CLOUD, 9: _CLOUD, 10: _CLOUD, 11: _SNOW}
"""Scene classification to Fmask; what is not named is clear land."""


def as_hls(archive: Path, out: Path) -> Path:
    """Write a simulated Sentinel-2 archive anew as HLS v2: every second overpass as Landsat's.

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
    for number, path in enumerate(sorted(archive.glob("items/*/*.json"))):
        item = json.loads(path.read_text("utf-8"))
        scene = scene_from_item(item, profile=SENTINEL_2, base=str(path))
        profile = (S30, L30)[number % 2]
        made = _item(item, scene, profile, out)
        (out / f"{made['id']}.json").write_text(json.dumps(made), "utf-8")
        links.append({"rel": "item", "href": f"./{made['id']}.json"})
    return write_collection(out, "hls-v2.0", links)


def _item(item: dict[str, Any], scene: Scene, profile: SensorProfile, out: Path) -> dict[str, Any]:
    product = profile.name.removeprefix("hls-").upper()
    name = f"SIM_HLS.{product}.T{scene.tile}.{scene.acquired:%Y%jT%H%M%S}.v2.0"
    offset_dn = SENTINEL_2.offset_from_metadata(scene).offset_dn
    assets = {}
    for band, asset in scene.assets.items():
        stem = profile.assets[band][0]
        pixels, transform, crs = coarse_pixels(Path(asset.href), is_mask=band == "mask")
        values = _fmask(pixels) if band == "mask" else _numbers(pixels, offset_dn)
        _write(out / f"{name}.{stem}.tif", values, transform, crs, band)
        assets[stem] = {"href": f"./{name}.{stem}.tif"}
    given = item["properties"]
    properties = {
        "datetime": given["datetime"], "eo:cloud_cover": given.get("eo:cloud_cover"),
        "platform": "sentinel-2a" if profile is S30 else "landsat-8", "minewatch:simulated": True,
        "proj:code": f"EPSG:{scene.assets['red'].epsg}",
    }  # fmt: skip
    kept = {key: item[key] for key in ("type", "stac_version", "geometry", "bbox")}
    return {
        **kept, "id": name, "collection": "hls-v2.0", "links": [], "assets": assets,
        "properties": properties,
    }  # fmt: skip


def _write(path: Path, values: NDArray[Any], transform: Any, crs: Any, band: Band) -> None:
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1,
        dtype=values.dtype, crs=crs, transform=transform, nodata=255 if band == "mask" else -9999,
        tiled=True, blockxsize=128, blockysize=128, compress="deflate",
    ) as file:  # fmt: skip
        file.write(values, 1)


def _numbers(pixels: NDArray[Any], offset_dn: int) -> NDArray[np.int16]:
    numbers = (pixels.astype(int) + offset_dn).clip(-2000, 20_000)
    return np.where(pixels == 0, -9999, numbers).astype(np.int16)


def _fmask(classes: NDArray[Any]) -> NDArray[np.uint8]:
    table = np.zeros(256, np.uint8)
    table[0] = 255
    for number, bits in _BITS.items():
        table[number] = bits
    fmask = table[classes]
    fmask[::2][fmask[::2] == 0] = _AEROSOL  # aerosol hides nothing
    return fmask
