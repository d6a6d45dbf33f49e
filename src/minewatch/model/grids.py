"""The one snapped grid of a run, and the chunks it is cut into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from odc.geo.geobox import GeoBox


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """A rectangle of the grid that is read and reduced on its own, through all of its time."""

    row: int
    """First row in the grid."""
    col: int
    """First column in the grid."""
    geobox: GeoBox
    """Its pixels."""

    @property
    def name(self) -> str:
        """Stable name made of its place in the grid."""
        return f"r{self.row:06d}c{self.col:06d}"

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the chunk in an array over the whole grid."""
        rows, cols = self.geobox.shape
        return slice(self.row, self.row + rows), slice(self.col, self.col + cols)


@dataclass(frozen=True, kw_only=True)
class Grid:
    """North-up UTM grid whose edges are multiples of the resolution."""

    geobox: GeoBox
    """Every pixel that may be looked at: the bounding box of the AOI."""
    chunks: tuple[Chunk, ...]
    """Chunks that touch the AOI, row by row."""

    @property
    def epsg(self) -> int:
        """EPSG code of the grid."""
        code = self.geobox.crs.epsg if self.geobox.crs else None
        if code is None:
            raise ValueError("the grid has no EPSG code")
        return int(code)

    @property
    def resolution_m(self) -> float:
        """Pixel size in metres."""
        return float(abs(self.geobox.resolution.x))

    @property
    def pixel_area_m2(self) -> float:
        """Area of a pixel."""
        return self.resolution_m**2
