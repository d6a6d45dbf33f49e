"""Rows of a table as plain mappings."""

from __future__ import annotations

from typing import Any

import pandas as pd


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Each row by the names of its columns."""
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
