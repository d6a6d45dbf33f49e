"""The ground of each period as small pictures for a page, laid out in degrees."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from rasterio.warp import reproject

from minewatch.errors import OutputError

MOSAIC_PX: Final = 900
"""Longest side of the picture of the whole area."""
CHIP_PX: Final = 48
"""Side of the picture of one site: 480 m in pixels of 10 m."""
CHIP_COLUMNS: Final = 20
"""Chips beside each other in a sheet."""
_QUALITY: Final = 60
_WGS84: Final = "EPSG:4326"
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class GroundPicture:
    """Natural colour of the whole grid in one period."""

    period_start: str
    """First day of the period, ISO."""
    rgb: Pixels
    """Dims (colour, y, x); 0 in all colours: not seen."""
    transform: Affine
    """Of its pixels, metres."""
    epsg: int
    """UTM zone."""


@dataclass(frozen=True)
class Frame:
    """The ground that a map shows, degrees."""

    west: float
    """Western edge."""
    south: float
    """Southern edge."""
    east: float
    """Eastern edge."""
    north: float
    """Northern edge."""

    @property
    def squeeze(self) -> float:
        """How much shorter a degree of longitude is than one of latitude, in the middle."""
        return math.cos(math.radians((self.south + self.north) / 2))


def mosaic_uri(picture: GroundPicture, frame: Frame) -> str:
    """The whole area in one period as a data URI; ground that was not seen is transparent.

    Parameters
    ----------
    picture
        The period.
    frame
        What the picture covers, edge to edge.
    """
    width, height = (frame.east - frame.west) * frame.squeeze, frame.north - frame.south
    scale = MOSAIC_PX / max(width, height)
    cols, rows = max(1, round(width * scale)), max(1, round(height * scale))
    step = (frame.east - frame.west) / cols, (frame.north - frame.south) / rows
    to = Affine(step[0], 0, frame.west, 0, -step[1], frame.north)
    target = np.zeros((3, rows, cols), "uint8")
    reproject(
        picture.rgb, target, src_transform=picture.transform, src_crs=f"EPSG:{picture.epsg}",
        dst_transform=to, dst_crs=_WGS84, src_nodata=0, dst_nodata=0,
        resampling=Resampling.average if _is_finer(picture, step[1]) else Resampling.nearest,
    )  # fmt: skip
    return _webp_uri(target)


def chip_sheet_uri(picture: GroundPicture, centres: Sequence[tuple[float, float]]) -> str:
    """The ground round every site in one period, as one sheet of `CHIP_COLUMNS` beside each other.

    Parameters
    ----------
    picture
        The period.
    centres
        x and y of the middle of each site, metres.
    """
    rows = max(1, -(-len(centres) // CHIP_COLUMNS))
    sheet = np.zeros((3, rows * CHIP_PX, CHIP_COLUMNS * CHIP_PX), "uint8")
    inverse, half = ~picture.transform, CHIP_PX // 2
    padded = np.pad(picture.rgb, ((0, 0), (CHIP_PX, CHIP_PX), (CHIP_PX, CHIP_PX)))
    for number, (x, y) in enumerate(centres):
        col, row = (round(at) for at in inverse * (x, y))
        top = min(max(row + CHIP_PX - half, 0), padded.shape[1] - CHIP_PX)
        left = min(max(col + CHIP_PX - half, 0), padded.shape[2] - CHIP_PX)
        down, across = (CHIP_PX * n for n in divmod(number, CHIP_COLUMNS))
        chip = padded[:, top : top + CHIP_PX, left : left + CHIP_PX]
        sheet[:, down : down + CHIP_PX, across : across + CHIP_PX] = chip
    return _webp_uri(sheet)


def _is_finer(picture: GroundPicture, step_deg: float) -> bool:
    """Whether pixels are smaller than those of a picture with such steps."""
    return abs(picture.transform.e) < step_deg * 111_000


def _webp_uri(rgb: Pixels) -> str:
    """RGB as WebP with what was not seen transparent; the same text for equal pixels."""
    seen = np.where(rgb.any(axis=0, keepdims=True), np.uint8(255), np.uint8(0))
    layers = np.concatenate([rgb, seen])
    shape = {"count": 4, "height": layers.shape[1], "width": layers.shape[2], "dtype": "uint8"}
    try:
        with MemoryFile() as memory:
            with memory.open(
                driver="WEBP", transform=Affine(2, 0, 0, 0, -2, 0), QUALITY=_QUALITY, **shape
            ) as file:
                file.write(layers)
            content = memory.read()
    except (RasterioError, OSError) as error:
        raise OutputError(
            f"cannot pack a picture: {error}",
            hint=f"GDAL {rasterio.__gdal_version__} may lack WebP: install rasterio's own wheel",
        ) from error
    return f"data:image/webp;base64,{base64.b64encode(content).decode()}"
