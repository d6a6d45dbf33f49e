"""How much of a piece of ground a finished run saw."""

from __future__ import annotations

from shapely import Geometry

from minewatch.model import WGS84, RunResult


def seen_fraction(result: RunResult, outline: Geometry, step: int) -> float:
    """Share of a piece of ground that a run saw clear in a period, 0..1.

    Parameters
    ----------
    result
        A finished run.
    outline
        The ground, WGS 84.
    step
        Number of the period in the run, from 0.
    """
    import geopandas as gpd
    import rasterio
    from rasterio.features import geometry_mask

    with rasterio.open(result.rasters["observed"]) as file:
        shape = gpd.GeoSeries([outline], crs=WGS84).to_crs(file.crs).iloc[0]
        inside = geometry_mask(
            [shape], (file.height, file.width), file.transform, invert=True, all_touched=True
        )
        seen = file.read(step + 1)[inside]
    return float(seen.mean()) if seen.size else 0.0
