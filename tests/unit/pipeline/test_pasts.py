"""What is kept of the past: found by its key, whole or not at all."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from minewatch.detect import Past, no_past
from minewatch.pipeline.pasts import Pasts


@pytest.fixture
def past() -> Past:
    layers = no_past(5).copied()
    layers["fit"][:] = np.arange(5, dtype="float32")[:, None]
    layers["runs"][2, 0] = (18000, 17990, 18100)
    return Past(14, 17836, layers)


def same(a: Past, b: Past) -> bool:
    layers = all(np.array_equal(a.layers[n], b.layers[n]) for n in a.layers)
    return layers and (a.months, a.first_day) == (b.months, b.first_day)


def test_the_latest_past_along_the_chain_is_found(tmp_path: Path, past: Past) -> None:
    pasts = Pasts(tmp_path / "chunk")
    assert pasts.latest(["one", "two"]) == (0, None)
    pasts.write("one", no_past(5))
    pasts.write("two", past)
    steps, found = pasts.latest(["one", "two", "three"])
    assert steps == 2
    assert found is not None
    assert same(found, past)
    assert pasts.latest(["one", "other"])[0] == 1


def test_others_are_forgotten(tmp_path: Path, past: Past) -> None:
    pasts = Pasts(tmp_path)
    for key in ("one", "two", "three"):
        pasts.write(key, past)
    pasts.keep_only(["two"])
    assert [p.stem for p in tmp_path.iterdir()] == ["two"]


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_a_damaged_past_is_none(
    tmp_path: Path, past: Past, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    pasts = Pasts(tmp_path)
    pasts.write("one", past)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    half = len(whole) // 2
    path.write_bytes({
        "cut": whole[:half], "flipped": whole[:100] + bytes([whole[100] ^ 255]) + whole[101:],
        "empty": b"",
    }[damage])  # fmt: skip
    with caplog.at_level(logging.WARNING):
        assert pasts.latest(["one"]) == (0, None)
    assert "is damaged" in caplog.text


def test_equal_pasts_are_equal_bytes(tmp_path: Path, past: Past) -> None:
    for name in ("a", "b"):
        Pasts(tmp_path / name).write("one", past)
    a, b = (next((tmp_path / name).iterdir()).read_bytes() for name in ("a", "b"))
    assert a == b
