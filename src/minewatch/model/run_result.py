"""What a run leaves, as one value that exporters and reports read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minewatch.errors import ContractError, unknown_name
from minewatch.model.visibility import why_no_pools

if TYPE_CHECKING:
    import geopandas as gpd

    from minewatch.model.areas import AreaOfInterest


TABLES = ("inventory", "sites", "features", "changes")
"""Names of the tables of a run."""


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """A finished run, opened from its directory; area and tables are read when first asked for."""

    directory: Path
    """Where it lies."""
    manifest: Mapping[str, Any]
    """`manifest.json`."""
    rasters: Mapping[str, Path]
    """Name to file in `rasters/`: a COG, or a VRT with a band a period."""
    read_aoi: Callable[[], AreaOfInterest] = field(repr=False, compare=False)
    """Reads the area watched."""
    read_table: Callable[[str], gpd.GeoDataFrame] = field(repr=False, compare=False)
    """Reads one of `TABLES`."""
    read_rows: Callable[[str], list[dict[str, Any]]] = field(repr=False, compare=False)
    """Reads the rows of one of them as plain values, None where there is none, without outlines.
    Brings neither geopandas nor shapely: a command that needs no outline answers at once."""

    @cached_property
    def aoi(self) -> AreaOfInterest:
        """The area watched."""
        return self.read_aoi()

    @cached_property
    def inventory(self) -> gpd.GeoDataFrame:
        """`inventory.geojson`, WGS 84: contract `INVENTORY`."""
        return self.read_table("inventory")

    @cached_property
    def sites(self) -> gpd.GeoDataFrame:
        """`sites.geojson`, WGS 84: contract `SITES`."""
        return self.read_table("sites")

    @cached_property
    def features(self) -> gpd.GeoDataFrame:
        """`features.geojson`, WGS 84: contract `FEATURES` and `site_id`."""
        return self.read_table("features")

    @cached_property
    def changes(self) -> gpd.GeoDataFrame:
        """`changes.geojson`, WGS 84: contract `CHANGES`."""
        return self.read_table("changes")

    def with_tables(self, **tables: gpd.GeoDataFrame) -> RunResult:
        """The same run with other tables, by name: to export or report a part of it.

        The manifest stays as it is, and what it says of rows with it.

        Raises
        ------
        ContractError
            When a run has no table of such a name.
        """
        for name in tables:
            if name not in TABLES:
                raise ContractError(unknown_name("table", name, list(TABLES)))
        return replace(
            self,
            read_table=partial(_given_or_read, tables, self.read_table),
            read_rows=partial(_rows_given_or_read, tables, self.read_rows),
        )

    @property
    def name(self) -> str:
        """Name of the area for people."""
        return str(self.manifest["aoi"]["name"])

    @property
    def why_no_pools(self) -> str:
        """Why nothing can be said of pools, in words; empty when they can be seen."""
        visibility = self.manifest.get("visibility")
        if visibility is None:  # of a minewatch that did not write it
            return why_no_pools(self.manifest["parameters"]["resolution_m"])
        return str(visibility["reason"])

    @property
    def simulated(self) -> bool:
        """True when the imagery was made by `minewatch.synthetic`."""
        return bool(self.manifest.get("simulated", False))


def _given_or_read(
    given: Mapping[str, gpd.GeoDataFrame], read: Callable[[str], gpd.GeoDataFrame], name: str
) -> gpd.GeoDataFrame:
    """A table that was given, else as it is read."""
    return given[name] if name in given else read(name)


def _rows_given_or_read(
    given: Mapping[str, gpd.GeoDataFrame],
    read: Callable[[str], list[dict[str, Any]]],
    name: str,
) -> list[dict[str, Any]]:
    """Rows of a table that was given, else as they are read."""
    if name not in given:
        return read(name)
    plain = given[name].drop(columns=given[name].geometry.name).astype(object)
    return [
        {str(k): v for k, v in row.items()}
        for row in plain.where(plain.notna(), None).to_dict("records")
    ]


def source_mark(manifest: Mapping[str, Any]) -> str:
    """What a page or picture made from a run says of the inventory it was made from."""
    return str(manifest["outputs"].get("inventory.geojson", ""))
