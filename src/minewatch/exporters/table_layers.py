"""The tables of a finished run: their files, their columns, in the order users see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from minewatch.model import (
    CHANGES,
    FEATURES,
    INVENTORY,
    SITES,
    VERDICT,
    Column,
    Contract,
    RunResult,
)

if TYPE_CHECKING:
    import geopandas as gpd

SITE_FEATURES: Contract = {
    "kind": FEATURES["kind"],
    "site_id": Column("text", "the site it is part of"),
    **FEATURES,
}
"""`features.geojson`: contract `FEATURES`, and the site of each part."""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One table of a run."""

    name: str
    """Name of the file without its suffix, and of the layer in a GeoPackage."""
    contract: Contract
    """Its columns in order: those of the detector, then `VERDICT`."""
    title: str
    """What people call it."""

    @property
    def filename(self) -> str:
        """Name of the GeoJSON file in the run's folder."""
        return f"{self.name}.geojson"

    def table(self, result: RunResult) -> gpd.GeoDataFrame:
        """The table of this layer in a finished run, WGS 84."""
        return getattr(result, self.name)


LAYERS: Mapping[str, Layer] = {
    layer.name: layer
    for layer in (
        Layer(name="inventory", contract={**INVENTORY, **VERDICT}, title="Sites by period"),
        Layer(name="sites", contract={**SITES, **VERDICT}, title="Sites"),
        Layer(
            name="features", contract={**SITE_FEATURES, **VERDICT}, title="Pads, pools and roads"
        ),
        Layer(name="changes", contract={**CHANGES, **VERDICT}, title="Changes that are not mines"),
    )
}
"""Every table that a run leaves as GeoJSON."""
