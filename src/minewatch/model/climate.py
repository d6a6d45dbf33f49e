"""The seasons of an area: when the sky is clear, when it rains, when fields are opened."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from minewatch.errors import SettingsError


@dataclass(frozen=True, kw_only=True)
class ClimateEvidence:
    """What the record of an area shows of its year, by calendar month from January on."""

    months: int
    """Months of the record, the first and the last with a scene included."""
    clear_overpasses: tuple[float, ...]
    """Clear overpasses of a pixel in 30 days."""
    ndvi: tuple[float | None, ...]
    """Mean NDVI; None: never seen."""
    expected: tuple[int, int]
    """First and last month of the dry season that is expected at the latitude."""
    against: str = ""
    """Why the sky speaks against a dry season that was set, in words; empty: it does not."""


@dataclass(frozen=True, kw_only=True)
class Climate:
    """When the dry season, the rains and the field season of an area are."""

    dry_season: tuple[int, int] = (11, 4)
    """First and last month of the dry season, both included; may run over the end of a year."""
    rains: tuple[int, int] = (6, 10)
    """First and last month in which heavy rain sets slides loose."""
    field_season: tuple[int, int] = (15, 213)
    """Days of the year between which fields are opened: cut, burnt, and at times not seen before
    the end of the rains; the first may be larger than the last."""
    source: str = "Kachin: DOMAIN §3, §4"
    """Where it comes from, in words."""
    is_assumed: bool = False
    """Whether it is only what is expected at the latitude: nobody set it, and the record is too
    short or too even to show it."""
    evidence: ClimateEvidence | None = None
    """What the record shows; None: not looked at."""

    @property
    def setting(self) -> str:
        """As `--dry-season` takes it.

        Examples
        --------
        >>> Climate().setting
        '11-04'
        """
        return season_setting(self.dry_season)

    def is_in_field_season(self, day_of_year: int) -> bool:
        """Whether fields may be opened on a day of the year."""
        first, last = self.field_season
        if first <= last:
            return first <= day_of_year <= last
        return day_of_year >= first or day_of_year <= last

    def has_rains_between(self, first: date, last: date) -> bool:
        """Whether a day of the rains lies between two days, both included.

        Examples
        --------
        >>> Climate().has_rains_between(date(2021, 11, 5), date(2022, 5, 31))
        False
        >>> Climate().has_rains_between(date(2021, 11, 5), date(2022, 6, 1))
        True
        """
        months = (last.year - first.year) * 12 + last.month - first.month
        if months >= 12:
            return True
        return any(
            in_months(((first.month - 1 + step) % 12) + 1, self.rains) for step in range(months + 1)
        )


KACHIN: Final = Climate()
"""The seasons of Kachin, for which the detector was made."""
SOUTHERN_DRY_SEASON: Final = (5, 10)
"""Dry season expected south of the equator: Kachin's, half a year later [D]."""


def expected_dry_season(latitude_deg: float) -> tuple[int, int]:
    """First and last month of the dry season that is expected at a latitude.

    Examples
    --------
    >>> expected_dry_season(25.5), expected_dry_season(-3.2)
    ((11, 4), (5, 10))
    """
    return KACHIN.dry_season if latitude_deg >= 0 else SOUTHERN_DRY_SEASON


def season_setting(dry_season: tuple[int, int]) -> str:
    """A dry season as `--dry-season` takes it.

    Examples
    --------
    >>> season_setting((5, 10))
    '05-10'
    """
    return f"{dry_season[0]:02d}-{dry_season[1]:02d}"


def in_months(month: int, span: tuple[int, int]) -> bool:
    """Whether a month lies in a span of months that may run over the end of a year.

    Examples
    --------
    >>> in_months(1, (11, 4)), in_months(6, (11, 4)), in_months(6, (5, 10))
    (True, False, True)
    """
    first, last = span
    return first <= month <= last if first <= last else month >= first or month <= last


def months_long(span: tuple[int, int]) -> int:
    """Months in a span that may run over the end of a year.

    Examples
    --------
    >>> months_long((11, 4)), months_long((5, 10))
    (6, 6)
    """
    return (span[1] - span[0]) % 12 + 1


def read_dry_season(text: str) -> tuple[int, int]:
    """First and last month of a dry season, from `MM-MM`.

    Raises
    ------
    SettingsError
        When it is no such span, or longer than eleven months.

    Examples
    --------
    >>> read_dry_season("05-10")
    (5, 10)
    """
    match = re.fullmatch(r"(\d{1,2})-(\d{1,2})", text.strip())
    months = tuple(int(part) for part in match.groups()) if match else (0, 0)
    if not all(1 <= month <= 12 for month in months) or (months[1] + 1 - months[0]) % 12 == 0:
        raise SettingsError(
            f"the dry season {text!r} is no span of months",
            hint="give first and last month, such as 11-04 or 05-10, or auto",
        )
    return months[0], months[1]


def climate_of(dry_season: tuple[int, int], *, source: str) -> Climate:
    """The seasons that go with a dry season: those of Kachin, moved along the year.

    Parameters
    ----------
    dry_season
        First and last month.
    source
        Where it comes from, in words.

    Returns
    -------
    Climate
        Rains: the months between two dry seasons but the first, in which the ground is not soaked
        yet. Field season: that of Kachin, moved by as many months as the dry season begins later.
    """
    if dry_season == KACHIN.dry_season:
        return replace(KACHIN, source=source)
    start, end = dry_season
    rest = 12 - months_long(dry_season)
    first_rain = end % 12 + 1 if rest < 2 else (end + 1) % 12 + 1
    moved = round((start - KACHIN.dry_season[0]) % 12 * 365 / 12)
    fields = tuple((day - 1 + moved) % 365 + 1 for day in KACHIN.field_season)
    return Climate(
        dry_season=dry_season, rains=(first_rain, (start - 2) % 12 + 1),
        field_season=(fields[0], fields[1]), source=source,
    )  # fmt: skip
