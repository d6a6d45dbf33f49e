"""A site and an area through time, in ranges."""

from __future__ import annotations

import pytest

from minewatch.analysis.timelines import area_timeline, site_timeline
from minewatch.errors import SettingsError
from minewatch.model import RunResult

A, B, C = "simulated-aaaa", "simulated-bbbb", "simulated-cccc"


def test_a_site_is_told_period_by_period_with_what_was_not_seen_as_a_range(
    simulated_run: RunResult,
) -> None:
    life = site_timeline(simulated_run, A)
    assert list(life["label"]) == ["2021/22 dry season", "2022/23 dry season", "2023/24 dry season"]
    assert list(life["state"]) == ["not_observed", "active", "active"]
    assert list(life["disturbed_area_m2_low"]) == [0, 4200, 7600]
    assert list(life["disturbed_area_m2_high"]) == pytest.approx(
        [7600, 4200 + 0.07 * 7600, 7600 + 0.07 * 7600]
    )
    assert list(life["pool_area_m2_low"]) == [0, 305, 575]
    assert list(life["pool_area_m2_high"]) == pytest.approx(
        [2300, 1220 + 0.07 * 2300, 2300 + 0.07 * 2300]
    )


def test_an_unknown_site_lists_the_nearest(simulated_run: RunResult) -> None:
    with pytest.raises(SettingsError, match="aaax") as caught:
        site_timeline(simulated_run, "simulated-aaax")
    assert A in caught.value.hint


def test_the_area_is_told_as_known_until_then_and_at_work(simulated_run: RunResult) -> None:
    timeline = area_timeline(simulated_run).set_index("label")
    first, last = timeline.loc["2021/22 dry season"], timeline.loc["2023/24 dry season"]
    assert (first["sites_low"], first["sites_high"]) == (2, 3)
    assert (first["active_low"], first["active_high"]) == (1, 3)
    assert (last["sites_low"], last["sites_high"]) == (2, 3)
    assert (last["active_low"], last["active_high"]) == (1, 1)
    assert last["ever_disturbed_m2_low"] == 7600 + 5200
    assert last["active_m2_low"] == 7600
    assert last["active_m2_high"] == pytest.approx(7600 * 1.07)
    assert (timeline["ever_disturbed_m2_low"].diff().dropna() >= 0).all()
    for name in ("sites", "active", "ever_disturbed_m2", "active_m2"):
        assert (timeline[f"{name}_low"] <= timeline[f"{name}_high"]).all()


def test_an_area_without_sites_has_zeros_not_holes(empty_run: RunResult) -> None:
    timeline = area_timeline(empty_run)
    assert len(timeline) == 3
    assert not timeline[["sites_high", "ever_disturbed_m2_high"]].to_numpy().any()
    assert timeline.notna().all().all()


def test_rejected_sites_and_candidates_are_in_no_total(simulated_run: RunResult) -> None:
    inventory = simulated_run.inventory.assign(alert="candidate")
    timeline = area_timeline(simulated_run.with_tables(inventory=inventory))
    assert not timeline[["sites_high", "ever_disturbed_m2_high", "active_m2_high"]].to_numpy().any()
