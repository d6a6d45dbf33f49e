import numpy as np

from minewatch.cube.reflectance_scale import reflectance_table
from minewatch.sensors import Line


def reflectance(pixels, *, scale=0.0001, offset_dn=0):
    return reflectance_table(scale, offset_dn)[pixels]


def test_nodata_is_set_aside_before_the_offset():
    pixels = np.array([0, 1180, 3860], np.uint16)
    assert reflectance(pixels, offset_dn=-1000).tolist() == [0, 180, 2860]


def test_ground_darker_than_black_is_seen_all_the_same():
    pixels = np.array([1, 950, 1000, 1001], np.uint16)
    assert reflectance(pixels, offset_dn=-1000).tolist() == [1, 1, 1, 1]


def test_without_an_offset_digital_numbers_are_reflectance():
    pixels = np.arange(65536, dtype=np.uint16)
    np.testing.assert_array_equal(reflectance(pixels), pixels)


def test_landsat_comes_on_the_same_scale_and_saturates():
    pixels = np.array([[7273, 10000], [43636, 65535]], np.uint16)
    found = reflectance(pixels, scale=0.0000275, offset_dn=-7273)
    assert found.tolist() == [[1, 750], [10000, 16022]]
    assert reflectance(pixels, scale=0.001).max() == 65535


def test_another_sensor_is_brought_to_the_reference_by_its_line():
    pixels = np.array([0, 300, 3000], np.uint16)
    found = reflectance_table(0.0001, 0, Line(1.0073, -0.0021))[pixels]
    assert found.tolist() == [0, round(300 * 1.0073 - 21), round(3000 * 1.0073 - 21)]
