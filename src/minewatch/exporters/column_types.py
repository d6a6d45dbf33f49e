"""Tables with real types, for formats that have them: days as days, lists as lists or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Literal

import geopandas as gpd
import nanoarrow as na
import numpy as np
import pandas as pd
import shapely

from minewatch.exporters.rfc7946_outlines import wgs84_outlines
from minewatch.model import Column, Contract, NamedLayer

Type = Literal["text", "int", "float", "bool", "date", "list", "binary"]
"""Type of the values of a column; `list` holds lists of texts."""
_EPOCH: Final = date(1970, 1, 1).toordinal()
_ARROW: Final[Mapping[Type, Callable[[], Any]]] = {
    "text": na.string,
    "int": na.int64,
    "float": na.float64,
    "bool": na.bool_,
    "date": na.date32,
    "binary": na.binary,
}
"""Type to that of Arrow; lists go as JSON text to what reads Arrow."""


@dataclass(frozen=True)
class TypedColumn:
    """A column of plain Python values of one type."""

    type: Type
    """What each value is."""
    values: Sequence[Any]
    """A value a row; None where there is none."""


@dataclass(frozen=True)
class TypedTable:
    """The columns of a layer as plain values, which GDAL takes as a stream of Arrow."""

    columns: Mapping[str, TypedColumn]
    """Name to column, in order."""
    rows: int
    """Number of rows."""

    def with_column(self, name: str, kind: Type, values: Sequence[Any]) -> TypedTable:
        """The same with another column, at the end or in the place of one of that name.

        Parameters
        ----------
        name, kind, values
            The column.
        """
        return replace(self, columns={**self.columns, name: TypedColumn(kind, list(values))})

    def select(self, names: Sequence[str]) -> TypedTable:
        """The same with some of its columns.

        Parameters
        ----------
        names
            Those that are kept, as far as they are there, in the order of the table.
        """
        return replace(self, columns={n: c for n, c in self.columns.items() if n in names})

    def row(self, at: int) -> dict[str, Any]:
        """A row, by name of column.

        Parameters
        ----------
        at
            Its number, from 0.
        """
        return {name: column.values[at] for name, column in self.columns.items()}

    def iter_rows(self) -> Iterator[dict[str, Any]]:
        """Each row, by name of column."""
        return map(self.row, range(self.rows))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The table for whatever reads Arrow (its PyCapsule interface), without a copy of pyarrow.

        Parameters
        ----------
        requested_schema
            Not heeded, as the interface allows.
        """
        fields = {name: _ARROW[_shown(c.type)]() for name, c in self.columns.items()}
        children = [_arrow(column) for column in self.columns.values()]
        table = na.c_array_from_buffers(na.struct(fields), self.rows, [None], children=children)
        return na.c_array_stream(table).__arrow_c_stream__()


def _shown(kind: Type) -> Type:
    return "text" if kind == "list" else kind


def _arrow(column: TypedColumn) -> Any:
    values: Sequence[Any] = column.values
    if column.type == "list":
        values = [None if v is None else json.dumps(v, ensure_ascii=False) for v in values]
    if column.type == "date":  # nanoarrow takes days as numbers only
        days = [0 if v is None else v.toordinal() - _EPOCH for v in values]
        is_known = np.array([v is not None for v in values], bool)
        known = np.packbits(is_known, bitorder="little")
        buffers = [known, np.array(days, "int32")]
        return na.c_array_from_buffers(na.date32(), len(values), buffers)
    return na.c_array(list(values), _ARROW[_shown(column.type)]())


def typed_table(
    layer: NamedLayer, *, simulated: bool, lists: Literal["lists", "json"] = "json"
) -> TypedTable:
    """The columns of a layer in the types of their contract, without outlines.

    Parameters
    ----------
    layer
        The table.
    simulated
        Said in every row.
    lists
        `json` gives lists as JSON text, for formats that have none.

    Returns
    -------
    TypedTable
        Columns of the contract, then those beyond it, then `simulated`; missing values None.
    """
    table = layer.table
    columns = {
        name: _column(table[name], layer.contract.get(name), lists=lists)
        for name in column_order(table, layer.contract)
    }
    typed = TypedTable(columns, len(table))
    return typed.with_column("simulated", "bool", [simulated] * len(table))


def with_outlines(table: TypedTable, layer: NamedLayer) -> TypedTable:
    """A table with the outlines of its layer as WKB of multipolygons, column `geometry`.

    Parameters
    ----------
    table
        From `typed_table`.
    layer
        The layer that it was made from.
    """
    return table.with_column("geometry", "binary", shapely.to_wkb(multipolygons(layer)))


def multipolygons(layer: NamedLayer) -> list[Any]:
    """Outlines of a layer in WGS 84, areas all of one kind, for formats that want that.

    Parameters
    ----------
    layer
        Points and lines stay what they are.
    """
    return [
        shapely.multipolygons([g]) if g is not None and g.geom_type == "Polygon" else g
        for g in wgs84_outlines(layer.table)
    ]


def column_order(table: gpd.GeoDataFrame, contract: Contract) -> list[str]:
    """Names of the columns of a table without its outlines: the contract's first.

    Parameters
    ----------
    table, contract
        The table and what it keeps.
    """
    others = (c for c in table.columns if c not in contract and c != table.geometry.name)
    return [*contract, *others]


def _column(values: pd.Series[Any], rule: Column | None, *, lists: str) -> TypedColumn:
    if rule is None:
        kind = _type_of(values)
        return TypedColumn(kind, _plain(values, kind))
    if rule.kind == "terms" or (rule.kind == "list" and lists == "json"):
        texts = [None if v is None else json.dumps(v, ensure_ascii=False) for v in values]
        return TypedColumn("text", texts)
    if rule.kind == "list":
        return TypedColumn("list", [None if v is None else list(v) for v in values])
    return TypedColumn(rule.kind, _plain(values, rule.kind))


def _type_of(values: pd.Series[Any]) -> Type:
    """The type of a column that no contract names."""
    if pd.api.types.is_bool_dtype(values):
        return "bool"
    if pd.api.types.is_integer_dtype(values):
        return "int"
    if pd.api.types.is_datetime64_any_dtype(values):
        return "date"
    return "float" if pd.api.types.is_float_dtype(values) else "text"


def _plain(values: pd.Series[Any], kind: Type) -> list[Any]:
    """Plain Python values, None where there is none."""
    if kind == "date":
        values = pd.to_datetime(values).dt.date
    makers: Mapping[str, Callable[[Any], Any]] = {
        "text": str, "int": int, "float": float, "bool": bool
    }  # fmt: skip
    make = makers.get(kind, lambda value: value)
    return [None if pd.isna(value) else make(value) for value in values]
