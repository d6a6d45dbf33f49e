"""Writes a simulated archive of Sentinel-1 RTC beside the optical one of the same world."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
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
from minewatch.synthetic.archive import Archive, area_feature
from minewatch.synthetic.backscatter import backscatter_library, layover_shadow
from minewatch.synthetic.ground_spectra import material_index
from minewatch.synthetic.spec import PIXEL_M, WorldSpec
from minewatch.synthetic.stac import SIMULATED
from minewatch.synthetic.world import World, make_world

COLLECTION = "sentinel-1-rtc"
LOOKS = 4.4
"""Equivalent number of looks of a cell of 20 m: how strong speckle is. Sentinel-1 IW GRDH."""
RAIN_DB = 0.3
"""Standard deviation of what rain and wet canopies do to a whole overpass, decibels [D]."""
_DAYS = 12
"""Days between two passes of one spacecraft on one relative orbit."""


@dataclass(frozen=True, kw_only=True)
class RadarOrbit:
    """One relative orbit over a world."""

    number: int
    """Relative orbit."""
    is_ascending: bool
    """Whether it looks east, in the evening; else west, in the morning."""
    first_day: int = 0
    """Days from the first day of the archive to its first pass."""


ORBITS = (RadarOrbit(number=70, is_ascending=True, first_day=3),)


def write_radar_archive(
    out_dir: Path,
    spec: WorldSpec,
    *,
    orbits: tuple[RadarOrbit, ...] = ORBITS,
    has_mask: bool = True,
    listener: ProgressListener = silent,
) -> Archive:
    """Write Sentinel-1 RTC of a simulated world: VV and VH in linear power, speckle and all.

    Parameters
    ----------
    out_dir
        A folder that does not exist or is empty.
    spec
        The world: that of an optical archive of the same spec. Equal specs give equal pixels.
    orbits
        Relative orbits that pass over it.
    has_mask
        Whether items have a mask of layover and shadow, as OPERA's; otherwise none, as those of
        Planetary Computer.
    listener
        Called after each overpass.

    Returns
    -------
    Archive
        Where it lies: `catalog` and `aoi`. Its truth is that of the optical archive.

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
    world, links = make_world(spec), []
    passes = [(day, orbit) for orbit in orbits for day in _days(spec, orbit)]
    for done, (day, orbit) in enumerate(sorted(passes, key=lambda p: (p[0], p[1].number)), 1):
        name = _write_pass(out_dir, world, day, orbit, has_mask=has_mask)
        links.append({"rel": "item", "href": f"./{name}/{name}.json"})
        listener(Progress("simulating", done, len(passes), f"{day} radar (simulated)"))
    archive = Archive(directory=out_dir, spec=spec)
    _write_json(archive.catalog, _collection(links))
    _write_json(archive.aoi, area_feature(spec))
    return archive


def radar_image(world: World, day: date, orbit: RadarOrbit) -> np.ndarray:
    """What one overpass measures, dims (polarisation, y, x), float32 linear power."""
    spec = world.spec
    rng = spec.random("radar", orbit.number, day.isoformat())
    library = backscatter_library(day.timetuple().tm_yday)
    nature = np.zeros((6, *world.ground.shape), "float32")
    for band in range(2):
        for name, share in world.cover.items():
            nature[band] += np.float32(library[material_index(name), band]) * share
        nature[band] *= 1 + 0.08 * world.texture
    ground = world.ground.apply(nature, day.toordinal(), library)[:2]
    rain = 10 ** (rng.normal(0, RAIN_DB) / 10)
    cells = rng.gamma(LOOKS, 1 / LOOKS, (2, *(side // 2 for side in ground.shape[1:])))
    speckle = np.kron(cells, np.ones((1, 2, 2)))  # two pixels of 10 m lie in what is resolved
    return np.asarray(np.maximum(ground * rain * speckle, 1e-4), "float32")


def _days(spec: WorldSpec, orbit: RadarOrbit) -> list[date]:
    first = spec.start + timedelta(days=orbit.first_day)
    count = ((spec.end - first).days) // _DAYS + 1
    return [first + timedelta(days=_DAYS * step) for step in range(count)]


def _write_pass(
    out_dir: Path, world: World, day: date, orbit: RadarOrbit, *, has_mask: bool
) -> str:
    spec = world.spec
    hour = 11 if orbit.is_ascending else 23
    moment = datetime(day.year, day.month, day.day, hour, 45, tzinfo=UTC)
    name = f"SIM_S1A_IW_GRDH_1SDV_{moment:%Y%m%dT%H%M%S}_{orbit.number:03d}_rtc"
    folder = out_dir / name
    folder.mkdir()
    image = radar_image(world, day, orbit)
    hidden = layover_shadow(world.terrain, is_ascending=orbit.is_ascending)
    files = {"vv": image[0], "vh": image[1], **({"mask": hidden} if has_mask else {})}
    for band, pixels in files.items():
        _write_tiff(folder / f"{band}.tif", pixels, spec, nodata=255 if band == "mask" else -32768)
    outline = gpd.GeoSeries([shapely.box(*spec.bounds)], crs=spec.place.epsg).to_crs(WGS84).iloc[0]
    properties = {
        "datetime": moment.isoformat().replace("+00:00", "Z"), "platform": "sentinel-1a",
        "sar:instrument_mode": "IW", "sar:polarizations": ["VV", "VH"],
        "sat:orbit_state": "ascending" if orbit.is_ascending else "descending",
        "sat:relative_orbit": orbit.number, "proj:code": f"EPSG:{spec.place.epsg}",
        "minewatch:simulated": True,
    }  # fmt: skip
    _write_json(
        folder / f"{name}.json",
        {
            "type": "Feature", "stac_version": "1.0.0", "id": name, "collection": COLLECTION,
            "geometry": mapping(outline), "bbox": list(outline.bounds), "properties": properties,
            "links": [], "assets": {band: {"href": f"./{band}.tif"} for band in files},
        },
    )  # fmt: skip
    return name


def _write_tiff(path: Path, pixels: np.ndarray, spec: WorldSpec, *, nodata: int) -> None:
    west, north = spec.place.origin_xy
    with rasterio.open(
        path, "w", driver="GTiff", width=pixels.shape[1], height=pixels.shape[0], count=1,
        dtype=pixels.dtype, crs=f"EPSG:{spec.place.epsg}", nodata=nodata, compress="deflate",
        tiled=True, blockxsize=256, blockysize=256,
        transform=Affine(PIXEL_M, 0, west, 0, -PIXEL_M, north),
    ) as file:  # fmt: skip
        file.write(pixels, 1)
        file.update_tags(TIFFTAG_IMAGEDESCRIPTION=SIMULATED, minewatch_simulated="true")


def _collection(links: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "type": "Collection", "stac_version": "1.0.0", "id": COLLECTION, "license": "other",
        "description": f"Radar made by minewatch.synthetic: {SIMULATED}",
        "minewatch:simulated": True, "links": links,
        "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]},
                   "temporal": {"interval": [[None, None]]}},
    }  # fmt: skip


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
