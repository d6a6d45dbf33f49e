"""The rivers and places below the sites of a finished run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from minewatch.analysis.context_inputs import (
    HEIGHTS_KM,
    bundled_places,
    read_catchment_heights,
    read_layer,
)
from minewatch.context.downstream import (
    MAYBE_SHARE,
    SURE_SHARE,
    mean_shares,
    only_maybe,
    trace,
)
from minewatch.context.drainage import Drainage, Heights, disturb_heights, find_drainage
from minewatch.context.ground_cells import (
    REACH_M,
    find_places_near,
    find_starts,
)
from minewatch.context.river_network import (
    RIVER_KM2,
    RiverNetwork,
    find_rivers,
    mark_lines,
    name_rivers,
)
from minewatch.context.site_paths import (
    rivers_touched,
    site_paths,
)
from minewatch.context.upstream_totals import (
    totals_below,
)
from minewatch.errors import SettingsError
from minewatch.model import WGS84, ContextAnswer, Progress, ProgressListener, RunResult, silent
from minewatch.reports.context_figures import downstream_map, wet_sites_figure
from minewatch.sites.totals import LIKELY

DRAWS: Final = 20
"""How often the heights are disturbed; starting value."""
SEED: Final = 1
COUNTED_AT_KM2: Final = (1.0, 5.0, 25.0, 100.0)
"""Sizes of catchment from which a stream is a river, for the count of rivers touched."""
_KEYS = ["period_start", "period_end"]


def downstream(
    result: RunResult,
    *,
    dem: str = "auto",
    catalog: str | None = None,
    beyond_km: float = HEIGHTS_KM,
    rivers: Path | None = None,
    places: Mapping[str, Path] | None = None,
    reach_m: float = REACH_M,
    river_km2: float = RIVER_KM2,
    draws: int = DRAWS,
    seed: int = SEED,
    listener: ProgressListener = silent,
) -> ContextAnswer:
    """Which rivers and places lie below which sites, period by period, as ranges.

    Parameters
    ----------
    result
        A finished run.
    dem, catalog, beyond_km
        Heights, as `read_catchment_heights` takes them.
    rivers
        Layer of rivers: burnt into the heights, and named by its column `name`.
    places
        Kind of place (`village`, `field`, `intake`, …) to its layer; the bundled gazetteer points
        are taken with them.
    reach_m
        A place is within reach of a path at most so far from it.
    river_km2
        Ground that must drain through a cell for it to be a river.
    draws, seed
        How often the heights are disturbed; 0: never.
    listener
        Hears of the draws.

    Returns
    -------
    ContextAnswer
        `paths`, `rivers_by_period`, `reaches_by_period`, `places_by_period` (layers), and
        `site_rivers`, `site_places`, `rivers_touched`.

    Raises
    ------
    SettingsError
        When a number or a layer makes no sense.
    ReadError
        When there are no heights.
    """
    _check(reach_m=reach_m, river_km2=river_km2, draws=draws, beyond_km=beyond_km)
    heights = read_catchment_heights(result, dem=dem, catalog=catalog, beyond_km=beyond_km)
    course = read_layer(rivers, epsg=heights.epsg, kind="river") if rivers else None
    marked = mark_lines(heights, list(course.table.geometry)) if course else None
    drainage = find_drainage(heights, rivers=marked)
    network = find_rivers(drainage, least_km2=river_km2)
    if course:
        network = name_rivers(network, list(course.table.geometry), list(course.table["name"]))
    sites = result.sites[result.sites["alert"].isin(LIKELY)].to_crs(heights.epsg)
    sites = sites.sort_values("site_id").reset_index(drop=True)
    below, notes = _places(heights, places or {})
    notes += course.notes if course else ()
    starts = find_starts(drainage, sites)
    is_maybe = (below["uncertainty_m"] > reach_m).to_numpy(bool)
    reaches = reach_m + below["uncertainty_m"].where(is_maybe, 0.0)
    near = find_places_near(drainage, list(below.geometry), reach_m=list(reaches))
    answers = [trace(drainage, starts, network, near)]
    for draw in range(1, draws + 1):
        listener(Progress("draws of the heights", draw - 1, draws, ""))
        other = find_drainage(disturb_heights(heights, seed=seed, draw=draw), rivers=marked)
        answers.append(trace(other, starts, network, near, beside=1))
    if draws:
        listener(Progress("draws of the heights", draws, draws, ""))
    # the heights as measured place the path; shares come from the draws alone, where there are any
    shares = mean_shares(answers[1:] or answers)
    shares["place"] = only_maybe(shares["place"], is_maybe)
    paths = site_paths(drainage, sites, network)
    periods = [(str(p["start"]), str(p["end"])) for p in result.manifest["periods"]]
    totals = {
        name: totals_below(
            shares[name], starts.sites, result.inventory, periods,
            sees_pools=not result.why_no_pools,
        )
        for name in ("first", "river", "reach", "place")
    }  # fmt: skip
    tables: dict[str, pd.DataFrame] = {
        "paths": _path_layer(paths, shares["first"], starts.sites, network),
        "places_by_period": _place_layer(totals["place"], below, heights, near, drainage),
        "rivers_by_period": _river_layer(totals["river"], totals["first"], network, heights.epsg),
        "reaches_by_period": _reach_layer(totals["reach"], network, heights.epsg),
        "site_rivers": _pairs(shares["river"], starts.sites, network.rivers, "river"),
        "site_places": _site_places(shares["place"], starts.sites, below),
        "rivers_touched": rivers_touched(drainage, sites, sizes_km2=COUNTED_AT_KM2),
    }
    simulated = result.simulated or heights.simulated
    words = _words(heights, paths, starts.outside, below, draws, seed, network, reach_m, result)
    pictures = {
        "map": downstream_map(
            heights, tables["rivers_by_period"], tables["paths"], sites,
            tables["places_by_period"], simulated=simulated,
        ),
        "places": wet_sites_figure(
            tables["places_by_period"], "name", "places", simulated=simulated
        ),
        "rivers": wet_sites_figure(
            tables["rivers_by_period"], "name", "rivers", simulated=simulated
        ),
    }  # fmt: skip
    return ContextAnswer(
        name="downstream", title=f"below the sites of {result.name}", simulated=simulated,
        tables=tables, notes=(*words, *notes), pictures=pictures,
        about={
            "heights": heights.source, "beyond_km": beyond_km, "cell_m": heights.cell_m,
            "rivers": str(rivers.name) if rivers else None, "reach_m": reach_m,
            "river_km2": river_km2, "draws": draws, "seed": seed,
            "sure_share": SURE_SHARE, "maybe_share": MAYBE_SHARE,
        },
    )  # fmt: skip


def _check(*, reach_m: float, river_km2: float, draws: int, beyond_km: float) -> None:
    for name, value, least in (
        ("reach", reach_m, 0), ("beyond", beyond_km, 0), ("draws", draws, 0),
        ("river-km2", river_km2, 0.01),
    ):  # fmt: skip
        if not value >= least:
            raise SettingsError(f"--{name} {value:g}", hint=f"give {least} or more")


def _places(
    heights: Heights, given: Mapping[str, Path]
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Every place that lies on the heights."""
    rows, cols = heights.metres.shape
    left, top = heights.transform * (0, 0)
    right, bottom = heights.transform * (cols, rows)
    box = shapely.box(left, bottom, right, top)
    layers, notes = [bundled_places(heights.epsg)], list[str]()
    for kind, path in given.items():
        layer = read_layer(path, epsg=heights.epsg, kind=kind)
        notes += layer.notes
        outside = int((~layer.table.intersects(box)).sum())
        if outside and outside == len(layer.table):
            far = layer.table.distance(box).min() / 1000
            raise SettingsError(
                f"{path}: none of its {outside} features lies on the heights; the nearest is "
                f"{far:,.0f} km away",
                hint="look whether its CRS is right, and lon and lat are not swapped; or give "
                "heights that reach there",
            )
        if outside:
            notes.append(f"{path.name}: {outside} features lie beyond the heights: left out")
        layers.append(layer.table)
    columns = ["name", "kind", "uncertainty_m", "geometry"]
    table = pd.concat([layer.reindex(columns=columns) for layer in layers], ignore_index=True)
    table["uncertainty_m"] = table["uncertainty_m"].astype(float).fillna(0.0)
    inside = gpd.GeoDataFrame(table, geometry="geometry", crs=heights.epsg)
    return inside[inside.intersects(box)].reset_index(drop=True), tuple(notes)


def _river_names(network: RiverNetwork) -> pd.Series:
    """What each river is called: its name, else its number."""
    table = network.rivers.set_index("river")
    numbered = pd.Series([f"river {n}" for n in table.index], index=table.index, dtype=object)
    return table["name"].astype(object).where(table["name"] != "", numbered)


def _path_layer(
    paths: gpd.GeoDataFrame, first: pd.DataFrame, sites: Sequence[str], network: RiverNetwork
) -> gpd.GeoDataFrame:
    """The path of each site, its river with the share of draws, and where it leaves the heights."""
    names = _river_names(network)
    number = {name: n for n, name in enumerate(sites)}
    rows = []
    for site_id, river in zip(paths["site_id"], paths["river"], strict=True):
        found = first[first["site"] == number[site_id]].sort_values("share", ascending=False)
        share = found.loc[found["target"] == river, "share"].sum()
        others = found[(found["target"] != river) & (found["share"] >= MAYBE_SHARE)]
        rows.append(
            {
                "river_name": names.get(river, ""),
                "river_share": round(float(share), 4),
                "other_rivers": "; ".join(
                    f"{names[t]} {s:.2f}"
                    for t, s in zip(others["target"], others["share"], strict=True)
                ),
            }
        )
    table = paths.join(pd.DataFrame(rows, index=paths.index))
    ends = gpd.GeoSeries(
        gpd.points_from_xy(paths["leaves_x"], paths["leaves_y"]), crs=paths.crs
    ).to_crs(WGS84)
    table["leaves_lon"], table["leaves_lat"] = ends.x.round(5), ends.y.round(5)
    table["words"] = [
        f"{'no river before it ' if not river else ''}leaves the heights at {lat:.4f} N {lon:.4f} E"
        for river, lon, lat in zip(table["river"], ends.x, ends.y, strict=True)
    ]
    return gpd.GeoDataFrame(
        table.drop(columns=["leaves_x", "leaves_y"]), geometry="geometry", crs=paths.crs
    )


def _worst_first(table: pd.DataFrame) -> pd.DataFrame:
    """Latest period first, then what has most abandoned wet sites above it."""
    keys = ["period_start", "abandoned_wet_high", "abandoned_wet_low", "sites_high", "name"]
    return table.sort_values(keys, ascending=[False, False, False, False, True])


def _place_layer(
    totals: pd.DataFrame,
    places: gpd.GeoDataFrame,
    heights: Heights,
    near: Any,
    drainage: Drainage,
) -> gpd.GeoDataFrame:
    above = []
    for number, outline in enumerate(places.geometry):
        cells = near.cell[near.place == number]
        middle = outline.representative_point()
        col, row = ~heights.transform * (middle.x, middle.y)
        inside = 0 <= row < heights.metres.shape[0] and 0 <= col < heights.metres.shape[1]
        if not len(cells) or not inside:
            above.append(np.nan)
            continue
        stream = cells[drainage.catchment_m2[cells].argmax()]
        here = heights.metres[int(row), int(col)]
        above.append(round(float(here - heights.metres.ravel()[stream]), 1))
    known = places.assign(above_stream_m=above)
    table = totals.merge(
        known, left_on="target", right_index=True, how="left", validate="many_to_one"
    ).drop(columns="target")
    first = ["name", "kind", "uncertainty_m", "above_stream_m"]
    table = table[[*first, *(c for c in table if c not in first)]]
    return gpd.GeoDataFrame(_worst_first(table), geometry="geometry", crs=places.crs)


def _river_layer(
    passing: pd.DataFrame, first: pd.DataFrame, network: RiverNetwork, epsg: int
) -> gpd.GeoDataFrame:
    """Rivers with all sites above them, and with those whose first river they are."""
    own = first[["target", *_KEYS, "sites_low", "sites_high"]].rename(
        columns={"sites_low": "first_river_of_low", "sites_high": "first_river_of_high"}
    )
    table = passing.merge(own, on=["target", *_KEYS], how="left")
    ends = ["first_river_of_low", "first_river_of_high"]
    table[ends] = table[ends].astype(float).fillna(0.0)
    rivers = network.rivers.set_index("river")[["catchment_km2", "flows_into"]]
    table.insert(1, "name", table["target"].map(_river_names(network)))
    table = table.merge(rivers, left_on="target", right_index=True, how="left")
    lines = {river: network.line(int(river)) for river in table["target"].unique()}
    geometry = table["target"].map(lines)
    table = _worst_first(table.rename(columns={"target": "river"}))
    return gpd.GeoDataFrame(table, geometry=geometry.reindex(table.index), crs=epsg)


def _reach_layer(totals: pd.DataFrame, network: RiverNetwork, epsg: int) -> gpd.GeoDataFrame:
    river_of = {}
    for reach in totals["target"].unique():
        river_of[reach] = int(network.river[np.flatnonzero(network.reach == reach)[0]])
    names = _river_names(network)
    table = totals.copy()
    table.insert(1, "name", [names[river_of[r]] for r in table["target"]])
    lines = {reach: network.reach_line(int(reach)) for reach in river_of}
    geometry = table["target"].map(lines)
    table = _worst_first(table.rename(columns={"target": "reach"}))
    return gpd.GeoDataFrame(table, geometry=geometry.reindex(table.index), crs=epsg)


def _pairs(
    shares: pd.DataFrame, sites: Sequence[str], rivers: pd.DataFrame, name: str
) -> pd.DataFrame:
    table = shares.rename(columns={"target": name})
    table.insert(0, "site_id", [sites[n] for n in table["site"]])
    return table.drop(columns="site").merge(rivers[["river", "name"]], on="river", how="left")


def _site_places(
    shares: pd.DataFrame, sites: Sequence[str], places: gpd.GeoDataFrame
) -> pd.DataFrame:
    table = shares.copy()
    table.insert(0, "site_id", [sites[n] for n in table["site"]])
    table.insert(1, "place", [places["name"][n] for n in table["target"]])
    table.insert(2, "kind", [places["kind"][n] for n in table["target"]])
    return table.drop(columns=["site", "target"])


def _words(
    heights: Heights,
    paths: gpd.GeoDataFrame,
    outside: Sequence[str],
    places: gpd.GeoDataFrame,
    draws: int,
    seed: int,
    network: RiverNetwork,
    reach_m: float,
    result: RunResult,
) -> tuple[str, ...]:
    rows, cols = heights.metres.shape
    side = heights.cell_m / 1000
    none = int((paths["river"] == 0).sum())
    words = [
        f"heights: {heights.source}, {cols * side:.0f} by {rows * side:.0f} km, "
        f"{100 * float(np.isfinite(heights.metres).mean()):.0f} % of it known",
        f"every path ends where the heights end: {len(paths)} paths, {none} of them before any "
        "river; the layer `paths` says where. What lies further down is not counted.",
    ]
    if outside:
        words.append(
            f"{len(outside)} sites lie where there are no heights: {', '.join(outside[:5])}"
        )
    words.append(
        f"shares: {draws} draws of the heights within the errors of Copernicus GLO-30, seed {seed}"
        if draws
        else "the heights were not disturbed (--draws 0): a share of 1 says nothing of their errors"
    )
    if unsure := int((places["uncertainty_m"] > reach_m).sum()):
        words.append(
            f"{unsure} places are known to more than {reach_m:g} m: all within that distance more "
            "may be within reach, and they count in high ends alone; give layers of your own"
        )
    if not len(places):
        words.append("no place is known on the heights: give layers with --places KIND=FILE")
    if not len(network.rivers):
        words.append("no stream is large enough for a river: lower --river-km2")
    if result.why_no_pools:
        words.append(f"pools and water are unknown: {result.why_no_pools}")
    words.append("a path is where water would run over the ground: no flow, no dilution, no harm")
    return tuple(words)
