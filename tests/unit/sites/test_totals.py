from __future__ import annotations

import pandas as pd
import pytest

from minewatch.sites import total_by_period


def row(season: int, site: str, alert: str, state: str, area: float | None, fraction: float = 1.0):
    return {
        "period_start": f"{season}-11-01",
        "period_end": f"{season + 1}-04-30",
        "site_id": site,
        "alert": alert,
        "state": state,
        "disturbed_area_m2": area,
        "pool_area_m2": None if area is None else area / 10,
        "pool_area_low_m2": None if area is None else area / 20,
        "pool_area_high_m2": None if area is None else area / 5,
        "water_area_m2": None if area is None else area / 20,
        "water_area_low_m2": None if area is None else area / 40,
        "water_area_high_m2": None if area is None else area / 10,
        "pool_count_low": None if area is None else 2,
        "pool_count_high": None if area is None else 5,
        "observed_fraction": fraction,
    }


def totals(*rows) -> pd.DataFrame:
    return total_by_period(pd.DataFrame(rows)).set_index("period_start")


def test_confirmed_sites_are_the_low_number_and_provisional_ones_make_the_high_one():
    table = totals(
        row(2020, "a", "confirmed", "active", 1000.0),
        row(2020, "b", "provisional", "idle", 500.0),
        row(2020, "c", "candidate", "active", 9000.0),
        row(2020, "d", "rejected", "revegetated", 9000.0),
    ).loc["2020-11-01"]
    assert (table["sites_low"], table["sites_high"], table["candidates"]) == (1, 2, 1)
    assert (table["active_low"], table["active_high"]) == (1, 1)
    assert (table["disturbed_area_m2_low"], table["disturbed_area_m2_high"]) == (1000, 1500)
    assert (table["pool_area_m2_low"], table["pool_area_m2_high"]) == (50, 300)
    assert (table["water_area_m2_low"], table["water_area_m2_high"]) == (25, 150)
    assert (table["pool_count_low"], table["pool_count_high"]) == (2, 10)


def test_a_site_that_was_not_observed_widens_the_interval_instead_of_counting_as_nothing():
    table = totals(
        row(2020, "a", "confirmed", "active", 1000.0),
        row(2021, "a", "confirmed", "not_observed", None, 0.1),
    ).loc["2021-11-01"]
    assert (table["sites_low"], table["sites_high"], table["not_observed"]) == (1, 1, 1)
    assert (table["active_low"], table["active_high"]) == (0, 1)
    assert (table["disturbed_area_m2_low"], table["disturbed_area_m2_high"]) == (0, 1000)


def test_the_unseen_part_of_a_site_may_be_as_disturbed_as_the_site_ever_was():
    table = totals(
        row(2020, "a", "confirmed", "active", 1000.0),
        row(2021, "a", "confirmed", "active", 600.0, 0.75),
    ).loc["2021-11-01"]
    assert table["disturbed_area_m2_low"] == 600
    assert table["disturbed_area_m2_high"] == pytest.approx(600 + 0.25 * 1000)
    assert table["pool_count_high"] == 7


def test_low_is_never_above_high_and_seasons_come_in_order():
    table = totals(
        row(2021, "a", "confirmed", "idle", 700.0, 0.6),
        row(2020, "a", "confirmed", "active", 900.0, 0.9),
        row(2020, "b", "provisional", "not_observed", None, 0.0),
    )
    assert table.index.tolist() == ["2020-11-01", "2021-11-01"]
    measures = "disturbed_area_m2", "pool_area_m2", "pool_count", "water_area_m2"
    for name in ("sites", "active", *measures):
        assert (table[f"{name}_low"] <= table[f"{name}_high"]).all()


def test_an_empty_inventory_has_no_periods():
    empty = pd.DataFrame(columns=list(row(2020, "a", "confirmed", "idle", 1.0)))
    assert total_by_period(empty).empty


def test_what_cannot_be_seen_of_pools_is_unknown_and_not_zero():
    coarse = row(2020, "a", "provisional", "active", 1000.0)
    pools = [name for name in coarse if name.startswith("pool_")]
    table = totals({**coarse, **dict.fromkeys(pools)}).loc["2020-11-01"]
    assert table[["pool_area_m2_low", "pool_area_m2_high", "pool_count_high"]].isna().all()
    assert (table["disturbed_area_m2_low"], table["disturbed_area_m2_high"]) == (0, 1000)


def test_pools_that_cannot_be_seen_are_unknown_in_a_period_without_a_site_too():
    candidate = row(2020, "a", "candidate", "active", 1000.0)
    table = total_by_period(pd.DataFrame([candidate]), sees_pools=False).iloc[0]
    assert table[["pool_area_m2_low", "pool_area_m2_high", "pool_count_high"]].isna().all()
    assert table[["water_area_m2_low", "water_area_m2_high"]].isna().all()
    assert (table["disturbed_area_m2_low"], table["disturbed_area_m2_high"]) == (0, 0)


def test_water_of_a_run_that_did_not_measure_it_is_unknown():
    older = row(2020, "a", "confirmed", "active", 1000.0)
    older |= {"water_area_m2": None, "water_area_low_m2": None, "water_area_high_m2": None}
    table = totals(older).loc["2020-11-01"]
    assert table[["water_area_m2_low", "water_area_m2_high"]].isna().all()
    assert table["pool_area_m2_low"] == 50


def test_a_candidate_and_an_unseen_site_are_counted_in_one_way():
    """Once the page, the totals and the timelines of one inventory differed."""
    table = totals(
        row(2020, "a", "confirmed", "active", 5000.0),
        row(2021, "a", "confirmed", "not_observed", None, 0.0),
        row(2021, "b", "confirmed", "active", 4000.0),
        row(2021, "c", "candidate", "active", 3000.0),
    ).loc["2021-11-01"]
    assert (table["sites_low"], table["sites_high"], table["candidates"]) == (2, 2, 1)
    assert (table["active_low"], table["active_high"]) == (1, 2)
    assert (table["disturbed_area_m2_low"], table["disturbed_area_m2_high"]) == (4000, 9000)
    assert (table["ever_disturbed_m2_low"], table["ever_disturbed_m2_high"]) == (9000, 9000)
