"""Error matrix, accuracies and areas of a map from a labelled sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from minewatch.estimates.drawn_units import DrawnUnits
from minewatch.estimates.estimators import CONFIDENCE, Estimate, ratio, share

Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class AccuracyTable:
    """What a sample says of a map. Shares are of the frame that could be labelled."""

    classes: tuple[str, ...]
    """Classes of map and reference."""
    outcomes: tuple[str, ...]
    """Columns of the matrix: the classes, then what is none, such as `unsure`."""
    counts: Numbers
    """Dims (map, reference): labelled elements; a unit that two see differently counts half for
    each."""
    area_shares: Numbers
    """The same as shares of the frame; sum 1."""
    overall: Estimate
    """Share of what was decided on that the map has right."""
    users: dict[str, Estimate]
    """Of what the map calls a class, the share that is it."""
    producers: dict[str, Estimate]
    """Of what is a class, the share that the map calls so."""
    areas: dict[str, Estimate]
    """Share of the frame of each outcome."""
    mapped: dict[str, float]
    """Share of the frame that the map gives each class, as the sample estimates it."""


def assess_accuracy(
    units: DrawnUnits,
    mapped: NDArray[np.integer],
    reference: Numbers,
    *,
    classes: Sequence[str],
    others: Sequence[str] = (),
    known: Numbers | None = None,
    largest: float = 1.0,
    confidence: float = CONFIDENCE,
) -> AccuracyTable:
    """Error matrix, accuracies and areas, whether strata are map classes or not.

    Parameters
    ----------
    units
        The sample.
    mapped
        Of each labelled element: number of its map class.
    reference
        Dims (element, outcome), each row sums to 1: what it is. Outcomes are the classes, then
        `others`: what is of no class, as what nobody can name. These take no part in accuracies,
        and have an area of their own.
    classes, others
        Their names.
    known
        Dims (stratum, class): share of each stratum that the map gives each class, which needs no
        sample. None: not known.
    largest
        The most of a class other than the last that a unit can hold: see `estimators.share`.
    confidence
        Share of samples whose intervals should hold the truth.
    """
    mapped, reference = np.asarray(mapped), np.asarray(reference, float)
    count, names = len(classes), (*classes, *others)
    is_mapped = (mapped[:, None] == np.arange(count)).astype(float)
    decided = reference[:, :count].sum(axis=1)
    whole = float(units.frame_size.sum())
    weights = units.frame_size / whole

    def estimated(values: Numbers) -> float:
        return float(weights @ units.averages(values))

    right = (is_mapped * reference[:, :count]).sum(axis=1)
    columns = range(len(names))
    return AccuracyTable(
        classes=tuple(classes),
        outcomes=names,
        counts=is_mapped.T @ reference,
        area_shares=np.array(
            [[estimated(is_mapped[:, i] * reference[:, j]) for j in columns] for i in range(count)]
        ),
        overall=ratio(units, right, decided, confidence=confidence),
        users={
            name: ratio(
                units, is_mapped[:, i] * reference[:, i], is_mapped[:, i] * decided,
                confidence=confidence,
                most=None if known is None else (known[:, i], known[:, i]),
            )
            for i, name in enumerate(classes)
        },
        producers={
            name: ratio(
                units, is_mapped[:, i] * reference[:, i], reference[:, i], confidence=confidence,
                most=None if known is None else (known[:, i], 1 - known[:, i]),
            )
            for i, name in enumerate(classes)
        },
        areas={
            name: share(
                units, reference[:, j], confidence=confidence,
                largest=largest if j < count - 1 else 1.0,
            )
            for j, name in enumerate(names)
        },
        mapped={name: estimated(is_mapped[:, i]) for i, name in enumerate(classes)},
    )  # fmt: skip
