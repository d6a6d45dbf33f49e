"""The scorer on tables small enough to score by hand."""

import json
import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from minewatch.errors import ContractError, OutputError
from minewatch.synthetic import PRESETS, Archive, Truth, read_truth, score_inventory, write_archive
from minewatch.synthetic.scoring import counts_from

UTM = 32647
SMALL = replace(
    PRESETS['none'], start=date(2020, 11, 1), end=date(2022, 10, 31), villages=0,
)  # fmt: skip
FIRST, SECOND = "2021-04-30", "2022-04-30"
SEASONS = {FIRST: "2020-11-01", SECOND: "2021-11-01"}


def square(x: float, size: float = 100.0) -> shapely.Polygon:
    return shapely.box(300_000 + x, 1_300_000, 300_000 + x + size, 1_300_000 + size)


def true_season(site: str, end: str, **other: object) -> dict:
    row = {
        "site_id": site, "period_start": SEASONS[end], "period_end": end, "state": "active",
        "disturbed_area_m2": 3000.0, "pad_area_m2": 2000.0, "pool_area_m2": 1000.0, "pool_count": 8,
    }  # fmt: skip
    return {**row, **other}


def make_truth() -> Truth:
    """`a` from before the archive, abandoned in 2020; `b` begun in August 2021; a swidden."""
    sites = gpd.GeoDataFrame(
        {
            "id": ["a", "b"],
            "kind": "mine",
            "start": ["2019-01-01", "2021-08-10"],
            "disturbed_0_1_ha": ["2019-02-01", "2021-09-01"],
            "ended": ["2020-06-01", None],
            "fate": ["wet", "active"],
        },
        geometry=[square(0), square(1000)],
        crs=UTM,
    )
    seasons = pd.DataFrame(
        [
            true_season("a", FIRST, state="abandoned_wet"),
            true_season("b", FIRST, state="none", disturbed_area_m2=0.0, pool_count=0),
            true_season("a", SECOND, state="abandoned_wet"),
            true_season("b", SECOND, disturbed_area_m2=1500.0, pool_count=3, pool_area_m2=500.0),
        ]
    )
    confusers = gpd.GeoDataFrame(
        {"id": ["s"], "kind": ["swidden"]}, geometry=[square(3000)], crs=UTM
    )
    clear = pd.DataFrame(
        {"site_id": "b", "date": ["2021-08-01", "2021-08-20", "2021-10-03", "2021-11-09"]}
    )
    return Truth(
        sites=sites, seasons=seasons, confusers=confusers, periods=(FIRST, SECOND), area_km2=10.0,
        start="2020-11-01", end="2022-10-31", clear_days=clear, revisit_days=5,
    )  # fmt: skip


def found(site: str, end: str, x: float, size: float = 100.0, **other: object) -> dict:
    row = {
        "site_id": site, "period_start": SEASONS[end], "period_end": end, "alert": "confirmed",
        "state": "active", "disturbed_area_m2": 3000.0, "pool_area_m2": 1000.0,
        "pool_count_low": 6, "pool_count_high": 10, "geometry": square(x, size),
    }  # fmt: skip
    return {**row, **other}


PERFECT = [
    found("A", FIRST, 0, state="abandoned_wet"),
    found("A", SECOND, 0, state="abandoned_wet"),
    found("B", SECOND, 1000, disturbed_area_m2=1500.0, pool_area_m2=500.0, pool_count_low=2,
          pool_count_high=4),
]  # fmt: skip
SITES = pd.DataFrame(
    {
        "site_id": ["A", "B", "C", "D"],
        "first_detected": ["2020-11-05", "2021-11-09", "2021-12-01", "2021-12-01"],
        "last_undisturbed": [None, "2021-08-01", "2021-11-01", "2021-11-01"],
    }
)


def score(rows: list[dict], truth: Truth | None = None, **how: object):
    columns = list(PERFECT[0])
    inventory = gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=UTM).to_crs(4326)
    sites = gpd.GeoDataFrame(SITES, geometry=[None] * len(SITES), crs=4326)
    return score_inventory(inventory, sites, truth or make_truth(), **how)


def test_a_perfect_inventory_scores_one_everywhere() -> None:
    result = score(PERFECT)
    assert (result.precision, result.recall, result.f1) == (1.0, 1.0, 1.0)
    assert result.seasons["true_sites"].tolist() == [1, 2]
    assert result.area_ratio == result.pool_area_ratio == result.pool_count_share == 1.0
    assert result.window_share == result.abandoned_share == 1.0
    assert result.false_per_km2_season == 0.0
    assert list(result.matches["found_id"]) == ["A", "A", "B"]


def test_a_site_counts_from_60_days_and_a_tenth_of_a_hectare_whichever_is_later() -> None:
    early = pd.Series({"start": "2021-01-01", "disturbed_0_1_ha": "2021-01-20"})
    slow = pd.Series({"start": "2021-01-01", "disturbed_0_1_ha": "2021-06-01"})
    never = pd.Series({"start": "2021-01-01", "disturbed_0_1_ha": None})
    assert counts_from(early) == "2021-03-02"
    assert counts_from(slow) == "2021-06-01"
    assert counts_from(never) is None


def test_a_site_counts_in_the_season_in_which_it_has_aged_60_days() -> None:
    truth = make_truth()
    for start, counted in (("2022-03-01", 2), ("2022-03-02", 1)):
        sites = truth.sites.assign(
            start=["2019-01-01", start], disturbed_0_1_ha=["2019-02-01", start]
        )
        assert score(PERFECT, replace(truth, sites=sites)).seasons["true_sites"][SECOND] == counted


def test_an_abandoned_site_goes_on_counting() -> None:
    result = score([row for row in PERFECT if row["site_id"] != "A"])
    assert result.seasons["misses"].tolist() == [1, 1]
    assert result.recall == pytest.approx(1 / 3)
    assert result.precision == 1.0


@pytest.mark.parametrize(
    "change", [{"alert": "candidate"}, {"alert": "rejected"}, {"state": "not_observed"}]
)
def test_candidates_rejected_and_unseen_rows_are_neither_hits_nor_false(change: dict) -> None:
    rows = [PERFECT[0] | change, PERFECT[1], PERFECT[2], found("C", SECOND, 5000) | change]
    result = score(rows)
    assert result.seasons["hits"].tolist() == [0, 2]
    assert result.seasons["false"].tolist() == [0, 0]


def test_a_second_detection_is_a_duplicate_neither_hit_nor_false() -> None:
    result = score([*PERFECT, found("C", SECOND, 60, size=30)])
    assert result.seasons["duplicates"].tolist() == [0, 1]
    assert (result.precision, result.recall) == (1.0, 1.0)


def test_a_detection_of_a_site_too_young_to_count_is_not_false() -> None:
    result = score([*PERFECT, found("B", FIRST, 1000)])
    assert result.seasons["false"].tolist() == [0, 0]
    assert result.seasons["duplicates"].tolist() == [1, 0]


def test_footprints_match_up_to_a_hundred_metres_apart_and_no_farther() -> None:
    near, far = found("B", SECOND, 1199), found("B", SECOND, 1201)
    assert score([*PERFECT[:2], near]).seasons["hits"][SECOND] == 2
    missed = score([*PERFECT[:2], far])
    assert missed.seasons["hits"][SECOND] == 1
    assert missed.seasons["false"][SECOND] == 1


def test_matching_is_one_to_one_by_the_largest_overlap_in_sum() -> None:
    joined = found("A", SECOND, 0, size=1100)  # covers both true sites
    result = score([PERFECT[0], joined])
    assert result.seasons["hits"][SECOND] == 1
    assert result.seasons["misses"][SECOND] == 1
    both = score([PERFECT[0], joined, found("B", SECOND, 1000)])
    assert both.seasons["hits"][SECOND] == 2


def test_false_sites_are_told_by_what_they_lie_on() -> None:
    result = score([*PERFECT, found("C", SECOND, 3020), found("D", SECOND, 7000)])
    assert result.seasons["false"].tolist() == [0, 2]
    assert result.precision == pytest.approx(3 / 5)
    assert result.f1 == pytest.approx(2 * 3 / (2 * 3 + 2))
    assert result.false_per_km2_season == pytest.approx(2 / (10 * 2))
    assert result.false_by_confuser["false"].to_dict() == {"none": 1, "swidden": 1}
    assert result.false_by_confuser["per_km2_season"]["swidden"] == pytest.approx(1 / 20)


def test_recall_is_told_by_size_and_by_pools() -> None:
    result = score(PERFECT[:2])  # `b` with 0.15 ha and 3 pools is missed
    assert result.recall_by_size["recall"].to_dict() == pytest.approx(
        {"up to 0.2 ha": 0.0, "up to 0.5 ha": 1.0, "up to 1 ha": math.nan, "over 1 ha": math.nan},
        nan_ok=True,
    )
    assert result.recall_by_pools["true_sites"].tolist() == [1, 2, 0, 0]
    assert result.recall_by_pools["hits"].tolist() == [0, 2, 0, 0]


def test_ratios_are_sums_over_hits() -> None:
    rows = [row | {"disturbed_area_m2": 6000.0, "pool_area_m2": 250.0} for row in PERFECT]
    result = score(rows)
    assert result.area_ratio == pytest.approx(18_000 / 7_500)
    assert result.pool_area_ratio == pytest.approx(750 / 2_500)


def test_pool_counts_outside_the_range_are_told() -> None:
    rows = [PERFECT[0] | {"pool_count_high": 7}, *PERFECT[1:]]
    assert score(rows).pool_count_share == pytest.approx(2 / 3)


def test_dates_come_from_the_sites_and_lag_is_told_twice() -> None:
    result = score(PERFECT)
    assert result.lag_days == 91  # 10 August to 9 November
    assert result.lag_usable_days == 10  # two clear overpasses before it, five days each


def test_a_window_that_misses_the_start_is_told() -> None:
    late = make_truth()
    late.sites.loc[1, "start"] = "2021-07-20"  # before the last overpass called undisturbed
    assert score(PERFECT, late).window_share == 0.0


def test_the_abandoned_state_is_judged_a_year_after_the_end_only() -> None:
    wrong_early = [PERFECT[0] | {"state": "idle"}, *PERFECT[1:]]
    assert score(wrong_early).abandoned_share == 1.0  # eleven months: not judged yet
    wrong_late = [PERFECT[0], PERFECT[1] | {"state": "abandoned_dry"}, PERFECT[2]]
    assert score(wrong_late).abandoned_share == 0.0


def test_an_empty_inventory_finds_nothing_and_is_not_wrong() -> None:
    result = score([])
    assert (result.recall, result.f1, result.false_per_km2_season) == (0.0, 0.0, 0.0)
    assert math.isnan(result.precision)
    assert math.isnan(result.window_share)


def test_where_there_is_no_mine_only_false_sites_are_told() -> None:
    truth = make_truth()
    none = replace(truth, sites=truth.sites.iloc[:0], seasons=truth.seasons.iloc[:0])
    result = score([found("C", SECOND, 3020)], none)
    assert result.seasons["false"].tolist() == [0, 1]
    assert math.isnan(result.recall)


def test_only_the_seasons_asked_for_are_scored() -> None:
    result = score(PERFECT, periods=[SECOND])
    assert list(result.seasons.index) == [SECOND]
    assert len(result.matches) == 2


def test_an_inventory_of_other_periods_is_refused() -> None:
    with pytest.raises(ContractError, match="2021-06-30"):
        score([PERFECT[0] | {"period_end": "2021-06-30"}])


def test_the_words_of_a_score_hold_its_numbers() -> None:
    words = str(score(PERFECT))
    assert "F1 1.000" in words
    assert "simulated" in words


def test_the_truth_of_an_archive_scores_itself_as_perfect(archive: Archive) -> None:
    truth = read_truth(archive.truth)
    assert truth.area_km2 == pytest.approx(2.56)
    outlines = truth.sites.set_index("id").geometry
    rows = truth.seasons[~truth.seasons["state"].isin(["none", "prospected"])]
    inventory = gpd.GeoDataFrame(
        rows.assign(alert="confirmed", pool_count_low=rows["pool_count"],
                    pool_count_high=rows["pool_count"]),
        geometry=outlines.loc[rows["site_id"]].to_numpy(), crs=UTM,
    ).to_crs(4326)  # fmt: skip
    sites = truth.sites.rename(columns={"id": "site_id", "start": "first_detected"}).assign(
        last_undisturbed=lambda t: t["first_detected"]
    )
    result = score_inventory(inventory, sites, truth)
    assert result.recall == result.precision == 1.0
    assert len(result.matches) > 0
    assert result.area_ratio == pytest.approx(1.0)


def test_the_truth_of_a_world_without_mines_can_be_read_and_scored(tmp_path: Path) -> None:
    empty = replace(SMALL, size_px=64, revisit_days=200, quarries=0)
    truth = read_truth(write_archive(tmp_path / "none", empty).truth)
    assert len(truth.sites) == 0
    rows = [found("C", SECOND, 3020)]
    assert score(rows, truth).seasons["false"].sum() == 1


def test_a_file_that_is_no_truth_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": []}))
    with pytest.raises(OutputError, match=r"x\.geojson"):
        read_truth(file)
    with pytest.raises(OutputError, match=r"gone\.geojson"):
        read_truth(tmp_path / "gone.geojson")


def test_recall_of_older_sites_and_of_those_begun_within_stand_apart() -> None:
    result = score(PERFECT[1:])  # `a`, older than the archive, is missed in the first season
    table = result.recall_by_begin
    assert table["true_sites"].to_dict() == {"older": 2, "within": 1}
    assert result.recall_of("older") == pytest.approx(1 / 2)
    assert result.recall_of("within") == 1.0
    assert "recall older 0.500  begun within 1.000" in str(result)
    assert result.recall_by_state["recall"].to_dict() == pytest.approx(
        {"older, abandoned_wet": 0.5, "within, active": 1.0}
    )


def test_an_overgrown_season_of_an_older_site_counts_but_not_among_the_open_ones() -> None:
    truth = make_truth()
    seasons = truth.seasons.copy()
    seasons.loc[(seasons["site_id"] == "a") & (seasons["period_end"] == SECOND),
                "disturbed_area_m2"] = 900.0  # fmt: skip
    result = score([PERFECT[0], PERFECT[2]], replace(truth, seasons=seasons))
    assert result.recall_of("older") == 0.5
    assert result.recall_of("older", is_open=True) == 1.0
    assert result.recall_by_begin["open_sites"].to_dict() == {"older": 1, "within": 1}


def test_recall_by_surroundings_is_given_where_the_truth_says_them() -> None:
    assert score(PERFECT).recall_by_surroundings.empty
    truth = make_truth()
    sites = truth.sites.assign(surroundings=["river", "village"])
    table = score(PERFECT[:2], replace(truth, sites=sites)).recall_by_surroundings
    assert table["recall"].to_dict() == {"river": 1.0, "village": 0.0}


def test_precision_of_isolated_sites_leaves_out_those_with_a_neighbour() -> None:
    beside, alone = found("C", SECOND, 400, size=50), found("D", SECOND, 7000)
    result = score([*PERFECT, beside, alone])
    assert result.precision == pytest.approx(3 / 5)
    # `A` alone in the first season; in the second `C` lies 300 m from `A` and 550 m from `B`
    assert result.found_isolated == 3
    assert result.precision_isolated == pytest.approx(2 / 3)


def test_standing_water_is_scored_where_both_say_it() -> None:
    assert math.isnan(score(PERFECT).water_area_ratio)
    truth = make_truth()
    seasons = truth.seasons.assign(water_area_m2=[400.0, 0.0, math.nan, 200.0])
    rows = [row | {"water_area_m2": w} for row, w in zip(PERFECT, (300.0, 999.0, 150.0),
                                                         strict=True)]  # fmt: skip
    inventory = gpd.GeoDataFrame(rows, geometry="geometry", crs=UTM).to_crs(4326)
    result = score_inventory(inventory, SITES, replace(truth, seasons=seasons))
    assert result.water_area_ratio == pytest.approx(450 / 600)
