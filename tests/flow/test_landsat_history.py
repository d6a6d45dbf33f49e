"""Ten years of simulated Landsat: what began in 2010 is old ground in 2018."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import pytest

from minewatch import synthetic
from minewatch.catalog import read_scene_list
from minewatch.model import POOL_COLUMNS, RunResult
from minewatch.synthetic import PRESETS

from .conftest import run_archive, shared_archive
from .landsat_archive import as_landsat

DECADE = replace(
    PRESETS["demo"], name="decade", seed=3, size_px=200, mines=5, preexisting=0.0, villages=0,
    quarries=0, revisit_days=16, most_cloud_pct=60.0, start=date(2008, 11, 1),
    end=date(2019, 4, 30),
)  # fmt: skip
BEGAN = date(2009, 12, 22)
"""When the oldest mine of that world began."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> synthetic.Archive:
    return shared_archive(tmp_path_factory, DECADE)


@pytest.fixture(scope="module")
def catalog(archive: synthetic.Archive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The overpasses as Landsat 5, 7 (with its gaps), and 8 took them; simulated."""
    out = tmp_path_factory.mktemp("landsat") / "archive"
    return as_landsat(archive.directory, out, crafts=True)


def run_landsat(archive: synthetic.Archive, catalog: Path, out: Path, **span: date) -> RunResult:
    return run_archive(
        archive, out, catalog=str(catalog), sensor="landsat-c2-l2", resolution_m=30.0, dem="none",
        **span,
    )  # fmt: skip


@pytest.fixture(scope="module")
def decade(
    archive: synthetic.Archive, catalog: Path, tmp_path_factory: pytest.TempPathFactory
) -> RunResult:
    return run_landsat(archive, catalog, tmp_path_factory.mktemp("decade") / "run")


def at_oldest_mine(result: RunResult, archive: synthetic.Archive) -> gpd.GeoDataFrame:
    """The sites at the mine that began in December 2009."""
    truth = synthetic.read_truth(archive.truth).sites
    mine = truth[truth["start"] == BEGAN.isoformat()].to_crs(result.aoi.utm_epsg)
    assert len(mine) == 1
    near = result.sites.to_crs(result.aoi.utm_epsg).intersects(mine.union_all().buffer(50))
    return result.sites[near]


def test_three_landsats_are_read_as_one_series(decade: RunResult) -> None:
    scenes = read_scene_list(decade.directory / "scenes.json")
    assert {scene.platform for scene in scenes} == {"landsat-5", "landsat-7", "landsat-8"}
    assert not decade.manifest["failures"]
    assert all(period["observed_fraction"] > 0.9 for period in decade.manifest["periods"])


def test_a_site_of_2010_is_old_ground_in_2018(
    decade: RunResult, archive: synthetic.Archive
) -> None:
    site = at_oldest_mine(decade, archive)
    dated = site[site["first_detected"] < "2010-06-01"]
    assert len(dated) > 0
    assert (dated["last_undisturbed"] <= BEGAN.isoformat()).all()
    assert (dated["first_detected"] > BEGAN.isoformat()).all()
    rows = decade.inventory[decade.inventory["site_id"].isin(dated["site_id"])]
    early, late = (rows[rows["period_start"] == day] for day in ("2010-11-01", "2017-11-01"))
    assert (early["disturbed_area_m2"] > 0).all()
    assert len(late) == len(dated), "what was cleared in 2010 is in the inventory of 2018"
    assert (late["first_detected"] < "2010-06-01").all()
    assert set(late["state"]) == {"revegetated"}, "the mine ended in 2011 and has grown over"


def test_a_record_that_begins_later_does_not_know_how_old_it_is(
    archive: synthetic.Archive, catalog: Path, tmp_path: Path
) -> None:
    late = run_landsat(archive, catalog, tmp_path / "run", start=date(2015, 11, 1))
    found = at_oldest_mine(late, archive)
    assert not (found["first_detected"] < "2015-11-01").any()


def test_pools_are_declared_unseen(decade: RunResult) -> None:
    assert decade.inventory[list(POOL_COLUMNS)].isna().all(axis=None)
    assert "8-14 m" in decade.manifest["visibility"]["reason"]
    assert set(decade.inventory["alert"]) <= {"candidate", "provisional", "rejected"}
