"""What is kept of pixels: found by its key, whole or not at all."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from minewatch.detect.pool_banks.state_layers import PIXEL_STATE_LAYERS, start_state
from minewatch.model import PixelState
from minewatch.store.pixel_state_files import ChunkState, PixelStateFiles


@pytest.fixture
def kept() -> ChunkState:
    layers = start_state(5).copied()
    layers["fit"][:] = np.arange(5, dtype="float32")[:, None]
    layers["runs"][2, 0] = (18000, 17990, 18100)
    recent = np.arange(40, dtype="uint16").reshape(2, 4, 1, 5)
    return ChunkState(PixelState(14, 17836, layers), recent)


def same(a: ChunkState, b: ChunkState) -> bool:
    layers = all(np.array_equal(a.pixels.layers[n], b.pixels.layers[n]) for n in a.pixels.layers)
    when = [(k.pixels.months, k.pixels.first_day) for k in (a, b)]
    return layers and when[0] == when[1] and np.array_equal(a.recent, b.recent)


def test_the_latest_past_along_the_chain_is_found(tmp_path: Path, kept: ChunkState) -> None:
    states = PixelStateFiles(tmp_path / "chunk")
    assert states.latest(["one", "two"], PIXEL_STATE_LAYERS) == (0, None)
    states.write("one", ChunkState(start_state(5)))
    states.write("two", kept)
    steps, found = states.latest(["one", "two", "three"], PIXEL_STATE_LAYERS)
    assert steps == 2
    assert found is not None
    assert same(found, kept)
    assert states.latest(["one", "other"], PIXEL_STATE_LAYERS)[0] == 1


def test_others_are_forgotten(tmp_path: Path, kept: ChunkState) -> None:
    states = PixelStateFiles(tmp_path)
    for key in ("one", "two", "three"):
        states.write(key, kept)
    states.keep_only(["two"])
    assert [p.stem for p in tmp_path.iterdir()] == ["two"]


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_a_damaged_past_is_none(
    tmp_path: Path, kept: ChunkState, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    states = PixelStateFiles(tmp_path)
    states.write("one", kept)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    half = len(whole) // 2
    path.write_bytes({
        "cut": whole[:half], "flipped": whole[:100] + bytes([whole[100] ^ 255]) + whole[101:],
        "empty": b"",
    }[damage])  # fmt: skip
    with caplog.at_level(logging.WARNING):
        assert states.latest(["one"], PIXEL_STATE_LAYERS) == (0, None)
    assert "is damaged" in caplog.text


def test_equal_states_are_equal_bytes(tmp_path: Path, kept: ChunkState) -> None:
    for name in ("a", "b"):
        PixelStateFiles(tmp_path / name).write("one", kept)
    a, b = (next((tmp_path / name).iterdir()).read_bytes() for name in ("a", "b"))
    assert a == b
