from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from minewatch.context.happenings import (
    StatedEvent,
    add_months,
    before_and_after,
    count_between,
    find_happenings,
)

ARCHIVE = (date(2019, 1, 1), date(2023, 12, 31))


def openings(*windows: tuple[str | None, str], alert: str = "confirmed") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "what": "opened", "alert": alert,
            "earliest": pd.Series(
                [date.fromisoformat(a) if a else None for a, _ in windows], dtype=object
            ),
            "latest": [date.fromisoformat(b) for _, b in windows],
        }
    )  # fmt: skip


def test_an_opening_seen_in_november_may_be_of_june() -> None:
    table = openings(("2021-05-02", "2021-11-14"))
    june = count_between(table, date(2021, 6, 1), date(2021, 6, 30))
    year = count_between(table, date(2021, 1, 1), date(2021, 12, 31))
    assert june == {"low": 0, "high": 1}
    assert year == {"low": 1, "high": 1}


def test_a_provisional_site_and_one_older_than_the_archive_are_not_sure() -> None:
    span = date(2021, 1, 1), date(2021, 12, 31)
    once = openings(("2021-05-02", "2021-11-14"), alert="provisional")
    assert count_between(once, *span) == {"low": 0, "high": 1}
    assert count_between(openings((None, "2021-11-14")), *span) == {"low": 0, "high": 0}


def test_each_event_has_a_placebo_of_its_own_season_and_days_not_looked_at_are_no_zero() -> None:
    table = openings(("2020-03-01", "2020-04-01"), ("2021-03-01", "2021-04-01"),
                     ("2021-05-01", "2021-06-01"))  # fmt: skip
    events = [
        StatedEvent(name="coup", words="", first_day=date(2021, 2, 1), last_day=date(2021, 2, 1),
                    source="s"),
        StatedEvent(name="gates", words="", first_day=date(2024, 10, 16),
                    last_day=date(2024, 11, 12), source="s"),
    ]  # fmt: skip
    found = before_and_after(table, events, months=12, placebo_months=12, archive=ARCHIVE)
    found = found[found["what"] == "opened"].set_index(["event", "date", "side"])
    assert found.loc[("coup", "event", "before"), "low"] == 1
    assert found.loc[("coup", "event", "after"), "low"] == 2
    assert found.loc[("coup", "placebo", "after"), "low"] == 1
    assert found.loc[("coup", "placebo", "before"), "first_day"] == date(2019, 2, 1)
    after = found.loc[("gates", "event", "after")]
    assert after["covered"] == 0
    assert np.isnan(after["low"])
    assert np.isnan(after["high"])
    assert 0 < found.loc[("gates", "event", "before"), "covered"] < 1


def test_the_days_of_the_event_itself_are_on_neither_side() -> None:
    event = StatedEvent(name="e", words="", first_day=date(2021, 4, 1), last_day=date(2021, 4, 30),
                        source="s")  # fmt: skip
    inside = openings(("2021-04-05", "2021-04-20"))
    found = before_and_after(inside, [event], months=12, placebo_months=24, archive=ARCHIVE)
    found = found[(found["what"] == "opened") & (found["date"] == "event")]
    assert found["high"].tolist() == [0, 0]


def test_happenings_of_a_run_have_windows_that_know_about_gaps(simulated_run) -> None:
    table = find_happenings(simulated_run.inventory)
    a = table[table["site_id"] == "simulated-aaaa"].set_index("what")
    assert a.loc["opened", "earliest"] == date(2021, 12, 21)
    assert a.loc["opened", "latest"] == date(2022, 1, 14)
    assert a.loc["grew", "earliest"] == date(2022, 11, 1)  # the period before was the first seen
    b = table[table["site_id"] == "simulated-bbbb"].set_index("what")
    assert b.loc["opened", "earliest"] is None
    assert b.loc["went_quiet", "latest"] == date(2023, 4, 30)
    assert b.loc["abandoned", "latest"] == date(2024, 4, 30)
    assert "grew" not in table.loc[table["site_id"] == "simulated-aaaa"].iloc[:1]["what"].to_list()


def test_an_unseen_period_moves_the_window_of_growth_back(simulated_run) -> None:
    inventory = simulated_run.inventory.copy()
    gap = (inventory["site_id"] == "simulated-bbbb") & (inventory["period_start"] == "2022-11-01")
    inventory.loc[gap, ["state", "new_area_m2"]] = ["not_observed", np.nan]
    grown = find_happenings(inventory)
    grown = grown[(grown["site_id"] == "simulated-bbbb") & (grown["what"] == "grew")]
    assert grown["earliest"].tolist() == [date(2021, 11, 1)]
    assert grown["latest"].tolist() == [date(2024, 4, 30)]


def test_an_inventory_without_sites_has_no_happenings(empty_run) -> None:
    assert find_happenings(empty_run.inventory).empty


def test_months_end_where_months_end() -> None:
    assert add_months(date(2024, 3, 31), -1) == date(2024, 2, 29)
