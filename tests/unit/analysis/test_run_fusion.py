"""Runs of several sensors as one inventory: what is refused, and what is kept apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio

from minewatch.analysis.run_fusion import check_runs, fuse_results, fused_contract, name_runs
from minewatch.errors import SettingsError
from minewatch.exporters import to_geojson
from minewatch.model import RunResult

A, B, C = "simulated-aaaa", "simulated-bbbb", "simulated-cccc"


def as_sensor(result: RunResult, sensor: str, pixel_m: float, **tables: Any) -> RunResult:
    """The run as another sensor would have left it."""
    manifest = {
        **result.manifest,
        "parameters": {**result.manifest["parameters"], "sensor": sensor, "detector": "any"},
        "visibility": {"pixel_m": pixel_m, "reason": "" if pixel_m <= 15 else "pixels too large"},
        "scenes": {"sha256": f"of {sensor}"}, "rule_versions": {"months": "1"},
        "failures": [], "warnings": [],
    }  # fmt: skip
    return replace(result, manifest=manifest).with_tables(**tables)


def of_sites(result: RunResult, *ids: str, **values: Any) -> dict[str, gpd.GeoDataFrame]:
    """Tables of a run that holds some of its sites, with other values."""
    sites, inventory = (
        table[table["site_id"].isin(ids)].assign(**values)
        for table in (result.sites, result.inventory)
    )
    return {"sites": sites, "inventory": inventory}


@pytest.fixture
def optical(simulated_run: RunResult) -> RunResult:
    return as_sensor(simulated_run, "sentinel-2-l2a", 10.0)


def fused(runs: list[RunResult]) -> Mapping[str, Mapping[str, Any]]:
    table = fuse_results(name_runs(runs)).sites
    return {str(row["site_id"]): row for row in table.to_dict("records")}


def test_the_evidence_of_each_run_stays_in_its_own_columns(optical: RunResult) -> None:
    earlier = of_sites(
        optical, A, first_detected="2021-12-28", last_undisturbed="2021-12-01", confidence=0.6,
        alert="provisional",
    )  # fmt: skip
    radar = as_sensor(optical, "sentinel-1-rtc", 20.0, **earlier)
    row = fused([optical, radar])[A]
    assert (row["first_detected"], row["first_detected_by"]) == ("2021-12-28", "sentinel_1_rtc")
    assert row["sentinel_2_l2a_first_detected"] == "2022-01-14"
    assert row["sentinel_1_rtc_first_detected"] == "2021-12-28"
    assert row["last_undisturbed"] == "2021-12-20"
    assert (row["sentinel_2_l2a_confidence"], row["sentinel_1_rtc_confidence"]) == (0.87, 0.6)
    assert (row["alert"], row["agreement"]) == ("confirmed", "agreed")
    assert row["found_by"] == ["sentinel_2_l2a", "sentinel_1_rtc"]


def test_a_site_that_only_one_run_has_says_what_the_others_saw(
    optical: RunResult, tmp_path: Path
) -> None:
    empty = of_sites(optical)
    changes = optical.changes.iloc[:0]
    radar = as_sensor(optical, "sentinel-1-rtc", 20.0, **empty, changes=changes)
    rows = fused([optical, radar])
    assert rows[A]["sentinel_1_rtc_verdict"] == "seen_not_found"
    assert rows[A]["against"] == ["sentinel_1_rtc"]
    assert rows[B]["sentinel_1_rtc_verdict"] == "older", "it may be older than the radar's record"
    assert rows[B]["unseen_by"] == ["sentinel_1_rtc"]
    hidden = fused([optical, blind(radar, tmp_path)])
    assert hidden[A]["sentinel_1_rtc_verdict"] == "not_seen"


def blind(result: RunResult, folder: Path) -> RunResult:
    """The same run, had nothing been seen."""
    path = folder / "observed.tif"
    with rasterio.open(result.rasters["observed"]) as file:
        profile, shape = file.profile, (file.count, file.height, file.width)
    profile = {k: profile[k] for k in ("width", "height", "count", "dtype", "crs", "transform")}
    with rasterio.open(path, "w", driver="GTiff", **profile) as file:
        file.write(np.zeros(shape, "uint8"))
    return replace(result, rasters={**result.rasters, "observed": path})


def test_what_another_run_calls_a_change_is_named(optical: RunResult) -> None:
    changes = optical.changes.iloc[[0]].set_geometry(
        [optical.sites.set_index("site_id").geometry[A]], crs=4326
    )
    changes = changes.assign(kind="swidden", first_detected="2022-02-01", last_seen="2022-06-01")
    without = as_sensor(optical, "sentinel-2-l2a", 10.0, **of_sites(optical), changes=changes)
    radar = as_sensor(optical, "sentinel-1-rtc", 20.0, **of_sites(optical, A, alert="provisional"))
    row = fused([without, radar])[A]
    assert (row["sentinel_2_l2a_verdict"], row["sentinel_2_l2a_change"]) == (
        "other_change", "swidden",
    )  # fmt: skip
    assert row["alert"] == "candidate"
    assert row["found_by"] == ["sentinel_1_rtc"]


def test_a_site_that_a_run_took_back_does_not_speak_for_one_that_stands(
    optical: RunResult,
) -> None:
    there = optical.sites.set_index("site_id").geometry[A]
    sites, inventory = (
        table.assign(
            alert=["provisional" if i == A else "rejected" for i in table["site_id"]],
            first_detected=["2022-01-14" if i == A else "2021-06-01" for i in table["site_id"]],
            geometry=[there] * len(table),
        )
        for table in (of_sites(optical, A, B)[n] for n in ("sites", "inventory"))
    )
    radar = as_sensor(optical, "sentinel-1-rtc", 20.0, sites=sites, inventory=inventory)
    row = fused([optical, radar])[A]
    assert row["sentinel_1_rtc_verdict"] == "found"
    assert row["sentinel_1_rtc_site_ids"] == [A]
    assert row["first_detected"] == "2022-01-14"
    back = as_sensor(optical, "sentinel-1-rtc", 20.0, **of_sites(optical, A, alert="rejected"))
    assert fused([optical, back])[A]["sentinel_1_rtc_verdict"] == "rejected"


def test_a_site_that_ended_before_a_run_began_is_not_disputed_by_it(optical: RunResult) -> None:
    ended = of_sites(optical, C, first_detected="2010-02-24", last_undisturbed="2009-12-22")
    inventory = ended["inventory"].assign(state="revegetated")
    landsat = as_sensor(optical, "landsat-c2-l2", 30.0, sites=ended["sites"], inventory=inventory)
    now = as_sensor(
        optical, "sentinel-2-l2a", 10.0, **of_sites(optical), changes=optical.changes.iloc[:0]
    )
    row = fused([now, landsat])[C]
    assert row["sentinel_2_l2a_verdict"] == "not_watched"
    assert row["agreement"] == "alone"


def test_two_other_runs_that_found_one_site_make_one_row(optical: RunResult) -> None:
    empty = {**of_sites(optical), "changes": optical.changes.iloc[:0]}
    lead = as_sensor(optical, "sentinel-2-l2a", 10.0, **empty)
    radar = as_sensor(optical, "sentinel-1-rtc", 20.0, **of_sites(optical, A))
    landsat = as_sensor(optical, "landsat-c2-l2", 30.0, **of_sites(optical, A))
    rows = fused([lead, radar, landsat])
    assert list(rows) == [A]
    assert rows[A]["found_by"] == ["sentinel_1_rtc", "landsat_c2_l2"]


def test_the_order_of_the_runs_behind_the_first_changes_no_window(optical: RunResult) -> None:
    radar = as_sensor(
        optical, "sentinel-1-rtc", 20.0, **of_sites(optical, A, first_detected="2022-01-02")
    )
    landsat = as_sensor(
        optical, "landsat-c2-l2", 30.0, **of_sites(optical, A, B, first_detected="2022-02-20")
    )
    one, two = fused([optical, radar, landsat]), fused([optical, landsat, radar])
    shared = ("alert", "agreement", "first_detected", "first_detected_by", "last_undisturbed")
    assert {i: [r[n] for n in shared] for i, r in one.items()} == {
        i: [r[n] for n in shared] for i, r in two.items()
    }


def test_the_table_can_be_written_also_without_any_site(optical: RunResult) -> None:
    empty = of_sites(optical)
    runs = name_runs(
        [as_sensor(optical, s, 20.0, **empty) for s in ("sentinel-2-l2a", "sentinel-1-rtc")]
    )
    table = fuse_results(runs).sites
    assert b'"features": []' in to_geojson(table, fused_contract(list(runs)))


def test_a_second_run_of_a_sensor_is_numbered(optical: RunResult) -> None:
    names = list(name_runs([optical, optical, as_sensor(optical, "hls-v2", 30.0), optical]))
    assert names == ["sentinel_2_l2a", "sentinel_2_l2a__2", "hls_v2", "sentinel_2_l2a__3"]


def test_runs_that_cannot_be_fused_are_refused_by_name(optical: RunResult) -> None:
    radar = as_sensor(optical, "sentinel-1-rtc", 20.0)
    elsewhere = {**radar.manifest, "aoi": {**radar.manifest["aoi"], "id": "other", "sha256": "0"}}
    zone = replace(optical.aoi, utm_epsg=32646)
    cases = {
        "alone cannot be fused": [optical],
        "is the same run as": [optical, optical],
        "another area, other": [optical, replace(radar, manifest=elsewhere)],
        "in EPSG:32646": [optical, replace(radar, read_aoi=lambda: zone)],
        "of simulated imagery": [
            optical, replace(radar, manifest={**radar.manifest, "simulated": False}),
        ],
    }  # fmt: skip
    for words, runs in cases.items():
        with pytest.raises(SettingsError) as raised:
            check_runs(name_runs(runs))
        assert words in raised.value.problem
        assert str(optical.directory) in raised.value.problem
        assert raised.value.hint
