"""What must not leave: ids, scenes, days, names, areas and coordinates of a private inventory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from pyproj import Transformer
from scipy.spatial import KDTree

from minewatch.model import CHANGES, INVENTORY, SITES, VERDICT, WGS84, RunResult
from minewatch.model.run_result import TABLES
from minewatch.publishing.frames import GRID_CRS
from minewatch.publishing.profiles import SAYS_PRIVATE

_LEAST_NAME: Final = 4
"""Letters of a name from which on finding it in a file means something."""
_LEAST_DIGITS: Final = 5
"""Significant digits of an area from which on it is the area of one site."""
_OPEN_COLUMNS: Final = frozenset({"aoi", "period_start", "period_end", "alert", "state", "kind"})
PRIVATE_COLUMNS: Final = (
    frozenset({*INVENTORY, *SITES, *CHANGES, *VERDICT, "reviewer", "scene_id", SAYS_PRIVATE})
    - _OPEN_COLUMNS
)
"""Names of columns that say something of single sites."""


@dataclass(frozen=True, kw_only=True)
class Leak:
    """Something in a file that must not leave."""

    kind: str
    """One of `LEAK_KINDS`."""
    where: str
    """The file, and the part of it."""
    what: str
    """What was found."""


LEAK_KINDS: Final[Mapping[str, str]] = {
    "coordinate": "a place finer than the grid",
    "site id": "id of a site",
    "scene id": "id of a scene",
    "date": "a day on which something was seen at a site",
    "name": "name of a reviewer, an area or a group that is not public",
    "area": "area of a single site",
    "column": "a column that says something of single sites, or that the table is private",
    "small cell": "a cell of fewer sites than the profile shows",
    "order": "rows in another order than that of the cells",
    "raster": "a raster with a place on the ground",
    "picture": "pixels or drawings, which nobody can prove harmless",
    "database": "a database that shows more than a release, or lets its readers into another one",
    "unreadable": "content that cannot be read, and so not be checked",
    "not in the ledger": "no release of the ledger",
}
"""Every kind of leak, and what it is."""


@dataclass(frozen=True, kw_only=True)
class PrivateIndex:
    """The private inventory, to look things up in."""

    site_ids: frozenset[str]
    """Ids of sites, those of earlier ones too."""
    scene_ids: frozenset[str]
    """Ids of scenes."""
    days: frozenset[str]
    """ISO days of anything seen at a site; first and last days of periods are in the calendar."""
    names: frozenset[str]
    """Reviewers; area and groups unless minewatch itself publishes them."""
    areas: frozenset[str]
    """Areas of single sites, m2, as written."""
    places: np.ndarray
    """Vertices, corners of boxes and points inside, WGS 84, dims (place, 2): lon, lat."""
    utm_epsg: int
    """Zone of the run."""

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of everything private."""
        if not len(self.places):
            return (np.inf, np.inf, -np.inf, -np.inf)
        (west, south), (east, north) = self.places.min(0), self.places.max(0)
        return float(west), float(south), float(east), float(north)

    @cached_property
    def tree(self) -> KDTree:
        """Places by nearness, degrees."""
        return KDTree(self.places)

    @cached_property
    def metric_trees(self) -> list[KDTree]:
        """The same in metres of the zone, of the grid and of web maps."""
        systems = (f"EPSG:{self.utm_epsg}", GRID_CRS, "EPSG:3857")
        moved = (Transformer.from_crs(WGS84, crs, always_xy=True) for crs in systems)
        return [KDTree(np.column_stack(t.transform(*self.places.T))) for t in moved]

    def near(self, points: np.ndarray, *, degrees: float) -> np.ndarray:
        """Which points lie at a private place.

        Parameters
        ----------
        points
            Lon and lat, dims (point, 2).
        degrees
            How near, each way.
        """
        if not len(points) or not len(self.places):
            return np.zeros(len(points), bool)
        distance, _ = self.tree.query(points, p=np.inf, distance_upper_bound=degrees)
        return np.asarray(np.isfinite(distance))

    def inside(self, points: np.ndarray) -> np.ndarray:
        """Which points lie in the box of everything private, lon and lat."""
        west, south, east, north = self.bounds
        lon, lat = points[:, 0], points[:, 1]
        inside: np.ndarray = (west <= lon) & (lon <= east) & (south <= lat) & (lat <= north)
        return inside


def index_run(result: RunResult, *, public_areas: Collection[str]) -> PrivateIndex:
    """What must not leave of a finished run.

    Parameters
    ----------
    result
        The run.
    public_areas
        Ids of areas that minewatch itself publishes, with the groups that held them.
    """
    tables = {name: getattr(result, name) for name in TABLES}
    manifest, aoi = result.manifest, result.aoi
    scenes = {str(scene["scene_id"]) for scene in [*manifest["facts"], *manifest["failures"]]}
    scenes |= {str(name) for name in manifest["scenes"].get("dropped", {})}
    scenes |= set(_texts(tables, ("evidence",)))
    open_days = {str(period[key]) for period in manifest["periods"] for key in ("start", "end")}
    dated = {c for contract in (INVENTORY, SITES, CHANGES) for c in contract
             if contract[c].kind == "date"} - {"period_start", "period_end"}  # fmt: skip
    days = {text[:10] for text in _texts(tables, (*sorted(dated), "last_seen", "verdict_at"))}
    names = set(_texts(tables, ("verdict_by",)))
    if aoi.id not in public_areas:
        names |= {aoi.id, aoi.name, *(interval.group for interval in aoi.control)}
    return PrivateIndex(
        site_ids=frozenset(_texts(tables, ("site_id", "merged_from", "split_from"))),
        scene_ids=frozenset(scenes),
        days=frozenset(day for day in days if _is_day(day)) - open_days,
        names=frozenset(name for name in names if len(name) >= _LEAST_NAME),
        areas=frozenset(_areas(tables.values())),
        places=_places([*tables.values(), gpd.GeoDataFrame(geometry=[aoi.geometry], crs=WGS84)]),
        utm_epsg=aoi.utm_epsg,
    )


def _texts(tables: Mapping[str, gpd.GeoDataFrame], columns: Iterable[str]) -> Iterator[str]:
    """Every text of some columns, those of lists too."""
    for table in tables.values():
        for column in columns:
            if column in table:
                for value in table[column].tolist():
                    many = value if isinstance(value, list | tuple) else [value]
                    yield from (text for text in many if isinstance(text, str) and text)


def _areas(tables: Iterable[gpd.GeoDataFrame]) -> Iterator[str]:
    for table in tables:
        for column in table.columns:
            if column.endswith("area_m2"):
                for value in table[column].dropna().unique().tolist():
                    text = f"{float(value):.4f}".rstrip("0").rstrip(".")
                    if len(text.replace(".", "").strip("0")) >= _LEAST_DIGITS:
                        yield text


def _places(tables: Iterable[gpd.GeoDataFrame]) -> np.ndarray:
    places = [np.empty((0, 2))]
    for table in tables:
        if table.empty:
            continue
        shapes = table.geometry.to_crs(WGS84).array
        west, south, east, north = shapely.bounds(shapes).T
        total = shapely.total_bounds(shapes)
        for lon, lat in ((west, south), (east, south), (west, north), (east, north)):
            places.append(np.column_stack([lon, lat]))
        places.append(np.array([[total[i], total[j]] for i in (0, 2) for j in (1, 3)]))
        places.append(shapely.get_coordinates(shapes))
        inner = (shapely.centroid(shapes), shapely.point_on_surface(shapes))
        places.extend(shapely.get_coordinates(points) for points in inner)
    every = np.concatenate(places)
    return np.unique(every[np.isfinite(every).all(1)], axis=0)


def _is_day(text: Any) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
