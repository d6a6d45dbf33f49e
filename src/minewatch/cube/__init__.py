"""Scenes to month cubes: grid, windowed reads, offset and scale, masks, medians."""

from minewatch.cube.elevation import read_rise
from minewatch.cube.facts import find_facts
from minewatch.cube.grid import aoi_mask, in_reading_order, make_grid
from minewatch.cube.looks import group_looks, scenes_over
from minewatch.cube.plan import ReadEstimate, estimate_read
from minewatch.cube.ranges import CACHE_BYTES, RangeReader
from minewatch.cube.read import RasterioReader
from minewatch.cube.reduce import MonthReduction, reduce_month
from minewatch.cube.registration import Patch, Reference, find_shift, make_reference
from minewatch.cube.store import BlockStore

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
    "estimate_read",
    "find_facts",
    "find_shift",
    "group_looks",
    "in_reading_order",
    "make_grid",
    "make_reference",
    "read_rise",
    "reduce_month",
    "scenes_over",
]
