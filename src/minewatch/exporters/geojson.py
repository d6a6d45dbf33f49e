"""GeoJSON by RFC 7946: WGS 84, right-hand rule, seven decimals, the same bytes for equal rows.

The order of the rows, the vertex at which a ring starts and the order of parts do not show in the
file. One feature stands on a line, so that two inventories can be compared with `diff`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import shapely
from shapely.errors import ShapelyError

from minewatch.errors import ContractError
from minewatch.exporters.geojson_rows import (
    MEMBER,
    incomplete_table,
    no_table,
    parse_rows,
    read_text,
)
from minewatch.exporters.rfc7946_outlines import wgs84_outlines
from minewatch.files import write_bytes_atomic
from minewatch.model import WGS84, Column, Contract, typed_table
from minewatch.model.tables import Kind

FLOAT_DECIMALS: Final = 4
"""Of properties: a square centimetre, a hundredth of a percent."""
SORT_KEYS: Final = ("aoi", "site_id", "period_start", "period_end", "kind", "first_detected")
"""Columns that order the rows, as far as a table has them; then the outline, then all the rest."""


def write_geojson(
    table: gpd.GeoDataFrame,
    path: Path,
    contract: Contract,
    *,
    member: Mapping[str, Any] | None = None,
    bbox: bool = False,
) -> Path:
    """Write a table as an RFC 7946 FeatureCollection, atomically.

    Parameters
    ----------
    table
        Any CRS; it is reprojected. No rows give a valid, empty collection.
    path
        The file.
    contract
        Columns in the order of writing; more columns of the table follow in their order.
    member
        Written as the foreign member `minewatch`: attribution, simulated or not.
    bbox
        Also write the bounding box `[west, south, east, north]`.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ContractError
        When a column is missing, a value is not of its kind, or an outline leaves the world.
    OutputError
        When the file cannot be written.
    """
    write_bytes_atomic(path, to_geojson(table, contract, member=member, bbox=bbox))
    return path


def to_geojson(
    table: gpd.GeoDataFrame,
    contract: Contract,
    *,
    member: Mapping[str, Any] | None = None,
    bbox: bool = False,
) -> bytes:
    """The bytes that `write_geojson` writes.

    Parameters
    ----------
    table, contract, member, bbox
        As there.
    """
    outlines = wgs84_outlines(table)
    geometry = [text or "null" for text in shapely.to_geojson(outlines)]
    names = [*contract, *(c for c in table.columns if c not in contract)]
    plain = pd.DataFrame(table)  # whose columns are reached ten times as fast
    values = {n: _values(plain, n, contract.get(n)) for n in names if n != table.geometry.name}
    rows = [
        f'{{"type":"Feature","properties":{_encode(properties)},"geometry":{outline}}}'
        for properties, outline in zip(_records(values, len(table)), geometry, strict=True)
    ]
    keys = [[_encode(v) for v in values[key]] for key in SORT_KEYS if key in values]
    ordered = [row[-1] for row in sorted(zip(*keys, geometry, rows, strict=True))]
    head: dict[str, Any] = {"type": "FeatureCollection"}
    if bbox and len(table):
        head["bbox"] = [float(x) for x in shapely.total_bounds(outlines)]
    if member:
        head[MEMBER] = dict(member)
    lines = [f'"{name}": {_encode(value)},\n' for name, value in head.items()]
    body = "\n{}\n".format(",\n".join(ordered)) if ordered else ""
    return f'{{\n{"".join(lines)}"features": [{body}]\n}}\n'.encode()


def read_geojson(path: Path, contract: Contract) -> gpd.GeoDataFrame:
    """A table that keeps its contract, from a GeoJSON file.

    Parameters
    ----------
    path
        The file.
    contract
        The columns it must have. More columns are kept as they are.

    Returns
    -------
    GeoDataFrame
        WGS 84, also without rows. Days are ISO text, lists are lists, optional whole numbers are
        `Int64` with NA, other missing values None or NaN. Columns that a later schema than the
        file's brought are null.

    Raises
    ------
    OutputError
        When it is not there, or is not such a file.
    """
    text = read_text(path)
    rows = parse_rows(text, contract, path=path)
    try:
        outlines = shapely.get_parts(shapely.from_geojson(text))
    except ShapelyError as error:
        raise no_table(path, error) from None
    if len(rows) != len(outlines):
        raise incomplete_table(path, "an outline")
    return gpd.GeoDataFrame(typed_table(rows, contract), geometry=list(outlines), crs=WGS84)


def _records(values: Mapping[str, list[Any]], count: int) -> list[dict[str, Any]]:
    if not values:
        return [{}] * count
    return [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]


def _values(table: pd.DataFrame, name: str, rule: Column | None) -> list[Any]:
    """A column as values that JSON knows, None where something is missing."""
    if name not in table.columns:
        raise ContractError(f"column {name!r} is missing", hint=f"there are {list(table.columns)}")
    read = _READERS[rule.kind] if rule else _plain
    column = table[name]
    try:
        return [
            None if gap else read(value)
            for value, gap in zip(column.tolist(), column.isna(), strict=True)
        ]
    except (TypeError, ValueError, AttributeError) as error:
        kind = rule.kind if rule else "JSON value"
        raise ContractError(f"column {name!r} holds a value that is no {kind}: {error}") from error


def _plain(value: Any) -> Any:
    return _rounded(value) if isinstance(value, float) else value


def _rounded(value: Any) -> float:
    rounded = round(float(value), FLOAT_DECIMALS) + 0.0  # no minus zero
    if not math.isfinite(rounded):
        raise ValueError(f"{value} is not finite")
    return rounded


def _whole(value: Any) -> int:
    if int(value) != value:
        raise ValueError(f"{value} is not whole")
    return int(value)


def _day(value: Any) -> str:
    """A day as ISO text, from text, a date or a timestamp."""
    if isinstance(value, str):
        return date.fromisoformat(value).isoformat()
    day: date = value.date() if isinstance(value, datetime) else value
    return day.isoformat()


_READERS: Mapping[Kind, Callable[[Any], Any]] = {
    "text": str,
    "int": _whole,
    "float": _rounded,
    "date": _day,
    "list": lambda value: [str(v) for v in value],
    "terms": lambda value: {str(k): _rounded(v) for k, v in sorted(value.items())},
}
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
