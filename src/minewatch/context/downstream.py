"""What lies below the sites: rivers, reaches and places, with the share of draws that say so.

A pair of a site and what lies below it has a share: of the draws of the heights, and of the cells
of the site, from which the water comes there. Ranges of counts and areas take pairs of at least
`SURE_SHARE` at their low end and of at least `MAYBE_SHARE` at their high end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from minewatch.context.drainage import Cells, Drainage, cells_within, path_down, walk_down
from minewatch.context.river_network import RiverNetwork, find_rivers
from minewatch.sites.totals import LIKELY, POOL_MEASURES, SURE, UNSEEN, total_by_period

SURE_SHARE: Final = 0.9
"""A site is surely above what at least this share of the draws puts below it; starting value."""
MAYBE_SHARE: Final = 0.1
"""It may be above what at least this share puts below it; starting value."""
REACH_M: Final = 250.0
"""A place is within reach of a path at most so far from it; starting value."""
_KEYS = ["period_start", "period_end"]
_MOST_CELLS = 25
_LABELS = ("river", "reach")
_STAY = 3


@dataclass(frozen=True, kw_only=True)
class Starts:
    """Where the walks of sites begin."""

    site: NDArray[np.intp]
    """Number of the site of each walk, in the order of the sites."""
    cell: Cells
    """Its first cell."""
    sites: tuple[str, ...]
    """Ids of the sites."""

    @property
    def outside(self) -> tuple[str, ...]:
        """Sites that lie where there are no heights."""
        found = set(self.site.tolist())
        return tuple(name for n, name in enumerate(self.sites) if n not in found)


@dataclass(frozen=True, kw_only=True)
class PlacesNear:
    """Which places are within reach of which cell."""

    cell: Cells
    """Cells, ascending; one may stand several times."""
    place: NDArray[np.intp]
    """Number of the place within reach of it."""
    is_near: NDArray[np.bool_]
    """Whether a cell has any, dims (cell,)."""


def find_starts(drainage: Drainage, sites: gpd.GeoDataFrame) -> Starts:
    """The cells of every site, up to 25 spread over it.

    Parameters
    ----------
    drainage
        Where water goes.
    sites
        `site_id` and outlines, metres of the same zone.
    """
    numbers, cells = [], []
    for number, outline in enumerate(sites.geometry):
        found = cells_within(drainage, outline)
        if len(found) > _MOST_CELLS:
            found = found[np.linspace(0, len(found) - 1, _MOST_CELLS).astype(int)]
        cells.append(found)
        numbers.append(np.full(len(found), number, np.intp))
    return Starts(
        site=np.concatenate([*numbers, np.empty(0, np.intp)]),
        cell=np.concatenate([*cells, np.empty(0, np.int64)]),
        sites=tuple(sites["site_id"]),
    )


def find_places_near(
    drainage: Drainage,
    outlines: Sequence[shapely.Geometry],
    *,
    reach_m: float | Sequence[float] = REACH_M,
) -> PlacesNear:
    """The cells from which each place is at most so far.

    Parameters
    ----------
    drainage
        Its grid is meant.
    outlines
        Places in order: points, lines or areas, metres of the same zone.
    reach_m
        How far: one for all, or one for each.
    """
    reaches = np.broadcast_to(np.asarray(reach_m, float), len(outlines))
    found = [
        cells_within(drainage, outline, distance_m=float(reach))
        for outline, reach in zip(outlines, reaches, strict=True)
    ]
    cell = np.concatenate([*found, np.empty(0, np.int64)])
    place = np.repeat(np.arange(len(found), dtype=np.intp), [len(f) for f in found])
    order = np.lexsort((place, cell))
    is_near = np.zeros(len(drainage.downstream), bool)
    is_near[cell] = True
    return PlacesNear(cell=cell[order], place=place[order], is_near=is_near)


def trace(
    drainage: Drainage,
    starts: Starts,
    network: RiverNetwork,
    near: PlacesNear,
    *,
    beside: int = 0,
) -> Mapping[str, pd.DataFrame]:
    """What the water of each site comes to in one draw of the heights.

    Parameters
    ----------
    drainage
        Where the water of each cell goes in this draw.
    starts
        Where the sites are.
    network
        Rivers and reaches, those of the heights as measured whichever draw is walked.
    near
        Cells within reach of places.
    beside
        A walk is in a river when it is at most so many cells beside it: 0 for the heights as
        measured, 1 for a draw, whose rivers may lie beside those. Then it must stay in it for three
        cells.

    Returns
    -------
    dict
        `first` (the first river of each walk), `river`, `reach` and `place` (all that it comes to):
        `site` (number), `target` (number), `share` of the site's walks, `metres` along the path to
        it, the least of the walks.
    """
    river = network.near(network.river, cells=beside)
    reach = network.near(network.reach, cells=beside)
    seen: dict[str, list[tuple[Any, Any, Any]]] = {"river": [], "reach": [], "place": []}
    # beside a river as measured, a walk may cross the last cells of streams that end in it
    stays = {name: _Stays.begin(len(starts.cell), _STAY if beside else 1) for name in _LABELS}
    for walks, here, metres in walk_down(drainage, starts.cell):
        for name, label in zip(_LABELS, (river, reach), strict=True):
            seen[name].append(stays[name].step(walks, label[here], metres))
        if (hit := near.is_near[here]).any():
            low = np.searchsorted(near.cell, here[hit], "left")
            count = np.searchsorted(near.cell, here[hit], "right") - low
            rows = np.repeat(low - np.cumsum(count) + count, count) + np.arange(count.sum())
            seen["place"].append(
                (np.repeat(walks[hit], count), near.place[rows], np.repeat(metres[hit], count))
            )
    walks_of = np.bincount(starts.site, minlength=len(starts.sites))
    out: dict[str, pd.DataFrame] = {}
    for name, parts in seen.items():
        table = pd.DataFrame(
            {
                column: np.concatenate([*(part[k] for part in parts), np.empty(0, kind)])
                for k, (column, kind) in enumerate(
                    (("walk", int), ("target", int), ("metres", float))
                )
            }
        )
        table["site"] = starts.site[table["walk"].to_numpy(int)]
        table = table.sort_values(["walk", "metres"], kind="stable")
        if name == "river":
            out["first"] = _shares(table.drop_duplicates("walk"), walks_of)
        out[name] = _shares(table.drop_duplicates(["walk", "target"]), walks_of)
    return out


@dataclass
class _Stays:
    """For how many steps each walk has been in which river, and since which metre."""

    label: NDArray[np.int64]
    steps: NDArray[np.int64]
    since: NDArray[np.float64]
    least: int
    """Steps from which a stay counts."""

    @classmethod
    def begin(cls, walks: int, least: int) -> _Stays:
        return cls(np.zeros(walks, int), np.zeros(walks, int), np.zeros(walks), least)

    def step(
        self, walks: NDArray[np.intp], now: NDArray[np.int32], metres: NDArray[np.float64]
    ) -> tuple[NDArray[np.intp], NDArray[np.int32], NDArray[np.float64]]:
        """The walks whose stay counts from this step on, the label, and where it began."""
        goes_on = now == self.label[walks]
        self.since[walks] = np.where(goes_on, self.since[walks], metres)
        self.steps[walks] = np.where(goes_on, self.steps[walks] + 1, 1)
        self.label[walks] = now
        counts = (now > 0) & (self.steps[walks] == self.least)
        return walks[counts], now[counts], self.since[walks][counts]


def _shares(walks: pd.DataFrame, walks_of: NDArray[np.intp]) -> pd.DataFrame:
    pairs = walks.groupby(["site", "target"], sort=True)
    table = pairs.agg(share=("walk", "size"), metres=("metres", "min")).reset_index()
    table["share"] = table["share"] / walks_of[table["site"].to_numpy(int)]
    return table


def mean_shares(draws: Sequence[Mapping[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    """The same tables over all draws: the mean share, and `metres` as a least and a most.

    Parameters
    ----------
    draws
        Answers of `trace`, the first from the heights as measured.
    """
    out = {}
    for name in draws[0]:
        table = pd.concat([draw[name] for draw in draws], ignore_index=True)
        pairs = table.groupby(["site", "target"], sort=True)
        merged = pairs.agg(
            share=("share", "sum"), metres_low=("metres", "min"), metres_high=("metres", "max")
        ).reset_index()
        merged["share"] = (merged["share"] / len(draws)).clip(upper=1.0)
        out[name] = merged
    return out


def only_maybe(shares: pd.DataFrame, targets: NDArray[np.bool_]) -> pd.DataFrame:
    """The same shares, those of some targets below `SURE_SHARE`: they count in high ends alone.

    Parameters
    ----------
    shares
        `site`, `target`, `share`.
    targets
        Whether each target, by its number, is only maybe where it is said to be.
    """
    is_maybe = targets[shares["target"].to_numpy(int)]
    highest = np.nextafter(SURE_SHARE, 0)
    return shares.assign(share=shares["share"].mask(is_maybe, shares["share"].clip(upper=highest)))


def totals_below(
    pairs: pd.DataFrame,
    sites: Sequence[str],
    inventory: pd.DataFrame,
    periods: Sequence[tuple[str, str]],
    *,
    sees_pools: bool = True,
) -> pd.DataFrame:
    """What lies above each place, reach or river, period by period, as ranges.

    Parameters
    ----------
    pairs
        `site` (number), `target`, `share`.
    sites
        Ids of the sites by number.
    inventory
        Contract `INVENTORY`.
    periods
        First and last days of every period, in order.
    sees_pools
        Whether its pixels can show pools.

    Returns
    -------
    DataFrame
        One row a target and period: `target`, `period_start`, `period_end`, and what
        `sites.total_by_period` says of the sites above it: the low ends of those surely above it,
        the high ends of those that may be; then `abandoned_wet_low|high` and
        `abandoned_wet_water_m2_low|high`. A site that was not observed may be abandoned and wet.
        `not_observed` counts these sites.
    """
    likely = inventory[inventory["alert"].isin(LIKELY)]
    rows = []
    for target, group in pairs[pairs["share"] >= MAYBE_SHARE].groupby("target", sort=True):
        maybe = {sites[n] for n in group["site"]}
        sure = {sites[n] for n in group.loc[group["share"] >= SURE_SHARE, "site"]}
        most = total_upstream(likely, maybe, sure, periods, sees_pools=sees_pools)
        most.insert(0, "target", target)
        rows.append(most)
    if rows:
        return pd.concat(rows, ignore_index=True)
    columns = total_upstream(likely, set(), set(), periods, sees_pools=sees_pools).columns
    return pd.DataFrame(columns=["target", *columns])


def total_upstream(
    likely: pd.DataFrame,
    maybe: set[str],
    sure: set[str],
    periods: Sequence[tuple[str, str]],
    *,
    sees_pools: bool,
) -> pd.DataFrame:
    """Totals of some sites in every period, as `totals_below` has them.

    Parameters
    ----------
    likely
        Rows of the inventory that are confirmed or provisional.
    maybe, sure
        Ids of sites that may be above, and of those that surely are.
    periods, sees_pools
        As there.
    """
    every = pd.DataFrame(list(periods), columns=_KEYS)
    unknown = () if sees_pools else (*POOL_MEASURES, "abandoned_wet_water")
    out = every.copy()
    for end, names in (("low", sure), ("high", maybe)):
        rows = likely[likely["site_id"].isin(names)]
        table = total_by_period(rows, sees_pools=sees_pools)
        table = table.merge(_abandoned_wet(rows), on=_KEYS, how="left")
        table = every.merge(table, on=_KEYS, how="left", indicator="found")
        nothing = table["found"] == "left_only"
        for column in table.columns[table.columns.str.endswith(f"_{end}")]:
            values = table[column].astype(float).mask(nothing, 0.0)
            out[column] = np.nan if unknown and column.startswith(unknown) else values
    out["not_observed"] = table["not_observed"].fillna(0).astype(int)
    ends = [c.removesuffix("_low") for c in out.columns if c.endswith("_low")]
    ends = sorted(ends, key=lambda name: not name.startswith("abandoned"))
    return out[[*_KEYS, *(f"{n}_{end}" for n in ends for end in ("low", "high")), "not_observed"]]


def _abandoned_wet(rows: pd.DataFrame) -> pd.DataFrame:
    """Sites left with water in their pools, and that water, by period."""
    is_wet, unseen = rows["state"] == "abandoned_wet", rows["state"] == UNSEEN
    sure = rows["alert"].isin(SURE)
    low = rows["water_area_low_m2"].astype(float)
    high = rows["water_area_high_m2"].astype(float)
    largest = high.groupby(rows["site_id"]).transform("max").fillna(0.0)
    table = pd.DataFrame(
        {
            **{key: rows[key] for key in _KEYS},
            "abandoned_wet_low": (sure & is_wet).astype(int),
            "abandoned_wet_high": (is_wet | unseen).astype(int),
            "abandoned_wet_water_m2_low": low.where(sure & is_wet, 0.0).fillna(0.0),
            "abandoned_wet_water_m2_high": high.where(is_wet, 0.0).fillna(0.0)
            + largest.where(unseen, 0.0),
        }
    )
    return table.groupby(_KEYS, as_index=False).sum()


def rivers_touched(
    drainage: Drainage, sites: gpd.GeoDataFrame, *, sizes_km2: Sequence[float]
) -> pd.DataFrame:
    """How many rivers sites drain into first, by what counts as a river.

    Parameters
    ----------
    drainage
        Where water goes.
    sites
        Outlines, metres of the same zone.
    sizes_km2
        Catchments from which a stream is a river.

    Returns
    -------
    DataFrame
        `river_from_km2`, `rivers_touched`, `sites`, `sites_that_reach_none`.
    """
    starts = [c for outline in sites.geometry if (c := _first_cell(drainage, outline)) is not None]
    rows = []
    for size in sizes_km2:
        label = find_rivers(drainage, least_km2=size).river
        first = np.zeros(len(starts), int)
        for walks, here, _ in walk_down(drainage, np.array(starts, np.int64)):
            first[walks] = np.where(first[walks] > 0, first[walks], label[here])
        touched = first[first > 0]
        rows.append((size, len(np.unique(touched)), len(starts), len(starts) - len(touched)))
    columns = ["river_from_km2", "rivers_touched", "sites", "sites_that_reach_none"]
    return pd.DataFrame(rows, columns=columns)


def _first_cell(drainage: Drainage, outline: shapely.Geometry) -> int | None:
    """The cell with heights that is nearest to the middle of a site; None: it has none."""
    found = cells_within(drainage, outline)
    if not len(found):
        return None
    middle = outline.representative_point()
    x, y = drainage.xy(found)
    return int(found[np.hypot(x - middle.x, y - middle.y).argmin()])


def site_paths(
    drainage: Drainage, sites: gpd.GeoDataFrame, network: RiverNetwork
) -> gpd.GeoDataFrame:
    """The way of the water of each site, by the heights as measured, until they end.

    Parameters
    ----------
    drainage
        Where water goes.
    sites
        `site_id` and outlines, metres of the same zone.
    network
        The rivers.

    Returns
    -------
    GeoDataFrame
        One row a site with heights: `site_id`, `metres_to_river` (NaN: none before the heights
        end), `river`, `path_m`, `leaves_x`, `leaves_y` (where the path leaves the heights) and the
        path as a line.
    """
    label, rows = network.river, []
    for site_id, outline in zip(sites["site_id"], sites.geometry, strict=True):
        start = _first_cell(drainage, outline)
        if start is None:
            continue
        cells, metres = path_down(drainage, start)
        x, y = drainage.xy(cells)
        at = np.flatnonzero(label[cells])
        points = np.column_stack([x, y])
        rows.append(
            {
                "site_id": site_id,
                "metres_to_river": float(metres[at[0]]) if len(at) else np.nan,
                "river": int(label[cells[at[0]]]) if len(at) else 0,
                "path_m": float(metres[-1]), "leaves_x": float(x[-1]), "leaves_y": float(y[-1]),
                "geometry": shapely.LineString(points if len(points) > 1 else points.repeat(2, 0)),
            }
        )  # fmt: skip
    columns = [
        "site_id", "metres_to_river", "river", "path_m", "leaves_x", "leaves_y", "geometry",
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=sites.crs)
