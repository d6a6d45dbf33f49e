"""What the own engine adds: few requests, shared blocks, and GDAL for all it does not know."""

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from affine import Affine

from minewatch.cube import RangeReader, RasterioReader, fetch
from minewatch.cube.block_memory import Block, BlockCache
from minewatch.cube.cog_header import BeyondHeaderError, parse_cog
from minewatch.cube.resampling import OnlyGdalError
from minewatch.errors import ReadError
from minewatch.settings import Settings

NOISE = np.random.default_rng(0).integers(1, 9999, (400, 400)).astype(np.uint16)


class NoGdal:
    """Stands in for the reader behind, and must not be asked."""

    def read(self, asset, geobox, *, band):
        raise AssertionError("GDAL was asked")

    def take_bytes(self):
        return 0


@pytest.fixture
def reader():
    made = RangeReader(Settings(http_retries=2, http_backoff_s=0, http_timeout_s=2))
    made._gdal = NoGdal()
    return made


def read(reader, asset, geobox, band="red"):
    return reader.read(asset, geobox, band=band)


@pytest.mark.parametrize("predictor", ["yes", "no"])
@pytest.mark.parametrize("kind", ["uint8", "uint16", "int16"])
@pytest.mark.parametrize("compress", ["deflate", "none"])
@pytest.mark.parametrize("big", ["no", "yes"])
def test_plain_files_need_no_gdal(archive, reader, predictor, kind, compress, big):
    pixels = (NOISE % 250).astype(kind)
    asset = archive.cog("a.tif", pixels, predictor=predictor, bigtiff=big)
    if compress == "none":
        with rasterio.open(asset.href) as file:
            profile = {**file.profile, "compress": None, "driver": "GTiff"}
        with rasterio.open(asset.href, "w", **profile) as file:
            file.write(pixels, 1)
    at = np.s_[30:333, 120:390]
    np.testing.assert_array_equal(read(reader, asset, archive.geobox(400, 400)[at]), pixels[at])


def test_a_file_takes_two_requests_and_the_next_window_one(archive, server, reader):
    asset = archive.cog("a.tif", NOISE)
    read(reader, asset, archive.geobox(400, 400)[:100, :100])
    assert len(server.requests) == 2
    read(reader, asset, archive.geobox(400, 400)[300:, 300:])
    assert len(server.requests) == 3


def test_blocks_that_lie_far_apart_are_fetched_apart(archive, server, reader, monkeypatch):
    monkeypatch.setattr(fetch, "GAP_BYTES", 1000)
    asset = archive.cog("a.tif", NOISE)
    at = np.s_[:, :100]
    np.testing.assert_array_equal(read(reader, asset, archive.geobox(400, 400)[at]), NOISE[at])
    assert len(server.requests) == 1 + 4


def test_blocks_are_fetched_once_for_the_windows_that_share_them(archive, server, reader):
    asset = archive.cog("a.tif", NOISE)
    threads = [
        threading.Thread(
            target=read, args=(reader, asset, archive.geobox(400, 400)[:100, at : at + 9])
        )
        for at in range(0, 100, 10)
    ]
    read(reader, asset, archive.geobox(400, 400)[300:, 300:])
    before = len(server.requests)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.requests) == before + 1


def test_a_window_that_fills_its_blocks_is_not_kept(archive, server, reader):
    asset, grid = archive.cog("a.tif", NOISE), archive.geobox(400, 400)
    asked = []
    for at in (np.s_[:], np.s_[:], np.s_[100:200, 100:200], np.s_[120:220, 100:200]):
        before = len(server.requests)
        np.testing.assert_array_equal(read(reader, asset, grid[at]), NOISE[at])
        asked.append(len(server.requests) - before)
    assert asked == [2, 1, 1, 0]


def test_what_was_left_of_an_answer_does_not_come_with_the_next(archive, server, reader):
    asset = archive.cog("a.tif", NOISE)
    path = archive.folder / "a.tif"
    header = parse_cog(path.read_bytes())
    with path.open("r+b") as file:
        file.seek(int(header.image.offsets[0, 0]) + 40)
        file.write(b"\xff" * 4000)
    for _ in range(3):
        with pytest.raises(ReadError, match="Decompression"):
            read(reader, asset, archive.geobox(400, 400))
        at = np.s_[130:, :]
        np.testing.assert_array_equal(read(reader, asset, archive.geobox(400, 400)[at]), NOISE[at])


def test_without_a_cache_every_window_is_fetched(archive, server):
    reader, asset = RangeReader(cache_bytes=0), archive.cog("a.tif", NOISE)
    for _ in range(3):
        read(reader, asset, archive.geobox(400, 400)[:100, :100])
    assert len(server.requests) == 1 + 3


def test_a_tile_never_written_is_nodata(archive, reader):
    path = archive.folder / "sparse.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=256, height=128, count=1, dtype="uint16", nodata=65535,
        crs="EPSG:32647", transform=Affine(10, 0, archive.west, 0, -10, archive.north),
        tiled=True, blockxsize=128, blockysize=128, sparse_ok=True, compress="deflate",
    ) as file:  # fmt: skip
        file.write(NOISE[:128, :128], 1, window=rasterio.windows.Window(0, 0, 128, 128))
    found = read(
        reader, replace(archive.cog("b.tif", NOISE), href=str(path)), archive.geobox(128, 256)
    )
    np.testing.assert_array_equal(found[:, :128], NOISE[:128, :128])
    assert not found[:, 128:].any()


@pytest.mark.parametrize(
    "unusual",
    [
        {"compress": "lzw"}, {"compress": "zstd"}, {"driver": "GTiff", "tiled": False},
        {"driver": "GTiff", "tiled": True, "endianness": "big"}, {"nodata": 65536.5},
        {"dtype": "float32"}, {"dtype": "int32"}, {"crs": "EPSG:4326"}, {"count": 2},
        {"transform": Affine(10, 1, 0, 0, -10, 0)}, {"crs": "+proj=tmerc +lon_0=98 +datum=WGS84"},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_unusual_is_left_to_gdal(archive, unusual):
    profile = {
        "driver": "COG", "width": 300, "height": 300, "count": 1, "dtype": "uint16",
        "crs": "EPSG:32647", "transform": Affine(10, 0, archive.west, 0, -10, archive.north),
        "compress": "deflate", **unusual,
    }  # fmt: skip
    if profile["dtype"] == "float32":
        profile["nodata"] = None
    path = archive.folder / "odd.tif"
    try:
        with rasterio.open(path, "w", **profile) as file:
            file.write(np.ones((profile["count"], 300, 300), profile["dtype"]))
    except ValueError:
        pytest.fail("GDAL cannot write this")
    with pytest.raises(OnlyGdalError):
        parse_cog(path.read_bytes())


@pytest.mark.parametrize("name", ["GDAL_HTTP_HEADER_FILE", "VSICURL_PC_SAS_TOKEN_URL"])
def test_where_gdal_is_told_how_to_ask_it_asks(archive, server, monkeypatch, name):
    monkeypatch.setenv(name, "")
    asked = []
    reader, asset = RangeReader(), archive.cog("a.tif", NOISE)
    reader._gdal.read = lambda *_, **__: asked.append(1)
    read(reader, asset, archive.geobox(10, 10))
    assert asked == [1]


@pytest.mark.parametrize("proxy", ["http_proxy", "https_proxy"])
def test_a_proxy_is_gdals(archive, monkeypatch, proxy):
    monkeypatch.setenv(proxy, "http://127.0.0.1:9")
    scheme = proxy.removesuffix("_proxy")
    asset = replace(archive.cog("a.tif", NOISE), href=f"{scheme}://somewhere.example/a.tif")
    asked = []
    reader = RangeReader()
    reader._gdal.read = lambda *_, **__: asked.append(1)
    read(reader, asset, archive.geobox(10, 10))
    assert asked == [1]


def test_coarse_grids_of_known_files_cost_no_header(archive, server):
    asset = archive.cog("a.tif", NOISE)
    asset = replace(asset, transform=(10, 0, archive.west, 0, -10, archive.north))
    reader, plain = RangeReader(), RasterioReader()
    coarse = archive.geobox(40, 40, res=100)
    read(plain, asset, coarse)
    needed = len(server.requests)
    np.testing.assert_array_equal(read(reader, asset, coarse), read(plain, asset, coarse))
    assert len(server.requests) - needed <= needed


def test_a_busy_server_is_given_the_time_it_asks_for(archive, server, reader, monkeypatch):
    waits = []
    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setattr(fetch, "_seconds", lambda told: 7.0)
    asset = archive.cog("a.tif", NOISE)
    server.faults["a.tif"] = [429, 200]
    np.testing.assert_array_equal(read(reader, asset, archive.geobox(400, 400)), NOISE)
    assert waits == [7.0]


def test_a_block_that_is_spoilt_is_a_read_error(archive, reader):
    asset = archive.cog("a.tif", NOISE)
    header = parse_cog((archive.folder / "a.tif").read_bytes())
    with (archive.folder / "a.tif").open("r+b") as file:
        file.seek(int(header.image.offsets[0, 0]) + 40)
        file.write(b"\xff" * 4000)
    with pytest.raises(ReadError, match="Decompression"):
        read(reader, asset, archive.geobox(100, 100))
    at = np.s_[300:, 300:]
    np.testing.assert_array_equal(read(reader, asset, archive.geobox(400, 400)[at]), NOISE[at])


def test_a_file_put_right_meanwhile_is_read_again(archive, reader):
    asset = archive.cog("a.tif", NOISE)
    path = archive.folder / "a.tif"
    whole = path.read_bytes()
    path.write_bytes(whole[:60_000])
    with pytest.raises(ReadError, match="cut off"):
        read(reader, asset, archive.geobox(400, 400))
    path.write_bytes(whole)
    np.testing.assert_array_equal(read(reader, asset, archive.geobox(400, 400)), NOISE)


def test_a_header_that_is_cut_asks_for_more(archive):
    archive.cog("a.tif", NOISE)
    whole = (archive.folder / "a.tif").read_bytes()
    for size in (4, 30, 200):
        with pytest.raises((BeyondHeaderError, OnlyGdalError)):
            parse_cog(whole[:size])


def test_a_cache_keeps_what_was_used_last(archive):
    cache, made = BlockCache(3 * 800), []

    def unpack(blocks):
        for block in blocks:
            made.append(block.row)
            yield block, np.zeros(100)

    def get(*rows):
        return [b.row for b, _ in cache.get("a", [Block(0, 1, row, 0) for row in rows], unpack)]

    assert get(1, 2, 3) == [1, 2, 3]
    assert get(1) == [1]
    get(4)
    assert made == [1, 2, 3, 4]
    get(1, 3)
    assert made == [1, 2, 3, 4]
    get(2)
    assert made == [1, 2, 3, 4, 2]


def test_a_block_that_failed_is_made_anew(archive):
    cache, block = BlockCache(1000), Block(0, 1, 0, 0)

    def fail(blocks):
        raise OSError("simulated")
        yield

    with pytest.raises(OSError, match="simulated"):
        list(cache.get("a", [block], fail))
    assert [b for b, _ in cache.get("a", [block], lambda _: iter([(block, np.zeros(9))]))] == [
        block
    ]
