"""Runs of before decision 36 keep the chunks that their months lie in."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import box

from minewatch.cube import make_grid
from minewatch.model import AreaOfInterest, Parameters, Period
from minewatch.store.kept_grid import kept_grid
from minewatch.store.state_folder import StateFolder

WEST, SOUTH = 505_000, 2_791_000  # across edges of blocks of the tile, both ways
PARAMETERS = Parameters(span=Period(date(2021, 1, 1), date(2021, 12, 31)))


@pytest.fixture
def area() -> AreaOfInterest:
    ground = gpd.GeoSeries([box(WEST, SOUTH, WEST + 2_000, SOUTH + 4_500)], crs=32647)
    outline = ground.to_crs(4326).iloc[0]
    return AreaOfInterest(id="small", name="Small", geometry=outline, utm_epsg=32647)


@pytest.mark.parametrize("along_all_blocks", [True, False])
def test_a_run_goes_on_in_its_chunks(
    tmp_path: Path, area: AreaOfInterest, along_all_blocks: bool
) -> None:
    before = make_grid(area, along_all_blocks=along_all_blocks)
    assert (len(before.chunks) > 1) == along_all_blocks
    for chunk in before.chunks:
        (tmp_path / "months" / chunk.name).mkdir(parents=True)
    assert kept_grid(StateFolder(directory=tmp_path), area, PARAMETERS) == before


def test_a_new_run_takes_what_fits_into_a_chunk_as_one(
    tmp_path: Path, area: AreaOfInterest
) -> None:
    grid = kept_grid(StateFolder(directory=tmp_path), area, PARAMETERS)
    assert len(grid.chunks) == 1
