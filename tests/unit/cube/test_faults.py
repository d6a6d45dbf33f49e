"""Servers that misbehave: a read ends in pixels or in a ReadError, and tells no secret."""

import struct
from dataclasses import replace

import numpy as np
import pytest

from minewatch.cube import RangeReader, RasterioReader
from minewatch.errors import ReadError
from minewatch.model import Asset
from minewatch.settings import Settings

PIXELS = np.arange(160 * 160, dtype=np.uint16).reshape(160, 160) % 4000 + 1
SECRET = "CANARY123"


@pytest.fixture
def asset(archive, server):
    return archive.cog("a.tif", PIXELS)


@pytest.fixture(params=[RasterioReader, RangeReader])
def reader(request):
    return request.param(Settings(http_retries=2, http_backoff_s=0, http_timeout_s=0.5))


@pytest.fixture
def read(archive, reader):
    return lambda asset: reader.read(asset, archive.geobox(160, 160), band="red")


def test_pixels_come_over_http_in_few_requests(asset, server, read):
    np.testing.assert_array_equal(read(asset), PIXELS)
    assert len(server.requests) <= 3
    before = len(server.requests)
    read(asset)
    assert len(server.requests) == before


@pytest.mark.parametrize("fault", [500, 503, 429, 404, 403, "slow"])
def test_a_fault_that_passes_is_overcome(asset, server, read, fault):
    server.faults["a.tif"] = [fault, 200]
    np.testing.assert_array_equal(read(asset), PIXELS)


@pytest.mark.parametrize(("fault", "told"), [(404, "404"), (403, "403"), (500, "500")])
def test_a_fault_that_stays_is_a_read_error_with_its_cause(asset, server, read, fault, told):
    server.faults["a.tif"] = [fault]
    with pytest.raises(ReadError, match=told) as error:
        read(asset)
    assert "a.tif" in error.value.problem
    assert error.value.hint
    assert len(server.requests) >= 3


def test_a_server_that_never_answers_in_time_is_a_read_error(asset, server, read):
    server.faults["a.tif"] = ["slow"]
    with pytest.raises(ReadError, match=r"(?i)time"):
        read(asset)


def test_a_missing_file_is_found_once_it_is_there(asset, server, read):
    server.faults["a.tif"] = [404]
    with pytest.raises(ReadError):
        read(asset)
    server.faults.clear()
    np.testing.assert_array_equal(read(asset), PIXELS)


@pytest.mark.parametrize("keep", [40, 700, 30_000])
def test_a_truncated_file_is_a_read_error(archive, server, reader, keep):
    noise = np.random.default_rng(0).integers(1, 9999, (400, 400)).astype(np.uint16)
    asset = archive.cog("cut.tif", noise)
    path = archive.folder / "cut.tif"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ReadError):
        reader.read(asset, archive.geobox(400, 400), band="red")


def test_a_page_that_says_sorry_is_a_read_error(archive, asset, read):
    (archive.folder / "a.tif").write_text("<html>Sorry, try later.</html>" * 50)
    with pytest.raises(ReadError, match="not recognized"):
        read(asset)


@pytest.mark.parametrize("scale", [0.0, 1e-320, float("inf")])
def test_a_header_that_cannot_be_is_a_read_error(archive, read, scale):
    asset = archive.cog("a.tif", PIXELS)
    path = archive.folder / "a.tif"
    plain, odd = struct.pack("<2d", 10, 10), struct.pack("<2d", scale, scale)
    path.write_bytes(path.read_bytes().replace(plain, odd))
    with pytest.raises(ReadError):
        read(asset)


def test_a_missing_local_file_is_a_read_error_at_once(archive, read):
    asset = archive.cog("local.tif", PIXELS)
    (archive.folder / "local.tif").unlink()
    with pytest.raises(ReadError, match=r"local\.tif"):
        read(asset)


def test_a_bucket_is_read_with_the_keys_of_the_environment(archive, server, read, monkeypatch):
    archive.cog("bucket/a.tif", PIXELS)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "simulated",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_S3_ENDPOINT": server.url.removeprefix("http://"),
        "AWS_HTTPS": "NO",
        "AWS_VIRTUAL_HOSTING": "FALSE",
    }.items():
        monkeypatch.setenv(name, value)
    np.testing.assert_array_equal(read(Asset(href="s3://bucket/a.tif")), PIXELS)
    assert set(server.requests) == {"bucket/a.tif"}


@pytest.mark.parametrize("fault", ["refused", "not an image"])
def test_no_secret_of_an_address_is_told(archive, asset, server, read, caplog, fault):
    if fault == "refused":
        server.faults["a.tif"] = [403]
    else:
        (archive.folder / "a.tif").write_text("<html>Sorry, try later.</html>" * 50)
    signed = replace(asset, href=f"{asset.href}?sv=2021&sig={SECRET}&file=.tif")
    caplog.set_level("DEBUG")
    with pytest.raises(ReadError) as error:
        read(signed)
    assert SECRET not in f"{error.value} {error.value.__cause__} {caplog.text}"
