"""Simulated archives with a known answer. Nothing made here is a real place.

`write_archive` writes a static STAC catalogue of COGs over open water of the Andaman Sea, on tiles
that do not exist, lit as Kachin is; `read_truth` and `score_inventory` measure how an inventory
made from it agrees with what was drawn. Figures from such worlds say nothing of accuracy on real
ground.
"""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.synthetic.archive import Archive, write_archive
    from minewatch.synthetic.area_archive import AreaArchive, write_area_archive
    from minewatch.synthetic.dem_archive import write_elevation
    from minewatch.synthetic.honest_worlds import HONEST_KINDS, honest_world
    from minewatch.synthetic.interpreter import PointTruth, interpret_points
    from minewatch.synthetic.radar_archive import RadarOrbit, write_radar_archive
    from minewatch.synthetic.river_terrain import (
        DrawnRiver,
        RiverTerrain,
        draw_river_terrain,
        write_river_terrain,
    )
    from minewatch.synthetic.scoring import Score, score_inventory
    from minewatch.synthetic.spec import PRESETS, WorldSpec, get_preset
    from minewatch.synthetic.truth import Truth, read_truth

__all__ = [
    "HONEST_KINDS",
    "PRESETS",
    "Archive",
    "AreaArchive",
    "DrawnRiver",
    "PointTruth",
    "RadarOrbit",
    "RiverTerrain",
    "Score",
    "Truth",
    "WorldSpec",
    "draw_river_terrain",
    "get_preset",
    "honest_world",
    "interpret_points",
    "read_truth",
    "score_inventory",
    "write_archive",
    "write_area_archive",
    "write_elevation",
    "write_radar_archive",
    "write_river_terrain",
]

__getattr__ = attach(__name__, __file__)
