from __future__ import annotations

from datetime import date

import geopandas as gpd
import pytest
import shapely

from minewatch.areas import read_aoi
from minewatch.context.controllers import (
    Claim,
    claims_from,
    claims_of,
    count_by_controller,
    find_candidates,
    with_candidates,
)
from minewatch.errors import SettingsError

HERE = shapely.box(0, 0, 100, 100)
WEST, EAST = shapely.box(-500, -500, 50, 500), shapely.box(50, -500, 600, 500)


def claim(name: str, first: str | None, last: str | None, **other: object) -> Claim:
    first_day, last_day = (date.fromisoformat(d) if d else None for d in (first, last))
    values = {"source": "a test", "certainty": "high", "outline": None, **other}
    return Claim(controller=name, valid_from=first_day, valid_to=last_day, **values)


def who(claims: list[Claim], first: str, last: str, place: shapely.Geometry = HERE) -> tuple:
    found = find_candidates(claims, place, date.fromisoformat(first), date.fromisoformat(last))
    return found.all, found.likely, found.sure


def test_one_claim_to_every_day_is_sure() -> None:
    assert who([claim("A", None, "2024-09-30")], "2023-01-01", "2023-06-01") == (("A",), "A", "A")


def test_where_dates_overlap_both_are_candidates_and_nobody_is_sure() -> None:
    claims = [claim("A", None, "2024-09-30"), claim("B", "2024-09-01", None)]
    assert who(claims, "2024-09-10", "2024-09-20") == (("A", "B"), None, None)
    assert who(claims, "2024-10-10", "2024-10-20") == (("B",), "B", "B")


def test_a_stretch_that_leaves_a_claim_is_not_sure() -> None:
    assert who([claim("A", "2021-02-01", None)], "2021-01-01", "2021-03-01") == (("A",), None, None)


def test_a_claim_of_low_certainty_makes_the_other_likely_and_not_sure() -> None:
    claims = [claim("A", None, None), claim("B", None, None, certainty="low")]
    assert who(claims, "2021-01-01", "2021-03-01") == (("A", "B"), "A", None)
    assert who(claims[1:], "2021-01-01", "2021-03-01") == (("B",), None, None)


def test_the_place_decides_and_ground_on_both_sides_has_both() -> None:
    claims = [claim("A", None, None, outline=WEST), claim("B", None, None, outline=EAST)]
    west, east = shapely.box(0, 0, 20, 20), shapely.box(60, 0, 80, 20)
    assert who(claims, "2021-01-01", "2021-02-01", west) == (("A",), "A", "A")
    assert who(claims, "2021-01-01", "2021-02-01", east) == (("B",), "B", "B")
    assert who(claims, "2021-01-01", "2021-02-01") == (("A", "B"), None, None)
    assert who(claims, "2021-01-01", "2021-02-01", shapely.box(9e3, 0, 9.1e3, 9)) == (
        (),
        None,
        None,
    )


def test_two_claims_of_one_controller_are_one_candidate() -> None:
    claims = [claim("KIO", "2024-09-01", None), claim("KIO", "2024-10-01", None)]
    assert who(claims, "2024-11-01", "2024-12-01") == (("KIO",), "KIO", "KIO")


def test_every_bundled_interval_has_a_short_name() -> None:
    from minewatch.analysis.context_inputs import packaged_table

    for area in ("chipwe-pangwa", "nhkawng-pa"):
        names = [row for row in packaged_table("controllers") if row["area"] == area]
        held = claims_of(read_aoi(area).control, names)
        assert held
        assert {c.controller for c in held} <= {row["controller"] for row in names}
    pangwa = claims_of(
        read_aoi("chipwe-pangwa").control,
        [row for row in packaged_table("controllers") if row["area"] == "chipwe-pangwa"],
    )
    before, between, after = (
        who(list(pangwa), *days)
        for days in (("2023-01-01", "2023-02-01"), ("2024-09-05", "2024-09-20"),
                     ("2024-11-20", "2024-12-20"))
    )  # fmt: skip
    assert before[1] == "NDA-K (Border Guard Force)"
    assert before[2] is None  # KIO/KIA held some ground beside it
    assert between[1] is None
    assert after[1] == "KIO/KIA"


def test_counts_are_ranges_and_what_is_older_than_the_archive_is_apart() -> None:
    happened = gpd.GeoDataFrame(
        {
            "what": ["opened"] * 4,
            "alert": ["confirmed", "provisional", "confirmed", "confirmed"],
            "earliest": [date(2021, 1, 1), date(2021, 1, 1), None, date(2024, 9, 1)],
            "latest": [date(2021, 2, 1), date(2021, 2, 1), date(2018, 1, 1), date(2024, 9, 20)],
        },
        geometry=[HERE] * 4, crs=32647,
    )  # fmt: skip
    claims = [claim("A", None, "2024-09-30"), claim("B", "2024-09-01", None)]
    table = count_by_controller(with_candidates(happened, claims)).set_index("controller")
    a, b = table.loc["A"], table.loc["B"]
    assert (a["low"], a["likely"], a["high"], a["before_archive"]) == (1, 2, 4, 1)
    assert (b["low"], b["likely"], b["high"], b["before_archive"]) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("valid_to", "September 2024", "is no day"), ("source", "", "has no source"),
        ("certainty", "sure", "certainty 'sure'"), ("controller", None, "names no controller"),
        ("valid_to", "1999-01-01", r"ends \(1999-01-01\) before"),
    ],
)  # fmt: skip
def test_a_claim_that_cannot_be_read_is_named(column: str, value: object, words: str) -> None:
    row = {"controller": "A", "valid_from": "2020-01-01", "valid_to": "", "source": "s",
           "certainty": "high", column: value}  # fmt: skip
    with pytest.raises(SettingsError, match=words):
        claims_from(gpd.GeoDataFrame([row], geometry=[HERE], crs=32647), where="claims.gpkg")


def test_a_month_is_taken_as_wide_as_it_may_be() -> None:
    row = {"controller": "A", "valid_from": "2024-09", "valid_to": "2024-10", "source": "s"}
    (found,) = claims_from(gpd.GeoDataFrame([row], geometry=[HERE], crs=32647), where="c")
    assert (found.valid_from, found.valid_to) == (date(2024, 9, 1), date(2024, 10, 31))
    assert found.certainty == "medium"


def test_a_layer_without_a_needed_column_is_refused() -> None:
    table = gpd.GeoDataFrame({"controller": ["A"]}, geometry=[HERE], crs=32647)
    with pytest.raises(SettingsError, match="'valid_from' is missing"):
        claims_from(table, where="claims.gpkg")
