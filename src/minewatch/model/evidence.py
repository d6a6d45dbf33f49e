"""The evidence of a run over its grid, handed out one period at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from minewatch.model.periods import Period

    Array = NDArray[Any]


@dataclass(frozen=True)
class PeriodEvidence:
    """What one period says of each pixel, and what the whole record does."""

    period: Period
    """The period."""
    layers: Mapping[str, Array]
    """Layers with a dimension `period`, of this one: dims (y, x) or (..., y, x)."""
    whole: Mapping[str, Array]
    """Layers of the whole record, dims (..., y, x)."""


@dataclass(frozen=True)
class Evidence:
    """Layers of a detector over the whole grid."""

    layers: xr.Dataset
    """All layers; dims (period, ..., y, x) or (..., y, x)."""
    periods: tuple[Period, ...]
    """The periods, in order of time."""
    release: Callable[[], None] = field(default=lambda: None, compare=False)
    """Called before each period: takes what lies in mapped files out of memory."""

    def __len__(self) -> int:
        return len(self.periods)

    def __iter__(self) -> Iterator[PeriodEvidence]:
        return (self.of(index) for index in range(len(self)))

    def of(self, index: int) -> PeriodEvidence:
        """The evidence of one period."""
        self.release()
        seasonal = {n: v.to_numpy()[index] for n, v in self._variables() if v.dims[0] == "period"}
        return PeriodEvidence(self.periods[index], seasonal, self.whole)

    @property
    def whole(self) -> dict[str, Array]:
        """Layers of the whole record."""
        return {n: v.to_numpy() for n, v in self._variables() if v.dims[0] != "period"}

    def latest(self, name: str) -> Array:
        """A layer of the last period: all that is known by now."""
        return self.layers.variables[name].to_numpy()[-1]  # type: ignore[no-any-return]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the grid."""
        return self.layers.sizes["y"], self.layers.sizes["x"]

    def _variables(self) -> Iterator[tuple[str, Any]]:
        names = (str(name) for name in self.layers.data_vars)
        return ((name, self.layers.variables[name]) for name in names)
