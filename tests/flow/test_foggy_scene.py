"""A foggy scene in the record gets no offset that it does not carry. All imagery is simulated."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio

from minewatch import synthetic
from minewatch.analysis import explain
from minewatch.catalog import read_scene_list
from minewatch.model import RunResult
from minewatch.pipeline import update

from .conftest import SMALL, geojson_bytes, run_archive

SHARE, WHITE = 0.16, 6500
"""How much of the ground the fog hides, and how bright it is (reflectance x 10,000)."""


def change_bands(folder: Path, bands: tuple[str, ...], change: object) -> None:
    """Rewrite the pixels of some bands of a scene."""
    for name in bands:
        (path,) = folder.glob(f"*{name}*.tif")
        with rasterio.open(path) as file:
            pixels, profile = file.read(1).astype(float), file.profile
        changed = np.where(pixels > 0, change(pixels), 0).astype(np.uint16)  # type: ignore[operator]
        path.unlink()
        with rasterio.open(path, "w", **profile) as file:
            file.write(changed, 1)


def fog(pixels: np.ndarray) -> np.ndarray:
    return np.asarray((1 - SHARE) * pixels + SHARE * WHITE)


def clear_scene_of_new_baseline(archive: synthetic.Archive, run: RunResult) -> str:
    """A late clear scene whose metadata is not certain: the reference is chosen before it."""
    with archive.truth_overpasses.open() as file:
        truth = {row["scene_id"]: row for row in csv.DictReader(file)}
    facts = [
        f
        for f in run.manifest["facts"]
        if f["baseline"] >= "04.00"
        and f["clear_fraction"] > 0.6
        and truth[f["scene_id"]]["offset_dn"] == "0"
    ]
    return str(max(facts, key=lambda f: f["day"])["scene_id"])


def fact_of(result: RunResult, scene_id: str) -> dict[str, object]:
    return next(f for f in result.manifest["facts"] if f["scene_id"] == scene_id)


BANDS = ("B02", "B03", "B04", "B08", "B11", "B12")


@pytest.fixture
def scene_id(small_archive: synthetic.Archive, small_run: RunResult) -> str:
    return clear_scene_of_new_baseline(small_archive, small_run)


def test_fog_gets_no_offset_is_left_out_and_the_run_says_why(
    broken_archive: synthetic.Archive, small_run: RunResult, scene_id: str, tmp_path: Path
) -> None:
    (path,) = broken_archive.directory.rglob(f"{scene_id}/")
    change_bands(path, BANDS, fog)
    result = run_archive(broken_archive, tmp_path / "run")
    found = fact_of(result, scene_id)
    assert float(str(found["dark_vegetation_dn"])) > 1000
    assert (found["offset_dn"], found["offset_metadata_dn"]) == (0, 0)
    assert "fog" in str(found["left_out"])
    assert "near in time" in str(found["offset_reason"])
    said = [warning for warning in result.manifest["warnings"] if scene_id in warning]
    assert [warning.split(",")[0] for warning in said] == ["left out"]
    others = {f["scene_id"]: f["offset_dn"] for f in small_run.manifest["facts"]}
    assert {f["scene_id"]: f["offset_dn"] for f in result.manifest["facts"]} == others

    frozen = read_scene_list(small_run.directory / "scenes.json")
    without = replace(frozen, scenes=tuple(s for s in frozen.scenes if s.id != scene_id))
    lacking = run_archive(broken_archive, tmp_path / "lacking", scenes=without)
    assert geojson_bytes(result) == geojson_bytes(lacking)
    looks = [[p["looks"] for p in r.manifest["periods"]] for r in (result, lacking)]
    assert looks[0] == looks[1]


def test_an_offset_against_the_flag_is_taken_off_and_the_ground_is_the_same(
    broken_archive: synthetic.Archive, small_run: RunResult, scene_id: str, tmp_path: Path
) -> None:
    (path,) = broken_archive.directory.rglob(f"{scene_id}/")
    change_bands(path, BANDS, lambda pixels: pixels + 1000)
    result = run_archive(broken_archive, tmp_path / "run")
    found = fact_of(result, scene_id)
    assert (found["offset_dn"], found["offset_source"]) == (-1000, "pixels")
    assert "the ends rise by the addend" in str(found["offset_reason"])
    assert any("overruled" in warning for warning in result.manifest["warnings"])
    assert geojson_bytes(result) == geojson_bytes(small_run)


def test_an_update_decides_offsets_as_a_run_from_nothing_does(
    broken_archive: synthetic.Archive, scene_id: str, tmp_path: Path
) -> None:
    """The scenes that come later are neighbours of those that were there."""
    (path,) = broken_archive.directory.rglob(f"{scene_id}/")
    change_bands(path, BANDS, lambda pixels: pixels + 1000)
    whole = run_archive(broken_archive, tmp_path / "whole")
    day = next(f["day"] for f in whole.manifest["facts"] if f["scene_id"] == scene_id)
    short = run_archive(broken_archive, tmp_path / "grown", end=day)
    assert fact_of(short, scene_id)["offset_metadata_dn"] == 0
    grown = update(tmp_path / "grown", end=SMALL.end)
    assert grown.manifest["facts"] == whole.manifest["facts"]
    assert geojson_bytes(grown) == geojson_bytes(whole)


def test_explain_says_how_the_offset_of_its_scenes_was_decided(
    small_run: RunResult, tmp_path: Path
) -> None:
    site_id = str(small_run.sites["site_id"].iloc[0])
    _, files = explain(small_run.directory, site_id, out=tmp_path)
    scenes = json.loads(files["figures"].read_text("utf-8"))["scenes"]
    assert scenes
    for scene in scenes:
        fact = fact_of(small_run, scene["id"])
        assert scene["offset_dn"] == fact["offset_dn"]
        assert scene["offset_reason"] == fact["offset_reason"] != ""
