"""What a detector must look like to be plugged in, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from minewatch.model.climate import KACHIN, Climate
from minewatch.model.scenes import CORE_BANDS, Band

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from minewatch.model.change_kinds import Alternative
    from minewatch.model.evidence import Evidence
    from minewatch.model.grids import Grid
    from minewatch.model.periods import Period
    from minewatch.model.pixel_state import PixelState, PixelStateLayer

Rasterise = Callable[[Sequence[Any], Any], "NDArray[np.int32]"]
"""Outlines in the CRS of a grid, and the grid, to the number of the outline that covers each pixel
centre, from 1; 0: none. Dims (y, x)."""


@dataclass(frozen=True)
class EvidenceLayer:
    """One layer of evidence."""

    dims: tuple[str, ...]
    """Dimensions in order."""
    dtype: str
    """NumPy dtype."""
    missing: int
    """Value of "not observed"."""
    unit: str
    """Unit of the stored number."""
    meaning: str
    """What it says about the ground."""

    @property
    def attributes(self) -> dict[str, Any]:
        """Attributes of an array that holds it."""
        return {"_FillValue": self.missing, "units": self.unit, "long_name": self.meaning}


PICTURE_LAYER: Final = EvidenceLayer(
    ("period", "colour", "y", "x"), "uint8", 0, "1", "natural colour of the period"
)
"""The picture of a period, kept beside the evidence of every detector."""
SHOWN_LAYERS: Final = ("clear_looks", "score", "first_detected")
"""Layers of evidence that every detector gives, since the rasters of a run show them."""


@dataclass(frozen=True)
class Figure:
    """One thing that is measured of a patch."""

    unit: str
    """Its unit; `1` for a share or a count."""
    meaning: str
    """What it says about the ground."""


@dataclass(frozen=True, kw_only=True)
class EvidenceTerm:
    """One named piece of evidence that a patch is a mine, 0 (against) to 1 (for)."""

    weight: float | None
    """Log-odds that it adds to the confidence when it is 1; None where terms are no summands."""
    meaning: str
    """What it says about the ground, in words."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What a detector found, in the UTM zone of the grid."""

    detections: gpd.GeoDataFrame
    """Contract `DETECTIONS`: one row a patch and period, with `anchor_x` and `anchor_y` (metres),
    the middle of the pixel that began first."""
    features: gpd.GeoDataFrame
    """Contract `FEATURES`: pads, pools and roads through time."""
    changes: gpd.GeoDataFrame
    """Contract `CHANGES`: what changed but is not a mine."""


class Detector(Protocol):
    """Months of pixels in; patches that may be mines, and labelled changes, out.

    A detector works in two halves. Pixel by pixel, a chunk at a time and without neighbours:
    `start` a state, `update` it by the months of a period, `conclude`. Then once over the whole
    grid: `find` patches, and `measure` the sites that they were linked to. It touches no file and
    no network.
    """

    @property
    def name(self) -> str:
        """What `--detector` calls it: lower case, hyphens."""
        ...

    @property
    def title(self) -> str:
        """What it does, in a line for people."""
        ...

    @property
    def version(self) -> int:
        """Raised whenever equal months may give other evidence; part of every key."""
        ...

    @property
    def rules(self) -> Any:
        """Its thresholds, a frozen dataclass."""
        ...

    @property
    def state_layers(self) -> Mapping[str, PixelStateLayer]:
        """What it keeps of each pixel between periods."""
        ...

    @property
    def evidence_layers(self) -> Mapping[str, EvidenceLayer]:
        """What it says of each pixel; holds `SHOWN_LAYERS`."""
        ...

    @property
    def evidence_sizes(self) -> Mapping[str, int]:
        """Size of each dimension of its layers other than `period`, `y` and `x`."""
        ...

    @property
    def figures(self) -> Mapping[str, Figure]:
        """What it measures of each patch."""
        ...

    @property
    def terms(self) -> Mapping[str, EvidenceTerm]:
        """The evidence that its confidence is made of."""
        ...

    @property
    def confidence_basis(self) -> str:
        """What its confidence rests on, in a few words that follow the number."""
        ...

    def start(self, pixels: int) -> PixelState:
        """The state of pixels before the first month."""
        ...

    def update(
        self, state: PixelState, months: xr.Dataset, *, period: Period | None
    ) -> tuple[PixelState, xr.Dataset]:
        """The state with some more months taken in, and the evidence of the period they complete.

        Parameters
        ----------
        state
            Of the same pixels up to the first of the months, row by row; not changed.
        months
            Month cube, dims (time, y, x), uint16, with cloud commission settled.
        period
            The period to judge; None: only take the months in.

        Returns
        -------
        state, evidence
            Evidence: the layers with a dimension `period`, without it: dims (y, x). Empty when
            `period` is None.
        """
        ...

    def conclude(self, state: PixelState, *, shape: tuple[int, int]) -> xr.Dataset:
        """The evidence that belongs to no period, dims (..., y, x) with y, x of `shape`."""
        ...

    def find(
        self,
        evidence: Evidence,
        *,
        grid: Grid,
        pixel_m: float,
        climate: Climate = KACHIN,
        gradient: xr.Dataset | None = None,
    ) -> Findings:
        """Patches of every period, their parts, and labelled changes.

        Parameters
        ----------
        evidence
            All of `evidence_layers` over the whole grid.
        grid
            The grid.
        pixel_m
            The coarser of the grid's pixel and the sensor's own, metres: what can be seen follows
            from it. Where `sees_pools_at` says no, `POOL_COLUMNS` are null and no feature a pool.
        climate
            When the dry season, the rains and the field season are.
        gradient
            How the ground slopes (`Terrain.gradient`), when known.
        """
        ...

    def measure(
        self,
        evidence: Evidence,
        tracks: gpd.GeoDataFrame,
        *,
        grid: Grid,
        pixel_m: float,
        rasterise: Rasterise,
    ) -> pd.DataFrame:
        """Contract `OBSERVATIONS`: figures of every site in every period, seen or not.

        Parameters
        ----------
        evidence, grid, pixel_m
            As for `find`.
        tracks
            Contract `TRACKS`: the sites and their union footprints, in the CRS of the grid.
        rasterise
            Number of the geometry that covers each pixel of the grid, from 1; 0: none.
        """
        ...

    def alternatives(self, terms: Mapping[str, float]) -> tuple[Alternative, ...]:
        """Other readings of a detection, the most open one first; empty when it has none.

        Those that pixels of this size cannot separate from a mine have no plausibility.

        Parameters
        ----------
        terms
            Evidence terms of the detection, each 0..1.
        """
        ...

    def expected(self, months: xr.Dataset, inside: NDArray[np.bool_]) -> pd.DataFrame:
        """What it expected of some pixels before it looked, month by month: for people to see.

        Parameters
        ----------
        months
            Month cube, dims (time, y, x).
        inside
            The pixels, dims (y, x).

        Returns
        -------
        pandas.DataFrame
            A row a month. `baseline`, greenness, -1 to 1, and `baseline_sd`, its standard
            deviation; NaN where it expected nothing. No columns when it never expects anything.
        """
        ...


def bands_of(detector: Detector) -> tuple[Band, ...]:
    """The bands that the months of a detector must hold: those of reflectance, where it is silent.

    Parameters
    ----------
    detector
        The detector; one of radar has an attribute `bands`.
    """
    bands: tuple[Band, ...] = getattr(detector, "bands", CORE_BANDS)
    return bands


@dataclass(frozen=True)
class Detection:
    """A detector, and the rules that all detectors share."""

    detector: Detector
    """Who judges the months."""
    overpass: Any
    """Thresholds of what one overpass shows: they decide the months."""
    cloud_commission: Any
    """Thresholds of ground that the mask calls cloud again and again."""
