"""Slopes under sites, landslides beside them, and a screen of where to look first.

The screen ranks sites by what is known to make slopes fail. It is no forecast: it was never fitted
to slides of the ground it is used on, and says nothing of when.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from minewatch.context.drainage import Heights, cells_under
from minewatch.context.plain_records import records

BESIDE_M: Final = 500.0
"""Slides at most so far from a site are beside it."""
UPSLOPE_M: Final = 1000.0
"""Slides above a site are looked for so far; starting value."""
FACING_DEG: Final = 45.0
"""A slide above falls towards a site when its aspect differs at most so much; starting value."""
FACTORS: Final = {
    "slope_deg": "mean slope under the site, degrees",
    "cut_m2": "disturbed ground times the sine of its slope: how much hillside was cut",
    "pool_area_m2": "pools on it: water and weight",
    "wet_seasons": "rainy seasons that it has stood open",
    "earlier_slides": "slides beside it that were not surely later than its start",
}
"""Every factor of the screen, to what it is. More of each counts as worse."""


def ground_under(heights: Heights, outlines: Sequence[shapely.Geometry]) -> pd.DataFrame:
    """Mean slope, aspect and height of pieces of ground.

    Parameters
    ----------
    heights
        Heights, metres.
    outlines
        Ground, metres of the same zone.

    Returns
    -------
    DataFrame
        `slope_deg`, `aspect_deg` (where it falls to, clockwise from north; of the mean gradient),
        `height_m`; NaN where there are no heights.
    """
    south, east = np.gradient(heights.metres.astype(float), heights.cell_m)
    south, east, metres = south.ravel(), east.ravel(), heights.metres.ravel().astype(float)
    shape = (heights.metres.shape[0], heights.metres.shape[1])
    rows = []
    for outline in outlines:
        cells = cells_under(shape, heights.transform, outline)
        cells = cells[np.isfinite(south[cells] + east[cells])]
        if not len(cells):
            rows.append((np.nan, np.nan, np.nan))
            continue
        slope = np.degrees(np.arctan(np.hypot(south[cells], east[cells]).mean()))
        aspect = np.degrees(np.arctan2(-east[cells].mean(), south[cells].mean())) % 360
        rows.append((slope, aspect, metres[cells].mean()))
    return pd.DataFrame(rows, columns=["slope_deg", "aspect_deg", "height_m"])


def slides_beside(
    sites: gpd.GeoDataFrame, slides: gpd.GeoDataFrame, heights: Heights
) -> gpd.GeoDataFrame:
    """Pairs of a site and a slide beside or above it.

    Parameters
    ----------
    sites
        Contract `SITES`, metres of the zone of the heights.
    slides
        Rows of `CHANGES` of the kind landslide, likewise.
    heights
        Heights, metres.

    Returns
    -------
    GeoDataFrame
        The outline of the slide, `site_id`, `slide` (number of the row), `distance_m`,
        `is_upslope` (higher than the site, and falls towards it), `order` (`before`: it was there
        before the site began; `after`: it began after the site was seen; `unknown`: their windows
        overlap, or one is older than the archive), `slide_after`, `slide_by` (the window in which
        it began), `area_m2`.
    """
    columns = [
        "site_id", "slide", "distance_m", "is_upslope", "order", "slide_after", "slide_by",
        "area_m2", "geometry",
    ]  # fmt: skip
    if sites.empty or slides.empty:
        return gpd.GeoDataFrame(columns=columns, geometry="geometry", crs=sites.crs)
    site_ground = ground_under(heights, list(sites.geometry))
    slide_ground = ground_under(heights, list(slides.geometry))
    tree = shapely.STRtree(slides.geometry.to_numpy())
    site, slide = tree.query(sites.geometry.to_numpy(), "dwithin", distance=UPSLOPE_M)
    rows = []
    for s, d in sorted(zip(site.tolist(), slide.tolist(), strict=True)):
        here, there = sites.iloc[s], slides.iloc[d]
        distance = float(here.geometry.distance(there.geometry))
        higher = slide_ground["height_m"][d] > site_ground["height_m"][s]
        is_upslope = bool(higher and _falls_towards(there, here, slide_ground["aspect_deg"][d]))
        if distance > BESIDE_M and not is_upslope:
            continue
        rows.append(
            {
                "site_id": here["site_id"], "slide": d, "distance_m": round(distance, 1),
                "is_upslope": is_upslope, "order": _order(here, there),
                "slide_after": there["last_undisturbed"], "slide_by": there["first_detected"],
                "area_m2": float(there["area_m2"]), "geometry": there.geometry,
            }
        )  # fmt: skip
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=sites.crs)


def screen(factors: pd.DataFrame) -> pd.DataFrame:
    """Sites in the order in which to look at them, worst first.

    The score is the mean of the ranks of the factors among the sites of the run (0: least of all,
    1: most). A factor that is unknown for a site is left out of its mean, and named.

    Parameters
    ----------
    factors
        `site_id` and the columns of `FACTORS`.

    Returns
    -------
    DataFrame
        With `rank` (1: look here first), `score`, `unknown` and `reasons`: the factors in which the
        site is among the upper third.
    """
    names = list(FACTORS)
    values = factors[names].astype(float)
    ranks = (values.rank(method="average") - 1) / (values.notna().sum() - 1).clip(lower=1)
    ranks = ranks.where(values.notna())
    score = ranks.mean(axis=1)
    out = factors.assign(
        score=score.round(4),
        unknown=["; ".join(n for n in names if pd.isna(row[n])) for _, row in values.iterrows()],
        reasons=[
            "; ".join(n for n in names if rank[n] >= 2 / 3 and value[n] > 0)
            for rank, value in zip(records(ranks), records(values), strict=True)
        ],
    )
    out = out.sort_values(["score", "site_id"], ascending=[False, True], na_position="last")
    out.insert(0, "rank", np.arange(1, len(out) + 1))
    return out.reset_index(drop=True)


def _falls_towards(slide: Any, site: Any, aspect_deg: float) -> bool:
    a, b = slide.geometry.representative_point(), site.geometry.representative_point()
    bearing = np.degrees(np.arctan2(b.x - a.x, b.y - a.y)) % 360
    turn = abs((aspect_deg - bearing + 180) % 360 - 180)
    return bool(turn <= FACING_DEG)


def _order(site: Any, slide: Any) -> str:
    if pd.notna(site["last_undisturbed"]) and slide["first_detected"] <= site["last_undisturbed"]:
        return "before"
    if pd.notna(slide["last_undisturbed"]) and slide["last_undisturbed"] >= site["first_detected"]:
        return "after"
    return "unknown"
