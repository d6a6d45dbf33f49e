"""Slopes under the sites of a finished run, and slides beside them."""

from __future__ import annotations

from collections import Counter
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd

from minewatch.analysis.context_inputs import (
    read_catchment_heights,
)
from minewatch.context.slide_screen import FACTORS, ground_under, screen, slides_beside
from minewatch.errors import SettingsError
from minewatch.model import ContextAnswer, RunResult, climate_of
from minewatch.model.climate import read_dry_season
from minewatch.sites.totals import LIKELY


def slopes(result: RunResult, *, dem: str = "auto", catalog: str | None = None) -> ContextAnswer:
    """Slopes under the sites, slides beside them, and a screen of where to look first.

    Parameters
    ----------
    result
        A finished run.
    dem, catalog
        Heights, as `read_catchment_heights` takes them.

    Returns
    -------
    ContextAnswer
        `factors`, and the layers `slides_beside` and `screen`.
    """
    heights = read_catchment_heights(result, dem=dem, catalog=catalog, beyond_km=2.0)
    sites = result.sites[result.sites["alert"].isin(LIKELY)].to_crs(heights.epsg)
    sites = sites.sort_values("site_id").reset_index(drop=True)
    slides = result.changes[result.changes["kind"] == "landslide"].to_crs(heights.epsg)
    slides = slides.reset_index(drop=True)
    beside = slides_beside(sites, slides, heights)
    ground = ground_under(heights, list(sites.geometry))
    table = screen(_factors(result, sites, beside, ground))
    outlines = sites.set_index("site_id").geometry.reindex(table["site_id"]).to_numpy()
    orders = Counter(beside["order"])
    words = (
        f"heights: {heights.source}",
        f"{len(slides)} slides in the run; {len(beside)} pairs of a site and a slide within 500 m "
        f"or above it: {orders['before']} before the site, {orders['after']} after it was seen, "
        f"{orders['unknown']} of unknown order",
        "a screen, no forecast: it ranks the sites of this run by what makes slopes fail, was "
        "fitted to no slide of this ground, and says nothing of when",
        "what to look at: in the Pangwa area slides on 4 June 2024 (more than 20 dead) and 19 June "
        "2024 (more than 50 missing) are documented (Meehan & Dan 2024)",
        "slides under cloud are not seen; the surface model is older than many cuts",
    )
    return ContextAnswer(
        name="slopes", title=f"slopes and slides in {result.name}",
        simulated=result.simulated or heights.simulated,
        tables={
            "screen": gpd.GeoDataFrame(table, geometry=list(outlines), crs=sites.crs),
            "slides_beside": beside,
            "factors": pd.DataFrame({"factor": list(FACTORS), "meaning": list(FACTORS.values())}),
        },
        published=frozenset({"factors"}),
        notes=words, about={"heights": heights.source},
    )  # fmt: skip


def _factors(
    result: RunResult, sites: gpd.GeoDataFrame, beside: pd.DataFrame, ground: pd.DataFrame
) -> pd.DataFrame:
    parameters = result.manifest["parameters"]
    setting = str(parameters.get("dry_season", "11-04"))
    try:
        climate = climate_of(read_dry_season(setting), source="the run")
    except SettingsError:
        climate = climate_of((11, 4), source="not stated by the run: that of Kachin")
    end = date.fromisoformat(str(parameters["end"]))
    earlier = beside[beside["order"] != "after"].groupby("site_id")["slide"].nunique()
    inventory = result.inventory[result.inventory["pool_area_m2"].notna()]
    latest = inventory.sort_values("period_start").drop_duplicates("site_id", keep="last")
    pools = latest.set_index("site_id")["pool_area_m2"].astype(float)
    cut = sites["max_disturbed_area_m2"].astype(float) * np.sin(np.radians(ground["slope_deg"]))
    wet = [
        sum(
            climate.has_rains_between(max(date(year, 1, 1), began), min(date(year, 12, 31), end))
            for year in range(began.year, end.year + 1)
        )
        for began in (date.fromisoformat(str(day)) for day in sites["first_detected"])
    ]
    return pd.DataFrame(
        {
            "site_id": sites["site_id"], "state": sites["state"],
            "slope_deg": ground["slope_deg"].round(1), "aspect_deg": ground["aspect_deg"].round(0),
            "height_m": ground["height_m"].round(0), "cut_m2": cut.round(0),
            "pool_area_m2": sites["site_id"].map(pools), "wet_seasons": wet,
            "earlier_slides": sites["site_id"].map(earlier).fillna(0).astype(int),
        }
    )  # fmt: skip
