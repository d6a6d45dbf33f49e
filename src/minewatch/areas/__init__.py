"""Areas of interest: read, repair, check polygons; who held the ground when."""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.areas.area_description import describe
    from minewatch.areas.bundled import AoiSummary, list_aois
    from minewatch.areas.control import parse_control
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

__getattr__ = attach(__name__, __file__)
