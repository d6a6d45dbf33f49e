"""Blocks kept on disk: the same bytes or none, within bounds, without addresses."""

import os
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from minewatch.cube import BlockStore, RangeReader
from minewatch.cube.block_store import SUM_BYTES
from minewatch.errors import SettingsError

NOISE = np.random.default_rng(0).integers(1, 9999, (400, 400)).astype(np.uint16)


def files_of(store: BlockStore) -> list[Path]:
    return sorted(path for path in store.folder.rglob("*") if path.is_file())


def read_again(store: BlockStore, asset, geobox) -> np.ndarray:
    """The pixels as a new process reads them."""
    return RangeReader(store=store).read(asset, geobox, band="red")


@pytest.fixture
def store(tmp_path) -> BlockStore:
    return BlockStore(tmp_path / "kept", 10_000_000)


def test_a_block_comes_back_as_it_was_put(store):
    store.put("file", 70, b"pixels")
    assert store.get("file", 70, 6) == b"pixels"
    assert BlockStore(store.folder, 1000).get("file", 70, 6) == b"pixels"
    assert store.get("file", 71, 6) is None
    assert store.get("other", 70, 6) is None


@pytest.mark.parametrize("harm", [lambda b: b[:-1], lambda b: b[:-1] + b"?", lambda b: b""])
def test_a_damaged_block_is_removed(store, harm):
    store.put("file", 0, b"pixels")
    (path,) = files_of(store)
    path.write_bytes(harm(path.read_bytes()))
    assert store.get("file", 0, 6) is None
    assert not path.exists()


def test_a_block_under_the_name_of_another_is_damaged(store):
    store.put("file", 0, b"pixels")
    (path,) = files_of(store)
    store.put("file", 9, b"PIXELS")
    (other,) = set(files_of(store)) - {path}
    path.write_bytes(other.read_bytes())
    assert store.get("file", 0, 6) is None


def test_the_blocks_not_used_for_longest_give_way(tmp_path):
    one = 100 + SUM_BYTES
    store = BlockStore(tmp_path, 10 * one)
    for at in range(10):
        store.put("file", at, bytes(100))
        os.utime(store._path("file", at, 100), (at, at))
    store.get("file", 0, 100)
    store.put("file", 10, bytes(100))
    assert sum(path.stat().st_size for path in files_of(store)) <= 10 * one
    assert store.get("file", 0, 100)
    assert store.get("file", 1, 100) is None
    assert store.get("file", 10, 100)


def test_the_bound_holds_for_what_another_process_wrote(tmp_path):
    other = BlockStore(tmp_path, 100_000)
    for at in range(8):
        other.put("theirs", at, bytes(10_000))
    ours = BlockStore(tmp_path, 50_000)
    assert sum(path.stat().st_size for path in files_of(ours)) <= 50_000


def test_a_block_larger_than_the_bound_is_not_kept(tmp_path):
    store = BlockStore(tmp_path, 50)
    store.put("file", 0, bytes(100))
    assert files_of(store) == []


def test_a_folder_that_takes_nothing_is_no_failure(store, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    store.put("file", 0, b"pixels")
    assert store.get("file", 0, 6) is None
    assert files_of(store) == []


def test_a_bound_of_nothing_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="0 bytes"):
        BlockStore(tmp_path, 0)


def test_the_second_reader_asks_for_the_header_only(archive, server, store):
    asset, geobox = archive.cog("a.tif", NOISE), archive.geobox(400, 400)
    first = read_again(store, asset, geobox)
    before = len(server.requests)
    np.testing.assert_array_equal(read_again(store, asset, geobox), first)
    assert len(server.requests) == before + 1


def test_a_damaged_block_is_fetched_again(archive, server, store):
    asset, geobox = archive.cog("a.tif", NOISE), archive.geobox(400, 400)
    first = read_again(store, asset, geobox)
    for path in files_of(store)[:3]:
        path.write_bytes(path.read_bytes()[:-9])
    np.testing.assert_array_equal(read_again(store, asset, geobox), first)
    before = len(server.requests)
    read_again(store, asset, geobox)
    assert len(server.requests) == before + 1


def test_a_file_that_was_replaced_is_fetched_anew(archive, server, store):
    geobox = archive.geobox(400, 400)
    read_again(store, archive.cog("a.tif", NOISE), geobox)
    asset = archive.cog("a.tif", NOISE[::-1])
    np.testing.assert_array_equal(read_again(store, asset, geobox), NOISE[::-1])


def test_no_address_and_no_token_is_written_down(archive, server, store):
    asset = archive.cog("a.tif", NOISE)
    signed = replace(asset, href=f"{asset.href}?sig=CANARY")
    read_again(store, signed, archive.geobox(400, 400))
    assert files_of(store)
    for path in files_of(store):
        assert "CANARY" not in str(path)
        assert b"CANARY" not in path.read_bytes()
        assert b"a.tif" not in path.read_bytes()


def test_files_on_disk_are_not_kept(archive, store):
    read_again(store, archive.cog("a.tif", NOISE), archive.geobox(400, 400))
    assert files_of(store) == []


def test_a_reader_sent_away_keeps_blocks_in_the_same_folder(archive, server, store):
    asset, geobox = archive.cog("a.tif", NOISE), archive.geobox(400, 400)
    sent = pickle.loads(pickle.dumps(RangeReader(store=store)))
    sent.read(asset, geobox, band="red")
    assert files_of(store)
