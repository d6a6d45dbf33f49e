"""Heights with a known drainage: rivers are drawn first, and the ground is carved along them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from scipy import ndimage

from minewatch.model import WGS84
from minewatch.synthetic.hills import smooth_noise
from minewatch.synthetic.spec import PLACES
from minewatch.synthetic.stac import SIMULATED

CELL_M = 30.0
_FALL = {"main": 0.02, "tributary": 0.05}
_VALLEY_SIDE = 0.4


@dataclass(frozen=True, kw_only=True)
class DrawnRiver:
    """A river as it was drawn."""

    name: str
    """What it is called: `Simulated …`."""
    line: shapely.LineString
    """Its course from head to mouth, metres."""
    flows_into: str
    """Name of the river at its mouth; empty: it leaves the heights."""


@dataclass(frozen=True, kw_only=True)
class RiverTerrain:
    """Rivers, and ground that drains into them."""

    rivers: tuple[DrawnRiver, ...]
    """The main river first, then its tributaries in order of their mouths from the south."""
    metres: NDArray[np.float32]
    """Heights, dims (y, x)."""
    transform: Affine
    """From (column, row) to metres."""
    epsg: int
    """The UTM zone: open water, no real place."""


def draw_river_terrain(
    *,
    seed: int = 1,
    size_m: float = 15_000.0,
    tributaries: int = 6,
    roughness_m: float = 0.0,
    centre: tuple[float, float] | None = None,
) -> RiverTerrain:
    """A main river from north to south, tributaries from both sides, and valleys along them.

    Ground falls towards the nearest drawn river, and each river falls towards its mouth.

    Parameters
    ----------
    seed
        Of every random draw.
    size_m
        Edge of the square.
    tributaries
        How many join the main river, by turns from the east and the west.
    roughness_m
        Standard deviation of what is added to the ground beside the rivers, metres.
    centre
        Middle of the square, metres of the zone; None: that of the simulated worlds.
    """
    rng, place = np.random.default_rng([seed, 77]), PLACES["north"]
    west, north = place.origin_xy
    x0, y0 = centre or (west + 2560.0, north - 2560.0)
    cells = int(size_m // CELL_M)
    left, top = x0 - cells * CELL_M / 2, y0 + cells * CELL_M / 2
    transform = Affine(CELL_M, 0, left, 0, -CELL_M, top)
    rivers = _draw_rivers(rng, left, top, cells * CELL_M, tributaries)
    return RiverTerrain(
        rivers=rivers, metres=_carve(rng, rivers, transform, cells, roughness_m),
        transform=transform, epsg=place.epsg,
    )  # fmt: skip


def write_river_terrain(terrain: RiverTerrain, folder: Path) -> dict[str, Path]:
    """`heights.tif` and `rivers.geojson` of a terrain, both labelled as simulated."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    heights, rivers = folder / "heights.tif", folder / "rivers.geojson"
    rows, cols = terrain.metres.shape
    with rasterio.open(
        heights, "w", driver="GTiff", width=cols, height=rows, count=1, dtype="float32",
        crs=f"EPSG:{terrain.epsg}", transform=terrain.transform, nodata=np.nan, compress="DEFLATE",
    ) as file:  # fmt: skip
        file.write(terrain.metres, 1)
        file.update_tags(TIFFTAG_IMAGEDESCRIPTION=SIMULATED, minewatch_simulated="true")
    lines = gpd.GeoDataFrame(
        {"name": [r.name for r in terrain.rivers], "simulated": True},
        geometry=[r.line for r in terrain.rivers], crs=f"EPSG:{terrain.epsg}",
    )  # fmt: skip
    rivers.write_text(lines.to_crs(WGS84).to_json(drop_id=True), encoding="utf-8")
    return {"heights": heights, "rivers": rivers}


def _draw_rivers(
    rng: np.random.Generator, left: float, top: float, size_m: float, tributaries: int
) -> tuple[DrawnRiver, ...]:
    y = np.linspace(top - CELL_M / 2, top - size_m + CELL_M / 2, 200)
    phase = rng.uniform(0, 2 * np.pi)
    sway = 0.04 * size_m * np.sin(2 * np.pi * (top - y) / (0.6 * size_m) + phase)
    x = left + size_m / 2 + sway
    main = shapely.LineString(np.column_stack([x, y]))
    rivers = [DrawnRiver(name="Simulated main river", line=main, flows_into="")]
    for number in range(tributaries):
        share = (
            0.65 * (number + 0.6) / tributaries
        )  # from the south; north of them all is the main's
        mouth = main.interpolate(1 - share, normalized=True)
        side = 1 if number % 2 == 0 else -1
        length = size_m * rng.uniform(0.3, 0.4)
        t = np.linspace(1, 0, 60)
        bend = 0.02 * size_m * np.sin(2 * np.pi * t + rng.uniform(0, 6)) * t
        head_x = mouth.x + side * t * length
        head_y = mouth.y + 0.25 * length * t + bend
        line = shapely.LineString(np.column_stack([head_x, head_y]))
        rivers.append(
            DrawnRiver(
                name=f"Simulated tributary {number + 1}", line=line, flows_into=rivers[0].name
            )
        )
    return tuple(rivers)


def _carve(
    rng: np.random.Generator,
    rivers: tuple[DrawnRiver, ...],
    transform: Affine,
    cells: int,
    roughness_m: float,
) -> NDArray[np.float32]:
    bed = np.full((cells, cells), np.nan)
    main = rivers[0].line
    for river in rivers:
        fall = _FALL["tributary" if river.flows_into else "main"]
        mouth = shapely.Point(river.line.coords[-1])
        lowest = 300.0 + (
            _FALL["main"] * (main.length - main.project(mouth)) if river.flows_into else 0.0
        )
        along = np.arange(0, river.line.length, CELL_M / 4)
        points = shapely.line_interpolate_point(river.line, along)
        col, row = ~transform * (shapely.get_x(points), shapely.get_y(points))
        col, row = np.floor(col).astype(int), np.floor(row).astype(int)
        height = lowest + fall * (river.line.length - along)
        inside = (col >= 0) & (col < cells) & (row >= 0) & (row < cells)
        for c, r, z in zip(col[inside], row[inside], height[inside], strict=True):
            bed[r, c] = z if np.isnan(bed[r, c]) else min(bed[r, c], z)
    distance, nearest = ndimage.distance_transform_edt(np.isnan(bed), return_indices=True)
    metres = bed[nearest[0], nearest[1]] + _VALLEY_SIDE * CELL_M * distance
    if roughness_m:
        noise = smooth_noise(rng, (cells, cells), scale_px=8)
        metres = metres + roughness_m * noise * np.minimum(distance / 10, 1)
    return np.asarray(metres, np.float32)
