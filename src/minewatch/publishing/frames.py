"""The places that a release speaks of: cells of one grid for the whole world, or townships.

The grid begins at the origin of EPSG:6933 (EASE-Grid 2.0: equal areas, whose cells are rectangles
in longitude and latitude). No area can move it, so that one piece of ground is in the same cell in
every release.

References
----------
Brodzik et al. 2012, EASE-Grid 2.0, doi:10.3390/ijgi1010032
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import geopandas as gpd
import numpy as np
import shapely

from minewatch.model import WGS84

GRID_CRS: Final = "EPSG:6933"
_WHOLE: Final = 1 - 1e-6
"""Share of a cell from which on it counts as wholly in the area: rounding of outlines."""


@dataclass(frozen=True, kw_only=True)
class Region:
    """A cell, or a township."""

    id: str
    """Its name: of a cell its place in the grid, of a township what its file calls it."""
    outline: shapely.Geometry
    """As it is drawn: all of it, metres of `GRID_CRS`. It does not show where the area ends."""
    cover: str
    """`whole`, or a mark of the part that the area covers: another area, another mark."""
    part: shapely.Geometry | None = None
    """The part that the area covers, metres of `GRID_CRS`; None: all of it."""

    @property
    def ground(self) -> shapely.Geometry:
        """Where its sites were counted: never to be shown."""
        return self.outline if self.part is None else self.part


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Regions that do not overlap, in the order of their names."""

    name: str
    """`grid-10km`, or `townships-` and a mark of the file."""
    regions: tuple[Region, ...]
    """At least so much of each lies in the area as the profile asks for."""
    cell_m: float | None = None
    """Side of a cell, m; None for townships."""

    @cached_property
    def ground(self) -> shapely.Geometry:
        """All regions together, metres of `GRID_CRS`."""
        return shapely.union_all([region.outline for region in self.regions])

    @property
    def grounds(self) -> dict[str, shapely.Geometry]:
        """Where the sites of each region are counted, metres of `GRID_CRS`: never to be shown."""
        return {region.id: region.ground for region in self.regions}

    def outlines(self) -> gpd.GeoSeries:
        """Outlines by name, WGS 84."""
        named = {region.id: region.outline for region in self.regions}
        return gpd.GeoSeries(named, crs=GRID_CRS, dtype="geometry").to_crs(WGS84)

    def locate(self, points: gpd.GeoSeries) -> list[str | None]:
        """The region that each point lies in; None outside of all.

        Parameters
        ----------
        points
            Any CRS.
        """
        metres = points.to_crs(GRID_CRS)
        known = {region.id for region in self.regions}
        if self.cell_m is not None:
            xy = np.floor(shapely.get_coordinates(metres.array) / self.cell_m).astype(int)
            names = (cell_name(col, row, self.cell_m) for col, row in xy.tolist())
            return [name if name in known else None for name in names]
        found: list[str | None] = [None] * len(metres)
        tree = shapely.STRtree([region.outline for region in self.regions])
        for point, region in tree.query(metres.array, predicate="intersects").T[::-1]:
            found[point] = self.regions[region].id
        return found


def cell_name(col: int, row: int, cell_m: float) -> str:
    """The name of a cell: its size, then columns and rows from the origin.

    Examples
    --------
    >>> cell_name(949, 310, 10_000), cell_name(-3, -1, 1_000)
    ('10km-E00949N00310', '1km-W00003S00001')
    """
    east, north = "W" if col < 0 else "E", "S" if row < 0 else "N"
    return f"{cell_m / 1000:g}km-{east}{abs(col):05d}{north}{abs(row):05d}"


_CELL: Final = re.compile(r"([\d.]+)km-([EW])(\d+)([NS])(\d+)")


def cell_outline(name: str) -> shapely.Geometry | None:
    """The outline of a cell by its name, metres of `GRID_CRS`; None when it is no cell's.

    Examples
    --------
    >>> cell_outline("10km-E00949N00310").bounds
    (9490000.0, 3100000.0, 9500000.0, 3110000.0)
    """
    found = _CELL.fullmatch(name)
    if found is None:
        return None
    side = 1000.0 * float(found[1])
    col = int(found[3]) * (-1 if found[2] == "W" else 1)
    row = int(found[5]) * (-1 if found[4] == "S" else 1)
    return shapely.box(col * side, row * side, (col + 1) * side, (row + 1) * side)


def grid_frame(area: shapely.Geometry, *, cell_km: int, least_ground_km2: float) -> Frame:
    """The cells of the grid that an area covers far enough.

    Parameters
    ----------
    area
        WGS 84.
    cell_km
        Side of a cell, km.
    least_ground_km2
        A cell is used when so much of it, or all of it, lies in the area.
    """
    side = 1000.0 * cell_km
    metres = _to_grid([area])[0]
    west, south, east, north = np.floor(np.array(metres.bounds) / side).astype(int).tolist()
    places = [(c, r) for r in range(south, north + 1) for c in range(west, east + 1)]
    cols, rows = np.array(places).T
    boxes = shapely.box(cols * side, rows * side, (cols + 1) * side, (rows + 1) * side)
    names = [cell_name(col, row, side) for col, row in places]
    regions = _covered(dict(zip(names, boxes, strict=True)), metres, least_ground_km2)
    return Frame(name=f"grid-{cell_km}km", regions=regions, cell_m=side)


def township_frame(
    townships: Mapping[str, shapely.Geometry], area: shapely.Geometry, *, least_ground_km2: float
) -> Frame:
    """The townships of which an area covers enough.

    Parameters
    ----------
    townships
        Outline in WGS 84 by name; they may touch, and overlap by no ground.
    area
        WGS 84.
    least_ground_km2
        A township is used when so much of it lies in the area.
    """
    names = sorted(townships)
    outlines = _to_grid([townships[name] for name in names])
    digest = hashlib.sha256()
    for name, outline in zip(names, outlines, strict=True):
        digest.update(name.encode() + _mark(outline).encode())
    regions = _covered(
        dict(zip(names, outlines, strict=True)), _to_grid([area])[0], least_ground_km2
    )
    return Frame(name=f"townships-{digest.hexdigest()[:12]}", regions=regions)


def _covered(
    outlines: Mapping[str, shapely.Geometry], area: shapely.Geometry, least_km2: float
) -> tuple[Region, ...]:
    shapely.prepare(area)
    regions = []
    for name in sorted(outlines):
        outline = outlines[name]
        part = outline if area.contains_properly(outline) else outline.intersection(area)
        whole = part.area >= _WHOLE * outline.area
        enough = part.area >= 1e6 * least_km2 * _WHOLE
        if enough:
            cover = "whole" if whole else _mark(part)
            regions.append(
                Region(id=name, outline=outline, cover=cover, part=None if whole else part)
            )
    return tuple(regions)


def _mark(outline: shapely.Geometry) -> str:
    """A mark of an outline to the metre."""
    rounded = shapely.normalize(shapely.set_precision(outline, 1.0))
    return hashlib.sha256(shapely.to_wkb(rounded)).hexdigest()[:16]


def _to_grid(outlines: Iterable[shapely.Geometry]) -> list[shapely.Geometry]:
    return list(gpd.GeoSeries(list(outlines), crs=WGS84).to_crs(GRID_CRS))
