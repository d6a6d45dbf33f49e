"""A small made world: forest, and on it whatever a test paints. Nothing here is real."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox

from minewatch.detect import is_disturbed
from minewatch.model import Chunk, Grid, Period, split_periods

FOREST = (0.018, 0.036, 0.020, 0.28, 0.15, 0.06)
BARE = (0.10, 0.16, 0.22, 0.31, 0.34, 0.22)
WATER = (0.13, 0.19, 0.15, 0.07, 0.03, 0.02)
BANDS = ("blue", "green", "red", "nir", "swir16", "swir22")
SPAN = Period(date(2018, 11, 1), date(2022, 10, 31))
LOOKS = 4

Paint = Callable[[np.ndarray, pd.Timestamp], None]


class World:
    """A month cube on which shares of bare ground and water are painted."""

    def __init__(self, size: int = 40, *, seed: int = 1) -> None:
        self.times = pd.date_range(SPAN.start, SPAN.end, freq="MS")
        self.shape = (len(self.times), size, size)
        self.bare, self.water = np.zeros(self.shape), np.zeros(self.shape)
        self.clear = np.full(self.shape, LOOKS)
        self.light = np.ones((size, size))
        self.rng = np.random.default_rng(seed)

    def paint(self, layer: str, rows: slice, cols: slice, share: float, *, since: str,
              until: str = "2100-01-01") -> World:  # fmt: skip
        on = (self.times >= since) & (self.times < until)
        getattr(self, layer)[np.ix_(on, np.r_[rows], np.r_[cols])] = share
        return self

    def mine(self, row: int, col: int, *, since: str, until: str = "2100-01-01") -> World:
        """A pad of 8 x 8 pixels with a bank of pools through its middle."""
        self.paint("bare", slice(row, row + 8), slice(col, col + 8), 1.0, since=since, until=until)
        bank = slice(row + 3, row + 5), slice(col + 1, col + 7)
        self.paint("bare", *bank, 0.5, since=since, until=until)
        return self.paint("water", *bank, 0.5, since=since, until=until)

    def months(self, *, bands: tuple[str, ...] = BANDS) -> xr.Dataset:
        green = 1 - self.bare - self.water
        parts = zip(BANDS, FOREST, BARE, WATER, strict=True)
        spectra = {b: green * f + self.bare * s + self.water * w for b, f, s, w in parts}
        seen = self.clear > 0
        cube = {}
        for name, values in spectra.items():
            noisy = values * self.light * self.rng.normal(1, 0.03, values.shape)
            cube[name] = np.where(seen, np.maximum(noisy * 10_000, 1), 0).astype("uint16")
        lost = is_disturbed(cube)
        cube = {name: values for name, values in cube.items() if name in bands}
        cube["clear_looks"] = self.clear.astype("uint16")
        cube["disturbed_looks"] = np.where(lost, self.clear, 0).astype("uint16")
        cube["last_undisturbed_day"] = np.where(seen & ~lost, 26, 0).astype("uint16")
        cube["disturbed_since_day"] = np.where(lost, 5, 0).astype("uint16")
        return xr.Dataset(
            {n: (("time", "y", "x"), v) for n, v in cube.items()}, coords={"time": self.times}
        )


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def periods() -> tuple[Period, ...]:
    return split_periods(SPAN, "dry-season")


@pytest.fixture
def grid() -> Grid:
    box = GeoBox.from_bbox((400_000, 2_800_000, 400_400, 2_800_400), "EPSG:32647", resolution=10)
    return Grid(geobox=box, chunks=(Chunk(row=0, col=0, geobox=box),))
