"""Heights to slopes: planes whose rise is known, tiles that meet, and files that are broken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox
from rasterio.warp import transform

from minewatch.cube import dem_reading, read_gradient
from minewatch.errors import ReadError
from minewatch.model import Chunk, ElevationModel, Grid
from minewatch.settings import Settings

BOX = GeoBox.from_bbox((600_000, 2_800_000, 603_000, 2_802_000), crs="EPSG:32647", resolution=10)
GRID = Grid(geobox=BOX, chunks=(Chunk(row=0, col=0, geobox=BOX),))
ARC_SECOND = 1 / 3600


def tile(
    path: Path, west: float, east: float, *, gradient: tuple[float, float] = (0.3, -0.2)
) -> str:
    """A tile of degrees over the grid, on which the ground rises alike in metres of UTM."""
    cols, rows = round((east - west) / ARC_SECOND), round(0.1 / ARC_SECOND)
    grid = Affine(ARC_SECOND, 0, west, 0, -ARC_SECOND, 25.37)
    col, row = np.meshgrid(np.arange(cols) + 0.5, np.arange(rows) + 0.5)
    lon, lat = grid * (col, row)
    xs, ys = transform("EPSG:4326", "EPSG:32647", lon.ravel(), lat.ravel())
    heights = (
        500 + gradient[0] * (np.array(xs) - 600_000) + gradient[1] * (np.array(ys) - 2_800_000)
    )
    with rasterio.open(
        path, "w", driver="GTiff", width=cols, height=rows, count=1, dtype="float32",
        crs="EPSG:4326", transform=grid,
    ) as file:  # fmt: skip
        file.write(heights.reshape(rows, cols).astype("float32"), 1)
    return str(path)


def model(*hrefs: str) -> ElevationModel:
    return ElevationModel(
        collection="made", tiles=tuple(map(str, range(len(hrefs)))), hrefs=tuple(hrefs)
    )


def test_a_plane_of_degrees_rises_as_it_was_made(tmp_path: Path) -> None:
    gradient = read_gradient(model(tile(tmp_path / "a.tif", 99.97, 100.05)), GRID)
    assert gradient["gradient_east"].to_numpy() == pytest.approx(0.3, abs=0.02)
    assert gradient["gradient_north"].to_numpy() == pytest.approx(-0.2, abs=0.02)


def test_the_rise_covers_the_whole_grid(tmp_path: Path) -> None:
    gradient = read_gradient(model(tile(tmp_path / "a.tif", 99.97, 100.05)), GRID)
    west, south, east, north = BOX.boundingbox.bbox
    assert float(gradient.x[0]) < west
    assert float(gradient.x[-1]) > east
    assert float(gradient.y[-1]) < south
    assert float(gradient.y[0]) > north
    assert float(gradient.x[1] - gradient.x[0]) == 30


def test_two_tiles_that_meet_leave_no_seam(tmp_path: Path) -> None:
    middle = 99.97 + 144 * ARC_SECOND  # within the grid
    left = tile(tmp_path / "a.tif", 99.97, middle)
    right = tile(tmp_path / "b.tif", middle, 100.05)
    gradient = read_gradient(model(left, right), GRID)
    assert gradient["gradient_east"].to_numpy() == pytest.approx(0.3, abs=0.05)


def test_ground_without_a_tile_is_unknown(tmp_path: Path) -> None:
    half = tile(tmp_path / "a.tif", 99.97, 99.97 + 144 * ARC_SECOND)
    known = np.isfinite(read_gradient(model(half), GRID)["gradient_east"].to_numpy())
    assert known[:, 0].all()
    assert not known[:, -1].any()


def test_heights_of_elsewhere_are_an_error_and_not_flat_ground(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no heights over the area"):
        read_gradient(model(tile(tmp_path / "a.tif", 110.0, 110.05)), GRID)


def test_of_fine_heights_no_more_is_held_than_of_coarse_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cols, rows, size = 2000, 1500, 2.0
    grid = Affine(size, 0, 599_500, 0, -size, 2_802_500)
    col, row = np.meshgrid(np.arange(cols) + 0.5, np.arange(rows) + 0.5)
    xs, ys = grid * (col, row)
    heights = (0.3 * (xs - 600_000) - 0.2 * (ys - 2_800_000)).astype("float32")
    path = tmp_path / "lidar.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=cols, height=rows, count=1, dtype="float32",
        crs="EPSG:32647", transform=grid,
    ) as file:  # fmt: skip
        file.write(heights, 1)
    held, join = [], dem_reading.merge

    def counted(*tiles: Any, **how: Any) -> Any:
        joined, transform = join(*tiles, **how)
        held.append(joined.size)
        return joined, transform

    monkeypatch.setattr(dem_reading, "merge", counted)
    gradient = read_gradient(model(str(path)), GRID)
    assert max(held) < 4 * gradient["gradient_east"].size
    known = gradient["gradient_east"].to_numpy()
    assert known[np.isfinite(known)] == pytest.approx(0.3, abs=0.02)


def test_heights_that_call_themselves_simulated_are(tmp_path: Path) -> None:
    plain, made = (tile(tmp_path / f"{n}.tif", 99.97, 100.05) for n in "ab")
    with rasterio.open(made, "r+") as file:
        file.update_tags(minewatch_simulated="true")
    told = [read_gradient(model(*of), GRID).attrs["simulated"] for of in ((plain,), (made,))]
    assert told == [False, True]
    assert read_gradient(model(plain, made), GRID).attrs["simulated"] is False


def test_a_broken_tile_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(b"not a tif")
    with pytest.raises(ReadError, match="cannot be read") as caught:
        read_gradient(model(str(path)), GRID)
    assert "--dem none" in str(caught.value.hint)


def test_a_server_that_is_gone_is_an_error_without_its_secrets() -> None:
    href = "https://127.0.0.1:9/a.tif?sig=cAnArY"
    with pytest.raises(ReadError) as caught:
        read_gradient(model(href), GRID, settings=Settings(http_retries=0, http_timeout_s=1))
    assert "cAnArY" not in f"{caught.value.problem} {caught.value.hint}"
