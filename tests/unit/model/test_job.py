"""Parameters of a run are checked before anything is fetched."""

from __future__ import annotations

from datetime import date

import pytest

from minewatch.areas import read_aoi
from minewatch.errors import SettingsError
from minewatch.model import Parameters, Period

SPAN = Period(date(2020, 1, 1), date(2021, 1, 1))


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
