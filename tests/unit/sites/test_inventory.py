from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from minewatch.errors import ContractError
from minewatch.model import (
    DETECTIONS,
    INVENTORY,
    OBSERVATIONS,
    SITES,
    AreaOfInterest,
    ControlInterval,
    Period,
    Scene,
    SceneList,
    check_columns,
    empty_table,
    split_periods,
)
from minewatch.sites import Links, build_inventory, link

EPSG = 32647
SEASONS = split_periods(Period(date(2019, 11, 1), date(2023, 4, 30)), "dry-season")
WORLD = shapely.box(90, 20, 110, 30)
AOI = AreaOfInterest(
    id="demo",
    name="Demo",
    geometry=WORLD,
    utm_epsg=EPSG,
    control=(ControlInterval(group="A", start=None, end=date(2021, 4, 30), source="S"),),
)


def scene(day: date) -> Scene:
    moment = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
    return Scene(
        id=f"scene-{day}", collection="c", sensor="s", acquired=moment, footprint=WORLD, assets={}
    )


SCENES = SceneList(
    scenes=tuple(scene(date(y, m, d)) for y in range(2019, 2023) for m, d in ((12, 1), (12, 16))),
    catalog="c",
    collection="c",
)
SEEN = {
    "disturbed_area_m2": 4000.0, "pad_area_m2": 3200.0, "pool_area_m2": 800.0,
    "pool_area_low_m2": 420.0, "pool_area_high_m2": 1180.0,
    "water_area_m2": 500.0, "water_area_low_m2": 250.0, "water_area_high_m2": 900.0,
    "pool_count_low": 5, "pool_count_high": 12, "clear_looks": 8, "observed_fraction": 0.9,
    "vegetated_fraction": 0.1,
}  # fmt: skip
UNSEEN = {
    **dict.fromkeys(SEEN, 0.0), "pool_count_low": 0, "pool_count_high": 0, "clear_looks": 0,
    "vegetated_fraction": None,
}  # fmt: skip


def observe(links: Links, *seasons: dict[str, Any]) -> pd.DataFrame:
    """Every site measured the same in each season."""
    return pd.DataFrame(
        [
            {
                "site_id": name,
                "period_start": p.start.isoformat(),
                "period_end": p.end.isoformat(),
                **measured,
            }
            for name in links.tracks["site_id"]
            for p, measured in zip(SEASONS, seasons, strict=True)
        ],
        columns=list(OBSERVATIONS),
    )


def told(
    detections: gpd.GeoDataFrame, *seasons: dict[str, Any]
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    links = link(detections, area_key="demo", epsg=EPSG)
    measured = observe(links, *(seasons or [SEEN] * len(SEASONS)))
    inventory, sites = build_inventory(links, measured, aoi=AOI, scenes=SCENES, periods=SEASONS)
    check_columns(inventory, INVENTORY, name="inventory", epsg=EPSG)
    check_columns(sites, SITES, name="sites", epsg=EPSG)
    return inventory, sites


def test_a_site_is_told_from_its_start_to_the_end_also_when_nothing_is_found_any_more(detect):
    inventory, _ = told(detect((2020, 0, 0, 60, 60)))
    assert inventory["period_start"].tolist() == ["2020-11-01", "2021-11-01", "2022-11-01"]


def test_a_site_that_was_there_from_the_start_is_told_from_the_first_season(detect):
    inventory, _ = told(detect((2020, 0, 0, 60, 60, {"last_undisturbed": None})))
    assert inventory["period_start"].tolist() == [p.start.isoformat() for p in SEASONS]
    assert inventory["new_area_m2"].isna().tolist() == [True, False, False, False]


def test_a_site_is_not_told_in_the_season_in_which_it_was_last_seen_undisturbed(detect):
    window = {"last_undisturbed": "2020-03-01", "first_detected": "2020-11-20"}
    inventory, _ = told(detect((2020, 0, 0, 60, 60, window)))
    assert inventory["period_start"].min() == "2020-11-01"


def test_a_site_that_may_have_begun_in_a_season_nobody_saw_is_told_there_as_not_observed(detect):
    window = {"last_undisturbed": "2020-03-01", "first_detected": "2021-12-01"}
    inventory, _ = told(detect((2021, 0, 0, 60, 60, window)), UNSEEN, UNSEEN, SEEN, SEEN)
    assert inventory["state"].tolist()[:2] == ["not_observed", "active"]
    assert inventory["alert"].tolist() == ["candidate", "provisional", "provisional"]
    assert inventory["period_start"].tolist()[0] == "2020-11-01"


def test_a_season_that_was_not_seen_has_no_areas_and_a_seen_one_has(detect):
    inventory, _ = told(
        detect((2019, 0, 0, 60, 60)), SEEN, UNSEEN, {**SEEN, "disturbed_area_m2": 5000.0}, SEEN
    )
    areas = ["disturbed_area_m2", "pad_area_m2", "pool_area_m2", "pool_count_low", "new_area_m2"]
    assert inventory.loc[1, areas].isna().all()
    assert inventory.loc[0, areas].notna().all()
    assert inventory["new_area_m2"].tolist()[2:] == [1000.0, 0.0]
    assert inventory["observed_fraction"].tolist() == [0.9, 0.0, 0.9, 0.9]


def test_evidence_is_the_scenes_of_the_two_days_round_the_start(detect):
    inventory, _ = told(detect((2020, 0, 0, 60, 60)))
    assert inventory["evidence"].tolist()[0] == ["scene-2020-12-01", "scene-2020-12-16"]
    inventory, _ = told(detect((2020, 0, 0, 60, 60, {"last_undisturbed": None})))
    assert inventory["evidence"].tolist()[0] == ["scene-2020-12-16"]


def test_control_follows_the_season_and_is_none_when_unknown(detect):
    inventory, _ = told(detect((2020, 0, 0, 60, 60)))
    assert inventory["controlling_group"].tolist() == ["A (S)", None, None]


def test_a_site_found_once_more_is_confirmed_in_all_its_seasons_but_not_then(detect):
    inventory, sites = told(detect((2020, 0, 0, 60, 60), (2021, 0, 0, 60, 60)))
    assert inventory["alert_then"].tolist() == ["provisional", "confirmed", "confirmed"]
    assert inventory["alert"].tolist() == ["confirmed"] * 3
    assert inventory["confidence"].tolist() == [0.7, 0.76, 0.76]
    assert sites["alert"].tolist() == ["confirmed"]


def test_a_site_found_a_season_late_is_what_it_is_now_from_the_season_its_dates_prove(detect):
    inventory, _ = told(
        detect(
            (2021, 0, 0, 60, 60, {"last_undisturbed": "2021-02-01", "first_detected": "2021-03-01"})
        )
    )
    assert inventory["period_start"].tolist()[0] == "2020-11-01"
    assert inventory["alert"].tolist() == ["provisional"] * 3
    assert inventory["alert_then"].tolist() == ["candidate", "provisional", "provisional"]


def test_ground_that_regrows_dry_within_a_year_is_rejected_in_all_its_seasons(detect):
    bare = {**SEEN, "pool_area_m2": 0.0, "water_area_m2": 0.0}
    green = {**bare, "disturbed_area_m2": 100.0, "vegetated_fraction": 0.95}
    inventory, _ = told(detect((2020, 0, 0, 60, 60)), bare, bare, green, green)
    assert inventory["alert_then"].tolist() == ["provisional", "rejected", "rejected"]
    assert set(inventory["alert"]) == {"rejected"}
    assert set(inventory["state"].tolist()[1:]) == {"revegetated"}


def test_the_outline_of_a_season_is_the_site_as_far_as_it_was_found(detect):
    inventory, sites = told(detect((2020, 0, 0, 60, 60), (2021, 50, 0, 60, 60)))
    assert inventory.geometry.area.tolist() == pytest.approx([3600, 6600, 6600])
    assert sites.geometry.area.tolist() == pytest.approx([6600])


def test_sites_hold_the_latest_state_that_was_seen_and_the_history_by_season(detect):
    fading = {**SEEN, "disturbed_area_m2": 2000.0}
    _, sites = told(detect((2020, 0, 0, 60, 60)), SEEN, SEEN, fading, UNSEEN)
    row = sites.iloc[0]
    assert row["state"] == "abandoned_wet"
    assert row["2020_21_dry_season_state"] == "active"
    assert row["2022_23_dry_season_state"] == "not_observed"
    assert pd.isna(row["2022_23_dry_season_pool_area_m2"])
    assert row["2021_22_dry_season_water_area_m2"] == 500.0
    assert pd.isna(row["2019_20_dry_season_state"])
    assert row["max_disturbed_area_m2"] == 4000.0
    assert row["last_activity"] == "2020-12-16"
    assert row["water_last_seen"] == "2021-12-16"


def test_an_observation_that_is_missing_is_an_error_that_names_it(detect):
    links = link(detect((2020, 0, 0, 60, 60)), area_key="demo", epsg=EPSG)
    measured = observe(links, *[SEEN] * len(SEASONS)).iloc[1:]
    with pytest.raises(ContractError, match="2019-11-01"):
        build_inventory(links, measured, aoi=AOI, scenes=SCENES, periods=SEASONS)


def test_the_order_of_observations_and_periods_changes_nothing(detect):
    links = link(detect((2020, 0, 0, 60, 60), (2021, 900, 0, 60, 60)), area_key="demo", epsg=EPSG)
    seasons = [{**SEEN, "disturbed_area_m2": 1000.0 * k} for k in (1, 3, 7, 4)]
    measured = observe(links, *seasons)
    one = build_inventory(links, measured, aoi=AOI, scenes=SCENES, periods=SEASONS)
    other = build_inventory(
        links, measured.sample(frac=1, random_state=1), aoi=AOI, scenes=SCENES,
        periods=SEASONS[::-1],
    )  # fmt: skip
    assert [t.to_csv() for t in one] == [t.to_csv() for t in other]


def test_no_sites_give_two_empty_tables_that_keep_their_contracts():
    inventory, sites = told(empty_table(DETECTIONS, epsg=EPSG))
    assert (len(inventory), len(sites)) == (0, 0)
