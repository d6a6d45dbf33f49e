"""The path of each site's water, and the rivers that sites drain into first."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from minewatch.context.drainage import Drainage, cells_within, path_down, walk_down
from minewatch.context.river_network import RiverNetwork, find_rivers


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
