"""What a run leaves, as one value that exporters and reports read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minewatch.model.areas import AreaOfInterest

if TYPE_CHECKING:
    import geopandas as gpd


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """A finished run, opened from its directory."""

    directory: Path
    """Where it lies."""
    aoi: AreaOfInterest
    """The area watched."""
    manifest: Mapping[str, Any]
    """`manifest.json`."""
    inventory: gpd.GeoDataFrame
    """`inventory.geojson`, WGS 84: contract `INVENTORY`."""
    sites: gpd.GeoDataFrame
    """`sites.geojson`, WGS 84: contract `SITES`."""
    features: gpd.GeoDataFrame
    """`features.geojson`, WGS 84: contract `FEATURES` and `site_id`."""
    changes: gpd.GeoDataFrame
    """`changes.geojson`, WGS 84: contract `CHANGES`."""
    rasters: Mapping[str, Path]
    """Name to file in `rasters/`: a COG, or a VRT with a band a period."""

    @property
    def simulated(self) -> bool:
        """True when the imagery was made by `minewatch.synthetic`."""
        return bool(self.manifest.get("simulated", False))
