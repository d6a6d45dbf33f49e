"""What a detector keeps of each pixel between one period and the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class PixelStateLayer:
    """One layer of what is kept of each pixel."""

    dtype: str
    """NumPy dtype."""
    fields: tuple[int, ...]
    """Fields a pixel, as the trailing dims of the layer."""
    initial: float = 0
    """Value before the first month."""
    meaning: str = ""
    """What it holds, and who computes it."""


@dataclass(frozen=True)
class PixelState:
    """The record of some pixels up to a day. A value: an update returns a new one."""

    months: int
    """Months taken in."""
    first_day: int
    """First day of the record, days since 1970-01-01; 0 before there is one."""
    layers: Mapping[str, NDArray[Any]]
    """Layers of `Detector.state_layers`, dims (pixel, field...)."""

    def copied(self) -> dict[str, NDArray[Any]]:
        """Copies of the layers, to be changed by an update."""
        return {name: layer.copy() for name, layer in self.layers.items()}
