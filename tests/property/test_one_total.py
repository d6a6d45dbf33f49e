"""The report, the timeline of an area and the totals give one answer for one inventory."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minewatch.analysis import area_timeline
from minewatch.model import ALERTS, STATES, RunResult
from minewatch.reports.run_summary import Range, summarise
from minewatch.sites import total_by_period

MEASURES = (
    "disturbed_area_m2", "pool_area_m2", "pool_area_low_m2", "pool_area_high_m2", "pool_count_low",
    "pool_count_high", "water_area_m2", "water_area_low_m2", "water_area_high_m2",
)  # fmt: skip


def assert_one_answer(run: RunResult) -> None:
    totals = total_by_period(run.inventory).set_index("period_start")
    timeline = area_timeline(run).set_index("period_start")
    for page in summarise(run, totals.reset_index()):
        row = timeline.loc[page.start]
        assert page.sites == Range(row["sites_low"], row["sites_high"])
        for shown, name in ((page.area_m2, "disturbed_area_m2"), (page.pools, "pool_count")):
            ends = (row[f"{name}_low"], row[f"{name}_high"])
            assert (shown.low, shown.high) == pytest.approx(ends, nan_ok=True)
        if page.start in totals.index:
            columns = [c for c in totals if c.endswith(("_low", "_high"))]
            pd.testing.assert_series_equal(
                totals.loc[page.start, columns].astype(float), row[columns].astype(float)
            )


def test_one_candidate_and_one_unseen_site_are_counted_alike(simulated_run: RunResult) -> None:
    """The case of three answers: sites 2-4, 2-3 and 2-3, with three different areas."""
    inventory = simulated_run.inventory.copy()
    inventory.loc[inventory["site_id"] == "simulated-cccc", "alert"] = "candidate"
    assert_one_answer(simulated_run.with_tables(inventory=inventory))


@given(data=st.data())
@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_random_inventories_have_one_total(simulated_run: RunResult, data: st.DataObject) -> None:
    inventory = simulated_run.inventory.copy()
    count = len(inventory)
    for column, values in (("alert", ALERTS), ("state", STATES)):
        drawn = st.lists(st.sampled_from(values), min_size=count, max_size=count)
        inventory[column] = data.draw(drawn)
    fractions = st.lists(st.floats(0, 1), min_size=count, max_size=count)
    inventory["observed_fraction"] = data.draw(fractions)
    inventory.loc[inventory["state"] == "not_observed", list(MEASURES)] = None
    if data.draw(st.booleans()):
        inventory[[name for name in MEASURES if name.startswith(("pool_", "water_"))]] = None
    assert_one_answer(simulated_run.with_tables(inventory=inventory))
