"""Scenes to month cubes: grid, windowed reads, offset and scale, masks, medians."""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.cube.block_store import BlockStore
    from minewatch.cube.dem_reading import read_gradient, read_heights
    from minewatch.cube.gdal_reader import RasterioReader
    from minewatch.cube.grid import aoi_mask, in_reading_order, make_grid
    from minewatch.cube.month_composites import sky_and_greenness
    from minewatch.cube.month_reduction import MonthReduction, reduce_month
    from minewatch.cube.overpasses import scenes_over
    from minewatch.cube.range_reader import CACHE_BYTES, RangeReader
    from minewatch.cube.read_estimate import ReadEstimate, estimate_read
    from minewatch.cube.registration import Patch, Reference, find_patch_shift, make_reference
    from minewatch.cube.scene_offsets import decide_offsets
    from minewatch.cube.scene_quality import measure_scene_quality

__all__ = [
    "CACHE_BYTES",
    "BlockStore",
    "MonthReduction",
    "Patch",
    "RangeReader",
    "RasterioReader",
    "ReadEstimate",
    "Reference",
    "aoi_mask",
    "decide_offsets",
    "estimate_read",
    "find_patch_shift",
    "in_reading_order",
    "make_grid",
    "make_reference",
    "measure_scene_quality",
    "read_gradient",
    "read_heights",
    "reduce_month",
    "scenes_over",
    "sky_and_greenness",
]

__getattr__ = attach(__name__, __file__)
