from datetime import date

import numpy as np
import pytest
from odc.geo.geobox import GeoBox

from minewatch.cube.month_composites import count_looks, month_cube, sky_and_greenness
from minewatch.errors import ContractError
from minewatch.model import CORE_BANDS, Period, check_month_cube

BOX = GeoBox.from_bbox((600_000, 2_800_000, 600_030, 2_800_010), "EPSG:32647", resolution=10)


def day_layers(clear, disturbed, days):
    """The two layers of days of looks that are clear or not there."""
    _, layers = count_looks(clear, np.zeros_like(clear), disturbed, np.array(days, np.uint16))
    return layers[3:]


def told_day_by_day(clear, disturbed, days):
    """The definition in `minewatch.model.MONTH_LAYERS`, one pixel and one look at a time."""
    last, since = 0, 0
    overpasses = [
        (day, bare) for day, seen, bare in zip(days, clear, disturbed, strict=True) if seen
    ]
    for day, bare in overpasses:
        if not bare:
            last = day
    if overpasses and overpasses[-1][1]:
        for day, bare in reversed(overpasses):
            if not bare:
                break
            since = day
    return last, since


@pytest.mark.parametrize("count", [0, 1, 2, 6])
def test_days_are_those_of_a_patient_reader(count):
    rng = np.random.default_rng(count)
    clear = rng.random((count, 20, 30)) < 0.7
    disturbed = rng.random((count, 20, 30)) < 0.5
    days = sorted(rng.choice(np.arange(1, 32), count, replace=False).tolist())
    last, since = day_layers(clear, disturbed, days)
    for y, x in np.ndindex(20, 30):
        told = told_day_by_day(clear[:, y, x], disturbed[:, y, x], days)
        assert (last[y, x], since[y, x]) == told
    assert last.dtype == since.dtype == np.uint16


def test_a_beginning_lies_between_its_two_days():
    seen = np.ones((4, 1, 1), bool)
    bare = np.array([False, True, True, True]).reshape(4, 1, 1)
    last, since = day_layers(seen, bare, [3, 8, 13, 18])
    assert (last.item(), since.item()) == (3, 8)


def test_a_clear_green_overpass_ends_a_run():
    seen = np.ones((4, 1, 1), bool)
    bare = np.array([True, False, True, True]).reshape(4, 1, 1)
    last, since = day_layers(seen, bare, [3, 8, 13, 18])
    assert (last.item(), since.item()) == (8, 13)


def test_cloudy_overpasses_neither_begin_nor_end_a_run():
    seen = np.array([True, False, True]).reshape(3, 1, 1)
    bare = np.array([True, False, True]).reshape(3, 1, 1)
    last, since = day_layers(seen, bare, [3, 8, 13])
    assert (last.item(), since.item()) == (0, 3)


def test_looks_are_counted_as_plain_numpy_counts_them():
    rng = np.random.default_rng(8)
    clear = rng.random((5, 20, 30)) < 0.3
    suspect = (rng.random((5, 20, 30)) < 0.4) & ~clear
    disturbed = rng.random((5, 20, 30)) < 0.5
    counted, layers = count_looks(clear, suspect, disturbed, np.arange(1, 6, dtype=np.uint16))
    np.testing.assert_array_equal(counted, clear | (suspect & ~clear.any(axis=0)))
    for layer, looks in zip(layers[:3], (clear, suspect, counted & disturbed), strict=True):
        np.testing.assert_array_equal(layer, looks.sum(axis=0))
    last, since = (layer[3, 4] for layer in layers[3:])
    told = told_day_by_day(counted[:, 3, 4], disturbed[:, 3, 4], range(1, 6))
    assert (last, since) == told


def month(clear, doubtful):
    """Two looks at three pixels, one brighter than the other."""
    shape = (2, 1, 3)
    overpasses = {b: np.repeat(np.uint16([100, 300]), 3).reshape(shape) for b in CORE_BANDS}
    clear, doubtful = (np.array(told, bool).reshape(shape) for told in (clear, doubtful))
    span = Period(date(2021, 3, 1), date(2021, 3, 31))
    return month_cube(
        overpasses, clear, doubtful, np.ones(shape, bool), [3, 8], month=span, geobox=BOX
    )


def test_doubtful_overpasses_are_told_only_where_none_is_clear():
    cube = month(clear=[[1, 0, 0], [0, 0, 0]], doubtful=[[0, 1, 0], [1, 1, 0]])
    assert cube["red"].values.ravel().tolist() == [100, 200, 0]
    assert cube["clear_looks"].values.ravel().tolist() == [1, 0, 0]
    assert cube["doubtful_looks"].values.ravel().tolist() == [1, 2, 0]
    assert cube["disturbed_looks"].values.ravel().tolist() == [1, 2, 0]


def test_a_cube_that_breaks_its_contract_is_named():
    cube = month(clear=np.ones(6), doubtful=np.zeros(6))
    check_month_cube(cube)
    for broken, problem in (
        (cube.drop_vars("red"), r"'red' is missing"),
        (cube.transpose("y", "time", "x"), r"has dims \('y', 'time', 'x'\)"),
        (cube.assign(red=cube["red"].astype("float32")), "'red' is float32, not uint16"),
    ):
        with pytest.raises(ContractError, match=problem):
            check_month_cube(broken)


def test_sky_and_greenness_are_those_of_plain_numpy():
    rng = np.random.default_rng(9)
    shape = (4, 12, 17)
    box = GeoBox.from_bbox((600_000, 2_800_000, 600_170, 2_800_120), "EPSG:32647", resolution=10)
    seen, none = rng.random(shape) < 0.5, np.zeros(shape, bool)
    stacks = {band: rng.integers(1, 4000, shape).astype(np.uint16) for band in CORE_BANDS}
    month = Period(date(2021, 2, 1), date(2021, 2, 28))
    cube = month_cube(stacks, seen, none, none, [3, 8, 13, 18], month=month, geobox=box)
    inside = rng.random(shape[1:]) < 0.8
    clear, red, nir = (
        cube[name].to_numpy()[0][inside].astype(int) for name in ("clear_looks", "red", "nir")
    )
    ndvi = 1000 * (nir - red)[clear > 0] // (nir + red)[clear > 0]
    assert (ndvi < 0).any()  # rounded down, not towards zero
    expected = (clear.sum(), ndvi.sum(), (clear > 0).sum())
    assert sky_and_greenness(cube, inside) == expected
