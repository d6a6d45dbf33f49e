from __future__ import annotations

import pandas as pd

from minewatch.model import RunResult
from minewatch.reports.run_summary import (
    PeriodSummary,
    Range,
    count_changes,
    count_offsets,
    hectares,
    site_rows,
    summarise,
)
from minewatch.sites import total_by_period


def summaries(run: RunResult) -> tuple[PeriodSummary, ...]:
    return summarise(run, total_by_period(run.inventory))


def test_a_range_reads_as_one_figure_when_both_ends_read_the_same() -> None:
    assert Range(1.24, 3.36).text(digits=1, unit="ha") == "1.2–3.4 ha"
    assert Range(1.24, 1.21).text(digits=1) == "1.2"
    assert hectares(Range(1200, 3400)) == "0.12–0.34 ha"
    assert hectares(Range(12_000, 1_234_000)) == "1.2–123.4 ha"


def test_a_site_that_was_not_seen_counts_in_the_high_end_only(simulated_run: RunResult) -> None:
    first, second, third = summaries(simulated_run)
    # 2021/22: aaaa (confirmed) not seen, bbbb confirmed 5100 m2, cccc provisional 1500 m2
    assert (first.sites, first.unseen) == (Range(2, 3), 1)
    # and 7 % of those seen may be as they were at their largest
    assert first.area_m2 == Range(5100, 5100 + 1500 + 7600 + 0.07 * (5200 + 1500))
    assert first.pools.low == 9
    # 2022/23: aaaa 4200, bbbb 5200, cccc provisional 1400
    assert second.area_m2 == Range(9400, 10_800 + 0.07 * (7600 + 5200 + 1500))
    assert third.states["abandoned_wet"] == 1
    assert third.states["not_observed"] == 0


def test_a_site_not_seen_any_more_keeps_what_was_last_seen_of_it(simulated_run: RunResult) -> None:
    inventory = simulated_run.inventory.copy()
    gone = (inventory["site_id"] == "simulated-aaaa") & (inventory["period_start"] > "2023")
    inventory.loc[gone, "state"] = "not_observed"
    inventory.loc[gone, ["disturbed_area_m2", "pool_count_low", "pool_count_high"]] = None
    last = summaries(simulated_run.with_tables(inventory=inventory))[-1]
    unseen = 0.07 * (5200 + 1500)  # of two sites that were seen almost whole
    assert last.area_m2 == Range(5000, 5000 + 200 + 4200 + unseen)
    assert last.sites == Range(2, 3)
    assert last.unseen == 1


def test_rejected_sites_count_nowhere(simulated_run: RunResult) -> None:
    inventory = simulated_run.inventory.assign(alert="rejected")
    for period in summaries(simulated_run.with_tables(inventory=inventory)):
        assert period.sites == period.area_m2 == period.pools == Range(0, 0)
        assert sum(period.states.values()) == 0


def test_a_run_that_found_nothing_has_summaries_of_zero(empty_run: RunResult) -> None:
    assert [p.sites for p in summaries(empty_run)] == [Range(0, 0)] * 3
    assert summaries(empty_run)[0].overpasses == 20
    assert count_changes(empty_run.changes) == []
    assert site_rows(empty_run) == []


def test_sites_are_listed_largest_first_with_their_window(simulated_run: RunResult) -> None:
    rows = site_rows(simulated_run)
    assert [row["site_id"][-4:] for row in rows] == ["aaaa", "bbbb", "cccc"]
    assert rows[0]["began"] == "2021-12-20 – 2022-01-14"
    assert rows[1]["began"] == "before the archive"
    assert rows[0]["pools"] == "12–24"


def test_changes_are_counted_by_kind_with_the_reasons_given_most(
    simulated_run: RunResult,
) -> None:
    kinds = ["road"] * 5 + ["swidden"] * 9
    reasons = ["long", "long", "narrow", "wide", "bent", *["green again"] * 9]
    changes = pd.concat([simulated_run.changes.iloc[:1]] * 14)
    changes = changes.assign(kind=kinds, reject_reason=reasons, area_m2=1000.0)
    assert count_changes(changes) == [
        {"kind": "swidden", "count": 9, "hectares": "0.90 ha", "reasons": ["green again"]},
        {"kind": "road", "count": 5, "hectares": "0.50 ha", "reasons": ["long", "bent", "narrow"]},
    ]


def test_offsets_are_counted_by_how_they_were_decided() -> None:
    fact = {"baseline": "05.10", "offset_dn": -1000, "offset_source": "pixels"}
    assert count_offsets([fact, fact]) == [{**fact, "count": 2}]
    assert count_offsets([]) == []
