"""Areas of interest: read, repair, check polygons; who held the ground when."""

from minewatch.areas.bundled import AoiSummary, list_aois
from minewatch.areas.control import parse_control
from minewatch.areas.describe import describe
from minewatch.areas.reading import read_aoi
from minewatch.areas.utm import find_utm_epsg

__all__ = [
    "AoiSummary",
    "describe",
    "find_utm_epsg",
    "list_aois",
    "parse_control",
    "read_aoi",
]
