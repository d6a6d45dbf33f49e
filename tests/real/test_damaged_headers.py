"""10,000 damaged headers: each ends in pixels or in a `ReadError`, in bounded time and memory."""

from __future__ import annotations

import random
import resource
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from tests.unit.cube.conftest import Archive

from minewatch.cube import RangeReader
from minewatch.errors import ReadError
from minewatch.settings import Settings

HEADERS, SIDE, HEAD = 10_000, 200, 700
MOST_MIB, MOST_S = 600, 2.0
"""Memory that all of them together may add, and time of one: far beyond what one needs."""


# rasterio 1.5 cannot say what GDAL says of a damaged name, and tells that on standard error only.
@pytest.mark.filterwarnings(
    "ignore:.*rasterio._env.log_error:pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize("big", ["no", "yes"])
def test_every_damaged_header_ends_in_pixels_or_in_one_error(tmp_path: Path, big: str) -> None:
    archive, rng = Archive(tmp_path), random.Random(big)
    noise = np.random.default_rng(0).integers(1, 9999, (SIDE, SIDE)).astype(np.uint16)
    asset = archive.cog("a.tif", noise, bigtiff=big)
    path, whole = tmp_path / "a.tif", (tmp_path / "a.tif").read_bytes()
    reader, grid = RangeReader(Settings(http_retries=0)), archive.geobox(64, 64)
    ends: Counter[str] = Counter()
    before, slowest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0.0
    for number in range(HEADERS // 2):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            at, size = rng.randrange(HEAD), rng.choice((1, 1, 1, 2, 4, 8))
            value = rng.choice((0, 1, (1 << 8 * size) - 1, rng.getrandbits(8 * size)))
            damaged[at : at + size] = value.to_bytes(size, "little")
        if rng.random() < 0.05:
            del damaged[rng.randrange(len(damaged)) :]
        path.unlink()
        path.write_bytes(damaged)
        began = time.process_time()
        try:
            pixels = reader.read(asset, grid, band="red")
            assert pixels.shape == (64, 64), number
            ends["pixels"] += 1
        except ReadError:
            ends["error"] += 1
        slowest = max(slowest, time.process_time() - began)
        reader = RangeReader(Settings(http_retries=0)) if number % 500 == 0 else reader
        reader._given.clear()
        reader._known.clear()
        reader._gdal._idle.clear()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert min(ends["pixels"], ends["error"]) > HEADERS // 20, ends
    assert grown < MOST_MIB, grown
    assert slowest < MOST_S, slowest
