"""A simulated archive over a true area: one small world, side by side as often as it takes.

A few unique scenes at full size; items of many days point to hard links of their files, so that
nothing that is kept of one day serves another. Mines of the world live through all years.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from affine import Affine

from minewatch import areas, cube
from minewatch.cube.grid import block_of
from minewatch.model import WGS84, Grid
from minewatch.synthetic import PRESETS, WorldSpec, stac
from minewatch.synthetic.overpass_calendar import Overpass, plan_overpasses
from minewatch.synthetic.render import Rendered, render
from minewatch.synthetic.world import make_world

WORLD_PX = 1024
"""Side of the world that is repeated: twelve mines in 105 km2, about as many as round Pangwa."""
BLOCK_M = 20_480
"""Side of a block of 1,024 pixels of 20 m; scenes begin at one of the Sentinel-2 tile below."""
MARGIN_M = 600
"""Scenes show so much round the grid, and nothing beyond."""
LAST = date(2023, 10, 31)
DRY_MONTHS = (11, 12, 1, 2, 3, 4)
DRY_CLOUD_PCT, RAINY_CLOUD_PCT = (10, 40), (50, 75)
"""Least and most cloud of a unique scene."""
BUSY_MONTH, BUSY_DAYS = (2022, 12), (3, 8, 13, 18, 23, 28)
"""In one month all six overpasses that Sentinel-2 takes, for that is what reading must hold; in the
others one."""


@dataclass(frozen=True, kw_only=True)
class WideArchive:
    """Where it lies."""

    directory: Path
    """Its folder."""
    start: date
    """First day."""

    @property
    def catalog(self) -> Path:
        """Static STAC `catalog.json`."""
        return self.directory / "catalog.json"


def make_wide_archive(directory: Path, area: str, *, years: int) -> WideArchive:
    """Write it anew, or take the one that is there.

    Parameters
    ----------
    directory
        Its folder.
    area
        Name of a bundled area.
    years
        Its length; the last day is `LAST`.
    """
    archive = WideArchive(directory=directory, start=date(LAST.year - years, 11, 1))
    if archive.catalog.exists():
        return archive
    shutil.rmtree(directory, ignore_errors=True)
    grid = cube.make_grid(areas.read_aoi(area), resolution_m=10, chunk_px=512)
    spec = replace(
        PRESETS["mines"], name=f"wide-{area}", size_px=WORLD_PX, start=archive.start, end=LAST,
        revisit_days=5, partial_swaths=0.0, quarries=0,
    )  # fmt: skip
    world, overpasses, items = make_world(spec), plan_overpasses(spec), []
    for unique, cloud_pct, days in _unique_scenes(archive.start):
        overpass, image = next(
            (overpass, image)
            for overpass in overpasses if overpass.day >= unique
            for image in [render(world, overpass)]
            if cloud_pct[0] <= image.cloud_cover_pct <= cloud_pct[1]
        )  # fmt: skip
        folder = directory / "files" / f"{unique}"
        _write_scene(folder, image, grid)
        items += [_write_item(directory, folder, spec, overpass, image, day, grid) for day in days]
    items.sort(key=lambda item: item["properties"]["datetime"])
    _write_json(directory / "collection.json", stac.make_collection(spec, items))
    _write_json(archive.catalog, stac.make_catalog(spec))
    return archive


def _unique_scenes(start: date) -> Iterator[tuple[date, tuple[int, int], list[date]]]:
    """First day, clouds, and the days on which it stands, of the two unique scenes of each year."""
    for year in range(start.year, LAST.year):
        dry = [(year + (month < 11), month) for month in DRY_MONTHS]
        rainy = [(year + 1, month) for month in range(5, 11)]
        yield date(year, 12, 20), DRY_CLOUD_PCT, _days_of(dry)
        yield date(year + 1, 6, 20), RAINY_CLOUD_PCT, _days_of(rainy)


def _days_of(months: list[tuple[int, int]]) -> list[date]:
    days = {month: BUSY_DAYS if month == BUSY_MONTH else (15,) for month in months}
    return [date(*month, day) for month in months for day in days[month]]


def _frame(grid: Grid) -> tuple[float, float, int, int]:
    """West and north edge of a scene, and its rows and columns, 10 m."""
    west, south, east, north = grid.geobox.boundingbox.bbox
    first = grid.chunks[0]
    row, col = block_of(grid, first, 10)
    x = first.geobox.boundingbox.left - 10 * col
    y = first.geobox.boundingbox.top + 10 * row
    west = x + (west - MARGIN_M - x) // BLOCK_M * BLOCK_M
    north = y - (y - north - MARGIN_M) // BLOCK_M * BLOCK_M
    rows, cols = (north - south + MARGIN_M) // 20 * 2, (east + MARGIN_M - west) // 20 * 2
    return west, north, int(rows), int(cols)


def _write_scene(folder: Path, image: Rendered, grid: Grid) -> None:
    """The files of one unique scene."""
    folder.mkdir(parents=True)
    west, north, rows, cols = _frame(grid)
    left, top = grid.geobox.boundingbox.left, grid.geobox.boundingbox.top
    for band, tile in image.bands.items():
        res = 10 * (WORLD_PX // len(tile))
        shape = (rows * 10 // res, cols * 10 // res)
        times = [-(-side // len(tile)) for side in shape]
        pixels = np.tile(tile, times)[: shape[0], : shape[1]]
        pixels[: int((north - top) // res) - MARGIN_M // res] = 0
        pixels[:, : int((left - west) // res) - MARGIN_M // res] = 0
        with rasterio.open(
            folder / stac.file_name(band), "w", driver="COG", width=shape[1], height=shape[0],
            count=1, dtype=pixels.dtype, crs=f"EPSG:{grid.epsg}", nodata=0, compress="deflate",
            transform=Affine(res, 0, west, 0, -res, north), level=1, predictor="yes",
            blocksize=1024, num_threads=2,
            overview_resampling="nearest" if band == "scl" else "average",
        ) as file:  # fmt: skip
            file.write(pixels, 1)
            file.update_tags(TIFFTAG_IMAGEDESCRIPTION=stac.SIMULATED, minewatch_simulated="true")


def _write_item(
    directory: Path, folder: Path, spec: WorldSpec, overpass: Overpass, image: Rendered, day: date,
    grid: Grid,
) -> dict[str, Any]:  # fmt: skip
    """One item, simulated and called so, with hard links of the files of a unique scene."""
    when = datetime(day.year, day.month, day.day, 4, 7, tzinfo=UTC)
    orbit = int(when.timestamp() // timedelta(days=1).total_seconds())
    seen = replace(overpass, acquired=when, index=orbit, orbit=orbit)
    tile = stac.Tile(name="47PSA", col=0, width=WORLD_PX, place=spec.place)
    item = stac.make_item(
        spec, seen, tile,
        sun=image.sun, cloud_cover_pct=image.cloud_cover_pct, valid=image.bands["scl"] > 0,
    )  # fmt: skip
    west, north, rows, cols = _frame(grid)
    square = shapely.box(west, north - 10 * rows, west + 10 * cols, north).segmentize(1000)
    outline = gpd.GeoSeries([square], crs=grid.epsg).to_crs(WGS84).iloc[0]
    item["geometry"], item["bbox"] = shapely.geometry.mapping(outline), list(outline.bounds)
    item["properties"]["proj:epsg"] = grid.epsg
    own = directory / "items" / item["id"]
    own.mkdir(parents=True)
    for asset in item["assets"].values():
        name = asset["href"].removeprefix("./")
        (own / name).hardlink_to(folder / name)
        with rasterio.open(own / name) as file:
            asset["proj:shape"] = list(file.shape)
            asset["proj:transform"] = list(file.transform)[:6]
    _write_json(own / f"{item['id']}.json", item)
    return item


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
