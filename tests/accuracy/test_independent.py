"""Truths of another simulator are read as ours are."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from minewatch.synthetic import score_inventory

from .independent import DEFAULT_WORLDS, find_worlds, open_worlds, read_independent_truth

START, END = date(2020, 11, 1), date(2022, 4, 30)
EPSG = 32647


def _feature(kind: str, box: tuple[float, float, float, float], **other: Any) -> dict[str, Any]:
    west, south, east, north = box
    shape = shapely.box(300_000 + west, 1_300_000 + south, 300_000 + east, 1_300_000 + north)
    outline = gpd.GeoSeries([shape], crs=EPSG).to_crs(4326).iloc[0]
    return {"type": "Feature", "properties": {"kind": kind, **other},
            "geometry": shapely.geometry.mapping(outline)}  # fmt: skip


@pytest.fixture
def truth_file(tmp_path: Path) -> Path:
    """`m0`, older and left with water; `m1`, begun within and at work; a fish pond and fields."""
    features = [
        _feature("mine", (0, 0, 60, 40), id="m0", start="2019-05-01", end="2020-12-01",
                 keeps_water=True),
        _feature("pad", (0, 0, 60, 40), site="m0", on="2019-05-01"),
        _feature("pond", (5, 5, 15, 15), site="m0", on="2019-06-01"),
        _feature("pond", (20, 5, 30, 15), site="m0", on="2019-07-01"),
        _feature("mine", (500, 0, 560, 40), id="m1", start="2021-06-01", end="2025-01-01",
                 keeps_water=False),
        _feature("pad", (500, 0, 520, 40), site="m1", on="2021-06-01"),
        _feature("pad", (520, 0, 560, 40), site="m1", on="2022-02-01"),
        _feature("pond", (505, 5, 515, 15), site="m1", on="2021-08-01"),
        _feature("confuser:fishpond", (900, 0, 930, 20), start=None),
        _feature("confuser:taungya", (900, 500, 990, 590), start="2021-02-01"),
    ]  # fmt: skip
    path = tmp_path / "truth.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


def test_seasons_hold_what_was_built_until_then_and_the_state(truth_file: Path) -> None:
    truth = read_independent_truth(truth_file, start=START, end=END)
    assert truth.periods == ("2021-04-30", "2022-04-30")
    rows = truth.seasons.set_index(["site_id", "period_end"])
    assert rows["state"].tolist() == ["abandoned_wet", "abandoned_wet", "none", "active"]
    assert rows["pool_count"].tolist() == [2, 2, 0, 1]
    assert rows["disturbed_area_m2"].tolist() == pytest.approx([2400, 2400, 0, 2400], rel=1e-3)
    assert rows["pool_area_m2"].tolist() == pytest.approx([200, 200, 0, 100], rel=1e-3)
    assert rows["water_area_m2"].isna().tolist() == [False, False, True, True]


def test_sites_count_from_the_day_on_which_they_are_large_enough(truth_file: Path) -> None:
    sites = read_independent_truth(truth_file, start=START, end=END).sites.set_index("id")
    assert sites["disturbed_0_1_ha"].to_dict() == {"m0": "2019-05-01", "m1": "2022-02-01"}
    assert sites["fate"].to_dict() == {"m0": "wet", "m1": "active"}
    assert sites["ended"].notna().to_dict() == {"m0": True, "m1": False}


def test_confusers_have_our_names(truth_file: Path) -> None:
    truth = read_independent_truth(truth_file, start=START, end=END)
    assert truth.confusers["kind"].tolist() == ["fish_pond", "swidden"]


def test_such_a_truth_scores_itself_as_perfect(truth_file: Path) -> None:
    truth = read_independent_truth(truth_file, start=START, end=END)
    rows = truth.seasons[truth.seasons["disturbed_area_m2"] >= 1000]
    outlines = truth.sites.set_index("id").geometry
    inventory = gpd.GeoDataFrame(
        rows.assign(alert="confirmed", pool_count_low=rows["pool_count"],
                    pool_count_high=rows["pool_count"]),
        geometry=outlines.loc[rows["site_id"]].to_numpy(), crs=truth.sites.crs,
    )  # fmt: skip
    sites = truth.sites.rename(columns={"id": "site_id", "start": "first_detected"}).assign(
        last_undisturbed=lambda t: t["first_detected"]
    )
    score = score_inventory(inventory, sites, truth)
    assert score.precision == score.recall == score.pool_area_ratio == score.window_share == 1
    assert score.recall_by_begin["true_sites"].to_dict() == {"older": 2, "within": 1}
    assert np.isnan(score.recall_by_begin["recall"]).sum() == 0


def test_a_folder_of_worlds_without_runs_gives_nothing(tmp_path: Path, truth_file: Path) -> None:
    world = tmp_path / "worlds" / "one"
    world.mkdir(parents=True)
    truth_file.rename(world / "truth.geojson")
    extent = {"temporal": {"interval": [["2020-11-01T00:00:00Z", "2022-04-30T23:59:59Z"]]}}
    (world / "collection.json").write_text(json.dumps({"extent": extent}), "utf-8")
    assert find_worlds(tmp_path / "worlds") == [world]
    assert list(open_worlds(tmp_path / "worlds", tmp_path / "runs")) == []


@pytest.mark.skipif(not find_worlds(DEFAULT_WORLDS), reason="no worlds of another simulator here")
def test_the_worlds_at_hand_are_read() -> None:
    counts = {}
    for world in find_worlds(DEFAULT_WORLDS):
        truth = read_independent_truth(
            world / "truth.geojson", start=date(2019, 11, 1), end=date(2023, 4, 30)
        )
        assert truth.confusers["kind"].isin(["river_bar", "swidden", "fish_pond", "village",
                                             "road", "landslide"]).all()  # fmt: skip
        counts[world.name] = len(truth.sites)
    assert min(counts.values()) > 0
