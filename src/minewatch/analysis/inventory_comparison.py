"""Sites of a run beside another layer: what both have, what the run missed, what it has more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
import shapely
from rasterio.features import geometry_mask

from minewatch import review
from minewatch.analysis.timelines import COUNTED, Counted
from minewatch.errors import SettingsError, unknown_name
from minewatch.model import WGS84, RunResult
from minewatch.sites.totals import LIKELY
from minewatch.store.output_folder import open_result

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

DISTANCE_M: Final = 100.0
"""Default of the largest distance; starting value: inventories drawn by hand on web maps lie tens
of metres off."""
LEAST_SEEN: Final = 0.5
"""Least part of a place that was seen, for it to count as missed; starting value."""
OUTCOMES: Final[Mapping[str, str]] = {
    "matched": "both have it",
    "missed": "the other layer has it, its ground was seen, and the run has no site there",
    "extra": "the run has it, and the other layer does not",
    "not_observed": "the other layer has it, and its ground was not seen: nothing can be said",
    "outside": "the other layer has it outside the area that the run watches",
    "later": "the other layer has it only from after the period",
}
"""Every outcome, to what it means."""
_COLUMNS: Final = (
    "outcome", "site_id", "other_id", "distance_m", "alert", "verdict", "first_detected",
    "other_date", "days_later",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class InventoryComparison:
    """A run beside another layer."""

    table: gpd.GeoDataFrame
    """One row an outcome, WGS 84: `outcome`, `site_id`, `other_id` (of the column asked for, else
    the number of the row), `distance_m` (0: they touch), `alert`, `verdict`, `first_detected`,
    `other_date`, `days_later` (from the other's date to the first look that shows the site;
    negative when the run was earlier), `simulated`."""
    counts: Mapping[str, int]
    """Outcome to rows, every outcome of `OUTCOMES`."""
    notes: tuple[str, ...]
    """What was compared, in words."""


def compare(
    directory: str | Path,
    other: str | Path,
    *,
    distance_m: float = DISTANCE_M,
    period: str | None = None,
    date_column: str | None = None,
    id_column: str | None = None,
    layer: str | None = None,
    counted: Counted = "detector",
) -> InventoryComparison:
    """Matched, missed and extra sites of a run against any layer of points or polygons.

    Confirmed and provisional sites are compared. Pairs are made one to one, the nearest first.

    Parameters
    ----------
    directory
        Folder of a finished run.
    other
        Vector file: whatever GDAL reads.
    distance_m
        Two outlines at most this far apart may be one place, metres.
    period
        Label or first day: only sites that had begun by its end, what the other layer had by then,
        and ground that was seen in it; None takes all periods.
    date_column
        Column of the other layer with the day on which a place was known to be there.
    id_column
        Column of the other layer that names its places.
    layer
        Layer of the file; None takes the first with outlines.
    counted
        Whose opinion says what is a site: a key of `COUNTED`.

    Raises
    ------
    SettingsError
        When the file cannot be read, or has no such layer, column or date.
    """
    if distance_m < 0:
        raise SettingsError(f"a distance of {distance_m} m", hint="give 0 or more")
    result = open_result(directory)
    steps = _steps(result, period)
    last_day = max((result.manifest["periods"][n]["end"] for n in steps), default="")
    places = _read_other(Path(other), layer, date_column=date_column, id_column=id_column)
    epsg = result.aoi.utm_epsg
    sites = result.sites if counted == "detector" else review.by_people(result.sites)
    sites = sites[sites["alert"].isin(LIKELY) & (sites["first_detected"] <= last_day)]
    sites = sites.reset_index(drop=True)
    here, there = _metres(sites.geometry, epsg), _metres(places.geometry, epsg)
    area = _metres(gpd.GeoSeries([result.aoi.geometry], crs=WGS84), epsg)[0]
    is_later = (places["date"].notna() & (places["date"] > last_day)).to_numpy(bool)
    is_outside = shapely.distance(there, area) > distance_m if len(there) else np.zeros(0, bool)
    usable = ~is_later & ~is_outside
    pairs = _nearest_pairs(here, there, usable, distance_m)
    matched = {row for _, row, _ in pairs}
    rows = [
        _row("matched", sites.iloc[site], places.iloc[place], distance)
        for place, site, distance in pairs
    ]
    rows += [
        _row("extra", sites.iloc[n], None, None) for n in range(len(sites)) if n not in matched
    ]
    paired = {place for place, _, _ in pairs}
    unpaired = [n for n in range(len(places)) if n not in paired]
    seen = _seen(result, steps, [there[n].buffer(distance_m) for n in unpaired], epsg)
    for n, was_seen in zip(unpaired, seen, strict=True):
        outcome = "later" if is_later[n] else "outside" if is_outside[n] else "missed"
        if outcome == "missed" and not was_seen:
            outcome = "not_observed"
        rows.append(_row(outcome, None, places.iloc[n], None))
    table = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=[*_COLUMNS, "geometry"]), geometry="geometry", crs=WGS84
    ).assign(simulated=result.simulated)
    found = Counter(table["outcome"])
    notes = (
        f"sites: confirmed and provisional, begun by {last_day}; counted: {COUNTED[counted]}",
        f"one to one, the nearest first, up to {distance_m:g} m apart",
    )
    return InventoryComparison(
        table=table, counts={name: found.get(name, 0) for name in OUTCOMES}, notes=notes
    )


def _steps(result: RunResult, period: str | None) -> list[int]:
    periods = result.manifest["periods"]
    if period is None:
        return list(range(len(periods)))
    steps = [n for n, p in enumerate(periods) if period in (p["label"], p["start"])]
    if not steps:
        known = [p["label"] for p in periods]
        raise SettingsError(unknown_name("period", period, known), hint="give one of these")
    return steps


def _read_other(
    path: Path, layer: str | None, *, date_column: str | None, id_column: str | None
) -> gpd.GeoDataFrame:
    """Places of the other layer: `id`, `date` (ISO day or None), outline in WGS 84."""
    try:
        known = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
        if layer is not None and layer not in known:
            raise SettingsError(unknown_name("layer", layer, known), hint="give one of these")
        table = gpd.read_file(path, layer=layer or known[0])
    except (RuntimeError, ValueError, OSError, IndexError) as error:
        raise SettingsError(
            f"{path} cannot be read as a layer of points or polygons: {str(error).splitlines()[0]}",
            hint="give a GeoPackage, GeoJSON, shapefile or KML",
        ) from None
    if table.crs is None:
        raise SettingsError(
            f"{path} has no coordinate reference system", hint="set it in QGIS and save again"
        )
    for column in (date_column, id_column):
        if column is not None and column not in table:
            known = [str(c) for c in table.columns if c != table.geometry.name]
            raise SettingsError(unknown_name("column", column, known), hint="give one of these")
    is_there = ~(table.geometry.isna() | table.geometry.is_empty)
    numbers = [str(n + 1) for n in range(len(table))]
    ids = numbers if id_column is None else [str(v) for v in table[id_column]]
    dates = [None] * len(table) if date_column is None else _days(table[date_column], path)
    outlines = shapely.make_valid(shapely.force_2d(table.geometry.to_crs(WGS84).to_numpy()))
    places = gpd.GeoDataFrame(
        {"id": pd.Series(ids, dtype=object), "date": pd.Series(dates, dtype=object)},
        geometry=list(outlines), crs=WGS84,
    )  # fmt: skip
    return places[is_there.to_numpy()].reset_index(drop=True)


def _days(values: pd.Series[Any], path: Path) -> list[str | None]:
    try:
        days = pd.to_datetime(values)
    except (ValueError, TypeError) as error:
        raise SettingsError(
            f"{path}: {values.name} holds no day: {str(error).splitlines()[0]}",
            hint="write days as 2023-11-05",
        ) from None
    return [None if pd.isna(day) else str(day.date()) for day in days]


def _metres(outlines: gpd.GeoSeries, epsg: int) -> np.ndarray:
    return np.asarray(outlines.to_crs(epsg).array, dtype=object)


def _nearest_pairs(
    here: np.ndarray, there: np.ndarray, usable: np.ndarray, distance_m: float
) -> list[tuple[int, int, float]]:
    """Place, site and their distance, one to one, the nearest first, then the most ground."""
    if not len(here) or not usable.any():
        return []
    places, sites = shapely.STRtree(here).query(there, predicate="dwithin", distance=distance_m)
    keep = usable[places]
    places, sites = places[keep], sites[keep]
    distance = shapely.distance(there[places], here[sites])
    shared = shapely.area(shapely.intersection(there[places], here[sites]))
    pairs, taken_places, taken_sites = [], set[int](), set[int]()
    for n in np.lexsort((sites, places, -shared, distance)):
        place, site = int(places[n]), int(sites[n])
        if place not in taken_places and site not in taken_sites:
            pairs.append((place, site, float(distance[n])))
            taken_places.add(place)
            taken_sites.add(site)
    return pairs


def _seen(
    result: RunResult, steps: list[int], grounds: list[BaseGeometry], epsg: int
) -> list[bool]:
    """Whether most of each piece of ground was seen in any of some periods."""
    if not grounds:
        return []
    with rasterio.open(result.rasters["observed"]) as file:
        shapes = gpd.GeoSeries(grounds, crs=epsg).to_crs(file.crs)
        seen = file.read([step + 1 for step in steps]).any(axis=0)
        outside = [geometry_mask([s], seen.shape, file.transform, all_touched=True) for s in shapes]
    return [bool((~o).any()) and float(seen[~o].mean()) >= LEAST_SEEN for o in outside]


def _row(
    outcome: str, site: pd.Series[Any] | None, place: pd.Series[Any] | None, distance: float | None
) -> dict[str, Any]:
    first = None if site is None else str(site["first_detected"])
    date = None if place is None else place["date"]
    later = (pd.Timestamp(first) - pd.Timestamp(date)).days if first and date else None
    return {
        "outcome": outcome,
        "site_id": None if site is None else site["site_id"],
        "other_id": None if place is None else place["id"],
        "distance_m": None if distance is None else round(distance, 1),
        "alert": None if site is None else site["alert"],
        "verdict": None if site is None else site["verdict"],
        "first_detected": first, "other_date": date, "days_later": later,
        "geometry": (place if site is None else site)["geometry"],  # type: ignore[index]
    }  # fmt: skip
