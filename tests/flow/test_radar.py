"""Radar alone: clearings that begin in the monsoon, at most provisional. All is simulated."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from minewatch import analysis, synthetic
from minewatch.analysis.month_cubes import open_months
from minewatch.catalog import read_scene_list
from minewatch.cli import app
from minewatch.model import POOL_COLUMNS, WATER_COLUMNS, RunResult
from minewatch.pipeline import run, update
from minewatch.synthetic import PRESETS, Archive, RadarOrbit
from minewatch.synthetic.backscatter import layover_shadow
from minewatch.synthetic.world import World, make_world

from .conftest import geojson_bytes

MONSOON = replace(
    PRESETS["demo"], name="monsoon", seed=46, size_px=160, mines=3, preexisting=0.0, villages=0,
    quarries=0, swidden_per_km2_year=0.0, landslides_per_km2_year=0.0, clearings_per_km2_year=0.0,
    steepness_deg=24.0, start=date(2020, 5, 1), end=date(2022, 4, 30),
)  # fmt: skip
"""Three mines in forest, of which two begin while clouds hide the ground."""
ORBITS = (
    RadarOrbit(number=70, is_ascending=True, first_day=3),
    RadarOrbit(number=4, is_ascending=False, first_day=400),
)
RAINS = ("2021-05-01", "2021-10-31")


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(MONSOON)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    out = tmp_path_factory.mktemp("monsoon") / "radar"
    return synthetic.write_radar_archive(out, MONSOON, orbits=ORBITS)


def run_radar(archive: Archive, out: Path, **changes: object) -> RunResult:
    given: dict[str, object] = {
        "start": MONSOON.start, "end": MONSOON.end, "catalog": str(archive.catalog),
        "sensor": "sentinel-1-rtc", "detector": "radar-clearings", "resolution_m": 20.0,
        "period": "quarter",
        "dem": "none", "out": out, **changes,
    }  # fmt: skip
    return run(archive.aoi, **given)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def radar(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return run_radar(archive, tmp_path_factory.mktemp("radar") / "run")


def test_a_mine_that_begins_in_the_monsoon_is_dated_in_the_monsoon(
    radar: RunResult, world: World
) -> None:
    sites = radar.sites.to_crs(radar.aoi.utm_epsg)
    begun = [
        mine
        for mine in world.mines
        if RAINS[0] <= date.fromordinal(mine.calendar.start).isoformat() <= RAINS[1]
    ]
    assert len(begun) == 2
    for mine in begun:
        site = sites[sites.intersects(mine.footprint.buffer(50))]
        assert len(site) == 1
        start = date.fromordinal(mine.calendar.start).isoformat()
        assert start < site["first_detected"].iloc[0] <= RAINS[1]


def test_where_there_is_no_mine_it_finds_no_site(radar: RunResult, world: World) -> None:
    sites = radar.sites.to_crs(radar.aoi.utm_epsg)
    for site in sites.geometry:
        assert any(site.intersects(mine.footprint.buffer(50)) for mine in world.mines)


def test_radar_alone_is_at_most_provisional_and_says_nothing_of_pools(radar: RunResult) -> None:
    assert len(radar.inventory) > 0
    assert set(radar.inventory["alert"]) <= {"candidate", "provisional", "rejected"}
    assert (radar.inventory["alert"] == "provisional").any()
    assert radar.inventory[[*POOL_COLUMNS, *WATER_COLUMNS]].isna().all(axis=None)
    assert "8-14 m" in radar.manifest["visibility"]["reason"]
    assert radar.simulated


def test_one_relative_orbit_is_read_and_the_list_says_why_not_the_other(radar: RunResult) -> None:
    scenes = read_scene_list(radar.directory / "scenes.json")
    assert {scene.tile for scene in scenes} == {"orbit 70"}
    assert len(scenes.dropped) > 10
    assert all("another relative orbit" in reason for reason in scenes.dropped.values())


def test_layover_and_shadow_are_not_seen(radar: RunResult, world: World) -> None:
    west, south, east, north = radar.aoi.geometry.bounds
    months = open_months(radar, (west, south, east, north))
    hidden = layover_shadow(world.terrain, is_ascending=True) > 0
    wholly = hidden.reshape(80, 2, 80, 2).all(axis=(1, 3))
    rows = ((world.spec.bounds[3] - months["y"].to_numpy()) // 20).astype(int)
    cols = ((months["x"].to_numpy() - world.spec.bounds[0]) // 20).astype(int)
    there = wholly[np.ix_(rows.clip(0, 79), cols.clip(0, 79))]
    assert there.sum() > 5
    assert not months["clear_looks"].to_numpy()[:, there].any()
    assert months["clear_looks"].to_numpy()[:, ~there].any(axis=0).mean() > 0.9


def test_the_size_of_a_chunk_changes_nothing(
    radar: RunResult, archive: Archive, tmp_path: Path
) -> None:
    other = run_radar(archive, tmp_path / "run", chunk_px=37)
    assert geojson_bytes(other) == geojson_bytes(radar)


def test_a_run_that_is_carried_on_gives_the_same_bytes(
    radar: RunResult, archive: Archive, tmp_path: Path
) -> None:
    run_radar(archive, tmp_path / "run", end="2021-09-30")
    later = update(tmp_path / "run", end=MONSOON.end)
    assert geojson_bytes(later) == geojson_bytes(radar)


def test_it_is_explained_by_its_backscatter(radar: RunResult, tmp_path: Path) -> None:
    site = radar.sites["site_id"].iloc[0]
    explanation, files = analysis.explain(radar.directory, site, out=tmp_path)
    known = explanation.months["vh_db"].dropna()
    assert known.between(-30, -5).all()
    assert known.iloc[-3:].mean() < known.iloc[:3].mean() - 2
    assert explanation.months["greenness"].isna().all()
    assert all(path.exists() for path in files.values())


def test_another_detector_is_refused_with_the_one_that_fits(
    archive: Archive, tmp_path: Path
) -> None:
    words = ["run", "--aoi", str(archive.aoi), "--start", "2021", "--end", "2021", "--out",
             str(tmp_path / "run"), "--catalog", str(archive.catalog), "--sensor",
             "sentinel-1-rtc"]  # fmt: skip
    error = CliRunner().invoke(app, words).exception
    assert "pool-banks judges blue, green, red, nir" in str(error)
    assert "--detector radar-clearings" in str(error)
    assert not (tmp_path / "run").exists()
