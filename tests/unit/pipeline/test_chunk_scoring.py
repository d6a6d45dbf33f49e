"""Evidence scored step by step is that scored at once, across borders of periods too."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox

from minewatch.detect import get_detection
from minewatch.model import (
    AreaOfInterest,
    Asset,
    Chunk,
    Grid,
    Job,
    Parameters,
    Period,
    Scene,
    SceneList,
    Terrain,
    silent,
    split_periods,
)
from minewatch.model.scenes import REFLECTANCE_BANDS
from minewatch.pipeline import chunk_scoring
from minewatch.pipeline.chunk_scoring import score_chunks
from minewatch.runtime.workers import open_workers
from minewatch.store.month_files import MonthRecord, empty_months, write_month
from minewatch.store.state_folder import StateFolder

BOX = GeoBox.from_bbox((700_000, 2_800_000, 700_040, 2_800_030), "EPSG:32647", resolution=10)
GRID = Grid(geobox=BOX, chunks=(Chunk(row=0, col=0, geobox=BOX),))
MONTHS = [Period(date(2021, m, 1), date(2021, m, 28)) for m in (1, 2, 3, 4)]
SCENE = Scene(
    id="S", collection="c", sensor="sentinel-2-l2a", acquired=datetime(2021, 1, 1, tzinfo=UTC),
    footprint=BOX.extent.geom, assets={b: Asset(href=b) for b in REFLECTANCE_BANDS},
)  # fmt: skip
AREA = AreaOfInterest(
    id="box", name="Box", geometry=BOX.extent.to_crs("EPSG:4326").geom, utm_epsg=32647
)


def freeze(state: StateFolder, month: Period, *, seed: int | None = None) -> str:
    """A month in which every pixel has one suspect overpass, or any by chance; what it holds."""
    cube = empty_months(BOX.shape, [month], REFLECTANCE_BANDS)
    for name in (*REFLECTANCE_BANDS, "doubtful_looks"):
        cube[name].to_numpy()[:] = 1
    if seed is not None:
        rng = np.random.default_rng(seed)
        for name, layer in cube.data_vars.items():
            most = 3 if "looks" in str(name) else 28 if "day" in str(name) else 5000
            layer.to_numpy()[:] = rng.integers(0, most, layer.shape)
    record = MonthRecord(key=str(month), overpasses=1, failures=())
    return f"{month.start} {write_month(state, GRID.chunks[0], month, cube, record).content}"


def gathered(state: StateFolder, held: list[str], *, threads: int = 1) -> xr.Dataset:
    span = Period(MONTHS[0].start, MONTHS[len(held) - 1].end)
    with open_workers(None, threads) as workers:
        job = Job(
            area=AREA, parameters=Parameters(span=span, period="month"), grid=GRID,
            scenes=SceneList(scenes=(SCENE,), catalog="", collection=""), terrain=Terrain(),
            periods=split_periods(span, "month"), detection=get_detection("pool-banks"),
            native_pixel_m=10.0,
        )  # fmt: skip
        found = score_chunks(
            job, state, frozen={GRID.chunks[0].name: held}, workers=workers, listener=silent
        )
        return found.layers.load()


def test_suspect_overpasses_are_settled_by_months_that_are_not_read_again(tmp_path: Path) -> None:
    state = StateFolder(directory=tmp_path / "state")
    held = [freeze(state, month) for month in MONTHS]
    for count in range(1, 5):
        last = gathered(state, held[:count])
    whole = gathered(StateFolder(directory=_moved(state, tmp_path / "other")), held)
    assert last.equals(whole)
    overpasses = whole["clear_looks"].to_numpy().reshape(4, -1)
    assert [set(row.tolist()) for row in overpasses] == [{0}, {0}, {1}, {1}]


@pytest.mark.parametrize(("part_px", "threads"), [(5, 1), (5, 3), (1 << 16, 2), (1 << 16, 40)])
def test_pixels_scored_in_parts_are_those_scored_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part_px: int, threads: int
) -> None:
    state = StateFolder(directory=tmp_path / "state")
    held = [freeze(state, month, seed=at) for at, month in enumerate(MONTHS)]
    whole = gathered(state, held)
    kept = all_states(state)
    other = StateFolder(directory=_moved(state, tmp_path / "other"))
    monkeypatch.setattr(chunk_scoring, "PART_PX", part_px)
    parts = gathered(other, held, threads=threads)
    assert parts.identical(whole)
    assert all_states(other) == kept


def all_states(state: StateFolder) -> dict[str, bytes]:
    """Everything that is kept of pixels."""
    folder = state.pixel_state_folder(GRID.chunks[0])
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _moved(state: StateFolder, to: Path) -> Path:
    """The same months without any evidence."""
    to.mkdir()
    (state.directory / "months").rename(to / "months")
    return to
