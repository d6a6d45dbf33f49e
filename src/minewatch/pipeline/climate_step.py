"""The seasons of an area, found in its own record: when its sky is clear, when it is green.

Months are frozen by the calendar, so nothing that was read depends on what is found here. It is a
function of all frozen months alone: a run and any chain of updates find the same, whatever the
chunk size or the number of workers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from minewatch.model import (
    AUTO_SEASON,
    AreaOfInterest,
    Climate,
    ClimateEvidence,
    Parameters,
    Period,
    climate_of,
    expected_in,
    in_months,
    months_of,
    season_setting,
)
from minewatch.store.month_files import MonthRecord

LENGTH: Final = 6
"""Months of a dry season that is found."""
LEAST_MONTHS: Final = 12
"""A shorter record shows no year."""
CLEARER: Final = 0.15
"""Share by which one half of the year must be clearer than another to be preferred, in a record
without end [D: a season two months off costs 13 % of the clear overpasses of simulated Kachin]."""
CHANCE: Final = 0.6
"""What is added to `CLEARER` for chance, over the square root of the clear overpasses of a pixel in
the record [D: no record of 12 to 60 months of 72 simulated skies left the season of Kachin; the
nearest was 0.06 away]."""
LESS_GREEN: Final = 0.05
"""NDVI by which one half of the year must be less green than another to be preferred, where the sky
says nothing [D]."""


@dataclass(frozen=True)
class _Year:
    """A mean year of an area."""

    clear: tuple[float, ...]
    """Clear overpasses of a pixel in 30 days, by calendar month."""
    green: tuple[float, ...]
    """Mean NDVI, by calendar month; the mean of all where none was seen."""
    needed: float
    """Share by which one half of the year must be clearer than another to be preferred."""

    def clear_from(self, first: int) -> float:
        """Clear overpasses in 30 days in the half-year that begins with a calendar month."""
        return _mean_of_half(self.clear, first)

    def green_from(self, first: int) -> float:
        """NDVI of the half-year that begins with a calendar month."""
        return _mean_of_half(self.green, first)


def find_climate(
    parameters: Parameters,
    area: AreaOfInterest,
    records: Mapping[tuple[str, date], MonthRecord],
    *,
    pixels: int,
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
    pixels
        Pixels of the area.

    Returns
    -------
    Climate
        `source` says where it comes from, `evidence` what the record shows.
    """
    year, evidence = _mean_year(parameters.span, area, records, pixels=max(pixels, 1))
    before = parameters.climate_before(area)
    is_year = evidence.months >= LEAST_MONTHS
    if parameters.dry_season != AUTO_SEASON:
        against = _against(year, before) if is_year else ""
        return replace(before, evidence=replace(evidence, against=against))
    if is_year:
        return replace(_from_sky(year, expected_in(area)), evidence=evidence)
    why = f"expected at this latitude: {evidence.months} months of record show no year"
    return replace(before, source=why, is_assumed=True, evidence=evidence)


def _from_sky(year: _Year, expected: tuple[int, int]) -> Climate:
    """The clearest half of the year; an expected one, or its opposite, if it may be as clear."""
    best = max(range(1, 13), key=year.clear_from)
    clearest = year.clear_from(best)
    if clearest <= 0 or 1 - year.clear_from(_opposite(best)) / clearest < year.needed:
        return _from_greenness(year, expected)
    usual = (expected[0], _opposite(expected[0]))
    first = next((f for f in usual if 1 - year.clear_from(f) / clearest < year.needed), best)
    if first == expected[0]:
        return climate_of(expected, source="expected at this latitude, and the clear sky agrees")
    why = (
        f"found in the record: {year.clear_from(first):.2f} clear overpasses in 30 days, "
        f"{year.clear_from(expected[0]):.2f} in {season_setting(expected)}"
    )
    return climate_of(_half_year(first), source=why)


def _from_greenness(year: _Year, expected: tuple[int, int]) -> Climate:
    """The half of the year in which the ground is least green, where the sky says nothing."""
    best = min(range(1, 13), key=year.green_from)
    lowest = year.green_from(best)
    contrast = year.green_from(_opposite(best)) - lowest
    if contrast < LESS_GREEN:
        why = "expected at this latitude: neither sky nor greenness shows a season"
        return replace(climate_of(expected, source=why), is_assumed=True)
    usual = (expected[0], _opposite(expected[0]))
    first = next((f for f in usual if year.green_from(f) - lowest < LESS_GREEN), best)
    if first == expected[0]:
        return climate_of(expected, source="expected at this latitude, and the greenness agrees")
    why = f"found in the record: NDVI lower by {contrast:.2f} than in the other half-year"
    return climate_of(_half_year(first), source=why)


def _against(year: _Year, climate: Climate) -> str:
    """Why the sky speaks against a dry season that was set; empty: it does not."""
    first, last = climate.dry_season
    months = [month for month in range(1, 13) if in_months(month, (first, last))]
    here = sum(year.clear[month - 1] for month in months) / len(months)
    best = max(range(1, 13), key=year.clear_from)
    if 1 - here / max(year.clear_from(best), 1e-9) < year.needed:
        return ""
    return (
        f"{here:.2f} clear overpasses in 30 days, but {year.clear_from(best):.2f} in "
        f"{season_setting(_half_year(best))}"
    )


def _half_year(first: int) -> tuple[int, int]:
    return first, (first + LENGTH - 2) % 12 + 1


def _opposite(first: int) -> int:
    """First month of the other half of the year."""
    return (first + LENGTH - 1) % 12 + 1


def _mean_of_half(values: tuple[float, ...], first: int) -> float:
    return sum(values[(first - 1 + step) % 12] for step in range(LENGTH)) / LENGTH


def _mean_year(
    span: Period,
    area: AreaOfInterest,
    records: Mapping[tuple[str, date], MonthRecord],
    *,
    pixels: int,
) -> tuple[_Year, ClimateEvidence]:
    """Clear overpasses and greenness of each calendar month; months without scenes saw nothing."""
    months = _months_with_record(span, records)
    days, clear, green, seen = ([0] * 12 for _ in range(4))
    for month in months:
        inside = Period(max(month.start, span.start), min(month.end, span.end))
        days[month.start.month - 1] += (inside.end - inside.start).days + 1
    for (_, first), record in records.items():
        at = first.month - 1
        clear[at] += record.clear_pixels
        green[at] += record.greenness_sum
        seen[at] += record.seen_pixels
    ndvi = [g / 1000 / s if s else None for g, s in zip(green, seen, strict=True)]
    mean_ndvi = sum(green) / 1000 / max(sum(seen), 1)
    rate = tuple(30 * c / pixels / max(d, 1) for c, d in zip(clear, days, strict=True))
    year = _Year(
        clear=rate,
        green=tuple(mean_ndvi if value is None else value for value in ndvi),
        needed=CLEARER + CHANCE / max(sum(clear) / pixels, 1e-9) ** 0.5,
    )
    evidence = ClimateEvidence(
        months=len(months), clear_overpasses=tuple(round(value, 3) for value in rate),
        ndvi=tuple(None if value is None else round(value, 3) for value in ndvi),
        expected=expected_in(area),
    )  # fmt: skip
    return year, evidence


def _months_with_record(
    span: Period, records: Mapping[tuple[str, date], MonthRecord]
) -> tuple[Period, ...]:
    """The months from the first to the last with a scene: before and after, nobody looked."""
    firsts = [first for _, first in records]
    if not firsts:
        return ()
    whole = Period(max(min(firsts), span.start.replace(day=1)), max(firsts))
    return months_of(whole)
