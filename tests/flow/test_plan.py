"""What a run over the whole of Chipwe/Pangwa would cost, without a network."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import shapely
from rasterio.warp import transform_geom

from minewatch import cli, synthetic
from minewatch.errors import NoScenesError
from minewatch.model import REFLECTANCE_BANDS, RunResult
from minewatch.pipeline import plan
from minewatch.store import read_log

TILES = {
    "47RMJ": (399_960, 2_900_040),
    "47RMK": (399_960, 3_000_000),
    "47RLJ": (300_000, 2_900_040),
}
EDGE_M = 109_800
LOOKS = 40


def made_item(number: int, tile: str) -> dict[str, object]:
    """A made-up item of full size on a real tile; nothing was imaged."""
    west, north = TILES[tile]
    outline = shapely.box(west, north - EDGE_M, west + EDGE_M, north)
    acquired = datetime(2023, 11, 1, 4, 0, tzinfo=UTC) + timedelta(days=5 * number)
    assets = {}
    for band in (*REFLECTANCE_BANDS, "scl"):
        pixel = 20.0 if band in {"swir16", "swir22", "scl"} else 10.0
        assets[band] = {
            "href": f"https://example.org/SIM_{number}_{tile}/{band}.tif",
            "proj:shape": [round(EDGE_M / pixel)] * 2,
            "proj:transform": [pixel, 0.0, west, 0.0, -pixel, north],
        }
    properties = {
        "datetime": acquired.isoformat(), "platform": "sentinel-2a", "proj:epsg": 32647,
        "grid:code": f"MGRS-{tile}", "eo:cloud_cover": 20.0, "s2:processing_baseline": "05.10",
        "s2:datatake_id": f"GS2A_{acquired:%Y%m%dT%H%M%S}_{number:06d}_N05.10",
        "earthsearch:boa_offset_applied": True, "minewatch:simulated": True,
    }  # fmt: skip
    return {
        "type": "Feature", "stac_version": "1.0.0", "id": f"SIM_{acquired:%Y%m%d}_{tile}",
        "collection": "sentinel-2-l2a", "properties": properties, "assets": assets, "links": [],
        "geometry": transform_geom("EPSG:32647", "EPSG:4326", outline.__geo_interface__),
    }  # fmt: skip


@pytest.fixture
def scenes(tmp_path: Path) -> Path:
    """A list of full-size made-up scenes over the three tiles of Chipwe/Pangwa."""
    made = [made_item(number, tile) for number in range(LOOKS) for tile in TILES]
    path = tmp_path / "scenes.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": made}))
    return path


def test_the_plan_of_a_whole_area_needs_no_network(scenes: Path) -> None:
    result = plan("chipwe-pangwa", scenes=scenes)
    assert result.overpasses == LOOKS
    assert result.area_km2 == pytest.approx(2672.5, abs=1)
    assert 2.6e7 < result.pixels < 1.3e8
    whole_tiles = LOOKS * len(TILES) * 4 * 10980**2 * 2
    assert 0.02 * whole_tiles < result.estimate.bytes < whole_tiles
    assert result.estimate.requests > LOOKS * 7
    assert 0 < result.memory.peak_bytes < 3.2 * 2**30
    assert result.estimate.seconds > 10


def test_twice_the_scenes_cost_twice_the_bytes(scenes: Path) -> None:
    whole = plan("chipwe-pangwa", scenes=scenes)
    middle = datetime(2023, 11, 1, tzinfo=UTC).date() + timedelta(days=5 * LOOKS // 2 - 1)
    half = plan("chipwe-pangwa", scenes=scenes, end=middle)
    assert half.overpasses == LOOKS // 2
    assert whole.estimate.bytes == pytest.approx(2 * half.estimate.bytes, rel=0.01)


def test_the_command_line_tells_it_to_people_and_programs(
    scenes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["plan", "--aoi", "chipwe-pangwa", "--scenes", str(scenes)]
    for extra in ([], ["--json"]):
        with pytest.raises(SystemExit) as caught:
            cli.main([*words, *extra])
        assert caught.value.code == 0
        shown = capsys.readouterr().out
        if extra:
            assert json.loads(shown)["estimate"]["bytes"] > 0
        else:
            assert "GB" in shown
            assert "estimate" in shown


def test_scenes_of_elsewhere_are_no_plan(scenes: Path) -> None:
    with pytest.raises(NoScenesError, match="120 scenes"):
        plan("nba-pa", scenes=scenes)


def test_a_run_fetches_what_the_plan_says_within_a_factor_of_two(
    small_archive: synthetic.Archive, small_run: RunResult
) -> None:
    spec = small_archive.spec
    planned = plan(
        small_archive.aoi, start=spec.start, end=spec.end, catalog=str(small_archive.catalog)
    )
    fetched = read_log(small_run.directory)[-1].bytes_read
    assert fetched / 2 < planned.estimate.bytes < 2 * fetched
