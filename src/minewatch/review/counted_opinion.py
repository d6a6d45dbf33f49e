"""Whose opinion is counted: loads neither outlines nor what reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minewatch.model.verdicts import MINE, NOT_MINE

if TYPE_CHECKING:
    import pandas as pd


def by_people(inventory: pd.DataFrame) -> pd.DataFrame:
    """An inventory as people see it: what they call a mine is confirmed, what they reject rejected.

    Parameters
    ----------
    inventory
        With the column `verdict`. Rows without a verdict, or `unsure`, stay as the detector has
        them.
    """
    alert = inventory["alert"].mask(inventory["verdict"] == MINE, "confirmed")
    alert = alert.mask(inventory["verdict"] == NOT_MINE, "rejected")
    return inventory.assign(alert=alert)
