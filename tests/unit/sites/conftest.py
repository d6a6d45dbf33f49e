"""Hand-made detections: rectangles in metres round a corner in EPSG:32647."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import pytest
import shapely

EPSG = 32647
EAST, NORTH = 240_030.0, 2_850_040.0

Box = tuple[float, float, float, float]
Detect = Callable[..., gpd.GeoDataFrame]


def box(x: float, y: float, width: float, height: float) -> shapely.Polygon:
    """A rectangle, metres east and north of the corner."""
    return shapely.box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


@pytest.fixture
def detect() -> Detect:
    """Detections from `(year the dry season starts, x, y, width, height[, columns])` rows."""

    def build(*rows: tuple[Any, ...]) -> gpd.GeoDataFrame:
        records, shapes = [], []
        for year, x, y, width, height, *more in rows:
            shapes.append(box(x, y, width, height))
            area = shapes[-1].area
            records.append(
                {
                    "period_start": f"{year}-11-01",
                    "period_end": f"{year + 1}-04-30",
                    "first_detected": f"{year}-12-16",
                    "last_undisturbed": f"{year}-12-01",
                    "disturbed_area_m2": area,
                    "pad_area_m2": area * 0.8,
                    "pool_area_m2": area * 0.2,
                    "pool_area_low_m2": area * 0.1,
                    "pool_area_high_m2": area * 0.3,
                    "pool_count_low": 1,
                    "pool_count_high": 4,
                    "confidence": 0.7,
                    "terms": {},
                    **(more[0] if more else {}),
                }
            )
        return gpd.GeoDataFrame(records, geometry=shapes, crs=EPSG)

    return build
