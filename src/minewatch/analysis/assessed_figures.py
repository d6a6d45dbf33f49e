"""What an assessment says: its numbers, and the sentences made of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from minewatch.estimates.accuracy import AccuracyTable
from minewatch.estimates.estimators import CONFIDENCE, Estimate
from minewatch.samples.sample_design import SampleDesign

AREAS: Final = ("area", "area_corrected")
"""Figures that are areas: by the labels as they are, and with mistakes taken out of them."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One estimated number."""

    period: str
    """Label of the period; of a change, both."""
    period_start: str
    """Its first day; of a change, that of the later one."""
    figure: str
    """`area`, `area_corrected` (mistakes of interpreters taken out), `users`, `producers`,
    `overall`, `precision`, `recall`, `gain`, `loss` or `net_change`."""
    of: str
    """Class, or kind of site."""
    unit: str
    """`ha`, or `share` (0..1)."""
    estimate: Estimate
    """The number."""
    mapped: float | None = None
    """What the map has, in the same unit; None where it has none."""
    labelled: int = 0
    """Labelled units that it rests on."""

    def as_row(self) -> dict[str, Any]:
        """Plain values; None for what is not known."""
        row = {
            "period": self.period, "period_start": self.period_start, "figure": self.figure,
            "class": self.of, "unit": self.unit, "value": self.estimate.value,
            "standard_error": self.estimate.standard_error, "low": self.estimate.low,
            "high": self.estimate.high, "mapped": self.mapped, "labelled": self.labelled,
        }  # fmt: skip
        return {
            name: (None if math.isnan(v) else round(v, 6)) if isinstance(v, float) else v
            for name, v in row.items()
        }


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What a sample says."""

    folder: Path
    """The folder of the sample."""
    design: SampleDesign
    """How it was drawn."""
    figures: tuple[Figure, ...]
    """Every number."""
    matrices: Mapping[str, AccuracyTable]
    """First day of a period to its error matrix; empty where only counts of pixels were given."""
    agreement: tuple[Mapping[str, Any], ...]
    """Of each pair of interpreters: how far they agree."""
    labelled: int
    """Units with a label in every period."""
    drawn: int
    """Units that were drawn."""
    notes: tuple[str, ...]
    """What it rests on, in words."""
    confidence: float = CONFIDENCE
    """Share of samples whose intervals should hold the truth."""

    def sentences(self) -> list[str]:
        """The areas of mines and pools, in words."""
        rows = [figure.as_row() for figure in self.figures]
        return [area_sentence(row, confidence=self.confidence) for row in rows if is_worded(row)]


def is_worded(row: Mapping[str, Any]) -> bool:
    """Whether a figure is put into words: areas of pools and of mines."""
    return row["figure"] in AREAS and row["class"] in ("pool", "mine")


def area_sentence(row: Mapping[str, Any], *, confidence: float = CONFIDENCE) -> str:
    """One estimated area in words.

    Parameters
    ----------
    row
        From `Figure.as_row`, in hectares.
    confidence
        Share of samples whose interval should hold the truth.
    """
    name = {"pool": "pools", "mine": "mines (pools and pads)", "pad": "pads"}.get(
        row["class"], row["class"]
    )
    mapped = "" if row["mapped"] is None else f"; the map has {hectares(row['mapped'])} ha"
    without = "mistakes of interpreters taken out, " if row["figure"] == "area_corrected" else ""
    return (
        f"{without}{name} covered {hectares(row['value'])} ha ({100 * confidence:g} %: "
        f"{hectares(row['low'])} to {hectares(row['high'])}) in {row['period']}{mapped}"
    )


def hectares(value: float | None) -> str:
    """An area with the digits that it deserves.

    Examples
    --------
    >>> hectares(14.234), hectares(0.1234), hectares(1234.5)
    ('14.2', '0.12', '1,234')
    """
    if value is None:
        return "unknown"
    return f"{value:,.{0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2}f}"
