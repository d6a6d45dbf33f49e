"""What was drawn, from what: the noun that every estimator takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from minewatch.errors import ContractError

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class DrawnUnits:
    """Units of a probability sample, the elements that were labelled in them, and their frame.

    A pixel is a unit with one element; a block is one with up to nine, all labelled; a tile of a
    two-stage sample is one of which some pixels were labelled. Elements of one unit are never
    taken to be independent.

    Raises
    ------
    ContractError
        When the parts do not fit each other.
    """

    stratum: Indices
    """Of each unit: its stratum, a number from 0."""
    size: Numbers
    """Of each unit: how many elements it has, labelled or not."""
    unit: Indices
    """Of each labelled element: its unit, a number from 0. Every unit has one at least."""
    frame_units: Numbers
    """Of each stratum: units it was drawn from."""
    frame_size: Numbers
    """Of each stratum: elements in all of its units."""
    post_stratified: bool = False
    """Whether strata were made after a simple random draw from all of them together: how many fell
    into each is then chance too."""

    def __post_init__(self) -> None:
        if self.stratum.shape != self.size.shape:
            raise ContractError(f"{len(self.stratum)} units with {len(self.size)} sizes")
        if self.frame_units.shape != self.frame_size.shape:
            raise ContractError("strata with a number of units, but not of elements")
        if (self.per_unit < 1).any():
            raise ContractError("a unit without a labelled element", hint="leave it out")
        if (self.per_stratum < 1).any():
            bad = int(np.argmin(self.per_stratum))
            raise ContractError(
                f"stratum {bad} has no labelled unit", hint="leave it out, and say its area"
            )
        if (self.per_stratum > self.frame_units).any():
            bad = int(np.argmax(self.per_stratum > self.frame_units))
            raise ContractError(
                f"stratum {bad} has {self.per_stratum[bad]:g} units drawn out of "
                f"{self.frame_units[bad]:g}"
            )

    @classmethod
    def of_pixels(
        cls,
        stratum: NDArray[np.integer],
        frame_units: Numbers | list[float],
        *,
        post_stratified: bool = False,
    ) -> DrawnUnits:
        """Single elements, each labelled once.

        Parameters
        ----------
        stratum
            Of each element: its stratum, a number from 0.
        frame_units
            Elements in each stratum.
        post_stratified
            As in the class.
        """
        frame = np.asarray(frame_units, float)
        count = len(stratum)
        return cls(
            stratum=np.asarray(stratum, "int64"), size=np.ones(count), unit=np.arange(count),
            frame_units=frame, frame_size=frame, post_stratified=post_stratified,
        )  # fmt: skip

    @cached_property
    def per_unit(self) -> Numbers:
        """Labelled elements in each unit."""
        return np.bincount(self.unit, minlength=len(self.stratum)).astype(float)

    @cached_property
    def per_stratum(self) -> Numbers:
        """Labelled units in each stratum."""
        return np.bincount(self.stratum, minlength=len(self.frame_units)).astype(float)

    @cached_property
    def elements_per_stratum(self) -> Numbers:
        """Labelled elements in each stratum."""
        return np.bincount(self.stratum[self.unit], minlength=len(self.frame_units)).astype(float)

    @cached_property
    def drawn_share(self) -> Numbers:
        """Share of the units of each stratum that were drawn, 0..1."""
        if self.post_stratified:
            share = self.per_stratum.sum() / self.frame_units.sum()
            return np.full(len(self.frame_units), share)
        return self.per_stratum / self.frame_units

    @cached_property
    def is_partly_labelled(self) -> NDArray[np.bool_]:
        """Whether elements of the drawn units of each stratum were left unlabelled: two stages."""
        return self._sum((self.per_unit < self.size).astype(float)) > 0

    @cached_property
    def mean_size(self) -> Numbers:
        """Mean size of the drawn units of each stratum."""
        return self._sum(self.size) / self.per_stratum

    def averages(self, values: Numbers) -> Numbers:
        """Mean of a value over the elements of each stratum, as its units estimate it.

        Parameters
        ----------
        values
            Of each labelled element.
        """
        return self._sum(self.size * self.unit_average(values)) / self._sum(self.size)

    def unit_average(self, values: Numbers) -> Numbers:
        """Mean of a value over the labelled elements of each unit."""
        return np.bincount(self.unit, values, minlength=len(self.stratum)) / self.per_unit

    def spread(self, values: Numbers) -> Numbers:
        """Variance between the units of each stratum, in units of an element's value, squared.

        Of units of one element it is the sample variance. A stratum with a single unit shows
        none: the most that a value of 0..1 can have is taken.
        """
        inside = self.size * (self.unit_average(values) - self.averages(values)[self.stratum])
        n = self.per_stratum
        with np.errstate(invalid="ignore", divide="ignore"):
            between = self._sum(inside**2) / (n - 1) / self.mean_size**2
        return np.where(n > 1, between, 0.25)

    def within(self, values: Numbers) -> Numbers:
        """Variance of the mean of each stratum that comes from elements that were not labelled."""
        average = self.unit_average(values)
        m = self.per_unit
        squares = np.bincount(
            self.unit, (values - average[self.unit]) ** 2, minlength=len(self.stratum)
        )
        unseen = np.clip(1 - m / self.size, 0, 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            inner = np.where(m > 1, squares / (m - 1), 0.25)
        part = self._sum(self.size**2 * unseen * inner / m)
        return part / (self.frame_units * self.per_stratum * self.mean_size**2)

    def _sum(self, values: Numbers) -> Numbers:
        sums = np.bincount(self.stratum, values, minlength=len(self.frame_units))
        return sums.astype(float)
