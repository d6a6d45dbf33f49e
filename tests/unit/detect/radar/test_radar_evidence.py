"""One pixel of simulated backscatter through the months."""

from datetime import date

import numpy as np
import pandas as pd
import xarray as xr

from minewatch.detect.radar.radar_evidence import start_state, update_state
from minewatch.detect.radar.radar_rules import RadarRules
from minewatch.model import Period, number_of

YEAR = Period(date(2021, 1, 1), date(2021, 12, 31))
FOREST, BARE, GRASS = -13.0, -19.0, -18.0


def pixel(*levels):
    """A year of one pixel, VH in decibels; None: not seen."""
    vh = np.array([0 if level is None else number_of(level) for level in levels], np.uint16)
    seen = (vh > 0).astype(np.uint16)
    layers = {
        "vv": vh, "vh": vh, "clear_looks": 2 * seen, "disturbed_looks": 0 * seen,
        "last_undisturbed_day": 20 * seen, "disturbed_since_day": 0 * seen,
    }  # fmt: skip
    months = xr.Dataset(
        {name: (("time", "y", "x"), layer[:, None, None]) for name, layer in layers.items()},
        coords={"time": pd.date_range("2021-01-01", periods=len(levels), freq="MS")},
    )
    state, evidence = update_state(start_state(1), months, period=YEAR, rules=RadarRules())
    found = {name: int(layer[0]) for name, layer in state.layers.items()}
    return found | {name: int(layer.to_numpy()[0, 0]) for name, layer in evidence.items()}


def day(month):
    return (date(2021, month, 20) - date(1970, 1, 1)).days


def test_a_fall_that_lasts_begins_a_clearing_between_the_overpasses_at_its_ends():
    found = pixel(*[FOREST] * 6, *[BARE] * 6)
    assert (found["before"], found["first"], found["last"]) == (day(6), day(7), day(12))
    assert found["dark"] == 1


def test_one_dark_month_is_none():
    found = pixel(*[FOREST] * 6, BARE, *[FOREST] * 5)
    assert (found["first"], found["dark"]) == (0, 0)


def test_two_dark_months_apart_are_none():
    found = pixel(*[FOREST] * 5, BARE, FOREST, BARE, *[FOREST] * 4)
    assert (found["first"], found["dark"]) == (0, 0)


def test_a_month_that_was_not_seen_neither_ends_a_fall_nor_makes_one():
    found = pixel(*[FOREST] * 5, BARE, None, BARE, None, None, None, None)
    assert (found["before"], found["first"], found["last"]) == (day(5), day(6), day(8))


def test_ground_that_was_no_forest_is_not_judged():
    found = pixel(*[GRASS] * 6, *[BARE - 4] * 6)
    assert (found["first"], found["dark"]) == (0, 0)


def test_ground_that_is_bright_again_is_dark_no_more_and_keeps_its_dates():
    found = pixel(*[FOREST] * 4, *[BARE] * 4, *[FOREST] * 4)
    assert (found["first"], found["last"], found["dark"]) == (day(5), day(8), 0)
