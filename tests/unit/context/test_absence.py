from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from minewatch.analysis.context_inputs import packaged_table
from minewatch.context.absence import (
    chance_of_missing,
    first_news,
    recall_with_bounds,
    seen_by_period,
    smallest_found,
)

PAGE = (Path(__file__).parents[3] / "docs" / "accuracy.md").read_text("utf-8")


def classes(*rows: tuple[str, float, int, int, int]) -> pd.DataFrame:
    columns = ["begun", "from_ha", "site_seasons", "found", "sites"]
    return recall_with_bounds(pd.DataFrame(list(rows), columns=columns))


def test_the_packaged_recall_is_that_of_the_accuracy_page() -> None:
    table = pd.DataFrame(packaged_table("recall_by_size"))
    sums = table.assign(n=table["site_seasons"].astype(int), f=table["found"].astype(int))
    edges = {"up to 0.5 ha": "0.5", "up to 1 ha": "1.0", "over 1 ha": ""}
    for words, to_ha in edges.items():
        true, found = re.search(rf"\| {words} \| (\d+) \| (\d+) \|", PAGE).groups()
        part = sums[sums["to_ha"] == to_ha]
        assert (int(true), int(found)) == (part["n"].sum(), part["f"].sum())
    small = sums[sums["to_ha"].isin(["0.1", "0.2"])]
    true, found = re.search(r"\| up to 0.2 ha \| (\d+) \| (\d+) \|", PAGE).groups()
    assert (int(true), int(found)) == (small["n"].sum(), small["f"].sum())


def test_the_packaged_recall_by_state_is_that_of_the_accuracy_page() -> None:
    rows = packaged_table("recall_by_state")
    assert len(rows) == len(re.findall(r"^\| (?:older|within), \w+ \|", PAGE, re.MULTILINE)) > 0
    for row in rows:
        line = f"| {row['begun']}, {row['state']} | {row['site_seasons']} | {row['found']} |"
        assert line in PAGE


def test_the_interval_is_that_of_clopper_and_pearson_over_sites() -> None:
    row = classes(("older", 0.2, 40, 36, 10)).iloc[0]
    exact = stats.binomtest(9, 10).proportion_ci(0.95, "exact")
    assert row["recall"] == 0.9
    assert row["recall_low"] == pytest.approx(exact.low, abs=1e-4)
    assert row["recall_high"] == pytest.approx(exact.high, abs=1e-4)
    none = classes(("older", 0.2, 0, 0, 0)).iloc[0]
    assert np.isnan(none["recall"])
    assert (none["recall_low"], none["recall_high"]) == (0, 1)


def test_the_smallest_size_ends_where_a_class_falls_below_or_is_empty() -> None:
    table = classes(
        ("within", 0.1, 20, 12, 10), ("within", 0.2, 20, 19, 10), ("within", 0.5, 20, 20, 10),
        ("older", 0.1, 20, 20, 10), ("older", 0.2, 0, 0, 0), ("older", 0.5, 20, 20, 12),
    )  # fmt: skip
    found = smallest_found(table).set_index("begun")
    assert found.loc["within", "from_ha"] == 0.2
    assert found.loc["within", "recall"] == pytest.approx(39 / 40)
    assert found.loc["older", "from_ha"] == 0.5


def test_no_size_is_claimed_from_few_sites_or_below_a_tenth_of_a_hectare() -> None:
    few = smallest_found(classes(("older", 0.5, 30, 30, 3), ("older", 0.0, 30, 30, 30)))
    assert np.isnan(few["from_ha"].iloc[0])


def test_ground_that_was_not_seen_counts_as_missed() -> None:
    table = classes(("older", 0.2, 40, 36, 10))
    assert chance_of_missing(table, [0.2, 0.5]).iloc[0]["missed"] == pytest.approx(0.55)
    unseen = chance_of_missing(table, [0.0]).iloc[0]
    assert (unseen["missed_low"], unseen["missed_high"]) == (1, 1)
    assert chance_of_missing(table, []).iloc[0]["missed"] == 1


def test_nothing_seen_is_not_nothing_there(empty_run) -> None:
    periods = pd.DataFrame(
        {"label": ["a", "b", "c"], "period_start": ["2021-11-01", "2022-11-01", "2023-11-01"],
         "period_end": ["2022-04-30", "2023-04-30", "2024-04-30"],
         "observed_fraction": [0.0, 0.4, 1.0], "looks": [0, 3, 9]}
    )  # fmt: skip
    words = seen_by_period(empty_run.inventory, periods)["words"].tolist()
    assert words[0] == "nothing was seen: nothing can be said"
    assert "40 %" in words[1]
    assert words[2] == "no site found; all of the ground was seen"


def test_a_site_counts_as_found_and_unseen_ones_are_said(simulated_run) -> None:
    periods = pd.DataFrame(
        {"label": ["a"], "period_start": ["2021-11-01"], "period_end": ["2022-04-30"],
         "observed_fraction": [0.9], "looks": [20]}
    )  # fmt: skip
    row = seen_by_period(simulated_run.inventory, periods).iloc[0]
    assert row["words"] == "not empty: 3 sites are confirmed or provisional"
    assert (row["confirmed"], row["provisional"], row["not_observed"]) == (2, 1, 1)


def test_news_is_what_was_never_likely_and_did_not_grow_out_of_what_was() -> None:
    sites = pd.DataFrame(
        {
            "site_id": ["old", "new", "candidate", "part"],
            "alert": ["confirmed", "provisional", "candidate", "confirmed"],
            "merged_from": [[], [], [], []], "split_from": [[], [], [], ["old"]],
        }
    )  # fmt: skip
    assert first_news(["old"], sites)["site_id"].tolist() == ["new"]
    assert first_news([], sites.iloc[:0]).empty
