"""A folder of GeoTIFFs in another CRS is a catalogue: the main job runs on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from minewatch import synthetic
from minewatch.cli import app
from minewatch.model import RunResult
from minewatch.pipeline import update

from .conftest import geojson_bytes, run_archive
from .folder_archive import as_folder


@pytest.fixture(scope="module")
def folder(small_archive: synthetic.Archive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four bands a file, in degrees, with a mask of 0 and 1; simulated."""
    out = tmp_path_factory.mktemp("folder") / "planet"
    return as_folder(small_archive.directory, out, crs="EPSG:4326")


@pytest.fixture(scope="module")
def run_of_folder(
    folder: Path, small_archive: synthetic.Archive, tmp_path_factory: pytest.TempPathFactory
) -> RunResult:
    return run_archive(small_archive, tmp_path_factory.mktemp("run") / "run", catalog=str(folder))


def test_it_finds_the_mines_that_sentinel_2_shows_at_the_same_days(
    run_of_folder: RunResult, small_run: RunResult
) -> None:
    utm = small_run.aoi.utm_epsg
    found = run_of_folder.sites.to_crs(utm)
    assert len(small_run.sites) > 0
    for site in small_run.sites.to_crs(utm).itertuples():
        same = found[found.intersects(site.geometry)]
        assert len(same) == 1
        assert same["first_detected"].iloc[0] == site.first_detected


def test_pools_are_seen_where_its_own_pixel_shows_them(run_of_folder: RunResult) -> None:
    assert run_of_folder.manifest["visibility"]["sees_pools"]
    assert run_of_folder.manifest["parameters"]["sensor"] == "geotiff-folder"
    assert run_of_folder.inventory["pool_area_m2"].notna().any()


def test_it_says_that_it_is_simulated_and_what_it_is_made_of(run_of_folder: RunResult) -> None:
    assert run_of_folder.simulated
    assert "simulated imagery" in run_of_folder.manifest["aoi"]["attribution"]
    assert any("swir16" in warning for warning in run_of_folder.manifest["warnings"])
    assert not run_of_folder.manifest["failures"]


def test_a_run_that_is_carried_on_gives_the_same_bytes(
    tiny_archive: synthetic.Archive, tmp_path: Path
) -> None:
    catalog = as_folder(tiny_archive.directory, tmp_path / "planet", crs="EPSG:4326")
    whole = run_archive(tiny_archive, tmp_path / "whole", catalog=str(catalog))
    run_archive(tiny_archive, tmp_path / "run", catalog=str(catalog), end="2021-01-31")
    later = update(tmp_path / "run", end=tiny_archive.spec.end)
    assert geojson_bytes(later) == geojson_bytes(whole)


def test_the_command_line_lists_its_scenes_and_says_what_is_wrong(
    folder: Path, small_archive: synthetic.Archive, tmp_path: Path
) -> None:
    def scenes(catalog: Path, *more: str) -> tuple[int, str]:
        words = ["scenes", "--aoi", str(small_archive.aoi), "--start", "2020", "--end", "2020"]
        shown = CliRunner().invoke(app, [*words, "--catalog", str(catalog), *more])
        return shown.exit_code, " ".join(shown.output.split())

    code, text = scenes(folder, "--json")
    assert code == 0
    assert '"simulated-planet"' in text
    (tmp_path / "20200101.tif").write_bytes(b"")
    assert "neither catalog.json nor minewatch.toml" in str(
        CliRunner().invoke(
            app, ["scenes", "--aoi", str(small_archive.aoi), "--start", "2020", "--end", "2020",
                  "--catalog", str(tmp_path)],
        ).exception
    )  # fmt: skip
