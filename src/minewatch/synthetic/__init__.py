"""Simulated archives with a known answer. Nothing made here is a real place."""

from minewatch.synthetic.archive import Archive, write_archive
from minewatch.synthetic.scoring import Score, score_inventory
from minewatch.synthetic.spec import PRESETS, WorldSpec, get_preset
from minewatch.synthetic.truth import Truth, read_truth

__all__ = [
    "PRESETS",
    "Archive",
    "Score",
    "Truth",
    "WorldSpec",
    "get_preset",
    "read_truth",
    "score_inventory",
    "write_archive",
]
