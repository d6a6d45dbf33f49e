"""The ground of each site as a small picture: in the first and in the last period that was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import rasterio
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry

from minewatch.errors import OutputError
from minewatch.files import write_bytes_atomic
from minewatch.model import RunResult

FOLDER: Final = "chips"
CHIP_PX: Final = 96
"""Side of the picture of one period."""
_LEAST_M: Final = 640.0
"""Least ground that it shows: a site of 100 m and what surrounds it."""
_MARGIN: Final = 1.4
_GAP_PX: Final = 4
_NOT_SEEN: Final = 190


def write_chips(
    result: RunResult, out: Path, pictures: Mapping[str, Path]
) -> tuple[dict[str, str], list[Path]]:
    """One PNG a site, and their paths from the folder of the project by site.

    Parameters
    ----------
    result
        A finished run.
    out
        Folder of the project.
    pictures
        First day of a period to its natural-colour raster; of several the first and the last
        count. Without any there are no chips.
    """
    shown = [pictures[start] for start in sorted(pictures)]
    shown = shown[:1] + shown[1:][-1:]
    sites = result.sites
    if not shown or not len(sites):
        return {}, []
    outlines = list(sites.geometry.to_crs(result.aoi.utm_epsg))
    by_period = [_cut_all(path, outlines) for path in shown]
    gap = np.full((3, CHIP_PX, _GAP_PX), 255, "uint8")
    names, written = {}, []
    for number, site in enumerate(sites["site_id"]):
        parts = [chips[number] for chips in by_period]
        row = [parts[0], *(part for chip in parts[1:] for part in (gap, chip))]
        path = out / FOLDER / f"{site}.png"
        write_bytes_atomic(path, _png(np.concatenate(row, axis=2), simulated=result.simulated))
        names[str(site)] = f"{FOLDER}/{path.name}"
        written.append(path)
    return names, written


def _cut_all(path: Path, outlines: Sequence[BaseGeometry]) -> list[np.ndarray]:
    try:
        with rasterio.open(path) as file:
            return [_cut(file, outline) for outline in outlines]
    except (RasterioError, OSError) as error:
        raise OutputError(f"cannot read {path}: {error}", hint="run again with --resume") from error


def _cut(file: rasterio.DatasetReader, outline: BaseGeometry) -> np.ndarray:
    """The square round an outline; ground that was not seen is grey."""
    west, south, east, north = outline.bounds
    half = max(_LEAST_M, _MARGIN * (east - west), _MARGIN * (north - south)) / 2
    col, row = ~file.transform * ((west + east) / 2 - half, (south + north) / 2 + half)
    side = max(1, round(2 * half / abs(file.transform.a)))
    left, top = round(col), round(row)
    square = np.zeros((3, side, side), "uint8")
    inside = Window(
        max(left, 0), max(top, 0),
        max(0, min(left + side, file.width) - max(left, 0)),
        max(0, min(top + side, file.height) - max(top, 0)),
    )  # fmt: skip
    if inside.width and inside.height:  # `boundless` reads take a tenth of a second each
        y, x = inside.row_off - top, inside.col_off - left
        square[:, y : y + inside.height, x : x + inside.width] = file.read((1, 2, 3), window=inside)
    nearest = np.arange(CHIP_PX) * side // CHIP_PX
    chip = square[:, nearest[:, None], nearest[None, :]]
    chip[:, ~chip.any(axis=0)] = _NOT_SEEN
    return chip


def _png(rgb: np.ndarray, *, simulated: bool) -> bytes:
    words = "natural colour, first and last period"
    with MemoryFile() as memory:
        with memory.open(
            driver="PNG", count=3, height=rgb.shape[1], width=rgb.shape[2], dtype="uint8",
            transform=rasterio.Affine(2, 0, 0, 0, -2, 0),
            DESCRIPTION=f"SIMULATED: {words}" if simulated else words, WORLDFILE="NO",
        ) as file:  # fmt: skip
            file.write(rgb)
        content: bytes = memory.read()
    return content
