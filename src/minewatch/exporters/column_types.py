"""Tables with real types, for formats that have them: days as days, lists as lists or JSON."""

from __future__ import annotations

import json
from typing import Any, Literal

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import shapely

from minewatch.exporters.rfc7946_outlines import wgs84_outlines
from minewatch.model import Column, Contract, NamedLayer
from minewatch.model.tables import Kind

_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "date": pa.date32(),
    "list": pa.list_(pa.string()),
    "terms": pa.string(),
}


def arrow_table(
    layer: NamedLayer, *, simulated: bool, lists: Literal["lists", "json"] = "json"
) -> pa.Table:
    """The columns of a layer in the types of their contract, without outlines.

    Parameters
    ----------
    layer
        The table.
    simulated
        Said in every row.
    lists
        `json` writes lists as JSON text, for formats that have none.

    Returns
    -------
    pyarrow.Table
        Columns of the contract, then those beyond it, then `simulated`; missing values null.
    """
    table = layer.table
    columns = {
        name: _array(table[name], layer.contract.get(name), lists=lists)
        for name in column_order(table, layer.contract)
    }
    columns["simulated"] = pa.array([simulated] * len(table), type=pa.bool_())
    return pa.table(columns)


def with_outlines(table: pa.Table, layer: NamedLayer) -> pa.Table:
    """A table with the outlines of its layer as WKB of multipolygons, column `geometry`.

    Parameters
    ----------
    table
        From `arrow_table`.
    layer
        The layer that it was made from.
    """
    outlines = shapely.to_wkb(multipolygons(layer))
    return table.append_column("geometry", pa.array(outlines, type=pa.binary()))


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


def _array(values: pd.Series[Any], rule: Column | None, *, lists: str) -> pa.Array:
    if rule is None:
        text = values.dtype == object or pd.api.types.is_string_dtype(values)
        return pa.Array.from_pandas(values, type=pa.string() if text else None)
    if rule.kind == "terms" or (rule.kind == "list" and lists == "json"):
        texts = [None if v is None else json.dumps(v, ensure_ascii=False) for v in values]
        return pa.array(texts, type=pa.string())
    if rule.kind == "date":
        values = pd.to_datetime(values).dt.date
    return pa.Array.from_pandas(values, type=_TYPES[rule.kind])
