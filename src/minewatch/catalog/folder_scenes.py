"""GeoTIFFs of a folder as STAC items: the headers are read, no pixel is."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import rasterio
import shapely
from pyproj import Geod, Transformer
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from shapely.geometry import mapping as as_geojson

from minewatch.catalog.answers import Answer, RawItem
from minewatch.catalog.folder_mapping import BandPlace, FolderMapping
from minewatch.model import WGS84, Band, Progress, ProgressListener, silent

INTEGER_KINDS = ("uint8", "uint16", "int16")
"""Kinds of pixels that are digital numbers of at most 16 bits."""
SAME_SCALE = 0.01
"""What a map projection stretches at most where its units count as metres on the ground [D]."""
_GEOD = Geod(ellps="WGS84")


class _FileError(ValueError):
    """A file that cannot be used; the message is the reason, in words."""


class _Header(NamedTuple):
    """What the header of a file says."""

    shape: tuple[int, int]
    transform: tuple[float, ...]
    epsg: int | None
    bands: int
    pixel_m: float
    footprint: shapely.Geometry


def list_folder(folder: FolderMapping, *, listener: ProgressListener = silent) -> Answer:
    """Every scene of a folder as an item, in order of their names.

    Parameters
    ----------
    folder
        What its mapping file says.
    listener
        Hears of the scenes read so far.

    Returns
    -------
    Answer
        Scenes of which anything cannot be used are in `dropped`, each with its reason.
    """
    items: list[RawItem] = []
    dropped: dict[str, str] = {}
    for done, (name, files) in enumerate(sorted(_by_scene(folder).items()), start=1):
        try:
            items.append(RawItem(item=_item(folder, name, files), base=str(folder.path)))
        except _FileError as error:
            dropped[name] = str(error)
        listener(Progress("catalogue", done, done, name))
    return Answer(items=tuple(items), collection=folder.title, dropped=dropped)


def _by_scene(folder: FolderMapping) -> dict[str, dict[str, Path]]:
    """Name of each scene to pattern to file; a file goes to the pattern that says most of it."""
    patterns = sorted({place.files for place in folder.bands.values()}, key=_literal, reverse=True)
    compiled = [(pattern, _expression(pattern)) for pattern in patterns]
    scenes: defaultdict[str, dict[str, Path]] = defaultdict(dict)
    for path in sorted(folder.folder.rglob("*")):
        name = path.relative_to(folder.folder).as_posix()
        for pattern, expression in compiled:
            if (found := expression.fullmatch(name)) and path.is_file():
                scenes[found["scene"].replace("/", "_")].setdefault(pattern, path)
                break
    return dict(scenes)


def _literal(pattern: str) -> tuple[int, str]:
    return len(re.sub(r"\{scene\}|[*?]", "", pattern)), pattern


def _expression(pattern: str) -> re.Pattern[str]:
    special = {"{scene}": "(?P<scene>.+)", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\{scene\}|[*?])", pattern)
    return re.compile("".join(special.get(part, re.escape(part)) for part in parts))


def _item(folder: FolderMapping, name: str, files: Mapping[str, Path]) -> dict[str, Any]:
    acquired = folder.date_of(name)
    if acquired is None:
        raise _FileError(f"its name does not hold a date as {folder.date}")
    assets: dict[str, Any] = {}
    headers: dict[Path, _Header] = {}
    for band, place in folder.bands.items():
        path = files.get(place.files)
        if path is None:
            raise _FileError(f"has no file {place.files!r} for {band}")
        if path not in headers:
            headers[path] = _read_header(path)
        assets[band] = _asset(folder, band, place, path, headers[path])
    changed = max(path.stat().st_mtime for path in headers)
    properties = {
        "datetime": acquired.isoformat().replace("+00:00", "Z"),
        "created": datetime.fromtimestamp(changed, UTC).isoformat(),
        "minewatch:tile": name,
        **({"platform": folder.platform} if folder.platform else {}),
        **({"attribution": folder.attribution} if folder.attribution else {}),
        **({"minewatch:simulated": True} if folder.simulated else {}),
    }
    footprint = headers[files[folder.bands["red"].files]].footprint
    return {
        "type": "Feature", "stac_version": "1.0.0", "id": name, "collection": folder.title,
        "geometry": as_geojson(footprint), "bbox": list(footprint.bounds), "links": [],
        "properties": properties, "assets": assets,
    }  # fmt: skip


def _asset(
    folder: FolderMapping, band: Band, place: BandPlace, path: Path, header: _Header
) -> dict[str, Any]:
    if place.index > header.bands:
        raise _FileError(
            f"{path.name} has {header.bands} bands: there is no {place.index} ({band})"
        )
    asset = {
        "href": str(path), "proj:shape": list(header.shape), "file:size": path.stat().st_size,
        "proj:transform": list(header.transform), "gsd": header.pixel_m,
        **({"proj:code": f"EPSG:{header.epsg}"} if header.epsg else {}),
        **({"minewatch:band": place.index} if place.index != 1 else {}),
    }  # fmt: skip
    if band == "mask":
        values = folder.mask_values
        assert values is not None, "a mask has values"
        said = {"clear": list(values.clear), "hidden_bits": list(values.hidden_bits)}
        asset["minewatch:mask"] = {**said, "grow": values.grows}
        return {**asset, "nodata": folder.mask_nodata}
    stated = {"raster:scale": folder.scale, "raster:offset": folder.offset}
    return {**asset, **stated, **({} if folder.nodata is None else {"nodata": folder.nodata})}


def _read_header(path: Path) -> _Header:
    try:
        with rasterio.open(path, driver="GTiff") as file:
            return _header_of(file, path)
    except (RasterioError, OSError) as error:
        raise _FileError(f"{path.name} cannot be read: {' '.join(str(error).split())}") from None


def _header_of(file: DatasetReader, path: Path) -> _Header:
    kinds = sorted(set(file.dtypes) - set(INTEGER_KINDS))
    if kinds:
        raise _FileError(
            f"{path.name} holds {kinds[0]}, not digital numbers of at most 16 bits: "
            "gdal_translate -ot UInt16 -scale 0 1 0 10000 makes some of reflectance"
        )
    if file.crs is None:
        raise _FileError(f"{path.name} has no CRS: gdal_edit.py -a_srs EPSG:… writes it in")
    to_wgs84 = Transformer.from_crs(file.crs.to_wkt(), WGS84, always_xy=True)
    width, height, transform = file.width, file.height, file.transform
    outline = shapely.Polygon(
        [transform * at for at in ((0, 0), (0, height), (width, height), (width, 0))]
    ).segmentize(max(width, height) * math.hypot(transform.a, transform.d) / 8)
    footprint = shapely.transform(outline, to_wgs84.transform, interleaved=False)
    if not shapely.is_valid(footprint) or not all(map(math.isfinite, footprint.bounds)):
        raise _FileError(f"{path.name} lies nowhere on the Earth")
    return _Header(
        shape=(height, width), transform=tuple(transform)[:6], epsg=file.crs.to_epsg(),
        bands=file.count, footprint=shapely.orient_polygons(footprint),
        pixel_m=_pixel_m(file, to_wgs84),
    )  # fmt: skip


def _pixel_m(file: DatasetReader, to_wgs84: Transformer) -> float:
    """The longer side of the pixel in the middle of a file, metres on the ground."""
    col, row, transform = file.width / 2, file.height / 2, file.transform
    corners = [transform * at for at in ((col, row), (col + 1, row), (col, row + 1))]
    lon, lat = to_wgs84.transform([x for x, _ in corners], [y for _, y in corners])
    sides = [_GEOD.inv(lon[0], lat[0], lon[n], lat[n])[2] for n in (1, 2)]
    stated = max(math.hypot(transform.a, transform.d), math.hypot(transform.b, transform.e))
    on_ground = float(max(sides))
    return stated if abs(on_ground / stated - 1) < SAME_SCALE else round(on_ground, 3)
