"""The files of an elevation model over an area."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ElevationModel:
    """Where the heights of an area lie."""

    collection: str
    """The catalogue's collection id, or the name of a file."""
    tiles: tuple[str, ...]
    """The catalogue's item ids, sorted."""
    hrefs: tuple[str, ...]
    """Canonical address of each tile's heights, unsigned."""
    simulated: bool = False
    """Whether `minewatch.synthetic` made it."""
