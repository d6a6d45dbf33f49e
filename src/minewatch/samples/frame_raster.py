"""The frame of a sample as a raster: which stratum each pixel of the run's grid is in.

Made in strips of rows, so that memory does not grow with the area.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import Affine
from rasterio.windows import Window

from minewatch.errors import OutputError
from minewatch.files import atomic_path

Geometry = Any
OUTSIDE: Final = 0
REST: Final = 1
RING: Final = 2
CANDIDATE: Final = 3
CHANGES: Final = 10
"""Value of the first kind of change."""
MAPPED: Final = 60
"""Value of a pixel on a mine: this plus its class in each period, as digits to base 3."""
UNSEEN: Final = 250
STRIP_ROWS: Final = 480
"""Rows of a strip: a multiple of the sides of blocks and of tiles of 16, 32, 48, … pixels."""
POOL: Final = 1
PAD: Final = 2


@dataclass(frozen=True, kw_only=True)
class FrameLayers:
    """What decides the stratum of a pixel. Outlines in the metres of the grid."""

    aoi: Geometry
    """The area."""
    ring: Sequence[Geometry]
    """Sites of every rung, grown by the width of the ring."""
    candidates: Sequence[Geometry]
    """Sites that are no more than candidates."""
    changes: Mapping[str, Sequence[Geometry]]
    """Kind of change to its outlines, in the order of `codes`."""
    pads: Sequence[Sequence[Geometry]]
    """For each period: ground of mines."""
    pools: Sequence[Sequence[Geometry]]
    """For each period: pools of mines."""
    observed: Path
    """Raster of what was seen, a band a period of the run."""
    bands: Sequence[int]
    """Band of each period."""


@dataclass(frozen=True)
class _Outlines:
    """Outlines that are found by rows."""

    shapes: Sequence[Geometry]
    tree: shapely.STRtree = field(repr=False)

    @classmethod
    def of(cls, shapes: Sequence[Geometry]) -> _Outlines:
        kept = [shape for shape in shapes if shape is not None and not shape.is_empty]
        return cls(kept, shapely.STRtree(kept))

    def cover(self, box: Geometry, shape: tuple[int, int], transform: Affine) -> NDArray[np.bool_]:
        """Pixels of a strip whose centre they cover."""
        near = [self.shapes[n] for n in sorted(self.tree.query(box))]
        if not near:
            return np.zeros(shape, bool)
        drawn = rasterize([(one, 1) for one in near], shape, transform=transform, dtype="uint8")
        return np.asarray(drawn, bool)


def code_of(classes: Sequence[int]) -> int:
    """Value of a pixel on a mine in some period: classes 0 (other), `POOL`, `PAD`, a period each.

    Examples
    --------
    >>> code_of([1]), code_of([0, 2])
    (61, 66)
    """
    return MAPPED + sum(int(c) * int(3**n) for n, c in enumerate(classes))


def classes_of(code: int, periods: int) -> tuple[int, ...]:
    """Class of a pixel in each period: 0 for any value that is on no mine.

    Examples
    --------
    >>> classes_of(66, 2), classes_of(1, 2)
    ((0, 2), (0, 0))
    """
    digits = code - MAPPED if MAPPED <= code < UNSEEN else 0
    return tuple(digits // 3**n % 3 for n in range(periods))


def write_frame(layers: FrameLayers, path: Path) -> Path:
    """Write the frame, on the grid of the raster of what was seen.

    Parameters
    ----------
    layers
        What decides.
    path
        GeoTIFF of bytes; equal layers give equal bytes.

    Raises
    ------
    OutputError
        When the raster of what was seen cannot be read, or the frame not written.
    """
    try:
        with rasterio.open(layers.observed) as seen, atomic_path(path) as part:
            profile = {
                "driver": "GTiff", "dtype": "uint8", "count": 1, "width": seen.width,
                "height": seen.height, "crs": seen.crs, "transform": seen.transform,
                "compress": "deflate", "zlevel": 6, "blockysize": 48, "nodata": OUTSIDE,
            }  # fmt: skip
            with rasterio.open(part, "w", **profile) as frame:
                for window, codes in _strips(layers, seen):
                    frame.write(codes, 1, window=window)
    except rasterio.errors.RasterioError as error:
        raise OutputError(
            f"cannot make the frame {path}: {error}", hint="is the run whole?"
        ) from None
    return path


def _strips(layers: FrameLayers, seen: Any) -> Iterator[tuple[Window, NDArray[np.uint8]]]:
    area, ring = _Outlines.of([layers.aoi]), _Outlines.of(layers.ring)
    candidates = _Outlines.of(layers.candidates)
    changes = [_Outlines.of(shapes) for shapes in layers.changes.values()]
    pads = [_Outlines.of(shapes) for shapes in layers.pads]
    pools = [_Outlines.of(shapes) for shapes in layers.pools]
    for row in range(0, seen.height, STRIP_ROWS):
        window = Window(0, row, seen.width, min(STRIP_ROWS, seen.height - row))
        shape = (int(window.height), int(window.width))
        transform = seen.window_transform(window)
        west, north = transform.c, transform.f
        box = shapely.box(
            west, north + transform.e * shape[0], west + transform.a * shape[1], north
        )
        at = (box, shape, transform)
        codes = np.where(area.cover(*at), REST, OUTSIDE).astype("uint8")
        inside = codes == REST
        codes[inside & ring.cover(*at)] = RING
        for n, outlines in enumerate(changes):
            codes[inside & outlines.cover(*at)] = CHANGES + n
        codes[inside & candidates.cover(*at)] = CANDIDATE
        mine = np.zeros(shape, "uint8")
        for n, (bare, wet) in enumerate(zip(pads, pools, strict=True)):
            on_pool = wet.cover(*at)
            mine += np.where(on_pool, POOL, np.where(bare.cover(*at), PAD, 0)).astype("uint8") * (
                3**n
            )
        codes = np.where(inside & (mine > 0), MAPPED + mine, codes).astype("uint8")
        bands = np.stack([seen.read(band, window=window) for band in layers.bands])
        codes[inside & (bands == 0).any(axis=0)] = UNSEEN
        yield window, codes
