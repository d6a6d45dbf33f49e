"""What the months so far say of each pixel, in little: all that weighing later ones needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minewatch.detect.baseline import FIT_FIELDS
from minewatch.detect.evidence import NO_SHARE
from minewatch.detect.runs import OPEN_FIELDS, RUNS
from minewatch.detect.season import SWING_BINS, YEAR_FIELDS
from minewatch.model import Period

START_MONTHS = 12
"""Months from the first one of the record that count as the state at the start [D]."""

PAST_LAYERS: Mapping[str, tuple[str, tuple[int, ...], int]] = {
    "fit": ("float32", (FIT_FIELDS,), 0),
    "runs": ("uint16", (RUNS, 3), 0),
    "under_way": ("uint16", (len(OPEN_FIELDS),), 0),
    "years": ("uint16", (YEAR_FIELDS,), 0),
    "swing": ("uint8", (SWING_BINS,), 0),
    "start_looks": ("uint16", (2,), 0),
    "start_pool": ("uint8", (START_MONTHS,), NO_SHARE),
}
"""Layer to dtype, fields a pixel, and what it begins with. Who follows a layer tells its fields:
`baseline`, `runs`, `season`; `start_looks` are the clear and the disturbed looks of the first
months, `start_pool` the shares of water in each of them."""


@dataclass(frozen=True)
class Past:
    """The record of some pixels up to a day. A value: weighing returns a new one."""

    months: int
    """Months taken in."""
    first_day: int
    """First day of the record, days since 1970-01-01; 0 before there is one."""
    layers: Mapping[str, NDArray[Any]]
    """`PAST_LAYERS`, dims (pixel, field...)."""

    def copied(self) -> dict[str, NDArray[Any]]:
        """The layers to be followed further."""
        return {name: layer.copy() for name, layer in self.layers.items()}


def no_past(pixels: int) -> Past:
    """The record of pixels before the first month."""
    layers = {
        name: np.full((pixels, *fields), begins, dtype)
        for name, (dtype, fields, begins) in PAST_LAYERS.items()
    }
    return Past(0, 0, layers)


def split_months(
    starts: Sequence[date], periods: Sequence[Period]
) -> Iterator[tuple[Period | None, slice]]:
    """The steps in which months are weighed: up to the end of each period, and what is left.

    A month belongs to the period that holds its first day; months between two periods are taken
    in with the later one, months after the last with None.

    Parameters
    ----------
    starts
        First day of each month, in order.
    periods
        In order of time, without overlap.

    Examples
    --------
    >>> months = [date(2021, m, 1) for m in range(1, 9)]
    >>> spring = Period(date(2021, 3, 1), date(2021, 5, 31))
    >>> [(str(p), s.start, s.stop) for p, s in split_months(months, [spring])]
    [('2021-03-01/2021-05-31', 0, 5), ('None', 5, 8)]
    """
    done = 0
    for period in periods:
        until = sum(start <= period.end for start in starts)
        yield period, slice(done, until)
        done = until
    if done < len(starts):
        yield None, slice(done, len(starts))
