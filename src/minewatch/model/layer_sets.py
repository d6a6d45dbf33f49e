"""Named layers of outlines that exporters write, whoever made them: a run, or a profile of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from minewatch.model.tables import SCHEMA_VERSION, VERDICT, Column, Contract

if TYPE_CHECKING:
    import geopandas as gpd

AREA: Contract = {
    "id": Column("text", "id of the area of interest"),
    "name": Column("text", "its name for people"),
}
"""The layer `aoi`: one row, the area watched."""

VERDICT_LAYER: Contract = {
    "site_id": Column("text", "the site, or the id to speak of what is no site (any more)"),
    **VERDICT,
    "note": Column("text", "free words", optional=True),
    "others": Column("text", "what other reviewers said", optional=True),
    "found_by": Column("text", "how the place was found again in this inventory", optional=True),
    "what_became": Column("text", "what became of it when it is no site now", optional=True),
}
"""The layer `verdicts`: one row a place that people said something of."""


@dataclass(frozen=True, kw_only=True)
class NamedLayer:
    """One table of outlines and what it means."""

    name: str
    """Name of a file without its suffix, of a layer, of a table in a database."""
    title: str
    """What people call it."""
    contract: Contract
    """Its columns in order; those that the table has beyond it follow."""
    table: gpd.GeoDataFrame
    """WGS 84, also without rows."""
    note: str = ""
    """What its reader must know, such as why there are no pools; empty for nothing."""


@dataclass(frozen=True, kw_only=True)
class LayerSet:
    """All that a format of layers may write. What is not in here leaves no trace in a file."""

    layers: Mapping[str, NamedLayer]
    """The tables by name, in the order that people see them."""
    area: NamedLayer | None
    """The area watched, contract `AREA`; None when it is not to be shown."""
    name: str
    """Name of the area for people, or what stands for it."""
    simulated: bool
    """Whether the imagery was simulated: every file says so."""
    attribution: str
    """Whose data it is made of."""
    last_day: date
    """Last day of what is shown; formats that want a clock are given this one."""
    source: str
    """Mark of the inventory it was made from; empty when that is nobody's business."""
    run: str = ""
    """What keeps its rows apart from those of others in a database; empty: not for databases."""
    schema_version: int = SCHEMA_VERSION
    """Version of the columns."""
    about: Mapping[str, str] = field(default_factory=dict)
    """More to say in a file's metadata, such as the profile; plain text by name."""

    @property
    def title(self) -> str:
        """A title that says whether it is simulated."""
        return f"{'SIMULATED: ' if self.simulated else ''}{self.name}"

    def with_area(self) -> Mapping[str, NamedLayer]:
        """The tables, and the area after them when it is to be shown."""
        area = {} if self.area is None else {self.area.name: self.area}
        return {**self.layers, **area}

    def describe(self, layer: NamedLayer) -> str:
        """What a layer holds, for whoever opens a file: simulated or not, title, note."""
        words = f"SIMULATED: {layer.title}" if self.simulated else layer.title
        return f"{words} ({layer.note})" if layer.note else words
