"""What a part must look like to be plugged in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from minewatch.model.scenes import Asset, Band

if TYPE_CHECKING:
    import numpy as np
    from odc.geo.geobox import GeoBox

    from minewatch.model.run_result import RunResult


ZERO_CLASS: Final = 1 << 15
"""A 0 in a mask where 0 is a class and another number, or none, is "no pixel"."""


class PixelReader(Protocol):
    """Reads one band of one scene onto a grid."""

    def read(self, asset: Asset, geobox: GeoBox, *, band: Band) -> np.ndarray:
        """Digital numbers on the grid.

        Parameters
        ----------
        asset
            The file.
        geobox
            Target grid; may reach beyond the file.
        band
            Our name of the band; decides the resampling rule.

        Returns
        -------
        array, dims (y, x), uint16
            0 where the file has no pixel. Where the file has another number for that, a dark
            pixel of 0 or less is 1, and a 0 of a mask is `ZERO_CLASS`.

        Raises
        ------
        ReadError
            When the pixels could not be had after all retries.
        """
        ...


class Exporter(Protocol):
    """Writes a finished run in one format."""

    def __call__(self, result: RunResult, out: Path) -> list[Path]:
        """Write atomically and return the files written, in order."""
        ...
