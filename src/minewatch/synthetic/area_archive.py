"""A simulated archive over a true area in which nothing is drawn: no mine, no clearing, no slide.

A small world without mines lies side by side over the whole area, so that what is asked of an area
where nothing should be can be tried at its true size. Nothing of it is a real image.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from affine import Affine

from minewatch.errors import OutputError
from minewatch.model import WGS84, AreaOfInterest
from minewatch.synthetic import stac
from minewatch.synthetic.overpass_calendar import Overpass, plan_overpasses
from minewatch.synthetic.render import Rendered, render
from minewatch.synthetic.spec import PRESETS, WorldSpec
from minewatch.synthetic.world import make_world

_WORLD_PX: Final = 256
_MARGIN_M: Final = 600.0
_SCENES: Final[Mapping[tuple[int, ...], tuple[float, float]]] = {
    (11, 12, 1): (0, 30), (2, 3, 4): (0, 30), (5, 6, 7, 8, 9, 10): (40, 80),
}  # fmt: skip
"""Months that show one image, on the 15th of each, to the least and most of its clouds, %."""


@dataclass(frozen=True, kw_only=True)
class AreaArchive:
    """Where it lies."""

    directory: Path
    """Its folder."""
    start: date
    """First day."""
    end: date
    """Last day."""

    @property
    def catalog(self) -> Path:
        """Static STAC `catalog.json`."""
        return self.directory / "catalog.json"


def write_area_archive(
    area: AreaOfInterest, out_dir: Path, *, years: int = 2, first_year: int = 2019
) -> AreaArchive:
    """Write an archive of empty ground over an area, an overpass a month.

    Parameters
    ----------
    area
        The area; its outline is true, all else is simulated.
    out_dir
        A folder that does not exist or is empty.
    years
        How many years, from November to October.
    first_year
        Year of the first November.

    Raises
    ------
    OutputError
        When the folder holds something already.
    """
    out_dir = Path(out_dir)
    if out_dir.exists() and any(out_dir.iterdir()):
        raise OutputError(
            f"{out_dir} is not empty", hint="give a new folder for the simulated archive"
        )
    start, end = date(first_year, 11, 1), date(first_year + years, 10, 31)
    spec = replace(
        PRESETS["none"], name=f"over-{area.id}", size_px=_WORLD_PX, start=start, end=end,
        river=False, villages=0, quarries=0, swidden_per_km2_year=0.0, landslides_per_km2_year=0.0,
        clearings_per_km2_year=0.0, partial_swaths=0.0,
    )  # fmt: skip
    frame, world, items = _frame(area), make_world(spec), list[dict[str, Any]]()
    overpasses = plan_overpasses(spec)
    for year in range(first_year, first_year + years):
        for months, clouds in _SCENES.items():
            days = [date(year + (month < 11), month, 15) for month in months]
            overpass, image = _image_of(overpasses, days, clouds, world)
            files = out_dir / "files" / f"{days[0]:%Y-%m}"
            _write_scene(files, image, frame, area.utm_epsg)
            items += [
                _write_item(out_dir, files, spec, overpass, image, day, frame, area.utm_epsg)
                for day in days
            ]
    items.sort(key=lambda item: str(item["properties"]["datetime"]))
    _write_json(out_dir / "collection.json", stac.make_collection(spec, items))
    archive = AreaArchive(directory=out_dir, start=start, end=end)
    _write_json(archive.catalog, stac.make_catalog(spec))
    return archive


Frame = tuple[float, float, int, int]
"""West and north edge of the scenes in metres, and their rows and columns of 10 m."""


def _frame(area: AreaOfInterest) -> Frame:
    west, south, east, north = area.geometry_utm.bounds
    left, bottom = (20 * np.floor((v - _MARGIN_M) / 20) for v in (west, south))
    right, top = (20 * np.ceil((v + _MARGIN_M) / 20) for v in (east, north))
    return float(left), float(top), int((top - bottom) // 10), int((right - left) // 10)


def _image_of(
    overpasses: Sequence[Overpass],
    days: Sequence[date],
    clouds: tuple[float, float],
    world: Any,
) -> tuple[Overpass, Rendered]:
    """The first image of these months with so many clouds; the last one where none has."""
    for overpass in overpasses:
        if not days[0] <= overpass.day <= days[-1] + timedelta(days=15):
            continue
        image = render(world, overpass)
        if clouds[0] <= image.cloud_cover_pct <= clouds[1]:
            return overpass, image
    return overpass, image


def _write_scene(folder: Path, image: Rendered, frame: Frame, epsg: int) -> None:
    folder.mkdir(parents=True)
    west, north, rows, cols = frame
    for band, tile in image.bands.items():
        metres = 10 * (_WORLD_PX // len(tile))
        shape = (rows * 10 // metres, cols * 10 // metres)
        times = [-(-side // len(tile)) for side in shape]
        pixels = np.tile(tile, times)[: shape[0], : shape[1]]
        with rasterio.open(
            folder / stac.file_name(band), "w", driver="COG", width=shape[1], height=shape[0],
            count=1, dtype=pixels.dtype, crs=f"EPSG:{epsg}", nodata=0, compress="deflate", level=1,
            transform=Affine(metres, 0, west, 0, -metres, north), predictor="yes", blocksize=512,
            overview_resampling="nearest" if band == "scl" else "average",
        ) as file:  # fmt: skip
            file.write(pixels, 1)
            file.update_tags(TIFFTAG_IMAGEDESCRIPTION=stac.SIMULATED, minewatch_simulated="true")


def _write_item(
    out_dir: Path,
    files: Path,
    spec: WorldSpec,
    overpass: Overpass,
    image: Rendered,
    day: date,
    frame: Frame,
    epsg: int,
) -> dict[str, Any]:
    """An item of one day whose assets are the files of its months."""
    when = datetime(day.year, day.month, day.day, 4, 7, tzinfo=UTC)
    orbit = int(when.timestamp() // timedelta(days=1).total_seconds())
    seen = replace(overpass, acquired=when, index=orbit, orbit=orbit)
    tile = stac.Tile(name="47PSA", col=0, width=_WORLD_PX, place=spec.place)
    item = stac.make_item(
        spec, seen, tile, sun=image.sun, cloud_cover_pct=image.cloud_cover_pct,
        valid=image.bands["scl"] > 0,
    )  # fmt: skip
    west, north, rows, cols = frame
    square = shapely.box(west, north - 10 * rows, west + 10 * cols, north).segmentize(1000)
    outline = gpd.GeoSeries([square], crs=epsg).to_crs(WGS84).iloc[0]
    item["geometry"], item["bbox"] = shapely.geometry.mapping(outline), list(outline.bounds)
    item["properties"]["proj:epsg"] = epsg
    own = out_dir / "items" / item["id"]
    own.mkdir(parents=True)
    for asset in item["assets"].values():
        name = asset["href"].removeprefix("./")
        asset["href"] = f"../../files/{files.name}/{name}"
        with rasterio.open(files / name) as file:
            asset["proj:shape"] = list(file.shape)
            asset["proj:transform"] = list(file.transform)[:6]
    _write_json(own / f"{item['id']}.json", item)
    return item


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
