"""A whole run over real Sentinel-2 scenes: 120 m, four bands, two cloudy dates, no mine there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import shapely


@pytest.fixture(scope="module")
def slovenia(
    shared_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The run of the issue's own command, and what it printed."""
    catalog = shared_data("s2_l2a_slovenia_120m") / "catalog.json"
    folder = tmp_path_factory.mktemp("slovenia")
    outline = gpd.GeoDataFrame(geometry=[shapely.box(15.3, 45.6, 15.9, 46.3)], crs=4326)
    outline.to_file(folder / "karst.geojson")
    command = [
        sys.executable, "-m", "minewatch", "run", "--aoi", "karst.geojson",
        "--catalog", str(catalog),
        "--start", "2023-08-01", "--end", "2023-08-31", "--period", "month",
        "--resolution", "120", "--out", "run",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return folder / "run", done


def test_the_run_completes_and_explains_its_empty_inventory(
    slovenia: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    out, done = slovenia
    assert done.returncode == 0, done.stderr
    assert "no site was found" in done.stdout
    assert json.loads((out / "inventory.geojson").read_text("utf-8"))["features"] == []


def test_the_manifest_tells_baseline_offset_missing_bands_and_overpasses(
    slovenia: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    manifest = json.loads((slovenia[0] / "manifest.json").read_text("utf-8"))
    assert {f["baseline"] for f in manifest["facts"]} == {"05.09"}
    assert {f["offset_dn"] for f in manifest["facts"]} == {0}
    assert all("flag" in f["offset_source"] for f in manifest["facts"])
    assert all(f["dark_vegetation_dn"] < 800 for f in manifest["facts"])
    assert manifest["scenes"]["missing_bands"] == ["swir16", "swir22"]
    assert manifest["periods"][0]["looks"] == 3
    assert manifest["periods"][0]["observed_fraction"] > 0.9
    assert manifest["failures"] == []
    assert manifest["simulated"] is False
