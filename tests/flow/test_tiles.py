"""Several tiles, and an area in another zone than its imagery: one site is one site."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest

from minewatch import synthetic

from .conftest import SMALL, run_archive, shared_archive

TILED = replace(SMALL, name="tiled", tiles=2, tile_overlap_px=40, partial_swaths=0.0)


@pytest.fixture(scope="module")
def tiled(tmp_path_factory: pytest.TempPathFactory) -> synthetic.Archive:
    return shared_archive(tmp_path_factory, TILED)


def test_two_tiles_of_one_pass_are_one_overpass(tiled: synthetic.Archive, tmp_path: Path) -> None:
    result = run_archive(tiled, tmp_path / "run")
    scenes = json.loads((result.directory / "scenes.json").read_text("utf-8"))["features"]
    tiles = {item["properties"]["grid:code"] for item in scenes}
    assert len(tiles) == 2
    first = result.manifest["periods"][0]
    days = [item["properties"]["datetime"][:10] for item in scenes]
    within = [day for day in days if first["start"] <= day <= first["end"]]
    assert len(set(within)) == first["looks"] < len(within)
    inventory = result.inventory.to_crs(result.aoi.utm_epsg)
    pairs = gpd.sjoin(inventory, inventory)
    other = pairs["site_id_left"] != pairs["site_id_right"]
    assert len(inventory) > 0
    assert not other.any(), "a site of two tiles is found twice"


def test_an_area_told_in_another_zone_is_watched_in_that_zone(
    small_archive: synthetic.Archive, tmp_path: Path
) -> None:
    body = json.loads(small_archive.aoi.read_text("utf-8"))
    for feature in body["features"]:
        feature["properties"]["utm_epsg"] = 32646
    (tmp_path / "west.geojson").write_text(json.dumps(body))
    archive_in_zone = run_archive(small_archive, tmp_path / "home")
    from minewatch.pipeline import run

    warped = run(
        tmp_path / "west.geojson", start=SMALL.start, end=SMALL.end,
        catalog=str(small_archive.catalog), out=tmp_path / "run",
    )  # fmt: skip
    assert warped.aoi.utm_epsg == 32646
    assert warped.manifest["failures"] == []
    seen = [r.manifest["periods"][0]["observed_fraction"] for r in (archive_in_zone, warped)]
    assert seen[1] == pytest.approx(seen[0], abs=0.03)
    big = archive_in_zone.sites.query("max_disturbed_area_m2 > 1000").to_crs(32647)
    assert len(big) > 0
    near = warped.sites.to_crs(32647).buffer(50)
    assert all(near.intersects(site).any() for site in big.geometry)
