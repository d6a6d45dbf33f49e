"""STAC items in the dialects of Earth Search v1 and of the Planetary Computer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry import mapping

from minewatch.model import WGS84
from minewatch.synthetic.overpass_calendar import Overpass
from minewatch.synthetic.spec import PIXEL_M, Place, WorldSpec

SIMULATED = "simulated, not a real place"
COLLECTION = "sentinel-2-l2a"
_SQUARES = "ABCDEFGHJKLMNPQRSTUV"
_FILES: Mapping[str, str] = {
    "blue": "B02", "green": "B03", "red": "B04", "nir": "B08", "swir16": "B11", "swir22": "B12",
    "scl": "SCL",
}  # fmt: skip
_CENTRES: Mapping[str, tuple[float, float]] = {
    "blue": (0.49, 0.098), "green": (0.56, 0.045), "red": (0.665, 0.038), "nir": (0.842, 0.145),
    "swir16": (1.61, 0.143), "swir22": (2.19, 0.242),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Tile:
    """A cut of the world as MGRS cuts the Earth."""

    name: str
    """Like `47PSA`: see `Place.tile`."""
    col: int
    """First column in the world, 10 m pixels; even."""
    width: int
    """Columns, 10 m pixels; even."""
    place: Place
    """Where its world lies."""

    @property
    def epsg(self) -> int:
        """UTM zone."""
        return self.place.epsg

    def transform(self, pixel_m: float) -> list[float]:
        """Six affine numbers."""
        west, north = self.place.origin_xy
        return [pixel_m, 0.0, west + self.col * PIXEL_M, 0.0, -pixel_m, north]


def make_tiles(spec: WorldSpec) -> tuple[Tile, ...]:
    """The tiles of a world, west to east, overlapping."""
    step = spec.size_px / spec.tiles
    tiles = []
    for i in range(spec.tiles):
        first = int(max(0, i * step - (spec.tile_overlap_px / 2 if i else 0))) // 2 * 2
        last = spec.size_px if i == spec.tiles - 1 else (i + 1) * step + spec.tile_overlap_px / 2
        width = (min(spec.size_px, int(last)) - first) // 2 * 2
        name = f"{spec.place.tile}{_SQUARES[i]}"
        tiles.append(Tile(name=name, col=first, width=width, place=spec.place))
    return tuple(tiles)


def item_id(spec: WorldSpec, overpass: Overpass, tile: Tile) -> str:
    """The id of a scene, always beginning with `SIM_`."""
    if spec.dialect == "earth-search":
        return f"SIM_{overpass.platform}_{tile.name}_{overpass.day:%Y%m%d}_{overpass.sequence}_L2A"
    return (
        f"SIM_{overpass.platform}_MSIL2A_{overpass.acquired:%Y%m%dT%H%M%S}_R{overpass.relative_orbit:03d}"
        f"_T{tile.name}_{_processed(overpass):%Y%m%dT%H%M%S}"
    )


def make_item(
    spec: WorldSpec, overpass: Overpass, tile: Tile, *, sun: tuple[float, float],
    cloud_cover_pct: float, valid: np.ndarray,
) -> dict[str, Any]:  # fmt: skip
    """One item, as plain data with relative links.

    Parameters
    ----------
    spec, overpass, tile
        What was seen.
    sun
        Zenith and azimuth, degrees.
    cloud_cover_pct
        Of the tile.
    valid
        True where the tile has pixels, dims (y, x) at 20 m.
    """
    name = item_id(spec, overpass, tile)
    footprint = _footprint(overpass, tile, spec)
    dialect = _earth_search if spec.dialect == "earth-search" else _planetary_computer
    nodata = round(100 * float(1 - valid.mean()), 6)
    properties = {
        "title": f"{name} ({SIMULATED})",
        "description": "simulated by minewatch.synthetic",
        "minewatch:simulated": True,
        "datetime": _stamp(overpass.acquired),
        "eo:cloud_cover": cloud_cover_pct,
        "instruments": ["msi"],
        "proj:epsg": tile.epsg,
        "s2:datatake_id": overpass.datatake,
        "s2:datatake_type": "INS-NOBS",
        "s2:processing_baseline": overpass.baseline,
        "s2:product_type": "S2MSI2A",
        "s2:product_uri": _product_uri(overpass, tile),
        "s2:generation_time": _stamp(_processed(overpass)),
        "s2:nodata_pixel_percentage": nodata,
        **dialect(overpass, tile, sun),
    }
    bands: tuple[str, ...] = (*spec.bands, "scl")
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [
            "https://stac-extensions.github.io/eo/v1.1.0/schema.json",
            "https://stac-extensions.github.io/projection/v1.1.0/schema.json",
        ],
        "id": name,
        "collection": COLLECTION,
        "geometry": mapping(footprint),
        "bbox": list(footprint.bounds),
        "properties": dict(sorted(properties.items())),
        "links": [
            {"rel": "root", "href": "../../catalog.json", "type": "application/json"},
            {"rel": "parent", "href": "../../collection.json", "type": "application/json"},
            {"rel": "collection", "href": "../../collection.json", "type": "application/json"},
        ],
        "assets": {asset_key(spec, b): _asset(spec, overpass, tile, b, valid.shape) for b in bands},
    }


def asset_key(spec: WorldSpec, band: str) -> str:
    """Name of a band's asset in the dialect."""
    return band if spec.dialect == "earth-search" else _FILES[band]


def file_name(band: str) -> str:
    """File of a band, relative to its item."""
    return f"{_FILES[band]}.tif"


def _earth_search(overpass: Overpass, tile: Tile, sun: tuple[float, float]) -> dict[str, Any]:
    return {
        "platform": "sentinel-2" + overpass.platform[-1].lower(),
        "constellation": "sentinel-2",
        "mgrs:utm_zone": int(tile.name[:2]),
        "mgrs:latitude_band": tile.name[2],
        "mgrs:grid_square": tile.name[3:],
        "grid:code": f"MGRS-{tile.name}",
        "view:sun_azimuth": round(sun[1], 6),
        "view:sun_elevation": round(90 - sun[0], 6),
        "s2:sequence": str(overpass.sequence),
        "earthsearch:boa_offset_applied": overpass.flag_applied,
        "created": _stamp(_processed(overpass)),
        "updated": _stamp(_processed(overpass)),
    }


def _planetary_computer(overpass: Overpass, tile: Tile, sun: tuple[float, float]) -> dict[str, Any]:
    return {
        "platform": f"Sentinel-2{overpass.platform[-1]}",
        "constellation": "Sentinel 2",
        "s2:mgrs_tile": tile.name,
        "sat:relative_orbit": overpass.relative_orbit,
        "sat:orbit_state": "descending",
        "s2:mean_solar_zenith": round(sun[0], 6),
        "s2:mean_solar_azimuth": round(sun[1], 6),
    }


def _asset(
    spec: WorldSpec, overpass: Overpass, tile: Tile, band: str, half_shape: tuple[int, ...]
) -> dict[str, Any]:
    is_coarse = band == "scl" or band.startswith("swir")
    pixel = 20.0 if is_coarse else PIXEL_M
    rows, cols = half_shape if is_coarse else (half_shape[0] * 2, half_shape[1] * 2)
    asset: dict[str, Any] = {
        "href": f"./{file_name(band)}",
        "type": "image/tiff; application=geotiff; profile=cloud-optimized",
        "title": f"{_FILES[band]} (simulated)",
        "proj:shape": [rows, cols],
        "proj:transform": tile.transform(pixel),
        "roles": ["data"],
    }
    if band != "scl":
        centre, width = _CENTRES[band]
        name = band if spec.dialect == "earth-search" else _FILES[band]
        asset["gsd"] = int(pixel)
        asset["eo:bands"] = [
            {"name": name, "common_name": band, "center_wavelength": centre,
             "full_width_half_max": width}
        ]  # fmt: skip
    if spec.dialect == "earth-search":
        asset["roles"] = ["data", "reflectance"]
        asset["raster:bands"] = [_raster_band(overpass, band, int(pixel))]
    return asset


def _raster_band(overpass: Overpass, band: str, pixel: int) -> dict[str, Any]:
    """Earth Search says offset -0.1 of every new product, also where it has taken it off."""
    if band == "scl":
        return {"nodata": 0, "data_type": "uint8", "spatial_resolution": pixel}
    return {
        "nodata": 0, "data_type": "uint16", "bits_per_sample": 15, "spatial_resolution": pixel,
        "scale": 0.0001, "offset": -0.1 if overpass.product_offset else 0,
    }  # fmt: skip


def _footprint(overpass: Overpass, tile: Tile, spec: WorldSpec) -> shapely.Polygon:
    """Outline of the valid pixels of a tile, WGS 84; empty when the swath misses it."""
    west, south, east, north = spec.bounds
    x0 = west + tile.col * PIXEL_M
    box = shapely.box(x0, south, x0 + tile.width * PIXEL_M, north)
    if overpass.swath is not None:
        top, bottom = (west + share * spec.extent_m for share in overpass.swath)
        edge = [(top, north + 1), (bottom, south - 1)]
        side = west - 1e6 if overpass.swath_west else east + 1e6
        box = box & shapely.Polygon([*edge, (side, south - 1), (side, north + 1)])
    if box.is_empty:
        return box
    outline = gpd.GeoSeries([box.segmentize(1000)], crs=tile.epsg).to_crs(WGS84).iloc[0]
    return shapely.orient_polygons(shapely.set_precision(outline, 1e-7))


def _processed(overpass: Overpass) -> Any:
    delay = timedelta(hours=5) if overpass.sequence == 0 else timedelta(days=900)
    return overpass.acquired + delay


def _product_uri(overpass: Overpass, tile: Tile) -> str:
    return (
        f"SIM_{overpass.platform}_MSIL2A_{overpass.acquired:%Y%m%dT%H%M%S}"
        f"_N{overpass.baseline.replace('.', '')}_R{overpass.relative_orbit:03d}_T{tile.name}"
        f"_{_processed(overpass):%Y%m%dT%H%M%S}.SAFE"
    )


def _stamp(moment: Any) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000000Z"


def make_collection(spec: WorldSpec, items: list[dict[str, Any]]) -> dict[str, Any]:
    """The collection over all items."""
    boxes = np.array([i["bbox"] for i in items])
    times = sorted(i["properties"]["datetime"] for i in items)
    bbox = [*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist()]
    return {
        "type": "Collection",
        "stac_version": "1.0.0",
        "id": COLLECTION,
        "title": f"Sentinel-2 L2A, simulated world '{spec.name}'",
        "description": f"Made by minewatch.synthetic: {SIMULATED}",
        "license": "Apache-2.0",
        "minewatch:simulated": True,
        "keywords": ["simulated"],
        "extent": {"spatial": {"bbox": [bbox]}, "temporal": {"interval": [[times[0], times[-1]]]}},
        "links": [
            {"rel": "root", "href": "./catalog.json", "type": "application/json"},
            {"rel": "parent", "href": "./catalog.json", "type": "application/json"},
            *(
                {"rel": "item", "href": f"./items/{i['id']}/{i['id']}.json",
                 "type": "application/geo+json"}
                for i in items
            ),
        ],
    }  # fmt: skip


def make_catalog(spec: WorldSpec) -> dict[str, Any]:
    """The root."""
    return {
        "type": "Catalog",
        "stac_version": "1.0.0",
        "id": f"SIM_{spec.name}_{spec.seed}",
        "title": f"Simulated archive '{spec.name}'",
        "description": f"Static catalogue made by minewatch.synthetic: {SIMULATED}",
        "minewatch:simulated": True,
        "links": [
            {"rel": "root", "href": "./catalog.json", "type": "application/json"},
            {"rel": "child", "href": "./collection.json", "type": "application/json"},
        ],
    }
