"""Periods of an inventory, and what they are called, wherever the dry season lies."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from minewatch.model import Period, period_label, split_periods
from minewatch.model.climate import KACHIN, climate_of
from minewatch.sites import period_column

SPAN = Period(date(2020, 1, 1), date(2022, 12, 31))
JUNE = climate_of((5, 10), source="")


def labels(dry_season: tuple[int, int], kind: str = "dry-season") -> list[str]:
    climate = climate_of(dry_season, source="")
    return [period_label(period) for period in split_periods(SPAN, kind, climate=climate)]


@pytest.mark.parametrize(
    ("dry_season", "expected"),
    [
        (
            (11, 4),
            ["2019/20 dry season", "2020/21 dry season", "2021/22 dry season",
             "2022/23 dry season"],
        ),
        ((5, 10), ["2020 dry season", "2021 dry season", "2022 dry season"]),
        ((1, 3), ["2020 dry season", "2021 dry season", "2022 dry season"]),
        ((7, 12), ["2020 dry season", "2021 dry season", "2022 dry season"]),
        ((12, 12), ["2020 dry season", "2021 dry season", "2022 dry season"]),
    ],
)  # fmt: skip
def test_a_dry_season_is_named_by_the_years_it_lies_in(
    dry_season: tuple[int, int], expected: list[str]
) -> None:
    assert labels(dry_season) == expected


@pytest.mark.parametrize("first", range(1, 13))
@pytest.mark.parametrize("months", [1, 6, 11])
def test_dry_seasons_cover_their_months_once_and_no_other(first: int, months: int) -> None:
    last = (first + months - 2) % 12 + 1
    climate = climate_of((first, last), source="")
    days = [SPAN.start + timedelta(n) for n in range((SPAN.end - SPAN.start).days + 1)]
    inside = {(first + n - 1) % 12 + 1 for n in range(months)}
    periods = split_periods(SPAN, "dry-season", climate=climate)
    for day in days:
        assert sum(day in period for period in periods) == (day.month in inside), day


def test_columns_are_named_as_the_dry_season_is() -> None:
    periods = split_periods(SPAN, "dry-season", climate=JUNE)
    assert period_column(periods[1]) == "2021_dry_season"


def test_the_rains_of_the_south_are_no_dry_season_though_kachin_has_its_own_then() -> None:
    own = "custom:2020-11-01/2021-04-30,2021-05-01/2021-10-31"
    assert labels((5, 10), own) == ["2020-11-01/2021-04-30", "2021 dry season"]
    assert labels(KACHIN.dry_season, own) == ["2020/21 dry season", "2021-05-01/2021-10-31"]


def test_a_quarter_and_a_year_keep_their_names_where_they_are_the_dry_season() -> None:
    assert labels((1, 3), "quarter")[:2] == ["2020 Q1", "2020 Q2"]
    assert labels((1, 3), "year") == ["2020", "2021", "2022"]


def test_a_period_of_unknown_place_is_named_as_in_kachin() -> None:
    assert period_label(Period(date(2020, 11, 1), date(2021, 4, 30))) == "2020/21 dry season"
    assert period_label(Period(date(2020, 5, 1), date(2020, 10, 31))) == "2020-05-01/2020-10-31"
