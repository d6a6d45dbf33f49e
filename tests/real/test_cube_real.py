"""The cube on real Sentinel-2 scenes: three passes over two tiles, 120 m, four bands."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox

from minewatch.cube import (
    Patch,
    RasterioReader,
    decide_offsets,
    find_patch_shift,
    make_grid,
    measure_scene_quality,
    reduce_month,
    scenes_over,
)
from minewatch.cube.read_estimate import BAND_BYTES_PER_PX
from minewatch.model import (
    REFLECTANCE_BANDS,
    AreaOfInterest,
    Asset,
    Grid,
    Period,
    Scene,
    SceneQuality,
    check_month_cube,
)

AUGUST = Period(date(2023, 8, 1), date(2023, 8, 31))
BOTH_TILES = shapely.box(540_000, 5_060_000, 590_000, 5_140_000)


@pytest.fixture(scope="module")
def folder(shared_data: Callable[[str], Path]) -> Path:
    return shared_data("s2_l2a_slovenia_120m")


@pytest.fixture(scope="module")
def scenes(folder: Path) -> list[Scene]:
    return [_scene(path) for path in sorted(folder.glob("items/*/*.json"))]


def _scene(path: Path) -> Scene:
    item = json.loads(path.read_text("utf-8"))
    told = item["properties"]
    assets = {
        "mask" if name == "scl" else name: Asset(
            href=str(path.parent / asset["href"]), epsg=told["proj:epsg"]
        )
        for name, asset in item["assets"].items()
        if name in (*REFLECTANCE_BANDS, "scl")
    }
    return Scene(
        id=item["id"],
        collection="sentinel-2-l2a",
        sensor="sentinel-2-l2a",
        acquired=datetime.fromisoformat(told["datetime"]),
        footprint=shapely.geometry.shape(item["geometry"]),
        assets=assets,
        tile=told["grid:code"].removeprefix("MGRS-"),
        datatake=told["s2:datatake_id"].rpartition("_N")[0],
        platform=told["platform"],
        baseline=told["s2:processing_baseline"],
        boa_offset_applied=told["earthsearch:boa_offset_applied"],
    )


@pytest.fixture(scope="module")
def aoi() -> AreaOfInterest:
    outline = gpd.GeoSeries([BOTH_TILES], crs=32633).to_crs(4326).iloc[0]
    return AreaOfInterest(id="karst", name="Karst", geometry=outline, utm_epsg=32633)


@pytest.fixture(scope="module")
def facts(scenes: list[Scene], aoi: AreaOfInterest) -> dict[str, SceneQuality]:
    reader = RasterioReader()
    return {scene.id: measure_scene_quality(scene, aoi, reader=reader) for scene in scenes}


def months(
    scenes: list[Scene], facts: dict[str, SceneQuality], grid: Grid
) -> dict[str, np.ndarray]:
    """All layers over the whole grid."""
    whole: dict[str, np.ndarray] = {}
    for chunk in grid.chunks:
        month = reduce_month(
            scenes_over(scenes, chunk),
            facts,
            chunk,
            month=AUGUST,
            bands=REFLECTANCE_BANDS,
            reader=RasterioReader(),
            is_disturbed=lambda bands: bands["red"] > bands["nir"],
        )
        check_month_cube(month.cube)
        assert month.failures == ()
        for name, layer in month.cube.items():
            whole.setdefault(str(name), np.zeros(grid.geobox.shape, np.uint16))
            whole[str(name)][chunk.window] = layer.values[0]
    return whole


def test_the_offset_that_the_catalogue_removed_is_not_removed_again(
    facts: dict[str, SceneQuality],
) -> None:
    for found in facts.values():
        assert (found.offset_dn, found.offset_metadata_dn) == (0, 0)
        assert found.offset_source.startswith("flag")
        assert found.dark_vegetation_dn is not None
        assert 150 < found.dark_vegetation_dn < 400


def test_no_real_scene_gets_an_offset_that_it_does_not_carry(
    facts: dict[str, SceneQuality], scenes: list[Scene]
) -> None:
    for found in decide_offsets(scenes, facts).values():
        assert (found.offset_dn, found.notes, found.left_out) == (0, (), "")


@pytest.mark.parametrize("number", range(6))
def test_a_flag_that_lies_about_real_pixels_does_not_pass_unnoticed(
    facts: dict[str, SceneQuality],
    scenes: list[Scene],
    aoi: AreaOfInterest,
    tmp_path: Path,
    number: int,
) -> None:
    """The same real pixels with the offset put back in, under the flag that says it is gone.

    Two dates a tile are few to compare with: the offset is seen, or the scene is left out.
    """
    scene, assets = scenes[number], dict(scenes[number].assets)
    for band in ("red", "nir"):
        with rasterio.open(assets[band].href) as file:
            pixels, profile = file.read(1), file.profile
        with rasterio.open(tmp_path / f"{band}.tif", "w", **profile) as file:
            file.write(np.where(pixels > 0, pixels + 1000, 0).astype(np.uint16), 1)
        assets[band] = Asset(href=str(tmp_path / f"{band}.tif"))
    lying = replace(scene, assets=assets)
    found = measure_scene_quality(lying, aoi, reader=RasterioReader())
    decided = decide_offsets(scenes, {**facts, scene.id: found})[scene.id]
    assert decided.offset_dn == -1000 or decided.left_out
    assert decided.notes


def test_clear_fractions_rank_the_dates_as_the_items_do(
    facts: dict[str, SceneQuality], scenes: list[Scene]
) -> None:
    by_day: dict[date, float] = {}
    for scene in scenes:
        by_day[scene.day] = by_day.get(scene.day, 0) + facts[scene.id].clear_fraction
    days = sorted(by_day, key=by_day.__getitem__)
    assert days == [date(2023, 8, 10), date(2023, 8, 18), date(2023, 8, 15)]


def test_partial_swaths_of_two_tiles_become_three_overpasses(
    scenes: list[Scene], facts: dict[str, SceneQuality], aoi: AreaOfInterest
) -> None:
    layers = months(scenes, facts, make_grid(aoi, resolution_m=120))
    overpasses = layers["clear_looks"]
    assert overpasses.max() == 3
    assert (overpasses > 0).mean() > 0.98
    seen = overpasses > 0
    forest = {band: np.median(layers[band][seen]) for band in ("blue", "green", "red", "nir")}
    assert 200 < forest["blue"] < forest["red"] < forest["green"] < 900 < forest["nir"]
    assert "swir16" not in layers


def test_chunks_of_any_size_give_the_same_month(
    scenes: list[Scene], facts: dict[str, SceneQuality], aoi: AreaOfInterest
) -> None:
    large = months(scenes, facts, make_grid(aoi, resolution_m=120, chunk_px=1024))
    small = months(scenes, facts, make_grid(aoi, resolution_m=120, chunk_px=100))
    assert large.keys() == small.keys()
    for name, layer in large.items():
        np.testing.assert_array_equal(layer, small[name], err_msg=name)


def test_two_dates_lie_on_each_other_wherever_both_are_clear(scenes: list[Scene]) -> None:
    """Products of one tile are within 0.3 pixels of 10 m: nothing on pixels of 120 m."""
    reader = RasterioReader()
    pair = [s for s in scenes if s.tile == "33TWM" and s.day > date(2023, 8, 11)]
    shifts = []
    for row, col in np.ndindex(6, 6):
        patch = GeoBox(
            (128, 128),
            Affine(120, 0, 499_980 + 15_360 * col, 0, -120, 5_200_020 - 15_360 * row),
            "EPSG:32633",
        )
        red = []
        for scene in pair:
            clear = np.isin(reader.read(scene.assets["mask"], patch, band="mask"), (4, 5, 6, 7))
            red.append(np.where(clear, reader.read(scene.assets["red"], patch, band="red"), 0))
        found = find_patch_shift(
            red[1], Patch(geobox=patch, pixels=red[0].astype(np.uint16), scene_id="reference")
        )
        shifts += [found] if found else []
    assert len(shifts) > 3
    assert np.abs(shifts).max() < 0.1 * 120


def test_the_estimate_of_bytes_holds_on_full_blocks(folder: Path) -> None:
    rates = []
    for path in folder.glob("items/*20230815*/B0*.tif"):
        with rasterio.open(path) as file:
            size = int(file.get_tag_item("BLOCK_SIZE_0_0", "TIFF", bidx=1))
            assert (file.read(1, window=((0, 512), (0, 512))) > 0).mean() > 0.5
        rates.append(size / 512**2)
    assert np.mean(rates) == pytest.approx(BAND_BYTES_PER_PX, rel=0.15)
