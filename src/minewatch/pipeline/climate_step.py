"""The seasons of an area, found in its own record: when its sky is clear, when it is green.

Months are frozen by the calendar, so nothing that was read depends on what is found here. It is a
function of all frozen months alone: a run and any chain of updates find the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from minewatch.model import (
    AUTO_SEASON,
    KACHIN,
    AreaOfInterest,
    Climate,
    Parameters,
    Period,
    climate_of,
    months_of,
)
from minewatch.store.month_files import MonthRecord

LENGTH: Final = 6
"""Months of a dry season that is found."""
LEAST_MONTHS: Final = 12
"""A shorter record shows no year."""
CLEARER: Final = 0.15
"""Share by which other months must be clearer than those expected for the latitude."""
LEAST_CONTRAST: Final = 0.10
"""Share by which the clear half of the year must be clearer than the other half to decide."""
LESS_GREEN: Final = 0.05
"""NDVI by which the dry half must be less green than the other half, where the sky says nothing."""
SOUTHERN: Final = (5, 10)
"""Dry season expected south of the equator: Kachin's, half a year later."""


@dataclass(frozen=True)
class _Year:
    """A mean year of an area."""

    clear: tuple[float, ...]
    """Clear looks a pixel, by calendar month."""
    green: tuple[float, ...]
    """Mean NDVI, by calendar month."""

    def clear_in(self, start: int) -> float:
        """Clear looks a pixel and month in the window that begins with a calendar month."""
        return sum(self.clear[(start - 1 + k) % 12] for k in range(LENGTH)) / LENGTH

    def green_in(self, start: int) -> float:
        """NDVI in the window that begins with a calendar month."""
        return sum(self.green[(start - 1 + k) % 12] for k in range(LENGTH)) / LENGTH


def find_climate(
    parameters: Parameters, area: AreaOfInterest, records: Mapping[tuple[str, date], MonthRecord]
) -> Climate:
    """The seasons of an area: as set, or as its record shows them.

    Parameters
    ----------
    parameters
        What was asked; `dry_season` may set it.
    area
        Its latitude says what to expect.
    records
        Name of a chunk and first day of a month to what is known of it.

    Returns
    -------
    Climate
        `source` says where it comes from.
    """
    if parameters.dry_season != AUTO_SEASON:
        return parameters.climate
    expected = expected_dry_season(area)
    months = months_of(parameters.span)
    if len(months) < LEAST_MONTHS:
        why = f"expected at this latitude: {len(months)} months of record show no year"
        return climate_of(expected, source=why)
    year = _mean_year(months, records)
    start, end = expected
    best = max(range(1, 13), key=lambda first: (year.clear_in(first), first == start))
    clearest, other = year.clear_in(best), year.clear_in((best + LENGTH - 1) % 12 + 1)
    if clearest <= 0 or (clearest - other) / clearest < LEAST_CONTRAST:
        return _by_greenness(year, expected)
    if (clearest - year.clear_in(start)) / clearest < CLEARER:
        return climate_of(expected, source="expected at this latitude, and its sky agrees")
    found = (best, (best + LENGTH - 2) % 12 + 1)
    why = (
        f"found in the record: {clearest:.1f} clear looks a month, "
        f"{year.clear_in(start):.1f} from {start:02d} to {end:02d}"
    )
    return climate_of(found, source=why)


def expected_dry_season(area: AreaOfInterest) -> tuple[int, int]:
    """The dry season that is expected at the latitude of an area."""
    return KACHIN.dry_season if area.geometry.centroid.y >= 0 else SOUTHERN


def _by_greenness(year: _Year, expected: tuple[int, int]) -> Climate:
    """The half of the year in which the ground is least green, where the sky says nothing."""
    best = min(range(1, 13), key=lambda first: (year.green_in(first), first != expected[0]))
    gain = year.green_in((best + LENGTH - 1) % 12 + 1) - year.green_in(best)
    if gain < LESS_GREEN or year.green_in(expected[0]) - year.green_in(best) < LESS_GREEN:
        return climate_of(expected, source="expected at this latitude: the record shows no season")
    found = (best, (best + LENGTH - 2) % 12 + 1)
    return climate_of(found, source=f"found in the record: NDVI lower by {gain:.2f}")


def _mean_year(
    months: tuple[Period, ...], records: Mapping[tuple[str, date], MonthRecord]
) -> _Year:
    """Clear looks and greenness of each calendar month; months without scenes saw nothing."""
    count, clear, green, seen = ([0] * 12 for _ in range(4))
    for month in months:
        count[month.start.month - 1] += 1
    pixels: dict[str, int] = {}
    for (chunk, first), record in records.items():
        at = first.month - 1
        clear[at] += record.clear_pixels
        green[at] += record.greenness_sum
        seen[at] += record.seen_pixels
        pixels[chunk] = max(pixels.get(chunk, 0), record.seen_pixels)
    area = max(sum(pixels.values()), 1)
    mean_green = sum(green) / 1000 / max(sum(seen), 1)
    return _Year(
        clear=tuple(c / max(n, 1) / area for c, n in zip(clear, count, strict=True)),
        green=tuple(g / 1000 / s if s else mean_green for g, s in zip(green, seen, strict=True)),
    )
