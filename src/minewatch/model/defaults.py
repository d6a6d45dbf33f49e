"""What a run is asked to do when nothing else is said: each default once."""

from __future__ import annotations

DEFAULT_CATALOG = "earth-search"
DEFAULT_SENSOR = "sentinel-2-l2a"
DEFAULT_DETECTOR = "pool-banks"
DEFAULT_PERIOD = "dry-season"
DEFAULT_RESOLUTION_M = 10.0
DEFAULT_MAX_CLOUD_COVER_PCT = 90.0
DEFAULT_CHUNK_PX = 512
AUTO_DEM, NO_DEM = "auto", "none"
DEFAULT_CACHE_GIB = 20.0
"""Bytes kept on disk with `--cache`, GiB [D]: a quarter of what eight years of both areas take."""
AUTO_SEASON = "auto"
"""The setting that asks for the seasons to be found in the record of the area."""
