"""The elevation model over an area, and the slopes that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr


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
    is_users_file: bool = False
    """The user named the file; no catalogue did."""


@dataclass(frozen=True, kw_only=True)
class Terrain:
    """What is known of the slopes of an area, and from where."""

    gradient: xr.Dataset | None = None
    """Layers `gradient_east` and `gradient_north`, metres a metre, dims (y, x); None: unknown."""
    model: ElevationModel | None = None
    """Whose heights they come from."""
    reason: str = ""
    """Why there are none."""
