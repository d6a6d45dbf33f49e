"""Simulated archives with a known answer. Nothing made here is a real place."""

from minewatch.synthetic.archive import Archive, write_archive
from minewatch.synthetic.spec import PRESETS, WorldSpec, get_preset

__all__ = ["PRESETS", "Archive", "WorldSpec", "get_preset", "write_archive"]
