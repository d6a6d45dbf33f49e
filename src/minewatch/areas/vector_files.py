"""Polygons out of any vector file, in WGS 84, with what the file said of them."""

from __future__ import annotations

import json
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pyproj
import shapely
from pyproj.exceptions import ProjError
from shapely.geometry.base import BaseGeometry

from minewatch.areas.coordinate_checks import (
    are_degrees,
    check_degrees,
    check_finite,
    check_metres,
)
from minewatch.areas.openable_names import member_of, openable_names, typed_copies
from minewatch.areas.repair import polygons_of
from minewatch.errors import AoiError
from minewatch.model import WGS84

_TABLE_SUFFIXES = (".csv", ".tsv")
_OUTLINE_COLUMNS = "WKT,geometry,geom,the_geom,wkt_geom,shape"
"""Columns of a table that hold outlines as text: of QGIS, geopandas, PostGIS, Esri."""
MOST_BYTES = 16_000_000
"""Of a file of outlines, unpacked: 60 MB of small ones took 43 s, measured [D]."""


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One polygon feature of a file."""

    polygons: tuple[BaseGeometry, ...]
    """Its polygons, WGS 84 (lon, lat), as drawn: they may be invalid."""
    properties: Mapping[str, Any]
    """Its attributes as plain values; empty ones left out."""
    layer: str
    """The layer it was in."""


@dataclass
class _Reading:
    """What one file gave so far."""

    path: Path
    features: list[Feature] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    other: Counter[str] = field(default_factory=Counter)
    """Geometry types that are no area, and how often."""


def read_features(path: Path) -> tuple[tuple[Feature, ...], tuple[str, ...]]:
    """Every polygon feature of a vector file, and notes on what was left out or reprojected.

    Parameters
    ----------
    path
        Anything GDAL reads: GeoJSON, GeoPackage, shapefile, KML, KMZ, FlatGeobuf, a table with a
        WKT column; also in a zip archive, in folders of it or not.

    Raises
    ------
    AoiError
        When the file cannot be read, holds no polygon, or its coordinates make no sense.
    """
    reading = _Reading(path)
    _check_file(path)
    try:
        with warnings.catch_warnings(record=True) as caught, openable_names(path) as names:
            warnings.simplefilter("always")  # what GDAL mends silently belongs in the notes
            for name in names:
                _read_source(reading, name)
            if len(names) > 1 or "/" in member_of(names[0]):
                reading.notes.append(f"read from {', '.join(map(member_of, names))}")
    except (RuntimeError, ValueError, OSError) as error:  # pyogrio's errors are RuntimeErrors
        raise AoiError(
            f"{path}: cannot be read as a vector file ({_first_line(error)})", hint=_hint(path)
        ) from error
    if not reading.features:
        raise _no_polygon(reading)
    reading.notes += dict.fromkeys(f"GDAL: {_first_line(w.message)}" for w in caught)
    if reading.other:
        reading.notes.append(f"left out: {_counted(reading.other)}")
    return tuple(reading.features), tuple(reading.notes)


def _check_file(path: Path) -> None:
    """Raise for what is no file, or too long to be read within seconds."""
    if path.is_dir():
        return
    if not path.is_file():
        raise AoiError(f"{path}: is no file", hint="give a polygon file, not a pipe or a device")
    size = path.stat().st_size
    if zipfile.is_zipfile(path):
        with suppress(zipfile.BadZipFile), zipfile.ZipFile(path) as packed:
            size = max(size, sum(entry.file_size for entry in packed.infolist()))
    if size > MOST_BYTES:
        raise AoiError(
            f"{path}: is {size / 1e6:.0f} MB, and {MOST_BYTES / 1e6:.0f} MB is the most",
            hint="simplify the outline to some metres (in QGIS: Simplify), or keep only the "
            "features that are needed",
        )


def _read_source(reading: _Reading, name: str) -> None:
    """All layers of what GDAL opens under one name."""
    if name.lower().endswith(_TABLE_SUFFIXES):
        layer = str(pyogrio.list_layers(name)[0][0])
        _read_layer(reading, name, layer, GEOM_POSSIBLE_NAMES=_OUTLINE_COLUMNS)
        return
    try:
        layers = [(name, *layer) for layer in pyogrio.list_layers(name)]
    except pyogrio.errors.GeometryError:
        copies = typed_copies(name)
        layers = [(copy, *pyogrio.list_layers(copy)[0]) for copy in copies]
        if not layers:
            raise
    for source, layer, kind in layers:
        if kind is not None:  # tables without geometry, such as a GeoPackage's styles
            _read_layer(reading, source, str(layer))


def _read_layer(reading: _Reading, source: str | bytes, layer: str, **options: str) -> None:
    try:
        meta, _, blobs, columns = pyogrio.raw.read(source, layer=layer, **options)
    except ValueError:  # a value that is no date, in a column of dates
        meta, blobs, columns = _read_by_column(reading, source, layer, options)
    geometries = [_geometry(blob, reading) for blob in blobs]
    rows, polygons = [], []
    for row, geometry in enumerate(geometries):
        if found := polygons_of(geometry):
            rows.append(row)
            polygons.append(shapely.MultiPolygon(found))
        else:
            reading.other[geometry.geom_type if geometry else "empty geometry"] += 1
    if not polygons:
        return
    for row, area in zip(rows, _to_wgs84(polygons, meta["crs"], reading), strict=True):
        properties = {
            str(name): _plain(column[row])
            for name, column in zip(meta["fields"], columns, strict=True)
        }
        reading.features.append(
            Feature(
                polygons=tuple(polygons_of(area)),
                properties={k: v for k, v in properties.items() if v not in (None, "")},
                layer=layer,
            )
        )


def _read_by_column(
    reading: _Reading, source: str | bytes, layer: str, options: Mapping[str, str]
) -> tuple[dict[str, Any], Any, list[Any]]:
    """A layer without the columns that cannot be read."""
    named = pyogrio.read_info(source, layer=layer, **options)["fields"]
    meta, _, blobs, _ = pyogrio.raw.read(source, layer=layer, columns=[], **options)
    fields, columns = [], []
    for field_name in named:
        try:
            read = pyogrio.raw.read(
                source, layer=layer, columns=[field_name], read_geometry=False, **options
            )
        except ValueError as error:
            reading.notes.append(f"property {field_name!r} left out: {_first_line(error)}")
            continue
        fields.append(field_name)
        columns.append(read[3][0])
    return {**meta, "fields": fields}, blobs, columns


def _geometry(blob: bytes | None, reading: _Reading) -> BaseGeometry | None:
    if blob is None:
        return None
    with np.errstate(invalid="ignore"):  # NaN coordinates get their own error
        try:
            return shapely.from_wkb(blob)
        except shapely.errors.GEOSException as error:
            mended = shapely.from_wkb(blob, on_invalid="fix")
            result = "closed or cut short" if polygons_of(mended) else "left out"
            reading.notes.append(f"ring {result}: {_first_line(error)}")
            return mended


def _to_wgs84(
    polygons: list[BaseGeometry], crs_text: str | None, reading: _Reading
) -> Iterable[BaseGeometry]:
    where = str(reading.path)
    check_finite(polygons, where=where)
    is_table = reading.path.suffix.lower() in _TABLE_SUFFIXES
    if not crs_text and is_table and are_degrees(polygons):
        reading.notes.append(f"a table states no CRS: read as degrees ({WGS84})")
        crs_text = WGS84
    if not crs_text:
        raise AoiError(
            f"{where}: has no coordinate reference system",
            hint="a shapefile needs its .prj beside it; or set the CRS in QGIS and save as "
            "GeoPackage",
        )
    crs = pyproj.CRS.from_user_input(crs_text)
    label = f"EPSG:{crs.to_epsg()}" if crs.to_epsg() else crs.name
    if crs.is_geographic:
        check_degrees(polygons, where=where)
    elif crs.is_projected:
        check_metres(polygons, crs=label, where=where)
    if label == WGS84:
        return polygons
    try:
        moved = gpd.GeoSeries(polygons, crs=crs).to_crs(WGS84)
    except ProjError as error:
        raise AoiError(
            f"{where}: cannot be brought from {label} to degrees", hint="reproject to EPSG:4326"
        ) from error
    check_finite(list(moved), where=f"{where}, brought from {label} to degrees")
    reading.notes.append(f"reprojected from {label}")
    return list(moved)


def _no_polygon(reading: _Reading) -> AoiError:
    found = f": it holds {_counted(reading.other)}" if reading.other else ": it is empty"
    return AoiError(
        f"{reading.path}: no polygon in it{found}",
        hint="draw an outline; in QGIS turn lines into areas (Lines to polygons) and points too "
        "(Buffer)",
    )


def _counted(kinds: Counter[str]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def _hint(path: Path) -> str:
    if path.suffix.lower() == ".shp":
        return "a shapefile is several files: .shp, .shx, .dbf and .prj must lie together"
    return "give a polygon as GeoJSON, GeoPackage, zipped shapefile or KML"


def _plain(value: Any) -> Any:
    """A column's value as Python and JSON know it; None for every kind of missing."""
    if isinstance(value, np.ndarray):
        return [_plain(v) for v in value]
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _first_line(error: object) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
