import numpy as np
import pytest

from minewatch.cube.months import day_layers


def told_day_by_day(clear, disturbed, days):
    """The definition in `minewatch.model.MONTH_LAYERS`, one pixel and one look at a time."""
    last, since = 0, 0
    looks = [(day, bare) for day, seen, bare in zip(days, clear, disturbed, strict=True) if seen]
    for day, bare in looks:
        if not bare:
            last = day
    if looks and looks[-1][1]:
        for day, bare in reversed(looks):
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


def test_a_clear_green_look_ends_a_run():
    seen = np.ones((4, 1, 1), bool)
    bare = np.array([True, False, True, True]).reshape(4, 1, 1)
    last, since = day_layers(seen, bare, [3, 8, 13, 18])
    assert (last.item(), since.item()) == (8, 13)


def test_cloudy_looks_neither_begin_nor_end_a_run():
    seen = np.array([True, False, True]).reshape(3, 1, 1)
    bare = np.array([True, False, True]).reshape(3, 1, 1)
    last, since = day_layers(seen, bare, [3, 8, 13])
    assert (last.item(), since.item()) == (0, 3)
