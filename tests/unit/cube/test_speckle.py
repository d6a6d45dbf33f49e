"""Backscatter as digital numbers, and speckle out of it. All pixels are simulated."""

import numpy as np
import pytest
import rasterio

from minewatch.cube import RangeReader, RasterioReader
from minewatch.cube.speckle import LOOKS, filter_speckle
from minewatch.errors import ReadError
from minewatch.model import STEP_DB, Asset, backscatter_numbers, backscatter_power, number_of


def speckled(power, *, seed=3):
    """Ground of a linear power, as one overpass measures it."""
    noise = np.random.default_rng(seed).gamma(LOOKS, 1 / LOOKS, np.shape(power))
    return backscatter_numbers(power * noise)


def decibels(numbers):
    return (numbers.astype(float) - 1) * STEP_DB - 50


def test_power_survives_as_a_number_to_a_hundredth_of_a_decibel():
    power = np.array([10**-4.99, 0.05, 0.2, 1.0, 8.0])
    back = backscatter_power(backscatter_numbers(power))
    np.testing.assert_allclose(10 * np.log10(back / power), 0, atol=STEP_DB / 2 + 1e-9)
    assert np.isnan(backscatter_power(np.zeros(1, np.uint16))).all()


@pytest.mark.parametrize("power", [np.nan, -np.inf, np.inf, 0.0, -0.1])
def test_what_is_no_power_is_not_seen(power):
    assert backscatter_numbers(np.array([power])).tolist() == [0]


def test_flat_ground_becomes_even_and_keeps_its_level():
    before = speckled(np.full((60, 60), 0.05))
    after = filter_speckle(before, pixel_m=10)[2:-2, 2:-2]
    assert decibels(after).std() < 0.4 * decibels(before).std()
    assert backscatter_power(after).mean() == pytest.approx(0.05, rel=0.02)


def test_a_bright_point_and_an_edge_are_not_smeared_out():
    ground = np.full((40, 40), 0.05)
    ground[:, 20:] = 0.005
    ground[8, 8] = 5.0
    after = decibels(filter_speckle(speckled(ground), pixel_m=10))
    assert after[8, 8] > 0
    assert after[5:35, 23:30].mean() < -21
    assert after[15:35, 10:17].mean() > -14


def test_what_is_not_seen_takes_no_part_and_stays_unseen():
    before = backscatter_numbers(np.full((30, 30), 0.05))
    before[:, 10:13] = 0
    np.testing.assert_array_equal(filter_speckle(before, pixel_m=20), before)


@pytest.mark.parametrize("pixel_m", [10, 20, 30])
def test_a_pixel_does_not_depend_on_where_the_window_begins(pixel_m):
    before = speckled(np.full((50, 50), 0.05))
    whole = filter_speckle(before, pixel_m=pixel_m)
    for top, left in ((0, 3), (11, 7), (20, 20)):
        part = filter_speckle(np.ascontiguousarray(before[top:, left:]), pixel_m=pixel_m)
        np.testing.assert_array_equal(part[3:-3, 3:-3], whole[top + 3 : -3, left + 3 : -3])


@pytest.mark.parametrize("make_reader", [RasterioReader, RangeReader])
def test_files_of_power_are_read_as_numbers_and_averaged_as_power(archive, make_reader):
    power = np.full((40, 40), 0.02, np.float32)
    power[::2] = 0.08
    power[:, 20:] = -32768
    path = archive.folder / "vh.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=40, height=40, count=1, dtype="float32", nodata=-32768,
        crs="EPSG:32647", transform=archive.geobox(40, 40).affine,
    ) as file:  # fmt: skip
        file.write(power, 1)
    asset, reader = Asset(href=str(path), epsg=32647), make_reader()
    whole = reader.read(asset, archive.geobox(40, 40), band="vh")
    assert whole[0, 0] == number_of(10 * np.log10(0.08))
    assert not whole[:, 20:].any()
    coarse = reader.read(asset, archive.geobox(20, 20, res=20), band="vh")
    assert coarse[5, 5] == number_of(10 * np.log10(0.05)), "the mean of power, not of decibels"
    with pytest.raises(ReadError, match="float32"):
        reader.read(asset, archive.geobox(4, 4), band="red")


def test_a_file_of_whole_numbers_is_no_backscatter(archive):
    asset = archive.cog("a.tif", np.full((40, 40), 300, np.uint16))
    with pytest.raises(ReadError, match="uint16"):
        RasterioReader().read(asset, archive.geobox(4, 4), band="vh")
