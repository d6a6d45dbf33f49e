"""The seasons of an area: as set, as expected, or as its record shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest
import shapely

from minewatch.model import AreaOfInterest, Climate, Parameters, Period, months_of
from minewatch.pipeline.climate_step import find_climate
from minewatch.store.month_files import MonthRecord
from minewatch.synthetic import PRESETS, WorldSpec
from minewatch.synthetic.hills import sun_position
from minewatch.synthetic.overpass_calendar import plan_overpasses
from minewatch.synthetic.sky import draw_sky

PIXELS = 1000
SPAN = Period(date(2020, 1, 1), date(2021, 12, 31))
Records = dict[tuple[str, date], MonthRecord]


def area(latitude: float) -> AreaOfInterest:
    box = shapely.box(98, latitude, 98.1, latitude + 0.1)
    return AreaOfInterest(id="a", name="A", geometry=box, utm_epsg=32647)


def in_half(first: float, other: float) -> dict[int, float]:
    """May to October, and the other months."""
    return {month: first if 5 <= month <= 10 else other for month in range(1, 13)}


EVEN, GREEN = in_half(4, 4), in_half(0.7, 0.7)
JUNE = in_half(5, 2)


def records(
    clear: Mapping[int, float], green: Mapping[int, float] = GREEN, *, span: Period = SPAN
) -> Records:
    """Clear overpasses of a pixel, and NDVI, by calendar month."""
    return {
        ("c", month.start): _record(clear[month.start.month], green[month.start.month])
        for month in months_of(span)
    }


def _record(clear: float, ndvi: float = 0.7) -> MonthRecord:
    return MonthRecord(
        key="", overpasses=6, failures=(), clear_pixels=round(PIXELS * clear),
        greenness_sum=round(1000 * PIXELS * ndvi), seen_pixels=PIXELS,
    )  # fmt: skip


def climate_in(
    latitude: float, rows: Records, *, span: Period = SPAN, dry_season: str = "auto"
) -> Climate:
    asked = Parameters(span=span, dry_season=dry_season)
    return find_climate(asked, area(latitude), rows, pixels=PIXELS)


@pytest.mark.parametrize("latitude", [25.0, -8.0])
def test_a_clear_half_of_the_year_is_found_whatever_the_latitude(latitude: float) -> None:
    assert climate_in(latitude, records(JUNE)).dry_season == (5, 10)
    assert climate_in(latitude, records(in_half(2, 5))).dry_season == (11, 4)


def test_a_season_found_against_the_latitude_says_so_with_its_figures() -> None:
    found = climate_in(25.0, records(JUNE))
    assert found.source.startswith("found in the record: 4.89 clear overpasses in 30 days")
    assert "11-04" in found.source
    assert not found.is_assumed
    assert found.evidence
    assert found.evidence.expected == (11, 4)
    assert found.evidence.clear_overpasses[6] == pytest.approx(5 * 30 / 31, abs=0.001)
    assert found.evidence.months == 24


def test_of_two_halves_as_clear_that_of_the_other_hemisphere_is_taken() -> None:
    """April may be clearer than October by chance: seasons do not move with every scene."""
    clear = {**JUNE, 4: 5.5, 10: 4.5}
    assert climate_in(25.0, records(clear)).dry_season == (5, 10)


def test_a_season_three_months_off_is_found() -> None:
    clear = {month: 5.0 if 2 <= month <= 7 else 1.0 for month in range(1, 13)}
    assert climate_in(25.0, records(clear)).dry_season == (2, 7)


def test_few_clear_overpasses_prove_nothing() -> None:
    """The same shares in 24 months: 78 clear overpasses of a pixel decide, 4 may be chance."""
    many = in_half(4, 2.5)
    assert climate_in(25.0, records(many)).dry_season == (5, 10)
    few = {month: count / 20 for month, count in many.items()}
    assert climate_in(25.0, records(few)).dry_season == (11, 4)


def test_where_the_sky_is_even_the_less_green_half_decides() -> None:
    found = climate_in(25.0, records(EVEN, in_half(0.4, 0.7)))
    assert found.dry_season == (5, 10)
    assert "NDVI" in found.source
    agrees = climate_in(25.0, records(EVEN, in_half(0.7, 0.4)))
    assert agrees.dry_season == (11, 4)
    assert not agrees.is_assumed


@pytest.mark.parametrize(("latitude", "season"), [(25.0, (11, 4)), (-8.0, (5, 10))])
def test_where_nothing_shows_the_latitude_decides(latitude: float, season: tuple[int, int]) -> None:
    even = climate_in(latitude, records(EVEN))
    assert (even.dry_season, even.is_assumed) == (season, True)
    unseen = climate_in(latitude, {})
    assert (unseen.dry_season, unseen.is_assumed) == (season, True)


def test_less_than_a_year_shows_no_year() -> None:
    span = Period(date(2020, 2, 1), date(2020, 12, 31))
    found = climate_in(25.0, records(JUNE, span=span), span=span)
    assert (found.dry_season, found.is_assumed) == ((11, 4), True)
    assert "11 months of record" in found.source


def test_years_without_a_scene_are_no_record() -> None:
    """Asked from 2010 on, a mission that began in 2020 saw as much as it saw."""
    long = Period(date(2010, 7, 1), date(2030, 9, 30))
    found = climate_in(25.0, records(JUNE), span=long).evidence
    assert found == climate_in(25.0, records(JUNE)).evidence


def test_a_month_that_the_dates_cut_counts_by_its_days() -> None:
    """Half a month with half the overpasses is as clear as a whole one."""
    span = Period(date(2020, 1, 16), date(2021, 12, 31))
    rows = records(EVEN)
    rows["c", date(2020, 1, 1)] = _record(4 * 16 / 31)
    found = climate_in(25.0, rows, span=span).evidence
    whole = climate_in(25.0, records(EVEN)).evidence
    assert found
    assert whole
    assert found.clear_overpasses == whole.clear_overpasses


def test_chunks_and_the_order_of_months_change_nothing() -> None:
    rows = records({month: 0.3 * month for month in range(1, 13)}, in_half(0.61, 0.67))
    parts: Records = {}
    for (_, month), record in reversed(rows.items()):
        for chunk, share in (("east", 0.25), ("west", 0.75)):
            parts[chunk, month] = replace(
                record, clear_pixels=round(share * record.clear_pixels),
                greenness_sum=round(share * record.greenness_sum),
                seen_pixels=round(share * record.seen_pixels),
            )  # fmt: skip
    assert climate_in(25.0, parts) == climate_in(25.0, rows)


def test_a_setting_wins_over_the_record_which_may_contradict_it() -> None:
    found = climate_in(25.0, records(JUNE), dry_season="12-03")
    assert found.dry_season == (12, 3)
    assert found.source == "set with --dry-season"
    assert found.evidence
    assert found.evidence.against == "1.98 clear overpasses in 30 days, but 4.89 in 05-10"
    agrees = climate_in(25.0, records(JUNE), dry_season="06-09").evidence
    assert agrees
    assert agrees.against == ""


def sky_records(spec: WorldSpec, *, every: int) -> Records:
    """What the overpasses of a world would see of its ground; those over 90 % cloud are not read.

    Drawn from its sky alone, so that many years cost little.
    """
    clear: dict[date, float] = {}
    for overpass in plan_overpasses(spec)[::every]:
        rng = spec.random("render", overpass.index)
        sun = sun_position(overpass.day_of_year)
        sky = draw_sky(spec, rng, month=overpass.day.month, sun=sun)
        if sky.cover <= 0.9:
            month = overpass.day.replace(day=1)
            clear[month] = clear.get(month, 0.0) + float((sky.opacity < 0.15).mean())
    return {("c", month): _record(value) for month, value in clear.items()}


@pytest.mark.parametrize(("preset", "every"), [("mines", 2), ("wet", 1), ("demo", 2)])
def test_no_year_of_simulated_kachin_has_another_season(preset: str, every: int) -> None:
    """Cloudy archives, thin ones and those of one year: twelve skies, each year by itself."""
    years = 0
    for seed in range(1, 13):
        spec = replace(
            PRESETS[preset], seed=seed, size_px=64, start=date(2020, 1, 1), end=date(2022, 12, 31)
        )
        rows = sky_records(spec, every=every)
        spans = [Period(date(2020, month, 1), date(2021, month, 1) - timedelta(1))
                 for month in (1, 4, 7, 10)]  # fmt: skip
        for span in (*spans, Period(spec.start, spec.end)):
            part = {key: record for key, record in rows.items() if key[1] in span}
            found = climate_in(25.5, part, span=span)
            assert found.dry_season == (11, 4), (seed, span, found.source)
            years += not found.is_assumed
    assert years >= 30


@pytest.mark.parametrize("preset", ["mines", "wet", "demo"])
def test_the_same_skies_half_a_year_later_are_known_for_it(preset: str) -> None:
    for seed in range(1, 5):
        spec = replace(
            PRESETS[preset], seed=seed, size_px=64, season_shift_months=6, start=date(2020, 1, 1),
            end=date(2021, 12, 31),
        )  # fmt: skip
        found = climate_in(25.5, sky_records(spec, every=1))
        assert found.dry_season == (5, 10), (seed, found.source)
