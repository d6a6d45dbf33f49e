"""An answer about the surroundings of mines: what a command gives, a report or a project shows.

All of them are exact: private, until a publishing profile is applied.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class ContextAnswer:
    """One answer: tables, what must be said beside them, and pictures."""

    name: str
    """What was asked: `downstream`, `slopes`, …"""
    title: str
    """What it is of, for people."""
    simulated: bool
    """Whether any part of it is no real place."""
    tables: Mapping[str, pd.DataFrame]
    """Name to table; those with outlines are layers, in any CRS."""
    published: frozenset[str] = frozenset()
    """Names of tables that hold nothing of the run: published figures, words of the method."""
    notes: tuple[str, ...] = ()
    """What must be said beside them."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """What decided the answer: sources, parameters."""
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    """Name to PNG."""
    files: tuple[Path, ...] = ()
    """Where it was written."""
    is_current: bool = True
    """Whether it was made from the inventory that the run has now."""

    @property
    def layers(self) -> Mapping[str, gpd.GeoDataFrame]:
        """The tables with outlines: for a project of a GIS."""
        import geopandas as gpd

        return {n: t for n, t in self.tables.items() if isinstance(t, gpd.GeoDataFrame)}

    def is_simulated(self, table: str) -> bool:
        """Whether a table holds what is no real place."""
        return self.simulated and table not in self.published

    @property
    def lines(self) -> tuple[str, ...]:
        """Sentences for a section of a report; the first says when it is simulated."""
        first = ("SIMULATED, no real place",) if self.simulated else ()
        return (*first, *self.notes)

    def table(self, name: str) -> pd.DataFrame:
        """A table without its outlines; one without rows and columns when there is none."""
        import pandas as pd

        found = self.tables.get(name)
        return pd.DataFrame() if found is None else pd.DataFrame(found).drop(
            columns="geometry", errors="ignore"
        )  # fmt: skip
