"""Parameters of a run are checked before anything is fetched."""

from __future__ import annotations

from datetime import date

import pytest
import shapely

from minewatch.areas import read_aoi
from minewatch.errors import SettingsError
from minewatch.model import AreaOfInterest, Parameters, Period, choose_dry_season

SPAN = Period(date(2020, 1, 1), date(2021, 1, 1))


def area(latitude: float, **properties: object) -> AreaOfInterest:
    box = shapely.box(98, latitude, 98.1, latitude + 0.1)
    return AreaOfInterest(id="a", name="A", geometry=box, utm_epsg=32647, properties=properties)


@pytest.mark.parametrize(
    ("changes", "value"),
    [
        ({"period": "week"}, "week"),
        ({"resolution_m": 0.0}, "0.0"),
        ({"resolution_m": 5000.0}, "5000"),
        ({"max_cloud_cover_pct": 0.0}, "0.0"),
        ({"max_cloud_cover_pct": 101.0}, "101"),
        ({"chunk_px": 8}, "8"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_named(changes: dict[str, object], value: str) -> None:
    with pytest.raises(SettingsError, match=value):
        Parameters(span=SPAN, **changes)  # type: ignore[arg-type]


def test_parameters_survive_being_written_down() -> None:
    parameters = Parameters(
        span=SPAN, period="month", resolution_m=20.0, collection="c", dem="d",
        detector="dry-season-thresholds", rules={"overpass": {"cloud_dn": 600}},
        dry_season="05-10", max_cloud_cover_pct=50.0, chunk_px=64,
    )  # fmt: skip
    assert Parameters.from_dict(parameters.as_dict(read_aoi("nba-pa"))) == parameters


def test_a_token_in_the_catalogue_address_is_not_written_down() -> None:
    parameters = Parameters(span=SPAN, catalog="https://example.org/stac?token=canary-77")
    assert "canary-77" not in str(parameters.as_dict(read_aoi("nba-pa")))


@pytest.mark.parametrize(
    "dem",
    ["https://host/dem.tif?sig=cAnArY", "https://me:cAnArY@host/dem.tif"],
)
def test_an_address_of_heights_with_a_secret_is_refused_and_not_repeated(dem: str) -> None:
    with pytest.raises(SettingsError, match="--dem") as caught:
        Parameters(span=SPAN, dem=dem)
    assert "cAnArY" not in f"{caught.value.problem} {caught.value.hint}"


@pytest.mark.parametrize("dem", ["auto", "none", "cop-dem-glo-30", "/data/my dem.tif"])
def test_other_names_of_heights_are_taken(dem: str) -> None:
    assert Parameters(span=SPAN, dem=dem).dem == dem


def labels_of(aoi: AreaOfInterest, start: date, end: date, dry_season: str = "auto") -> list[str]:
    asked = Parameters(span=Period(start, end), dry_season=choose_dry_season(dry_season, aoi))
    return [str(period) for period in asked.periods(asked.climate_before(aoi))]


def test_half_a_year_of_the_south_has_its_dry_season_where_the_north_has_none() -> None:
    span = date(2021, 5, 1), date(2021, 9, 30)
    assert labels_of(area(-3.0), *span) == ["2021-05-01/2021-10-31"]
    with pytest.raises(SettingsError) as refused:
        labels_of(area(25.0), *span)
    assert "'dry-season' (11-04)" in refused.value.problem
    assert "--dry-season" in refused.value.hint
    assert labels_of(area(25.0), *span, dry_season="6-8") == ["2021-06-01/2021-08-31"]


def test_the_area_may_say_its_dry_season_and_a_setting_overrules_it() -> None:
    here = area(25.0, dry_season="6-9", dry_season_source="rain gauge of a school")
    asked = Parameters(span=SPAN, dry_season=choose_dry_season("auto", here))
    climate = asked.climate_before(here)
    assert (climate.dry_season, climate.source) == (
        (6, 9), "a property of the area: rain gauge of a school",
    )  # fmt: skip
    other = Parameters(span=SPAN, dry_season=choose_dry_season("12-3", here))
    assert other.climate_before(here).source == "set with --dry-season"
    assert other.dry_season == "12-03"


@pytest.mark.parametrize("empty", [None, "", " "])
def test_an_empty_property_sets_no_dry_season(empty: str | None) -> None:
    assert choose_dry_season("auto", area(25.0, dry_season=empty)) == "auto"


def test_a_property_that_is_no_dry_season_is_named() -> None:
    with pytest.raises(SettingsError, match="'winter'"):
        choose_dry_season("auto", area(25.0, dry_season="winter"))


def test_the_bundled_areas_bring_their_dry_season_with_its_source() -> None:
    for name in ("chipwe-pangwa", "nhkawng-pa", "nba-pa"):
        aoi = read_aoi(name)
        asked = Parameters(span=SPAN, dry_season=choose_dry_season("auto", aoi))
        climate = asked.climate_before(aoi)
        assert climate.dry_season == (11, 4)
        assert climate.source.startswith("a property of the area: south-west monsoon")
