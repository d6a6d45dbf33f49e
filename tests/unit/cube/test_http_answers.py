"""What is believed of an answer: only what was asked for, of one version of a file."""

import os
from dataclasses import replace

import numpy as np
import pytest
from tests.range_server import FAULTS, PAGE, serving
from urllib3.response import HTTPResponse

from minewatch.cube import BlockStore, RangeReader, RasterioReader, fetch
from minewatch.errors import ReadError
from minewatch.http_answers import BrokenError, FileVersion, part_of
from minewatch.settings import Settings

NOISE = np.random.default_rng(0).integers(1, 9999, (400, 400)).astype(np.uint16)
OTHER = NOISE[::-1].copy()
TOP, LOW = np.s_[:100, :], np.s_[300:, :]
RIGHT = {"in pieces"}
"""Answers that are unusual, but hold what was asked for."""
CUT = {"whole file"}
"""Answers out of which the part that was asked for is cut."""
ONE_STORY = {"another file", "another length"}
"""Claims that nobody can tell from the truth, once all answers agree on them."""
LIES = sorted(FAULTS.keys() - RIGHT - CUT - ONE_STORY)


class NoGdal:
    """Stands in for the reader behind, and must not be asked."""

    def read(self, asset, geobox, *, band):
        raise AssertionError("GDAL was asked")

    def take_bytes(self):
        return 0


@pytest.fixture
def make_reader():
    def make(**options):
        made = RangeReader(Settings(http_retries=2, http_backoff_s=0, http_timeout_s=2), **options)
        made._gdal = NoGdal()
        return made

    return make


@pytest.fixture
def reader(make_reader):
    return make_reader()


@pytest.fixture
def asset(archive, server):
    return archive.cog("a.tif", NOISE)


@pytest.fixture
def read(archive):
    return lambda reader, asset, at=np.s_[:]: reader.read(
        asset, archive.geobox(400, 400)[at], band="red"
    )


@pytest.mark.parametrize("right_before", [0, 1], ids=["header", "blocks"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_answer_is_a_failed_attempt(server, asset, reader, read, fault, right_before):
    server.faults["a.tif"] = [200] * right_before + [fault, 200]
    np.testing.assert_array_equal(read(reader, asset), NOISE)
    assert len(server.requests) > 2 or fault in RIGHT | CUT


@pytest.mark.parametrize("fault", ["other range", "longer range", "another file"])
def test_where_blocks_carry_no_checksum_the_answer_is_still_checked(
    archive, server, reader, read, fault
):
    asset = archive.cog("a.tif", NOISE, compress="none")
    server.faults["a.tif"] = [200, fault, 200]
    np.testing.assert_array_equal(read(reader, asset), NOISE)
    assert len(server.requests) == 4


@pytest.mark.parametrize("fault", LIES)
def test_wrong_answers_without_end_are_a_read_error(server, asset, reader, read, fault):
    server.faults["a.tif"] = [200, fault]
    with pytest.raises(ReadError):
        read(reader, asset)


def test_a_server_that_knows_no_ranges_is_read_as_far_as_it_is_worth(
    server, asset, reader, read, monkeypatch
):
    server.faults["a.tif"] = ["whole file"]
    np.testing.assert_array_equal(read(reader, asset), NOISE)
    monkeypatch.setattr(fetch, "MOST_SKIPPED", 1000)
    with pytest.raises(ReadError, match="whole"):
        read(reader, asset, LOW)


@pytest.mark.parametrize("names", ["ETag", "Last-Modified"])
def test_a_file_replaced_before_any_pixel_was_given_is_read_anew(
    archive, server, asset, reader, read, names, monkeypatch
):
    server.names_versions = names
    replaced = []
    blocks = reader._fetcher.blocks

    def replace_first(*args, **options):
        if not replaced:
            replaced.append(archive.cog("a.tif", OTHER))
            os.utime(archive.folder / "a.tif", (9, 9))
        return blocks(*args, **options)

    monkeypatch.setattr(reader._fetcher, "blocks", replace_first)
    np.testing.assert_array_equal(read(reader, asset), OTHER)


@pytest.mark.parametrize("place", ["far", "near"])
@pytest.mark.parametrize("is_known", [True, False], ids=["known", "forgotten"])
def test_a_file_replaced_in_the_middle_is_not_mixed(
    archive, server, asset, reader, read, place, is_known
):
    if place == "near":
        asset = replace(asset, href=str(archive.folder / "a.tif"))
    np.testing.assert_array_equal(read(reader, asset, TOP), NOISE[TOP])
    archive.cog("a.tif", OTHER)
    if not is_known:
        reader._forget(asset.href)
    for at in (LOW, TOP):
        with pytest.raises(ReadError, match="replaced"):
            read(reader, asset, at)


def test_a_file_replaced_by_one_that_is_gdals_is_not_mixed(archive, asset, reader, read):
    read(reader, asset, TOP)
    archive.cog("a.tif", OTHER.astype(np.int32))
    with pytest.raises(ReadError, match="replaced"):
        read(reader, asset, LOW)


def test_a_refusal_in_the_middle_does_not_send_a_file_to_gdal(server, asset, reader, read):
    read(reader, asset, TOP)
    server.faults["a.tif"] = [403, 200]
    np.testing.assert_array_equal(read(reader, asset, LOW), NOISE[LOW])
    server.faults["a.tif"] = [403]
    with pytest.raises(ReadError, match="403"):
        read(reader, asset, np.s_[200:210, :])


@pytest.mark.parametrize("has_key", [False, True])
def test_a_refused_file_is_left_to_gdal_only_where_it_knows_a_key(
    server, asset, read, monkeypatch, tmp_path, has_key
):
    monkeypatch.setenv("HOME", str(tmp_path))
    if has_key:
        (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password word\n")
        (tmp_path / ".netrc").chmod(0o600)
    by_gdal, gdals = [], RasterioReader.read

    def count(self, *args, **kwargs):
        by_gdal.append(1)
        return gdals(self, *args, **kwargs)

    monkeypatch.setattr(RasterioReader, "read", count)
    server.faults["a.tif"] = [403, 200]
    reader = RangeReader(Settings(http_retries=2, http_backoff_s=0))
    np.testing.assert_array_equal(read(reader, asset, TOP), NOISE[TOP])
    assert bool(by_gdal) is has_key


def test_a_redirect_to_where_keys_are_handed_out_is_not_followed(server, asset, reader, read):
    server.faults["a.tif"] = ["http://169.254.169.254/latest/meta-data"]
    with pytest.raises(ReadError, match="this machine's keys"):
        read(reader, asset, TOP)


def test_blocks_are_kept_under_the_version_they_came_with(
    archive, server, asset, make_reader, read, tmp_path
):
    store = BlockStore(tmp_path / "kept", 10_000_000)
    running = make_reader(store=store)
    read(running, asset, TOP)
    whole = (archive.folder / "a.tif").read_bytes()
    archive.cog("a.tif", OTHER)
    with pytest.raises(ReadError):
        read(running, asset, LOW)
    np.testing.assert_array_equal(read(make_reader(store=store), asset), OTHER)
    (archive.folder / "a.tif").write_bytes(whole)
    np.testing.assert_array_equal(read(make_reader(store=store), asset), NOISE)


@pytest.mark.parametrize("fault", LIES)
def test_nothing_of_a_wrong_answer_is_kept(server, asset, make_reader, read, tmp_path, fault):
    store = BlockStore(tmp_path / "kept", 10_000_000)
    server.faults["a.tif"] = [200, fault]
    with pytest.raises(ReadError):
        read(make_reader(store=store), asset)
    server.faults.clear()
    np.testing.assert_array_equal(read(make_reader(store=store), asset), NOISE)


@pytest.mark.parametrize("why", ["no version", "no checksum"])
def test_what_cannot_be_proven_is_not_kept(archive, server, make_reader, read, tmp_path, why):
    store = BlockStore(tmp_path / "kept", 10_000_000)
    asset = archive.cog("a.tif", NOISE, compress="none" if why == "no checksum" else "deflate")
    server.names_versions = "" if why == "no version" else "ETag"
    np.testing.assert_array_equal(read(make_reader(store=store), asset), NOISE)
    assert not [path for path in store.folder.rglob("*") if path.is_file()]


def test_garbage_for_a_header_is_repeated_and_named(archive, server, asset, reader, read):
    whole = (archive.folder / "a.tif").read_bytes()
    (archive.folder / "a.tif").write_bytes(PAGE)
    with pytest.raises(ReadError, match="not recognized"):
        read(reader, asset)
    assert len(server.requests) == 3
    (archive.folder / "a.tif").write_bytes(whole)
    np.testing.assert_array_equal(read(reader, asset), NOISE)


@pytest.mark.parametrize("stated", [{"epsg": 32646}, {"shape": (40, 40)}, {"transform": (9,) * 6}])
def test_a_header_that_contradicts_the_catalogue_counts_when_it_came_twice(
    server, asset, reader, read, stated
):
    np.testing.assert_array_equal(read(reader, replace(asset, epsg=None)), NOISE)
    before = len(server.requests)
    reader._forget(asset.href)
    header = reader._header(asset.href, replace(asset, **stated))
    assert header.header.image.shape == NOISE.shape
    assert len(server.requests) == before + 2


def test_what_is_left_to_gdal_is_so_by_two_equal_headers(archive, server, asset):
    reader = RangeReader(Settings(http_retries=0))
    archive.cog("a.tif", NOISE.astype(np.int32))
    assert "bits" in str(reader._header(asset.href, asset).header)
    assert len(server.requests) == 2


def test_a_redirect_is_followed_as_a_read(archive, server, asset, reader, read):
    archive.cog("b.tif", NOISE)
    server.faults["a.tif"] = [f"{server.url}/b.tif"]
    np.testing.assert_array_equal(read(reader, asset), NOISE)
    assert len(server.requests) == 4


def test_no_secret_and_no_header_follows_to_another_host(archive, server, asset, reader, read):
    with serving(archive.folder) as other:
        onward = f"{other.url.replace('127.0.0.1', 'localhost')}/a.tif"
        server.faults["a.tif"] = [onward]
        signed = asset.href.replace("://", "://name:CANARY@") + "?key=CANARY"
        np.testing.assert_array_equal(read(reader, replace(asset, href=signed)), NOISE)
        assert "CANARY" not in str(other.headers)
        sent = {name for headers in other.headers for name in headers}
    assert sent <= {"host", "range", "accept-encoding", "user-agent"}


@pytest.mark.parametrize("onward", ["file:///etc/passwd://", "ftp://127.0.0.1/a.tif", "http://[::"])
def test_a_redirect_to_no_server_is_a_read_error(server, asset, reader, read, onward):
    server.faults["a.tif"] = [onward if "://" in onward else f"{onward}://"]
    with pytest.raises(ReadError, match="nowhere"):
        read(reader, asset)


def test_redirects_in_a_circle_are_a_read_error(server, asset, reader, read):
    server.faults["a.tif"] = [f"{server.url}/a.tif"]
    with pytest.raises(ReadError, match="redirected more than 5"):
        read(reader, asset)


def test_a_redirect_never_leaves_a_safe_line():
    answer = HTTPResponse(status=302, headers={"Location": "http://host.example/a.tif"})
    assert fetch._onward("http://first.example/", answer)
    with pytest.raises(BrokenError, match="open line"):
        fetch._onward("https://first.example/", answer)


def test_a_strong_etag_says_more_than_a_date():
    def version(**names):
        return part_of(206, {"Content-Range": "bytes 0-1/2", **names}, start=0, end=2).version

    at_one, at_two = {"Last-Modified": "one"}, {"Last-Modified": "two"}
    assert version(ETag='"a"', **at_one) == version(ETag='"a"', **at_two)
    assert version(ETag='W/"a"', **at_one) != version(ETag='W/"a"', **at_two)
    assert version(**at_one) != version(**at_two)
    assert not version().is_named
    assert FileVersion(2, '"a"').is_named
