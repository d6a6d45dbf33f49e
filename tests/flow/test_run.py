"""Whole runs on simulated archives: what they leave, and whether it holds the truth."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely

from minewatch import synthetic
from minewatch.errors import NoScenesError, OutputError, SettingsError, StateError
from minewatch.exporters import LAYERS, open_result
from minewatch.model import RunResult, run_result

from .conftest import GEOJSON, SMALL, geojson_bytes, run_archive, shared_archive


def test_a_run_leaves_every_file_of_the_design(small_run: RunResult) -> None:
    names = {"manifest.json", "scenes.json", *GEOJSON}
    rasters = {"first_detected", "score", "clear_looks", "observed", "rgb_before", "rgb_after"}
    assert names <= {p.name for p in small_run.directory.iterdir()}
    assert set(small_run.rasters) == rasters
    assert {p.stem for p in (small_run.directory / "rasters").iterdir()} == rasters
    assert (small_run.directory / "state").is_dir()


def test_the_manifest_holds_the_sha256_of_every_output(small_run: RunResult) -> None:
    outputs = small_run.manifest["outputs"]
    for name, digest in outputs.items():
        content = (small_run.directory / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest, name
    on_disk = {
        p.relative_to(small_run.directory).as_posix()
        for p in small_run.directory.rglob("*")
        if p.is_file() and "state" not in p.relative_to(small_run.directory).parts
    }
    assert on_disk - {"manifest.json"} == set(outputs)


def test_the_manifest_tells_how_many_rows_every_table_has(small_run: RunResult) -> None:
    rows = {name: len(layer.table(small_run)) for name, layer in LAYERS.items()}
    assert small_run.manifest["rows"] == rows
    assert tuple(rows) == run_result.TABLES


def test_everything_simulated_says_so(small_run: RunResult) -> None:
    assert small_run.simulated
    for name in GEOJSON:
        body = json.loads((small_run.directory / name).read_text("utf-8"))
        assert body["minewatch"]["simulated"] is True
    for path in small_run.rasters.values():
        with rasterio.open(path) as file:
            assert file.tags()["simulated"] == "true"


@pytest.mark.parametrize("name", LAYERS)
def test_every_table_is_rfc_7946_with_the_columns_of_the_design(
    small_run: RunResult, name: str
) -> None:
    layer = LAYERS[name]
    body = json.loads((small_run.directory / layer.filename).read_text("utf-8"))
    assert body["type"] == "FeatureCollection"
    assert "crs" not in body
    for feature in body["features"]:
        assert set(layer.contract) <= set(feature["properties"])
        geometry = shapely.geometry.shape(feature["geometry"])
        assert geometry.is_valid
        west, south, east, north = geometry.bounds
        assert -180 <= west <= east <= 180
        assert -90 <= south <= north <= 90
        for part in getattr(geometry, "geoms", [geometry]):
            assert part.exterior.is_ccw


def test_the_inventory_tells_each_site_once_a_period_and_only_inside_the_area(
    small_run: RunResult,
) -> None:
    inventory = small_run.inventory
    assert len(inventory) > 0
    assert not inventory.duplicated(["site_id", "period_start"]).any()
    assert inventory.intersects(small_run.aoi.geometry).all()
    assert set(inventory["site_id"]) == set(small_run.sites["site_id"])
    starts = {p["start"] for p in small_run.manifest["periods"]}
    assert set(inventory["period_start"]) <= starts


def test_half_of_the_big_mines_at_work_are_found_within_fifty_metres(
    small_archive: synthetic.Archive, small_run: RunResult
) -> None:
    truth = gpd.read_file(small_archive.truth)
    seasons = pd.read_csv(small_archive.truth_seasons)
    last = seasons[seasons["period_start"] == seasons["period_start"].max()]
    working = last[(last["state"] == "active") & (last["disturbed_area_m2"] >= 2000)]
    big = set(working["site_id"])
    assert big, "the simulated world must hold a working mine of 0.2 ha"
    sites = small_run.sites.to_crs(small_run.aoi.utm_epsg)
    mines = truth[truth["id"].isin(big)].to_crs(small_run.aoi.utm_epsg)
    found = [sites.buffer(50).intersects(mine).any() for mine in mines.geometry]
    assert np.mean(found) >= 0.5, "one season is little to go by; make accuracy measures the recall"


def test_rasters_lie_on_one_grid_in_the_utm_zone_of_the_area(small_run: RunResult) -> None:
    grids = set()
    for path in small_run.rasters.values():
        with rasterio.open(path) as file:
            assert file.crs.to_epsg() == small_run.aoi.utm_epsg
            grids.add((file.width, file.height, tuple(file.transform)))
    assert len(grids) == 1


def test_observed_is_where_an_overpass_was_clear(small_run: RunResult) -> None:
    with rasterio.open(small_run.rasters["clear_looks"]) as file:
        overpasses = file.read()
    with rasterio.open(small_run.rasters["observed"]) as file:
        observed = file.read()
    assert np.array_equal(observed == 1, overpasses > 0)
    assert overpasses.max() > 3


def test_areas_are_those_of_the_utm_zone(small_run: RunResult) -> None:
    features = small_run.features[small_run.features["kind"] == "pad"]
    projected = features.to_crs(small_run.aoi.utm_epsg)
    assert len(projected) > 0
    assert np.allclose(projected.area, features["area_m2"], rtol=0.02)


def test_a_finished_run_opens_again_as_it_was(small_run: RunResult) -> None:
    again = open_result(small_run.directory)
    assert again.inventory.equals(small_run.inventory)
    assert again.manifest == small_run.manifest


def test_a_file_changed_by_hand_is_refused(
    small_archive: synthetic.Archive, tmp_path: Path
) -> None:
    result = run_archive(small_archive, tmp_path / "run", end=SMALL.start.replace(day=30))
    path = result.directory / "sites.geojson"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(OutputError, match=r"sites\.geojson"):
        open_result(result.directory)


def test_four_bands_are_enough_and_the_manifest_says_what_is_missing(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    spec = replace(SMALL, name="four-bands", bands=("blue", "green", "red", "nir"), size_px=96)
    archive = shared_archive(tmp_path_factory, spec)
    result = run_archive(archive, tmp_path / "run")
    assert result.manifest["scenes"]["missing_bands"] == ["swir16", "swir22"]
    assert any("swir16" in warning for warning in result.manifest["warnings"])


def test_the_dialect_of_planetary_computer_gives_the_same_ground(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    spec = replace(
        SMALL, name="pc", dialect="planetary-computer", size_px=96,
        start=SMALL.start.replace(year=2022), end=SMALL.end.replace(year=2023),
    )  # fmt: skip
    twin = replace(spec, name="es", dialect="earth-search")
    results = [
        run_archive(shared_archive(tmp_path_factory, s), tmp_path / s.name) for s in (spec, twin)
    ]
    offsets = [{f["offset_dn"] for f in r.manifest["facts"]} for r in results]
    assert offsets[0] == {-1000}
    assert offsets[1] == {0}
    pictures = []
    for result in results:
        with rasterio.open(result.rasters["rgb_after"]) as file:
            pictures.append(file.read().astype(int))
    assert np.abs(pictures[0] - pictures[1]).mean() < 1


def test_a_season_of_cloud_leaves_not_observed_not_nothing(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    spec = replace(SMALL, name="overcast", cloudiness=50.0, size_px=64, mines=1)
    archive = shared_archive(tmp_path_factory, spec)
    result = run_archive(archive, tmp_path / "run", max_cloud_cover_pct=100)
    assert max(p["observed_fraction"] for p in result.manifest["periods"]) < 0.2
    seen = result.inventory[result.inventory["state"] != "not_observed"]
    assert seen.empty


def test_dates_swapped_are_refused_with_the_mend(
    small_archive: synthetic.Archive, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError) as caught:
        run_archive(small_archive, tmp_path / "run", start=SMALL.end, end=SMALL.start)
    assert "swap" in caught.value.hint
    assert not (tmp_path / "run").exists()


def test_a_start_after_the_archive_finds_no_scenes_and_says_where_it_ends(
    small_archive: synthetic.Archive, tmp_path: Path
) -> None:
    with pytest.raises(NoScenesError) as caught:
        run_archive(
            small_archive, tmp_path / "run",
            start=SMALL.start.replace(year=2030), end=SMALL.end.replace(year=2031),
        )  # fmt: skip
    assert "2021" in caught.value.hint


def test_a_folder_with_something_in_it_is_left_alone(
    small_archive: synthetic.Archive, tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(OutputError) as caught:
        run_archive(small_archive, tmp_path)
    assert "--resume" in caught.value.hint
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_an_unwritable_folder_is_said_before_anything_is_searched(
    small_archive: synthetic.Archive, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        run_archive(small_archive, tmp_path / "file" / "run", catalog="http://127.0.0.1:9/")


def test_resuming_with_other_parameters_is_refused(
    small_run: RunResult, small_archive: synthetic.Archive
) -> None:
    before = geojson_bytes(small_run)
    with pytest.raises(StateError, match="resolution_m"):
        run_archive(small_archive, small_run.directory, resume=True, resolution_m=20)
    assert geojson_bytes(small_run) == before
