"""Layers as GDAL reads them: coordinates, columns, order and values."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from minewatch.model import WGS84
from minewatch.parquet_package import check_parquet
from minewatch.publishing.leak_bytes import scan_bytes
from minewatch.publishing.leak_index import PRIVATE_COLUMNS, Leak, PrivateIndex
from minewatch.publishing.leak_places import AllowedPlaces
from minewatch.publishing.leak_text import scan_text
from minewatch.publishing.leak_tiles import read_tiles, tile_bytes

_NUMBERED: Final = r"[A-Z]{2}_[RC]\d{3}_\d{4}"
"""Ids as SMART makes them; a row of a region or an observation has none."""
_SORTED_BY_PLACE: Final = (".fgb", ".pmtiles")
"""Formats that put rows into the order of an index of their own."""


def scan_layers(
    path: Path, index: PrivateIndex, allowed: AllowedPlaces, *, least_sites: int, where: str
) -> Iterator[Leak]:
    """Everything private in the layers of a vector file.

    Parameters
    ----------
    path
        A file that GDAL or GeoParquet reads.
    index, allowed, where
        As for `scan_text`.
    least_sites
        Fewest sites of a cell.

    Raises
    ------
    ValueError
        When it cannot be read as layers.
    """
    if path.suffix.lower() == ".pmtiles":
        yield from scan_bytes(tile_bytes(path), index, allowed, where=f"{where}, tiles")
        for name, table, are_cells in read_tiles(path, allowed):
            here = f"{where}, layer {name}"
            outlines = table.iloc[:0] if are_cells else table
            yield from _scan_outlines(outlines.geometry, index, allowed, where=here)
            plain = pd.DataFrame(table.drop(columns="geometry"))
            yield from _scan_columns(plain, index, allowed, where=here)
            yield from _scan_cells(plain, least_sites, here)
        return
    for name, table in _read(path):
        here = f"{where}, layer {name}"
        is_sorted = path.suffix.lower() not in _SORTED_BY_PLACE
        yield from scan_table(
            table, index, allowed, least_sites=least_sites, where=here, is_sorted=is_sorted
        )


def _read(path: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    if path.read_bytes()[:4] == b"PAR1":
        check_parquet(path.name)
        import pyarrow.parquet as pq  # an extra

        plain = pq.read_table(path).to_pandas()
        if "geometry" in plain:
            shapes = shapely.from_wkb(plain["geometry"].to_numpy())
            yield path.stem, gpd.GeoDataFrame(plain.drop(columns="geometry"), geometry=shapes)
        else:
            yield path.stem, plain
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name, _ in pyogrio.list_layers(path):
                yield str(name), pyogrio.read_dataframe(path, layer=str(name))
    except (RuntimeError, OSError) as error:  # pyogrio's errors are RuntimeErrors
        raise ValueError(str(error)) from error


def scan_table(
    table: pd.DataFrame,
    index: PrivateIndex,
    allowed: AllowedPlaces,
    *,
    least_sites: int,
    where: str,
    is_sorted: bool = True,
) -> Iterator[Leak]:
    """Everything private in a table, with or without outlines.

    Parameters
    ----------
    table
        Of any source.
    index, allowed, where
        As for `scan_text`.
    least_sites
        Fewest sites of a cell.
    is_sorted
        Its rows must be in the order of cells and periods.
    """
    plain = table
    if isinstance(table, gpd.GeoDataFrame):
        plain = pd.DataFrame(table.drop(columns=table.geometry.name))
        yield from _scan_outlines(table.geometry, index, allowed, where=where)
    yield from _scan_columns(plain, index, allowed, where=where)
    yield from _scan_cells(plain, least_sites, where)
    if is_sorted:
        yield from _scan_order(plain, where)


def _scan_columns(
    plain: pd.DataFrame, index: PrivateIndex, allowed: AllowedPlaces, *, where: str
) -> Iterator[Leak]:
    """Names of columns, and every value."""
    for column in plain.columns:
        low = str(column).lower()
        if low == "site_id" and _is_numbered(plain[column]):
            continue  # SMART counts its models: the number says the order of the cells
        if low in PRIVATE_COLUMNS or low.endswith(("area_m2", "first_detected")):
            yield Leak(kind="column", where=where, what=str(column))
    text = "\n".join(" | ".join(map(_text, row)) for row in plain.itertuples(index=False))
    yield from scan_text(text, index, allowed, where=where)


def _is_numbered(values: pd.Series[Any]) -> bool:
    return bool(values.dropna().astype(str).str.fullmatch(_NUMBERED).all())


def _scan_outlines(
    outlines: gpd.GeoSeries, index: PrivateIndex, allowed: AllowedPlaces, *, where: str
) -> Iterator[Leak]:
    degrees = outlines if outlines.crs is None else outlines.to_crs(WGS84)
    points = np.unique(shapely.get_coordinates(degrees.to_numpy()), axis=0)
    leaks = points[allowed.are_leaks(points, index, degrees=2e-6)]
    if len(leaks):
        first = f"{leaks[0, 0]:.7g}, {leaks[0, 1]:.7g}"
        yield Leak(kind="coordinate", where=where, what=f"{len(leaks)} vertices, such as {first}")


def _scan_cells(table: pd.DataFrame, least: int, where: str) -> Iterator[Leak]:
    if "sites_low" in table:
        low = pd.to_numeric(table["sites_low"], errors="coerce")
        for row in np.flatnonzero(low.to_numpy(float) < least):
            yield Leak(kind="small cell", where=where, what=f"row {row + 1}: {low.iloc[row]:g}")


def _scan_order(table: pd.DataFrame, where: str) -> Iterator[Leak]:
    if "cell" in table:
        keys = table[[c for c in ("cell", "first_month") if c in table]].astype(str)
        rows = list(keys.itertuples(index=False, name=None))
        if rows != sorted(rows):
            yield Leak(kind="order", where=where, what="rows are not sorted by cell and period")


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return "; ".join(map(_text, value)) if isinstance(value, list | np.ndarray) else str(value)
