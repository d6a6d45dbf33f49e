"""AOI + period + sensor to a frozen list of scenes."""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.catalog.connection import ask_root
    from minewatch.catalog.dem_search import find_elevation
    from minewatch.catalog.folder_mapping import sensor_for
    from minewatch.catalog.hrefs import canonical_catalog, canonical_href
    from minewatch.catalog.item_checks import ItemError
    from minewatch.catalog.items import scene_from_item
    from minewatch.catalog.scene_list_file import (
        item_line,
        item_lines,
        read_scene_list,
        write_scene_list,
    )
    from minewatch.catalog.scene_search import find_scenes
    from minewatch.catalog.selection import drop_duplicates
    from minewatch.catalog.usable_overpasses import summarise_overpasses

__all__ = [
    "ItemError",
    "ask_root",
    "canonical_catalog",
    "canonical_href",
    "drop_duplicates",
    "find_elevation",
    "find_scenes",
    "item_line",
    "item_lines",
    "read_scene_list",
    "scene_from_item",
    "sensor_for",
    "summarise_overpasses",
    "write_scene_list",
]

__getattr__ = attach(__name__, __file__)
