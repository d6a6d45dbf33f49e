"""Areas of interest: read, repair, check polygons; who held the ground when."""

from minewatch.aoi.bundled import AoiSummary, list_aois
from minewatch.aoi.checks import SENTINEL2_LATITUDES
from minewatch.aoi.control import parse_control
from minewatch.aoi.describe import describe
from minewatch.aoi.reading import read_aoi
from minewatch.aoi.utm import find_utm_epsg

__all__ = [
    "SENTINEL2_LATITUDES",
    "AoiSummary",
    "describe",
    "find_utm_epsg",
    "list_aois",
    "parse_control",
    "read_aoi",
]
