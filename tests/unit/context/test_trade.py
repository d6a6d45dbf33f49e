from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from minewatch.analysis.context_inputs import packaged_table
from minewatch.context.trade import (
    COLUMNS,
    activity_by_period,
    check_figures,
    compare_figures,
    directions,
    lagged_pairs,
    second_half,
)
from minewatch.errors import SettingsError


@pytest.fixture(scope="module")
def bundled() -> pd.DataFrame:
    return check_figures(pd.DataFrame(packaged_table("trade_figures")), where="bundled")


def figures(*changes: dict[str, object]) -> pd.DataFrame:
    base = {
        "figure": "a", "first_day": "2023-01-01", "last_day": "2023-03-31", "value": "100",
        "unit": "t", "commodity": "mixed oxides", "hs_codes": "2846.90", "reporter": "customs",
        "flow": "imports", "source": "s", "note": "",
    }  # fmt: skip
    return check_figures(pd.DataFrame([{**base, **c} for c in changes]), where="own.csv")


def test_every_bundled_figure_has_a_source_and_every_column(bundled: pd.DataFrame) -> None:
    assert list(bundled.columns) == list(COLUMNS)
    assert len(bundled) == 10
    assert (bundled["source"] != "not stated").all()


def test_figures_of_one_basis_are_compared(bundled: pd.DataFrame) -> None:
    assert compare_figures(bundled, "oxides-2021", "oxides-2023").ratio == pytest.approx(2.13846)
    exports = compare_figures(bundled, "exports-2014", "exports-2021")
    assert exports.ratio == pytest.approx(541.33, abs=0.01)
    assert exports.notes


def test_what_neither_states_is_alike_only_within_one_source() -> None:
    silent = {"reporter": "", "hs_codes": ""}
    one = figures(silent, {"figure": "b", **silent})
    assert not compare_figures(one, "a", "b").is_refused
    two = figures(silent, {"figure": "b", **silent, "source": "another"})
    assert len(compare_figures(two, "a", "b").reasons) == 2
    nothing = figures({"commodity": ""}, {"figure": "b", "commodity": ""})
    assert compare_figures(nothing, "a", "b").is_refused


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("unit", "USD", "one is in t, the other in USD"),
        ("commodity", "ores and compounds", "one counts mixed oxides"),
        ("hs_codes", "2530.90", "adds up the codes"),
        ("hs_codes", "", "hs codes: 2846.90 against not stated"),
        ("reporter", "another office", "reported by"),
        ("flow", "exports", "one is imports, the other exports"),
        ("last_day", "2023-06-30", "length of time: 3 months against 6"),
    ],
)  # fmt: skip
def test_unlike_figures_are_refused_with_the_reason_and_the_mend(column, value, words) -> None:
    pair = figures({}, {"figure": "b", column: value})
    found = compare_figures(pair, "a", "b")
    assert found.is_refused
    assert len(found.reasons) == len(found.mends) == 1
    assert words in found.reasons[0]


def test_the_half_year_of_2023_is_worked_and_refused(bundled: pd.DataFrame) -> None:
    words = " ".join(second_half(bundled, "weight-2023-first-half", "weight-2023"))
    assert "41,700 - 34,241 = 7,459 t" in words
    assert "18 %" in words
    assert "not allowed" in words
    assert "ores and compounds" in words
    fine = figures({"last_day": "2023-06-30"},
                   {"figure": "b", "last_day": "2023-12-31", "value": "150"})  # fmt: skip
    assert second_half(fine, "a", "b")[-1].startswith("allowed")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"value": "many"}, "value 'many' is no number"), ({"value": "-3"}, "value '-3'"),
        ({"value": "nan"}, "value 'nan'"), ({"unit": "kg"}, "unit 'kg'"),
        ({"first_day": "Q1 2023"}, "first_day 'Q1 2023' is no day"),
        ({"last_day": "2022-01-01"}, "ends"), ({"source": " "}, "has no source"),
    ],
)  # fmt: skip
def test_a_figure_that_makes_no_sense_is_named(change: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=r"own.csv, row 1"):
        figures(change)
    with pytest.raises(SettingsError, match=words):
        figures(change)


def test_two_figures_of_one_name_and_a_missing_column_are_refused() -> None:
    with pytest.raises(SettingsError, match="'a' names two figures"):
        figures({}, {})
    with pytest.raises(SettingsError, match="column 'hs_codes' is missing"):
        check_figures(pd.DataFrame([{"figure": "a", "first_day": "", "last_day": "", "value": 1,
                                     "unit": "t", "commodity": "x"}]), where="own.csv")  # fmt: skip


def quarters(values: list[float]) -> pd.DataFrame:
    rows = []
    for n, value in enumerate(values):
        first = pd.Timestamp(2022 + n // 4, 3 * (n % 4) + 1, 1)
        last = first + pd.DateOffset(months=3, days=-1)
        rows.append({"figure": f"q{n}", "value": value, "first_day": str(first.date()),
                     "last_day": str(last.date())})  # fmt: skip
    return figures(*rows)


def activity(ranges: list[tuple[float, float]]) -> pd.DataFrame:
    rows = []
    for n, (low, high) in enumerate(ranges):
        first = pd.Timestamp(2022 + n // 4, 3 * (n % 4) + 1, 1)
        rows.append({"period_start": str(first.date()), "new_area_m2_low": low,
                     "period_end": str((first + pd.DateOffset(months=3, days=-1)).date()),
                     "new_area_m2_high": high})  # fmt: skip
    return pd.DataFrame(rows)


def test_imports_are_paired_with_the_activity_of_quarters_before() -> None:
    table = activity([(n, n) for n in range(8)])
    pairs = lagged_pairs(quarters([1, 2, 3, 4]), table)
    one = pairs[pairs["lag_quarters"] == 1]
    assert one["figure"].tolist() == ["q1", "q2", "q3"]
    assert one["new_area_m2_low"].tolist() == [0, 1, 2]
    assert (pairs["share_of_days"] > 0.9).all()


def test_a_direction_is_clear_only_where_ranges_do_not_overlap() -> None:
    table = activity([(1, 2), (3, 5), (4, 9), (1, 2)])
    pairs = lagged_pairs(quarters([10, 20, 30, 40]), table)
    row = directions(pairs, "new_area_m2").set_index("lag_quarters").loc[0]
    assert row[["points", "same", "unclear", "opposite"]].tolist() == [4, 1, 1, 1]


def test_two_imports_beside_one_period_are_no_step() -> None:
    year = pd.DataFrame(
        {"period_start": ["2022-01-01", "2022-07-01"], "period_end": ["2022-06-30", "2022-12-31"],
         "new_area_m2_low": [1.0, 1.0], "new_area_m2_high": [0.5, 0.5]}
    )  # fmt: skip
    # ranges turned round: a step within one period would count as a rise
    row = directions(lagged_pairs(quarters([1, 2]), year), "new_area_m2").iloc[0]
    assert (row["points"], row["same"], row["unclear"]) == (2, 0, 1)


def test_figures_of_two_bases_are_never_in_one_series() -> None:
    own = pd.concat([quarters([1, 2]), figures({"figure": "x", "commodity": "ores",
                                                "first_day": "2022-07-01",
                                                "last_day": "2022-09-30"})])  # fmt: skip
    table = directions(lagged_pairs(own, activity([(1, 1)] * 4)), "new_area_m2")
    assert sorted(table.loc[table["lag_quarters"] == 0, "points"]) == [1, 2]


def test_unseen_sites_widen_the_activity(simulated_run) -> None:
    table = activity_by_period(simulated_run.inventory)
    first = table.iloc[0]
    # aaaa was not observed: it may have added as much as in its largest period
    assert first["new_area_m2_low"] == 100.0
    assert first["new_area_m2_high"] == 300.0
    assert first["not_observed"] == 1


def test_no_inventory_and_no_figures_give_no_pairs(empty_run) -> None:
    none = activity_by_period(empty_run.inventory)
    assert none.empty
    assert lagged_pairs(quarters([1, 2]), none).empty
    assert directions(lagged_pairs(quarters([1]), none), "new_area_m2").empty


def test_the_length_of_a_figure_is_in_whole_months(bundled: pd.DataFrame) -> None:
    from minewatch.context.plain_records import records
    from minewatch.context.trade import basis_of

    rows = {row["figure"]: basis_of(row) for row in records(bundled)}
    assert "52 months" in rows["imports-2017-2021"]
    assert "6 months" in rows["weight-2023-first-half"]
    assert bundled["first_day"].map(lambda day: isinstance(day, date)).all()
