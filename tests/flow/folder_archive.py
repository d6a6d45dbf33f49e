"""A simulated Sentinel-2 archive as a folder of GeoTIFFs: four bands a file, in another CRS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.warp import calculate_default_transform, reproject

from minewatch.catalog import scene_from_item
from minewatch.model import Band
from minewatch.sensors import get_sensor

SENTINEL_2 = get_sensor("sentinel-2-l2a")
ORDER: tuple[Band, ...] = ("red", "green", "blue", "nir")
CLEAR_CLASSES = (2, 4, 5, 6, 7)
MAPPING = """\
title = "simulated-planet"
attribution = "simulated, not a real place"
platform = "simulated-dove"
simulated = true
files = "{scene}_SR.tif"
date = "YYYYMMDD_hhmmss"
scale = 0.0002
nodata = 0

[bands]
red = 1
green = 2
blue = 3
nir = 4

[mask]
files = "{scene}_udm2.tif"
clear = [1]
"""


def as_folder(archive: Path, out: Path, *, crs: str, pixel: float | None = None) -> Path:
    """Write a simulated Sentinel-2 archive anew as a folder of GeoTIFFs with its mapping file.

    Parameters
    ----------
    archive
        Folder of `minewatch.synthetic.write_archive`.
    out
        A folder that does not exist.
    crs
        CRS of the files.
    pixel
        Their pixel, in units of the CRS; None: about as large as it was.

    Returns
    -------
    Path
        The folder.
    """
    out.mkdir(parents=True)
    (out / "minewatch.toml").write_text(MAPPING, "utf-8")
    for path in sorted(archive.glob("items/*/*.json")):
        item = json.loads(path.read_text("utf-8"))
        scene = scene_from_item(item, profile=SENTINEL_2, base=str(path))
        offset_dn = SENTINEL_2.offset_from_metadata(scene).offset_dn
        name = f"{scene.acquired:%Y%m%d_%H%M%S}_{scene.tile}"
        bands = [_warped(scene.assets[band].href, crs, pixel) for band in ORDER]
        numbers = [_numbers(pixels, offset_dn) for pixels, _ in bands]
        _write(out / f"{name}_SR.tif", np.stack(numbers), bands[0][1], crs, nodata=0)
        classes, transform = _warped(scene.assets["mask"].href, crs, pixel, like=bands[0])
        clear = np.isin(classes, CLEAR_CLASSES).astype(np.uint8)
        _write(out / f"{name}_udm2.tif", clear[np.newaxis], transform, crs, nodata=None)
    return out


def _warped(
    href: str, crs: str, pixel: float | None, *, like: tuple[NDArray[Any], Any] | None = None
) -> tuple[NDArray[Any], Any]:
    """The band of a file in another CRS, and where it lies there."""
    with rasterio.open(href) as file:
        if like:
            (rows, cols), transform = like[0].shape, like[1]
        else:
            transform, cols, rows = calculate_default_transform(
                file.crs, crs, file.width, file.height, *file.bounds, resolution=pixel
            )
        out = np.zeros((rows, cols), file.dtypes[0])
        how = Resampling.nearest if like else Resampling.bilinear
        reproject(
            rasterio.band(file, 1), out, dst_transform=transform, dst_crs=crs,
            src_nodata=0, dst_nodata=0, resampling=how,
        )  # fmt: skip
        return out, transform


def _numbers(pixels: NDArray[Any], offset_dn: int) -> NDArray[np.uint16]:
    numbers = np.rint((pixels.astype(float) + offset_dn) / 2).clip(1, 65535)
    return np.where(pixels == 0, 0, numbers).astype(np.uint16)


def _write(path: Path, bands: NDArray[Any], transform: Any, crs: str, **options: Any) -> None:
    count, height, width = bands.shape
    with rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=count, dtype=bands.dtype,
        crs=crs, transform=transform, tiled=True, blockxsize=256, blockysize=256,
        compress="deflate", **options,
    ) as file:  # fmt: skip
        file.write(bands)
        file.update_tags(TIFFTAG_IMAGEDESCRIPTION="simulated, not a real place")
