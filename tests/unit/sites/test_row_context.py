from __future__ import annotations

from datetime import UTC, date, datetime

import geopandas as gpd
import pytest
import shapely

from minewatch.model import ControlInterval, Period, Scene, SceneList
from minewatch.sites.row_context import find_coverage, name_control

SEASON = Period(date(2024, 7, 1), date(2024, 12, 31))
WEST, EAST = shapely.box(97.0, 25.0, 98.0, 26.0), shapely.box(97.9, 25.0, 99.0, 26.0)


def scene(name: str, day: date, footprint: shapely.Geometry = WEST) -> Scene:
    moment = datetime(day.year, day.month, day.day, 23, 30, tzinfo=UTC)
    return Scene(
        id=name,
        collection="c",
        sensor="sentinel-2",
        acquired=moment,
        footprint=footprint,
        assets={},
    )


def sites(*points: tuple[float, float]) -> gpd.GeoDataFrame:
    middles = gpd.GeoSeries(gpd.points_from_xy(*zip(*points, strict=True)), crs=4326)
    return gpd.GeoDataFrame(geometry=middles.to_crs(32647).buffer(50))


@pytest.fixture
def scenes() -> SceneList:
    return SceneList(
        scenes=(
            scene("w1", date(2024, 1, 5)),
            scene("e1", date(2024, 1, 5), EAST),
            scene("w2", date(2024, 3, 1)),
            scene("e2", date(2024, 2, 20), EAST),
        ),
        catalog="c",
        collection="c",
    )


def test_evidence_names_the_scenes_of_the_days_that_reach_the_site(scenes):
    coverage = find_coverage(sites((97.5, 25.5), (98.5, 25.5), (97.95, 25.5)), scenes)
    days = [date(2024, 1, 5), date(2024, 3, 1)]
    assert coverage.on(0, days) == ["w1", "w2"]
    assert coverage.on(1, days) == ["e1"]
    assert coverage.on(2, days) == ["e1", "w1", "w2"]
    assert coverage.on(0, [date(2024, 1, 6)]) == []


def test_the_last_overpass_is_the_last_scene_in_the_period_that_reaches_the_site(scenes):
    coverage = find_coverage(sites((97.5, 25.5), (98.5, 25.5)), scenes)
    spring = Period(date(2024, 1, 1), date(2024, 4, 30))
    assert coverage.last_overpass(0, spring) == date(2024, 3, 1)
    assert coverage.last_overpass(1, spring) == date(2024, 2, 20)
    assert coverage.last_overpass(1, SEASON) == SEASON.end


def test_without_scenes_there_is_no_evidence():
    coverage = find_coverage(sites((97.5, 25.5)), SceneList(scenes=(), catalog="c", collection="c"))
    assert coverage.on(0, [date(2024, 1, 5)]) == []
    assert coverage.last_overpass(0, SEASON) == SEASON.end


def held(group: str, start: date | None, end: date | None) -> ControlInterval:
    return ControlInterval(group=group, start=start, end=end, source=f"source of {group}")


def test_everyone_who_held_the_place_in_the_period_is_named_with_dates_and_source():
    control = [held("B", date(2024, 9, 1), None), held("A", None, date(2024, 10, 31))]
    assert name_control(control, SEASON) == (
        "A (until 2024-10-31; source of A) | B (from 2024-09-01; source of B)"
    )


def test_a_claim_over_the_whole_period_has_no_dates():
    assert name_control([held("A", date(2009, 1, 1), None)], SEASON) == "A (source of A)"


@pytest.mark.parametrize(
    ("start", "end", "is_named"),
    [
        (None, date(2024, 6, 30), False),
        (None, date(2024, 7, 1), True),
        (date(2024, 12, 31), None, True),
        (date(2025, 1, 1), None, False),
        (None, None, True),
    ],
)
def test_a_claim_counts_when_it_shares_a_day_with_the_period(start, end, is_named):
    assert (name_control([held("A", start, end)], SEASON) is not None) == is_named


def test_nobody_known_is_none():
    assert name_control([], SEASON) is None
