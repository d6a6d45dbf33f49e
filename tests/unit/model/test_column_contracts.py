"""A table that lacks a column of its contract, or a value that may not be null, is refused."""

from __future__ import annotations

import pandas as pd
import pytest

from minewatch.errors import ContractError
from minewatch.model import Column, check_columns

CONTRACT = {
    "site_id": Column("text", "id"),
    "depth_m": Column("float", "a column, m"),
    "note": Column("text", "a column that may be null", optional=True),
}
TABLE = pd.DataFrame({"site_id": ["a"], "depth_m": [1.0], "note": [None]})


def test_a_whole_table_is_taken() -> None:
    check_columns(TABLE, CONTRACT, name="sites")


def test_a_table_without_a_column_is_refused_by_its_name() -> None:
    with pytest.raises(ContractError, match="sites: column 'depth_m' is missing"):
        check_columns(TABLE.drop(columns="depth_m"), CONTRACT, name="sites")


def test_a_null_where_none_may_be_is_refused_with_its_row() -> None:
    with pytest.raises(ContractError, match="sites: 'depth_m' is null in row 0"):
        check_columns(TABLE.assign(depth_m=[None]), CONTRACT, name="sites")
