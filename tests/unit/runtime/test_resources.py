"""Memory is planned by arithmetic: threads and kept blocks give way; the impossible is named."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from affine import Affine
from odc.geo.geobox import GeoBox
from shapely.geometry import box

from minewatch.cube import CACHE_BYTES
from minewatch.errors import SettingsError
from minewatch.model import Chunk, Grid, Period, Scene, split_periods
from minewatch.runtime.resources import GIB, plan_memory

SPAN = Period(date(2018, 11, 1), date(2022, 4, 30))
BANDS = ("blue", "green", "red", "nir", "swir16", "swir22")


def made_grid(side_px: int, chunk_px: int) -> Grid:
    geobox = GeoBox((side_px, side_px), Affine(10, 0, 500_000, 0, -10, 2_800_000), "EPSG:32647")
    chunk = Chunk(row=0, col=0, geobox=geobox[:chunk_px, :chunk_px])
    return Grid(geobox=geobox, chunks=(chunk,))


def made_scenes(a_month: int) -> list[Scene]:
    first = Scene(
        id="S", acquired=datetime(2019, 1, 1, 4, tzinfo=UTC), footprint=box(0, 0, 1, 1), assets={},
        collection="sentinel-2-l2a", sensor="sentinel-2-l2a", tile="47RMJ", datatake="d",
        platform="sentinel-2a", baseline="05.10", boa_offset_applied=True,
    )  # fmt: skip
    return [
        replace(first, id=f"S{month}-{at}", acquired=datetime(2019, month, at, 4, tzinfo=UTC))
        for month in range(1, 13)
        for at in range(1, min(a_month, 28) + 1)
    ]


def planned(grid: Grid, scenes: list[Scene], *, period: str = "dry-season", **asked):
    return plan_memory(
        scenes, grid, span=SPAN, periods=split_periods(SPAN, period), bands=BANDS, **asked
    )


def test_memory_is_that_of_the_fullest_month_and_the_longest_period() -> None:
    grid = made_grid(1024, 512)
    year, full = (planned(grid, made_scenes(n), workers=2) for n in (3, 6))
    assert year.read_bytes < full.read_bytes
    assert year.score_bytes == full.score_bytes
    months = planned(grid, made_scenes(3), workers=2, period="month")
    assert months.score_bytes < year.score_bytes
    assert planned(grid, made_scenes(3)[:3], workers=2) == year


def test_threads_give_way_first_then_kept_blocks() -> None:
    grid = made_grid(1024, 512)
    four = planned(grid, made_scenes(6), workers=4)
    assert (four.workers, four.cache_bytes) == (4, CACHE_BYTES)
    tight = planned(grid, made_scenes(6), max_memory_gib=1.15)
    assert tight.workers == 1
    assert tight.peak_bytes <= 1.15 * GIB
    tighter = planned(grid, made_scenes(28), workers=2, period="month", max_memory_gib=1.35)
    assert tighter.cache_bytes < CACHE_BYTES
    assert tighter.peak_bytes <= 1.35 * GIB


def test_what_cannot_be_kept_is_refused_with_a_mend() -> None:
    with pytest.raises(SettingsError, match="at least 1") as caught:
        planned(made_grid(1024, 512), made_scenes(6), max_memory_gib=0.7)
    assert "--chunk" in str(caught.value.hint)
    with pytest.raises(SettingsError) as caught:
        planned(made_grid(10_000, 512), made_scenes(6), max_memory_gib=3)
    assert "smaller ones" in str(caught.value.hint)


def test_nothing_asked_is_never_refused() -> None:
    assert planned(made_grid(10_000, 512), made_scenes(6)).workers == 1
    assert planned(made_grid(1024, 512), []).peak_bytes < 2 * GIB
