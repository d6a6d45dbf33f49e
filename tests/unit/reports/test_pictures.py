from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import matplotlib.image
import numpy as np
import pytest
import rasterio

from minewatch.errors import OutputError
from minewatch.model import RunResult
from minewatch.model.palette import STATE_COLOURS
from minewatch.reports import before_after, make_pictures, map_picture, read_picture
from minewatch.reports.pictures import scale_bar_m
from minewatch.reports.report_page import focus_box
from minewatch.reports.run_summary import summarise
from minewatch.sites import total_by_period

BANNER = (255, 212, 0)


def pixels(png: bytes) -> np.ndarray:
    return (matplotlib.image.imread(io.BytesIO(png))[..., :3] * 255).round().astype(int)


def count(png: bytes, colour: tuple[int, ...]) -> int:
    return int((abs(pixels(png) - np.array(colour)).max(axis=-1) <= 2).sum())


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))


def pictures_of(run: RunResult) -> dict[str, bytes]:
    return make_pictures(run, summarise(run, total_by_period(run.inventory)))


@pytest.fixture(scope="module")
def pictures(simulated_run: RunResult) -> dict[str, bytes]:
    return pictures_of(simulated_run)


def test_a_run_gives_a_map_a_pair_and_a_timeline(pictures: dict[str, bytes]) -> None:
    assert list(pictures) == ["map", "before/after", "timeline"]
    for png in pictures.values():
        assert pixels(png).std() > 20, "not blank"
        assert pixels(png).shape[1] > 700


def test_equal_runs_give_equal_pictures_whatever_the_user_has_set(
    pictures: dict[str, bytes], simulated_run: RunResult
) -> None:
    with mpl.rc_context({"font.size": 30, "savefig.dpi": 30}):
        assert pictures_of(simulated_run) == pictures
        assert mpl.rcParams["font.size"] == 30
    assert b"tIME" not in pictures["map"]
    assert b"Software" not in pictures["map"]


def test_every_picture_of_a_simulated_run_says_so(
    pictures: dict[str, bytes], simulated_run: RunResult
) -> None:
    for png in pictures.values():
        assert count(png, BANNER) > 3000
    sites = simulated_run.sites.to_crs(32647)
    real = map_picture(simulated_run.aoi, sites, None, simulated=False)
    assert count(real, BANNER) == 0


def test_the_map_fills_sites_with_the_colour_of_their_state(simulated_run: RunResult) -> None:
    sites = simulated_run.sites.to_crs(32647)
    blue = rgb(STATE_COLOURS["abandoned_wet"])
    drawn = count(map_picture(simulated_run.aoi, sites, None, simulated=True), blue)
    without = sites[sites["state"] != "abandoned_wet"]
    legend = count(map_picture(simulated_run.aoi, without, None, simulated=True), blue)
    assert drawn > legend + 200
    rejected = sites.assign(alert="rejected")
    nothing = count(map_picture(simulated_run.aoi, rejected, None, simulated=True), blue)
    assert nothing == pytest.approx(legend, abs=20)


def test_the_pair_shows_the_new_ground_on_one_side(simulated_run: RunResult) -> None:
    sites = simulated_run.sites.to_crs(32647)
    box = focus_box(sites, simulated_run.aoi.geometry_utm.bounds)
    before, after = (
        read_picture(simulated_run.rasters[n], box=box) for n in ("rgb_before", "rgb_after")
    )
    assert before.label == "2021/22 dry season"
    png = pixels(before_after(before, after, sites, simulated=True))
    new = (abs(png - [190, 160, 120]).max(axis=-1) <= 2).sum(axis=0)
    half = png.shape[1] // 2
    assert new[:half].sum() == 0
    assert new[half:].sum() > 500


def test_the_pair_looks_at_the_largest_site_or_else_at_everything(
    simulated_run: RunResult,
) -> None:
    sites, area = simulated_run.sites.to_crs(32647), (0.0, 0.0, 9.0, 9.0)
    west, south, east, north = focus_box(sites, area)
    largest = sites.geometry[sites["site_id"] == "simulated-aaaa"].iloc[0].centroid
    assert ((west + east) / 2, (south + north) / 2) == pytest.approx((largest.x, largest.y))
    assert focus_box(sites.assign(alert="rejected"), area) == area


def test_ground_that_was_not_seen_is_grey(simulated_run: RunResult, tmp_path: Path) -> None:
    path = tmp_path / "rgb.tif"
    with rasterio.open(simulated_run.rasters["rgb_after"]) as file:
        values, profile = file.read(), file.profile
    values[:, :20, :] = 0
    with rasterio.open(path, "w", **{**profile, "driver": "GTiff"}) as file:
        file.write(values)
    seen = read_picture(path)
    assert (seen.rgb[:20] == 190).all()
    assert (seen.rgb[20:] == np.moveaxis(values, 0, -1)[20:]).all()
    assert seen.label == ""


def test_a_picture_is_no_larger_than_asked_and_cut_to_the_raster(
    simulated_run: RunResult,
) -> None:
    path = simulated_run.rasters["rgb_after"]
    whole = read_picture(path, max_px=50)
    assert whole.rgb.shape == (50, 50, 3)
    west, _, _, north = whole.box
    corner = read_picture(path, box=(west - 500, north - 300, west + 400, north + 500))
    assert corner.box == (west, north - 300, west + 400, north)
    assert corner.rgb.shape == (30, 40, 3)


def test_a_run_without_pictures_still_gives_a_map(simulated_run: RunResult) -> None:
    assert list(pictures_of(replace(simulated_run, rasters={}))) == ["map", "timeline"]


def test_a_run_that_found_nothing_gives_pictures_too(empty_run: RunResult) -> None:
    assert list(pictures_of(empty_run)) == ["map", "before/after", "timeline"]


def test_a_damaged_raster_is_an_error_for_people(tmp_path: Path, simulated_run: RunResult) -> None:
    path = tmp_path / "rgb.tif"
    path.write_bytes(simulated_run.rasters["rgb_after"].read_bytes()[:9000])
    with pytest.raises(OutputError, match="cannot read"):
        read_picture(path)


@pytest.mark.parametrize(("width", "length"), [(9_000, 2_000), (80, 20), (1_999, 200)])
def test_a_scale_bar_is_a_round_length_below_a_quarter(width: float, length: float) -> None:
    assert scale_bar_m(width) == length
