"""Writes a simulated archive: static STAC catalogue, COGs, area of interest and truth."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from rasterio.transform import Affine
from shapely.geometry import mapping

from minewatch.errors import OutputError
from minewatch.model import WGS84, Progress, ProgressListener, silent
from minewatch.raster_warnings import expect_threads
from minewatch.synthetic import stac
from minewatch.synthetic.overpass_calendar import Overpass, plan_overpasses
from minewatch.synthetic.render import Rendered, render
from minewatch.synthetic.spec import PIXEL_M, WorldSpec
from minewatch.synthetic.truth_writer import OverpassTruth, write_truth
from minewatch.synthetic.world import Backdrop, World, make_world

_AOI_MARGIN_M = 60.0


@dataclass(frozen=True, kw_only=True)
class Archive:
    """Where a simulated archive lies."""

    directory: Path
    """Its folder."""
    spec: WorldSpec
    """What it was made from."""

    @property
    def catalog(self) -> Path:
        """Static STAC `catalog.json`."""
        return self.directory / "catalog.json"

    @property
    def aoi(self) -> Path:
        """Area of interest, WGS 84."""
        return self.directory / "aoi.geojson"

    @property
    def truth(self) -> Path:
        """Sites and confusers with their histories, WGS 84."""
        return self.directory / "truth.geojson"

    @property
    def truth_seasons(self) -> Path:
        """One row per site and dry season."""
        return self.directory / "truth_seasons.csv"

    @property
    def truth_site_overpasses(self) -> Path:
        """One row per site and day on which it was really clear."""
        return self.directory / "truth_site_looks.csv"

    @property
    def truth_overpasses(self) -> Path:
        """One row per overpass: true offset, misplacement, clouds."""
        return self.directory / "truth_looks.csv"


def write_archive(
    out_dir: Path,
    spec: WorldSpec,
    *,
    backdrop: Backdrop | None = None,
    listener: ProgressListener = silent,
) -> Archive:
    """Write a simulated archive and return where it lies.

    Parameters
    ----------
    out_dir
        A folder that does not exist or is empty.
    spec
        The world. Equal specs give equal bytes.
    backdrop
        Real ground to draw the sites into, as `make_world` takes it; None: simulated, too.
    listener
        Called after each overpass.

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
    out_dir.mkdir(parents=True, exist_ok=True)
    archive = Archive(directory=out_dir, spec=spec)
    expect_threads()
    world, overpasses = make_world(spec, backdrop=backdrop), plan_overpasses(spec)
    items: list[dict[str, Any]] = []
    truths: list[OverpassTruth] = []
    with ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        written = pool.map(lambda overpass: _write_overpass(out_dir, world, overpass), overpasses)
        for done, (made, true) in enumerate(written):
            items += made
            truths += true
            listener(
                Progress(
                    "simulating", done + 1, len(overpasses), f"{overpasses[done].day} (simulated)"
                )
            )
    items.sort(key=lambda i: (i["properties"]["datetime"], i["id"]))
    _write_json(out_dir / "collection.json", stac.make_collection(spec, items))
    _write_json(archive.catalog, stac.make_catalog(spec))
    _write_json(archive.aoi, area_feature(spec))
    write_truth(out_dir, world, truths)
    return archive


def _write_overpass(
    out_dir: Path, world: World, overpass: Overpass
) -> tuple[list[dict[str, Any]], list[OverpassTruth]]:
    image = render(world, overpass)
    if image.cloud_cover_pct > world.spec.most_cloud_pct:
        return [], []
    clear_sites = _clear_sites(world, image)
    items, truths = [], []
    for tile in stac.make_tiles(world.spec):
        cut = {b: _cut(a, tile, world.spec.size_px) for b, a in image.bands.items()}
        valid = cut["scl"] > 0
        if not valid.any():
            continue
        clouds = 100 * float(np.isin(cut["scl"], (8, 9, 10))[valid].mean())
        item = stac.make_item(
            world.spec, overpass, tile, sun=image.sun, cloud_cover_pct=round(clouds, 6), valid=valid
        )
        folder = out_dir / "items" / item["id"]
        folder.mkdir(parents=True)
        for band, pixels in cut.items():
            _write_cog(folder / stac.file_name(band), pixels, tile, band)
        _write_json(folder / f"{item['id']}.json", item)
        items.append(item)
        row = _overpass_row(item["id"], overpass, image)
        truths.append(OverpassTruth(row=row, clear_sites=clear_sites))
    return items, truths


def _cut(a: np.ndarray, tile: stac.Tile, size_px: int) -> np.ndarray:
    step = size_px // a.shape[1]
    return a[:, tile.col // step : (tile.col + tile.width) // step]


def _clear_sites(world: World, image: Rendered) -> tuple[str, ...]:
    """Ids of the sites of which at least half is really seen."""
    west, north = world.spec.place.origin_xy
    clear = np.kron(image.bands["scl"] > 0, np.ones((2, 2), bool)) & image.sky.is_clear
    found = []
    for mine in world.mines:
        x0, y0, x1, y1 = (np.array(mine.footprint.bounds) - (west, north, west, north)) / PIXEL_M
        window = clear[int(-y1) : int(-y0) + 1, int(x0) : int(x1) + 1]
        if window.size and window.mean() >= 0.5:
            found.append(mine.id)
    return tuple(found)


def _overpass_row(name: str, overpass: Overpass, image: Rendered) -> dict[str, Any]:
    return {
        "scene_id": name,
        "date": overpass.day.isoformat(),
        "baseline": overpass.baseline,
        "offset_dn": overpass.offset_dn,
        "flag_applied": overpass.flag_applied,
        "shift_east_px": round(overpass.shift_px[0], 4),
        "shift_south_px": round(overpass.shift_px[1], 4),
        "true_cloud_share": round(image.sky.cover, 4),
        "is_partial": overpass.swath is not None,
        "simulated": True,
    }


def _write_cog(path: Path, pixels: np.ndarray, tile: stac.Tile, band: str) -> None:
    pixel_m = 20.0 if band == "scl" or band.startswith("swir") else 10.0
    resampling = "NEAREST" if band == "scl" else "AVERAGE"
    options = {
        "driver": "COG", "compress": "DEFLATE", "level": 1, "predictor": "YES", "blocksize": 256,
        "overview_count": 2 if max(pixels.shape) > 256 else 1,
        "overview_resampling": resampling,
    }  # fmt: skip
    with rasterio.open(
        path, "w", width=pixels.shape[1], height=pixels.shape[0], count=1, dtype=pixels.dtype,
        crs=f"EPSG:{tile.epsg}", transform=Affine(*tile.transform(pixel_m)), nodata=0, **options,
    ) as file:  # fmt: skip
        file.write(pixels, 1)
        file.update_tags(TIFFTAG_IMAGEDESCRIPTION=stac.SIMULATED, minewatch_simulated="true")


def area_feature(spec: WorldSpec) -> Mapping[str, Any]:
    """The area of interest of a world, WGS 84: all of it but a margin and a corner."""
    west, south, east, north = spec.bounds
    m, c = _AOI_MARGIN_M, 160.0
    shape = shapely.box(west + m, south + m, east - m, north - m)
    corner = shapely.Polygon(
        [(east - m, south + m), (east - m - c, south + m), (east - m, south + m + c)]
    )
    outline = gpd.GeoSeries([shape - corner], crs=spec.place.epsg).to_crs(WGS84).iloc[0]
    outline = shapely.orient_polygons(shapely.set_precision(outline, 1e-7))
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {
                    "id": f"simulated-{spec.name}",
                    "name": f"Simulated world '{spec.name}', seed {spec.seed}",
                    "description": stac.SIMULATED,
                    "minewatch:simulated": True,
                },
                "geometry": mapping(outline),
            }
        ],
    }


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1, sort_keys=False) + "\n", encoding="utf-8")
