"""What became of sites: every kind of change, and never "vanished" for what was not seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from minewatch.analysis.differences import KINDS, Difference, compare_runs, diff
from minewatch.errors import SettingsError
from minewatch.model import RunResult

A, B, C = "simulated-aaaa", "simulated-bbbb", "simulated-cccc"
LAST = "2023-11-01"


def changed(result: RunResult, site_id: str, **values: Any) -> RunResult:
    """A run whose last period tells something else of a site."""
    inventory = result.inventory.copy()
    rows = (inventory["site_id"] == site_id) & (inventory["period_start"] == LAST)
    for name, value in values.items():
        inventory.loc[rows, name] = value
    return result.with_tables(inventory=inventory)


def without(result: RunResult, *site_ids: str) -> RunResult:
    inventory = result.inventory
    return result.with_tables(inventory=inventory[~inventory["site_id"].isin(site_ids)])


def blind(result: RunResult, folder: Path) -> RunResult:
    """The same run, had nothing been seen."""
    path = folder / "observed.tif"
    with rasterio.open(result.rasters["observed"]) as file:
        profile, shape = file.profile, (file.count, file.height, file.width)
    profile = {k: profile[k] for k in ("width", "height", "count", "dtype", "crs", "transform")}
    with rasterio.open(path, "w", driver="GTiff", **profile) as file:
        file.write(np.zeros(shape, "uint8"))
    return replace(result, rasters={**result.rasters, "observed": path})


def told(found: list[Difference]) -> dict[str, tuple[str, str]]:
    return {d.site_id: (d.change, d.note) for d in found}


def test_a_run_differs_from_itself_in_nothing(simulated_run: RunResult) -> None:
    assert {d.change for d in compare_runs(simulated_run, simulated_run)} == {"unchanged"}


@pytest.mark.parametrize(
    ("site_id", "now", "change"),
    [
        (A, {"disturbed_area_m2": 7600.0 * 1.2}, "grew"),
        (A, {"disturbed_area_m2": 7600.0 * 1.02}, "unchanged"),
        (B, {"pool_area_m2": 900.0}, "grew"),
        (A, {"state": "idle"}, "went_quiet"),
        (A, {"state": "abandoned_wet"}, "went_quiet"),
        (B, {"state": "active"}, "resumed"),
        (A, {"disturbed_area_m2": 7600.0 * 0.8}, "shrank"),
        (B, {"state": "revegetated"}, "vanished"),
        (A, {"alert": "rejected"}, "vanished"),
        (A, {"state": "not_observed", "disturbed_area_m2": None}, "not_observed"),
    ],
)
def test_each_kind_of_change_is_told(
    simulated_run: RunResult, site_id: str, now: dict[str, Any], change: str
) -> None:
    found = told(compare_runs(simulated_run, changed(simulated_run, site_id, **now)))
    assert found[site_id][0] == change
    assert {kind for name, (kind, _) in found.items() if name != site_id} == {"unchanged"}


def test_a_site_that_is_gone_has_vanished_only_where_its_ground_was_seen(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    gone = without(simulated_run, A)
    assert told(compare_runs(simulated_run, gone))[A][0] == "vanished"
    unseen = blind(gone, tmp_path)
    assert told(compare_runs(simulated_run, unseen))[A] == (
        "not_observed", "its ground was not seen",
    )  # fmt: skip


def test_a_new_site_has_appeared_only_where_the_ground_was_seen_before(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    earlier = without(simulated_run, A)
    assert told(compare_runs(earlier, simulated_run))[A][0] == "appeared"
    unseen = blind(earlier, tmp_path)
    assert told(compare_runs(unseen, simulated_run))[A][0] == "not_observed"


def test_a_site_proven_to_have_begun_later_has_appeared_also_where_nothing_was_seen(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    began = changed(
        simulated_run, A, first_detected="2024-06-01", last_undisturbed="2024-05-01"
    )  # fmt: skip
    unseen = blind(without(simulated_run, A), tmp_path)
    assert told(compare_runs(unseen, began))[A] == ("appeared", "first seen 2024-06-01")


def test_a_site_that_was_not_seen_before_is_not_called_grown(simulated_run: RunResult) -> None:
    before = changed(simulated_run, A, state="not_observed", disturbed_area_m2=None)
    assert told(compare_runs(before, simulated_run))[A][0] == "not_observed"


def test_a_merged_site_goes_on_in_the_other(simulated_run: RunResult) -> None:
    after = without(simulated_run, A)
    inventory = after.inventory.copy()
    inventory["merged_from"] = [[A] if s == B else [] for s in inventory["site_id"]]
    found = told(compare_runs(simulated_run, after.with_tables(inventory=inventory)))
    assert found[A] == ("merged", f"into {B}")


def test_a_site_under_another_id_is_known_by_its_ground(simulated_run: RunResult) -> None:
    inventory = simulated_run.inventory.copy()
    inventory["site_id"] = inventory["site_id"].replace({A: "simulated-zzzz"})
    found = told(compare_runs(simulated_run, simulated_run.with_tables(inventory=inventory)))
    assert A not in found
    assert found["simulated-zzzz"] == ("unchanged", f"bore the id {A} before")


def test_a_candidate_that_is_rejected_on_both_sides_is_not_told(simulated_run: RunResult) -> None:
    rejected = changed(simulated_run, C, alert="rejected")
    assert C not in told(compare_runs(rejected, rejected))


def test_two_periods_of_one_run(
    write_simulated_run: Callable[[Path], RunResult], tmp_path: Path
) -> None:
    directory = write_simulated_run(tmp_path / "run").directory
    found = told(diff(directory, from_period="2022/23 dry season", to_period="2023-11-01"))
    assert {name: kind for name, (kind, _) in found.items()} == {
        A: "grew", B: "unchanged", C: "vanished",
    }  # fmt: skip


def test_one_run_alone_needs_two_periods_and_an_unknown_one_lists_the_known(
    write_simulated_run: Callable[[Path], RunResult], tmp_path: Path
) -> None:
    directory = write_simulated_run(tmp_path / "run").directory
    with pytest.raises(SettingsError, match="alone"):
        diff(directory, from_period="2022-11-01")
    with pytest.raises(SettingsError, match="2022/23 dry season"):
        diff(directory, from_period="2019", to_period="2023-11-01")


def test_runs_over_other_areas_are_not_compared(simulated_run: RunResult) -> None:
    area = {**simulated_run.manifest["aoi"], "id": "elsewhere", "sha256": "of another outline"}
    other = replace(simulated_run, manifest={**simulated_run.manifest, "aoi": area})
    with pytest.raises(SettingsError, match="elsewhere"):
        compare_runs(simulated_run, other)


def test_every_kind_has_its_words(simulated_run: RunResult) -> None:
    assert {d.change for d in compare_runs(simulated_run, without(simulated_run, A))} <= set(KINDS)
