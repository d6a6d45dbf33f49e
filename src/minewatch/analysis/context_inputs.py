"""What questions about the surroundings of mines read: heights, and layers of the user's own."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
import shapely
from odc.geo.geobox import GeoBox
from pyproj.exceptions import ProjError
from rasterio.errors import RasterioError

from minewatch import catalog as catalogs
from minewatch import context, cube
from minewatch.areas.bundled import DATA
from minewatch.areas.coordinate_checks import (
    are_degrees,
    check_degrees,
    check_finite,
    check_metres,
)
from minewatch.context.drainage import Heights
from minewatch.context.plain_records import records
from minewatch.errors import AoiError, CatalogError, ReadError, SettingsError
from minewatch.model import AUTO_DEM, WGS84, ElevationModel, RunResult
from minewatch.settings import read_settings

CELL_M: Final = 30.0
"""Cells of the heights: those of Copernicus DEM GLO-30."""
HEIGHTS_KM: Final = 20.0
"""How far beyond the area heights are asked for; starting value."""
_HEIGHT_FILES = (".tif", ".tiff", ".vrt")


@dataclass(frozen=True, kw_only=True)
class UserLayer:
    """A layer that the user gave."""

    table: gpd.GeoDataFrame
    """One row a feature, metres of the zone of the run: `name`, `kind`, and the columns of the
    file."""
    notes: tuple[str, ...]
    """What was repaired or left out, in words."""


def read_catchment_heights(
    result: RunResult, *, dem: str, catalog: str | None = None, beyond_km: float = HEIGHTS_KM
) -> Heights:
    """Heights over the area of a run and the country around it.

    Parameters
    ----------
    result
        A finished run.
    dem
        A file of heights, a folder of such files, a collection id, or `auto`: Copernicus DEM from
        the catalogue.
    catalog
        Where a collection is searched; None: where the run searched.
    beyond_km
        How far beyond the area.

    Raises
    ------
    ReadError
        When there are none, or they cannot be read.
    """
    epsg = result.aoi.utm_epsg
    west, south, east, north = result.aoi.geometry_utm.buffer(beyond_km * 1000).bounds
    left, bottom = (float(np.floor(v / CELL_M) * CELL_M) for v in (west, south))
    right, top = (float(np.ceil(v / CELL_M) * CELL_M) for v in (east, north))
    box = GeoBox.from_bbox((left, bottom, right, top), crs=f"EPSG:{epsg}", resolution=CELL_M)
    model = _find_model(result, dem, catalog, box)
    metres, simulated = cube.read_heights(model, box, settings=read_settings())
    return Heights(
        metres=metres, transform=box.affine, epsg=epsg, simulated=simulated,
        source=f"{model.collection} ({len(model.tiles)} file{'s'[: len(model.tiles) != 1]})",
    )  # fmt: skip


def _find_model(result: RunResult, dem: str, catalog: str | None, box: GeoBox) -> ElevationModel:
    path = Path(dem).expanduser()
    if path.is_dir() or path.suffix.lower() in _HEIGHT_FILES:
        files = sorted(p for p in path.iterdir() if p.suffix.lower() in _HEIGHT_FILES) \
            if path.is_dir() else [path]  # fmt: skip
        files = _files_over(files, path, box)
        return ElevationModel(
            collection=path.name, tiles=tuple(f.stem for f in files),
            hrefs=tuple(str(f.absolute()) for f in files), is_users_file=True,
        )  # fmt: skip
    outline = box.extent.to_crs(WGS84).geom
    wide = replace(result.aoi, geometry=shapely.Polygon(outline.exterior))
    searched = catalog or str(result.manifest["parameters"]["catalog"])
    try:
        found = catalogs.find_elevation(
            wide, catalog=searched, collection=None if dem == AUTO_DEM else dem
        )
    except CatalogError as error:
        raise ReadError(error.problem, hint=_DEM_HINT) from None
    if found is None:
        raise ReadError(f"{searched} has no heights over the area", hint=_DEM_HINT)
    return found


_DEM_HINT: Final = (
    "give --dem a file of heights, or a folder of them, that reaches down to where you want to look"
)


def _files_over(files: Sequence[Path], given: Path, box: GeoBox) -> list[Path]:
    """The files that have ground in the box; all must be in one CRS."""
    found, systems = [], {}
    area = box.extent.to_crs(WGS84).geom
    for file in files:
        try:
            with rasterio.open(file) as heights:
                if heights.crs is None:
                    raise ReadError(f"{file} states no CRS", hint="assign it in QGIS")
                bounds = shapely.box(*heights.bounds)
                there = gpd.GeoSeries([bounds], crs=heights.crs).to_crs(WGS84).iloc[0]
                if there.intersects(area):
                    found.append(file)
                    systems[str(heights.crs)] = file
        except RasterioError as error:
            raise ReadError(f"{file} cannot be read: {error}", hint=_DEM_HINT) from None
    if not found:
        raise ReadError(
            f"{given}: none of {len(files)} files of heights lies over the area", hint=_DEM_HINT
        )
    if len(systems) > 1:
        named = ", ".join(f"{crs} ({file.name})" for crs, file in sorted(systems.items()))
        raise ReadError(
            f"{given}: its files are in different CRS: {named}",
            hint="bring them into one, or make a VRT of them",
        )
    return found


def bundled_places(epsg: int) -> gpd.GeoDataFrame:
    """The gazetteer points that come with minewatch: `name`, `kind`, `uncertainty_m`, `source`.

    What is only claimed to be a mine is no place of people, and left out.
    """
    with (DATA / "places.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if not row["kind"].startswith("claimed")]
    points = shapely.points(
        [float(row["lon"]) for row in rows], [float(row["lat"]) for row in rows]
    )
    table: dict[str, list[Any]] = {c: [row[c] for row in rows] for c in ("name", "kind", "source")}
    table["uncertainty_m"] = [1000 * float(row["uncertainty_km"]) for row in rows]
    return gpd.GeoDataFrame(table, geometry=list(points), crs=WGS84).to_crs(epsg)


def read_layer(path: Path, *, epsg: int, kind: str, name_column: str = "name") -> UserLayer:
    """Points, lines or polygons of a file, in metres.

    Parameters
    ----------
    path
        A file that GDAL reads, or a CSV with columns `lat` and `lon`.
    epsg
        The UTM zone of the run.
    kind
        What its features are, where the file has no column `kind`.
    name_column
        Column that names them; without it they are numbered.

    Raises
    ------
    SettingsError
        When it cannot be read, or its coordinates make no sense.
    """
    path, notes = Path(path), list[str]()
    if not path.is_file():
        raise SettingsError(f"{path}: is no file", hint="give a layer of points, lines or areas")
    try:
        table = _read_table(path)
        if table.crs is None:
            raise AoiError(
                f"{path}: has no coordinate reference system",
                hint="set the CRS in QGIS and save as GeoPackage",
            )
        is_empty = table.geometry.isna() | table.geometry.is_empty
        if is_empty.any():
            notes.append(f"{path.name}: {int(is_empty.sum())} features without outline left out")
        table = table[~is_empty].reset_index(drop=True)
        outlines = list(table.geometry)
        check_finite(outlines, where=str(path))
        if len(table):
            if table.crs.is_geographic:
                check_degrees(outlines, where=str(path))
            elif table.crs.is_projected and are_degrees(outlines):
                check_metres(outlines, crs=table.crs.name, where=str(path))
        table = table.to_crs(epsg)
        check_finite(list(table.geometry), where=f"{path}, brought to EPSG:{epsg}")
    except AoiError as error:
        raise SettingsError(error.problem, hint=error.hint) from None
    except (RuntimeError, ValueError, OSError, ProjError) as error:  # pyogrio's are RuntimeErrors
        raise SettingsError(
            f"{path}: cannot be read as a layer ({str(error).splitlines()[0]})",
            hint="give GeoJSON, GeoPackage, a shapefile with its parts, or a CSV with lat and lon",
        ) from None
    broken = ~table.geometry.is_valid
    if broken.any():
        notes.append(f"{path.name}: {int(broken.sum())} broken outlines repaired")
        table.geometry = shapely.make_valid(table.geometry.to_numpy())
    table.geometry = shapely.force_2d(table.geometry.to_numpy())
    if not len(table):
        notes.append(f"{path.name}: is empty")
    numbered = pd.Series([f"{kind} {n + 1}" for n in range(len(table))], dtype=object)
    names = table.get(name_column, numbered)
    table["name"] = names.astype(object).where(names.notna() & (names != ""), numbered)
    table["name"] = table["name"].astype(str)
    kinds = table["kind"] if "kind" in table else pd.Series([kind] * len(table), dtype=object)
    table["kind"] = kinds.astype(object).where(kinds.notna(), kind).astype(str)
    return UserLayer(table=table, notes=tuple(notes))


def _read_table(path: Path) -> gpd.GeoDataFrame:
    if path.suffix.lower() == ".csv":
        rows = pd.read_csv(path)
        if {"lat", "lon"} <= set(rows.columns):
            points = gpd.points_from_xy(rows["lon"].astype(float), rows["lat"].astype(float))
            return gpd.GeoDataFrame(rows.drop(columns=["lat", "lon"]), geometry=points, crs=WGS84)
    table: Any = pyogrio.read_dataframe(path, use_arrow=False)
    if not isinstance(table, gpd.GeoDataFrame):
        raise ValueError("it has no outlines")
    return table


def packaged_table(name: str) -> list[dict[str, str]]:
    """Rows of a table that comes with `minewatch.context`, as texts."""
    with (_TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


_TABLES: Final = Path(context.__file__).parent / "data"


def csv_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV of the user's own."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError, pyogrio.errors.DataSourceError) as error:
        raise SettingsError(
            f"{path}: cannot be read as a table ({str(error).splitlines()[0]})", hint="give a CSV"
        ) from None
    return records(table)
