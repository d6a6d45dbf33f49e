"""The seasons of an area: as set, as expected, or as its record shows them."""

from __future__ import annotations

from datetime import date

import pytest
import shapely

from minewatch.errors import SettingsError
from minewatch.model import AreaOfInterest, Parameters, Period
from minewatch.model.climate import KACHIN, climate_of, read_dry_season
from minewatch.pipeline.climate_step import find_climate
from minewatch.store.month_files import MonthRecord

SPAN = Period(date(2020, 1, 1), date(2021, 12, 31))
PIXELS = 100


def area(latitude: float) -> AreaOfInterest:
    box = shapely.box(98, latitude, 98.1, latitude + 0.1)
    return AreaOfInterest(id="a", name="A", geometry=box, utm_epsg=32647)


def record(clear: dict[int, int], green: dict[int, int]) -> dict[tuple[str, date], MonthRecord]:
    """Two years of 100 pixels: clear looks a pixel and 1,000 NDVI by calendar month."""
    return {
        ("c", date(year, m, 1)): MonthRecord(
            key="", overpasses=6, failures=(), clear_pixels=100 * clear[m],
            greenness_sum=100 * green[m], seen_pixels=100,
        )
        for year in (2020, 2021) for m in range(1, 13)
    }  # fmt: skip


def in_half(first: tuple[int, int], other: tuple[int, int]) -> dict[int, int]:
    """May to October, and the other months."""
    return {m: first[0] if 5 <= m <= 10 else other[0] for m in range(1, 13)}


EVEN = dict.fromkeys(range(1, 13), 4)
GREEN = dict.fromkeys(range(1, 13), 700)
SOUTH = in_half((5, 0), (2, 0))


@pytest.mark.parametrize("latitude", [25.0, -8.0])
def test_a_clear_half_of_the_year_is_found_whatever_the_latitude(latitude: float) -> None:
    found = find_climate(Parameters(span=SPAN), area(latitude), record(SOUTH, GREEN), pixels=PIXELS)
    assert found.dry_season == (5, 10)


def test_where_the_sky_is_even_the_less_green_half_decides() -> None:
    green = in_half((400, 0), (700, 0))
    found = find_climate(Parameters(span=SPAN), area(25.0), record(EVEN, green), pixels=PIXELS)
    assert found.dry_season == (5, 10)
    assert "NDVI" in found.source


@pytest.mark.parametrize(("latitude", "season"), [(25.0, (11, 4)), (-8.0, (5, 10))])
def test_where_nothing_shows_the_latitude_decides(latitude: float, season: tuple[int, int]) -> None:
    assert find_climate(
        Parameters(span=SPAN), area(latitude), record(EVEN, GREEN), pixels=PIXELS
    ).dry_season == season  # fmt: skip
    short = Parameters(span=Period(date(2020, 1, 1), date(2020, 6, 30)))
    assert find_climate(short, area(latitude), {}, pixels=PIXELS).dry_season == season


def test_a_setting_wins_over_the_record() -> None:
    asked = Parameters(span=SPAN, dry_season="12-03")
    found = find_climate(asked, area(25.0), record(SOUTH, GREEN), pixels=PIXELS)
    assert found.dry_season == (12, 3)
    assert "--dry-season" in found.source


@pytest.mark.parametrize("text", ["", "5", "13-02", "00-04", "may-oct", "05-04", "1-12"])
def test_a_bad_dry_season_is_named_with_what_to_give(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_dry_season(text)
    assert repr(text) in refused.value.problem
    assert "05-10" in refused.value.hint


def test_the_seasons_of_kachin_move_with_the_dry_season() -> None:
    south = climate_of((5, 10), source="")
    assert south.rains == (12, 4)
    assert south.is_in_field_season(200)
    assert not south.is_in_field_season(100)
    assert climate_of(KACHIN.dry_season, source="x").rains == KACHIN.rains
