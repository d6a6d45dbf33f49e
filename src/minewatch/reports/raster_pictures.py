"""Natural-colour rasters of a run as small pictures in memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.windows import Window, from_bounds

from minewatch.errors import OutputError

Box = tuple[float, float, float, float]
_NOT_SEEN_GREY = 190


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture of the ground."""

    rgb: np.ndarray
    """Dims (y, x, colour), uint8; ground that was not seen is grey."""
    box: Box
    """Metres in the UTM zone: west, south, east, north."""
    label: str
    """When it was taken."""


def read_picture(path: Path, *, box: Box | None = None, max_px: int = 900) -> Picture:
    """Part of a natural-colour raster, no larger than a screen.

    Parameters
    ----------
    path
        Three bands, uint8, in a UTM zone; 0 in all three: not seen.
    box
        Part to read, metres; None reads all. It is cut to the raster.
    max_px
        Longest side of the picture. Overviews keep the reading short.

    Raises
    ------
    OutputError
        When the raster cannot be read.
    """
    try:
        with rasterio.open(path) as file:
            whole = Window(0, 0, file.width, file.height)
            window = whole
            if box is not None:
                asked = from_bounds(*box, file.transform)
                window = asked.round_offsets().round_lengths().intersection(whole)
            shrink = max(window.width, window.height) / max_px
            shape = [max(1, round(n / max(shrink, 1))) for n in (window.height, window.width)]
            rgb = file.read(
                (1, 2, 3), window=window, out_shape=(3, *shape), resampling=Resampling.nearest
            )
            meaning = file.tags().get("meaning", "")
            bounds: Box = rasterio.windows.bounds(window, file.transform)
    except (RasterioError, OSError, ValueError) as error:
        raise OutputError(f"cannot read {path}: {error}", hint="run again with --resume") from error
    picture = np.moveaxis(rgb, 0, -1).copy()
    picture[~picture.any(axis=-1)] = _NOT_SEEN_GREY
    return Picture(rgb=picture, box=bounds, label=meaning.removeprefix("natural colour, "))
