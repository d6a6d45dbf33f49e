"""Layers over the whole grid grow by a period and keep what they hold."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox

from minewatch import errors
from minewatch.model import Chunk, EvidenceLayer, Grid
from minewatch.store.evidence_arrays import EvidenceArrays, open_evidence_arrays


@pytest.fixture
def grid() -> Grid:
    """Two chunks side by side."""
    whole = GeoBox.from_bbox((700_000, 2_800_000, 700_080, 2_800_060), "EPSG:32647", resolution=10)
    chunks = tuple(Chunk(row=0, col=at, geobox=whole[:, at : at + 4]) for at in (0, 4))
    return Grid(geobox=whole, chunks=chunks)


def opened(folder: Path, grid: Grid, periods: int, layout: str = "same") -> EvidenceArrays:
    contract = {
        "share": EvidenceLayer(("period", "y", "x"), "uint8", 255, "%", "a share"),
        "first": EvidenceLayer(("y", "x"), "uint16", 0, "day", "a day"),
    }
    return open_evidence_arrays(folder, layout, grid, contract=contract, sizes={}, periods=periods)


def fill(layers: EvidenceArrays, grid: Grid, value: int, period: int) -> None:
    for chunk in grid.chunks:
        inside = np.ones(chunk.geobox.shape, bool)
        row = np.full((1, int(inside.sum())), value, "uint8")
        layers.write(chunk, inside, xr.Dataset({"share": (("y", "x"), row)}), period)


def test_a_further_period_is_not_observed_and_the_others_stay(tmp_path: Path, grid: Grid) -> None:
    layers = opened(tmp_path, grid, 2)
    fill(layers, grid, 7, 0)
    layers.note({"c": ["one"]})
    longer = opened(tmp_path, grid, 3)
    assert [np.unique(slab).tolist() for slab in longer.arrays["share"]] == [[7], [255], [255]]
    assert longer.keys == {"c": ["one"]}
    shorter = opened(tmp_path, grid, 1)
    assert shorter.arrays["share"].shape == (1, *grid.geobox.shape)
    assert np.unique(opened(tmp_path, grid, 2).arrays["share"][1]).tolist() == [255]


def test_layers_whose_growth_was_cut_off_are_not_kept(
    tmp_path: Path, grid: Grid, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what was added but not yet filled would read as something seen."""
    layers = opened(tmp_path, grid, 1)
    fill(layers, grid, 7, 0)
    layers.note({"c": ["one"]})
    allocate = os.posix_fallocate

    def cut_off(*where: int) -> None:
        allocate(*where)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("os.posix_fallocate", cut_off)
        with pytest.raises(KeyboardInterrupt):
            opened(tmp_path, grid, 2)
    again = opened(tmp_path, grid, 2)
    assert again.keys == {}
    assert np.unique(again.arrays["share"]).tolist() == [255]


def test_layers_of_another_layout_are_not_kept(tmp_path: Path, grid: Grid) -> None:
    layers = opened(tmp_path, grid, 1)
    fill(layers, grid, 7, 0)
    layers.note({"c": ["one"]})
    other = opened(tmp_path, grid, 1, layout="other")
    assert other.keys == {}
    assert np.unique(other.arrays["share"]).tolist() == [255]


def test_pixels_outside_the_area_are_left_alone(tmp_path: Path, grid: Grid) -> None:
    layers = opened(tmp_path, grid, 1)
    chunk = grid.chunks[0]
    inside = np.zeros(chunk.geobox.shape, bool)
    inside[1, 2] = True
    layers.write(chunk, inside, xr.Dataset({"first": (("y", "x"), np.array([[9]], "uint16"))}))
    assert np.flatnonzero(layers.arrays["first"]).size == 1
    assert layers.arrays["first"][chunk.window][1, 2] == 9


def test_no_period_gives_empty_layers(tmp_path: Path, grid: Grid) -> None:
    dims, values, _ = opened(tmp_path, grid, 0).variables()["share"]
    assert dims == ("period", "y", "x")
    assert values.shape == (0, *grid.geobox.shape)


def test_a_full_disk_is_said_and_leaves_nothing_half_made(
    tmp_path: Path, grid: Grid, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    folder = tmp_path / "evidence"
    with pytest.raises(errors.OutputError, match="No space left"):
        opened(folder, grid, 1)
    assert not folder.exists()


def test_layers_that_were_let_go_take_no_memory_and_hold_what_was_written(
    tmp_path: Path, grid: Grid, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minewatch.runtime.memory.LEAST_RELEASED_BYTES", 0)

    def resident_kb() -> int:
        lines = Path("/proc/self/smaps").read_text().splitlines()
        at = [n for n, line in enumerate(lines) if str(tmp_path) in line]
        rss = [next(line for line in lines[n:] if line.startswith("Rss:")) for n in at]
        return sum(int(line.split()[1]) for line in rss)

    layers = opened(tmp_path, grid, 2)
    fill(layers, grid, 7, 1)
    assert resident_kb() > 0
    layers.release()
    assert resident_kb() == 0
    assert [np.unique(slab).tolist() for slab in layers.arrays["share"]] == [[255], [7]]
