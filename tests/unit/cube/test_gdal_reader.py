"""Windows of real files: the same pixels as odc-stac and GDAL, wherever the window lies."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import odc.stac
import pystac
import pytest
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox
from pyproj import Transformer
from shapely.geometry import box, mapping

from minewatch.cube import RangeReader, RasterioReader, resampling
from minewatch.errors import ReadError
from minewatch.model import ZERO_CLASS, Asset


@pytest.fixture(params=[RasterioReader, RangeReader])
def make_reader(request):
    return request.param


def noise(shape=(160, 160), *, seed=0, empty=0.02):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(1, 12_000, shape).astype(np.uint16)
    pixels[rng.random(shape) < empty] = 0
    return pixels


def pieces(geobox, size):
    rows, cols = geobox.shape
    for row in range(0, rows, size):
        for col in range(0, cols, size):
            yield np.s_[row : min(row + size, rows), col : min(col + size, cols)]


def odc_pixels(asset, geobox, resampling):
    bbox = [98, 24, 100, 26]
    item = pystac.Item("a", mapping(box(*bbox)), bbox, datetime(2024, 1, 1, tzinfo=UTC), {})
    item.add_asset("b", pystac.Asset(asset.href, media_type=pystac.MediaType.COG, roles=["data"]))
    loaded = odc.stac.load(
        [item], bands=["b"], geobox=geobox, resampling=resampling, dtype="uint16", nodata=0
    )
    return loaded["b"].values[0]


def test_an_aligned_window_is_the_files_own_pixels(archive, make_reader):
    pixels = noise()
    asset = archive.cog("a.tif", pixels)
    whole = archive.geobox(160, 160)
    reader = make_reader()
    for at in (np.s_[0:160, 0:160], np.s_[3:50, 100:160], np.s_[159:160, 0:1]):
        found = reader.read(asset, whole[at], band="red")
        np.testing.assert_array_equal(found, pixels[at])
        assert found.dtype == np.uint16
        assert found.flags.c_contiguous


def test_a_window_beyond_the_file_is_zero_there(archive, make_reader):
    pixels = noise()
    asset = archive.cog("a.tif", pixels)
    found = make_reader().read(asset, archive.geobox(160, 160).pad(9), band="red")
    np.testing.assert_array_equal(found, np.pad(pixels, 9))


@pytest.mark.parametrize("band", ["red", "mask"])
@pytest.mark.parametrize("res", [10, 20, 5, 15])
def test_a_window_that_misses_the_file_is_all_zero(archive, make_reader, band, res):
    asset = archive.cog("a.tif", noise())
    far = archive.geobox(20, 20, west=archive.west + 5000 + res / 3, res=res)
    assert not make_reader().read(asset, far, band=band).any()


@pytest.mark.parametrize(("kind", "nodata"), [("int16", -9999), ("uint16", 65535)])
def test_another_value_of_nodata_becomes_zero(archive, make_reader, kind, nodata):
    pixels = np.full((4, 4), 7, kind)
    pixels[0, 0] = nodata
    asset = archive.cog("a.tif", pixels, nodata=nodata)
    found = make_reader().read(asset, archive.geobox(4, 4), band="red")
    assert found[0].tolist() == [0, 7, 7, 7]


def test_negative_numbers_become_zero(archive, make_reader):
    asset = archive.cog("a.tif", np.array([[-5, 7]], np.int16))
    assert make_reader().read(asset, archive.geobox(1, 2), band="red").tolist() == [[0, 7]]


def test_the_same_pixels_as_odc_stac_when_aligned(archive, make_reader):
    asset = archive.cog("a.tif", noise())
    for at in (np.s_[0:64, 0:64], np.s_[37:160, 11:97]):
        geobox = archive.geobox(160, 160)[at]
        found = make_reader().read(asset, geobox, band="red")
        np.testing.assert_array_equal(found, odc_pixels(asset, geobox, "nearest"))


def test_twenty_metre_bands_are_bilinear_as_in_odc_stac(archive, make_reader):
    asset = archive.cog("a.tif", noise((80, 80), empty=0), res=20)
    for at in (np.s_[0:160, 0:160], np.s_[37:140, 11:97]):
        geobox = archive.geobox(160, 160)[at]
        found = make_reader().read(asset, geobox, band="swir16")
        np.testing.assert_array_equal(found, odc_pixels(asset, geobox, "bilinear"))


def test_classes_are_never_blended(archive, make_reader):
    classes = np.random.default_rng(0).integers(0, 12, (80, 80)).astype(np.uint8)
    asset = archive.cog("a.tif", classes, res=20)
    found = make_reader().read(asset, archive.geobox(160, 160)[3:99, 5:77], band="mask")
    np.testing.assert_array_equal(found, classes.repeat(2, 0).repeat(2, 1)[3:99, 5:77])


def test_a_coarser_grid_gets_averages_and_the_most_frequent_class(archive, make_reader):
    pixels = noise((160, 160), empty=0)
    classes = np.random.default_rng(0).choice([4, 9], (160, 160), p=[0.7, 0.3]).astype(np.uint8)
    coarse = archive.geobox(40, 40, res=40)
    bands = archive.cog("a.tif", pixels, overviews="none")
    mask = archive.cog("b.tif", classes, overviews="none")
    blocks = pixels.reshape(40, 4, 40, 4).mean(axis=(1, 3))
    fours = (classes == 4).reshape(40, 4, 40, 4).sum(axis=(1, 3))
    found = make_reader().read(bands, coarse, band="red")
    np.testing.assert_allclose(found, blocks, atol=0.51)
    found = make_reader().read(mask, coarse, band="mask")
    np.testing.assert_array_equal(found[fours != 8], np.where(fours > 8, 4, 9)[fours != 8])


def test_a_coarse_read_fetches_the_overview_only(archive, make_reader):
    asset = archive.cog("a.tif", noise((512, 512)), overview_count=3)
    reader = make_reader()
    reader.read(asset, archive.geobox(512, 512), band="red")
    full = reader.take_bytes()
    reader.read(asset, archive.geobox(64, 64, res=80), band="red")
    assert 0 < reader.take_bytes() < full / 30
    assert reader.take_bytes() == 0


def geobox_of_next_zone(archive, size):
    to_next = Transformer.from_crs(32647, 32646, always_xy=True)
    west, north = to_next.transform(archive.west + 400, archive.north - 300)
    return archive.geobox(size, size, west=round(west, -1), north=round(north, -1), epsg=32646)


def moved(geobox, east, north):
    return GeoBox(geobox.shape, Affine.translation(east, north) * geobox.affine, geobox.crs)


@pytest.mark.parametrize("band", ["red", "swir16", "mask"])
@pytest.mark.parametrize("case", ["aligned", "shifted", "finer", "coarser", "next zone"])
def test_the_size_of_the_window_changes_no_pixel(archive, make_reader, band, case):
    res = 10 if band == "red" else 20
    side = 1600 // res
    pixels = noise((side, side)) if band != "mask" else noise((side, side)) % 12
    asset = archive.cog("a.tif", pixels, res=res, overviews="none")
    geobox = {
        "aligned": archive.geobox(150, 150),
        "shifted": moved(archive.geobox(150, 150), 3.4375, -6.125),
        "finer": archive.geobox(150, 150, res=4),
        "coarser": archive.geobox(37, 37, res=40),
        "next zone": geobox_of_next_zone(archive, 96),
    }[case]
    reader = make_reader()
    whole = reader.read(asset, geobox, band=band)
    assert whole.any()
    for size in (16, 37):
        for at in pieces(geobox, size):
            np.testing.assert_array_equal(reader.read(asset, geobox[at], band=band), whole[at])


def test_a_grid_moved_by_half_a_pixel_gets_the_mean_of_neighbours(archive, make_reader):
    asset = archive.cog("a.tif", np.array([[100, 300, 400]] * 2, np.uint16))
    geobox = moved(archive.geobox(2, 2), 5, 0)
    assert make_reader().read(asset, geobox, band="red").tolist() == [[200, 350]] * 2


def test_the_next_zone_shows_the_same_ground(archive, make_reader):
    gradient = np.add.outer(np.arange(160) * 20, np.arange(160) * 30).astype(np.uint16) + 1000
    asset = archive.cog("a.tif", gradient)
    geobox = geobox_of_next_zone(archive, 64)
    found = make_reader().read(asset, geobox, band="red")
    back = Transformer.from_crs(32646, 32647, always_xy=True)
    x, y = back.transform(*(geobox.affine * (32.5, 20.5)))
    col, row = (x - archive.west) / 10 - 0.5, (archive.north - y) / 10 - 0.5
    assert found[20, 32] == pytest.approx(1000 + 20 * row + 30 * col, abs=1)


def test_a_file_of_reflectance_in_fractions_is_refused(archive, make_reader):
    asset = archive.cog("a.tif", np.full((40, 40), 0.3, np.float32))
    with pytest.raises(ReadError, match="float32"):
        make_reader().read(asset, archive.geobox(40, 40), band="red")


def test_a_reader_survives_being_sent_to_another_process(archive, make_reader):
    asset = archive.cog("a.tif", noise())
    reader = make_reader()
    before = reader.read(asset, archive.geobox(160, 160), band="red")
    copy = pickle.loads(pickle.dumps(reader))
    np.testing.assert_array_equal(copy.read(asset, archive.geobox(160, 160), band="red"), before)


@pytest.mark.parametrize(
    "reader",
    [RasterioReader(max_open=2), RangeReader(), RangeReader(cache_bytes=600_000)],
    ids=["two open files", "all blocks kept", "few blocks kept"],
)
def test_threads_share_a_reader_that_keeps_little(archive, reader):
    layers = [noise(seed=seed) for seed in range(5)]
    assets = [archive.cog(f"{seed}.tif", layer) for seed, layer in enumerate(layers)]
    tasks = [(n, at) for n in range(5) for at in pieces(archive.geobox(160, 160), 40)]

    def read(task):
        n, at = task
        return reader.read(assets[n], archive.geobox(160, 160)[at], band="red")

    with ThreadPoolExecutor(4) as pool:
        for (n, at), found in zip(tasks, pool.map(read, tasks), strict=True):
            np.testing.assert_array_equal(found, layers[n][at])


def test_any_band_of_a_file_is_read_by_its_number(archive, make_reader):
    bands = np.stack([np.full((40, 40), n, np.uint16) for n in (11, 22, 33)])
    for geobox in (archive.geobox(40, 40), archive.geobox(10, 10, res=40)):
        for index in (1, 2, 3):
            asset = replace(stacked(archive, bands), index=index)
            assert set(np.unique(make_reader().read(asset, geobox, band="red"))) == {11 * index}
    with pytest.raises(ReadError, match="has 3 bands, no band 4"):
        make_reader().read(replace(asset, index=4), archive.geobox(4, 4), band="red")


def stacked(archive, bands, *, nodata=0, kind=None):
    path = archive.folder / "stack.tif"
    count, rows, cols = bands.shape
    with rasterio.open(
        path, "w", driver="GTiff", width=cols, height=rows, count=count, dtype=bands.dtype,
        crs="EPSG:32647", nodata=nodata, transform=archive.geobox(rows, cols).affine,
    ) as file:  # fmt: skip
        file.write(bands)
    return Asset(href=str(path), epsg=32647)


def test_dark_ground_of_a_file_with_another_nodata_is_seen(archive, make_reader):
    asset = archive.cog("a.tif", np.array([[-9999, -5, 0, 7]], np.int16), nodata=-9999)
    found = make_reader().read(asset, archive.geobox(1, 4), band="red")
    assert found.tolist() == [[0, 1, 1, 7]]


@pytest.mark.parametrize("case", ["aligned", "finer", "coarser", "next zone"])
def test_a_class_0_is_kept_apart_from_no_pixel(archive, make_reader, case):
    classes = np.zeros((90, 90), np.uint8)
    classes[:, 60:] = 2
    geobox = {
        "aligned": archive.geobox(99, 90), "finer": archive.geobox(198, 180, res=5),
        "coarser": archive.geobox(25, 22, res=40), "next zone": geobox_of_next_zone(archive, 90),
    }[case]  # fmt: skip
    for of_file, stated in ((255, None), (None, -1), (0, -1)):
        asset = archive.cog(f"m{of_file}.tif", classes, nodata=of_file)
        asset = replace(asset, nodata=stated)
        found = make_reader().read(asset, geobox, band="mask")
        assert set(np.unique(found)) == {0, 2, ZERO_CLASS}
    assert found.shape == geobox.shape


def test_a_mask_of_zeros_does_not_give_way_to_ones_on_a_coarser_grid(archive, make_reader):
    """One clear pixel in nine does not make a hidden one clear."""
    hidden = np.zeros((90, 90), np.uint8)
    hidden[::3, ::3] = 1
    asset = replace(archive.cog("m.tif", hidden, nodata=None), nodata=-1)
    for geobox in (archive.geobox(30, 30, res=30), geobox_of_next_zone(archive, 10).zoom_out(3)):
        found = make_reader().read(asset, geobox, band="mask")
        assert 1 not in found[:8, :8]


def test_nodata_that_only_the_item_states_is_not_averaged_in(archive, make_reader):
    pixels = np.full((40, 40), 800, np.int16)
    pixels[::2] = -9999
    asset = replace(archive.cog("a.tif", pixels, nodata=None), nodata=-9999)
    found = make_reader().read(asset, archive.geobox(10, 10, res=40), band="red")
    assert set(np.unique(found)) == {800}


@pytest.mark.parametrize(("pixel_m", "is_averaged"), [(3.3, True), (33.0, False)])
def test_pixels_of_degrees_go_by_their_size_on_the_ground(
    archive, make_reader, pixel_m, is_averaged
):
    """On a grid of 10 m finer ones are averaged, and coarser ones interpolated."""
    to_degrees = Transformer.from_crs(32647, 4326, always_xy=True)
    west, north = to_degrees.transform(archive.west, archive.north)
    step, side = pixel_m * 0.00001 / 1.1, round(990 / pixel_m)
    rise = 1000 + np.indices((side, side))[1] * 100
    rise[:, 1::2] += 4000 if is_averaged else 0
    path = archive.folder / "degrees.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=side, height=side, count=1, dtype="uint16", nodata=0,
        crs="EPSG:4326", transform=Affine(step, 0, west, 0, -step, north),
    ) as file:  # fmt: skip
        file.write(rise.astype(np.uint16), 1)
    asset = Asset(href=str(path), epsg=4326)
    row = make_reader().read(asset, archive.geobox(40, 60), band="red")[20, 5:55].astype(int)
    steps = np.diff(row)
    if is_averaged:
        assert np.abs(steps).max() < 2500, "columns that alternate are mixed"
    else:
        assert (steps > 0).all(), "no pixel of the file shows as a block"


def test_a_box_is_brought_to_another_zone_once_a_tile(archive, make_reader, monkeypatch):
    calls, real = [], resampling.transform_bounds

    def counted(*args):
        calls.append(args)
        return real(*args)

    monkeypatch.setattr(resampling, "transform_bounds", counted)
    resampling._bounds_in.cache_clear()
    files = [archive.cog(f"{n}.tif", noise(seed=n)) for n in range(6)]
    geobox, reader = geobox_of_next_zone(archive, 41), make_reader()
    for file in files:
        assert reader.read(file, geobox, band="red").any()
        assert reader.take_bytes() > 0
    assert len(calls) == 1
