"""Answers about the surroundings of the run of the tests, with known rows: all made up."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely

from minewatch.model import ContextAnswer, RunResult

EPSG = 32647
VILLAGE = "Simulated <village> & [% env('HOME') %]"


def answers_of(run: RunResult) -> dict[str, ContextAnswer]:
    """One answer of each kind that has layers, for a run with periods."""
    periods = [(str(p["start"]), str(p["end"])) for p in run.manifest["periods"]]
    sites = run.sites.to_crs(EPSG)
    west, south, east, north = sites.total_bounds
    river = shapely.LineString([(west - 300, north + 500), (east + 600, south - 900)])
    counts = {
        "sites_low": 1, "sites_high": 3, "pool_count_low": 2.0, "pool_count_high": 9.0,
        "abandoned_wet_water_m2_low": 0.0, "abandoned_wet_water_m2_high": 900.0,
        "not_observed": 1,
    }  # fmt: skip
    wet = [(0, 0), (0, 1), (1, 2)]  # below none, maybe, surely: period by period
    rows = [
        {"period_start": start, "period_end": end, "abandoned_wet_low": low,
         "abandoned_wet_high": high, **counts}
        for (start, end), (low, high) in zip(periods, wet, strict=True)
    ]  # fmt: skip
    rivers = [{"river": 1, "name": "Simulated river", "catchment_km2": 41.5, **r} for r in rows]
    village = shapely.Point(east + 500, south - 800).buffer(60)
    places = [{"name": VILLAGE, "kind": "village", "above_stream_m": 12.0, **r} for r in rows]
    paths = [
        {
            "site_id": site, "river_name": "Simulated river", "river_share": 0.95,
            "other_rivers": "", "metres_to_river": 300.0, "path_m": 2500.0, "river": 1,
            "words": "leaves the heights at 25.0000 N 98.0000 E",
            "geometry": shapely.LineString(
                [outline.representative_point(), river.interpolate(0.5, normalized=True)]
            ),
        }
        for site, outline in zip(sites["site_id"], sites.geometry, strict=True)
    ]  # fmt: skip
    slide = {
        "site_id": sites["site_id"].iloc[0], "slide": 0, "distance_m": 120.0, "is_upslope": True,
        "order": "after", "slide_after": "2022-05-20", "slide_by": "2022-11-12", "area_m2": 3600.0,
    }  # fmt: skip
    screen = {"rank": 1, "site_id": sites["site_id"].iloc[0], "score": 0.8}
    claims = [
        {"controller": "Simulated group A", "valid_from": None, "valid_to": "2022-12-31",
         "certainty": "high", "source": "made up", "ground": "all of the area"},
        {"controller": "Simulated group B", "valid_from": "2022-12-01", "valid_to": None,
         "certainty": "low", "source": "made up", "ground": "all of the area"},
    ]  # fmt: skip

    def layer(rows: list[dict[str, object]], *outlines: shapely.Geometry) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=list(outlines), crs=EPSG)

    area = run.aoi.geometry_utm
    tables = {
        "downstream": {
            "paths": gpd.GeoDataFrame(paths, geometry="geometry", crs=EPSG),
            "rivers_by_period": layer(rivers, *[river] * 3),
            "places_by_period": layer(places, *[village] * 3),
        },
        "slopes": {
            "slides_beside": layer([slide], shapely.box(west, north + 60, west + 60, north + 120)),
            "screen": layer([screen], sites.geometry.iloc[0]),
        },
        "control": {"claims": layer(claims, area, area)},
    }
    return {
        name: ContextAnswer(
            name=name, title=name, simulated=True, tables=of, notes=(f"a note of {name}",)
        )
        for name, of in tables.items()
    }
