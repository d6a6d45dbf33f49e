"""Frames and draws: the same again to the byte, each pixel once, none that was unseen."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from minewatch.samples import FrameLayers, count_frame, draw_cells, write_frame
from minewatch.samples import frame_raster as module
from minewatch.samples.unit_drawing import even_ranks, random_ranks

ROWS, COLS = 100, 70
AT = from_origin(500_000, 1_330_000, 10, 10)
POOL, PAD = module.code_of([module.POOL]), module.code_of([module.PAD])
STRATA = {POOL: 0, PAD: 1, module.RING: 2, module.REST: 3}


def box(row: int, col: int, rows: int, cols: int) -> shapely.Polygon:
    west, north = AT @ (col, row)
    return shapely.box(west, north - 10 * rows, west + 10 * cols, north)


@pytest.fixture
def layers(tmp_path: Path) -> FrameLayers:
    seen = np.ones((1, ROWS, COLS), "uint8")
    seen[0, :, 60:] = 0
    seen[0, 20:22, 20:22] = 0
    path = tmp_path / "seen.tif"
    with rasterio.open(
        path, "w", driver="GTiff", dtype="uint8", count=1, width=COLS, height=ROWS,
        crs="EPSG:32647", transform=AT,
    ) as file:  # fmt: skip
        file.write(seen)
    site = box(20, 20, 6, 6)
    return FrameLayers(
        aoi=box(5, 0, 90, COLS), ring=[site.buffer(30)], candidates=[], changes={},
        pads=[[site]], pools=[[box(20, 20, 3, 3)]], observed=path, bands=[1],
    )  # fmt: skip


@pytest.fixture
def frame(layers: FrameLayers, tmp_path: Path) -> Path:
    return write_frame(layers, tmp_path / "frame.tif")


def codes_of(frame: Path) -> np.ndarray:
    with rasterio.open(frame) as file:
        return np.asarray(file.read(1))


def test_a_frame_says_of_every_pixel_what_it_is(frame: Path) -> None:
    found = Counter(codes_of(frame).ravel().tolist())
    assert found[POOL] == 9 - 4
    assert found[PAD] == 36 - 9
    assert found[module.OUTSIDE] == 10 * COLS
    assert found[module.UNSEEN] == 90 * 10 + 4
    assert found[module.REST] + found[module.RING] == 90 * 60 - 36


def test_strips_of_any_height_give_the_same_frame(
    layers: FrameLayers, frame: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STRIP_ROWS", 48)
    again = write_frame(layers, tmp_path / "again.tif")
    assert again.read_bytes() == frame.read_bytes()


@pytest.mark.parametrize("side", [1, 3, 16])
def test_every_pixel_that_was_seen_is_in_one_unit(frame: Path, side: int) -> None:
    count = count_frame(frame, side=side, stratum_of=STRATA)
    assert sum(count.pixels) == 90 * 60 - 4
    assert count.not_seen == 90 * 10 + 4
    ranks = [range(n) for n in count.units]
    cells = draw_cells(frame, side=side, stratum_of=STRATA, ranks=ranks)
    drawn = [pixel[:2] for cell in cells for pixel in cell.pixels]
    assert len(set(drawn)) == len(drawn) == 90 * 60 - 4
    assert [sum(c.stratum == h for c in cells) for h in range(4)] == list(count.units)
    assert sum(cell.size for cell in cells) == len(drawn)


def test_nothing_is_drawn_where_nothing_was_seen(frame: Path) -> None:
    codes = codes_of(frame)
    ranks = [random_ranks("1", str(h), n, n) for h, n in enumerate((5, 27, 1, 900))]
    cells = draw_cells(frame, side=1, stratum_of=STRATA, ranks=ranks)
    assert {codes[r, c] for cell in cells for r, c, _ in cell.pixels} <= set(STRATA)


def test_every_unit_is_drawn_as_often_as_any_other() -> None:
    found = Counter(n for seed in range(4_000) for n in random_ranks(str(seed), "a", 10, 3))
    assert all(abs(found[n] - 1_200) < 5 * np.sqrt(4_000 * 0.3 * 0.7) for n in range(10))
    even = Counter(n for seed in range(4_000) for n in even_ranks(str(seed), "a", 10, 3))
    assert all(abs(even[n] - 1_200) < 5 * np.sqrt(4_000 * 0.3 * 0.7) for n in range(10))


def test_draws_are_those_of_the_hashes_that_the_page_names() -> None:
    """Anyone can draw them: SHA-256 of `seed/stratum/k`, modulo the units."""
    hashes = [hashlib.sha256(f"1/pool/{k}".encode()).hexdigest() for k in range(9)]
    by_hand = list(dict.fromkeys(int(digest, 16) % 64 for digest in hashes))
    assert random_ranks("1", "pool", 64, 5) == by_hand[:5] == [53, 55, 35, 62, 15]


def test_a_larger_sample_begins_with_the_smaller_one() -> None:
    assert random_ranks("x", "rest", 1_000, 50)[:20] == random_ranks("x", "rest", 1_000, 20)


def test_a_systematic_sample_is_spread_evenly() -> None:
    steps = np.diff(even_ranks("1", "rest", 1_000, 30))
    assert steps.min() >= 33
    assert steps.max() <= 34


def test_two_stages_label_so_many_pixels_of_each_tile(frame: Path) -> None:
    tiles = {POOL: 0, PAD: 0, module.RING: 1, module.REST: 2}
    count = count_frame(frame, side=16, stratum_of=tiles)
    ranks = [range(n) for n in count.units]
    cells = draw_cells(frame, side=16, stratum_of=tiles, ranks=ranks, inside=5, seed="1")
    assert {len(cell.pixels) for cell in cells if cell.size >= 5} == {5}
    assert all(len(cell.pixels) == min(5, cell.size) for cell in cells)
