"""A simulated Sentinel-2 archive as Landsat would have seen it: 30 m, its names and numbers."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import Resampling

from minewatch.catalog import scene_from_item
from minewatch.sensors import get_sensor
from minewatch.sensors.landsat import ETM_TO_OLI

SENTINEL_2, LANDSAT = get_sensor("sentinel-2-l2a"), get_sensor("landsat-c2-l2")
PIXEL_M = 30.0
_CRAFTS = (
    ("2021-10-31", "landsat-9"), ("2013-04-11", "landsat-8"), ("2011-11-18", "landsat-7"),
    ("1984-03-01", "landsat-5"), ("1982-08-22", "landsat-4"),
)  # fmt: skip
"""First day of each craft as the one in service; between Landsat 5 and 8 only Landsat 7 was."""
_ASSETS = {band: names[0] for band, names in LANDSAT.assets.items()}
_FILL, _CLOUD, _SHADOW, _SNOW, _CLEAR, _WATER = (1 << bit for bit in (0, 3, 4, 5, 6, 7))
_BITS = {3: _SHADOW, 6: _CLEAR | _WATER, 8: _CLOUD, 9: _CLOUD, 10: _CLOUD, 11: _SNOW}
"""Scene classification to `QA_PIXEL`; what is not named is clear."""


def craft_of(day: date, number: int) -> str:
    """Which Landsat took an overpass: every second one Landsat 7, as long as it worked."""
    newest = next(craft for first, craft in _CRAFTS if day.isoformat() >= first)
    is_seventh = newest == "landsat-7" or (number % 2 and "2003-05-31" <= day.isoformat() < "2022")
    return "landsat-7" if is_seventh else newest


def as_landsat(archive: Path, out: Path, *, crafts: bool = False) -> Path:
    """Write a simulated Sentinel-2 archive anew in pixels and in the dialect of Landsat.

    Parameters
    ----------
    archive
        Folder of `minewatch.synthetic.write_archive`.
    out
        A folder that does not exist.
    crafts
        Each overpass is of the Landsat of its day, as that sees it: TM and ETM+ in their bands, and
        Landsat 7 with the gaps that it has since May 2003; otherwise all are of Landsat 8.

    Returns
    -------
    Path
        The static `catalog.json`.
    """
    out.mkdir(parents=True)
    links = []
    for number, path in enumerate(sorted(archive.glob("items/*/*.json"), key=_day_of)):
        item = json.loads(path.read_text("utf-8"))
        day = date.fromisoformat(item["properties"]["datetime"][:10])
        craft = craft_of(day, number) if crafts else "landsat-8"
        folder = out / "items" / item["id"]
        folder.mkdir(parents=True)
        made = _item(item, path, folder, craft)
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


def _item(item: dict[str, Any], path: Path, folder: Path, craft: str) -> dict[str, Any]:
    scene = scene_from_item(item, profile=SENTINEL_2, base=str(path))
    offset_dn = SENTINEL_2.offset_from_metadata(scene).offset_dn
    assets = {}
    for band, asset in scene.assets.items():
        pixels, transform, crs = coarse_pixels(Path(asset.href), is_mask=band == "mask")
        is_mask = band == "mask"
        values = _quality(pixels) if is_mask else _numbers(pixels, offset_dn, _line(craft, band))
        if craft == "landsat-7":
            values[gaps(values.shape, int(scene.acquired.timestamp()))] = int(is_mask)
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
        "datetime": given["datetime"], "platform": craft, "proj:code": given.get("proj:code"),
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


def gaps(shape: tuple[int, ...], seed: int) -> NDArray[np.bool_]:
    """Gaps as Landsat 7 has them without its scan line corrector: 4 of every 18 rows, askew."""
    rows, cols = np.indices(shape)
    return (rows + cols // 7 + seed // 86_400) % 18 < 4


def _day_of(path: Path) -> str:
    return json.loads(path.read_text("utf-8"))["properties"]["datetime"] + path.name


def _line(craft: str, band: str) -> tuple[float, float]:
    """Slope and intercept of what a craft sees to what Landsat 8 sees."""
    return ETM_TO_OLI[band] if craft in {"landsat-4", "landsat-5", "landsat-7"} else (1.0, 0.0)


def _numbers(pixels: NDArray[Any], offset_dn: int, line: tuple[float, float]) -> NDArray[np.uint16]:
    """Landsat's digital numbers of those of Sentinel-2; 0 stays 0."""
    slope, intercept = line
    seen = (pixels.astype(float) + offset_dn) * SENTINEL_2.scale
    reflectance = (seen - intercept) / slope
    numbers = np.rint(reflectance / LANDSAT.scale - LANDSAT.constant_offset_dn).clip(1, 65535)
    return np.where(pixels == 0, 0, numbers).astype(np.uint16)


def _quality(classes: NDArray[Any]) -> NDArray[np.uint16]:
    """`QA_PIXEL` of a scene classification."""
    table = np.full(256, _CLEAR, np.uint16)
    table[0] = _FILL
    for number, bits in _BITS.items():
        table[number] = bits
    return table[classes]
