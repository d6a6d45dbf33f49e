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

from minewatch.errors import ContractError, OutputError
from minewatch.exporters.rfc7946_outlines import wgs84_outlines
from minewatch.files import write_bytes_atomic
from minewatch.model import SCHEMA_VERSION, WGS84, Column, Contract
from minewatch.model.tables import Kind

FLOAT_DECIMALS: Final = 4
"""Of properties: a square centimetre, a hundredth of a percent."""
SORT_KEYS: Final = ("aoi", "site_id", "period_start", "period_end", "kind", "first_detected")
"""Columns that order the rows, as far as a table has them; then the outline, then all the rest."""
MEMBER: Final = "minewatch"
"""Foreign member (RFC 7946 §6.1) that says where a file is from, and whether it is simulated."""

_DTYPES: dict[tuple[Kind, bool], str] = {
    ("int", False): "int64",
    ("int", True): "Int64",
    ("float", False): "float64",
    ("float", True): "float64",
}


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
    try:
        text = path.read_text("utf-8")
        collection = json.loads(text)
        about = collection.get(MEMBER) or {}
        rows = pd.DataFrame([f["properties"] for f in collection["features"]], dtype=object)
        outlines = shapely.get_parts(shapely.from_geojson(text))
    except FileNotFoundError:
        raise OutputError(f"{path} is missing", hint="run again with --resume") from None
    except (ValueError, KeyError, TypeError, AttributeError, ShapelyError) as error:
        raise OutputError(
            f"{path} is no GeoJSON table: {str(error)[:200]}", hint="run again with --resume"
        ) from None
    version = about.get("schema_version", 0)
    check_schema(version, path)
    absent = [c for c in contract if c not in rows.columns] if len(rows) else []
    rows = rows.assign(**{c: None for c in absent if contract[c].since > version})
    missing = [c for c in absent if c not in rows.columns]
    if missing or len(rows) != len(outlines):
        raise OutputError(
            f"{path}: {f'column {missing[0]!r}' if missing else 'an outline'} is missing",
            hint="it was edited, or another minewatch wrote it; run again with --resume",
        )
    columns = [*contract, *(c for c in rows.columns if c not in contract)]
    data = {c: _column(rows.get(c, ()), contract.get(c)) for c in columns}
    return gpd.GeoDataFrame(data, geometry=list(outlines), crs=WGS84)


def check_schema(version: object, path: Path) -> None:
    """Raise when a file has columns of a later minewatch.

    Parameters
    ----------
    version
        The version that it names; 0 when it names none.
    path
        The file.

    Raises
    ------
    OutputError
        Names both versions.
    """
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        raise OutputError(
            f"{path} has columns of schema {version}, this minewatch reads up to {SCHEMA_VERSION}",
            hint="install the minewatch that wrote it, or a newer one",
        )


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


def _column(values: Any, rule: Column | None) -> pd.Series[Any]:
    """A column in the dtype of its kind."""
    if rule is None:
        return pd.Series(values, dtype=object).infer_objects()
    return pd.Series(values, dtype=_DTYPES.get((rule.kind, rule.optional), "object"))
